import type { CaseId } from '#shared/domain/ids';
import type { Clock } from '#shared/lib/clock';
import { MAX_UPLOAD_PART_BYTES } from '#shared/protocol/cases';
import { AppError } from '#shared/protocol/errors';
import type { AttachmentRecord, Attachments } from '../storage/attachments.ts';
import type { ObjectStore } from '../storage/objects.ts';

/** An upload nobody has gone on with for so long is thrown away; a cart may be switched off over a long holiday. */
const UNFINISHED_KEPT_MS = 14 * 86_400_000;

export interface UploadsOptions {
  readonly attachments: Attachments;
  readonly objects: ObjectStore;
  readonly clock: Clock;
}

/** Uploads that go on from where they stopped. Whether the case may be written to is asked before. */
export class Uploads {
  readonly #options: UploadsOptions;

  constructor(options: UploadsOptions) {
    this.#options = options;
  }

  /**
   * Begins, or says from where to go on; the size itself: the content is held.
   * @throws AppError `storage.full` when the disk has no room for the rest
   */
  async begin(caseId: CaseId, hash: string, sizeBytes: number, mediaType: string): Promise<number> {
    const { attachments, objects, clock } = this.#options;
    const key = keyOf(caseId, hash);
    return objects.exclusively(key, async () => {
      const record = await attachments.begin(caseId, hash, sizeBytes, mediaType, clock.wallMs());
      if (record.heldAtMs !== null) return record.sizeBytes;
      const offset = await objects.offset(key);
      await objects.requireRoom(Math.max(0, sizeBytes - offset));
      // All of it came, and the server ended before it was checked; or the size now said is another.
      return offset >= sizeBytes ? this.#finish(caseId, record, offset) : offset;
    });
  }

  /**
   * Takes a part at an offset; at another than the right one nothing of it. The last part ends the upload.
   * @returns the offset to go on from
   * @throws AppError `record.notFound` when the upload was not begun, `record.hashMismatch`, `storage.full`, `input.tooLarge`
   */
  async append(caseId: CaseId, hash: string, offset: number, part: AsyncIterable<Uint8Array>): Promise<number> {
    const { attachments, objects } = this.#options;
    const key = keyOf(caseId, hash);
    return objects.exclusively(key, async () => {
      const record = await attachments.find(caseId, hash);
      if (record === null) throw new AppError('record.notFound', 'no such upload');
      if (record.heldAtMs !== null) return record.sizeBytes;
      const present = await objects.offset(key);
      if (offset !== present) return present;
      const reached = await objects.append(key, part, Math.min(MAX_UPLOAD_PART_BYTES, record.sizeBytes - present));
      return reached >= record.sizeBytes ? this.#finish(caseId, record, reached) : reached;
    });
  }

  /** Throws away what nobody has gone on with. */
  async sweep(): Promise<void> {
    const beforeMs = this.#options.clock.wallMs() - UNFINISHED_KEPT_MS;
    await this.#options.objects.sweep(beforeMs);
    await this.#options.attachments.forgetUnfinished(beforeMs);
  }

  async #finish(caseId: CaseId, record: AttachmentRecord, reached: number): Promise<number> {
    const { attachments, objects, clock } = this.#options;
    await objects.finish(keyOf(caseId, record.hash), record.hash);
    await attachments.hold(caseId, record.hash, clock.wallMs());
    await objects.drop(keyOf(caseId, record.hash));
    return reached;
  }
}

/** One upload: what one case is to hold under one hash. Ids and hashes have no character that a file name may not have. */
function keyOf(caseId: CaseId, hash: string): string {
  return `${caseId}.${hash}`;
}
