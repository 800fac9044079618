import { randomBytes, randomInt, randomUUID } from 'node:crypto';

/** A new id for a row; fits every id schema of `shared/domain/ids`. */
export function newId(): string {
  return randomUUID();
}

/** 32 random bytes as base64url (43 characters): tokens and nonces. */
export function newToken(): string {
  return randomBytes(32).toString('base64url');
}

/** Eight random decimal digits, leading zeros kept. */
export function newEnrolmentCode(): string {
  return randomInt(100_000_000).toString().padStart(8, '0');
}

/** A password that is easy to type from a screen: three groups of four characters without look-alikes, 59 bits. */
export function newReadablePassword(): string {
  const alphabet = 'abcdefghjkmnpqrstuvwxyz23456789';
  const group = () => Array.from({ length: 4 }, () => alphabet[randomInt(alphabet.length)]).join('');
  return `${group()}-${group()}-${group()}`;
}
