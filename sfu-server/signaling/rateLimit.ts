/** A bucket that holds `burst` tokens and fills up again in `refillMs`. All times on one monotonic clock, in ms. */
export class TokenBucket {
  readonly #burst: number;
  readonly #refillMs: number;
  #tokens: number;
  #atMs: number;

  constructor(burst: number, refillMs: number, nowMs: number) {
    this.#burst = burst;
    this.#refillMs = refillMs;
    this.#tokens = burst;
    this.#atMs = nowMs;
  }

  /** Takes a token; false when there is none. */
  take(nowMs: number): boolean {
    this.#tokens = Math.min(this.#burst, this.#tokens + ((nowMs - this.#atMs) / this.#refillMs) * this.#burst);
    this.#atMs = nowMs;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** Ms until the next token. */
  get waitMs(): number {
    return Math.ceil(((1 - this.#tokens) / this.#burst) * this.#refillMs);
  }
}
