import { rtpDeltaMs } from '#shared/annotation/rtpTime';
import type { Mat } from './openCv.ts';

/** A grey working picture: 8 bits a pixel, `WORKING_WIDTH` wide. Whoever holds it deletes the Mat. */
export interface GreyFrame {
  /** 90 kHz, 32 bits. */
  readonly rtpTimestamp: number;
  readonly grey: Mat;
}

export const WORKING_WIDTH = 640;
const HISTORY_MS = 2000;
/** 60 frames a second are 16.7 ms apart, so that within 8 ms there is at most one; a clock that counts milliseconds is never further off. */
const SAME_MS = 8;
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
    if (last && (last.grey.rows !== frame.grey.rows || last.grey.cols !== frame.grey.cols || rtpDeltaMs(frame.rtpTimestamp, last.rtpTimestamp) <= 0)) this.clear();
    this.frames.push(frame);
    while (this.frames.length > MOST || rtpDeltaMs(frame.rtpTimestamp, this.frames[0]?.rtpTimestamp ?? frame.rtpTimestamp) > HISTORY_MS) this.frames.shift()?.grey.delete();
  }

  /** The frame of this time; undefined when it is no longer (or not yet) held. */
  find(rtpTimestamp: number): GreyFrame | undefined {
    let best: GreyFrame | undefined;
    for (const frame of this.frames) {
      const off = Math.abs(rtpDeltaMs(frame.rtpTimestamp, rtpTimestamp));
      if (off <= SAME_MS && (!best || off < Math.abs(rtpDeltaMs(best.rtpTimestamp, rtpTimestamp)))) best = frame;
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
