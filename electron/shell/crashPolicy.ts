import type { Clock } from '#shared/lib/clock';

const WINDOW_MS = 60_000;
const MAX_RELOADS = 3;

/** How often a crashed page is brought back by itself: three times a minute. More would only flicker, and hide the fault. */
export class CrashPolicy {
  readonly #clock: Clock;
  #reloadsMs: readonly number[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Asked at each crash: whether to load the page again at once. */
  shouldReload(): boolean {
    const nowMs = this.#clock.monotonicMs();
    this.#reloadsMs = this.#reloadsMs.filter((atMs) => nowMs - atMs < WINDOW_MS);
    if (this.#reloadsMs.length >= MAX_RELOADS) return false;
    this.#reloadsMs = [...this.#reloadsMs, nowMs];
    return true;
  }
}
