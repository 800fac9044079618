import type { CaseId } from '#shared/domain/ids';
import type { Clock } from '#shared/lib/clock';
import { type Kysely, type SelectQueryBuilder, sql } from 'kysely';
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

/** Metadata and plans read at once, bytes, and rows. */
const PAGE_BYTES = 8 * 1024 * 1024;
const PAGE_ROWS = 500;

type Place = Pick<Schema['imaging_instances'], 'study_uid' | 'series_uid' | 'instance_number' | 'sop_uid'>;
type Key = Place & { readonly bytes: number };
const KEY = ['study_uid', 'series_uid', 'instance_number', 'sop_uid', sql<number>`octet_length(metadata) + coalesce(octet_length(pixels), 0) + coalesce(octet_length(report), 0)`.as('bytes')] as const;

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

  const recordsOf = async (caseId: CaseId, scope: InstanceScope, keys: readonly Key[]): Promise<InstanceRecord[]> => {
    const rows = await ordered(within(caseId, scope)).selectAll().where('sop_uid', 'in', keys.map(({ sop_uid }) => sop_uid)).execute();
    return rows.map(toRecord);
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

    /** Instances by series and number, some at a time: as many as hold `PAGE_BYTES`, since one header alone may have megabytes. */
    async *pages(caseId: CaseId, scope: InstanceScope): AsyncGenerator<InstanceRecord[], undefined> {
      for (let after: Place | null = null; ; ) {
        const keys: Key[] = await placed(within(caseId, scope), after).select(KEY).limit(PAGE_ROWS).execute();
        const last = keys.at(-1);
        if (last === undefined) return;
        for (const some of byBytes(keys)) yield await recordsOf(caseId, scope, some);
        if (keys.length < PAGE_ROWS) return;
        after = last;
      }
    },

    /** The first instance of each series with how many there are, some at a time as in `pages`: what a list of studies and series is made of. */
    async *firsts(caseId: CaseId, scope: InstanceScope): AsyncGenerator<{ readonly first: InstanceRecord; readonly instances: number }[], undefined> {
      const counts = await within(caseId, scope).select(['study_uid', 'series_uid', ({ fn }) => fn.countAll<number>().as('count')]).groupBy(['study_uid', 'series_uid']).execute();
      const byUid = new Map(counts.map(({ study_uid, series_uid, count }) => [`${study_uid} ${series_uid}`, Number(count)]));
      const keys: Key[] = await ordered(within(caseId, scope)).distinctOn(['study_uid', 'series_uid']).select(KEY).execute();
      for (const some of byBytes(keys)) yield (await recordsOf(caseId, scope, some)).map((first) => ({ first, instances: byUid.get(`${first.studyUid} ${first.seriesUid}`) ?? 0 }));
    },

    /** UIDs of the first instances whose pictures can be shown, at most `limit`. */
    async displayable(caseId: CaseId, scope: InstanceScope, limit: number): Promise<string[]> {
      // As `InstanceRecord.pixels` has it.
      const rows = await ordered(within(caseId, scope)).select('sop_uid').where('pixels', 'is not', null).where('pixels', 'not like', '%"delivery":{"type":"refused"%').limit(limit).execute();
      return rows.map((row) => row.sop_uid);
    },

    /** Whether there is any. */
    async has(caseId: CaseId, scope: InstanceScope): Promise<boolean> {
      return (await within(caseId, scope).select('sop_uid').limit(1).executeTakeFirst()) !== undefined;
    },
  };
}

type Instances = SelectQueryBuilder<Schema, 'imaging_instances', unknown>;
const ordered = (query: Instances) => query.orderBy('study_uid').orderBy('series_uid').orderBy('instance_number').orderBy('sop_uid');
const placed = (query: Instances, after: Place | null) => ordered(after === null ? query : query.where(sql<boolean>`(study_uid, series_uid, instance_number, sop_uid) > (${after.study_uid}, ${after.series_uid}, ${after.instance_number}, ${after.sop_uid})`));

/** One after the other as many as hold `PAGE_BYTES`, one at least. */
function* byBytes(keys: readonly Key[]): Generator<readonly Key[]> {
  let [some, bytes]: [Key[], number] = [[], 0];
  for (const key of keys) {
    if (some.length > 0 && (bytes + key.bytes > PAGE_BYTES || some.length >= PAGE_ROWS)) {
      yield some;
      [some, bytes] = [[], 0];
    }
    some.push(key);
    bytes += key.bytes;
  }
  if (some.length > 0) yield some;
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
