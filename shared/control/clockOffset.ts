/**
 * How far apart the monotonic clocks of operator and patient side are, from what the motion frames themselves carry.
 *
 * Each frame of the operator names the patient side's stamp that it saw last and for how long it held it. So the frame was sent after
 * `echoAtMs + heldMs` and before it arrived, both on the patient's clock: an interval that holds the true offset, however uneven the line.
 * The intersection of all of them narrows to the line's best moments; its middle is the estimate, and its half width bounds the error
 * (half the best round trip). Clocks drift, so the interval widens with time. An intersection that is empty proves that a clock jumped:
 * everything learnt is forgotten. (Marzullo 1984 for the intersection; RFC 5905 for the four stamps.)
 */
export class ClockOffset {
  readonly #minSamples: number;
  readonly #minSpanMs: number;
  #lowMs = Number.NEGATIVE_INFINITY;
  #highMs = Number.POSITIVE_INFINITY;
  #samples = 0;
  #firstMs = 0;
  #lastMs = 0;
  #jumps = 0;

  /** Trusted after `minSamples` that span `minSpanMs`. */
  constructor(minSamples = 8, minSpanMs = 200) {
    this.#minSamples = minSamples;
    this.#minSpanMs = minSpanMs;
  }

  get isKnown(): boolean {
    return this.#samples >= this.#minSamples && this.#lastMs - this.#firstMs >= this.#minSpanMs;
  }

  /** Patient's clock minus operator's clock, ms; the middle of what is possible. */
  get offsetMs(): number {
    return (this.#lowMs + this.#highMs) / 2;
  }

  /** The estimate is not further than this from the truth, ms. */
  get uncertaintyMs(): number {
    return (this.#highMs - this.#lowMs) / 2;
  }

  /** How often a clock jumped. */
  get jumps(): number {
    return this.#jumps;
  }

  /**
   * A frame that arrived at `nowMs` (patient's clock), was sent at `sentAtMs` (operator's clock), and echoes the patient's stamp
   * `echoAtMs` after holding it for `heldMs`. False when it contradicts what was known: a clock jumped, and the offset is to be learnt
   * anew from the next frame on.
   */
  add(sentAtMs: number, echoAtMs: number, heldMs: number, nowMs: number): boolean {
    const widenMs = (nowMs - this.#lastMs) * MAX_DRIFT;
    const lowMs = Math.max(this.#lowMs - widenMs, echoAtMs + heldMs - sentAtMs - RESOLUTION_MS);
    const highMs = Math.min(this.#highMs + widenMs, nowMs - sentAtMs + RESOLUTION_MS);
    if (!(lowMs <= highMs)) {
      this.reset();
      this.#jumps += 1;
      return false;
    }
    if (this.#samples === 0) this.#firstMs = nowMs;
    this.#lowMs = lowMs;
    this.#highMs = highMs;
    this.#lastMs = nowMs;
    this.#samples += 1;
    return true;
  }

  /** Forgets: another operator, another clock. */
  reset(): void {
    this.#lowMs = Number.NEGATIVE_INFINITY;
    this.#highMs = Number.POSITIVE_INFINITY;
    this.#samples = 0;
    this.#lastMs = 0;
  }
}

/** Two quartz clocks side by side, with room for a machine that is warm: 200 parts in a million. */
const MAX_DRIFT = 200e-6;
/** Browsers round their clock to 0.1 ms, and the wire the time of holding: what the stamps may be off by, ms. */
const RESOLUTION_MS = 0.2;
