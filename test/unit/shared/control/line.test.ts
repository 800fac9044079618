import { describe, expect, it } from 'vitest';
import { ClockOffset } from '#shared/control/clockOffset';
import { gradeOf, LatencyGate } from '#shared/control/latencyGate';
import { Line } from '#shared/control/line';
import { createRandom } from '#shared/lib/seededRandom';

/** Frames over a line, as the patient side sees their stamps: the operator's clock is `offsetMs` behind. */
function feed(offset: { add(sentAtMs: number, echoAtMs: number, heldMs: number, nowMs: number): boolean }, options: { readonly upMs: () => number; readonly downMs: () => number; readonly offsetMs: (trueMs: number) => number; readonly fromMs?: number; readonly frames: number }): boolean[] {
  const { upMs, downMs, offsetMs, fromMs = 0, frames } = options;
  return Array.from({ length: frames }, (_, index) => {
    const sentMs = fromMs + index * 10;
    const echoMs = sentMs - downMs() - 7;
    return offset.add(sentMs - offsetMs(sentMs), echoMs, 7, sentMs + upMs());
  });
}

describe('the offset of two clocks', () => {
  it('[CTL12] is found within half the best round trip, however uneven the line', () => {
    const random = createRandom(4);
    for (const [up, down] of [[20, 20], [5, 60], [90, 3]] as const) {
      const offset = new ClockOffset();
      feed(offset, { upMs: () => up + random() * 40, downMs: () => down + random() * 40, offsetMs: () => 123_456, frames: 400 });
      expect(offset.isKnown).toBe(true);
      expect(Math.abs(offset.offsetMs - 123_456)).toBeLessThanOrEqual(offset.uncertaintyMs);
      expect(offset.uncertaintyMs).toBeLessThan((up + down) / 2 + 6);
    }
  });

  it('is exact on an even line', () => {
    const offset = new ClockOffset();
    feed(offset, { upMs: () => 15, downMs: () => 15, offsetMs: () => -777, frames: 50 });
    expect(offset.offsetMs).toBeCloseTo(-777, 6);
    expect(offset.uncertaintyMs).toBeCloseTo(15.2, 1);
  });

  it('is not known before eight frames that span 200 ms', () => {
    const offset = new ClockOffset();
    const even = { upMs: () => 5, downMs: () => 5, offsetMs: () => 0 };
    feed(offset, { ...even, frames: 20 });
    expect(offset.isKnown).toBe(false);
    feed(offset, { ...even, fromMs: 200, frames: 1 });
    expect(offset.isKnown).toBe(true);
    const rare = new ClockOffset();
    for (const at of [0, 100, 200, 300, 400, 500, 600]) feed(rare, { ...even, fromMs: at, frames: 1 });
    expect(rare.isKnown).toBe(false);
    feed(rare, { ...even, fromMs: 700, frames: 1 });
    expect(rare.isKnown).toBe(true);
  });

  it('[CTL12] notices a clock that jumps either way, forgets, and learns anew', () => {
    for (const by of [500, -500]) {
      const offset = new ClockOffset();
      const line = { upMs: () => 10, downMs: () => 10 };
      feed(offset, { ...line, offsetMs: () => 0, frames: 50 });
      expect(feed(offset, { ...line, offsetMs: () => by, fromMs: 500, frames: 1 })).toEqual([false]);
      expect(offset.isKnown).toBe(false);
      expect(offset.jumps).toBe(1);
      expect(feed(offset, { ...line, offsetMs: () => by, fromMs: 510, frames: 30 })).toEqual(Array(30).fill(true));
      expect(offset.isKnown).toBe(true);
      expect(offset.offsetMs).toBeCloseTo(by, 6);
    }
  });

  it('follows clocks that drift apart and is not fooled by it', () => {
    const offset = new ClockOffset();
    const results = feed(offset, { upMs: () => 8, downMs: () => 8, offsetMs: (ms) => ms * 150e-6, frames: 60_000 });
    expect(results.every(Boolean)).toBe(true);
    expect(Math.abs(offset.offsetMs - 600_000 * 150e-6)).toBeLessThanOrEqual(offset.uncertaintyMs);
  });

  it('takes a stamp that is not a number, or an echo from the future, for a jump', () => {
    for (const [sent, echo, held] of [[Number.NaN, 0, 0], [0, Number.NaN, 0], [0, 0, Number.NaN], [100, 500, 0]] as const) {
      const offset = new ClockOffset();
      feed(offset, { upMs: () => 1, downMs: () => 1, offsetMs: () => 0, frames: 30 });
      expect(offset.add(sent, echo, held, 400)).toBe(false);
    }
  });

  it('lets stamps be rounded to a fifth of a millisecond', () => {
    const offset = new ClockOffset();
    expect(offset.add(100, 100, 0, 100)).toBe(true);
    expect(offset.add(110.1, 110, 0.3, 110)).toBe(true);
    expect(offset.add(120.5, 120, 0, 120)).toBe(false);
    const exact = new ClockOffset();
    expect(exact.add(0.25, 0, 0, 0.25)).toBe(true);
    expect(exact.add(10, 10.25, 0, 10.25)).toBe(true);
  });
});

describe('the gate of the line', () => {
  it('[CTL36] grades a round trip', () => {
    expect([0, 100, 100.1, 200, 200.1, 300, 300.1, Number.NaN, Number.POSITIVE_INFINITY].map(gradeOf)).toEqual(['green', 'green', 'amber', 'amber', 'red', 'red', 'refused', 'refused', 'refused']);
  });

  const gateOf = (...values: readonly number[]) => {
    const gate = new LatencyGate();
    for (const value of values) gate.add(value);
    return gate;
  };
  const times = (count: number, value: number) => Array<number>(count).fill(value);

  it('[CTL36] refuses before it has measured enough', () => {
    expect(gateOf(...times(7, 10))).toMatchObject({ grade: 'refused', roundTripMs: null });
    expect(gateOf(...times(8, 10))).toMatchObject({ grade: 'green', roundTripMs: 10 });
  });

  it('takes the median of the last 31', () => {
    expect(gateOf(9, 1, 8, 2, 7, 3, 6, 4, 5).roundTripMs).toBe(5);
    expect(gateOf(...times(16, 50), ...times(15, 5000)).grade).toBe('green');
    expect(gateOf(...times(31, 5000), ...times(15, 50)).grade).toBe('refused');
    expect(gateOf(...times(15, 50), ...times(16, 150)).grade).toBe('amber');
    expect(gateOf(...times(31, 50), ...times(16, 250)).roundTripMs).toBe(250);
  });

  it('takes the upper of two in the middle, in whatever order they came; a slow line that was never refused is not', () => {
    expect(gateOf(5, 1, 8, 2, 7, 3, 6, 4).roundTripMs).toBe(5);
    expect(gateOf(1, 2, 3, 4, 5, 6, 7, 8).roundTripMs).toBe(5);
    expect(gateOf(...times(8, 290)).grade).toBe('red');
    const gate = gateOf(...times(8, 400));
    gate.reset();
    for (const value of times(8, 290)) gate.add(value);
    expect(gate.grade).toBe('red');
  });

  it('[CTL36] lets in again only well below the bound', () => {
    const gate = gateOf(...times(31, 301));
    for (const value of times(31, 299)) gate.add(value);
    expect(gate.grade).toBe('refused');
    for (const value of times(31, 270)) gate.add(value);
    expect(gate.grade).toBe('red');
    for (const value of times(31, 300)) gate.add(value);
    expect(gate.grade).toBe('red');
    gate.reset();
    expect(gate).toMatchObject({ grade: 'refused', roundTripMs: null });
    for (const value of times(8, 20)) gate.add(value);
    expect(gate.grade).toBe('green');
  });

  it('measures the line at most every 20 ms, and forgets with the lease', () => {
    const line = new Line();
    feed(line, { upMs: () => 30, downMs: () => 20, offsetMs: () => 5, frames: 14 });
    expect(line.roundTripMs).toBeNull();
    expect(line.isSynchronised).toBe(false);
    feed(line, { upMs: () => 30, downMs: () => 20, offsetMs: () => 5, fromMs: 140, frames: 10 });
    expect(line.roundTripMs).toBeCloseTo(50, 6);
    expect(line.isSynchronised).toBe(true);
    expect(line.ageMs(1000, 1100)).toBeCloseTo(100 - 10, 6); // an uneven line: half its difference
    expect(line.grade).toBe('green');
    feed(line, { upMs: () => 30, downMs: () => 20, offsetMs: () => 5005, fromMs: 300, frames: 1 });
    expect(line.clockJumps).toBe(1);
    line.reset();
    expect(line).toMatchObject({ roundTripMs: null, isSynchronised: false, grade: 'refused' });
  });
});
