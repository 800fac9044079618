import { z } from 'zod';
import type { CaseId } from '#shared/domain/ids';
import type { Clock } from '#shared/lib/clock';
import { AppError } from '#shared/protocol/errors';
import { fromBase64, toBase64 } from '../base64.ts';
import type { SecretVault } from '../tokenStore.ts';
import type { CaseDatabase, MetaRow } from './caseDatabase.ts';
import type { Cipher } from './cipher.ts';
import type { Journal } from './journal.ts';

/** How this machine's device key is kept [KEY2]. */
export type ProtectionKind = 'vault' | 'passphrase';

export type KeyringState =
  /** Nothing was set up yet: a vault needs no question, a passphrase has to be chosen. */
  | { readonly type: 'unset'; readonly kind: ProtectionKind }
  | { readonly type: 'locked'; readonly kind: ProtectionKind }
  | { readonly type: 'open'; readonly kind: ProtectionKind };

/** OWASP's floor for PBKDF2-HMAC-SHA-256 (Password Storage Cheat Sheet, 2023). */
const ITERATIONS = 600_000;
export const MIN_PASSPHRASE_LENGTH = 10;
const SECRET_BYTES = 32;
/** A clock may be wrong by this much before it is called set back, ms. */
const CLOCK_TOLERANCE_MS = 10 * 60_000;

const protectionSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('vault') }),
  z.object({ kind: z.literal('passphrase'), salt: z.instanceof(Uint8Array), iterations: z.number().int(), wrapped: z.instanceof(Uint8Array) }),
]);

export interface KeyringOptions {
  readonly database: CaseDatabase;
  readonly journal: Journal;
  readonly cipher: Cipher;
  readonly clock: Clock;
  /** The operating system's vault; null where a passphrase takes its place. */
  readonly vault: SecretVault | null;
}

interface Open {
  readonly device: CryptoKey;
  readonly index: CryptoKey;
  readonly cases: Map<string, CryptoKey>;
}

/**
 * The keys of the copies on this machine. The device's secret is unlocked once and lives in memory as WebCrypto handles; each case
 * has a key of its own, wrapped by it. Forgetting a wrapped key is how a case is destroyed.
 */
export class Keyring {
  readonly #o: KeyringOptions;
  #open: Open | null = null;
  #heard: { readonly serverTimeMs: number; readonly atMs: number; readonly wallMs: number } | null = null;

  constructor(options: KeyringOptions) {
    this.#o = options;
  }

  async state(): Promise<KeyringState> {
    const kind = this.#o.vault ? 'vault' : 'passphrase';
    if (this.#open) return { type: 'open', kind };
    const protection = await this.#protection();
    if (!protection) return { type: 'unset', kind };
    // A profile that moved from a browser to the desktop keeps what it had.
    return { type: 'locked', kind: protection.kind };
  }

  get isOpen(): boolean {
    return this.#open !== null;
  }

  /** Makes the device's secret and puts it under its protection; ends open. `passphrase`: null with a vault. */
  async setUp(passphrase: string | null): Promise<void> {
    const { cipher, vault } = this.#o;
    if (await this.#protection()) throw new AppError('record.conflict', 'the copies on this machine are protected already');
    const secret = cipher.randomBytes(SECRET_BYTES);
    if (vault) {
      await vault.store(toBase64(secret));
      await this.#protect({ kind: 'vault' });
    } else {
      if (passphrase === null || passphrase.length < MIN_PASSPHRASE_LENGTH) throw new AppError('auth.weakPassword', `a passphrase has at least ${MIN_PASSPHRASE_LENGTH} characters`);
      const salt = cipher.randomBytes(16);
      const key = await cipher.keyFromPassphrase(passphrase, salt, ITERATIONS);
      await this.#protect({ kind: 'passphrase', salt, iterations: ITERATIONS, wrapped: await cipher.seal(key, 'device', secret) });
    }
    await this.#use(secret);
  }

  /**
   * Opens what `setUp` made.
   * @throws AppError `auth.badCredentials` for a wrong passphrase, `storage.corrupt` when the vault has lost the secret
   */
  async unlock(passphrase: string | null): Promise<void> {
    const { cipher, vault } = this.#o;
    const protection = await this.#protection();
    if (!protection) throw new AppError('record.notFound', 'nothing is protected here yet');
    if (protection.kind === 'vault') {
      const text = vault ? await vault.read() : null;
      if (text === null) throw new AppError('storage.corrupt', 'the vault no longer holds the key of the copies on this machine');
      await this.#use(fromBase64(text));
      return;
    }
    const key = await cipher.keyFromPassphrase(passphrase ?? '', new Uint8Array(protection.salt), protection.iterations);
    const secret = await cipher.open(key, 'device', new Uint8Array(protection.wrapped)).catch((error: unknown) => {
      throw new AppError('auth.badCredentials', 'the passphrase is wrong', { cause: error });
    });
    await this.#use(secret);
  }

  /** Forgets every key in memory [KEY5]. */
  lock(): void {
    this.#open = null;
  }

  get deviceKey(): CryptoKey {
    return this.#required().device;
  }

  /** The name under which something is kept without telling what it is. */
  nameOf(text: string): Promise<string> {
    return this.#o.cipher.keyedHash(this.#required().index, text);
  }

  /**
   * The key of a case, made at its first use.
   * @param leaseUntilMs what the server granted, when it was just asked; null: use what is known
   * @throws AppError `case.leaseEnded` when the lease is over or the clock is not to be trusted [KEY3] [KEY4]
   */
  async caseKey(caseId: CaseId, leaseUntilMs: number | null): Promise<CryptoKey> {
    const open = this.#required();
    const { database, cipher } = this.#o;
    if (leaseUntilMs !== null) await this.#extend(caseId, leaseUntilMs);
    const row = await database.keys.get(caseId);
    if (row) {
      await this.#checkLease(caseId, row.leaseUntilMs);
      const known = open.cases.get(caseId);
      if (known) return known;
      const key = await cipher.importKey(await cipher.open(open.device, `key ${caseId}`, row.wrapped));
      open.cases.set(caseId, key);
      return key;
    }
    open.cases.delete(caseId);
    if (leaseUntilMs === null) throw new AppError('case.leaseEnded', 'the key of this copy is gone');
    const raw = cipher.randomBytes(SECRET_BYTES);
    const wrapped = await cipher.seal(open.device, `key ${caseId}`, raw);
    const key = await cipher.importKey(raw);
    // Two tabs may do this at once: whoever is second takes the first one's key.
    const kept = await database.transaction('rw', database.keys, async () => {
      const other = await database.keys.get(caseId);
      if (other) return other;
      await database.keys.add({ caseId, wrapped, leaseUntilMs });
      return null;
    });
    if (kept) return this.caseKey(caseId, null);
    open.cases.set(caseId, key);
    return key;
  }

  /** Destroys the keys of cases: what is left of them cannot be read. */
  async forget(caseIds: readonly string[]): Promise<void> {
    for (const caseId of caseIds) this.#open?.cases.delete(caseId);
    await this.#o.database.keys.bulkDelete([...caseIds]);
  }

  /** Destroys all keys, the device's first. */
  async forgetAll(): Promise<void> {
    this.#open = null;
    const { database, journal, vault } = this.#o;
    await journal.clear(); // first: what it holds would come back
    await database.meta.bulkDelete(['protection', 'holder', 'recovery']);
    await database.keys.clear();
    await vault?.remove();
  }

  /**
   * The server's clock was heard: it has the last word, also over this machine's clock, until the program ends. A machine whose
   * clock is a year off reads on while there is a server, and one whose clock once ran ahead is not shut out for as long [KEY4].
   */
  async noteTime(serverTimeMs: number): Promise<void> {
    this.#heard = { serverTimeMs, atMs: this.#o.clock.monotonicMs(), wallMs: this.#o.clock.wallMs() };
    await this.#o.database.meta.put({ key: 'clock', value: serverTimeMs });
  }

  /** The time by the server's clock; null: it was not heard since the program started. */
  #serverNowMs(): number | null {
    if (this.#heard === null) return null;
    const { serverTimeMs, atMs, wallMs } = this.#heard;
    // A monotonic clock may stand still while the machine sleeps, a civil one may be set: whichever went further counts.
    return serverTimeMs + Math.max(this.#o.clock.monotonicMs() - atMs, this.#o.clock.wallMs() - wallMs);
  }

  /** Cases whose lease has ended; their keys are destroyed by the caller. A clock that was set back ends none, and opens none. */
  async endedLeases(): Promise<string[]> {
    const nowMs = this.#serverNowMs() ?? Math.max(this.#o.clock.wallMs(), await this.#latestKnownMs());
    return (await this.#o.database.keys.toArray()).filter((row) => row.leaseUntilMs <= nowMs).map((row) => row.caseId);
  }

  async #extend(caseId: string, leaseUntilMs: number): Promise<void> {
    await this.#o.database.keys.where('caseId').equals(caseId).modify({ leaseUntilMs });
  }

  async #checkLease(caseId: string, leaseUntilMs: number): Promise<void> {
    const heardMs = this.#serverNowMs();
    const wallMs = heardMs ?? this.#o.clock.wallMs();
    const latestMs = await this.#latestKnownMs();
    if (heardMs === null && wallMs < latestMs - CLOCK_TOLERANCE_MS) throw new AppError('case.clockSetBack', 'this machine’s clock is earlier than it has been before');
    if (wallMs >= leaseUntilMs) {
      await this.forget([caseId]);
      throw new AppError('case.leaseEnded', 'the time for which this copy could be read is over');
    }
    if (wallMs > latestMs + CLOCK_TOLERANCE_MS) await this.#o.database.meta.put({ key: 'clock', value: wallMs });
  }

  async #latestKnownMs(): Promise<number> {
    const row = await this.#o.database.meta.get('clock');
    return typeof row?.value === 'number' ? row.value : 0;
  }

  async #protect(value: z.infer<typeof protectionSchema>): Promise<void> {
    const row: MetaRow = { key: 'protection', value };
    await this.#o.journal.clear(); // of an earlier key nothing can be read
    await this.#o.journal.put({ meta: [row] });
    await this.#o.database.meta.put(row);
  }

  async #protection(): Promise<z.infer<typeof protectionSchema> | null> {
    const row = await this.#o.database.meta.get('protection');
    const parsed = protectionSchema.safeParse(row?.value);
    return parsed.success ? parsed.data : null;
  }

  async #use(secret: Uint8Array<ArrayBuffer>): Promise<void> {
    this.#open = { ...(await this.#o.cipher.deriveDeviceKeys(secret)), cases: new Map() };
    secret.fill(0);
  }

  #required(): Open {
    if (!this.#open) throw new AppError('case.locked', 'the copies on this machine are locked');
    return this.#open;
  }
}
