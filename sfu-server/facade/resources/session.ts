import { IDENTIFIER_SYSTEMS, SPECIALTY_SYSTEM } from '#shared/domain/fhirNames';
import type { CaseId } from '#shared/domain/ids';
import type { Party } from '#shared/domain/people';
import type { Appointment as PlannedAppointment } from '#shared/domain/scheduling';
import { SPECIALTIES } from '#shared/domain/specialties';
import type { Appointment, AppointmentParticipant, Encounter } from '@medplum/fhirtypes';
import { some, timeOf } from '../../cases/fhir/parts.ts';
import type { FacadeSession } from '../../storage/facadeRecords.ts';
import type { FacadeRow } from '../../storage/facadeRows.ts';
import { ACT_CODE, ANSWERS } from '../codes.ts';
import { metaOf, organisationOf, patientOf, type ResourceContext, referTo } from './parts.ts';

/** A planned session. Those invited with their answers; who else comes; the patient, by reference alone (SCH14). @param members of its consult */
export function appointment(planned: PlannedAppointment, members: readonly Party[], row: FacadeRow, context: ResourceContext): Appointment {
  const { consultId, state, startsAtMs, durationMinutes, specialty, panel, cancelReason, requestId } = planned;
  const invited = new Set<string>(panel.map(({ person }) => person.id));
  const participant: AppointmentParticipant[] = [
    ...panel.map(({ person, answer }): AppointmentParticipant => ({ actor: referTo(person, context), required: 'required', status: ANSWERS[answer] })),
    ...members.filter(({ id }) => !invited.has(id)).map((member): AppointmentParticipant => ({ actor: referTo(member, context), required: 'required', status: 'accepted' })),
    ...(row.caseId === null ? [] : [{ actor: patientOf(row.caseId), status: 'accepted' as const }]),
  ];
  return {
    resourceType: 'Appointment', id: consultId, ...metaOf(row), identifier: [{ system: IDENTIFIER_SYSTEMS.consult, value: consultId }],
    status: row.status as NonNullable<Appointment['status']>, // the row's own words are FHIR's
    ...some('cancelationReason', state === 'cancelled' && cancelReason !== null ? { text: cancelReason } : null),
    ...some('specialty', specialty === null ? null : [{ coding: [{ system: SPECIALTY_SYSTEM, code: specialty, display: SPECIALTIES[specialty].en }], text: SPECIALTIES[specialty].zh }]),
    start: timeOf(startsAtMs), end: timeOf(startsAtMs + durationMinutes * 60_000), minutesDuration: durationMinutes,
    ...some('basedOn', requestId === null ? null : [{ reference: `ServiceRequest/${requestId}` }]),
    participant: participant.length > 0 ? participant : [{ type: [{ text: 'host' }], status: 'accepted' }],
  };
}

/** A session as it is, or will be, held; by video, so its class is virtual. */
export function encounter(session: FacadeSession, row: FacadeRow, context: ResourceContext): Encounter {
  const { id, startsAtMs, startedAtMs, endedAtMs, requestId, hasAppointment, members } = session;
  const isHeld = startedAtMs !== null;
  return {
    resourceType: 'Encounter', id, ...metaOf(row), identifier: [{ system: IDENTIFIER_SYSTEMS.consult, value: id }],
    status: row.status as NonNullable<Encounter['status']>, // the row's own words are FHIR's
    class: { system: ACT_CODE, code: 'VR', display: 'virtual' },
    ...some('subject', row.caseId === null ? null : patientOf(row.caseId as CaseId)),
    ...some('basedOn', requestId === null ? null : [{ reference: `ServiceRequest/${requestId}` }]),
    ...some('appointment', hasAppointment ? [{ reference: `Appointment/${id}` }] : null),
    ...some('participant', members.length === 0 ? null : members.filter(({ kind }) => kind === 'person').map((member) => ({ individual: referTo(member, context) }))),
    ...some('period', isHeld || session.state === 'scheduled' ? { start: timeOf(startedAtMs ?? startsAtMs), ...some('end', isHeld && endedAtMs !== null ? timeOf(endedAtMs) : null) } : null),
    serviceProvider: organisationOf(session.organisationId),
  };
}
