import type { Party } from '#shared/domain/people';
import type { Clock } from '#shared/lib/clock';
import type { Undo } from '#shared/lib/disposable';
import type { ErrorCode } from '#shared/protocol/errors';
import type { Identity } from '../auth/sessions.ts';
import type { CaseAsked } from '../cases/caseFiles.ts';

export interface Refusal {
  readonly party: Party;
  readonly name: CaseAsked;
  readonly code: ErrorCode;
  /** The id of what was asked for; null: the request says enough. */
  readonly subject: string | null;
}

/** How many refusals of one kind are reported one by one within a window; the rest of the window becomes one count. */
const SINGLY = 3;
const WINDOW_MS = 60_000;

interface Kind {
  readonly refusal: Refusal;
  count: number;
  readonly cancel: Undo;
}

/**
 * Keeps a flood of refused requests from flooding the audit log. [SIG8] Of one kind (session, request, code) the first three of a
 * minute are reported singly, the others as one number at its end. By session and not by connection, so that connecting anew does
 * not begin a new count. Memory is bounded by the kinds of one minute, whatever their number of refusals.
 */
export class RefusalDigest {
  readonly #clock: Clock;
  readonly #report: (refusal: Refusal, count: number) => void;
  readonly #kinds = new Map<string, Kind>();

  /** @param report `count` is 1 for a single refusal, else how many more of the kind there were */
  constructor(clock: Clock, report: (refusal: Refusal, count: number) => void) {
    this.#clock = clock;
    this.#report = report;
  }

  add(identity: Identity, name: CaseAsked, code: ErrorCode, subject: string | null = null): void {
    const key = `${identity.sessionId} ${name} ${code}`;
    let kind = this.#kinds.get(key);
    if (!kind) {
      kind = { refusal: { party: identity.party, name, code, subject }, count: 0, cancel: this.#clock.after(WINDOW_MS, () => this.#settle(key)) };
      this.#kinds.set(key, kind);
    }
    kind.count += 1;
    if (kind.count <= SINGLY) this.#report({ ...kind.refusal, subject }, 1);
  }

  /** Reports what is counted and not yet told. */
  close(): void {
    for (const [key, kind] of [...this.#kinds]) {
      kind.cancel();
      this.#settle(key);
    }
  }

  #settle(key: string): void {
    const kind = this.#kinds.get(key);
    if (!kind) return;
    this.#kinds.delete(key);
    if (kind.count > SINGLY) this.#report(kind.refusal, kind.count - SINGLY);
  }
}
