import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { hashRaw } from '@node-rs/argon2';
import { z } from 'zod';

/** A secret that only a password opens; kept as JSON. Bytes are base64. */
export const sealedSecretSchema = z.object({
  kdf: z.object({ type: z.literal('argon2id'), memoryKiB: z.number().int().min(8).max(1_048_576), passes: z.number().int().min(1).max(20), salt: z.base64() }),
  nonce: z.base64(),
  /** AES-256-GCM with the tag at the end. */
  ciphertext: z.base64(),
});
export type SealedSecret = z.infer<typeof sealedSecretSchema>;

/** Heavier than a sign-in, because it is done once a signature: 64 MiB, three passes (RFC 9106 4, second choice, one lane). About 150 ms off the main thread. */
const MEMORY_KIB = 65_536;
const PASSES = 3;
const TAG_BYTES = 16;

/** @param context bound to the secret: sealed for one, it does not open as another's */
export async function seal(secret: Uint8Array, password: string, context: string): Promise<SealedSecret> {
  const salt = randomBytes(16);
  const nonce = randomBytes(12);
  const kdf = { type: 'argon2id' as const, memoryKiB: MEMORY_KIB, passes: PASSES, salt: salt.toString('base64') };
  const cipher = createCipheriv('aes-256-gcm', await keyOf(password, kdf), nonce);
  cipher.setAAD(Buffer.from(context, 'utf8'));
  const ciphertext = Buffer.concat([cipher.update(secret), cipher.final(), cipher.getAuthTag()]);
  return { kdf, nonce: nonce.toString('base64'), ciphertext: ciphertext.toString('base64') };
}

/** The secret; null: this password, or this context, does not open it. */
export async function unseal({ kdf, nonce, ciphertext }: SealedSecret, password: string, context: string): Promise<Uint8Array | null> {
  const bytes = Buffer.from(ciphertext, 'base64');
  const decipher = createDecipheriv('aes-256-gcm', await keyOf(password, kdf), Buffer.from(nonce, 'base64'));
  decipher.setAAD(Buffer.from(context, 'utf8'));
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(0, -TAG_BYTES)), decipher.final()]);
  } catch {
    return null; // the tag does not fit
  }
}

/** Normalised as for sign-in, so that the same password typed on another keyboard opens it. */
async function keyOf(password: string, kdf: SealedSecret['kdf']): Promise<Buffer> {
  // Argon2id is this library's choice where none is named.
  const options = { memoryCost: kdf.memoryKiB, timeCost: kdf.passes, parallelism: 1, outputLen: 32, salt: Buffer.from(kdf.salt, 'base64') };
  return hashRaw(password.normalize('NFKC'), options);
}
