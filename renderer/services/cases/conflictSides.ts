import type { FieldConflict } from '#shared/protocol/cases';
import type { ViewedItem } from './caseView.ts';

type Conflict = NonNullable<ViewedItem['conflict']>;

/** A field that two people set, with both values. */
export interface FieldSides extends Pick<FieldConflict, 'field' | 'by' | 'atMs'> {
  readonly mine: unknown;
  readonly theirs: unknown;
}

/**
 * What there is to decide about a change that met another's. `fields`: both values are to be looked at; `others`: fields of the same
 * change that nobody else touched, which are sent whatever is decided. An entry that two began at once brings all its fields along:
 * those in which this person wrote nothing are the server's, and no question.
 */
export function conflictSides({ entry, receipt }: Conflict): { readonly fields: readonly FieldSides[]; readonly others: readonly string[] } {
  const mine = writtenFields(entry.change.operation);
  const asked = receipt.conflicts.filter(({ field }) => Object.hasOwn(mine, field));
  const contested = new Set(receipt.conflicts.map(({ field }) => field));
  return {
    fields: asked.map(({ field, value, by, atMs }) => ({ field, mine: mine[field], theirs: value, by, atMs })),
    others: Object.keys(mine).filter((field) => !contested.has(field)),
  };
}

/** The fields to send again, from the revision at which the server answered; null: there is nothing left to send. */
export function fieldsToSend(conflict: Conflict, keep: readonly string[]): Readonly<Record<string, unknown>> | null {
  const mine = writtenFields(conflict.entry.change.operation);
  const { others } = conflictSides(conflict);
  const fields = Object.fromEntries(Object.entries(mine).filter(([field]) => others.includes(field) || keep.includes(field)));
  return Object.keys(fields).length === 0 ? null : fields;
}

function writtenFields(operation: Conflict['entry']['change']['operation']): Readonly<Record<string, unknown>> {
  if (operation.type === 'setFields') return operation.fields;
  if (operation.type !== 'create') return {};
  return Object.fromEntries(Object.entries(operation.content.body).filter(([, value]) => value !== '' && value !== null));
}
