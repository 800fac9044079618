import type { Resource, ServiceRequest } from '@medplum/fhirtypes';
import { narrative } from '../../../sfu-server/cases/fhir/parts.ts';

/** A PNG of one pixel, base64. */
const SIGNATURE = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

const PATIENT: Resource = { resourceType: 'Patient', id: 'p', name: [{ text: '周小兰' }], gender: 'female', birthDate: '1958-03-09', identifier: [{ system: 'urn:oid:2.16.156.1', value: 'ZY-20261' }] };
const HISTORY: Resource = {
  resourceType: 'Composition', id: 'h', status: 'final', type: { coding: [{ system: 'http://loinc.org', code: '11329-0' }] }, subject: { reference: '#p' }, date: '2026-11-20', author: [{ display: '杜文博' }], title: '病史',
  section: [{ title: '现病史', code: { coding: [{ system: 'http://loinc.org', code: '10164-2' }] }, text: narrative('气促三天，夜间不能平卧') }],
};
const LAB: Resource = { resourceType: 'Observation', id: 'l', status: 'final', category: [{ coding: [{ code: 'laboratory' }] }], code: { coding: [{ system: 'http://loinc.org', code: '33762-6' }], text: 'NT-proBNP' }, subject: { reference: '#p' }, effectiveDateTime: '2026-11-20T08:00:00+08:00', valueQuantity: { value: 4820, unit: 'pg/mL' } };
const CONSENT: Resource = {
  resourceType: 'Consent', id: 'c', status: 'active', scope: { coding: [{ code: 'treatment' }] }, category: [{ coding: [{ system: 'http://loinc.org', code: '59284-0' }] }], patient: { reference: '#p' }, dateTime: '2026-11-20T09:00:00+08:00',
  extension: [{ url: 'urn:huizhen:fhir:signature', valueAttachment: { contentType: 'image/png', data: SIGNATURE, title: 'signature.png' } }],
  sourceAttachment: { contentType: 'text/plain', title: '远程会诊知情同意书', data: Buffer.from('同意远程会诊', 'utf8').toString('base64') }, policyRule: { text: '知情同意' },
  provision: { actor: [{ role: { coding: [{ code: 'SPS' }] }, reference: { display: '周先生' } }] },
};

/** A whole order of the demo's county hospital for its physician; `number`: by what the hospital knows it. */
export function orderOf(number: string, change: Partial<ServiceRequest> = {}, without: readonly string[] = []): ServiceRequest {
  return {
    resourceType: 'ServiceRequest', status: 'active', intent: 'order', priority: 'routine', identifier: [{ system: 'urn:oid:2.16.156.2', value: number }], code: { text: '远程会诊' },
    subject: { reference: '#p' }, requester: { reference: 'Practitioner/demo-requester' }, reasonCode: [{ text: '心力衰竭' }], note: [{ text: '请评估心功能，是否需要器械治疗' }],
    extension: [{ url: 'urn:huizhen:fhir:wanted-expert', extension: [{ url: 'specialty', valueCode: '03.04' }, { url: 'leastGrade', valueCode: 'chief' }, { url: 'count', valuePositiveInt: 1 }] }],
    occurrencePeriod: { start: '2026-12-01T09:00:00+08:00', end: '2026-12-01T12:00:00+08:00' },
    contained: [PATIENT, HISTORY, LAB, CONSENT].filter(({ resourceType }) => !without.includes(resourceType)),
    ...change,
  };
}
