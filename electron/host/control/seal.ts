import { createECDH, createHash, createHmac, type ECDH, hkdfSync, timingSafeEqual } from 'node:crypto';
import { CHECK_BYTES, COMMITMENT_BYTES, PUBLIC_KEY_BYTES, SEAL_KEY_BYTES, sealInfo, TAG_BYTES, toCheckCode } from '#shared/control/seal';
import { AppError } from '#shared/protocol/errors';

/** The device's side of one lease's seal; see `shared/control/seal.ts` for how it is made. */
export interface Seal {
  /** Four digits, read aloud on both sides. */
  readonly checkCode: string;
  /** Whether the last 16 bytes are the tag of what stands before them. Takes the same time whichever are wrong. */
  verify(sealed: Uint8Array): boolean;
}

/** Our half of a seal, for one lease: its public key goes out with the grant, before the holder's is known. */
export interface SealKeys {
  /** To send to the holder, base64. */
  readonly publicKey: string;
  /** @throws AppError `input.malformed` for a public key that is no point of the curve */
  agree(operatorPublic: string, deviceId: string, epoch: number): Seal;
}

/** A new pair: nobody but the two sides will know the seal's key, and it is good for this lease only. */
export function createSealKeys(): SealKeys {
  const own = createECDH('prime256v1');
  own.generateKeys();
  return { publicKey: own.getPublicKey('base64'), agree: (operatorPublic, deviceId, epoch) => createSeal(own, Buffer.from(operatorPublic, 'base64'), deviceId, epoch) };
}

/** [CTL90] Whether this is the key that was promised. */
export function isPromised(commitment: string, publicKey: string): boolean {
  const promised = Buffer.from(commitment, 'base64');
  return promised.length === COMMITMENT_BYTES && promised.equals(createHash('sha256').update(Buffer.from(publicKey, 'base64')).digest());
}

function createSeal(own: ECDH, operator: Buffer, deviceId: string, epoch: number): Seal {
  let shared: Buffer;
  try {
    if (operator.length !== PUBLIC_KEY_BYTES) throw new RangeError('a point has 65 bytes');
    shared = own.computeSecret(operator);
  } catch (error) {
    throw new AppError('input.malformed', 'the public key is no point of P-256', { cause: error });
  }
  const salt = createHash('sha256').update(operator).update(own.getPublicKey()).digest();
  const bytes = Buffer.from(hkdfSync('sha256', shared, salt, sealInfo(deviceId, epoch), SEAL_KEY_BYTES + CHECK_BYTES));
  const key = bytes.subarray(0, SEAL_KEY_BYTES);
  return {
    checkCode: toCheckCode(bytes.readUInt32BE(SEAL_KEY_BYTES)),
    verify(sealed) {
      const length = sealed.byteLength - TAG_BYTES;
      if (length < 1) return false;
      const tag = createHmac('sha256', key).update(sealed.subarray(0, length)).digest().subarray(0, TAG_BYTES);
      return timingSafeEqual(tag, sealed.subarray(length));
    },
  };
}
