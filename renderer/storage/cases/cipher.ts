import { AppError } from '#shared/protocol/errors';
import type { Sealed } from './caseDatabase.ts';

const IV_BYTES = 12;
const AES = 'AES-GCM';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** AES-256-GCM as used for everything kept on the machine (NIST SP 800-38D, random 96-bit vectors). Keys never leave WebCrypto. */
export interface Cipher {
  randomBytes(count: number): Uint8Array<ArrayBuffer>;
  /** `bound` names the place the value belongs to: moved elsewhere it does not open. */
  seal(key: CryptoKey, bound: string, bytes: Uint8Array<ArrayBuffer>): Promise<Sealed>;
  /** @throws AppError `storage.corrupt` when the value was changed, moved, or sealed with another key */
  open(key: CryptoKey, bound: string, sealed: Sealed): Promise<Uint8Array<ArrayBuffer>>;
  sealJson(key: CryptoKey, bound: string, value: unknown): Promise<Sealed>;
  openJson(key: CryptoKey, bound: string, sealed: Sealed): Promise<unknown>;
  importKey(raw: Uint8Array<ArrayBuffer>): Promise<CryptoKey>;
  /** From the device's secret: the key that wraps the cases' keys, and the one for `keyedHash`; neither tells of the other (HKDF, RFC 5869). */
  deriveDeviceKeys(secret: Uint8Array<ArrayBuffer>): Promise<{ readonly device: CryptoKey; readonly index: CryptoKey }>;
  /** HMAC-SHA-256, lower-case hex: names a thing without telling which. */
  keyedHash(key: CryptoKey, text: string): Promise<string>;
  /** PBKDF2-HMAC-SHA-256. */
  keyFromPassphrase(passphrase: string, salt: Uint8Array<ArrayBuffer>, iterations: number): Promise<CryptoKey>;
}

export function createCipher(crypto: Crypto): Cipher {
  const { subtle } = crypto;
  const randomBytes = (count: number) => crypto.getRandomValues(new Uint8Array(count));

  async function seal(key: CryptoKey, bound: string, bytes: Uint8Array<ArrayBuffer>): Promise<Sealed> {
    const iv = randomBytes(IV_BYTES);
    const body = await subtle.encrypt({ name: AES, iv, additionalData: encoder.encode(bound) }, key, bytes);
    const sealed = new Uint8Array(IV_BYTES + body.byteLength);
    sealed.set(iv);
    sealed.set(new Uint8Array(body), IV_BYTES);
    return sealed;
  }

  async function open(key: CryptoKey, bound: string, sealed: Sealed): Promise<Uint8Array<ArrayBuffer>> {
    try {
      return new Uint8Array(await subtle.decrypt({ name: AES, iv: sealed.subarray(0, IV_BYTES), additionalData: encoder.encode(bound) }, key, sealed.subarray(IV_BYTES)));
    } catch (error) {
      throw new AppError('storage.corrupt', 'a kept value does not open with its key', { cause: error });
    }
  }

  return {
    randomBytes,
    seal,
    open,
    sealJson: (key, bound, value) => seal(key, bound, encoder.encode(JSON.stringify(value))),
    async openJson(key, bound, sealed) {
      const text = decoder.decode(await open(key, bound, sealed));
      return JSON.parse(text) as unknown; // authenticated: it is what was sealed
    },
    importKey: (raw) => subtle.importKey('raw', raw, AES, false, ['encrypt', 'decrypt']),
    async deriveDeviceKeys(secret) {
      const base = await subtle.importKey('raw', secret, 'HKDF', false, ['deriveKey']);
      const hkdf = (info: string) => ({ name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(0), info: encoder.encode(info) });
      return {
        device: await subtle.deriveKey(hkdf('huizhen device'), base, { name: AES, length: 256 }, false, ['encrypt', 'decrypt']),
        index: await subtle.deriveKey(hkdf('huizhen index'), base, { name: 'HMAC', hash: 'SHA-256', length: 256 }, false, ['sign']),
      };
    },
    async keyedHash(key, text) {
      const bytes = new Uint8Array(await subtle.sign('HMAC', key, encoder.encode(text)));
      return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
    },
    async keyFromPassphrase(passphrase, salt, iterations) {
      const base = await subtle.importKey('raw', encoder.encode(passphrase.normalize('NFKC')), 'PBKDF2', false, ['deriveKey']);
      return subtle.deriveKey({ name: 'PBKDF2', hash: 'SHA-256', salt, iterations }, base, { name: AES, length: 256 }, false, ['encrypt', 'decrypt']);
    },
  };
}

/**
 * For what must not hold up or hide the others of its kind: null where a kept value is damaged, or of a newer version [OFF8]. A key that
 * is not there, a database that does not answer and whatever else goes wrong are no damage, and are thrown.
 */
export function nothingIfUnreadable(error: unknown): null {
  if (error instanceof AppError && (error.code === 'storage.corrupt' || error.code === 'case.newerRecord')) return null;
  throw error;
}
