import type { CaseItemKind } from '#shared/domain/caseFile';

export const SECTIONS = ['overview', 'vitals', 'labs', 'imaging', 'record', 'documents', 'notes', 'opinion', 'consent', 'changes'] as const;
export type SectionName = (typeof SECTIONS)[number];

const HOMES: Readonly<Record<CaseItemKind, SectionName>> = {
  patient: 'record', request: 'record', history: 'record', examination: 'record', vitals: 'vitals', lab: 'labs', document: 'documents', imaging: 'documents', series: 'documents', opinion: 'opinion', consent: 'consent', note: 'notes', marks: 'documents', imagingView: 'documents',
};

/** Where items of a kind are shown and written. */
export function sectionOf(kind: CaseItemKind): SectionName {
  return HOMES[kind];
}
