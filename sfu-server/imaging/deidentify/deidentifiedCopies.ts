import { createHash, randomBytes } from 'node:crypto';
import type { CaseId } from '#shared/domain/ids';
import type { Party } from '#shared/domain/people';
import { toAppError } from '#shared/protocol/errors';
import { auditActor } from '../../storage/audit.ts';
import type { ImageObjects } from '../../storage/imageObjects.ts';
import type { Imaging, InstanceRecord } from '../../storage/imaging.ts';
import type { Installation } from '../../storage/installation.ts';
import type { ObjectStore } from '../../storage/objects.ts';
import { recordOf } from '../imageStore.ts';
import type { ImagingWorkers } from '../worker/imagingWorkers.ts';
import type { DeidentifyReport } from './deidentify.ts';
import { type DeidentifyPolicy, mapUid } from './profile.ts';

export interface DeidentifiedCopiesOptions {
  readonly imaging: Imaging;
  readonly imageObjects: ImageObjects;
  readonly objects: ObjectStore;
  readonly workers: ImagingWorkers;
  readonly policy: DeidentifyPolicy;
}

/** What was done to a case's images as a whole, and which have no copy. */
export interface CopiesReport {
  readonly instances: number;
  readonly elements: readonly { readonly tag: string; readonly name: string; readonly action: string; readonly count: number }[];
  /** Instances with blackened rectangles. */
  readonly blackened: number;
  /** By the UIDs that their copies would have. */
  readonly without: readonly { readonly sopUid: string; readonly reason: string }[];
}

const SECRET_KEY = 'imaging.deidentify';
/** Copies whose rows are written together. */
const TOGETHER = 32;

/** The installation's secret, drawn once. Whoever has it can say which copy is of whom. */
export async function deidentifySecret(installation: Installation): Promise<string> {
  const kept = await installation.get(SECRET_KEY);
  if (kept !== null) return kept;
  const drawn = randomBytes(32).toString('hex');
  await installation.set(SECRET_KEY, drawn);
  return drawn;
}

/** [IMG14] Copies of a case's images without what names the patient: made when first asked for, kept beside them. */
export class DeidentifiedCopies {
  readonly #options: DeidentifiedCopiesOptions;
  readonly #making = new Map<CaseId, Promise<void>>();
  readonly #without = new Map<CaseId, Map<string, string>>();

  constructor(options: DeidentifiedCopiesOptions) {
    this.#options = options;
  }

  /** Makes those that are missing; whoever asks meanwhile waits for the same. */
  make(by: Party, caseId: CaseId): Promise<void> {
    const making = this.#making.get(caseId) ?? this.#make(by, caseId).finally(() => this.#making.delete(caseId));
    this.#making.set(caseId, making);
    return making;
  }

  async report(caseId: CaseId): Promise<CopiesReport> {
    const counts = new Map<string, CopiesReport['elements'][number]>();
    let [instances, blackened] = [0, 0];
    for await (const page of this.#options.imaging.pages(caseId, { variant: 'deidentified' })) for (const { report } of page) {
      const one = JSON.parse(report ?? '{"elements":[],"blackened":0}') as DeidentifyReport; // as `#make` wrote it
      instances += 1;
      if (one.blackened > 0) blackened += 1;
      for (const element of one.elements) {
        const key = `${element.tag} ${element.action}`;
        counts.set(key, { ...element, count: element.count + (counts.get(key)?.count ?? 0) });
      }
    }
    return { instances, blackened, elements: [...counts.keys()].sort().flatMap((key) => counts.get(key) ?? []), without: [...(this.#without.get(caseId) ?? [])].map(([sopUid, reason]) => ({ sopUid, reason })) };
  }

  async #make(by: Party, caseId: CaseId): Promise<void> {
    const { imaging, imageObjects, objects, workers, policy } = this.#options;
    const present = new Set(await imaging.sopUids(caseId, 'deidentified'));
    const without = this.#without.get(caseId) ?? new Map<string, string>();
    this.#without.set(caseId, without);
    // UIDs alone first: mostly there is nothing to do.
    const missing = (await imaging.sopUids(caseId, 'original')).filter((uid) => !present.has(mapUid(policy.secret, uid)) && !without.has(mapUid(policy.secret, uid)));
    let ready: InstanceRecord[] = [];
    const flush = async () => {
      if (ready.length > 0) await imaging.keep(caseId, ready, auditActor(by));
      ready = [];
    };
    for (const sopUid of missing) {
      const original = await imaging.find(caseId, { sopUid });
      if (original === null) continue;
      try {
        const { file, report, inspection } = await workers.run('deidentify', { path: objects.pathOf(original), policy });
        const hash = createHash('sha256').update(file).digest('hex');
        await imageObjects.note(hash);
        await objects.put(hash, file);
        ready.push(recordOf(inspection, { hash, sizeBytes: file.byteLength }, JSON.stringify(report)));
      } catch (error) {
        const { code, message } = toAppError(error);
        if (!code.startsWith('imaging.')) throw error;
        without.set(mapUid(policy.secret, sopUid), message);
      }
      if (ready.length >= TOGETHER) await flush();
    }
    await flush();
  }
}
