import { ClockOffset } from './clockOffset.ts';
import { type LatencyGrade, LatencyGate } from './latencyGate.ts';

/** Round trips are measured at most this often, ms: the gate's window is then at least 0.6 s. */
const MEASURE_EVERY_MS = 20;

/** What is known of the line to whoever steers: how far apart the clocks are, and how long the way is. One for each lease. */
export class Line {
  readonly #offset = new ClockOffset();
  readonly #gate = new LatencyGate();
  #measuredAtMs = Number.NEGATIVE_INFINITY;

  get isSynchronised(): boolean {
    return this.#offset.isKnown;
  }

  get clockJumps(): number {
    return this.#offset.jumps;
  }

  /** Median, ms; null: not known yet. */
  get roundTripMs(): number | null {
    return this.#gate.roundTripMs;
  }

  get grade(): LatencyGrade {
    return this.#gate.grade;
  }

  /** The four stamps of a frame (see `ClockOffset.add`). False: a clock jumped. */
  add(sentAtMs: number, echoAtMs: number, heldMs: number, nowMs: number): boolean {
    if (nowMs - this.#measuredAtMs >= MEASURE_EVERY_MS) {
      this.#measuredAtMs = nowMs;
      this.#gate.add(nowMs - echoAtMs - heldMs);
    }
    return this.#offset.add(sentAtMs, echoAtMs, heldMs, nowMs);
  }

  /** How old what was sent at `sentAtMs` (operator's clock) is, ms; the error is at most half the best round trip. */
  ageMs(sentAtMs: number, nowMs: number): number {
    return nowMs - sentAtMs - this.#offset.offsetMs;
  }

  reset(): void {
    this.#offset.reset();
    this.#gate.reset();
    this.#measuredAtMs = Number.NEGATIVE_INFINITY;
  }
}
