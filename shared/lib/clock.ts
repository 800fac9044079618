import type { Undo } from './disposable.ts';

/**
 * The one way to time. `wallMs` is the civil clock (Unix epoch, can jump); `monotonicMs` never goes back and has an arbitrary
 * origin: durations and deadlines use only it. Tests inject `ManualClock`.
 */
export interface Clock {
  wallMs(): number;
  monotonicMs(): number;
  /** Calls back once after `delayMs`; the returned undo cancels. */
  after(delayMs: number, callback: () => void): Undo;
}

/** What a host of JavaScript gives for timing; both browsers and Node have it, under slightly different types. */
export interface TimerHost {
  setTimeout(callback: () => void, delayMs: number): unknown;
  clearTimeout(handle: never): void;
  performance: { now(): number };
  Date: { now(): number };
}

/** The real clock over a host's own timers (`globalThis` in both Node and the browser). */
export function createSystemClock(host: TimerHost): Clock {
  return {
    wallMs: () => host.Date.now(),
    monotonicMs: () => host.performance.now(),
    after(delayMs, callback) {
      const handle = host.setTimeout(callback, delayMs);
      return () => host.clearTimeout(handle as never); // the handle goes back to the host that made it
    },
  };
}

/** Resolves after `delayMs`, or rejects with the signal's reason when aborted first. */
export function delay(clock: Clock, delayMs: number, signal?: AbortSignalLike): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = () => {
      cancel();
      reject(signal?.reason);
    };
    const cancel = clock.after(delayMs, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort);
  });
}

/** The part of AbortSignal that is used here; declared because shared code has neither DOM nor Node types. */
export interface AbortSignalLike {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/** A clock that stands still until told: timers fire in order of their deadlines as `advance` passes them. */
export class ManualClock implements Clock {
  #nowMs = 0;
  #wallOffsetMs: number;
  #timers: { dueMs: number; order: number; callback: () => void }[] = [];
  #order = 0;

  constructor(wallStartMs = 1_800_000_000_000) {
    this.#wallOffsetMs = wallStartMs;
  }

  wallMs(): number {
    return this.#nowMs + this.#wallOffsetMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, callback: () => void): Undo {
    const timer = { dueMs: this.#nowMs + delayMs, order: this.#order++, callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** Lets `ms` pass, firing what falls due on the way. */
  advance(ms: number): void {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      const due = this.#timers.filter((timer) => timer.dueMs <= untilMs).sort((a, b) => a.dueMs - b.dueMs || a.order - b.order)[0];
      if (!due) break;
      this.#timers = this.#timers.filter((timer) => timer !== due);
      this.#nowMs = Math.max(this.#nowMs, due.dueMs);
      due.callback();
    }
    this.#nowMs = untilMs;
  }

  /** Moves the civil clock only, as a person or a time server does. */
  jumpWall(ms: number): void {
    this.#wallOffsetMs += ms;
  }

  get pendingTimers(): number {
    return this.#timers.length;
  }
}
