import { type CaseId, sessionIdSchema } from '#shared/domain/ids';
import type { Party } from '#shared/domain/people';
import { AppError } from '#shared/protocol/errors';
import type { ImageStore } from '../imaging/imageStore.ts';
import type { Imaging } from '../storage/imaging.ts';
import type { ImagePatient } from './images.ts';

export interface ImageSeedOptions {
  readonly imaging: Imaging;
  readonly store: ImageStore;
  readonly caseId: CaseId;
  /** Who is said to have stored them. */
  readonly by: Party;
}

const PATIENT: ImagePatient = { name: 'DEMO^PATIENT', id: 'DEMO-1', dateText: '20261120' };

/** Puts a CT and an ultrasound cine into a demo case, once; the same bytes each time. */
export async function seedImages({ imaging, store, caseId, by }: ImageSeedOptions): Promise<void> {
  // Only a demonstration writes files of its own; every other server starts without the writer.
  const { CT_SLICES, makeCine, makeCt } = await import('./images.ts');
  if ((await imaging.sopUids(caseId, 'original')).length >= CT_SLICES + 1) return;
  const files = async function* () {
    const whole = async function* (bytes: Uint8Array) {
      yield bytes;
    };
    for (const slice of makeCt(caseId, PATIENT)) yield whole(slice);
    yield whole(makeCine(caseId, PATIENT));
  };
  const results = await store.store({ sessionId: sessionIdSchema.parse('demo'), party: by }, caseId, null, files());
  const refused = results.find((result) => result.type === 'refused');
  if (refused !== undefined) throw new AppError('internal.bug', `a demo image was refused: ${refused.error.message}`);
}
