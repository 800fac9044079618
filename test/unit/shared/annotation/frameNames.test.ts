import { describe, expect, it } from 'vitest';
import { FrameNames } from '#shared/annotation/frameNames';
import { rtpDeltaMs, rtpPlusMs } from '#shared/annotation/rtpTime';
import { createRandom } from '#shared/lib/seededRandom';

interface Line {
  readonly seed: number;
  /** Between two frames, ms, and how unevenly they come. */
  readonly everyMs: number;
  readonly jitterMs: number;
  /** Coding takes this, and up to as much again. */
  readonly codingMs: number;
  readonly dropped: number;
  /** The wire's clock ahead of the camera's, in ticks. */
  readonly start: number;
}

/** A camera and its sender for three seconds; how far the names are off, ms. */
function trial({ seed, everyMs, jitterMs, codingMs, dropped, start }: Line): { readonly offMs: number; readonly boundMs: number } | null {
  const random = createRandom(seed);
  const names = new FrameNames();
  const events: { readonly atMs: number; readonly act: () => void }[] = [];
  const rtpOf = (timestampMs: number) => rtpPlusMs(start, Math.round(timestampMs)); // whole milliseconds, as browsers do
  let timestampMs = 5000;
  for (let frame = 0; frame < 100; frame += 1) {
    timestampMs += everyMs + jitterMs * (random() - 0.5);
    const capturedMs = timestampMs;
    const seenMs = capturedMs + 40 * random() * 0.1;
    events.push({ atMs: seenMs, act: () => names.handleCaptured(capturedMs * 1000, seenMs) });
    if (random() < dropped) continue;
    const sentMs = seenMs + codingMs * (1 + random());
    events.push({ atMs: sentMs, act: () => names.handleSent(rtpOf(capturedMs), sentMs) });
  }
  for (const { act } of events.toSorted((one, other) => one.atMs - other.atMs)) act();
  const name = names.nameOf(timestampMs * 1000);
  return name === null || names.naming === null ? null : { offMs: Math.abs(rtpDeltaMs(name, rtpOf(timestampMs))), boundMs: names.naming.boundMs };
}

const EVEN = { everyMs: 1000 / 30, jitterMs: 0, codingMs: 8, dropped: 0, start: 1_234_567_890 };

describe('names of frames', () => {
  it('[ANN1] a camera that comes unevenly is named to the millisecond, however slow the coding, over drops and the wrap of the wire’s clock', () => {
    for (let seed = 1; seed <= 60; seed += 1) {
      const random = createRandom(seed);
      const found = trial({ seed, everyMs: [1000 / 60, 1000 / 30, 40][seed % 3] ?? 40, jitterMs: 2 + 20 * random(), codingMs: 1 + 80 * random(), dropped: 0.2 * random(), start: seed % 2 === 0 ? 0xffff_ffff - 300_000 : 77 });
      expect(found, `seed ${seed}`).not.toBeNull();
      expect(found?.offMs, `seed ${seed}`).toBeLessThan(2);
      expect(found?.offMs).toBeLessThanOrEqual(found?.boundMs ?? 0);
    }
  });

  it('[ANN1] one that comes evenly is right while coding is quicker than a frame, and says in any case how far it may be off', () => {
    expect(trial({ ...EVEN, seed: 3 })?.offMs).toBeLessThan(2);
    const slow = trial({ ...EVEN, seed: 4, codingMs: 70 });
    expect(slow?.boundMs).toBeGreaterThan(30);
  });

  it('[ANN1] nothing is said before enough is known, nor after a change of the sender until it is known again', () => {
    const names = new FrameNames();
    const random = createRandom(9);
    let atMs = 0;
    const feed = (count: number, start: number) => {
      for (let frame = 0; frame < count; frame += 1) {
        atMs += 25 + 20 * random();
        names.handleCaptured(atMs * 1000, atMs);
        names.handleSent(rtpPlusMs(start, Math.round(atMs)), atMs + 5);
      }
    };
    feed(5, 900);
    expect(names.nameOf(atMs * 1000)).toBeNull();
    feed(40, 900);
    expect(Math.abs(rtpDeltaMs(names.nameOf(atMs * 1000) ?? 0, rtpPlusMs(900, atMs)))).toBeLessThan(2);
    feed(1, 3_000_000_000);
    expect(names.nameOf(atMs * 1000)).toBeNull();
    feed(40, 3_000_000_000);
    expect(Math.abs(rtpDeltaMs(names.nameOf(atMs * 1000) ?? 0, rtpPlusMs(3_000_000_000, atMs)))).toBeLessThan(2);
  });

  it('[ANN1] layers of one picture count once', () => {
    const names = new FrameNames();
    const random = createRandom(5);
    let atMs = 0;
    for (let frame = 0; frame < 40; frame += 1) {
      atMs += 25 + 20 * random();
      names.handleCaptured(atMs * 1000, atMs);
      for (const lateMs of [3, 9, 16]) names.handleSent(rtpPlusMs(11, Math.round(atMs)), atMs + lateMs);
    }
    expect(Math.abs(rtpDeltaMs(names.nameOf(atMs * 1000) ?? 0, rtpPlusMs(11, atMs)))).toBeLessThan(2);
  });
});
