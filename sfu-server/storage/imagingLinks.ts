import { type CaseId, sessionIdSchema, type SessionId } from '#shared/domain/ids';
import { type Party, partySchema } from '#shared/domain/people';
import { errorCodeSchema, type ErrorCode } from '#shared/protocol/errors';
import type { PacsLink } from '#shared/protocol/imaging';
import type { Clock } from '#shared/lib/clock';
import type { Kysely } from 'kysely';
import type { Schema } from './schema.ts';

export type ImagingLinks = ReturnType<typeof createImagingLinks>;

/** What a load is done as when the server that began it has ended. */
const RESUMED = sessionIdSchema.parse('resumed');

/** Studies of the hospital's image archive that belong to cases. */
export function createImagingLinks(db: Kysely<Schema>, clock: Clock) {
  const toLink = (row: Pick<Schema['imaging_links'], 'study_uid' | 'state' | 'code' | 'loaded' | 'total'>): PacsLink => ({ studyUid: row.study_uid, state: row.state, code: errorCodeSchema.nullable().catch(null).parse(row.code), loaded: row.loaded, total: row.total });

  return {
    /** Begins to load a study, or begins again. */
    async begin(caseId: CaseId, studyUid: string, by: Party, total: number): Promise<PacsLink> {
      const values = { case_id: caseId, linked_by: JSON.stringify(by), state: 'loading' as const, code: null, loaded: 0, total, linked_at_ms: clock.wallMs() };
      const row = await db.insertInto('imaging_links').values({ study_uid: studyUid, ...values }).onConflict((conflict) => conflict.column('study_uid').doUpdateSet(values)).returningAll().executeTakeFirstOrThrow();
      return toLink(row);
    },

    async reached(studyUid: string, state: PacsLink['state'], loaded: number, code: ErrorCode | null): Promise<void> {
      await db.updateTable('imaging_links').set({ state, loaded, code }).where('study_uid', '=', studyUid).execute();
    },

    /** The last first. */
    async of(caseId: CaseId): Promise<PacsLink[]> {
      return (await db.selectFrom('imaging_links').selectAll().where('case_id', '=', caseId).orderBy('linked_at_ms', 'desc').limit(1000).execute()).map(toLink);
    },

    async loading(): Promise<{ readonly caseId: CaseId; readonly studyUid: string; readonly identity: { readonly sessionId: SessionId; readonly party: Party } }[]> {
      const rows = await db.selectFrom('imaging_links').selectAll().where('state', '=', 'loading').execute();
      return rows.map((row) => ({ caseId: row.case_id, studyUid: row.study_uid, identity: { sessionId: RESUMED, party: partySchema.parse(row.linked_by) } }));
    },
  };
}
