import type { Party } from '#shared/domain/people';
import type { PersonId } from '#shared/domain/ids';
import { AsyncQueue } from '#shared/lib/asyncQueue';
import type { Clock } from '#shared/lib/clock';
import { AppError, type ErrorCode } from '#shared/protocol/errors';
import type { SignInResult } from '#shared/protocol/session';
import type { AuditWriter } from '../storage/audit.ts';
import type { Credentials, People } from '../storage/people.ts';
import type { Schema } from '../storage/schema.ts';
import type { LockOutPolicy, SignInAttempts } from '../storage/signInAttempts.ts';
import type { Transaction } from 'kysely';
import { checkPasswordPolicy, type PasswordHasher } from './passwords.ts';
import { newToken } from './random.ts';
import type { Identity, Sessions } from './sessions.ts';

export const LOCK_OUT: LockOutPolicy = { failures: 5, firstLockMs: 15 * 60_000, longestLockMs: 24 * 3_600_000, memoryMs: 7 * 86_400_000 };

/** Attempts for one name that may wait for one another. */
const WAITING_PER_NAME = 50;
/** What a sign-in name can be; anything else is refused without being remembered: it may be a password typed into the wrong field. */
const SIGN_IN_NAME = /^[a-z0-9][a-z0-9._-]{1,62}$/;

export interface SignInOptions {
  readonly people: People;
  readonly attempts: SignInAttempts;
  readonly sessions: Sessions;
  readonly audit: AuditWriter;
  readonly hasher: PasswordHasher;
  readonly clock: Clock;
  readonly passwordKeys: PasswordKeys;
}

/** What a person's password opens besides their account. */
export interface PasswordKeys {
  /** Makes ready that the next password opens what the present one does; the answer keeps it, within the change's own transaction. Null: there is nothing. */
  reseal(personId: PersonId, current: string, next: string): Promise<((trx: Transaction<Schema>) => Promise<void>) | null>;
}

/**
 * Sign-in of persons by name and password. What a stranger learns is the same for a name that exists and one that does not: the
 * same error, the same work, the same lock-out.
 */
export class SignIn {
  readonly #options: SignInOptions;
  /** Attempts for one name go one after another, so that one person's ten windows are not counted as ten guesses. */
  readonly #queues = new Map<string, AsyncQueue>();
  readonly #nobodysHash: Promise<string>;

  constructor(options: SignInOptions) {
    this.#options = options;
    this.#nobodysHash = options.hasher.hash(newToken());
  }

  /** @throws AppError `auth.badCredentials`, `auth.lockedOut` with the wait, `input.rateLimited` when too many attempts wait */
  async signIn(signInName: string, password: string, client: string): Promise<SignInResult> {
    const { people, sessions, audit } = this.#options;
    const name = signInName.trim().toLowerCase();
    const credentials = SIGN_IN_NAME.test(name) ? await people.credentialsByName(name) : null;
    try {
      if (!SIGN_IN_NAME.test(name)) {
        await this.#isRight(null, password);
        throw badCredentials();
      }
      const personId = await this.#prove(name, credentials, password);
      const party = await people.party(personId);
      if (party === null) throw badCredentials();
      const session = await sessions.start(party, client);
      await audit.append({ actorKind: 'person', actorId: personId, organisationId: party.organisationId, action: 'session.signIn', subject: personId, outcome: 'done', code: null });
      return { token: session.token, expiresAtMs: session.expiresAtMs, self: party };
    } catch (error) {
      if (error instanceof AppError) await this.#auditRefusal(credentials, 'session.signIn', error.code);
      throw error;
    }
  }

  /**
   * Sets a new password and ends the person's other sessions. A wrong present password counts towards the lock-out as at sign-in:
   * a stolen session must not be a place to guess it.
   * @throws AppError `auth.badCredentials`, `auth.lockedOut`, `auth.weakPassword`, `auth.forbidden` for a cart
   */
  async changePassword(identity: Identity, current: string, next: string): Promise<void> {
    const { people, sessions, hasher, clock, audit } = this.#options;
    const personId = personOf(identity.party);
    const record = await people.record(personId, clock.wallMs());
    const credentials = await people.credentialsById(personId);
    if (record === null || credentials === null) throw new AppError('auth.sessionEnded', 'the account is gone');
    checkPasswordPolicy(next, record.signInName);
    await this.reauthenticate(identity, current, 'session.changePassword');
    const keepKeys = await this.#options.passwordKeys.reseal(personId, current, next);
    await people.setPasswordHash(personId, await hasher.hash(next), keepKeys ?? undefined);
    await sessions.endAllOf(personId, 'revoked', identity.sessionId);
    await audit.append({ actorKind: 'person', actorId: personId, organisationId: credentials.organisationId, action: 'session.changePassword', subject: personId, outcome: 'done', code: null });
  }

  /**
   * Asks a signed-in person for their password again, because of what they are about to do. A wrong one counts towards the
   * lock-out as at sign-in, and is audited under `action`.
   * @throws AppError `auth.badCredentials`, `auth.lockedOut`, `auth.forbidden` for a cart
   */
  async reauthenticate(identity: Identity, password: string, action: string): Promise<void> {
    const { people, clock } = this.#options;
    const personId = personOf(identity.party);
    const record = await people.record(personId, clock.wallMs());
    const credentials = await people.credentialsById(personId);
    if (record === null || credentials === null) throw new AppError('auth.sessionEnded', 'the account is gone');
    try {
      await this.#prove(record.signInName, credentials, password);
    } catch (error) {
      if (error instanceof AppError) await this.#auditRefusal(credentials, action, error.code);
      throw error;
    }
  }

  /** Forgets attempts that are too old to matter; for the housekeeping. */
  async prune(): Promise<void> {
    await this.#options.attempts.prune(this.#options.clock.wallMs() - LOCK_OUT.memoryMs);
  }

  async #prove(name: string, credentials: Credentials | null, password: string): Promise<PersonId> {
    const queue = this.#queues.get(name) ?? new AsyncQueue(WAITING_PER_NAME);
    if (queue.size >= WAITING_PER_NAME) throw new AppError('input.rateLimited', 'too many sign-ins of one name at once', { retryAfterMs: 1000 });
    this.#queues.set(name, queue);
    try {
      return await queue.push(() => this.#attempt(name, credentials, password));
    } finally {
      if (queue.size === 0) this.#queues.delete(name);
    }
  }

  async #attempt(name: string, credentials: Credentials | null, password: string): Promise<PersonId> {
    const { attempts, clock } = this.#options;
    const nowMs = clock.wallMs();
    const reservation = await attempts.reserve(name, nowMs, LOCK_OUT);
    if (reservation.type === 'locked') {
      throw new AppError('auth.lockedOut', 'too many failed attempts', { retryAfterMs: Math.max(0, reservation.untilMs - nowMs) });
    }
    const isRight = await this.#isRight(credentials, password);
    if (!isRight || credentials === null || !credentials.isActive) throw badCredentials();
    await attempts.clear(name);
    return credentials.personId;
  }

  /** Does the same work whether or not there is an account. */
  async #isRight(credentials: Credentials | null, password: string): Promise<boolean> {
    const passwordHash = credentials?.passwordHash ?? (await this.#nobodysHash);
    const isMatch = await this.#options.hasher.verify(passwordHash, password);
    return isMatch && credentials !== null;
  }

  async #auditRefusal(credentials: Credentials | null, action: string, code: ErrorCode): Promise<void> {
    const subject = credentials?.personId ?? null;
    await this.#options.audit.append({ actorKind: 'anonymous', actorId: null, organisationId: credentials?.organisationId ?? null, action, subject, outcome: 'refused', code });
  }
}

function badCredentials(): AppError {
  return new AppError('auth.badCredentials', 'the sign-in name or the password is wrong');
}

function personOf(party: Party): PersonId {
  if (party.kind !== 'person') throw new AppError('auth.forbidden', 'a cart has no password');
  return party.id as PersonId; // its kind says so
}
