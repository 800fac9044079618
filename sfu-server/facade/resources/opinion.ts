import { IDENTIFIER_SYSTEMS } from '#shared/domain/fhirNames';
import type { OpinionLanguage } from '#shared/domain/opinion';
import type { Attachment, Composition, CompositionAttester, CompositionSection, DiagnosticReport } from '@medplum/fhirtypes';
import { filled, loinc, narrative, some, timeOf } from '../../cases/fhir/parts.ts';
import { documentOf } from '../../opinions/opinionDesk.ts';
import type { FacadeRow } from '../../storage/facadeRows.ts';
import type { OpinionState } from '../../storage/opinions.ts';
import { CONSULT_NOTE } from '../codes.ts';
import { metaOf, patientOf, type ResourceContext, referTo } from './parts.ts';

const LANGUAGES = [['zh', 'zh-CN', '会诊意见书'], ['en', 'en', 'Consultation opinion']] as const satisfies readonly (readonly [OpinionLanguage, string, string])[];

/** The id of the Binary with an opinion's signed file. */
export function binaryId(opinionId: string, language: OpinionLanguage): string {
  return `${opinionId}.${language}`;
}

/** [FHR8] An opinion as a report. Until the last signature it says that it is to come, and nothing of what it will say. */
export function diagnosticReport(state: OpinionState, row: FacadeRow, context: ResourceContext): DiagnosticReport {
  const { id, caseId, consultId, requestId, status, changedAtMs } = state.record;
  const common = {
    resourceType: 'DiagnosticReport' as const, id, ...metaOf(row), identifier: [{ system: IDENTIFIER_SYSTEMS.opinion, value: id }],
    ...some('basedOn', requestId === null ? null : [{ reference: `ServiceRequest/${requestId}` }]),
    status: row.status as NonNullable<DiagnosticReport['status']>, // the row's own words are FHIR's
    code: loinc(CONSULT_NOTE, 'Consult note'), subject: patientOf(caseId), encounter: { reference: `Encounter/${consultId}` },
  };
  if (status !== 'signed') return common;
  const { document } = documentOf(state);
  const signers = document.panel.filter(({ id: personId }) => document.content.signerIds.some((one) => one === personId)).map((party) => referTo(party, context));
  const presentedForm = LANGUAGES.map(([language, code, title]): Attachment => ({ contentType: 'application/pdf', language: code, url: `${context.base}/Binary/${binaryId(id, language)}`, title, creation: timeOf(changedAtMs) }));
  return {
    ...common, effectiveDateTime: timeOf(document.consultedAtMs), issued: timeOf(changedAtMs), performer: signers, resultsInterpreter: signers,
    ...some('conclusion', filled([document.content.diagnosis, document.content.recommendations].filter((text) => text.trim() !== '').join('\n\n'))), presentedForm,
  };
}

/** [FHR8] A signed opinion, section by section, with its signers as attesters. An addendum names what it adds to. */
export function composition(state: OpinionState, row: FacadeRow, context: ResourceContext): Composition {
  const { id, caseId, consultId, changedAtMs } = state.record;
  const { document } = documentOf(state);
  const { content, panel, addendumTo } = document;
  const named = new Map(panel.map((party) => [party.id as string, party]));
  const nameOf = (personId: string) => named.get(personId)?.name.zh ?? personId;
  const sections: readonly (readonly [code: string, title: string, text: string])[] = [
    ['8648-8', '摘要', content.summary], ['59776-5', '所见', content.findings], ['29308-4', '诊断', content.diagnosis], ['18776-5', '建议', content.recommendations],
    ['48767-8', '不同意见', content.disagreements.map(({ personIds, text }) => `${personIds.map(nameOf).join('、')}：${text}`).join('\n')],
  ];
  const attester = state.signatures.map(({ statement }): CompositionAttester => {
    const signer = named.get(statement.personId);
    return { mode: 'professional', time: timeOf(statement.signedAtMs), ...some('party', signer === undefined ? null : referTo(signer, context)) };
  });
  return {
    resourceType: 'Composition', id, ...metaOf(row), identifier: { system: IDENTIFIER_SYSTEMS.opinion, value: id }, status: 'final', type: loinc(CONSULT_NOTE, 'Consult note'), subject: patientOf(caseId),
    encounter: { reference: `Encounter/${consultId}` }, date: timeOf(changedAtMs), author: panel.map((party) => referTo(party, context)), title: addendumTo === null ? '会诊意见书' : '会诊意见书补充', attester,
    ...some('relatesTo', addendumTo === null ? null : [{ code: 'appends' as const, targetReference: { reference: `Composition/${addendumTo.opinionId}` } }]),
    section: sections.flatMap(([code, title, text]): CompositionSection[] => (filled(text) === null ? [] : [{ title, code: loinc(code, title), text: narrative(text) }])),
  };
}
