import type { ConsultSummary } from '#shared/domain/consult';
import type { CartId, ConsultId, ConsultRequestId, OrganisationId, PersonId, SeriesId, VenueId } from '#shared/domain/ids';
import { addDays, type CivilDate, daysBetween } from '#shared/domain/recurrence';
import type { Appointment, Resource, Span } from '#shared/domain/scheduling';
import type { SpecialtyCode } from '#shared/domain/specialties';
import { AppError } from '#shared/protocol/errors';
import type { Transaction } from 'kysely';
import { askAgain, changeAppointment, insertAppointment, lockAppointment, lockSeries, readAppointment, removeInvitation, setAnswer, setMember } from '../storage/appointments.ts';
import { type Hold, holdResources, releaseResources } from '../storage/bookings.ts';
import { insertConsult, type NewConsult } from '../storage/consults.ts';
import type { Schema } from '../storage/schema.ts';
import { civilDateAt, instantOf, minuteOfDayAt } from './civilTime.ts';

/*
 * Every step of planning, each within the caller's transaction, so that what causes it (a request's next state, say) and what it
 * causes are kept together or not at all. None asks who may: the callers do. Locks are taken in one order: the appointment, then
 * what it books; the audit log's comes after both.
 */

/** A session to be held. Times are of the server's civil clock. */
export interface NewSession {
  readonly consultId: ConsultId;
  /** Null: nobody applied for it (a weekly MDT). */
  readonly requestId: ConsultRequestId | null;
  readonly kind: ConsultSummary['kind'];
  readonly startsAtMs: number;
  readonly durationMinutes: number;
  /** In which its time is written in calendars. */
  readonly timeZone: string;
  readonly specialty: SpecialtyCode | null;
  readonly patient: NewConsult['patient'];
  /** The question, or a title where there is no patient. */
  readonly question: string;
  readonly caseFile: NewConsult['caseFile'];
  /** Whose patient it is. */
  readonly organisationId: OrganisationId;
  /** Which centre holds it. */
  readonly centreId: OrganisationId;
  readonly hostPersonId: PersonId;
  /** In the order in which they are shown; the host is added when missing. */
  readonly personIds: readonly PersonId[];
  readonly cartIds: readonly CartId[];
  readonly venueId: VenueId | null;
  readonly hasWaitingRoom: boolean;
  readonly series: { readonly id: SeriesId; readonly date: CivilDate } | null;
  /** Those who need not be asked: who books, and who asked for the session. */
  readonly acceptedIds: readonly PersonId[];
}

/** What a change did, for notices: who should hear of it. */
export interface AppointmentChanged {
  readonly appointment: Appointment;
  readonly partyIds: readonly string[];
}

/**
 * Plans sessions: each becomes a consult with its members, an appointment, and bookings of everybody and everything it needs. All or none.
 * @throws AppError `schedule.conflict`, then the transaction must be given up
 */
export async function bookSessions(trx: Transaction<Schema>, sessions: readonly NewSession[], nowMs: number): Promise<void> {
  for (const session of sessions) {
    const { consultId, personIds, cartIds, hostPersonId, acceptedIds } = session;
    const invited = [...new Set([hostPersonId, ...personIds])];
    await insertConsult(trx, {
      id: consultId, kind: session.kind, state: 'scheduled', startsAtMs: session.startsAtMs, durationMinutes: session.durationMinutes, patient: session.patient, question: session.question,
      organisationId: session.organisationId, hostPersonId, hasWaitingRoom: session.hasWaitingRoom, createdAtMs: nowMs, caseFile: session.caseFile,
      members: [...invited.map((id) => ({ kind: 'person' as const, id })), ...cartIds.map((id) => ({ kind: 'cart' as const, id }))],
    });
    await insertAppointment(trx, {
      consultId, requestId: session.requestId, timeZone: session.timeZone, specialty: session.specialty, centreId: session.centreId, venueId: session.venueId, series: session.series, nowMs,
      invited: invited.map((personId) => ({ personId, answer: acceptedIds.includes(personId) ? 'accepted' : 'pending' })),
    });
  }
  await holdResources(trx, sessions.flatMap((session) => {
    const people = [...new Set([session.hostPersonId, ...session.personIds])];
    return holdsOf(session.consultId, people, session.cartIds, session.venueId, spanOf(session));
  }));
}

/** What moving changes; what is left out stays. */
export interface Move {
  readonly startsAtMs: number;
  readonly durationMinutes: number;
  readonly venueId: VenueId | null;
  /** The sequence the mover saw: somebody else's change since then is not run over. */
  readonly sequence: number;
}

/**
 * Moves a session that is still to be held. Those who had accepted are asked again when its time changes, but not the mover.
 * @throws AppError `consult.notFound`, `record.conflict` (changed meanwhile, or not to be held any more), `schedule.conflict`
 */
export async function moveSession(trx: Transaction<Schema>, consultId: ConsultId, move: Move, moverId: PersonId, nowMs: number): Promise<AppointmentChanged> {
  const before = await openAppointment(trx, consultId);
  if (before.sequence !== move.sequence) throw new AppError('record.conflict', 'the session was changed meanwhile');
  await releaseResources(trx, [consultId]);
  await holdResources(trx, holdsOf(consultId, comingIds(before), before.cartIds, move.venueId, spanOf(move)));
  await changeAppointment(trx, before, { startsAtMs: move.startsAtMs, durationMinutes: move.durationMinutes, venueId: move.venueId }, nowMs);
  if (move.startsAtMs !== before.startsAtMs || move.durationMinutes !== before.durationMinutes) await askAgain(trx, consultId, moverId);
  return changed(trx, consultId);
}

/**
 * Moves a session of a series and all after it that are still to be held, each by as many days from its rule's day, to the same time of
 * day; one that was moved by itself before comes back into line. All or none.
 * @throws AppError as `moveSession`, `input.malformed` when it is of no series
 */
export async function moveFollowing(trx: Transaction<Schema>, consultId: ConsultId, move: Move, moverId: PersonId, nowMs: number): Promise<readonly AppointmentChanged[]> {
  const { first, all } = await openFollowing(trx, consultId);
  if (first.sequence !== move.sequence) throw new AppError('record.conflict', 'the session was changed meanwhile');
  const { timeZone } = first;
  const date = civilDateAt(move.startsAtMs, timeZone);
  const days = daysBetween(first.series.date, date);
  const minuteOfDay = minuteOfDayAt(move.startsAtMs, timeZone);
  const startOf = (one: SeriesAppointment): number => (one === first ? move.startsAtMs : instantOf(addDays(one.series.date, days), minuteOfDay, timeZone));
  // All of them leave before any arrives: one may come to stand where the next one stood.
  await releaseResources(trx, all.map((one) => one.consultId));
  await holdResources(trx, all.flatMap((one) => holdsOf(one.consultId, comingIds(one), one.cartIds, move.venueId, spanOf({ ...move, startsAtMs: startOf(one) }))));
  const done: AppointmentChanged[] = [];
  for (const one of all) {
    const startsAtMs = startOf(one);
    await changeAppointment(trx, one, { startsAtMs, durationMinutes: move.durationMinutes, venueId: move.venueId }, nowMs);
    if (startsAtMs !== one.startsAtMs || move.durationMinutes !== one.durationMinutes) await askAgain(trx, one.consultId, moverId);
    done.push(await changed(trx, one.consultId));
  }
  return done;
}

/** A session planned anew: another time, and perhaps other people, carts and room. */
export interface Replan {
  readonly startsAtMs: number;
  readonly durationMinutes: number;
  readonly venueId: VenueId | null;
  readonly hostPersonId: PersonId;
  readonly personIds: readonly PersonId[];
  readonly cartIds: readonly CartId[];
  readonly acceptedIds: readonly PersonId[];
}

/**
 * Plans a session anew and asks everybody anew, whatever they had answered; it stays the same session, with the next sequence.
 * @throws AppError `consult.notFound`, `record.conflict` when it is not to be held any more, `schedule.conflict`
 */
export async function replanSession(trx: Transaction<Schema>, consultId: ConsultId, plan: Replan, nowMs: number): Promise<AppointmentChanged> {
  const before = await openAppointment(trx, consultId);
  const people = [...new Set([plan.hostPersonId, ...plan.personIds])];
  await releaseResources(trx, [consultId]);
  await holdResources(trx, holdsOf(consultId, people, plan.cartIds, plan.venueId, spanOf(plan)));
  await changeAppointment(trx, before, { startsAtMs: plan.startsAtMs, durationMinutes: plan.durationMinutes, venueId: plan.venueId, hostPersonId: plan.hostPersonId }, nowMs);
  for (const { person } of before.panel) await removeInvitation(trx, consultId, person.id as PersonId); // only people are invited
  for (const { kind, id } of [...before.panel.map(({ person }) => ({ kind: 'person' as const, id: person.id })), ...before.cartIds.map((id) => ({ kind: 'cart' as const, id }))]) await setMember(trx, consultId, { kind, id }, false);
  for (const id of people) {
    await setMember(trx, consultId, { kind: 'person', id }, true);
    await setAnswer(trx, consultId, id, plan.acceptedIds.includes(id) ? 'accepted' : 'pending', null, nowMs);
  }
  for (const id of plan.cartIds) await setMember(trx, consultId, { kind: 'cart', id }, true);
  const after = await changed(trx, consultId);
  return { ...after, partyIds: [...new Set([...after.partyIds, ...before.panel.map(({ person }) => person.id), ...before.cartIds])] };
}

/** Calls a session off and gives back what it kept. @throws AppError `consult.notFound`, `record.conflict` when it is not to be held any more */
export async function cancelSession(trx: Transaction<Schema>, consultId: ConsultId, reason: string, nowMs: number): Promise<AppointmentChanged> {
  const before = await openAppointment(trx, consultId);
  await releaseResources(trx, [consultId]);
  await changeAppointment(trx, before, { cancelReason: reason }, nowMs);
  return changed(trx, consultId);
}

/** Calls off a session of a series and all after it that are still to be held. @throws AppError as `cancelSession`, `input.malformed` when it is of no series */
export async function cancelFollowing(trx: Transaction<Schema>, consultId: ConsultId, reason: string, nowMs: number): Promise<readonly AppointmentChanged[]> {
  const { all } = await openFollowing(trx, consultId);
  await releaseResources(trx, all.map((one) => one.consultId));
  const done: AppointmentChanged[] = [];
  for (const one of all) {
    await changeAppointment(trx, one, { cancelReason: reason }, nowMs);
    done.push(await changed(trx, one.consultId));
  }
  return done;
}

/**
 * What an invited person answers. Who declines keeps neither the time nor the way to the case; who accepts after that gets both
 * again, where the time is still free.
 * @throws AppError `consult.notFound` (not invited, too), `record.conflict`, `schedule.conflict`
 */
export async function answerInvitation(trx: Transaction<Schema>, consultId: ConsultId, personId: PersonId, answer: { readonly answer: 'accepted' } | { readonly answer: 'declined'; readonly reason: string }, nowMs: number): Promise<AppointmentChanged> {
  const before = await openAppointment(trx, consultId);
  const own = before.panel.find(({ person }) => person.id === personId);
  if (own === undefined) throw new AppError('consult.notFound', 'not invited to such a session');
  if (answer.answer === 'declined' && own.answer !== 'declined') {
    await releaseResources(trx, [consultId], { kind: 'person', id: personId });
    await setMember(trx, consultId, { kind: 'person', id: personId }, false);
  }
  if (answer.answer === 'accepted' && own.answer === 'declined') {
    await holdResources(trx, holdsOf(consultId, [personId], [], null, spanOf(before)));
    await setMember(trx, consultId, { kind: 'person', id: personId }, true);
  }
  await setAnswer(trx, consultId, personId, answer.answer, answer.answer === 'declined' ? answer.reason : null, nowMs);
  return changed(trx, consultId);
}

/**
 * What an invited person answers to a whole series: to each of its sessions still to come that they have not answered. What they said of
 * one session by itself stays.
 * @throws AppError `consult.notFound` when they are invited to none, `input.malformed` when it is of no series, `record.conflict` when nothing is open
 */
export async function answerSeries(trx: Transaction<Schema>, consultId: ConsultId, personId: PersonId, answer: Parameters<typeof answerInvitation>[3], nowMs: number): Promise<readonly AppointmentChanged[]> {
  const seen = await readAppointment(trx, consultId);
  const isInvited = ({ panel }: Appointment) => panel.some(({ person }) => person.id === personId);
  if (seen === null || !isInvited(seen)) throw new AppError('consult.notFound', 'not invited to such a session');
  if (seen.series === null) throw new AppError('input.malformed', 'the session is of no series');
  const open = (await lockSeries(trx, seen.series.id, null)).filter(({ startsAtMs, panel }) => startsAtMs > nowMs && panel.some((one) => one.person.id === personId && one.answer === 'pending'));
  if (open.length === 0) throw new AppError('record.conflict', 'nothing of the series is open to be answered');
  const done: AppointmentChanged[] = [];
  for (const one of open) done.push(await answerInvitation(trx, one.consultId, personId, answer, nowMs));
  return done;
}

/**
 * Invites one person in place of another, who may have declined or be needed elsewhere; a host's substitute is the host.
 * @throws AppError `consult.notFound`, `input.malformed` (the one is not on the panel, or the other is), `record.conflict`, `schedule.conflict`
 */
export async function substitutePerson(trx: Transaction<Schema>, consultId: ConsultId, personId: PersonId, substituteId: PersonId, nowMs: number): Promise<AppointmentChanged> {
  const before = await openAppointment(trx, consultId);
  if (!before.panel.some(({ person }) => person.id === personId)) throw new AppError('input.malformed', 'personId: not on the panel');
  if (before.panel.some(({ person, answer }) => person.id === substituteId && answer !== 'declined')) throw new AppError('input.malformed', 'substituteId: on the panel already');
  await releaseResources(trx, [consultId], { kind: 'person', id: personId });
  await holdResources(trx, holdsOf(consultId, [substituteId], [], null, spanOf(before)));
  await changeAppointment(trx, before, before.hostPersonId === personId ? { hostPersonId: substituteId } : {}, nowMs);
  const declined = before.panel.some(({ person, answer }) => person.id === personId && answer === 'declined');
  if (!declined) await removeInvitation(trx, consultId, personId); // a decline stays to be seen, with its reason
  await setMember(trx, consultId, { kind: 'person', id: personId }, false);
  await setMember(trx, consultId, { kind: 'person', id: substituteId }, true);
  await setAnswer(trx, consultId, substituteId, 'pending', null, nowMs);
  const after = await changed(trx, consultId);
  return { ...after, partyIds: [...after.partyIds, personId] };
}

/** Those who come, or have not said that they do not. */
export function comingIds({ panel }: Pick<Appointment, 'panel'>): PersonId[] {
  return panel.flatMap(({ person, answer }) => (answer === 'declined' ? [] : [person.id as PersonId])); // only people are invited
}

/** From the start until the planned end. */
export function spanOf({ startsAtMs, durationMinutes }: Pick<Appointment, 'startsAtMs' | 'durationMinutes'>): Span {
  return { fromMs: startsAtMs, untilMs: startsAtMs + durationMinutes * 60_000 };
}

async function openAppointment(trx: Transaction<Schema>, consultId: ConsultId): Promise<Appointment> {
  const found = await lockAppointment(trx, consultId);
  if (found === null) throw new AppError('consult.notFound', 'no such session');
  if (found.state !== 'scheduled') throw new AppError('record.conflict', `the session is ${found.state}`);
  return found;
}

type SeriesAppointment = Appointment & { readonly series: NonNullable<Appointment['series']> };

/** A session of a series that is still to be held, and with it all such after it; locked in one order, whichever of them is named. */
async function openFollowing(trx: Transaction<Schema>, consultId: ConsultId): Promise<{ readonly first: SeriesAppointment; readonly all: readonly SeriesAppointment[] }> {
  const seen = await readAppointment(trx, consultId);
  if (seen === null) throw new AppError('consult.notFound', 'no such session');
  if (seen.series === null) throw new AppError('input.malformed', 'the session is of no series');
  const all = (await lockSeries(trx, seen.series.id, seen.series.date)).flatMap((one): SeriesAppointment[] => (one.series === null ? [] : [{ ...one, series: one.series }]));
  const first = all.find((one) => one.consultId === consultId);
  if (first === undefined) throw new AppError('record.conflict', 'the session is not to be held any more');
  return { first, all };
}

async function changed(trx: Transaction<Schema>, consultId: ConsultId): Promise<AppointmentChanged> {
  const appointment = await lockAppointment(trx, consultId);
  if (appointment === null) throw new AppError('consult.notFound', 'no such session');
  return { appointment, partyIds: [...appointment.panel.map(({ person }) => person.id), ...appointment.cartIds] };
}

function holdsOf(consultId: ConsultId, personIds: readonly PersonId[], cartIds: readonly CartId[], venueId: VenueId | null, span: Span): Hold[] {
  const resources: Resource[] = [
    ...personIds.map((id) => ({ kind: 'person' as const, id })), ...cartIds.map((id) => ({ kind: 'cart' as const, id })), ...(venueId === null ? [] : [{ kind: 'venue' as const, id: venueId }]),
  ];
  return resources.map((resource) => ({ consultId, resource, span }));
}
