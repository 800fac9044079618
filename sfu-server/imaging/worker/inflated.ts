import type { Clock } from '#shared/lib/clock';
import type { Undo } from '#shared/lib/disposable';
import { parseFile } from '../dicom/parse.ts';

/** Of one file at a time, and not of the largest: a thread is to stay small. */
const MOST_BYTES = 256 * 1024 * 1024;
/** How long it is kept after its last frame was asked for, ms. */
const KEPT_MS = 10_000;

/** A deflated file that was read, inflated, for the frames that are asked for next: each would inflate all of it again. What lies under a path never changes. */
export class Inflated {
  #kept: { readonly path: string; readonly bytes: Uint8Array } | null = null;
  readonly #clock: Clock;
  #cancelDrop: Undo | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The file with its data set inflated. @param read gives the file as it lies. @throws AppError as `parseFile` */
  async of(path: string, read: () => Promise<Uint8Array>): Promise<Uint8Array> {
    const bytes = this.#kept?.path === path ? this.#kept.bytes : parseFile(await read()).bytes;
    this.#cancelDrop?.();
    this.#kept = bytes.byteLength <= MOST_BYTES ? { path, bytes } : null;
    this.#cancelDrop = this.#clock.after(KEPT_MS, () => {
      this.#kept = null;
    });
    return bytes;
  }
}
