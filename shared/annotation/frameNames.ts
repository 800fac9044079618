import { RTP_PER_MS, rtpDeltaMs, rtpPlusMs } from './rtpTime.ts';

/** A frame as the camera gave it: its timestamp, and when it was seen, ms; both of this machine. */
interface Captured {
  readonly timestampMs: number;
  readonly atMs: number;
}

/** A frame as it left, coded: its name on the wire, and when it was seen, ms. */
interface Sent {
  readonly rtpTimestamp: number;
  readonly atMs: number;
}

/** Frames that are compared: three seconds of 30 a second. */
const KEPT = 90;
/** With fewer pairs nothing is said. */
const FEWEST = 12;
/** A coded frame is its own picture's for no longer than this after it was captured, ms. */
const MAX_CODING_MS = 400;
/** The right offset leaves the rounding of whole milliseconds and the browser's smoothing of its clock, ms. */
const MAX_SPREAD_MS = 3;
/** How much better than every other an offset has to fit before the times alone decide. */
const CLEARLY_BETTER = 2;

export interface FrameNaming {
  /** The clock of the wire minus the camera's, ms; what is added to a captured timestamp. */
  readonly offsetMs: number;
  /** [ANN1] How far a name may be off, ms: the spread, or a whole frame where the frames come so evenly that two offsets fit alike. */
  readonly boundMs: number;
}

/**
 * [ANN1] Finds by which RTP timestamp each frame of this machine's camera crosses the network. The browser gives the coded frames' timestamps and the
 * camera's own, and not which belongs to which; the difference of the two clocks is a constant that nobody tells. Frames never come quite
 * evenly: of all offsets that put each coded frame after its capture, the right one brings the two rows of times together to a fraction of a
 * millisecond, and one that is a frame off does not. Where the frames are too even for that, the soonest coding that is possible is taken,
 * and the bound says that it may be a frame off.
 */
export class FrameNames {
  readonly #captured: Captured[] = [];
  readonly #sent: Sent[] = [];
  #naming: FrameNaming | null = null;
  #sinceJudged = 0;

  /** Null: not known yet. */
  get naming(): FrameNaming | null {
    return this.#naming;
  }

  /** @param timestampUs the captured frame's, µs. */
  handleCaptured(timestampUs: number, atMs: number): void {
    push(this.#captured, { timestampMs: timestampUs / 1000, atMs });
  }

  /** Layers of the same picture come with the same name; a row that leaps begins anew (another sender). */
  handleSent(rtpTimestamp: number, atMs: number): void {
    const last = this.#sent.at(-1);
    if (last !== undefined) {
      const stepMs = rtpDeltaMs(rtpTimestamp, last.rtpTimestamp);
      if (stepMs === 0) return;
      // A slow layer's frame may come after the next one's fast layer.
      if (stepMs < 0 && stepMs > -MAX_CODING_MS) return;
      if (stepMs < 0 || Math.abs(stepMs - (atMs - last.atMs)) > 2 * MAX_CODING_MS) {
        this.#sent.length = 0;
        this.#naming = null;
      }
    }
    push(this.#sent, { rtpTimestamp, atMs });
    this.#sinceJudged += 1;
    if (this.#naming !== null && this.#sinceJudged < FEWEST) return;
    this.#sinceJudged = 0;
    this.#judge();
  }

  /** Another camera: nothing of before holds. */
  forget(): void {
    this.#captured.length = 0;
    this.#sent.length = 0;
    this.#naming = null;
  }

  /** The name of the frame captured at `timestampUs`; null: not known yet. */
  nameOf(timestampUs: number): number | null {
    return this.#naming === null ? null : rtpPlusMs(0, wrapped(timestampUs / 1000 + this.#naming.offsetMs));
  }

  #judge(): void {
    const [captured, sent] = [this.#captured, this.#sent];
    const probe = sent.at(-1);
    if (probe === undefined || sent.length < FEWEST || captured.length < FEWEST) return;
    const first = sent[0] ?? probe;
    const since = (of: Sent): number => rtpDeltaMs(of.rtpTimestamp, first.rtpTimestamp);
    const candidates = captured.flatMap((frame) => {
      const codingMs = probe.atMs - frame.atMs;
      if (codingMs < 0 || codingMs > MAX_CODING_MS) return [];
      const roughMs = since(probe) - frame.timestampMs;
      const fit = this.#fit(since, roughMs);
      return fit === null ? [] : [{ ...fit, codingMs }];
    });
    const best = candidates.toSorted((one, other) => one.spreadMs - other.spreadMs || one.codingMs - other.codingMs)[0];
    if (best === undefined || best.spreadMs > MAX_SPREAD_MS) return; // the offset of before holds until another shows itself
    const alike = candidates.filter(({ spreadMs }) => spreadMs < CLEARLY_BETTER * best.spreadMs + 0.1);
    const chosen = alike.toSorted((one, other) => one.codingMs - other.codingMs)[0] ?? best;
    const baseMs = first.rtpTimestamp / RTP_PER_MS;
    this.#naming = { offsetMs: baseMs + chosen.offsetMs, boundMs: alike.length > 1 ? frameMs(captured) : 3 * best.spreadMs };
  }

  /** How well the rows fit when the wire's clock is about `roughMs` ahead; null: some coded frame would be older than its picture. */
  #fit(since: (of: Sent) => number, roughMs: number): { readonly offsetMs: number; readonly spreadMs: number } | null {
    const rests: number[] = [];
    for (const frame of this.#sent) {
      const timestampMs = since(frame) - roughMs;
      const nearest = nearestTo(this.#captured, timestampMs);
      const oldest = this.#captured[0];
      if (nearest === undefined || oldest === undefined || timestampMs < oldest.timestampMs - MAX_SPREAD_MS) continue;
      if (frame.atMs < nearest.atMs) return null;
      rests.push(timestampMs - nearest.timestampMs);
    }
    if (rests.length < FEWEST) return null;
    const sorted = rests.toSorted((one, other) => one - other);
    const middle = sorted[Math.floor(sorted.length / 2)] ?? 0;
    // The share that a hand over the lens or a busy moment cannot spoil.
    const distances = rests.map((rest) => Math.abs(rest - middle)).toSorted((one, other) => one - other);
    return { offsetMs: roughMs + middle, spreadMs: distances[Math.floor(0.9 * distances.length)] ?? Number.POSITIVE_INFINITY };
  }
}

function push<T>(row: T[], value: T): void {
  row.push(value);
  if (row.length > KEPT) row.shift();
}

function nearestTo(row: readonly Captured[], timestampMs: number): Captured | undefined {
  let best: Captured | undefined;
  for (const frame of row) if (best === undefined || Math.abs(frame.timestampMs - timestampMs) < Math.abs(best.timestampMs - timestampMs)) best = frame;
  return best;
}

/** The middle time between two frames, ms. */
function frameMs(row: readonly Captured[]): number {
  const steps = row.slice(1).map((frame, index) => frame.timestampMs - (row[index]?.timestampMs ?? 0)).toSorted((one, other) => one - other);
  return steps[Math.floor(steps.length / 2)] ?? Number.POSITIVE_INFINITY;
}

/** Into the range of an RTP timestamp, ms. */
function wrapped(ms: number): number {
  const rangeMs = 2 ** 32 / RTP_PER_MS;
  return ((ms % rangeMs) + rangeMs) % rangeMs;
}
