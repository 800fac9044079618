import type { CaseItemBody } from '#shared/domain/caseFile';
import { FHIR_OWN as OWN, IDENTIFIER_SYSTEMS } from '#shared/domain/fhirNames';

export const LOINC = 'http://loinc.org';
export const UCUM = 'http://unitsofmeasure.org';
export const DICOM_MODALITY = 'http://dicom.nema.org/resources/ontology/DCM';
export const OBSERVATION_CATEGORY = 'http://terminology.hl7.org/CodeSystem/observation-category';
export const ABSENT_REASON = 'http://terminology.hl7.org/CodeSystem/data-absent-reason';
export const CONSENT_SCOPE = 'http://terminology.hl7.org/CodeSystem/consentscope';
export const ROLE_CODE = 'http://terminology.hl7.org/CodeSystem/v3-RoleCode';

export const ITEM_ID = `${OWN}:item-id`;
export const CASE_ID = IDENTIFIER_SYSTEMS.case;
export const PARTY_ID = IDENTIFIER_SYSTEMS.party;
export const RECORD_NUMBER = IDENTIFIER_SYSTEMS.recordNumber;
export const DOCUMENT_CATEGORY = `${OWN}:document-category`;
export const PLACE_PART = `${OWN}:place-part`;
export const LAB_NAME = `${OWN}:lab-name`;
/** References within a bundle are relative to this; nothing is served there. */
export const FULL_URL_BASE = 'https://huizhen.invalid/fhir';
/** Extensions: an attachment's SHA-256 in hex (FHIR's own `hash` is SHA-1), an age without a birth date, a signature's picture. */
export const SHA256_EXTENSION = `${OWN}:sha256`;
export const AGE_EXTENSION = `${OWN}:age-years`;
export const SIGNATURE_EXTENSION = `${OWN}:signature`;

export const VITALS_PANEL = '85353-1';
export const BLOOD_PRESSURE = '85354-9';
export const PATIENT_CONSENT = '59284-0';

type VitalField = Exclude<keyof CaseItemBody<'vitals'>, 'measuredAtMs'>;

/** The measurements of a round, with LOINC code and UCUM unit; those of the blood pressure are parts of one observation. */
export const VITALS: readonly { readonly field: VitalField; readonly code: string; readonly display: string; readonly unit: string; readonly isPressure: boolean }[] = [
  { field: 'heartRatePerMin', code: '8867-4', display: 'Heart rate', unit: '/min', isPressure: false },
  { field: 'respiratoryRatePerMin', code: '9279-1', display: 'Respiratory rate', unit: '/min', isPressure: false },
  { field: 'systolicMmHg', code: '8480-6', display: 'Systolic blood pressure', unit: 'mm[Hg]', isPressure: true },
  { field: 'diastolicMmHg', code: '8462-4', display: 'Diastolic blood pressure', unit: 'mm[Hg]', isPressure: true },
  { field: 'oxygenSaturationPercent', code: '2708-6', display: 'Oxygen saturation in Arterial blood', unit: '%', isPressure: false },
  { field: 'temperatureC', code: '8310-5', display: 'Body temperature', unit: 'Cel', isPressure: false },
];

/** Sections of a composition: LOINC code and title. */
export const HISTORY_SECTIONS = {
  presentIllness: { code: '10164-2', title: '现病史' },
  pastHistory: { code: '11348-0', title: '既往史' },
  medication: { code: '10160-0', title: '用药' },
  allergies: { code: '48765-2', title: '过敏史' },
} as const satisfies Record<keyof CaseItemBody<'history'>, { readonly code: string; readonly title: string }>;

export const EXAMINATION_SECTIONS = {
  general: { code: '10210-3', title: '一般情况' },
  findings: { code: '29545-1', title: '体格检查' },
} as const satisfies Record<keyof CaseItemBody<'examination'>, { readonly code: string; readonly title: string }>;

/** Types of compositions. */
export const HISTORY_TYPE = '11329-0';
export const EXAMINATION_TYPE = '29544-4';

export const PRIORITIES = { routine: 'routine', urgent: 'urgent', emergency: 'stat' } as const satisfies Record<CaseItemBody<'request'>['urgency'], string>;

/** Who signed, as seen from the patient. */
export const RELATIONS = { patient: 'ONESELF', spouse: 'SPS', parent: 'PRN', child: 'CHILD', guardian: 'GUARD', other: 'FAMMEMB' } as const satisfies Record<CaseItemBody<'consent'>['relation'], string>;
