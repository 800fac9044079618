import { join } from 'node:path';
import { AsyncQueue } from '#shared/lib/asyncQueue';
import type { Clock } from '#shared/lib/clock';
import { AppError } from '#shared/protocol/errors';
import { z } from 'zod';
import { JsonFile, type SetAsideReport } from './jsonFile.ts';

export type ProtectorAvailability = { readonly type: 'operatingSystem' } | { readonly type: 'unprotected'; readonly reason: string };

/** Seals bytes so that only this account on this machine can open them. Adapters: Electron's safeStorage, and one that refuses. */
export interface SecretProtector {
  availability(): Promise<ProtectorAvailability>;
  protect(bytes: Uint8Array): Promise<Uint8Array>;
  /** `shouldProtectAgain`: the operating system's key has changed since; seal it anew. */
  unprotect(bytes: Uint8Array): Promise<{ readonly bytes: Uint8Array; readonly shouldProtectAgain: boolean }>;
}

const MAX_SECRETS = 64;

const vaultSchema = z.object({
  schemaVersion: z.literal(1),
  /** Name → sealed bytes, base64. */
  secrets: z.record(z.string().max(64), z.string().max(100_000)),
});
type VaultFile = z.infer<typeof vaultSchema>;
const EMPTY: VaultFile = { schemaVersion: 1, secrets: {} };

/** What is sealed: the name lies inside, so that two entries exchanged in the file are noticed. */
const sealedSchema = z.object({ name: z.string(), secret: z.string() });

export interface VaultOptions {
  readonly folder: string;
  readonly protector: SecretProtector;
  readonly clock: Clock;
  readonly onSetAside: (report: SetAsideReport) => void;
}

/**
 * Device keys at rest: `vault.json`, each secret sealed by the operating system. Where that protection is weak nothing is kept at
 * all: a key in a readable file is worse than none, because the case files under it look protected.
 */
export class Vault {
  readonly #file: JsonFile<VaultFile>;
  readonly #protector: SecretProtector;
  readonly #queue = new AsyncQueue();

  constructor(options: VaultOptions) {
    this.#protector = options.protector;
    this.#file = new JsonFile({
      path: join(options.folder, 'vault.json'),
      schema: vaultSchema,
      schemaVersion: 1,
      maxBytes: 8_000_000,
      clock: options.clock,
      onSetAside: options.onSetAside,
    });
  }

  availability(): Promise<ProtectorAvailability> {
    return this.#protector.availability();
  }

  /** @throws AppError `vault.unprotected`, `storage.full` (also with 64 secrets), `storage.corrupt`. */
  store(name: string, secret: string): Promise<void> {
    return this.#queue.push(async () => {
      await this.#assertProtected();
      const before = await this.#load();
      if (!Object.hasOwn(before.secrets, name) && Object.keys(before.secrets).length >= MAX_SECRETS) {
        throw new AppError('storage.full', `the vault holds ${MAX_SECRETS} secrets`);
      }
      await this.#seal(before, name, secret);
    });
  }

  /**
   * The secret, or null where none of that name was stored.
   * @throws AppError `vault.unprotected`; `storage.corrupt` when it is there and cannot be opened (another account, a changed file).
   */
  read(name: string): Promise<string | null> {
    return this.#queue.push(async () => {
      await this.#assertProtected();
      const file = await this.#load();
      const sealed = Object.hasOwn(file.secrets, name) ? file.secrets[name] : undefined;
      if (sealed === undefined) return null;
      const { content, shouldProtectAgain } = await this.#open(sealed);
      if (content.name !== name) throw new AppError('storage.corrupt', 'the vault entry was sealed under another name');
      if (shouldProtectAgain) await this.#seal(file, name, content.secret);
      return content.secret;
    });
  }

  /** Allowed without protection too: destroying a key must never be refused. */
  remove(name: string): Promise<void> {
    return this.#queue.push(async () => {
      const { secrets } = await this.#load();
      if (!Object.hasOwn(secrets, name)) return;
      await this.#file.write({ schemaVersion: 1, secrets: Object.fromEntries(Object.entries(secrets).filter(([key]) => key !== name)) });
    });
  }

  async #open(sealed: string): Promise<{ readonly content: z.infer<typeof sealedSchema>; readonly shouldProtectAgain: boolean }> {
    try {
      const { bytes, shouldProtectAgain } = await this.#protector.unprotect(Buffer.from(sealed, 'base64'));
      return { content: sealedSchema.parse(JSON.parse(Buffer.from(bytes).toString('utf8'))), shouldProtectAgain };
    } catch (error) {
      throw new AppError('storage.corrupt', 'the vault entry cannot be opened', { cause: error });
    }
  }

  async #seal(before: VaultFile, name: string, secret: string): Promise<void> {
    const bytes = await this.#protector.protect(Buffer.from(JSON.stringify({ name, secret }), 'utf8'));
    const sealed = Buffer.from(bytes).toString('base64');
    await this.#file.write({ schemaVersion: 1, secrets: { ...before.secrets, [name]: sealed } });
  }

  async #load(): Promise<VaultFile> {
    const content = await this.#file.read();
    return content.type === 'value' ? content.value : EMPTY;
  }

  /** Asked at every use, not once: a key ring can be locked or vanish while the program runs. */
  async #assertProtected(): Promise<void> {
    const availability = await this.#protector.availability();
    if (availability.type === 'unprotected') throw new AppError('vault.unprotected', availability.reason);
  }
}
