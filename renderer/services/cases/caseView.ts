import type { CaseItem, CaseItemContent, CaseItemKind } from '#shared/domain/caseFile';
import { CASE_ITEM_KINDS, mayChange } from '#shared/domain/caseFile';
import type { CaseItemId } from '#shared/domain/ids';
import type { Party } from '#shared/domain/people';
import type { CaseReceipt } from '#shared/protocol/cases';
import type { OutboxEntry } from '../../storage/cases/outbox.ts';
import { noteAsText, openNote } from './noteText.ts';

/** Where a change is [OFF4]. `held`: the server has it, and it has not come back yet. */
export type ChangePlace = 'onlyHere' | 'sending' | 'held' | 'conflict' | 'refused';

/** An item as a person sees it: the server's with this machine's own changes on top. */
export interface ViewedItem {
  readonly id: CaseItemId;
  readonly content: CaseItemContent;
  /** The server's revision of it; 0: not there yet. */
  readonly revision: number;
  readonly author: Party;
  readonly createdAtMs: number;
  readonly changedAtMs: number;
  readonly retraction: CaseItem['retraction'];
  /** `note`: its plain text. */
  readonly text: string | null;
  /** The worst place of its changes; null: all is with the server. */
  readonly place: ChangePlace | null;
  /** Fields with a value that is on this machine only. */
  readonly pendingFields: readonly string[];
  /** The reader may change it or take it back, as far as its kind says [CAS11]. */
  readonly mayChange: boolean;
  /** A conflict a person has to decide: what they wrote and what the server has. */
  readonly conflict: { readonly entry: OutboxEntry; readonly receipt: Extract<CaseReceipt, { status: 'conflict' }> } | null;
  readonly refusal: { readonly entry: OutboxEntry; readonly receipt: Extract<CaseReceipt, { status: 'refused' }> } | null;
}

const WORST_FIRST: readonly ChangePlace[] = ['refused', 'conflict', 'onlyHere', 'sending', 'held'];

interface Draft {
  readonly base: CaseItem | null;
  content: CaseItemContent;
  author: Party;
  createdAtMs: number;
  changedAtMs: number;
  retraction: CaseItem['retraction'];
  readonly updates: string[];
  readonly places: ChangePlace[];
  readonly pendingFields: Set<string>;
  conflict: ViewedItem['conflict'];
  refusal: ViewedItem['refusal'];
}

/**
 * Lays the outbox over the server's items, in order. A change that came back (its item's revision has reached it) is the server's;
 * a refused or conflicting one changes nothing that is shown and is attached to its item.
 * @param sending orders of the changes on the wire now
 */
export function viewCase(items: readonly CaseItem[], outbox: readonly OutboxEntry[], sending: ReadonlySet<number>, self: Party): ViewedItem[] {
  const drafts = new Map<string, Draft>();
  for (const item of items) {
    drafts.set(item.id, { base: item, content: item.content, author: item.author, createdAtMs: item.createdAtMs, changedAtMs: item.changedAtMs, retraction: item.retraction, updates: [], places: [], pendingFields: new Set(), conflict: null, refusal: null });
  }
  for (const entry of outbox) lay(drafts, entry, sending, self);
  return [...drafts].map(([id, draft]) => finish(id as CaseItemId, draft, self)); // ids of items and of parsed changes
}

function lay(drafts: Map<string, Draft>, entry: OutboxEntry, sending: ReadonlySet<number>, self: Party): void {
  const { operation, madeAtMs } = entry.change;
  const draft = drafts.get(operation.itemId);
  if (entry.state === 'held' && entry.revision !== null && draft?.base && draft.base.revision >= entry.revision) return;
  const place: ChangePlace = entry.state === 'waiting' ? (sending.has(entry.order) ? 'sending' : 'onlyHere') : entry.state;
  if (operation.type === 'create') {
    if (draft) return attach(draft, entry, place); // refused because it is there already
    const fresh: Draft = { base: null, content: operation.content as CaseItemContent, author: self, createdAtMs: madeAtMs, changedAtMs: madeAtMs, retraction: null, updates: operation.text === null ? [] : [operation.text], places: [], pendingFields: new Set(), conflict: null, refusal: null }; // the schema pairs kind and body
    drafts.set(operation.itemId, fresh);
    attach(fresh, entry, place);
    return;
  }
  if (!draft) return; // its item was never fetched; it is still in the list of what waits
  attach(draft, entry, place);
  if (place === 'conflict' || place === 'refused') return;
  draft.changedAtMs = Math.max(draft.changedAtMs, madeAtMs);
  if (operation.type === 'setFields') {
    draft.content = { ...draft.content, body: { ...draft.content.body, ...operation.fields } } as CaseItemContent; // fields were made by this program for this kind
    for (const field of Object.keys(operation.fields)) draft.pendingFields.add(field);
  } else if (operation.type === 'mergeText') draft.updates.push(operation.update);
  else draft.retraction = { by: self, atMs: madeAtMs, reason: operation.reason };
}

function attach(draft: Draft, entry: OutboxEntry, place: ChangePlace): void {
  draft.places.push(place);
  if (entry.receipt?.status === 'conflict') draft.conflict = { entry, receipt: entry.receipt };
  if (entry.receipt?.status === 'refused') draft.refusal = { entry, receipt: entry.receipt };
}

function finish(id: CaseItemId, draft: Draft, self: Party): ViewedItem {
  const { base, content, author, createdAtMs, changedAtMs, retraction, conflict, refusal } = draft;
  const isNote = content.kind === 'note';
  return {
    id, content, author, createdAtMs, changedAtMs, retraction, conflict, refusal,
    revision: base?.revision ?? 0,
    text: isNote ? noteAsText(openNote(base?.text ?? null, draft.updates).document) : null,
    place: WORST_FIRST.find((place) => draft.places.includes(place)) ?? null,
    pendingFields: [...draft.pendingFields],
    mayChange: mayChange(draft, self.id),
  };
}

/** Items of one kind, the newest event first where the kind has a time of its own. */
export function ofKind<K extends CaseItemKind>(items: readonly ViewedItem[], kind: K): (ViewedItem & { readonly content: Extract<CaseItemContent, { kind: K }> })[] {
  return items.filter((item): item is ViewedItem & { readonly content: Extract<CaseItemContent, { kind: K }> } => item.content.kind === kind).sort((a, b) => eventTimeMs(b) - eventTimeMs(a) || (a.id < b.id ? -1 : 1));
}

/** When what an item tells of happened: its own time where it has one, else when it was written. */
export function eventTimeMs({ content, createdAtMs }: Pick<ViewedItem, 'content' | 'createdAtMs'>): number {
  switch (content.kind) {
    case 'vitals':
      return content.body.measuredAtMs;
    case 'lab':
      return content.body.collectedAtMs;
    case 'document':
      return content.body.takenAtMs;
    case 'imaging':
      return content.body.studiedAtMs;
    case 'consent':
      return content.body.signedAtMs;
    default:
      return createdAtMs;
  }
}

/** Items in which every word of the query occurs, in any of their texts. */
export function findItems(items: readonly ViewedItem[], query: string): ViewedItem[] {
  const words = query.trim().toLowerCase().split(/\s+/).filter((word) => word !== '');
  if (words.length === 0) return [];
  return items.filter((item) => {
    const text = `${Object.keys(CASE_ITEM_KINDS[item.content.kind].body.shape).map((name) => textOf((item.content.body as Record<string, unknown>)[name])).join(' ')} ${item.text ?? ''}`.toLowerCase(); // a body is a record of its kind's fields
    return words.every((word) => text.includes(word));
  });
}

function textOf(value: unknown): string {
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  if (typeof value === 'object' && value !== null) return Object.values(value).map(textOf).join(' ');
  return '';
}
