import { createHash, timingSafeEqual } from 'node:crypto';

/** SHA-256 of the text's UTF-8 bytes, hex. For secrets with enough randomness of their own; passwords go through argon2. */
export function sha256Hex(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

/** Equality that takes the same time wherever two texts differ, also when their lengths do. */
export function isSameSecret(a: string, b: string): boolean {
  return timingSafeEqual(Buffer.from(sha256Hex(a)), Buffer.from(sha256Hex(b)));
}
