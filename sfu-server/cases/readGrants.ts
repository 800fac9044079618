import type { CaseId } from '#shared/domain/ids';
import { hasPermission } from '#shared/domain/roles';
import type { Clock } from '#shared/lib/clock';
import { AppError } from '#shared/protocol/errors';
import type { Identity } from '../auth/sessions.ts';
import type { CaseFiles } from './caseFiles.ts';

/** How long a permission to read is relied on without asking again, ms. A right that ends on another server ends here so much later. */
const GRANT_MS = 2000;
/** How many are remembered; what is older than `GRANT_MS` goes for a new one. */
const REMEMBERED = 500;

export interface ReadGrantsOptions {
  readonly authenticate: (token: string) => Promise<Identity>;
  /** What is to be read: all of the case, or its images. */
  readonly permission: 'case.read' | 'images.read';
  readonly caseFiles: Pick<CaseFiles, 'open' | 'openImages'>;
  readonly clock: Clock;
}

interface Grant<T> {
  readonly untilMs: number;
  readonly what: Promise<T>;
}

/**
 * Permissions to read a case, for those who ask hundreds of times in a second: session and right are looked up once, and again after
 * `GRANT_MS`, with what else is wanted of the case. A refusal is never remembered.
 */
export class ReadGrants<T> {
  readonly #options: ReadGrantsOptions;
  readonly #look: (identity: Identity, caseId: CaseId) => Promise<T>;
  readonly #grants = new Map<string, Grant<T>>();

  constructor(options: ReadGrantsOptions, look: (identity: Identity, caseId: CaseId) => Promise<T>) {
    this.#options = options;
    this.#look = look;
  }

  /** @throws AppError `auth.sessionEnded`, `auth.forbidden`, `record.notFound` when the case is not there for the bearer of the token */
  of(token: string, caseId: CaseId): Promise<T> {
    const key = `${token} ${caseId}`;
    const nowMs = this.#options.clock.monotonicMs();
    const known = this.#grants.get(key);
    if (known !== undefined && nowMs < known.untilMs) return known.what;
    if (this.#grants.size >= REMEMBERED) for (const [old, { untilMs }] of this.#grants) if (untilMs <= nowMs) this.#grants.delete(old);
    if (this.#grants.size >= REMEMBERED) this.#grants.clear();
    const grant: Grant<T> = { untilMs: nowMs + GRANT_MS, what: this.#ask(token, caseId) };
    this.#grants.set(key, grant);
    grant.what.catch(() => {
      if (this.#grants.get(key) === grant) this.#grants.delete(key);
    });
    return grant.what;
  }

  /** A session has ended, or a right: everybody is asked again. */
  forget(): void {
    this.#grants.clear();
  }

  async #ask(token: string, caseId: CaseId): Promise<T> {
    const { authenticate, caseFiles, permission } = this.#options;
    const identity = await authenticate(token);
    if (!hasPermission(identity.party.role, permission)) throw new AppError('auth.forbidden', `this needs ${permission}`);
    await (permission === 'case.read' ? caseFiles.open(identity, caseId) : caseFiles.openImages(identity, caseId));
    return this.#look(identity, caseId);
  }
}
