import type { OrganisationId } from '../ids.ts';
import type { Party } from '../people.ts';
import type { ConsultRequest } from './request.ts';
import type { ActorView } from './rules.ts';
import type { RequestState } from './states.ts';

/** [WFL36] While a request is one of these it is the hospital's own affair: no centre sees it. */
const NOT_YET_SENT: readonly RequestState[] = ['draft', 'awaitingApproval'];

/** Who reads requests of the own hospital. */
const OF_THE_HOSPITAL: readonly Party['role'][] = ['requester', 'approver', 'bedside', 'cart'];

/**
 * [WFL36] Whether somebody may see a request. Its case is another matter: that is read by the rules of access (ACC), which the request
 * feeds by its centre and its panel.
 */
export function mayReadRequest(request: ConsultRequest, { actor, isWithin }: ActorView): boolean {
  if (OF_THE_HOSPITAL.includes(actor.role) && actor.organisationId === request.organisationId) return true;
  if (actor.role === 'scheduler' && !NOT_YET_SENT.includes(request.state)) return isTheCentre(request.centreId, actor.organisationId, isWithin);
  return isInvited(request, actor.id);
}

/** [ACC7] The schedulers of the centre that has a request, and of those above it, read its case while they have it. */
export function isTheCentre(centreId: OrganisationId | null, readerOrganisationId: OrganisationId, isWithin: ActorView['isWithin']): boolean {
  return centreId !== null && isWithin(centreId, readerOrganisationId);
}

/** [WFL37] Who takes part by the appointment; a declined invitation ends it. */
export function isInvited({ appointment, state }: ConsultRequest, partyId: string): boolean {
  if (appointment === null || state === 'cancelled' || state === 'declined') return false;
  return participantsOf(appointment).some(({ id }) => id === partyId);
}

/** The members of an appointment's consult, panel first, each once. */
export function participantsOf(appointment: NonNullable<ConsultRequest['appointment']>): { readonly kind: 'person' | 'cart'; readonly id: string }[] {
  const people = [...appointment.panel.filter(({ answer }) => answer !== 'declined').map(({ personId }) => personId as string), appointment.hostPersonId, ...appointment.attendeeIds];
  const declined = new Set(appointment.panel.filter(({ answer }) => answer === 'declined').map(({ personId }) => personId as string));
  return [
    ...[...new Set(people)].filter((id) => !declined.has(id)).map((id) => ({ kind: 'person' as const, id })),
    ...appointment.cartIds.map((id) => ({ kind: 'cart' as const, id })),
  ];
}
