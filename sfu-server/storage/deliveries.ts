import type { NoticeKind } from '#shared/domain/consultation/notices';
import { type DeliveryReason, maskEmail, type OutsideChannel } from '#shared/domain/delivery';
import { type ConsultId, type ConsultRequestId, type DeliveryId, deliveryIdSchema, type PersonId } from '#shared/domain/ids';
import { required } from '#shared/lib/assert';
import type { DeliveryRecord, NoticeAbout } from '#shared/protocol/notices';
import { type Kysely, sql, type Transaction } from 'kysely';
import { type DeliverySubject, readDeliverySubject } from './deliverySubject.ts';
import { createPartyDirectory } from './parties.ts';
import type { Schema } from './schema.ts';

/** One notice that a server has taken on: until the end of its lease nobody else sends it. */
export interface ClaimedDelivery {
  readonly id: DeliveryId;
  readonly about: NoticeAbout;
  readonly personId: PersonId;
  readonly kind: NoticeKind;
  readonly channel: OutsideChannel;
  readonly aboutStartsAtMs: number | null;
  readonly madeAtMs: number;
  /** This one included; whoever reports a result says which try it was. */
  readonly tries: number;
}

/** What became of one try. `later` keeps it waiting. */
export type DeliveryResult =
  | { readonly type: 'sent'; readonly address: string | null }
  | { readonly type: 'failed' | 'givenUp'; readonly reason: DeliveryReason; readonly address: string | null }
  | { readonly type: 'later'; readonly reason: DeliveryReason; readonly address: string | null; readonly nextTryAtMs: number };

export interface NewDeliveries {
  readonly about: NoticeAbout;
  readonly kind: NoticeKind;
  readonly partyIds: readonly string[];
  readonly channels: readonly OutsideChannel[];
  readonly aboutStartsAtMs: number | null;
  readonly nowMs: number;
}

/** What a notice is about, as the tables of notices and deliveries keep it. */
export function columnsOf(about: NoticeAbout): { readonly request_id: ConsultRequestId | null; readonly consult_id: ConsultId | null } {
  return about.type === 'request' ? { request_id: about.requestId, consult_id: null } : { request_id: null, consult_id: about.consultId };
}

function aboutOf({ request_id: requestId, consult_id: consultId }: Pick<Schema['deliveries'], 'request_id' | 'consult_id'>): NoticeAbout {
  return requestId === null ? { type: 'session', consultId: required(consultId, 'the constraint sets one of them') } : { type: 'request', requestId };
}

/** Puts a notice into the outbox for each person and channel; a cart reads on its own screen only. */
export async function addDeliveries(trx: Transaction<Schema>, newId: () => string, { about, kind, partyIds, channels, aboutStartsAtMs, nowMs }: NewDeliveries): Promise<void> {
  if (channels.length === 0 || partyIds.length === 0) return;
  const people = await trx.selectFrom('people').select('id').where('id', 'in', partyIds as readonly PersonId[]).execute(); // a cart's id is no person's
  const rows = people.flatMap(({ id }) =>
    channels.map((channel) => ({
      id: deliveryIdSchema.parse(newId()), ...columnsOf(about), party_id: id, kind, channel, state: 'waiting' as const, reason: null, address: null,
      about_starts_at_ms: aboutStartsAtMs, made_at_ms: nowMs, next_try_at_ms: nowMs, tries: 0, done_at_ms: null,
    })),
  );
  if (rows.length > 0) await trx.insertInto('deliveries').values(rows).execute();
}

export type Deliveries = ReturnType<typeof createDeliveries>;

/** How many rows an answer shows. */
const SHOWN = 1000;

/** The outbox: what has to leave the client, and what became of it. */
export function createDeliveries(db: Kysely<Schema>) {
  return {
    /**
     * [NTC4] Takes on what is due, the longest waiting first. The lease is kept in the row and not by an open transaction: who is killed
     * while sending leaves a row that is due again when the lease ends.
     */
    async claim(nowMs: number, leaseMs: number, limit: number): Promise<ClaimedDelivery[]> {
      const { rows } = await sql<Schema['deliveries']>`
        update deliveries set next_try_at_ms = ${nowMs + leaseMs}::bigint, tries = tries + 1
        where id in (select id from deliveries where state = 'waiting' and next_try_at_ms <= ${nowMs}::bigint order by next_try_at_ms, id limit ${limit} for update skip locked)
        returning *`.execute(db);
      // Only people are put into the outbox.
      return rows.map((row) => ({
        id: row.id, about: aboutOf(row), personId: row.party_id as PersonId, kind: row.kind, channel: row.channel, aboutStartsAtMs: row.about_starts_at_ms, madeAtMs: row.made_at_ms, tries: row.tries,
      }));
    },

    subjectOf: ({ about, personId }: Pick<ClaimedDelivery, 'about' | 'personId'>): Promise<DeliverySubject | null> => readDeliverySubject(db, { about, personId }),

    /** Keeps the result of a try; that of one whose lease had ended, and which somebody else took on, is not kept. */
    async settle({ id, tries }: Pick<ClaimedDelivery, 'id' | 'tries'>, result: DeliveryResult, nowMs: number, also?: (trx: Transaction<Schema>) => Promise<void>): Promise<boolean> {
      const change =
        result.type === 'sent'
          ? { state: 'sent' as const, reason: null, address: result.address, done_at_ms: nowMs }
          : result.type === 'later'
            ? { reason: result.reason, address: result.address, next_try_at_ms: result.nextTryAtMs }
            : { state: result.type, reason: result.reason, address: result.address, done_at_ms: nowMs };
      return db.transaction().execute(async (trx) => {
        const kept = await trx.updateTable('deliveries').set(change).where('id', '=', id).where('state', '=', 'waiting').where('tries', '=', tries).returning('id').executeTakeFirst();
        if (kept === undefined) return false;
        await also?.(trx);
        return true;
      });
    },

    /** [NTC10] All of a request or a session, with what stands in the client itself; the newest first. */
    async of(about: NoticeAbout): Promise<DeliveryRecord[]> {
      const isMeant = about.type === 'request' ? sql<boolean>`request_id = ${about.requestId}` : sql<boolean>`consult_id = ${about.consultId}`;
      const outside = await db.selectFrom('deliveries').selectAll().where(isMeant).orderBy('made_at_ms', 'desc').orderBy('id').limit(SHOWN).execute();
      const inside = await db.selectFrom('notices').selectAll().where(isMeant).orderBy('made_at_ms', 'desc').orderBy('id').limit(SHOWN).execute();
      const named = new Map((await createPartyDirectory(db).named([...new Set([...outside, ...inside].map(({ party_id }) => party_id))])).map((party) => [party.id as string, party]));
      const records = [
        ...outside.map((row) => ({
          partyId: row.party_id, kind: row.kind, channel: row.channel, state: row.state, reason: row.reason, addressMasked: row.address === null ? null : maskEmail(row.address), madeAtMs: row.made_at_ms, doneAtMs: row.done_at_ms,
        })),
        ...inside.map((row) => ({ partyId: row.party_id, kind: row.kind, channel: 'client' as const, state: 'sent' as const, reason: null, addressMasked: null, madeAtMs: row.made_at_ms, doneAtMs: row.read_at_ms })),
      ];
      return records
        .sort((a, b) => b.madeAtMs - a.madeAtMs)
        .flatMap(({ partyId, ...record }) => {
          const to = named.get(partyId);
          return to === undefined ? [] : [{ to, ...record }];
        })
        .slice(0, SHOWN);
    },
  };
}
