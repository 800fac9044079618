import { numberAt } from '../lib/numberAt.ts';

/** [CTL36] How the line feels: free, with care, against advice, or not at all. */
export type LatencyGrade = 'green' | 'amber' | 'red' | 'refused';

/** Upper bounds of the measured round trip, ms (Xu 2014: 200 ideal, 300 suitable; Nankaku 2022: 100 acceptable for tele-echography). */
export const LATENCY_BOUNDS_MS = { green: 100, amber: 200, red: 300 } as const;

/** Whoever was refused is let in again only this much below the bound, so that a line at the bound does not flicker. */
const HYSTERESIS = 0.9;
const WINDOW = 31;
/** Samples before there is a grade. */
const MIN_SAMPLES = 8;

export function gradeOf(roundTripMs: number): LatencyGrade {
  if (roundTripMs <= LATENCY_BOUNDS_MS.green) return 'green';
  if (roundTripMs <= LATENCY_BOUNDS_MS.amber) return 'amber';
  if (roundTripMs <= LATENCY_BOUNDS_MS.red) return 'red';
  return 'refused'; // NaN too
}

/**
 * The round trip as a median of the last 31 measurements: one late packet changes nothing, a line that became slow does within a second.
 * Whoever measures feeds it at most every 20 ms. Makes no garbage.
 */
export class LatencyGate {
  readonly #ring = new Float64Array(WINDOW);
  readonly #sorted = new Float64Array(WINDOW);
  #count = 0;
  #next = 0;
  #isRefusing = false;

  /** Median round trip, ms; null before enough was measured. */
  get roundTripMs(): number | null {
    if (this.#count < MIN_SAMPLES) return null;
    return this.#median();
  }

  get grade(): LatencyGrade {
    const roundTripMs = this.roundTripMs;
    return roundTripMs === null || this.#isRefusing ? 'refused' : gradeOf(roundTripMs);
  }

  add(roundTripMs: number): void {
    this.#ring[this.#next] = roundTripMs;
    this.#next = (this.#next + 1) % WINDOW;
    this.#count = Math.min(this.#count + 1, WINDOW);
    const median = this.roundTripMs;
    if (median === null) return;
    if (median > LATENCY_BOUNDS_MS.red) this.#isRefusing = true;
    else if (median <= LATENCY_BOUNDS_MS.red * HYSTERESIS) this.#isRefusing = false;
  }

  reset(): void {
    this.#count = 0;
    this.#next = 0;
    this.#isRefusing = false;
  }

  #median(): number {
    const sorted = this.#sorted;
    // Until the ring is full its values are the first ones; insertion into a prefix, no array is made.
    for (let index = 0; index < this.#count; index += 1) {
      const value = numberAt(this.#ring, index);
      let at = index;
      while (at > 0 && numberAt(sorted, at - 1) > value) {
        sorted[at] = numberAt(sorted, at - 1);
        at -= 1;
      }
      sorted[at] = value;
    }
    return numberAt(sorted, this.#count >> 1);
  }
}
