import type { CaseId } from '#shared/domain/ids';
import type { Clock } from '#shared/lib/clock';
import { AppError } from '#shared/protocol/errors';
import type { Identity } from '../auth/sessions.ts';
import type { AttachmentRecord, Attachments } from '../storage/attachments.ts';
import type { CaseFiles } from './caseFiles.ts';
import { ReadGrants } from './readGrants.ts';

export interface DownloadsOptions {
  readonly authenticate: (token: string) => Promise<Identity>;
  readonly caseFiles: CaseFiles;
  readonly attachments: Attachments;
  readonly clock: Clock;
}

/**
 * Who may fetch which content. A machine that copies a series of slices asks hundreds of times in a second for the same case: session,
 * right to read and the case's attachments are looked up once for a moment.
 */
export class Downloads {
  readonly #options: DownloadsOptions;
  readonly #grants: ReadGrants<ReadonlyMap<string, AttachmentRecord>>;

  constructor(options: DownloadsOptions) {
    this.#options = options;
    this.#grants = new ReadGrants({ ...options, permission: 'case.read' }, async (_identity, caseId) => new Map((await options.attachments.heldBy(caseId)).map((record) => [record.hash, record])));
  }

  /**
   * The record of a content that the bearer of the token may read now.
   * @throws AppError `auth.sessionEnded`, `auth.forbidden`, `record.notFound` when the case or the attachment is not there for them
   */
  async find(token: string, caseId: CaseId, hash: string): Promise<AttachmentRecord> {
    const held = await this.#grants.of(token, caseId);
    // What came since the look is not in it.
    const record = held.get(hash) ?? (await this.#options.attachments.find(caseId, hash));
    if (record === null || record.heldAtMs === null) throw new AppError('record.notFound', 'the case has no such attachment');
    return record;
  }

  /** A session has ended, or a right: everybody is asked again. */
  forget(): void {
    this.#grants.forget();
  }
}
