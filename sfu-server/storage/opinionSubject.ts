import { CASE_ITEM_KINDS } from '#shared/domain/caseFile';
import type { OpinionContent, OpinionDocument } from '#shared/domain/opinion';
import { required } from '#shared/lib/assert';
import { AppError } from '#shared/protocol/errors';
import type { Transaction } from 'kysely';
import type { OpinionRecord } from './opinions.ts';
import type { Schema } from './schema.ts';

/** What of a document is not the panel's own: whom and what it is about, as the case says at this moment. */
export type OpinionSubject = Pick<OpinionDocument, 'applying' | 'patient' | 'question' | 'applyingDiagnosis' | 'consultedAtMs'>;

export async function readOpinionSubject(trx: Transaction<Schema>, { caseId, consultId }: Pick<OpinionRecord, 'caseId' | 'consultId'>): Promise<OpinionSubject> {
  const organisation = await trx.selectFrom('cases').innerJoin('organisations', 'organisations.id', 'cases.organisation_id').select(['organisations.id', 'organisations.name_zh', 'organisations.name_en']).where('cases.id', '=', caseId).executeTakeFirst();
  const consult = await trx.selectFrom('consults').select(['started_at_ms', 'starts_at_ms']).where('id', '=', consultId).executeTakeFirst();
  const items = await trx.selectFrom('case_items').select(['kind', 'body']).where('case_id', '=', caseId).where('kind', 'in', ['patient', 'request']).execute();
  const bodyOf = (kind: 'patient' | 'request') => items.find((item) => item.kind === kind)?.body;
  const { name, sex, birthDate, ageYears, recordNumber } = CASE_ITEM_KINDS.patient.body.parse(bodyOf('patient'));
  const { question, diagnosis, ward, bed } = CASE_ITEM_KINDS.request.body.parse(bodyOf('request'));
  const { id, name_zh: zh, name_en: en } = required(organisation, 'the hospital of the case, by its foreign key');
  const { started_at_ms: startedAtMs, starts_at_ms: startsAtMs } = required(consult, 'the consult of the opinion, by its foreign key');
  return {
    applying: { organisationId: id, organisationName: { zh, en } },
    patient: { name, sex, birthDate, ageYears, recordNumber, ward, bed },
    question,
    applyingDiagnosis: diagnosis,
    consultedAtMs: startedAtMs ?? startsAtMs,
  };
}

/** [OPN10] @throws AppError `record.attachmentMissing` when the case does not hold one of the images, in that size */
export async function requireKeyImages(trx: Transaction<Schema>, { caseId }: Pick<OpinionRecord, 'caseId'>, { keyImages }: OpinionContent): Promise<void> {
  if (keyImages.length === 0) return;
  const hashes = keyImages.map(({ attachment }) => attachment.hash);
  const held = await trx.selectFrom('attachments').select(['hash', 'size_bytes']).where('case_id', '=', caseId).where('hash', 'in', hashes).where('held_at_ms', 'is not', null).execute();
  const isHeld = keyImages.every(({ attachment }) => held.some(({ hash, size_bytes: sizeBytes }) => hash === attachment.hash && sizeBytes === attachment.sizeBytes));
  if (!isHeld) throw new AppError('record.attachmentMissing', 'OPN10: the case does not hold a key image');
}
