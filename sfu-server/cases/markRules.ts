import { type Mark, MARKS_FIELD, markSchema } from '#shared/domain/imaging/marks';
import { AppError } from '#shared/protocol/errors';
import * as Y from 'yjs';
import { canonicalJson } from '../storage/auditChain.ts';
import { MAX_NOTE_BYTES, MERGE_LIMIT_MS, withDocument } from './noteText.ts';

/**
 * [IMG27] A case's marks with an update of one writer merged into them. Every mark is one; a new one is of who writes, and keeps its
 * author; a locked one is changed and taken away by its author only. An update that builds on what is not here says nothing that could
 * be judged now, and is refused: it comes after that.
 * @param state null: nobody has drawn yet
 * @throws AppError `input.malformed`, `input.tooLarge`, `record.notAuthor`
 */
export function mergeMarks(state: Uint8Array | null, update: Uint8Array, writerId: string): Uint8Array {
  return withDocument(state, MERGE_LIMIT_MS, (doc) => {
    const before = marksOf(doc);
    Y.applyUpdate(doc, update);
    if (doc.store.pendingStructs !== null || doc.store.pendingDs !== null) throw new AppError('input.malformed', 'the update builds on marks that are not here');
    if ([...doc.share.keys()].some((name) => name !== MARKS_FIELD)) throw new AppError('input.malformed', 'the update holds something else than marks');
    const after = marksOf(doc);
    for (const id of new Set([...before.keys(), ...after.keys()])) judge(id, before.get(id), after.get(id), writerId);
    const merged = Y.encodeStateAsUpdate(doc);
    if (merged.byteLength > MAX_NOTE_BYTES) throw new AppError('input.tooLarge', 'the case holds as many marks as it can');
    return merged;
  });
}

/** The marks of a case by id. */
export function marksIn(state: Uint8Array | null): ReadonlyMap<string, Mark> {
  return withDocument(state, MERGE_LIMIT_MS, (doc) => new Map([...marksOf(doc)].map(([id, mark]) => [id, markSchema.parse(mark)]))); // judged when they came
}

const marksOf = (doc: Y.Doc): ReadonlyMap<string, unknown> => new Map(Object.entries(doc.getMap(MARKS_FIELD).toJSON()));

function judge(id: string, before: unknown, after: unknown, writerId: string): void {
  if (before !== undefined && after !== undefined && canonicalJson(before) === canonicalJson(after)) return;
  const old = before === undefined ? null : markSchema.parse(before); // judged when it came
  if (old?.isLocked === true && old.authorId !== writerId) throw new AppError('record.notAuthor', 'a locked mark is changed by its author only');
  if (after === undefined) return;
  const mark = markSchema.safeParse(after);
  if (!mark.success || mark.data.id !== id) throw new AppError('input.malformed', 'no mark');
  if (mark.data.authorId !== (old?.authorId ?? writerId)) throw new AppError('record.notAuthor', 'a mark keeps its author');
}
