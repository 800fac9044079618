import { CASE_ITEM_KINDS } from '#shared/domain/caseFile';
import { type CaseFacts, requestFormSchema } from '#shared/domain/consultation/form';
import type { CaseId, CaseItemId } from '#shared/domain/ids';
import { type Kysely, sql } from 'kysely';
import type { Schema } from './schema.ts';

/** Kinds of which one entry is something to read. */
const FINDINGS = ['lab', 'imaging', 'document'];

/** What a consultation request has to know of its case, as it stands in the transaction. */
export async function caseFactsOf(db: Kysely<Schema>, caseId: CaseId): Promise<CaseFacts> {
  const single = await db.selectFrom('case_items').select(['kind', 'body']).where('case_id', '=', caseId).where('kind', 'in', ['patient', 'request', 'history', 'examination']).execute();
  const many = await db
    .selectFrom('case_items')
    .select(['kind', sql<number>`count(*)::integer`.as('count')])
    .where('case_id', '=', caseId)
    .where('kind', 'in', ['lab', 'imaging', 'document', 'consent'])
    .where('retraction', 'is', null)
    .groupBy('kind')
    .execute();
  const body = <K extends 'patient' | 'request' | 'history' | 'examination'>(kind: K) => single.find((row) => row.kind === kind)?.body;
  const patient = CASE_ITEM_KINDS.patient.body.safeParse(body('patient')).data;
  const request = CASE_ITEM_KINDS.request.body.safeParse(body('request')).data;
  const history = CASE_ITEM_KINDS.history.body.safeParse(body('history')).data;
  const examination = CASE_ITEM_KINDS.examination.body.safeParse(body('examination')).data;
  const has = (kind: string) => many.some((row) => row.kind === kind && row.count > 0);
  const isWritten = (text: string | undefined) => (text ?? '').trim() !== '';
  return {
    form: requestFormSchema.parse(request ?? { kind: 'consultation', urgency: 'routine', question: '', diagnosis: '', wanted: [], preferredTimes: [], needsCart: false }),
    hasPatientName: isWritten(patient?.name),
    hasPatientSex: patient !== undefined && patient.sex !== 'unknown',
    hasPatientAge: patient !== undefined && (patient.ageYears !== null || patient.birthDate !== null),
    hasPresentIllness: isWritten(history?.presentIllness),
    hasFinding: isWritten(examination?.general) || isWritten(examination?.findings) || FINDINGS.some(has),
    hasConsent: has('consent'),
  };
}

/** The patient as a session names them. */
export async function patientOfCase(db: Kysely<Schema>, caseId: CaseId): Promise<{ readonly name: string; readonly age: number | null; readonly sex: 'female' | 'male' | 'other' | 'unknown' }> {
  const row = await db.selectFrom('case_items').select('body').where('case_id', '=', caseId).where('id', '=', sql<CaseItemId>`'patient'`).executeTakeFirst();
  const patient = CASE_ITEM_KINDS.patient.body.safeParse(row?.body).data;
  return { name: patient?.name ?? '', age: patient?.ageYears ?? null, sex: patient?.sex ?? 'unknown' };
}
