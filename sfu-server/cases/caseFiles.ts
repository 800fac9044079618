import { type CaseItem, type CaseSummary, MARKS_ITEM_ID } from '#shared/domain/caseFile';
import { caseChangeIdSchema, type CaseId, caseItemIdSchema, type ConsultId } from '#shared/domain/ids';
import type { Mark } from '#shared/domain/imaging/marks';
import type { CasePatient } from '#shared/domain/imaging/patientMatch';
import type { Presentation } from '#shared/domain/imaging/presentation';
import type { Party } from '#shared/domain/people';
import { hasPermission } from '#shared/domain/roles';
import type { Clock } from '#shared/lib/clock';
import type { CaseChange, CaseReceipt } from '#shared/protocol/cases';
import { AppError } from '#shared/protocol/errors';
import type { RequestName } from '#shared/protocol/requests';
import { newId } from '../auth/random.ts';
import type { Identity } from '../auth/sessions.ts';
import { auditActor } from '../storage/audit.ts';
import { type CaseAccess, type CaseAudience, isInAudience, type ReadableCase } from '../storage/caseAccess.ts';
import type { CaseRecords, StoredItem } from '../storage/caseRecords.ts';
import { applyChange, SHOWN_PREFIX } from './changeRules.ts';
import { marksIn } from './markRules.ts';
import type { Readings } from './readings.ts';

const PATIENT_ITEM_ID = caseItemIdSchema.parse('patient');
/** How many cases a list holds besides those a machine has copies of. */
const LIST_LIMIT = 10_000;
/** About how much a page of items holds. */
const PAGE_BYTES = 1_000_000;

/** How a case was asked for: by a request, or its images over HTTP, which are no request's. */
export type CaseAsked = RequestName | 'imaging.read';

export interface CaseFilesOptions {
  readonly access: CaseAccess;
  readonly records: CaseRecords;
  readonly readings: Readings;
  readonly clock: Clock;
  /** How long a copy on a machine may be read without asking again. */
  readonly leaseMs: number;
  /** A case was asked for that the asker may not read; `what` is how. */
  readonly onRefused: (identity: Identity, what: CaseAsked, caseId: CaseId) => void;
  /** A case has something new: those for whom `mayRead` is true want to know. */
  readonly onChanged: (caseId: CaseId, revision: number, mayRead: (party: Party) => boolean) => void;
}

/** One page of `case.changes`. */
export interface CasePage {
  readonly summary: CaseSummary;
  readonly items: CaseItem[];
  readonly revision: number;
  readonly hasMore: boolean;
}

/** Case files: who sees them, what is in them, and writing to them. */
export class CaseFiles {
  readonly #options: CaseFilesOptions;

  constructor(options: CaseFilesOptions) {
    this.#options = options;
  }

  /** The cases the party may read, the last changed first, and in any case those of `cached` that it still may. */
  async list(party: Party, cached: readonly CaseId[]): Promise<CaseSummary[]> {
    const { access, clock } = this.#options;
    const nowMs = clock.wallMs();
    const newest = await access.newest(party, nowMs, LIST_LIMIT);
    const listed = new Set(newest.map(({ id }) => id));
    const others = await access.among(party, nowMs, newest.length < LIST_LIMIT ? [] : cached.filter((id) => !listed.has(id)));
    return [...newest, ...others].map((found) => this.#withLease(found, nowMs));
  }

  /**
   * The case as the reader sees it, the reading audited.
   * @throws AppError `record.notFound` when there is none, or none for this reader: the two look alike, and the second is audited
   */
  async open(identity: Identity, caseId: CaseId, what: RequestName = 'case.changes'): Promise<CaseSummary> {
    const { access, clock, readings } = this.#options;
    const nowMs = clock.wallMs();
    const [found] = await access.among(identity.party, nowMs, [caseId]);
    if (found === undefined) {
      this.#options.onRefused(identity, what, caseId);
      throw new AppError('record.notFound', 'no such case');
    }
    await readings.note(identity, caseId);
    return this.#withLease(found, nowMs);
  }

  /** As `open`, for the images of the case alone: an observer gets no further. */
  async openImages(identity: Identity, caseId: CaseId): Promise<void> {
    const { access, clock, readings } = this.#options;
    if (!(await access.mayReadImages(identity.party, clock.wallMs(), caseId))) {
      this.#options.onRefused(identity, 'imaging.read', caseId);
      throw new AppError('record.notFound', 'no such case');
    }
    await readings.note(identity, caseId);
  }

  /** As `open`, for somebody who writes. @throws AppError besides `auth.forbidden` when the role only reads */
  async openToWrite(identity: Identity, caseId: CaseId): Promise<CaseSummary> {
    const summary = await this.open(identity, caseId, 'case.submit');
    if (!hasPermission(identity.party.role, 'case.write')) throw new AppError('auth.forbidden', 'this role reads case files and does not write them');
    return summary;
  }

  /** Items changed after a revision. A reader who is ahead of the server, because that went back to a backup, gets the server's revision. */
  async changes(identity: Identity, caseId: CaseId, sinceRevision: number, limit: number): Promise<CasePage> {
    const summary = await this.open(identity, caseId);
    const page = await this.#options.records.itemsSince(caseId, sinceRevision, limit, PAGE_BYTES);
    return { summary: { ...summary, revision: page.caseRevision }, items: page.items.map(toWireItem), revision: page.items.at(-1)?.revision ?? page.caseRevision, hasMore: page.hasMore };
  }

  /** Every item of a case, for an export. */
  async wholeCase(identity: Identity, caseId: CaseId): Promise<{ readonly summary: CaseSummary; readonly items: readonly StoredItem[] }> {
    const summary = await this.open(identity, caseId);
    const { items } = await this.#options.records.itemsSince(caseId, 0, Number.MAX_SAFE_INTEGER - 1, Number.MAX_SAFE_INTEGER);
    return { summary, items };
  }

  /** Applies changes in order, in one transaction; resolves with their receipts when all that is held is durable. */
  async submit(identity: Identity, caseId: CaseId, changes: readonly CaseChange[]): Promise<CaseReceipt[]> {
    if (changes.some((change) => change.caseId !== caseId)) throw new AppError('input.malformed', 'changes: of another case');
    await this.openToWrite(identity, caseId);
    return this.#apply(identity.party, caseId, changes);
  }

  /**
   * [IMG30] Keeps what somebody in a consult of the case drew, durably, before anybody else hears of it. That they sit in the room is
   * asked before; the right to write elsewhere in the case is not needed.
   * @throws AppError `input.malformed`, `input.tooLarge`, `record.notAuthor`
   */
  async mark(party: Party, caseId: CaseId, update: string): Promise<void> {
    const operation: CaseChange['operation'] = { type: 'create', itemId: MARKS_ITEM_ID, content: { kind: 'marks', body: {} }, text: update };
    const [receipt] = await this.#apply(party, caseId, [{ id: caseChangeIdSchema.parse(newId()), caseId, madeAtMs: this.#options.clock.wallMs(), operation }]);
    if (receipt?.status === 'refused') throw new AppError(receipt.code, receipt.message);
  }

  /** The marks of a case by id, for somebody who may write to it. @throws AppError as `openToWrite` */
  async marks(identity: Identity, caseId: CaseId): Promise<ReadonlyMap<string, Mark>> {
    await this.openToWrite(identity, caseId);
    return this.#marks(caseId);
  }

  /** The same for a room of the case, which gives them on without words and names [IMG56]. */
  async marksOf(caseId: CaseId): Promise<Readonly<Record<string, Mark>>> {
    return Object.fromEntries(await this.#marks(caseId));
  }

  /** Whose case it is, for what comes in on its behalf; null: it does not say. Who may have it in is asked before. */
  async patientOf(caseId: CaseId): Promise<CasePatient | null> {
    const item = await this.#options.records.inCase(caseId, (work) => work.item(PATIENT_ITEM_ID));
    return item?.content.kind === 'patient' && item.retraction === null ? item.content.body : null;
  }

  #marks(caseId: CaseId): Promise<ReadonlyMap<string, Mark>> {
    return this.#options.records.inCase(caseId, async (work) => marksIn((await work.item(MARKS_ITEM_ID))?.textState ?? null));
  }

  /** [IMG37] Keeps what was shown last in a consult, in place of what was before. */
  async keepShown(party: Party, caseId: CaseId, consultId: ConsultId, presentation: Presentation): Promise<void> {
    const operation: CaseChange['operation'] = { type: 'create', itemId: caseItemIdSchema.parse(`${SHOWN_PREFIX}${consultId}`.slice(0, 64)), content: { kind: 'imagingView', body: { title: '', presentation: { ...presentation, pointer: null }, consultId } }, text: null };
    await this.#apply(party, caseId, [{ id: caseChangeIdSchema.parse(newId()), caseId, madeAtMs: this.#options.clock.wallMs(), operation }]);
  }

  async #apply(party: Party, caseId: CaseId, changes: readonly CaseChange[]): Promise<CaseReceipt[]> {
    const nowMs = this.#options.clock.wallMs();
    const { receipts, isChanged } = await this.#options.records.inCase(caseId, async (work) => {
      const before = work.revision;
      const given: CaseReceipt[] = [];
      for (const change of changes) {
        const revisionBefore = work.revision;
        const receipt = await applyChange(work, change, { party, nowMs });
        given.push(receipt);
        if (work.revision > revisionBefore) work.audit({ ...auditActor(party), action: `case.${change.operation.type}`, subject: `${caseId} ${work.revision}`, outcome: 'done', code: null });
      }
      return { receipts: given, isChanged: work.revision > before };
    });
    if (isChanged) await this.announce(caseId);
    return receipts;
  }

  /** Tells those who may read the case that there is something new in it, or that it is new to them. */
  async announce(caseId: CaseId): Promise<void> {
    const audience: CaseAudience | null = await this.#options.access.audience(caseId, this.#options.clock.wallMs());
    if (audience !== null) this.#options.onChanged(caseId, audience.revision, (party) => isInAudience(audience, party));
  }

  #withLease(found: ReadableCase, nowMs: number): CaseSummary {
    const leaseUntilMs = nowMs + this.#options.leaseMs;
    return { ...found, leaseUntilMs: found.accessUntilMs === null ? leaseUntilMs : Math.min(leaseUntilMs, found.accessUntilMs) };
  }
}

function toWireItem({ textState, ...item }: StoredItem): CaseItem {
  return { ...item, text: textState === null ? null : Buffer.from(textState).toString('base64') };
}
