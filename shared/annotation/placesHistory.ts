import type { Place, PlacesFrame } from './placesFrame.ts';
import { rtpDeltaMs } from './rtpTime.ts';

/** Frames that are kept: two seconds of 30 a second. */
const KEPT = 60;
/** Two names this near are of one frame, ms: half a frame of 60 a second. */
const SAME_FRAME_MS = 8;

export interface PlacesAt {
  readonly places: readonly Place[];
  /** How much older than the asked frame they are, ms; 0: of that very frame. */
  readonly ageMs: number;
}

/** [ANN11] What was said lately of where one source's marks lie, to be asked by frame: a mark is drawn where it lay in the frame that is on the screen. */
export class PlacesHistory {
  /** Oldest first. */
  readonly #frames: PlacesFrame[] = [];

  handle(frame: PlacesFrame): void {
    const at = this.#frames.findLastIndex(({ rtpTimestamp }) => rtpDeltaMs(frame.rtpTimestamp, rtpTimestamp) >= 0);
    const same = this.#frames[at];
    if (same?.rtpTimestamp === frame.rtpTimestamp) this.#frames[at] = { ...same, places: [...same.places, ...frame.places] };
    else this.#frames.splice(at + 1, 0, frame);
    if (this.#frames.length > KEPT) this.#frames.shift();
  }

  /** Of the frame asked for, else of the newest before it; null: nothing so old is known. */
  at(rtpTimestamp: number): PlacesAt | null {
    const next = this.#frames.findLast((frame) => rtpDeltaMs(frame.rtpTimestamp, rtpTimestamp) <= SAME_FRAME_MS);
    if (next === undefined) return null;
    const ageMs = rtpDeltaMs(rtpTimestamp, next.rtpTimestamp);
    return { places: next.places, ageMs: Math.abs(ageMs) <= SAME_FRAME_MS ? 0 : ageMs };
  }

  /** Of the newest frame there is: for a screen that shows its own camera. */
  get newest(): PlacesFrame | null {
    return this.#frames.at(-1) ?? null;
  }

  clear(): void {
    this.#frames.length = 0;
  }
}
