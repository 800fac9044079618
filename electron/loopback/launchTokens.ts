import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

const TOKEN_BYTES = 32;
const MAX_SESSIONS = 32;
const MAX_LAUNCHES = 8;

/**
 * The keys to the loopback host: 256 random bits each, as 64 hexadecimal digits; only their hashes are kept.
 *
 * A *launch* token reaches the page in the address the browser is started with, and so stands in the browser's command line, which
 * other accounts of the machine can read for as long as it runs. It therefore works once: it is exchanged for a *session* token,
 * which only the page knows and which opens the page's later connections. Should a thief be faster, the page itself is refused and
 * says so.
 */
export class LaunchTokens {
  readonly #launches: Buffer[] = [];
  readonly #sessions: Buffer[] = [];

  createLaunchToken(): string {
    return remember(this.#launches, MAX_LAUNCHES);
  }

  /** The session token to use from now on, or null when `token` opens nothing. Takes the same time whichever digits are wrong. */
  exchange(token: string): string | null {
    const presented = digest(token);
    let launchIndex = -1;
    for (const [index, known] of this.#launches.entries()) if (timingSafeEqual(known, presented)) launchIndex = index;
    let isSession = false;
    for (const known of this.#sessions) if (timingSafeEqual(known, presented)) isSession = true;
    if (isSession) return token;
    if (launchIndex < 0) return null;
    this.#launches.splice(launchIndex, 1);
    return remember(this.#sessions, MAX_SESSIONS);
  }
}

/** Makes a token and keeps its hash; the oldest makes room. */
function remember(hashes: Buffer[], limit: number): string {
  const token = randomBytes(TOKEN_BYTES).toString('hex');
  hashes.push(digest(token));
  if (hashes.length > limit) hashes.shift();
  return token;
}

/** Equal lengths for the constant-time comparison, whatever was presented. */
function digest(token: string): Buffer {
  return createHash('sha256').update(token, 'utf8').digest();
}
