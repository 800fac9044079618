import type { CaseId } from '#shared/domain/ids';
import type { Clock } from '#shared/lib/clock';
import { type Kysely, sql } from 'kysely';
import { type AuditActor, writeAudit } from './audit.ts';
import type { Schema } from './schema.ts';

/** An instance of a case, as it is kept. */
export interface InstanceRecord {
  readonly studyUid: string;
  readonly seriesUid: string;
  readonly sopUid: string;
  readonly sopClassUid: string;
  /** SHA-256 of its file, hex. */
  readonly hash: string;
  readonly sizeBytes: number;
  /** JSON; null: it has none. */
  readonly pixels: string | null;
  /** JSON, in the DICOM JSON model. */
  readonly metadata: string;
  /** (0020,0013), 0 where there is none. */
  readonly instanceNumber: number;
  /** JSON: of a copy without names, what was done to it; null: it is as it came. */
  readonly report: string | null;
}

/** As an instance came, or its copy without what names the patient. */
export type ImageVariant = 'original' | 'deidentified';

/** Which instances: of a study, of a series, or one. */
export interface InstanceScope {
  /** Left out: as they came. */
  readonly variant?: ImageVariant | undefined;
  readonly studyUid?: string | undefined;
  readonly seriesUid?: string | undefined;
  readonly sopUid?: string | undefined;
}

/** What became of an instance that was to be kept; `same`: those very bytes were there. */
export type Kept = 'kept' | 'same' | 'otherContent' | 'otherCase' | 'full';

/** Instances of a case at most: about sixty large examinations. */
const MAX_PER_CASE = 100_000;

export type Imaging = ReturnType<typeof createImaging>;

/** The index of the built-in image store. */
export function createImaging(db: Kysely<Schema>, clock: Clock) {
  const within = (caseId: CaseId, { variant, studyUid, seriesUid, sopUid }: InstanceScope) => {
    let query = db.selectFrom('imaging_instances').where('case_id', '=', caseId).where('variant', '=', variant ?? 'original');
    if (studyUid !== undefined) query = query.where('study_uid', '=', studyUid);
    if (seriesUid !== undefined) query = query.where('series_uid', '=', seriesUid);
    if (sopUid !== undefined) query = query.where('sop_uid', '=', sopUid);
    return query;
  };

  const caseOf = async (studyUid: string): Promise<CaseId | null> => (await db.selectFrom('imaging_studies').select('case_id').where('study_uid', '=', studyUid).executeTakeFirst())?.case_id ?? null;

  return {
    /**
     * Keeps instances whose files are held, with the record of who did it, in one transaction; what differs from what is there is not
     * kept, and nothing is overwritten.
     * @returns one word for each, in order
     */
    async keep(caseId: CaseId, instances: readonly InstanceRecord[], actor: AuditActor): Promise<Kept[]> {
      const nowMs = clock.wallMs();
      return db.transaction().execute(async (trx) => {
        // One writer to a case at a time, so that the count holds.
        await trx.selectFrom('cases').select('id').where('id', '=', caseId).forUpdate().executeTakeFirstOrThrow();
        const { count } = await trx.selectFrom('imaging_instances').select(({ fn }) => fn.countAll<number>().as('count')).where('case_id', '=', caseId).executeTakeFirstOrThrow();
        let room = MAX_PER_CASE - Number(count);
        const kept: Kept[] = [];
        const byStudy = new Map<string, number>();
        for (const one of instances) {
          await trx.insertInto('imaging_studies').values({ study_uid: one.studyUid, case_id: caseId, created_at_ms: nowMs }).onConflict((conflict) => conflict.doNothing()).execute();
          const study = await trx.selectFrom('imaging_studies').select('case_id').where('study_uid', '=', one.studyUid).executeTakeFirstOrThrow();
          if (study.case_id !== caseId) {
            kept.push('otherCase');
            continue;
          }
          const present = await trx.selectFrom('imaging_instances').select('hash').where('case_id', '=', caseId).where('variant', '=', variantOf(one)).where('sop_uid', '=', one.sopUid).executeTakeFirst();
          if (present !== undefined || room <= 0) {
            kept.push(present === undefined ? 'full' : present.hash === one.hash ? 'same' : 'otherContent');
            continue;
          }
          room -= 1;
          await trx
            .insertInto('imaging_instances')
            .values({
              case_id: caseId, sop_uid: one.sopUid, study_uid: one.studyUid, series_uid: one.seriesUid, sop_class_uid: one.sopClassUid, hash: one.hash, size_bytes: one.sizeBytes,
              pixels: one.pixels, metadata: one.metadata, instance_number: one.instanceNumber, stored_at_ms: nowMs, variant: variantOf(one), report: one.report,
            })
            .execute();
          byStudy.set(one.studyUid, (byStudy.get(one.studyUid) ?? 0) + 1);
          kept.push('kept');
        }
        await writeAudit(trx, [...byStudy].map(([studyUid, added]) => ({ event: { ...actor, action: instances.some(({ report }) => report !== null) ? 'imaging.deidentify' : 'imaging.store', subject: `${caseId} ${studyUid} +${added}`, outcome: 'done' as const, code: null }, atMs: nowMs })));
        return kept;
      });
    },

    /** What would become of an instance now, before its file is taken in; `keep` has the last word. */
    async standing(caseId: CaseId, { studyUid, sopUid, hash }: Pick<InstanceRecord, 'studyUid' | 'sopUid' | 'hash'>): Promise<Kept> {
      const standing = await caseOf(studyUid);
      if (standing !== null && standing !== caseId) return 'otherCase';
      const present = await within(caseId, { sopUid }).select('hash').executeTakeFirst();
      return present === undefined ? 'kept' : present.hash === hash ? 'same' : 'otherContent';
    },

    /** The case that a study belongs to; null: none. */
    caseOf,

    /** What the case has of a study as it came. */
    async held(caseId: CaseId, studyUid: string): Promise<Pick<InstanceRecord, 'sopUid' | 'hash' | 'sizeBytes'>[]> {
      const rows = await within(caseId, { studyUid }).select(['sop_uid', 'hash', 'size_bytes']).orderBy('sop_uid').execute();
      return rows.map((row) => ({ sopUid: row.sop_uid, hash: row.hash, sizeBytes: row.size_bytes }));
    },

    /** UIDs of all instances of a variant. */
    async sopUids(caseId: CaseId, variant: ImageVariant): Promise<string[]> {
      return (await within(caseId, { variant }).select('sop_uid').orderBy('study_uid').orderBy('series_uid').orderBy('instance_number').execute()).map((row) => row.sop_uid);
    },

    /** One instance; null: the case has none of these UIDs. */
    async find(caseId: CaseId, scope: InstanceScope & { readonly sopUid: string }): Promise<InstanceRecord | null> {
      const row = await within(caseId, scope).selectAll().executeTakeFirst();
      return row === undefined ? null : toRecord(row);
    },

    /** Instances by series and number, at most `limit` after `after`. */
    async list(caseId: CaseId, scope: InstanceScope, limit: number, after: InstanceRecord | null = null): Promise<InstanceRecord[]> {
      let query = within(caseId, scope).selectAll();
      if (after !== null) query = query.where(sql<boolean>`(study_uid, series_uid, instance_number, sop_uid) > (${after.studyUid}, ${after.seriesUid}, ${after.instanceNumber}, ${after.sopUid})`);
      const rows = await query.orderBy('study_uid').orderBy('series_uid').orderBy('instance_number').orderBy('sop_uid').limit(limit).execute();
      return rows.map(toRecord);
    },

    /** The first instance of each series with how many there are: what a list of studies and series is made of. */
    async series(caseId: CaseId, scope: InstanceScope): Promise<{ readonly first: InstanceRecord; readonly instances: number }[]> {
      const counts = await within(caseId, scope).select(['study_uid', 'series_uid', ({ fn }) => fn.countAll<number>().as('count')]).groupBy(['study_uid', 'series_uid']).orderBy('study_uid').orderBy('series_uid').execute();
      const firsts = await within(caseId, scope).selectAll().distinctOn(['study_uid', 'series_uid']).orderBy('study_uid').orderBy('series_uid').orderBy('instance_number').orderBy('sop_uid').execute();
      const byUid = new Map(counts.map(({ study_uid, series_uid, count }) => [`${study_uid} ${series_uid}`, Number(count)]));
      return firsts.map((row) => ({ first: toRecord(row), instances: byUid.get(`${row.study_uid} ${row.series_uid}`) ?? 0 }));
    },
  };
}

function variantOf({ report }: InstanceRecord): ImageVariant {
  return report === null ? 'original' : 'deidentified';
}

function toRecord(row: Schema['imaging_instances']): InstanceRecord {
  return {
    studyUid: row.study_uid, seriesUid: row.series_uid, sopUid: row.sop_uid, sopClassUid: row.sop_class_uid, hash: row.hash, sizeBytes: row.size_bytes,
    pixels: row.pixels, metadata: row.metadata, instanceNumber: row.instance_number, report: row.report,
  };
}
