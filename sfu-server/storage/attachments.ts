import type { CaseId } from '#shared/domain/ids';
import { AppError } from '#shared/protocol/errors';
import type { Kysely } from 'kysely';
import type { Schema } from './schema.ts';

/** What a case refers to in the object store. */
export interface AttachmentRecord {
  readonly hash: string;
  readonly sizeBytes: number;
  readonly mediaType: string;
  /** When all of it was on the disk, by the server's civil clock; null: being uploaded. */
  readonly heldAtMs: number | null;
}

/** How many attachments a case refers to at most. */
const MAX_PER_CASE = 5000;

export type Attachments = ReturnType<typeof createAttachments>;

/** The references of cases to content. A case has its own for each content, so that knowing a hash gives nobody what others hold under it. */
export function createAttachments(db: Kysely<Schema>) {
  const toRecord = (row: Schema['attachments']): AttachmentRecord => ({ hash: row.hash, sizeBytes: row.size_bytes, mediaType: row.media_type, heldAtMs: row.held_at_ms });
  const find = async (caseId: CaseId, hash: string): Promise<AttachmentRecord | null> => {
    const row = await db.selectFrom('attachments').selectAll().where('case_id', '=', caseId).where('hash', '=', hash).executeTakeFirst();
    return row === undefined ? null : toRecord(row);
  };

  return {
    find,

    /** All that a case holds; at most as many as a case may have. */
    async heldBy(caseId: CaseId): Promise<readonly AttachmentRecord[]> {
      const rows = await db.selectFrom('attachments').selectAll().where('case_id', '=', caseId).where('held_at_ms', 'is not', null).execute();
      return rows.map(toRecord);
    },

    /** Begins an upload, or finds it begun or held; what was said of one not yet held gives way. @throws AppError `storage.full` when the case has too many */
    async begin(caseId: CaseId, hash: string, sizeBytes: number, mediaType: string, nowMs: number): Promise<AttachmentRecord> {
      const present = await find(caseId, hash);
      if (present !== null && present.heldAtMs !== null) return present;
      if (present === null) {
        const { count } = await db.selectFrom('attachments').select(({ fn }) => fn.countAll<number>().as('count')).where('case_id', '=', caseId).executeTakeFirstOrThrow();
        if (Number(count) >= MAX_PER_CASE) throw new AppError('storage.full', 'the case has as many attachments as it can');
      }
      await db
        .insertInto('attachments')
        .values({ case_id: caseId, hash, size_bytes: sizeBytes, media_type: mediaType, begun_at_ms: nowMs, held_at_ms: null })
        .onConflict((conflict) => conflict.columns(['case_id', 'hash']).doUpdateSet({ size_bytes: sizeBytes, media_type: mediaType, begun_at_ms: nowMs }).where('attachments.held_at_ms', 'is', null))
        .execute();
      return (await find(caseId, hash)) ?? { hash, sizeBytes, mediaType, heldAtMs: null };
    },

    /** All of it is on the disk. */
    async hold(caseId: CaseId, hash: string, nowMs: number): Promise<void> {
      await db.updateTable('attachments').set({ held_at_ms: nowMs }).where('case_id', '=', caseId).where('hash', '=', hash).where('held_at_ms', 'is', null).execute();
    },

    /** Cases that hold the content, at most 200. */
    async holdersOf(hash: string, sizeBytes: number): Promise<readonly CaseId[]> {
      const rows = await db.selectFrom('attachments').select('case_id').where('hash', '=', hash).where('size_bytes', '=', sizeBytes).where('held_at_ms', 'is not', null).orderBy('case_id').limit(200).execute();
      return rows.map((row) => row.case_id);
    },

    /** Forgets uploads that were begun before that moment and are not held. */
    async forgetUnfinished(beforeMs: number): Promise<void> {
      await db.deleteFrom('attachments').where('held_at_ms', 'is', null).where('begun_at_ms', '<', beforeMs).execute();
    },
  };
}
