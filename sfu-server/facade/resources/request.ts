import { IDENTIFIER_SYSTEMS, SPECIALTY_SYSTEM } from '#shared/domain/fhirNames';
import { SPECIALTIES } from '#shared/domain/specialties';
import type { Extension, ServiceRequest } from '@medplum/fhirtypes';
import { PRIORITIES } from '../../cases/fhir/codes.ts';
import { filled, some, timeOf } from '../../cases/fhir/parts.ts';
import type { FacadeRequest } from '../../storage/facadeRecords.ts';
import type { FacadeRow } from '../../storage/facadeRows.ts';
import { CONSENT_EXCEPTION, CONSULT_KIND, END_REASON, MATERIAL_ASKED, NEEDS_CART, REQUEST_STATE, REQUEST_STATUS, WANTED_EXPERT } from '../codes.ts';
import { metaOf, organisationOf, patientOf, type ResourceContext, referTo } from './parts.ts';

/** A consultation request. What FHIR's status does not say is in the extensions: our own state, what the centre asked for, why it ended. */
export function serviceRequest({ request, identifiers, requester }: FacadeRequest, row: FacadeRow, context: ResourceContext): ServiceRequest {
  const { form, state } = request;
  const [question, diagnosis] = [filled(form.question), filled(form.diagnosis)];
  const [first] = form.wanted;
  const [time] = form.preferredTimes;
  const text = (url: string, said: string | null | undefined): Extension[] => (filled(said ?? null) === null ? [] : [{ url, valueString: said ?? '' }]);
  return {
    resourceType: 'ServiceRequest', id: request.id, ...metaOf(row),
    extension: [
      { url: REQUEST_STATE, valueCode: state },
      ...form.wanted.map((wanted): Extension => ({ url: WANTED_EXPERT, extension: [{ url: 'specialty', valueCode: wanted.specialty }, { url: 'leastGrade', valueCode: wanted.leastGrade }, { url: 'count', valuePositiveInt: wanted.count }] })),
      ...(form.needsCart ? [{ url: NEEDS_CART, valueBoolean: true }] : []),
      ...text(CONSENT_EXCEPTION, request.consentException?.reason),
      ...text(MATERIAL_ASKED, request.materialAsked),
      ...text(END_REASON, request.endReason),
    ],
    identifier: [{ system: IDENTIFIER_SYSTEMS.request, value: request.id }, ...identifiers],
    status: REQUEST_STATUS[state], intent: 'order', priority: PRIORITIES[form.urgency],
    category: [{ coding: [{ system: CONSULT_KIND, code: form.kind }] }], code: { text: '远程会诊' },
    subject: patientOf(request.caseId), authoredOn: timeOf(request.createdAtMs),
    ...some('requester', requester === null ? null : referTo(requester, context)),
    ...some('performer', request.centreId === null ? null : [organisationOf(request.centreId)]),
    ...some('performerType', first === undefined ? null : { coding: [{ system: SPECIALTY_SYSTEM, code: first.specialty, display: SPECIALTIES[first.specialty].en }], text: SPECIALTIES[first.specialty].zh }),
    ...some('occurrencePeriod', time === undefined || time.toMs < time.fromMs ? null : { start: timeOf(time.fromMs), end: timeOf(time.toMs) }),
    ...some('reasonCode', diagnosis === null ? null : [{ text: diagnosis }]),
    ...some('note', question === null ? null : [{ text: question }]),
  };
}
