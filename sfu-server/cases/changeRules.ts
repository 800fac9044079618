import { type Attachment, CASE_ITEM_KINDS, type CaseItemContent, caseItemContentSchema, mayChange } from '#shared/domain/caseFile';
import type { CaseItemId } from '#shared/domain/ids';
import type { Party } from '#shared/domain/people';
import { hasPermission } from '#shared/domain/roles';
import { assertNever } from '#shared/lib/assert';
import { type CaseChange, type CaseOperation, type CaseReceipt, type FieldConflict, fieldNames } from '#shared/protocol/cases';
import { AppError, type ErrorCode } from '#shared/protocol/errors';
import type { CaseWork, StoredItem } from '../storage/caseRecords.ts';
import { canonicalJson } from '../storage/auditChain.ts';
import { digestOf, isStorable } from './canonical.ts';
import { mergeMarks } from './markRules.ts';
import { mergeNote } from './noteText.ts';

/** How many items a case holds at most. */
const MAX_ITEMS = 5000;

/** Begins the id of what a consult showed last, before the consult's. */
export const SHOWN_PREFIX = 'shown-';

export interface Writer {
  readonly party: Party;
  /** Server's civil clock. */
  readonly nowMs: number;
}

/** What a change comes to. `item` lacks only its revision, `fields` are those it sets. */
type Decision =
  | { readonly type: 'held'; readonly item: Omit<StoredItem, 'revision'>; readonly fields: readonly string[] }
  | { readonly type: 'conflict'; readonly conflicts: readonly FieldConflict[] }
  | { readonly type: 'refused'; readonly code: ErrorCode; readonly message: string };

const refused = (code: ErrorCode, message: string): Decision => ({ type: 'refused', code, message });
const isSingle = (kind: CaseItemContent['kind']) => CASE_ITEM_KINDS[kind].count === 'one';

/**
 * Applies one change to a locked case and gives its receipt, which is kept with it. A change that was answered before is not looked
 * at again: it gets the receipt of the first time, or, when it is not the same any more, a refusal.
 */
export async function applyChange(work: CaseWork, change: CaseChange, writer: Writer): Promise<CaseReceipt> {
  const digest = digestOf(change);
  const answered = await work.answered(change.id);
  if (answered !== null) {
    if (answered.digest === digest) return answered.receipt;
    return { status: 'refused', changeId: change.id, code: 'record.conflict', message: 'the change id belongs to another change' };
  }
  const decision = isStorable(change.operation) ? await decide(work, change.operation, writer) : refused('input.malformed', 'a text holds what no text may hold');
  const receipt = await carryOut(work, change, decision, writer.nowMs);
  await work.keepAnswer({
    id: change.id, digest, receipt, revision: receipt.status === 'held' ? receipt.revision : null, itemId: change.operation.itemId,
    fields: decision.type === 'held' ? decision.fields : [], author: writer.party, madeAtMs: change.madeAtMs, atMs: writer.nowMs,
  });
  return receipt;
}

async function carryOut(work: CaseWork, change: CaseChange, decision: Decision, nowMs: number): Promise<CaseReceipt> {
  switch (decision.type) {
    case 'held': {
      const revision = work.revision + 1;
      const fieldRevisions = { ...decision.item.fieldRevisions, ...Object.fromEntries(decision.fields.map((field) => [field, revision])) };
      await work.putItem({ ...decision.item, revision, fieldRevisions });
      return { status: 'held', changeId: change.id, revision, heldAtMs: nowMs };
    }
    case 'conflict':
      return { status: 'conflict', changeId: change.id, revision: Math.max(1, work.revision), conflicts: [...decision.conflicts] };
    case 'refused':
      return { status: 'refused', changeId: change.id, code: decision.code, message: decision.message };
    default:
      return assertNever(decision);
  }
}

async function decide(work: CaseWork, operation: CaseOperation, writer: Writer): Promise<Decision> {
  const item = await work.item(operation.itemId);
  if (operation.type === 'create') return decideCreate(work, operation, item, writer);
  if (item === null) return refused('record.notFound', 'no such item');
  if (!mayChange(item, writer.party.id)) return refused('record.notAuthor', 'somebody else wrote it');
  switch (operation.type) {
    case 'setFields':
      return decideSetFields(work, item, operation.baseRevision, operation.fields, writer);
    case 'mergeText':
      if (!isMerged(item.content.kind)) return refused('input.malformed', 'only a note has a text');
      return withText(item, operation.update, writer);
    case 'retract': {
      if (isSingle(item.content.kind)) return refused('input.malformed', 'what there is one of is changed, not taken back');
      // Taken back before: it stays so, by whoever was first.
      const retraction = item.retraction ?? { by: writer.party, atMs: writer.nowMs, reason: operation.reason };
      return { type: 'held', item: { ...item, retraction, changedAtMs: writer.nowMs }, fields: [] };
    }
    default:
      return assertNever(operation);
  }
}

async function decideCreate(work: CaseWork, operation: Extract<CaseOperation, { type: 'create' }>, present: StoredItem | null, writer: Writer): Promise<Decision> {
  const { itemId, text } = operation;
  const content = operation.content as CaseItemContent; // parsed by the schema with one option for each kind
  const { kind } = content;
  if (isReserved(itemId) ? itemId !== kind : isSingle(kind)) return refused('input.malformed', 'the id does not fit the kind');
  if (text !== null && !isMerged(kind)) return refused('input.malformed', 'only a note has a text');
  if (present?.content.kind === kind && (kind === 'marks' || (kind === 'note' && isMinutes(itemId)))) {
    // [INS5] Two people began the minutes at the same time: they are one note, and the second beginning changes nothing. So are marks.
    return text === null ? { type: 'held', item: present, fields: [] } : withText(present, text, writer);
  }
  // What is shown last takes the place of what was, whoever showed it.
  if (present?.content.kind === 'imagingView' && kind === 'imagingView' && itemId.startsWith(SHOWN_PREFIX)) return decideSetFields(work, present, work.revision, content.body, writer);
  if (present !== null) return isSingle(kind) ? decideSetFields(work, present, 0, content.body, writer) : refused('record.conflict', 'the item id is taken');
  if (work.itemCount >= MAX_ITEMS) return refused('input.tooLarge', 'the case holds as many items as it can');
  // [CTL113] Who stands beside the patient hands over what happened there, and nobody else says so.
  if (content.kind === 'document' && (content.body.category === 'controlRecord') !== (content.body.control !== undefined)) return refused('input.malformed', 'a record of control says whose it is, and nothing else does');
  if (content.kind === 'document' && content.body.category === 'controlRecord' && !hasPermission(writer.party.role, 'control.offer')) return refused('auth.forbidden', 'a record of control comes from beside the patient');
  for (const { hash, sizeBytes } of attachmentsOf(content)) {
    if (!(await work.isHeld(hash, sizeBytes))) return refused('record.attachmentMissing', 'the attachment is not in the object store');
  }
  const fields = fieldNames(kind);
  const item = { id: itemId, content, fieldRevisions: {}, textState: null, author: writer.party, createdAtMs: writer.nowMs, changedAtMs: writer.nowMs, retraction: null };
  return text === null ? { type: 'held', item, fields } : withText(item, text, writer, fields);
}

async function decideSetFields(work: CaseWork, item: StoredItem, baseRevision: number, fields: Readonly<Record<string, unknown>>, writer: Writer): Promise<Decision> {
  const { kind, body } = item.content;
  if (CASE_ITEM_KINDS[kind].change === 'fixed') return refused('record.fixed', 'what is fixed can only be taken back');
  if (item.retraction !== null) return refused('record.fixed', 'the item was taken back');
  if (baseRevision > work.revision) return refused('input.malformed', 'baseRevision: the case is not that far');
  const names = Object.keys(fields);
  if (names.length === 0 || names.some((name) => !fieldNames(kind).includes(name))) return refused('input.malformed', 'fields: not those of the kind');
  const parsed = caseItemContentSchema.safeParse({ kind, body: { ...body, ...fields } });
  if (!parsed.success) return refused('input.malformed', 'fields: a value does not fit');
  const content = parsed.data as CaseItemContent; // as in decideCreate
  const before = new Map<string, unknown>(Object.entries(body));
  const after = new Map<string, unknown>(Object.entries(content.body));
  const differing = names.filter((name) => canonicalJson(before.get(name)) !== canonicalJson(after.get(name)));
  const conflicts = differing.length === 0 ? [] : await conflictsOf(work, item, baseRevision, differing, writer.party.id, before);
  if (conflicts.length > 0) return { type: 'conflict', conflicts };
  // What is there already keeps the revision at which it came to be.
  return { type: 'held', item: { ...item, content, changedAtMs: writer.nowMs }, fields: differing };
}

/** [CAS4] The fields that somebody else set after the base; shown by whom the present value was set. */
async function conflictsOf(work: CaseWork, item: StoredItem, baseRevision: number, names: readonly string[], writerId: string, values: ReadonlyMap<string, unknown>): Promise<FieldConflict[]> {
  const since = await work.changesOf(item.id, baseRevision);
  return names.flatMap((field) => {
    const setters = since.filter((change) => change.fields.includes(field));
    const last = setters.at(-1);
    if (last === undefined || setters.every(({ author }) => author.id === writerId)) return [];
    return [{ field, value: values.get(field), revision: last.revision, by: last.author, atMs: last.atMs }];
  });
}

const isMerged = (kind: CaseItemContent['kind']) => CASE_ITEM_KINDS[kind].change === 'merged';

/** The item with an update merged into its document. */
function withText(item: Omit<StoredItem, 'revision'>, base64: string, { party, nowMs }: Writer, fields: readonly string[] = []): Decision {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return refused('input.malformed', 'the update is not base64');
  try {
    const update = Buffer.from(base64, 'base64');
    const textState = item.content.kind === 'marks' ? mergeMarks(item.textState, update, party.id) : mergeNote(item.textState, update);
    return { type: 'held', item: { ...item, textState, changedAtMs: nowMs }, fields };
  } catch (error) {
    if (error instanceof AppError && (error.category === 'input' || error.code === 'record.notAuthor')) return refused(error.code, error.message);
    throw error;
  }
}

/** Ids that are names of kinds of which there is one belong to those. */
function isReserved(id: CaseItemId): boolean {
  const kinds: Readonly<Record<string, { readonly count: 'one' | 'many' }>> = CASE_ITEM_KINDS;
  return Object.hasOwn(kinds, id) && kinds[id]?.count === 'one';
}

/** The note of a session, whose id everybody in it knows. */
function isMinutes(id: CaseItemId): boolean {
  return id.startsWith('minutes-');
}

/** What an item points at in the object store. */
export function attachmentsOf(content: CaseItemContent): readonly Attachment[] {
  if (content.kind === 'document') return [content.body.attachment];
  if (content.kind === 'consent') return [content.body.signature];
  return [];
}
