import type { Notice, NoticeKind } from '#shared/domain/consultation/notices';
import { consultRequestSchema } from '#shared/domain/consultation/request';
import type { ConsultId, ConsultRequestId } from '#shared/domain/ids';
import type { Party } from '#shared/domain/people';
import type { NoticeAbout, NoticeRecord } from '#shared/protocol/notices';
import type { OutsideChannel } from '#shared/domain/delivery';
import { type Kysely, sql, type Transaction } from 'kysely';
import { addDeliveries, columnsOf } from './deliveries.ts';
import type { Schema } from './schema.ts';

export type Notices = ReturnType<typeof createNotices>;

/** How many of a party's notices are kept; the oldest go. */
const KEPT = 500;

/**
 * What people are told of the requests and sessions that concern them.
 * @param newId makes an id for each
 * @param channels by which people are told besides
 */
export function createNotices(db: Kysely<Schema>, newId: () => string, channels: readonly OutsideChannel[]) {
  return {
    /**
     * [NTC1] Keeps a notice for everybody in the audiences, and puts what leaves the client into the outbox, within the step's transaction.
     * @param aboutStartsAtMs of a reminder: the start it speaks of
     * @returns whom it concerns
     */
    async keep(trx: Transaction<Schema>, about: NoticeAbout, notices: readonly Notice[], nowMs: number, aboutStartsAtMs: number | null = null): Promise<string[]> {
      const told = new Set<string>();
      for (const { kind, to } of notices) {
        const ids = to.type === 'parties' ? to.ids : await withRole(trx, to.role, to.organisationId);
        for (const partyId of ids) {
          await trx.insertInto('notices').values({ id: newId(), party_id: partyId, kind, ...columnsOf(about), made_at_ms: nowMs, read_at_ms: null }).execute();
          told.add(partyId);
        }
        // That something could not be delivered is not sent the way on which it was lost.
        if (kind !== 'undelivered') await addDeliveries(trx, newId, { about, kind, partyIds: ids, channels, aboutStartsAtMs, nowMs });
      }
      if (told.size > 0) {
        await sql`delete from notices where id in (select id from (
          select id, row_number() over (partition by party_id order by made_at_ms desc, id) as place from notices where party_id = any(${[...told]}::text[])) ranked where place > ${KEPT})`.execute(trx);
      }
      return [...told];
    },

    /** The newest of a party's, with what can be said of the request without opening it. */
    async list(party: Party, limit: number): Promise<{ readonly notices: NoticeRecord[]; readonly unread: number }> {
      const rows = await db
        .selectFrom('notices')
        .leftJoin('consult_requests', 'consult_requests.id', 'notices.request_id')
        .leftJoin('consults', 'consults.id', 'notices.consult_id')
        .leftJoin('appointments', 'appointments.consult_id', 'notices.consult_id')
        .innerJoin('organisations', (join) => join.on((where) => where('organisations.id', '=', where.fn.coalesce('consult_requests.organisation_id', 'consults.organisation_id'))))
        .select(['notices.id', 'notices.kind', 'notices.made_at_ms', 'notices.read_at_ms', 'consult_requests.body', 'consults.id as consult_id', 'consults.state', 'consults.starts_at_ms', 'appointments.series_id', 'organisations.name_zh', 'organisations.name_en'])
        .where('notices.party_id', '=', party.id)
        .orderBy('notices.made_at_ms', 'desc')
        .orderBy('notices.id')
        .limit(limit)
        .execute();
      const unread = await db.selectFrom('notices').select(sql<number>`count(*)::integer`.as('count')).where('party_id', '=', party.id).where('read_at_ms', 'is', null).executeTakeFirstOrThrow();
      return {
        unread: unread.count,
        notices: rows.flatMap((row): NoticeRecord[] => {
          const said = { id: row.id, kind: row.kind, madeAtMs: row.made_at_ms, readAtMs: row.read_at_ms, organisationName: { zh: row.name_zh, en: row.name_en } };
          if (row.consult_id !== null) return [{ ...said, about: { type: 'session', consultId: row.consult_id, isToCome: row.state === 'scheduled', isOfSeries: row.series_id !== null }, urgency: 'routine', startsAtMs: row.starts_at_ms }];
          const { id, state, form, appointment } = consultRequestSchema.parse(row.body);
          return [{ ...said, about: { type: 'request', requestId: id, state }, urgency: form.urgency, startsAtMs: appointment?.startsAtMs ?? null }];
        }),
      };
    },

    /** Remembers that the party saw those of their own notices; null: all. */
    async read(partyId: string, ids: readonly string[] | null, nowMs: number): Promise<void> {
      if (ids?.length === 0) return;
      let query = db.updateTable('notices').set({ read_at_ms: nowMs }).where('party_id', '=', partyId).where('read_at_ms', 'is', null);
      if (ids !== null) query = query.where('id', 'in', ids);
      await query.execute();
    },
  };
}

async function withRole(trx: Transaction<Schema>, role: 'approver' | 'scheduler', organisationId: Schema['organisations']['id']): Promise<string[]> {
  const rows = await trx.selectFrom('people').select('id').where('role', '=', role).where('organisation_id', '=', organisationId).where('is_active', '=', true).execute();
  return rows.map(({ id }) => id);
}

/** As the table keeps it. */
export interface NoticeRow {
  id: string;
  party_id: string;
  kind: NoticeKind;
  /** Null: about the session `consult_id`, which nobody applied for; one of them is set. */
  request_id: ConsultRequestId | null;
  consult_id: ConsultId | null;
  made_at_ms: number;
  read_at_ms: number | null;
}
