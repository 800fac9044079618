import type { CaseId } from '#shared/domain/ids';
import { hasPermission } from '#shared/domain/roles';
import type { Clock } from '#shared/lib/clock';
import { AppError } from '#shared/protocol/errors';
import type { Identity } from '../auth/sessions.ts';
import type { AttachmentRecord, Attachments } from '../storage/attachments.ts';
import type { CaseFiles } from './caseFiles.ts';

/** How long a permission to read is relied on without asking again, ms. A right that ends on another server ends here so much later. */
const GRANT_MS = 2000;
/** How many are remembered; what is older than `GRANT_MS` goes for a new one. */
const REMEMBERED = 500;

export interface DownloadsOptions {
  readonly authenticate: (token: string) => Promise<Identity>;
  readonly caseFiles: CaseFiles;
  readonly attachments: Attachments;
  readonly clock: Clock;
}

interface Grant {
  readonly untilMs: number;
  readonly held: Promise<ReadonlyMap<string, AttachmentRecord>>;
}

/**
 * Who may fetch which content. A machine that copies a series of slices asks hundreds of times in a second for the same case: session,
 * right to read and the case's attachments are looked up once, and again after `GRANT_MS`. A refusal is never remembered.
 */
export class Downloads {
  readonly #options: DownloadsOptions;
  readonly #grants = new Map<string, Grant>();

  constructor(options: DownloadsOptions) {
    this.#options = options;
  }

  /**
   * The record of a content that the bearer of the token may read now.
   * @throws AppError `auth.sessionEnded`, `auth.forbidden`, `record.notFound` when the case or the attachment is not there for them
   */
  async find(token: string, caseId: CaseId, hash: string): Promise<AttachmentRecord> {
    const held = await this.#grant(token, caseId);
    // What came since the look is not in it.
    const record = held.get(hash) ?? (await this.#options.attachments.find(caseId, hash));
    if (record === null || record.heldAtMs === null) throw new AppError('record.notFound', 'the case has no such attachment');
    return record;
  }

  /** A session has ended, or a right: everybody is asked again. */
  forget(): void {
    this.#grants.clear();
  }

  #grant(token: string, caseId: CaseId): Promise<ReadonlyMap<string, AttachmentRecord>> {
    const key = `${token} ${caseId}`;
    const nowMs = this.#options.clock.monotonicMs();
    const known = this.#grants.get(key);
    if (known !== undefined && nowMs < known.untilMs) return known.held;
    if (this.#grants.size >= REMEMBERED) for (const [old, { untilMs }] of this.#grants) if (untilMs <= nowMs) this.#grants.delete(old);
    if (this.#grants.size >= REMEMBERED) this.#grants.clear();
    const grant: Grant = { untilMs: nowMs + GRANT_MS, held: this.#look(token, caseId) };
    this.#grants.set(key, grant);
    grant.held.catch(() => {
      if (this.#grants.get(key) === grant) this.#grants.delete(key);
    });
    return grant.held;
  }

  async #look(token: string, caseId: CaseId): Promise<ReadonlyMap<string, AttachmentRecord>> {
    const { authenticate, caseFiles, attachments } = this.#options;
    const identity = await authenticate(token);
    if (!hasPermission(identity.party.role, 'case.read')) throw new AppError('auth.forbidden', 'this needs case.read');
    await caseFiles.open(identity, caseId);
    return new Map((await attachments.heldBy(caseId)).map((record) => [record.hash, record]));
  }
}
