import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';
import { join } from 'node:path';
import { AsyncQueue } from '#shared/lib/asyncQueue';
import type { Clock } from '#shared/lib/clock';
import { AppError } from '#shared/protocol/errors';
import { z } from 'zod';
import { JsonFile, type SetAsideReport } from './jsonFile.ts';

const FIRST_DELAY_MS = 1000;
const MAX_DELAY_MS = 15 * 60_000;
const MIN_CODE_LENGTH = 6;
const HASH_BYTES = 32;

/** The wait after the n-th wrong code in a row (1 = the first), ms: 1 s, doubling, at most 15 min. Ten thousand tries take 100 days. */
export function kioskDelayMs(failedTries: number): number {
  return failedTries <= 0 ? 0 : Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(failedTries - 1, 30));
}

const hex = z.string().regex(/^([0-9a-f]{2}){16,64}$/);
const kioskSchema = z.object({
  schemaVersion: z.literal(1),
  /** Null: a file was here and could not be understood; the kiosk stays shut until a code is set anew from outside. */
  code: z.object({ saltHex: hex, hashHex: hex, cost: z.number().int().min(2).max(2 ** 17) }).nullable(),
  failedTries: z.number().int().nonnegative(),
  /** Civil clock: it has to outlive the process. */
  shutUntilWallMs: z.number(),
});
type KioskFile = z.infer<typeof kioskSchema>;

export interface KioskAnswer {
  readonly isAccepted: boolean;
  /** 0 when another try is taken at once. */
  readonly retryAfterMs: number;
}

export interface KioskOptions {
  readonly folder: string;
  readonly clock: Clock;
  readonly onSetAside: (report: SetAsideReport) => void;
  /** scrypt's N, a power of two; 2^15 takes about 0.1 s and 32 MiB on a cart. Tests take less. */
  readonly cost?: number;
}

/** The exit code of a kiosk: `kiosk.json`, a scrypt hash (RFC 7914) with the count of wrong tries. */
export class KioskLock {
  readonly #file: JsonFile<KioskFile>;
  readonly #clock: Clock;
  readonly #cost: number;
  /** One try at a time: parallel tries would all start before the first had been counted. */
  readonly #queue = new AsyncQueue(16);
  #state: KioskFile | null = null;
  #shutUntilMonotonicMs = 0;

  constructor(options: KioskOptions) {
    this.#clock = options.clock;
    this.#cost = options.cost ?? 2 ** 15;
    this.#file = new JsonFile({ path: join(options.folder, 'kiosk.json'), schema: kioskSchema, schemaVersion: 1, clock: options.clock, onSetAside: options.onSetAside });
  }

  /** `unset`: never configured, so a kiosk must not start (nobody could leave it). `shut`: the file was damaged; no code opens it. */
  status(): Promise<'unset' | 'set' | 'shut'> {
    return this.#queue.push(async () => {
      const state = await this.#load();
      if (!state) return 'unset';
      return state.code ? 'set' : 'shut';
    });
  }

  /** @throws AppError `auth.weakPassword` for fewer than 6 characters; `storage.full`, `storage.corrupt`. */
  setCode(code: string): Promise<void> {
    if (code.length < MIN_CODE_LENGTH || code.length > 64) return Promise.reject(new AppError('auth.weakPassword', `the exit code must have ${MIN_CODE_LENGTH} to 64 characters`));
    return this.#queue.push(async () => {
      const salt = randomBytes(16);
      const hash = await hashCode(code, salt, this.#cost);
      await this.#save({ schemaVersion: 1, code: { saltHex: salt.toString('hex'), hashHex: hash.toString('hex'), cost: this.#cost }, failedTries: 0, shutUntilWallMs: 0 });
      this.#shutUntilMonotonicMs = 0;
    });
  }

  /**
   * Tries the code. While a wait runs nothing is compared and the wait does not grow: leaning on the keyboard locks nobody out.
   * @throws AppError `storage.full`, `storage.corrupt` when the try could not be counted; it was then not compared either.
   */
  tryCode(code: string): Promise<KioskAnswer> {
    return this.#queue.push(async () => {
      const state = await this.#load();
      if (!state?.code) return { isAccepted: false, retryAfterMs: 0 };
      const waitMs = this.#shutUntilMonotonicMs - this.#clock.monotonicMs();
      if (waitMs > 0) return { isAccepted: false, retryAfterMs: Math.ceil(waitMs) };
      // Counted as wrong before it is compared: pulling the plug in between must not give a free try.
      const failedTries = state.failedTries + 1;
      const delayMs = kioskDelayMs(failedTries);
      await this.#save({ ...state, failedTries, shutUntilWallMs: this.#clock.wallMs() + delayMs });
      const hash = await hashCode(code, Buffer.from(state.code.saltHex, 'hex'), state.code.cost);
      const isAccepted = timingSafeEqual(hash, Buffer.from(state.code.hashHex, 'hex'));
      if (isAccepted) await this.#save({ ...state, failedTries: 0, shutUntilWallMs: 0 });
      this.#shutUntilMonotonicMs = isAccepted ? 0 : this.#clock.monotonicMs() + delayMs;
      return { isAccepted, retryAfterMs: isAccepted ? 0 : delayMs };
    });
  }

  async #load(): Promise<KioskFile | null> {
    if (this.#state) return this.#state;
    const content = await this.#file.read();
    if (content.type === 'missing') return null;
    if (content.type === 'setAside') {
      // Written at once: otherwise the next start would find no file and take the cart for one without a kiosk.
      await this.#save({ schemaVersion: 1, code: null, failedTries: 0, shutUntilWallMs: 0 });
      return this.#state;
    }
    // What is left of a wait when the process starts: never more than that wait, whatever became of the civil clock.
    const leftMs = Math.min(kioskDelayMs(content.value.failedTries), Math.max(0, content.value.shutUntilWallMs - this.#clock.wallMs()));
    this.#shutUntilMonotonicMs = this.#clock.monotonicMs() + leftMs;
    this.#state = content.value;
    return content.value;
  }

  async #save(state: KioskFile): Promise<void> {
    await this.#file.write(state);
    this.#state = state;
  }
}

function hashCode(code: string, salt: Buffer, cost: number): Promise<Buffer> {
  const options: ScryptOptions = { N: cost, r: 8, p: 1, maxmem: 2048 * cost + 1_000_000 }; // scrypt needs 128·N·r = 1024·N bytes
  return new Promise((resolve, reject) => {
    scrypt(code.normalize('NFKC'), salt, HASH_BYTES, options, (error, hash) => (error ? reject(error) : resolve(hash)));
  });
}
