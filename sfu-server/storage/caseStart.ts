import type { Attachment, CaseItemContent } from '#shared/domain/caseFile';
import { type CaseChangeId, caseChangeIdSchema, type CaseId, type CaseItemId, caseItemIdSchema, type ConsultId, type OrganisationId } from '#shared/domain/ids';
import type { Party } from '#shared/domain/people';
import { fieldNames } from '#shared/protocol/cases';
import type { Kysely, Transaction } from 'kysely';
import type { Schema } from './schema.ts';

/** An item a case begins with. */
export interface FirstItem {
  readonly id: CaseItemId;
  readonly content: CaseItemContent;
  readonly textState: Uint8Array | null;
}

export interface NewCase {
  readonly id: CaseId;
  readonly organisationId: OrganisationId;
  readonly begunBy: Party;
  readonly items: readonly FirstItem[];
  /** Content in the object store that the items refer to. */
  readonly attachments: readonly Pick<Attachment, 'hash' | 'sizeBytes' | 'mediaType'>[];
  /** Server's civil clock. */
  readonly nowMs: number;
}

/**
 * Begins a case within a transaction; item n has revision n + 1, as if written one after another.
 * @returns false: there is one of that id, and it is left as it is
 */
export async function beginCase(trx: Transaction<Schema>, { id, organisationId, begunBy, items, attachments, nowMs }: NewCase): Promise<boolean> {
  const begun = await trx
    .insertInto('cases')
    .values({ id, organisation_id: organisationId, revision: items.length, item_count: items.length, created_at_ms: nowMs, changed_at_ms: nowMs })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .returning('id')
    .executeTakeFirst();
  if (begun === undefined) return false;
  for (const { hash, sizeBytes, mediaType } of attachments) {
    await trx.insertInto('attachments').values({ case_id: id, hash, size_bytes: sizeBytes, media_type: mediaType, begun_at_ms: nowMs, held_at_ms: nowMs }).execute();
  }
  const author = JSON.stringify(begunBy);
  for (const [index, item] of items.entries()) {
    const revision = index + 1;
    const fields = fieldNames(item.content.kind);
    const changeId = beginningChangeId(item.id);
    await trx
      .insertInto('case_items')
      .values({
        case_id: id, id: item.id, kind: item.content.kind, revision, body: JSON.stringify(item.content.body), field_revisions: JSON.stringify(Object.fromEntries(fields.map((field) => [field, revision]))),
        text_state: item.textState, author, created_at_ms: nowMs, changed_at_ms: nowMs, retraction: null,
      })
      .execute();
    await trx
      .insertInto('case_changes')
      .values({
        case_id: id, id: changeId, digest: '', receipt: JSON.stringify({ status: 'held', changeId, revision, heldAtMs: nowMs }), revision, item_id: item.id,
        fields: JSON.stringify(fields), author, made_at_ms: nowMs, at_ms: nowMs,
      })
      .execute();
  }
  return true;
}

/** Says that the consult is about the case. */
export async function linkConsult(trx: Transaction<Schema>, caseId: CaseId, consultId: ConsultId): Promise<void> {
  await trx.insertInto('case_consults').values({ case_id: caseId, consult_id: consultId }).execute();
}

/** The case a consult is about; null when it is about none. */
export async function caseOfConsult(db: Kysely<Schema>, consultId: ConsultId): Promise<CaseId | null> {
  const row = await db.selectFrom('case_consults').select('case_id').where('consult_id', '=', consultId).executeTakeFirst();
  return row?.case_id ?? null;
}

/** What is known of the patient and the question when a consult is arranged. */
export function firstItemsOf(patient: { readonly name: string; readonly age: number | null; readonly sex: 'female' | 'male' | 'other' | 'unknown' }, question: string): readonly FirstItem[] {
  return [
    { id: caseItemIdSchema.parse('patient'), textState: null, content: { kind: 'patient', body: { name: patient.name, sex: patient.sex, birthDate: null, ageYears: patient.age, recordNumber: null, phone: null } } },
    { id: caseItemIdSchema.parse('request'), textState: null, content: { kind: 'request', body: { question, diagnosis: '', urgency: 'routine', ward: '', bed: '', kind: 'consultation', wanted: [], preferredTimes: [], needsCart: false } } },
  ];
}

/** Cut, because an item's id may be as long as a change's. */
function beginningChangeId(itemId: CaseItemId): CaseChangeId {
  return caseChangeIdSchema.parse(`begun-${itemId}`.slice(0, 64));
}
