import type { CaseId } from '#shared/domain/ids';
import { MAX_INSTANCE_BYTES } from '#shared/protocol/imaging';
import { AppError, toAppError } from '#shared/protocol/errors';
import { newId } from '../auth/random.ts';
import type { Identity } from '../auth/sessions.ts';
import type { CaseFiles } from '../cases/caseFiles.ts';
import { auditActor } from '../storage/audit.ts';
import type { ImageObjects } from '../storage/imageObjects.ts';
import type { Imaging, InstanceRecord, Kept } from '../storage/imaging.ts';
import type { ObjectStore } from '../storage/objects.ts';
import type { Inspection } from './dicom/inspect.ts';
import type { ImagingWorkers } from './worker/imagingWorkers.ts';

export interface ImageStoreOptions {
  readonly imaging: Imaging;
  readonly imageObjects: ImageObjects;
  readonly objects: ObjectStore;
  readonly workers: ImagingWorkers;
  readonly caseFiles: CaseFiles;
  /** The case has new images. */
  readonly onChanged: (caseId: CaseId) => void;
}

/** What became of one file. */
export type Stored =
  | { readonly type: 'stored'; readonly instance: InstanceRecord; /** Why its pictures cannot be shown; null: they can, or it has none. */ readonly notDisplayable: string | null }
  | { readonly type: 'refused'; readonly error: AppError; /** As far as the file said. */ readonly instance: Pick<InstanceRecord, 'sopUid' | 'sopClassUid'> | null };

/** What whoever sends files wants beside the store's own rules. */
export interface StoreWatch {
  /** Hears now and then how many are stored so far, before the case's readers do. */
  readonly onStored?: (count: number) => Promise<void>;
  /** Looks at each file that the case does not have yet; null: it may come in. */
  readonly refuse?: (file: Inspection) => AppError | null;
}

/** Instances whose rows are written together. */
const TOGETHER = 32;

interface Ready {
  readonly at: number;
  readonly instance: InstanceRecord;
  readonly notDisplayable: string | null;
}

/** Storing images with a case (STOW-RS). */
export class ImageStore {
  readonly #options: ImageStoreOptions;

  constructor(options: ImageStoreOptions) {
    this.#options = options;
  }

  /**
   * Stores files as they come, one after the other; a file that is refused costs no other. When the promise resolves, what is said to be
   * stored is durable, and the audit says so.
   * @param studyUid only files of that study; null: of any
   * @throws AppError `record.notFound`, `auth.forbidden`; `storage.full` before the first file
   */
  async store(identity: Identity, caseId: CaseId, studyUid: string | null, files: AsyncIterable<AsyncIterable<Uint8Array>>, { onStored, refuse }: StoreWatch = {}): Promise<Stored[]> {
    const { caseFiles, objects, onChanged } = this.#options;
    await caseFiles.openToWrite(identity, caseId);
    await objects.requireRoom(0);
    const results: Stored[] = [];
    let ready: Ready[] = [];
    const flush = async () => {
      const batch = ready;
      ready = [];
      if (batch.length === 0) return;
      for (const [index, stored] of (await this.#keep(identity, caseId, batch)).entries()) results[batch[index]?.at ?? 0] = stored;
      await onStored?.(results.filter(({ type }) => type === 'stored').length);
      onChanged(caseId);
    };
    try {
      for await (const file of files) {
        const at = results.length;
        // Holds the place: rows are written later, in batches.
        results.push({ type: 'refused', error: new AppError('server.stopping', 'not stored'), instance: null });
        const taken = await this.#take(caseId, file, studyUid, refuse);
        if ('instance' in taken) ready.push({ ...taken, at });
        else results[at] = { type: 'refused', error: taken.error, instance: taken.said };
        if (ready.length >= TOGETHER) await flush();
      }
    } finally {
      // Of a request that breaks off, the files that came whole stay.
      await flush();
    }
    return results;
  }

  /** Receives a file and reads it; what is refused leaves nothing on the disk. */
  async #take(caseId: CaseId, content: AsyncIterable<Uint8Array>, studyUid: string | null, refuse: StoreWatch['refuse']): Promise<Omit<Ready, 'at'> | { readonly error: AppError; readonly said: Pick<InstanceRecord, 'sopUid' | 'sopClassUid'> | null }> {
    const { imaging, imageObjects, objects, workers } = this.#options;
    const key = `dicom-${newId()}`;
    const { hash, sizeBytes } = await objects.receive(key, content, MAX_INSTANCE_BYTES);
    let inspection: Inspection;
    try {
      inspection = await workers.run('inspect', { path: objects.pathOf({ key }) });
    } catch (error) {
      await objects.drop(key);
      return { error: refusal(error), said: null };
    }
    if (studyUid !== null && inspection.studyUid !== studyUid) {
      await objects.drop(key);
      return { error: new AppError('imaging.unsupported', 'the file is of another study than the address says'), said: inspection };
    }
    const standing = await imaging.standing(caseId, { ...inspection, hash });
    const conflict = REFUSALS[standing]?.() ?? (standing === 'same' ? null : (refuse?.(inspection) ?? null));
    if (conflict !== null) {
      await objects.drop(key);
      return { error: conflict, said: inspection };
    }
    await imageObjects.note(hash);
    await objects.keep(key, hash);
    const { pixels } = inspection;
    return {
      instance: recordOf(inspection, { hash, sizeBytes }, null),
      notDisplayable: pixels?.delivery.type === 'refused' ? pixels.delivery.reason : null,
    };
  }

  async #keep(identity: Identity, caseId: CaseId, batch: readonly Ready[]): Promise<Stored[]> {
    const kept = await this.#options.imaging.keep(caseId, batch.map(({ instance }) => instance), auditActor(identity.party));
    return batch.map(({ instance, notDisplayable }, index): Stored => {
      const error = REFUSALS[kept[index] ?? 'full'];
      return error === null ? { type: 'stored', instance, notDisplayable } : { type: 'refused', error: error(), instance };
    });
  }
}

const REFUSALS: Readonly<Record<Kept, (() => AppError) | null>> = {
  kept: null,
  same: null,
  otherContent: () => new AppError('imaging.otherContent', 'an instance of the same UID is there with other content; nothing was overwritten'),
  otherCase: () => new AppError('imaging.otherCase', 'the study belongs to another case'),
  full: () => new AppError('storage.full', 'the case has as many images as it can'),
};

/** What is kept of an instance. @param report of a copy without names, what was done to it */
export function recordOf({ studyUid, seriesUid, sopUid, sopClassUid, pixels, metadata }: Inspection, { hash, sizeBytes }: Pick<InstanceRecord, 'hash' | 'sizeBytes'>, report: string | null): InstanceRecord {
  const number = Number(metadata['00200013']?.Value?.[0] ?? 0);
  const instanceNumber = Number.isInteger(number) && Math.abs(number) < 2 ** 31 ? number : 0;
  return { studyUid, seriesUid, sopUid, sopClassUid, hash, sizeBytes, pixels: pixels === null ? null : JSON.stringify(pixels), metadata: JSON.stringify(metadata), instanceNumber, report };
}

/** What is wrong with the file stays with it; what is wrong with the server ends the request. */
function refusal(error: unknown): AppError {
  const known = toAppError(error);
  if (!known.code.startsWith('imaging.')) throw known;
  return known;
}
