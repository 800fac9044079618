import type { Clock } from '#shared/lib/clock';

interface Timer {
  readonly dueMs: number;
  readonly order: number;
  readonly callback: () => void;
  handle: ReturnType<typeof setTimeout>;
}

/** Real time that can be made to jump ahead: a grace time of 15 s passes in no time, and everything else runs as it does outside. */
export class SkippableClock implements Clock {
  #skippedMs = 0;
  #order = 0;
  readonly #timers = new Set<Timer>();

  wallMs(): number {
    return Date.now() + this.#skippedMs;
  }

  monotonicMs(): number {
    return performance.now() + this.#skippedMs;
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer: Timer = { dueMs: this.monotonicMs() + delayMs, order: this.#order++, callback, handle: setTimeout(() => this.#fire(timer), delayMs) };
    this.#timers.add(timer);
    return () => this.#forget(timer);
  }

  /** Lets `ms` pass at once: what falls due on the way fires now, in order; what is left comes that much sooner. */
  skip(ms: number): void {
    this.#skippedMs += ms;
    for (;;) {
      const nowMs = this.monotonicMs();
      const [due] = [...this.#timers].filter((timer) => timer.dueMs <= nowMs).sort((a, b) => a.dueMs - b.dueMs || a.order - b.order);
      if (!due) break;
      this.#fire(due);
    }
    for (const timer of this.#timers) {
      clearTimeout(timer.handle);
      timer.handle = setTimeout(() => this.#fire(timer), timer.dueMs - this.monotonicMs());
    }
  }

  get pendingTimers(): number {
    return this.#timers.size;
  }

  #fire(timer: Timer): void {
    this.#forget(timer);
    timer.callback();
  }

  #forget(timer: Timer): void {
    clearTimeout(timer.handle);
    this.#timers.delete(timer);
  }
}
