import { type CaseId, sessionIdSchema, type SessionId } from '#shared/domain/ids';
import { type ImagePatientSaid, saysSamePatient } from '#shared/domain/imaging/patientMatch';
import { type Party, partySchema } from '#shared/domain/people';
import { errorCodeSchema } from '#shared/protocol/errors';
import { MAX_PATIENTS, type PacsLink } from '#shared/protocol/imaging';
import type { Clock } from '#shared/lib/clock';
import type { Kysely, Selectable } from 'kysely';
import type { Schema } from './schema.ts';

export type ImagingLinks = ReturnType<typeof createImagingLinks>;

/** A study that is being loaded. */
export interface LoadingLink {
  readonly caseId: CaseId;
  readonly studyUid: string;
  readonly total: number;
  /** Whom a person confirmed to be the case's patient. */
  readonly confirmed: readonly ImagePatientSaid[];
  readonly identity: { readonly sessionId: SessionId; readonly party: Party };
}

/** What a load is done as when the server that began it has ended. */
const RESUMED = sessionIdSchema.parse('resumed');

/** Studies of the hospital's image archive that belong to cases. */
export function createImagingLinks(db: Kysely<Schema>, clock: Clock) {
  const toLink = (row: Selectable<Schema['imaging_links']>): PacsLink => ({
    studyUid: row.study_uid, state: row.state, code: errorCodeSchema.nullable().catch(null).parse(row.code), loaded: row.loaded, total: row.total, others: [...row.others],
  });

  return {
    /** Begins to load a study, or begins again. */
    async begin({ caseId, studyUid, total, confirmed, identity }: LoadingLink): Promise<PacsLink> {
      const values = { case_id: caseId, linked_by: JSON.stringify(identity.party), state: 'loading' as const, code: null, loaded: 0, total, linked_at_ms: clock.wallMs(), confirmed: JSON.stringify(confirmed), others: '[]' };
      const row = await db.insertInto('imaging_links').values({ study_uid: studyUid, ...values }).onConflict((conflict) => conflict.column('study_uid').doUpdateSet(values)).returningAll().executeTakeFirstOrThrow();
      return toLink(row);
    },

    /** Whom people confirmed before to be the case's patient, and now. */
    async confirmedOf(caseId: CaseId, studyUid: string, now: readonly ImagePatientSaid[]): Promise<readonly ImagePatientSaid[]> {
      const row = await db.selectFrom('imaging_links').select('confirmed').where('study_uid', '=', studyUid).where('case_id', '=', caseId).executeTakeFirst();
      const before = (row?.confirmed ?? []).filter((one) => !now.some((other) => saysSamePatient(one, other)));
      return [...now, ...before].slice(0, MAX_PATIENTS);
    },

    async reached({ studyUid, state, code, loaded, total, others }: PacsLink): Promise<void> {
      await db.updateTable('imaging_links').set({ state, loaded, code, total, others: JSON.stringify(others) }).where('study_uid', '=', studyUid).execute();
    },

    /** The last first. */
    async of(caseId: CaseId): Promise<PacsLink[]> {
      return (await db.selectFrom('imaging_links').selectAll().where('case_id', '=', caseId).orderBy('linked_at_ms', 'desc').limit(1000).execute()).map(toLink);
    },

    async loading(): Promise<LoadingLink[]> {
      const rows = await db.selectFrom('imaging_links').selectAll().where('state', '=', 'loading').execute();
      return rows.map((row) => ({ caseId: row.case_id, studyUid: row.study_uid, total: row.total, confirmed: row.confirmed, identity: { sessionId: RESUMED, party: partySchema.parse(row.linked_by) } }));
    },
  };
}
