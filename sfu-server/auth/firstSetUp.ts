import { type OrganisationId, organisationIdSchema, type PersonId, personIdSchema } from '#shared/domain/ids';
import type { Clock } from '#shared/lib/clock';
import { AppError, toAppError } from '#shared/protocol/errors';
import type { FirstSetUpParams } from '#shared/protocol/session';
import type { AuditWriter } from '../storage/audit.ts';
import type { FirstSetUpStore } from '../storage/firstSetUp.ts';
import type { SignInAttempts } from '../storage/signInAttempts.ts';
import { sha256Hex } from './digest.ts';
import { checkPasswordPolicy, type PasswordHasher } from './passwords.ts';
import { newId, newReadablePassword } from './random.ts';
import { LOCK_OUT } from './signIn.ts';

export interface FirstSetUpOptions {
  readonly store: FirstSetUpStore;
  readonly attempts: SignInAttempts;
  readonly audit: AuditWriter;
  readonly hasher: PasswordHasher;
  readonly clock: Clock;
}

/** What is printed where the server was started, and nowhere else. `expiresAtMs`: server's civil clock. */
export interface SetUpCode {
  readonly code: string;
  readonly expiresAtMs: number;
}

const CODE_LIFETIME_MS = 60 * 60_000;
/** Under what wrong codes are counted; no sign-in name can be this. */
const ATTEMPTS_NAME = '(first set-up)';

/**
 * How an empty server gets its first organisation and administrator: whoever can read what it prints at its start has the code.
 * Afterwards there is no way back to this, because accounts are deactivated and never removed.
 */
export class FirstSetUp {
  readonly #options: FirstSetUpOptions;
  /** Once true always true, so that the question costs nothing from then on. */
  #isOver = false;

  constructor(options: FirstSetUpOptions) {
    this.#options = options;
  }

  /** At each start: a new code in place of the last, and wrong tries forgotten; null when the server has people. */
  async begin(): Promise<SetUpCode | null> {
    const { store, attempts, clock } = this.#options;
    if (!(await this.isOpen())) return null;
    const code = newReadablePassword();
    const expiresAtMs = clock.wallMs() + CODE_LIFETIME_MS;
    await store.putCode(hashOf(code), expiresAtMs);
    await attempts.clear(ATTEMPTS_NAME);
    return { code, expiresAtMs };
  }

  /** True while nobody has an account. */
  async isOpen(): Promise<boolean> {
    if (!this.#isOver) this.#isOver = !(await this.#options.store.isEmpty());
    return !this.#isOver;
  }

  /**
   * Creates the first organisation and its administrator, both or neither.
   * @throws AppError `auth.forbidden` once there are people; `auth.weakPassword`; `auth.lockedOut` after wrong codes, as at sign-in;
   * `auth.setUpRefused` for a wrong or old code
   */
  async complete(params: FirstSetUpParams): Promise<{ readonly organisationId: OrganisationId; readonly personId: PersonId }> {
    try {
      return await this.#complete(params);
    } catch (error) {
      const { category, code } = toAppError(error);
      if (category === 'permission') await this.#options.audit.append({ actorKind: 'anonymous', actorId: null, organisationId: null, action: 'setUp.complete', subject: null, outcome: 'refused', code });
      throw error;
    }
  }

  async #complete({ code, organisation, administrator }: FirstSetUpParams): Promise<{ readonly organisationId: OrganisationId; readonly personId: PersonId }> {
    const { store, attempts, audit, hasher, clock } = this.#options;
    if (!(await this.isOpen())) throw closed();
    checkPasswordPolicy(administrator.password, administrator.signInName);
    // Counted as wrong before it is looked at: parallel guesses get no more than those one after another.
    const nowMs = clock.wallMs();
    const reservation = await attempts.reserve(ATTEMPTS_NAME, nowMs, LOCK_OUT);
    if (reservation.type === 'locked') throw new AppError('auth.lockedOut', 'too many wrong set-up codes', { retryAfterMs: Math.max(0, reservation.untilMs - nowMs) });
    const organisationId = organisationIdSchema.parse(newId());
    const personId = personIdSchema.parse(newId());
    const { signInName, name, password } = administrator;
    const outcome = await store.complete(
      hashOf(code),
      nowMs,
      { id: organisationId, parentId: null, tier: organisation.tier, name: organisation.name },
      { id: personId, signInName, passwordHash: await hasher.hash(password), name, title: null, role: 'administrator', organisationId, isDemo: false, createdAtMs: nowMs },
    );
    if (outcome === 'wrongCode') throw new AppError('auth.setUpRefused', 'the set-up code is wrong or too old');
    await attempts.clear(ATTEMPTS_NAME);
    if (outcome === 'closed') throw closed();
    await audit.append({ actorKind: 'person', actorId: personId, organisationId, action: 'setUp.complete', subject: organisationId, outcome: 'done', code: null });
    return { organisationId, personId };
  }
}

/** Letters and digits alone count, in either case: a code is read from one screen and typed at another. */
function hashOf(code: string): string {
  return sha256Hex(code.normalize('NFKC').toLowerCase().replace(/[^a-z0-9]/g, ''));
}

function closed(): AppError {
  return new AppError('auth.forbidden', 'this server is set up already');
}
