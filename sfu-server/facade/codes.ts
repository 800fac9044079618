import type { ConsultRequest } from '#shared/domain/consultation/request';
import type { RequestState } from '#shared/domain/consultation/states';
import { FHIR_OWN } from '#shared/domain/fhirNames';
import type { Appointment, Encounter, ServiceRequest, Slot } from '@medplum/fhirtypes';

/** Codes of our own in the facade's resources, beside those of `cases/fhir/codes.ts`. */
export const REQUEST_STATE = `${FHIR_OWN}:request-state`;
export const CONSULT_KIND = `${FHIR_OWN}:consult-kind`;
export const TITLE_GRADE = `${FHIR_OWN}:title-grade`;
export const ROLE = `${FHIR_OWN}:role`;
export const TIER = `${FHIR_OWN}:tier`;
export const AUDIT_ACTION = `${FHIR_OWN}:audit-action`;
export const ERROR_CODE = `${FHIR_OWN}:error`;
export const RULE = `${FHIR_OWN}:rule`;
export const MISSING = `${FHIR_OWN}:missing`;
/** Extensions of a ServiceRequest. */
export const WANTED_EXPERT = `${FHIR_OWN}:wanted-expert`;
export const CONSENT_EXCEPTION = `${FHIR_OWN}:consent-exception`;
export const NEEDS_CART = `${FHIR_OWN}:needs-cart`;
export const MATERIAL_ASKED = `${FHIR_OWN}:material-asked`;
export const END_REASON = `${FHIR_OWN}:end-reason`;

export const CONSULT_NOTE = '11488-4';
export const ACT_CODE = 'http://terminology.hl7.org/CodeSystem/v3-ActCode';

/** What FHIR's words for a request say of ours. */
export const REQUEST_STATUS: Readonly<Record<RequestState, NonNullable<ServiceRequest['status']>>> = {
  draft: 'draft', awaitingApproval: 'active', submitted: 'active', screening: 'active', materialAsked: 'on-hold', accepted: 'active', scheduled: 'active', rehearsed: 'active', inSession: 'active',
  opinionDue: 'active', awaitingSignatures: 'active', completed: 'completed', rated: 'completed', archived: 'completed', declined: 'revoked', cancelled: 'revoked', noShow: 'active',
};

/** FHIR's own lists, in which a search's words have to be. */
export const APPOINTMENT_STATUSES = ['proposed', 'pending', 'booked', 'arrived', 'fulfilled', 'cancelled', 'noshow', 'entered-in-error', 'checked-in', 'waitlist'] as const satisfies readonly Appointment['status'][];
export const ENCOUNTER_STATUSES = ['planned', 'arrived', 'triaged', 'in-progress', 'onleave', 'finished', 'cancelled', 'entered-in-error', 'unknown'] as const satisfies readonly Encounter['status'][];
export const SLOT_STATUSES = ['busy', 'free', 'busy-unavailable', 'busy-tentative', 'entered-in-error'] as const satisfies readonly Slot['status'][];
export const REPORT_STATUSES = ['registered', 'partial', 'preliminary', 'final', 'amended', 'corrected', 'appended', 'cancelled', 'entered-in-error', 'unknown'] as const;
export const COMPOSITION_STATUSES = ['preliminary', 'final', 'amended', 'entered-in-error'] as const;
export const CONSENT_STATUSES = ['draft', 'proposed', 'active', 'rejected', 'inactive', 'entered-in-error'] as const;

export const ANSWERS = { pending: 'needs-action', accepted: 'accepted', declined: 'declined' } as const satisfies Record<NonNullable<ConsultRequest['appointment']>['panel'][number]['answer'], string>;
