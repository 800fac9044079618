import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSystemClock, delay, ManualClock } from '#shared/lib/clock';

describe('ManualClock', () => {
  it('fires what falls due in the order of deadlines, then of setting; each at its own time', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(100), { maxLength: 20 }), fc.nat(120), (delays, ms) => {
        const clock = new ManualClock();
        const fired: { delayMs: number; index: number; atMs: number }[] = [];
        delays.forEach((delayMs, index) => clock.after(delayMs, () => fired.push({ delayMs, index, atMs: clock.monotonicMs() })));
        clock.advance(ms);
        const due = delays.map((delayMs, index) => ({ delayMs, index, atMs: delayMs })).filter(({ delayMs }) => delayMs <= ms);
        expect(fired).toEqual(due.sort((a, b) => a.delayMs - b.delayMs || a.index - b.index));
        expect(clock.pendingTimers).toBe(delays.length - due.length);
        expect(clock.monotonicMs()).toBe(ms);
      }),
    );
  });

  it('fires in the same advance what a callback sets within it, and not what was undone', () => {
    const clock = new ManualClock();
    const fired: string[] = [];
    const undo = clock.after(30, () => fired.push('undone'));
    clock.after(10, () => {
      fired.push('first');
      undo();
      clock.after(10, () => fired.push('nested'));
    });
    clock.advance(100);
    expect(fired).toEqual(['first', 'nested']);
  });

  it('moves the civil clock alone when told', () => {
    const clock = new ManualClock(1_000_000);
    clock.advance(500);
    clock.jumpWall(-3000);
    expect([clock.wallMs(), clock.monotonicMs()]).toEqual([997_500, 500]);
  });
});

describe('the system clock', () => {
  it('is the host’s, and gives its own handle back', () => {
    const cleared: unknown[] = [];
    const host = { setTimeout: (_callback: () => void, delayMs: number) => `timer of ${delayMs}`, clearTimeout: (handle: never) => cleared.push(handle), performance: { now: () => 7 }, Date: { now: () => 9 } };
    const clock = createSystemClock(host);
    clock.after(5, () => undefined)();
    expect([clock.monotonicMs(), clock.wallMs(), cleared]).toEqual([7, 9, ['timer of 5']]);
  });
});

describe('delay', () => {
  it('resolves when its time has passed and leaves no listener', async () => {
    const clock = new ManualClock();
    const abort = new AbortController();
    const waiting = delay(clock, 100, abort.signal).then(() => 'passed');
    clock.advance(100);
    expect(await waiting).toBe('passed');
    abort.abort(new Error('too late to matter'));
  });

  it('rejects with the reason when aborted, and leaves no timer', async () => {
    const clock = new ManualClock();
    const abort = new AbortController();
    const waiting = delay(clock, 100, abort.signal);
    abort.abort(new Error('called off'));
    await expect(waiting).rejects.toThrow('called off');
    expect(clock.pendingTimers).toBe(0);
    await expect(delay(clock, 100, abort.signal)).rejects.toThrow('called off');
    expect(clock.pendingTimers).toBe(0);
  });
});
