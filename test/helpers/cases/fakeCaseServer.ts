import * as Y from 'yjs';
import type { CaseItem, CaseItemContent, CaseSummary } from '../../../shared/domain/caseFile.ts';
import type { CaseId } from '../../../shared/domain/ids.ts';
import type { CaseChange, CaseReceipt } from '../../../shared/protocol/cases.ts';
import type { CaseRequest } from '../../../renderer/services/cases/caseSync.ts';
import { fromBase64, toBase64 } from '../../../renderer/storage/base64.ts';
import { REQUESTS } from '../../../shared/protocol/requests.ts';
import { AppError } from '../../../shared/protocol/errors.ts';
import { EXPERT, summaryOf } from './caseFixtures.ts';

interface Case {
  summary: CaseSummary;
  readonly items: Map<string, CaseItem>;
}

/** A server's side of the contract in memory, by the rules CAS1–CAS7 and CAS10, for tests of the client. */
export class FakeCaseServer {
  /** Items of a kind this program does not know, as a newer server would send them, by case. */
  readonly unknown = new Map<CaseId, readonly { readonly id: string; readonly revision: number }[]>();
  readonly cases = new Map<CaseId, Case>();
  /** Every change that was applied, in order. */
  readonly applied: CaseChange[] = [];
  readonly #receipts = new Map<string, CaseReceipt>();
  nowMs = 1000;
  mustWipe = false;
  readonly wiped: string[] = [];
  /** Machines that asked for the list; null: one that keeps nothing. */
  readonly listedBy = new Set<string | null>();
  /** Called before each answer; may throw to be out of reach. */
  onRequest: (name: string) => void = () => undefined;

  addCase(id: string, change: Partial<CaseSummary> = {}): CaseId {
    const summary = { ...summaryOf(id, change), revision: 0 };
    this.cases.set(summary.id, { summary, items: new Map() });
    return summary.id;
  }

  /** The way a request takes, with its answer as JSON would carry it. */
  get request(): CaseRequest {
    return async (name, params) => {
      await Promise.resolve();
      this.onRequest(name);
      const answer = this.#answer(name, params as never); // the names below pair with their parameters
      await Promise.resolve();
      this.onRequest(`${name} answered`);
      return REQUESTS[name].result.parse(JSON.parse(JSON.stringify(answer))) as never; // as above; and by the contract, as the real client does
    };
  }

  #answer(name: string, params: { caseId: CaseId; sinceRevision: number; limit: number; changes: CaseChange[]; deviceId: string | null }): unknown {
    if (name === 'case.list') this.listedBy.add(params.deviceId);
    if (name === 'case.list') return { cases: [...this.cases.values()].map(({ summary }) => summary), serverTimeMs: this.nowMs, mustWipe: this.mustWipe };
    if (name === 'case.reportWiped') {
      this.wiped.push(params.deviceId ?? 'nobody');
      this.mustWipe = false;
      return {};
    }
    const found = this.cases.get(params.caseId);
    if (!found) throw new AppError('record.notFound', 'no such case');
    if (name === 'case.submit') return { receipts: params.changes.map((change) => this.submit(change)) };
    const newer = [...found.items.values(), ...(this.unknown.get(params.caseId) ?? [])].filter(({ revision }) => revision > params.sinceRevision).sort((a, b) => a.revision - b.revision);
    const items = newer.slice(0, params.limit);
    const hasMore = newer.length > items.length;
    return { summary: found.summary, items, revision: hasMore ? (items.at(-1)?.revision ?? 0) : found.summary.revision, hasMore, serverTimeMs: this.nowMs };
  }

  submit(change: CaseChange): CaseReceipt {
    const before = this.#receipts.get(change.id);
    if (before) return before;
    const receipt = this.#apply(change);
    this.#receipts.set(change.id, receipt);
    if (receipt.status === 'held') this.applied.push(change);
    return receipt;
  }

  #apply(change: CaseChange): CaseReceipt {
    const found = this.cases.get(change.caseId);
    const { operation } = change;
    const refuse = (code: 'record.notFound' | 'record.conflict'): CaseReceipt => ({ status: 'refused', changeId: change.id, code, message: 'refused by the test' });
    if (!found) return refuse('record.notFound');
    const revision = found.summary.revision + 1;
    const item = found.items.get(operation.itemId);
    if (operation.type === 'create' && operation.content.kind === 'marks' && item && operation.text !== null) {
      found.items.set(item.id, { ...item, revision, text: toBase64(Y.mergeUpdates([...(item.text === null ? [] : [fromBase64(item.text)]), fromBase64(operation.text)])) });
    } else if (operation.type === 'create') {
      if (item) return refuse('record.conflict');
      found.items.set(operation.itemId, { id: operation.itemId, revision, content: operation.content as CaseItemContent, fieldRevisions: {}, text: operation.text, author: EXPERT, createdAtMs: change.madeAtMs, changedAtMs: this.nowMs, retraction: null }); // the schema pairs kind and body
    } else {
      if (!item) return refuse('record.notFound');
      if (operation.type === 'setFields') {
        const body = item.content.body as Record<string, unknown>; // a body is a record of its fields
        const conflicts = Object.entries(operation.fields).flatMap(([field, value]) => ((item.fieldRevisions[field] ?? 0) > operation.baseRevision && JSON.stringify(body[field]) !== JSON.stringify(value) ? [{ field, value: body[field], revision: item.fieldRevisions[field] ?? 1, by: EXPERT, atMs: item.changedAtMs }] : []));
        if (conflicts.length > 0) return { status: 'conflict', changeId: change.id, revision: found.summary.revision, conflicts };
        const fieldRevisions = { ...item.fieldRevisions, ...Object.fromEntries(Object.keys(operation.fields).map((field) => [field, revision])) };
        found.items.set(item.id, { ...item, revision, fieldRevisions, changedAtMs: this.nowMs, content: { ...item.content, body: { ...body, ...operation.fields } } as CaseItemContent }); // fields of the same kind
      } else if (operation.type === 'mergeText') {
        const updates = [...(item.text === null ? [] : [fromBase64(item.text)]), fromBase64(operation.update)];
        found.items.set(item.id, { ...item, revision, changedAtMs: this.nowMs, text: toBase64(Y.mergeUpdates(updates)) });
      } else found.items.set(item.id, { ...item, revision, changedAtMs: this.nowMs, retraction: { by: EXPERT, atMs: this.nowMs, reason: operation.reason } });
    }
    found.summary = { ...found.summary, revision, changedAtMs: this.nowMs };
    return { status: 'held', changeId: change.id, revision, heldAtMs: this.nowMs };
  }
}
