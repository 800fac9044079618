import type { CaseId, SessionId } from '#shared/domain/ids';
import type { Identity } from '../auth/sessions.ts';
import { type AuditWriter, auditActor } from '../storage/audit.ts';

/** How many readings are remembered; the oldest is forgotten for a new one, and would be audited a second time. */
const REMEMBERED = 50_000;

/** [ACC6] Audits the first reading of a case in each session. */
export class Readings {
  readonly #audit: AuditWriter;
  readonly #seen = new Set<string>();

  constructor(audit: AuditWriter) {
    this.#audit = audit;
  }

  /** Resolves when the reading is kept in the log; nothing of the case goes out before. */
  async note({ sessionId, party }: Identity, caseId: CaseId): Promise<void> {
    const key = `${sessionId} ${caseId}`;
    if (this.#seen.has(key)) return;
    await this.#audit.append({ ...auditActor(party), action: 'case.read', subject: caseId, outcome: 'done', code: null });
    this.#seen.add(key);
    if (this.#seen.size <= REMEMBERED) return;
    const [oldest] = this.#seen;
    if (oldest !== undefined) this.#seen.delete(oldest);
  }

  forgetSession(sessionId: SessionId): void {
    for (const key of this.#seen) if (key.startsWith(`${sessionId} `)) this.#seen.delete(key);
  }
}
