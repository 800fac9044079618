import { z } from 'zod';

const storedTokenSchema = z.object({ token: z.string().min(1).max(100), expiresAtMs: z.number().int() });
export type StoredToken = z.infer<typeof storedTokenSchema>;

const KEY = 'huizhen.session';

/** Where a session's token waits for the next page load. `session`: this tab only, gone when it closes. */
export interface TokenStore {
  read(): Promise<StoredToken | null>;
  write(token: StoredToken): Promise<void>;
  clear(): Promise<void>;
}

/** The tab's storage; `write` is false where it could not be kept. */
export interface TextPlace {
  read(key: string): string | null;
  write(key: string, value: string): boolean;
  remove(key: string): void;
}

/** The desktop's secret store: `vault.*` of the host's contract. */
export interface SecretVault {
  read(): Promise<string | null>;
  store(secret: string): Promise<void>;
  remove(): Promise<void>;
}

/**
 * Keeps the token in the tab, and besides in the vault where the desktop has one, so that a restarted workstation is still signed
 * in. A vault that fails is left out: the tab's copy is enough to go on.
 */
export function createTokenStore(place: TextPlace, vault: SecretVault | null): TokenStore {
  const parse = (text: string | null): StoredToken | null => {
    if (text === null) return null;
    try {
      const parsed = storedTokenSchema.safeParse(JSON.parse(text));
      return parsed.success ? parsed.data : null;
    } catch {
      return null; // not ours, or cut off: the same as none
    }
  };
  return {
    async read() {
      const here = parse(place.read(KEY));
      if (here) return here;
      return vault ? parse(await vault.read().catch(() => null)) : null;
    },
    async write(token) {
      const text = JSON.stringify(token);
      place.write(KEY, text);
      await vault?.store(text).catch(() => undefined);
    },
    async clear() {
      place.remove(KEY);
      await vault?.remove().catch(() => undefined);
    },
  };
}
