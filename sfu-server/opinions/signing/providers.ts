import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import type { SignatureAlgorithm } from '#shared/domain/opinion';
import { sm2 } from 'sm-crypto-v2';

/** A key pair of a person. */
export interface PersonKey {
  /** What has to be kept sealed: the private key, or the handle of one that a hardware module keeps. */
  readonly secret: Uint8Array;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array;
}

/**
 * Where persons' signatures are made. The two here keep keys in software; a hardware module is another one, whose `secret` opens a
 * key that never leaves it. Signatures are r ‖ s, 32 bytes each.
 */
export interface SignatureProvider {
  readonly algorithm: SignatureAlgorithm;
  createKey(): Promise<PersonKey>;
  sign(secret: Uint8Array, bytes: Uint8Array): Promise<Uint8Array>;
}

/** The user id that GM/T 0009-2012 10 fixes for where nothing else was agreed; it enters every SM2 digest by way of Z (GB/T 32918.2 5.5). */
const SM2_USER_ID = '1234567812345678';
/** SubjectPublicKeyInfo of an uncompressed point on the SM2 curve (GM/T 0010: id-ecPublicKey, 1.2.156.10197.1.301), up to the point. */
const SM2_SPKI_PREFIX = Buffer.from('3059301306072a8648ce3d020106082a811ccf5501822d034200', 'hex');
const POINT_BYTES = 65;

const ECDSA: SignatureProvider = {
  algorithm: 'ecdsa-p256',
  async createKey() {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    return { secret: privateKey.export({ type: 'pkcs8', format: 'der' }), publicKey: publicKey.export({ type: 'spki', format: 'der' }) };
  },
  async sign(secret, bytes) {
    const key = createPrivateKey({ key: Buffer.from(secret), type: 'pkcs8', format: 'der' });
    return sign('sha256', bytes, { key, dsaEncoding: 'ieee-p1363' });
  },
};

const SM2: SignatureProvider = {
  algorithm: 'sm2',
  async createKey() {
    const { privateKey, publicKey } = sm2.generateKeyPairHex();
    return { secret: Buffer.from(privateKey, 'hex'), publicKey: Buffer.concat([SM2_SPKI_PREFIX, Buffer.from(publicKey, 'hex')]) };
  },
  async sign(secret, bytes) {
    const privateKey = Buffer.from(secret).toString('hex');
    return Buffer.from(sm2.doSignature(bytes, privateKey, { hash: true, publicKey: sm2.getPublicKeyFromPrivateKey(privateKey), userId: SM2_USER_ID }), 'hex');
  },
};

export const SIGNATURE_PROVIDERS: Readonly<Record<SignatureAlgorithm, SignatureProvider>> = { 'ecdsa-p256': ECDSA, sm2: SM2 };

/** Whether r ‖ s is the signature of the bytes by that key. A key that is not of the algorithm, or none at all, gives false. */
export function isSignatureOf(algorithm: SignatureAlgorithm, publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array): boolean {
  if (signature.byteLength !== 64) return false;
  try {
    return algorithm === 'sm2' ? isSm2(publicKey, bytes, signature) : isEcdsa(publicKey, bytes, signature);
  } catch {
    return false; // a point off the curve, or a structure that is no key
  }
}

function isEcdsa(publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array): boolean {
  const key = createPublicKey({ key: Buffer.from(publicKey), type: 'spki', format: 'der' });
  return key.asymmetricKeyDetails?.namedCurve === 'prime256v1' && verify('sha256', bytes, { key, dsaEncoding: 'ieee-p1363' }, signature);
}

function isSm2(publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array): boolean {
  const spki = Buffer.from(publicKey);
  const isSm2Key = spki.byteLength === SM2_SPKI_PREFIX.byteLength + POINT_BYTES && spki.subarray(0, SM2_SPKI_PREFIX.byteLength).equals(SM2_SPKI_PREFIX);
  if (!isSm2Key) return false;
  const point = spki.subarray(SM2_SPKI_PREFIX.byteLength).toString('hex');
  return sm2.verifyPublicKey(point) && sm2.doVerifySignature(bytes, Buffer.from(signature).toString('hex'), point, { hash: true, userId: SM2_USER_ID });
}
