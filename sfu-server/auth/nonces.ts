import type { CartId } from '#shared/domain/ids';
import type { Clock } from '#shared/lib/clock';
import { newToken } from './random.ts';

const LIFETIME_MS = 60_000;
const MAX_NONCES = 20_000;
const MAX_PER_CART = 8;

/**
 * Challenges given to carts, each good for one answer by that cart within 60 s of the monotonic clock. Kept in memory and
 * bounded: the oldest gives way, of the same cart first, so that questions about one cart cannot use up another's.
 */
export class Nonces {
  readonly #clock: Clock;
  /** Nonce → whose and until when; in the order of being given. */
  readonly #given = new Map<string, { readonly cartId: CartId; readonly untilMs: number }>();
  readonly #byCart = new Map<CartId, Set<string>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#given.size;
  }

  give(cartId: CartId): string {
    this.#forgetExpired();
    const own = this.#byCart.get(cartId);
    const oldest = own !== undefined && own.size >= MAX_PER_CART ? firstOf(own) : this.#given.size >= MAX_NONCES ? firstOf(this.#given.keys()) : null;
    if (oldest !== null) this.#forget(oldest);
    const nonce = newToken();
    this.#given.set(nonce, { cartId, untilMs: this.#clock.monotonicMs() + LIFETIME_MS });
    const mine = this.#byCart.get(cartId) ?? new Set();
    this.#byCart.set(cartId, mine.add(nonce));
    return nonce;
  }

  /** True once for a nonce given to this cart that is still good. Right or wrong, it is spent. */
  spend(cartId: CartId, nonce: string): boolean {
    const entry = this.#given.get(nonce);
    if (entry === undefined) return false;
    this.#forget(nonce);
    return entry.cartId === cartId && this.#clock.monotonicMs() < entry.untilMs;
  }

  #forgetExpired(): void {
    const nowMs = this.#clock.monotonicMs();
    for (const [nonce, entry] of this.#given) {
      if (entry.untilMs > nowMs) break; // all live equally long: the first is the oldest
      this.#forget(nonce);
    }
  }

  #forget(nonce: string): void {
    const entry = this.#given.get(nonce);
    if (entry === undefined) return;
    this.#given.delete(nonce);
    const own = this.#byCart.get(entry.cartId);
    own?.delete(nonce);
    if (own?.size === 0) this.#byCart.delete(entry.cartId);
  }
}

function firstOf(values: Iterable<string>): string | null {
  for (const value of values) return value;
  return null;
}
