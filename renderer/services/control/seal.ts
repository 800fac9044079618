import { CHECK_BYTES, sealInfo, SEAL_KEY_BYTES, TAG_BYTES, toCheckCode } from '#shared/control/seal';

/** What of WebCrypto is used here. */
export type Crypto = Pick<SubtleCrypto, 'generateKey' | 'exportKey' | 'importKey' | 'deriveBits' | 'digest' | 'sign'>;

const CURVE = { name: 'ECDH', namedCurve: 'P-256' } as const;

/** The holder's seal of one lease. */
export interface Seal {
  /** Four digits that the bedside shows too. */
  readonly checkCode: string;
  /** A copy of the frame with its tag behind it; what is in `frame` may change as soon as this returns. */
  seal(frame: DataView): Promise<Uint8Array<ArrayBuffer>>;
}

/** One side of a key agreement, good for one lease. */
export interface KeyPair {
  /** Uncompressed point, base64; shown to the first grant, and not before. */
  readonly publicKey: string;
  /** [CTL90] What is sent instead when asking: its SHA-256, base64. */
  readonly commitment: string;
  /** @throws when the other's key is no point of the curve */
  agree(devicePublicKey: string, deviceId: string, epoch: number): Promise<Seal>;
}

/** [CTL42] [CTL55] A new pair; its private half never leaves the browser's own keeping. The layout is `shared/control/seal.ts`. */
export async function createKeyPair(subtle: Crypto): Promise<KeyPair> {
  const { publicKey, privateKey } = await subtle.generateKey(CURVE, false, ['deriveBits']);
  const own = new Uint8Array(await subtle.exportKey('raw', publicKey));
  return {
    publicKey: toBase64(own),
    commitment: toBase64(new Uint8Array(await subtle.digest('SHA-256', own))),
    async agree(devicePublicKey, deviceId, epoch) {
      const other = fromBase64(devicePublicKey);
      const device = await subtle.importKey('raw', other, CURVE, false, []);
      const shared = new Uint8Array(await subtle.deriveBits({ name: 'ECDH', public: device }, privateKey, 256));
      return createSeal(subtle, shared, own, other, sealInfo(deviceId, epoch));
    },
  };
}

async function createSeal(subtle: Crypto, shared: Uint8Array<ArrayBuffer>, operator: Uint8Array, device: Uint8Array, info: string): Promise<Seal> {
  const salt = await subtle.digest('SHA-256', new Uint8Array([...operator, ...device]));
  const material = await subtle.importKey('raw', shared, 'HKDF', false, ['deriveBits']);
  shared.fill(0);
  const bits = new Uint8Array(await subtle.deriveBits({ name: 'HKDF', hash: 'SHA-256', salt, info: new TextEncoder().encode(info) }, material, 8 * (SEAL_KEY_BYTES + CHECK_BYTES)));
  const key = await subtle.importKey('raw', bits.slice(0, SEAL_KEY_BYTES), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  const checkCode = toCheckCode(new DataView(bits.buffer).getUint32(SEAL_KEY_BYTES));
  bits.fill(0);
  return {
    checkCode,
    async seal(frame) {
      const sealed = new Uint8Array(frame.byteLength + TAG_BYTES);
      sealed.set(new Uint8Array(frame.buffer, frame.byteOffset, frame.byteLength));
      const tag = await subtle.sign('HMAC', key, sealed.slice(0, frame.byteLength));
      sealed.set(new Uint8Array(tag, 0, TAG_BYTES), frame.byteLength);
      return sealed;
    },
  };
}

export function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

/** @throws DOMException for what is no base64 */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
