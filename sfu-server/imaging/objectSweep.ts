import type { Clock } from '#shared/lib/clock';
import type { ImageObjects } from '../storage/imageObjects.ts';
import type { ObjectStore } from '../storage/objects.ts';

export interface ObjectSweepOptions {
  readonly imageObjects: ImageObjects;
  readonly objects: ObjectStore;
  readonly clock: Clock;
}

/** How long a content may be without a row that has it, ms: rows are written after it. */
const UNUSED_KEPT_MS = 24 * 3600_000;
/** Removed in one round, so that a large case that goes does not hold up the rest. */
const AT_ONCE = 500;

/** Removes images that no case has any more: of a case that was removed, or refused after they had come. @returns how many */
export async function sweepImageObjects({ imageObjects, objects, clock }: ObjectSweepOptions): Promise<number> {
  const beforeMs = clock.wallMs() - UNUSED_KEPT_MS;
  let removed = 0;
  for (const hash of await imageObjects.unused(beforeMs, AT_ONCE)) if (await objects.removeIf(hash, () => imageObjects.forget(hash, beforeMs))) removed += 1;
  return removed;
}
