import type { CaseItemContent } from '#shared/domain/caseFile';

export type FieldInput = 'line' | 'prose' | 'number' | 'date' | 'sex' | 'urgency';
export type FieldKind = 'request' | 'history' | 'examination' | 'patient' | 'opinion';

/** How each field of the kinds that are edited in place is written. */
export const RECORD_FIELDS: Readonly<Record<FieldKind, readonly { readonly name: string; readonly input: FieldInput; readonly max: number }[]>> = {
  request: [
    { name: 'question', input: 'prose', max: 2000 },
    { name: 'diagnosis', input: 'prose', max: 1000 },
    { name: 'urgency', input: 'urgency', max: 20 },
    { name: 'ward', input: 'line', max: 100 },
    { name: 'bed', input: 'line', max: 20 },
  ],
  history: [
    { name: 'allergies', input: 'prose', max: 2000 },
    { name: 'presentIllness', input: 'prose', max: 20_000 },
    { name: 'pastHistory', input: 'prose', max: 20_000 },
    { name: 'medication', input: 'prose', max: 20_000 },
  ],
  examination: [
    { name: 'general', input: 'prose', max: 20_000 },
    { name: 'findings', input: 'prose', max: 20_000 },
  ],
  patient: [
    { name: 'name', input: 'line', max: 80 },
    { name: 'sex', input: 'sex', max: 20 },
    { name: 'birthDate', input: 'date', max: 10 },
    { name: 'ageYears', input: 'number', max: 130 },
    { name: 'recordNumber', input: 'line', max: 40 },
    { name: 'phone', input: 'line', max: 40 },
  ],
  opinion: [
    { name: 'findings', input: 'prose', max: 20_000 },
    { name: 'recommendation', input: 'prose', max: 20_000 },
  ],
};

/** An entry of a kind with nothing in it yet: what its first field is written into. */
export function emptyContent(kind: FieldKind): CaseItemContent {
  switch (kind) {
    case 'patient':
      return { kind, body: { name: '', sex: 'unknown', birthDate: null, ageYears: null, recordNumber: null, phone: null } };
    case 'request':
      return { kind, body: { question: '', diagnosis: '', urgency: 'routine', ward: '', bed: '', kind: 'consultation', wanted: [], preferredTimes: [], needsCart: false } };
    case 'history':
      return { kind, body: { presentIllness: '', pastHistory: '', medication: '', allergies: '' } };
    case 'examination':
      return { kind, body: { general: '', findings: '' } };
    case 'opinion':
      return { kind, body: { findings: '', recommendation: '' } };
  }
}

/** What was typed, as the field's value: numbers and what may be absent are null where nothing was typed. */
export function toValue(input: FieldInput, field: string, text: string): string | number | null {
  const trimmed = input === 'prose' ? text.trimEnd() : text.trim();
  if (input === 'number') return trimmed === '' ? null : Number(trimmed);
  const mayBeAbsent = input === 'date' || field === 'recordNumber' || field === 'phone';
  return mayBeAbsent && trimmed === '' ? null : trimmed;
}

/** Whether what was typed fits the field. */
export function fits(input: FieldInput, text: string, max: number): boolean {
  if (input !== 'number') return text.length <= max;
  return text.trim() === '' || (/^\d{1,3}$/.test(text.trim()) && Number(text) <= max);
}
