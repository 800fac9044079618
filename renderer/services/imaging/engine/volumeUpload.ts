import type { Clock } from '#shared/lib/clock';

/** What one step of taking slices to the GPU may cost, ms; the drawing comes on top. */
const STEP_MS = 90;

/** Of the library's texture of a volume: which slices it takes to the GPU at the next drawing. */
export interface UpdatedSlices {
  getUpdatedFrames(): (boolean | null)[];
  /** Marks one, and the texture as changed. */
  setUpdatedFrame(index: number): void;
}

/**
 * Spreads taking a volume to the GPU over several drawings. The library takes every slice that is marked at once, converting each: of a
 * CT that is in memory already 1.8 s for 120 slices, in which the page stands still. Each mark is asked for its turn here instead.
 * @param onStep after each step, with how many slices are there; whoever draws is to draw again while some are missing
 */
export function uploadInSteps(texture: UpdatedSlices, count: number, clock: Clock, onStep: (taken: number) => void): void {
  const marks = texture.getUpdatedFrames();
  if (Object.getOwnPropertyDescriptor(marks, 0)?.get) return; // done before: the volume is shown in several cells
  const isWaiting = Array.from({ length: count }, (_, index) => marks[index] === true);
  let startedMs: number | null = null;
  // The first drawing takes nothing: the GPU process clears the new texture in it, for which the first slice would have to wait.
  let allowedMs = 0;
  const hasTime = (): boolean => {
    if (startedMs !== null) return clock.monotonicMs() - startedMs < allowedMs;
    startedMs = clock.monotonicMs();
    requestAnimationFrame(() => requestAnimationFrame(nextStep));
    return allowedMs > 0;
  };
  const nextStep = (): void => {
    startedMs = null;
    allowedMs = STEP_MS;
    const next = isWaiting.indexOf(true);
    if (next >= 0) texture.setUpdatedFrame(next); // or nobody would look at it again
    onStep(isWaiting.reduce((sum, waits) => sum + Number(!waits), 0));
  };
  for (let index = 0; index < count; index += 1) {
    Object.defineProperty(marks, index, {
      configurable: true,
      enumerable: true,
      get: () => (isWaiting[index] === true && hasTime() ? true : null),
      set: (isMarked: boolean | null) => {
        isWaiting[index] = isMarked === true;
      },
    });
  }
}
