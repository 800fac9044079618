import { hash, verify } from '@node-rs/argon2';
import { AppError } from '#shared/protocol/errors';

/** How passwords are hashed; a port, so that tests of rules need not pay for the memory. */
export interface PasswordHasher {
  /** The hash with its parameters and salt, as PHC string. */
  hash(password: string): Promise<string>;
  verify(passwordHash: string, password: string): Promise<boolean>;
}

/**
 * Argon2id, 19 MiB, two passes, one lane: the first of the parameter sets of the OWASP password storage cheat sheet. About 20 ms
 * a hash, off the main thread.
 */
export const ARGON2_HASHER: PasswordHasher = {
  hash: (password) => hash(normalise(password), { memoryCost: 19_456, timeCost: 2, parallelism: 1 }),
  verify: (passwordHash, password) => verify(passwordHash, normalise(password)),
};

const MIN_LENGTH = 10;
const MIN_DIFFERENT = 5;
const TOO_COMMON = ['password', '1234567890', '0123456789', 'qwertyuiop', 'administrator', 'letmein', 'welcome', 'hospital', 'huizhen'];

/**
 * Length first, no rules about classes of characters (NIST SP 800-63B 5.1.1.2): at least ten characters, five different ones,
 * not the sign-in name, not one of the usual words with a few characters around it.
 * @throws AppError `auth.weakPassword`
 */
export function checkPasswordPolicy(password: string, signInName: string): void {
  const characters = Array.from(normalise(password));
  const lower = characters.join('').toLowerCase();
  const weak = (why: string) => new AppError('auth.weakPassword', why);
  if (characters.length < MIN_LENGTH) throw weak(`the password has fewer than ${MIN_LENGTH} characters`);
  if (new Set(characters).size < MIN_DIFFERENT) throw weak(`the password has fewer than ${MIN_DIFFERENT} different characters`);
  if (signInName !== '' && lower.includes(signInName.toLowerCase()) && lower.length < signInName.length + 8) throw weak('the password is hardly more than the sign-in name');
  if (TOO_COMMON.some((word) => lower.includes(word) && lower.length < word.length + 4)) throw weak('the password is one of the most common');
}

/** The same password typed on another keyboard gives the same characters. */
function normalise(password: string): string {
  return password.normalize('NFKC');
}
