import type { ConsultId, PersonId } from '#shared/domain/ids';
import type { NoticeAbout } from '#shared/protocol/notices';
import type { Kysely, Transaction } from 'kysely';
import type { Schema } from './schema.ts';

/** What a link from a letter answers: one person's invitation to one session at one time. Times are of the server's civil clock. */
export interface InvitationLink {
  /** The request, whose step the answer is; or the session itself, which nobody applied for. */
  readonly about: NoticeAbout;
  readonly consultId: ConsultId;
  readonly personId: PersonId;
  /** As the letter said. */
  readonly startsAtMs: number;
  readonly durationMinutes: number;
  /** When it, or another one of the same invitation, was used. */
  readonly usedAtMs: number | null;
}

/** The transaction in which a link is used. */
export type LinkWork = Transaction<Schema>;

export type InvitationLinks = ReturnType<typeof createInvitationLinks>;

/** How long a link is remembered after its session's start, so that it can say why it is not good any more. */
const REMEMBERED_MS = 30 * 86_400_000;

/** Links by which invitations are answered from a letter; the server keeps their hashes. */
export function createInvitationLinks(db: Kysely<Schema>) {
  const read = async (on: Kysely<Schema>, tokenHash: string): Promise<InvitationLink | null> => {
    const row = await on.selectFrom('invitation_links').selectAll().where('token_hash', '=', tokenHash).executeTakeFirst();
    if (row === undefined) return null;
    return { about: row.request_id === null ? { type: 'session', consultId: row.consult_id } : { type: 'request', requestId: row.request_id }, consultId: row.consult_id, personId: row.person_id, startsAtMs: row.starts_at_ms, durationMinutes: row.duration_minutes, usedAtMs: row.used_at_ms };
  };
  return {
    async add(tokenHash: string, link: Omit<InvitationLink, 'usedAtMs'>, nowMs: number): Promise<void> {
      await db
        .insertInto('invitation_links')
        .values({
          token_hash: tokenHash, request_id: link.about.type === 'request' ? link.about.requestId : null, consult_id: link.consultId, person_id: link.personId, starts_at_ms: link.startsAtMs, duration_minutes: link.durationMinutes, made_at_ms: nowMs, used_at_ms: null,
        })
        .execute();
    },

    byTokenHash: (tokenHash: string) => read(db, tokenHash),

    /** Does the work with all links of the invitation locked, in one transaction: of two who press at once the second finds what the first did. */
    async inLink<T>(tokenHash: string, work: (trx: Transaction<Schema>, link: InvitationLink | null) => Promise<T>): Promise<T> {
      return db.transaction().execute(async (trx) => {
        const seen = await read(trx, tokenHash);
        if (seen === null) return work(trx, null);
        await trx.selectFrom('invitation_links').select('token_hash').where('consult_id', '=', seen.consultId).where('person_id', '=', seen.personId).orderBy('token_hash').forUpdate().execute();
        return work(trx, await read(trx, tokenHash));
      });
    },

    /** Uses up every link of the invitation: a letter that was sent twice had two. */
    async use(trx: Transaction<Schema>, { consultId, personId, startsAtMs }: Pick<InvitationLink, 'consultId' | 'personId' | 'startsAtMs'>, nowMs: number): Promise<void> {
      await trx.updateTable('invitation_links').set({ used_at_ms: nowMs }).where('consult_id', '=', consultId).where('person_id', '=', personId).where('starts_at_ms', '=', startsAtMs).where('used_at_ms', 'is', null).execute();
    },

    async prune(nowMs: number): Promise<void> {
      await db.deleteFrom('invitation_links').where('starts_at_ms', '<', nowMs - REMEMBERED_MS).execute();
    },
  };
}
