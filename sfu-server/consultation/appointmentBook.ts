import { participantsOf } from '#shared/domain/consultation/access';
import type { ConsultRequest, PlannedSession } from '#shared/domain/consultation/request';
import type { RequestStep } from '#shared/domain/consultation/steps';
import type { CartId, PersonId } from '#shared/domain/ids';
import type { Party } from '#shared/domain/people';
import { DEFAULT_WEEK } from '#shared/domain/scheduling';
import { hasPermission } from '#shared/domain/roles';
import { assertNever, required } from '#shared/lib/assert';
import { AppError } from '#shared/protocol/errors';
import { answerInvitation, type AppointmentChanged, bookSessions, cancelSession, replanSession, substitutePerson } from '../scheduling/booking.ts';
import { patientOfCase } from '../storage/caseFacts.ts';
import { createAppointments } from '../storage/appointments.ts';
import { createCarts } from '../storage/carts.ts';
import { createConsults } from '../storage/consults.ts';
import { createPeople } from '../storage/people.ts';
import type { AppointmentBook, Work } from './consultations.ts';

/** What calendars say the times in; the centres' own zone. */
const TIME_ZONE = DEFAULT_WEEK.timeZone;

/** Keeps the session, its members and its bookings in step with the request, by the rules of scheduling, in the request's transaction. */
export function createAppointmentBook(onChanged: (changed: AppointmentChanged, actorId: string) => void): AppointmentBook {
  return {
    async follow(trx, before, after, step, by, nowMs) {
      const changed = await followStep(trx, before, after, step, by, nowMs);
      // Told of when the transaction is through: a listener asks the database, which would still have the old state.
      return changed === null ? () => undefined : () => onChanged(changed, by.id);
    },
  };
}

async function followStep(trx: Work, before: ConsultRequest, after: ConsultRequest, step: RequestStep, by: Party, nowMs: number): Promise<AppointmentChanged | null> {
  switch (step.type) {
    case 'schedule':
      return book(trx, after, by, nowMs);
    case 'reschedule':
      return before.appointment?.consultId === after.appointment?.consultId ? replan(trx, after, by, nowMs) : book(trx, after, by, nowMs);
    case 'answer':
      return answerInvitation(trx, sessionOf(before).consultId, by.id as PersonId, step.answer === 'accepted' ? { answer: 'accepted' } : { answer: 'declined', reason: step.reason.slice(0, 300) }, nowMs); // only people are on a panel
    case 'substitute': {
      await requireAble(trx, [step.byPersonId], [], sessionOf(before).hostPersonId === step.personId ? step.byPersonId : null);
      return substitutePerson(trx, sessionOf(before).consultId, step.personId, step.byPersonId, nowMs);
    }
    case 'cancel':
    case 'noShow':
      // After a no-show its session is over already.
      return before.appointment === null || before.state === 'noShow' ? null : cancelSession(trx, before.appointment.consultId, step.reason.slice(0, 300), nowMs);
    case 'end':
    case 'closeSession':
      await createConsults(trx).setState(sessionOf(before).consultId, 'ended', nowMs);
      return null;
    case 'send':
    case 'approve':
    case 'refuseApproval':
    case 'screen':
    case 'check':
    case 'returnForMaterial':
    case 'supply':
    case 'accept':
    case 'decline':
    case 'forward':
    case 'rehearse':
    case 'waiveRehearsal':
    case 'start':
    case 'submitOpinion':
    case 'returnOpinion':
    case 'signOpinion':
    case 'recordOutcome':
    case 'rate':
    case 'archive':
      return null;
    default:
      return assertNever(step);
  }
}

function sessionOf({ appointment }: ConsultRequest): PlannedSession {
  if (appointment === null) throw new Error('a request in this state has an appointment');
  return appointment;
}

/** Who comes, without those who declined, and who need not be asked: everybody but the panel. */
function peopleOf(appointment: PlannedSession, by: Party): { readonly personIds: PersonId[]; readonly acceptedIds: PersonId[] } {
  const personIds = participantsOf(appointment).flatMap(({ kind, id }) => (kind === 'person' ? [id as PersonId] : [])); // the kind says which id it is
  const asked = new Set<string>(appointment.panel.map(({ personId }) => personId));
  return { personIds, acceptedIds: personIds.filter((id) => !asked.has(id) || id === by.id) };
}

async function book(trx: Work, after: ConsultRequest, by: Party, nowMs: number): Promise<AppointmentChanged> {
  const appointment = sessionOf(after);
  const people = peopleOf(appointment, by);
  await requireAble(trx, people.personIds, appointment.cartIds, appointment.hostPersonId);
  await bookSessions(
    trx,
    [
      {
        consultId: appointment.consultId, requestId: after.id, kind: after.form.urgency === 'routine' ? after.form.kind : 'urgent', startsAtMs: appointment.startsAtMs, durationMinutes: appointment.durationMinutes,
        timeZone: TIME_ZONE, specialty: after.form.wanted[0]?.specialty ?? null, patient: await patientOfCase(trx, after.caseId), question: after.form.question.slice(0, 500), caseFile: { id: after.caseId, begunBy: by },
        organisationId: after.organisationId, centreId: after.centreId ?? after.organisationId, hostPersonId: appointment.hostPersonId, cartIds: appointment.cartIds, venueId: appointment.venueId,
        hasWaitingRoom: false, series: null, ...people,
      },
    ],
    nowMs,
  );
  const kept = await createAppointments(trx).byId(appointment.consultId);
  return { appointment: required(kept, 'booked just now'), partyIds: [...people.personIds, ...appointment.cartIds] };
}

async function replan(trx: Work, after: ConsultRequest, by: Party, nowMs: number): Promise<AppointmentChanged> {
  const { consultId, startsAtMs, durationMinutes, venueId, hostPersonId, cartIds, ...rest } = sessionOf(after);
  const people = peopleOf({ consultId, startsAtMs, durationMinutes, venueId, hostPersonId, cartIds, ...rest }, by);
  await requireAble(trx, people.personIds, cartIds, hostPersonId);
  return replanSession(trx, consultId, { startsAtMs, durationMinutes, venueId, hostPersonId, cartIds, ...people }, nowMs);
}

/** @throws AppError `input.malformed` when somebody cannot take part, or may not lead */
async function requireAble(trx: Work, personIds: readonly PersonId[], cartIds: readonly CartId[], hostPersonId: PersonId | null): Promise<void> {
  const people = await createPeople(trx).activeParties(personIds);
  if (people.length !== new Set(personIds).size || people.some(({ role }) => !hasPermission(role, 'consult.join'))) throw new AppError('input.malformed', 'panelIds: somebody who cannot take part');
  const host = people.find(({ id }) => id === hostPersonId);
  if (hostPersonId !== null && (host === undefined || !hasPermission(host.role, 'room.host'))) throw new AppError('input.malformed', 'hostPersonId: not somebody who may lead');
  if ((await createCarts(trx).activeParties(cartIds)).length !== new Set(cartIds).size) throw new AppError('input.malformed', 'cartIds: a cart that cannot take part');
}
