import type { CaseItemBody } from '#shared/domain/caseFile';
import type { CaseId } from '#shared/domain/ids';
import { assertNever } from '#shared/lib/assert';
import type { CodeableConcept, Composition, CompositionSection, Observation, ObservationReferenceRange, Patient, Reference, Resource } from '@medplum/fhirtypes';
import type { StoredItem } from '../../storage/caseRecords.ts';
import { plainTextOf } from '../noteText.ts';
import {
  ABSENT_REASON, AGE_EXTENSION, BLOOD_PRESSURE, CONSENT_SCOPE, DICOM_MODALITY, DOCUMENT_CATEGORY, EXAMINATION_SECTIONS, EXAMINATION_TYPE, HISTORY_SECTIONS, HISTORY_TYPE, LAB_NAME, LOINC,
  OBSERVATION_CATEGORY, PATIENT_CONSENT, PLACE_PART, PRIORITIES, RECORD_NUMBER, RELATIONS, ROLE_CODE, SIGNATURE_EXTENSION, UCUM, VITALS, VITALS_PANEL,
} from './codes.ts';
import { attachmentOf, filled, itemIdentifier, loinc, narrative, partyReference, quantity, some, timeOf, uuidOf } from './parts.ts';

/** What is the same for every resource of an export. */
export interface ExportContext {
  readonly caseId: CaseId;
  readonly subject: Reference<Patient>;
}

type Item<K extends StoredItem['content']['kind']> = Omit<StoredItem, 'content'> & { readonly body: CaseItemBody<K> };

/** The resources that an item becomes. One that was taken back goes out as entered in error. */
export function resourcesOf(item: StoredItem, context: ExportContext): Resource[] {
  const { content } = item;
  switch (content.kind) {
    case 'patient':
      return [patient({ ...item, body: content.body }, context)];
    case 'request':
      return [serviceRequest({ ...item, body: content.body }, context)];
    case 'history':
      return [composition(item, context, HISTORY_TYPE, '病史', Object.entries(HISTORY_SECTIONS).map(([field, section]) => ({ ...section, text: new Map(Object.entries(content.body)).get(field) ?? '' })))];
    case 'examination':
      return [composition(item, context, EXAMINATION_TYPE, '体格检查', Object.entries(EXAMINATION_SECTIONS).map(([field, section]) => ({ ...section, text: new Map(Object.entries(content.body)).get(field) ?? '' })))];
    case 'vitals':
      return vitals({ ...item, body: content.body }, context);
    case 'lab':
      return [lab({ ...item, body: content.body }, context)];
    case 'document':
      return [documentReference({ ...item, body: content.body }, context)];
    case 'imaging':
      return [imagingStudy({ ...item, body: content.body }, context)];
    case 'series':
      return []; // what machines are to keep is no record of the patient
    case 'opinion':
      return [clinicalImpression({ ...item, body: content.body }, context)];
    case 'consent':
      return [consent({ ...item, body: content.body }, context)];
    case 'note':
      return [communication({ ...item, body: content.body }, context)];
    case 'marks': // they leave as a DICOM SR of the study they are on
    case 'imagingView':
      return [];
    default:
      return assertNever(content);
  }
}

const idOf = (item: Pick<StoredItem, 'id'>, { caseId }: ExportContext, part = '') => uuidOf(caseId, item.id, part);

function patient(item: Item<'patient'>, context: ExportContext): Resource {
  const { name, sex, birthDate, ageYears, recordNumber, phone } = item.body;
  const [number, telephone, called] = [filled(recordNumber), filled(phone), filled(name)];
  return {
    resourceType: 'Patient', id: idOf(item, context), gender: sex,
    ...some('extension', ageYears === null ? null : [{ url: AGE_EXTENSION, valueInteger: ageYears }]),
    ...some('identifier', number === null ? null : [{ system: RECORD_NUMBER, value: number }]),
    ...some('name', called === null ? null : [{ text: called }]),
    ...some('telecom', telephone === null ? null : [{ system: 'phone' as const, value: telephone }]),
    ...some('birthDate', birthDate),
  };
}

function serviceRequest(item: Item<'request'>, context: ExportContext): Resource {
  const { question, diagnosis, urgency, ward, bed } = item.body;
  const [asked, reason] = [filled(question), filled(diagnosis)];
  const places = ([['ward', ward], ['bed', bed]] as const).flatMap(([code, text]): CodeableConcept[] => (filled(text) === null ? [] : [{ coding: [{ system: PLACE_PART, code }], text }]));
  return {
    resourceType: 'ServiceRequest', id: idOf(item, context), identifier: [itemIdentifier(item.id)], status: 'active', intent: 'order', priority: PRIORITIES[urgency],
    code: { text: '远程会诊' }, subject: context.subject, authoredOn: timeOf(item.createdAtMs), requester: partyReference(item.author),
    ...some('reasonCode', reason === null ? null : [{ text: reason }]),
    ...some('note', asked === null ? null : [{ text: asked }]),
    ...some('locationCode', places.length === 0 ? null : places),
  };
}

function composition(item: StoredItem, context: ExportContext, type: string, title: string, sections: readonly { readonly code: string; readonly title: string; readonly text: string }[]): Composition {
  const written = sections.flatMap((section): CompositionSection[] => (filled(section.text) === null ? [] : [{ title: section.title, code: loinc(section.code, section.title), text: narrative(section.text) }]));
  return {
    resourceType: 'Composition', id: idOf(item, context), identifier: itemIdentifier(item.id), status: 'final', type: loinc(type, title), subject: context.subject,
    date: timeOf(item.changedAtMs), author: [partyReference(item.author)], title, ...some('section', written.length === 0 ? null : written),
  };
}

const observationStatus = (item: { readonly retraction: unknown }) => (item.retraction === null ? ('final' as const) : ('entered-in-error' as const));
const category = (code: 'vital-signs' | 'laboratory'): CodeableConcept[] => [{ coding: [{ system: OBSERVATION_CATEGORY, code }] }];
const absent: CodeableConcept = { coding: [{ system: ABSENT_REASON, code: 'not-performed' }] };

/** A panel, and an observation of its own for each measurement: those who know no panels find them all the same. */
function vitals(item: Item<'vitals'>, context: ExportContext): Observation[] {
  const { body } = item;
  const common = { resourceType: 'Observation' as const, status: observationStatus(item), category: category('vital-signs'), subject: context.subject, effectiveDateTime: timeOf(body.measuredAtMs), performer: [partyReference(item.author)] };
  const single = VITALS.flatMap(({ field, code, display, unit, isPressure }): Observation[] => {
    const value = body[field];
    return value === null || isPressure ? [] : [{ ...common, id: idOf(item, context, code), code: loinc(code, display), valueQuantity: quantity(value, unit) }];
  });
  const pressures = VITALS.flatMap(({ field, code, display, unit, isPressure }) => {
    const value = body[field];
    return value === null || !isPressure ? [] : [{ code: loinc(code, display), valueQuantity: quantity(value, unit) }];
  });
  const pressure: Observation[] = pressures.length === 0 ? [] : [{ ...common, id: idOf(item, context, BLOOD_PRESSURE), code: loinc(BLOOD_PRESSURE, 'Blood pressure panel'), component: pressures }];
  const members = [...single, ...pressure];
  return [
    {
      ...common, id: idOf(item, context), identifier: [itemIdentifier(item.id)], code: loinc(VITALS_PANEL, 'Vital signs panel'),
      ...(members.length === 0 ? { dataAbsentReason: absent } : { hasMember: members.map(({ id }) => ({ reference: `Observation/${id}` })) }),
    },
    ...members,
  ];
}

function lab(item: Item<'lab'>, context: ExportContext): Observation {
  const { collectedAtMs, name, code, value, text, unit, low, high } = item.body;
  const measured = (amount: number) => ({ value: amount, ...(filled(unit) === null ? {} : isUcum(unit) ? { unit, system: UCUM, code: unit } : { unit }) });
  const isCode = code !== null && /^\S+$/.test(code);
  const said = filled(text);
  const range: ObservationReferenceRange = { ...some('low', low === null ? null : measured(low)), ...some('high', high === null ? null : measured(high)) };
  return {
    resourceType: 'Observation', id: idOf(item, context), identifier: [itemIdentifier(item.id)], status: observationStatus(item), category: category('laboratory'), subject: context.subject,
    code: { coding: [isCode ? { system: LOINC, code, ...some('display', filled(name.en)) } : { system: LAB_NAME, ...some('display', filled(name.en)) }], ...some('text', filled(name.zh)) },
    effectiveDateTime: timeOf(collectedAtMs),
    ...(value !== null ? { valueQuantity: measured(value), ...some('note', said === null ? null : [{ text: said }]) } : said !== null ? { valueString: said } : { dataAbsentReason: absent }),
    ...some('referenceRange', low === null && high === null ? null : [range]),
  };
}

/** Units as UCUM writes them: those in use are letters, per cent, powers of ten, brackets and a slash. */
function isUcum(unit: string): boolean {
  return /^(10\*\d{1,2})?[A-Za-z%[\]]*(\/[A-Za-z0-9*[\]]+)?$/.test(unit);
}

function documentReference(item: Item<'document'>, context: ExportContext): Resource {
  const { category: kind, title, takenAtMs, attachment } = item.body;
  return {
    resourceType: 'DocumentReference', id: idOf(item, context), identifier: [itemIdentifier(item.id)], status: item.retraction === null ? 'current' : 'entered-in-error',
    type: { coding: [{ system: DOCUMENT_CATEGORY, code: kind }] }, subject: context.subject, date: timeOf(item.createdAtMs), author: [partyReference(item.author)],
    ...some('description', filled(title)), content: [{ attachment: { ...attachmentOf(context.caseId, attachment), creation: timeOf(takenAtMs) } }],
  };
}

function imagingStudy(item: Item<'imaging'>, context: ExportContext): Resource {
  const { studyUid, modality, description, studiedAtMs, seriesCount } = item.body;
  return {
    resourceType: 'ImagingStudy', id: idOf(item, context), identifier: [itemIdentifier(item.id), { system: 'urn:dicom:uid', value: `urn:oid:${studyUid}` }],
    status: item.retraction === null ? 'available' : 'entered-in-error', subject: context.subject, started: timeOf(studiedAtMs), numberOfSeries: seriesCount,
    ...some('modality', /^\S+$/.test(modality) ? [{ system: DICOM_MODALITY, code: modality }] : null), ...some('description', filled(description)),
  };
}

/** Not yet signed, so still in progress. */
function clinicalImpression(item: Item<'opinion'>, context: ExportContext): Resource {
  const { findings, recommendation } = item.body;
  const advised = filled(recommendation);
  return {
    resourceType: 'ClinicalImpression', id: idOf(item, context), identifier: [itemIdentifier(item.id)], status: item.retraction === null ? 'in-progress' : 'entered-in-error',
    subject: context.subject, date: timeOf(item.changedAtMs), assessor: partyReference(item.author),
    ...some('summary', filled(findings)), ...some('note', advised === null ? null : [{ text: advised }]),
  };
}

function consent(item: Item<'consent'>, context: ExportContext): Resource {
  const { formTitle, formText, signerName, relation, signedAtMs, signature } = item.body;
  const [title, text, signer] = [filled(formTitle), filled(formText), filled(signerName)];
  return {
    resourceType: 'Consent', id: idOf(item, context), identifier: [itemIdentifier(item.id)], status: item.retraction === null ? 'active' : 'entered-in-error',
    extension: [{ url: SIGNATURE_EXTENSION, valueAttachment: attachmentOf(context.caseId, signature) }],
    scope: { coding: [{ system: CONSENT_SCOPE, code: 'treatment' }] }, category: [{ coding: [{ system: LOINC, code: PATIENT_CONSENT }] }], patient: context.subject, dateTime: timeOf(signedAtMs),
    sourceAttachment: { contentType: 'text/plain; charset=utf-8', ...some('title', title), ...some('data', text === null ? null : Buffer.from(text, 'utf8').toString('base64')) },
    policyRule: { text: title ?? '知情同意' },
    provision: { actor: [{ role: { coding: [{ system: ROLE_CODE, code: RELATIONS[relation] }] }, reference: { display: signer ?? '—' } }] },
  };
}

function communication(item: Item<'note'>, context: ExportContext): Resource {
  const text = filled(plainTextOf(item.textState));
  return {
    resourceType: 'Communication', id: idOf(item, context), identifier: [itemIdentifier(item.id)], status: item.retraction === null ? 'completed' : 'entered-in-error',
    subject: context.subject, sent: timeOf(item.changedAtMs), sender: partyReference(item.author),
    topic: { text: filled(item.body.title) ?? '记录' }, ...some('payload', text === null ? null : [{ contentString: text }]),
  };
}
