import type { CaseFacts, RequestForm } from '#shared/domain/consultation/form';
import { requestFormSchema } from '#shared/domain/consultation/form';
import { ofKind, type ViewedItem } from './caseView.ts';

const EMPTY_FORM: RequestForm = { kind: 'consultation', urgency: 'routine', question: '', diagnosis: '', wanted: [], preferredTimes: [], needsCart: false };

/** What a request has to know of its case, of the case as this machine shows it: with what was written here and is not delivered yet. The server asks the same of its own. */
export function caseFactsOf(items: readonly ViewedItem[]): CaseFacts {
  const patient = ofKind(items, 'patient')[0]?.content.body;
  const history = ofKind(items, 'history')[0]?.content.body;
  const examination = ofKind(items, 'examination')[0]?.content.body;
  const has = (kind: 'lab' | 'imaging' | 'document' | 'consent') => ofKind(items, kind).some(({ retraction }) => retraction === null);
  const isWritten = (text: string | undefined) => (text ?? '').trim() !== '';
  return {
    form: formOf(items),
    hasPatientName: isWritten(patient?.name),
    hasPatientSex: patient !== undefined && patient.sex !== 'unknown',
    hasPatientAge: patient !== undefined && (patient.ageYears !== null || patient.birthDate !== null),
    hasPresentIllness: isWritten(history?.presentIllness),
    hasFinding: isWritten(examination?.general) || isWritten(examination?.findings) || has('lab') || has('imaging') || has('document'),
    hasConsent: has('consent'),
  };
}

/** The request form of a case, as this machine shows it. */
export function formOf(items: readonly ViewedItem[]): RequestForm {
  const request = ofKind(items, 'request')[0]?.content.body;
  return request === undefined ? EMPTY_FORM : requestFormSchema.parse(request);
}
