import type { Mat } from './openCv.ts';
import { RTP_HZ, rtpDifference } from './rtpTime.ts';

/** A grey working picture: 8 bits a pixel, `WORKING_WIDTH` wide. Whoever holds it deletes the Mat. */
export interface GreyFrame {
  /** 90 kHz, 32 bits. */
  readonly rtpTimestamp: number;
  readonly grey: Mat;
}

export const WORKING_WIDTH = 640;
const HISTORY_TICKS = 2 * RTP_HZ;
/** 60 frames a second are 16.7 ms apart, so that within 8 ms there is at most one; a clock that counts milliseconds is never further off. */
const SAME_TICKS = (8 * RTP_HZ) / 1000;
const MOST = 130;

/** The grey frames of the last two seconds, in order, found by RTP timestamp. */
export class FrameRing {
  private readonly frames: GreyFrame[] = [];

  get newest(): GreyFrame | undefined {
    return this.frames.at(-1);
  }

  /** Takes the frame over. One of another size, or that is not later than the last, makes all before it useless: the source was switched. */
  push(frame: GreyFrame): void {
    const last = this.newest;
    if (last && (last.grey.rows !== frame.grey.rows || last.grey.cols !== frame.grey.cols || rtpDifference(frame.rtpTimestamp, last.rtpTimestamp) <= 0)) this.clear();
    this.frames.push(frame);
    while (this.frames.length > MOST || rtpDifference(frame.rtpTimestamp, this.frames[0]?.rtpTimestamp ?? frame.rtpTimestamp) > HISTORY_TICKS) this.frames.shift()?.grey.delete();
  }

  /** The frame of this time; undefined when it is no longer (or not yet) held. */
  find(rtpTimestamp: number): GreyFrame | undefined {
    let best: GreyFrame | undefined;
    for (const frame of this.frames) {
      const off = Math.abs(rtpDifference(frame.rtpTimestamp, rtpTimestamp));
      if (off <= SAME_TICKS && (!best || off < Math.abs(rtpDifference(best.rtpTimestamp, rtpTimestamp)))) best = frame;
    }
    return best;
  }

  /** The frame in the middle between two held ones; undefined when they are neighbours. */
  between(from: GreyFrame, to: GreyFrame): GreyFrame | undefined {
    const first = this.frames.indexOf(from);
    const last = this.frames.indexOf(to);
    return first < 0 || last - first < 2 ? undefined : this.frames[(first + last) >> 1];
  }

  has(frame: GreyFrame): boolean {
    return this.frames.includes(frame);
  }

  clear(): void {
    for (const { grey } of this.frames.splice(0)) grey.delete();
  }
}
