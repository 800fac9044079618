import type { ConsultId } from '#shared/domain/ids';
import type { Party } from '#shared/domain/people';
import { type Agenda, type AgendaItem, MAX_STAYS, type Stay } from '#shared/protocol/inSession';
import type { Kysely } from 'kysely';
import type { Schema } from './schema.ts';

/** A stay that was not spoken for this long has ended with its server, ms: more than two rounds of the server's housekeeping. */
const STALE_MS = 150_000;

export type InSession = ReturnType<typeof createInSession>;

/** Who was in a consult's room from when to when, and its agenda. Times are of the server's civil clock. */
export function createInSession(db: Kysely<Schema>) {
  const agenda = async (consultId: ConsultId): Promise<Agenda> => {
    const row = await db.selectFrom('consult_agendas').select(['version', 'items']).where('consult_id', '=', consultId).executeTakeFirst();
    return row === undefined ? { version: 0, items: [] } : { version: row.version, items: [...row.items] };
  };
  return {
    async entered(consultId: ConsultId, peerId: string, party: Party, nowMs: number): Promise<void> {
      await db.insertInto('consult_presence').values({ consult_id: consultId, peer_id: peerId, party: JSON.stringify(party), entered_at_ms: nowMs, seen_at_ms: nowMs, left_at_ms: null }).execute();
    },

    async left(peerId: string, nowMs: number): Promise<void> {
      await db.updateTable('consult_presence').set({ left_at_ms: nowMs }).where('peer_id', '=', peerId).where('left_at_ms', 'is', null).execute();
    },

    /** These stays go on. */
    async seen(peerIds: readonly string[], nowMs: number): Promise<void> {
      if (peerIds.length > 0) await db.updateTable('consult_presence').set({ seen_at_ms: nowMs }).where('peer_id', 'in', peerIds).execute();
    },

    /** [INS2] One that nobody spoke for ended when it was last seen. */
    async presence(consultId: ConsultId, nowMs: number): Promise<Stay[]> {
      const rows = await db.selectFrom('consult_presence').selectAll().where('consult_id', '=', consultId).orderBy('entered_at_ms', 'desc').orderBy('peer_id', 'desc').limit(MAX_STAYS).execute();
      return rows.reverse().map(({ party, entered_at_ms: enteredAtMs, seen_at_ms: seenAtMs, left_at_ms: leftAtMs }) => ({ party, enteredAtMs, leftAtMs: leftAtMs ?? (nowMs - seenAtMs > STALE_MS ? seenAtMs : null) }));
    },

    agenda,

    /** [INS4] @returns null when another version is there than the one this was written over */
    async setAgenda(consultId: ConsultId, baseVersion: number, items: readonly AgendaItem[]): Promise<Agenda | null> {
      const version = baseVersion + 1;
      const kept = { version, items: JSON.stringify(items) };
      // Two writers meet in the primary key or in the version; one of them changes a row, the other none.
      const rows = baseVersion === 0
        ? await db.insertInto('consult_agendas').values({ consult_id: consultId, ...kept }).onConflict((conflict) => conflict.column('consult_id').doNothing()).returning('version').execute()
        : await db.updateTable('consult_agendas').set(kept).where('consult_id', '=', consultId).where('version', '=', baseVersion).returning('version').execute();
      return rows.length === 0 ? null : { version, items: [...items] };
    },
  };
}
