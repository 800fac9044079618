import type { AskedStep } from '#shared/domain/consultation/steps';
import { type ConsultId, type ConsultRequestId, consultIdSchema, type OrganisationId, type PersonId, type SeriesId, seriesIdSchema } from '#shared/domain/ids';
import type { Party } from '#shared/domain/people';
import { type CivilDate, occurrencesOf } from '#shared/domain/recurrence';
import { hasPermission } from '#shared/domain/roles';
import type { Appointment, Span } from '#shared/domain/scheduling';
import { required } from '#shared/lib/assert';
import type { Clock } from '#shared/lib/clock';
import { AppError } from '#shared/protocol/errors';
import type { RequestParams } from '#shared/protocol/requests';
import type { CalendarEntry } from '#shared/protocol/scheduling';
import type { Kysely, Transaction } from 'kysely';
import { newId } from '../../auth/random.ts';
import type { Identity } from '../../auth/sessions.ts';
import { answerInvitation, answerSeries, type AppointmentChanged, bookSessions, cancelFollowing, cancelSession, moveFollowing, moveSession, type NewSession, substitutePerson } from '../../scheduling/booking.ts';
import { instantOf, requireRealDate, requireTimeZone } from '../../scheduling/civilTime.ts';
import type { SessionDeed, SessionNotices } from '../../scheduling/sessionNotices.ts';
import { proposeSubstitutes, proposeTimes } from '../../scheduling/timeFinder.ts';
import { type Appointments, insertSeries, readAppointment } from '../../storage/appointments.ts';
import { type AuditWriter, auditActor } from '../../storage/audit.ts';
import type { Carts } from '../../storage/carts.ts';
import type { Organisations } from '../../storage/organisations.ts';
import type { People } from '../../storage/people.ts';
import type { Schema } from '../../storage/schema.ts';
import type { ScheduleProfiles } from '../../storage/scheduleProfiles.ts';
import type { Handlers } from '../handler.ts';

export interface SchedulingHandlerDependencies {
  readonly db: Kysely<Schema>;
  readonly appointments: Appointments;
  readonly profiles: ScheduleProfiles;
  readonly organisations: Organisations;
  readonly people: People;
  readonly carts: Carts;
  readonly audit: AuditWriter;
  readonly clock: Clock;
  /** Answers and substitutes of a request's session are steps of the request. */
  readonly stepOfRequest: (identity: Identity, requestId: ConsultRequestId, step: AskedStep) => Promise<void>;
  readonly sessionNotices: Pick<SessionNotices, 'keep'>;
  /** An appointment is new, changed, answered or cancelled; `actorId` did it. */
  readonly onChanged: (changed: AppointmentChanged, actorId: string) => Promise<void>;
}

type SessionRequests = `schedule.${'findTimes' | 'book' | 'move' | 'cancel' | 'answer' | 'substitutes' | 'substitute' | 'appointment' | 'calendar'}`;

const DAY_MS = 86_400_000;
const MAX_RANGE_MS = 62 * DAY_MS;
/** How far ahead, and behind, a session may be put. */
const MAX_AHEAD_MS = 400 * DAY_MS;
const MAX_BEHIND_MS = DAY_MS;

/** @throws AppError `input.malformed` unless the time runs forward, for at most `mostMs` */
export function requireSpan({ fromMs, untilMs }: Span, mostMs = MAX_RANGE_MS): void {
  if (untilMs <= fromMs || untilMs - fromMs > mostMs) throw new AppError('input.malformed', `the time must run forward, and for ${mostMs / DAY_MS} days at most`);
}

/** Finding times, and sessions that nobody applied for: booking, moving, cancelling, answering, and the calendars they stand in. */
export function createSchedulingHandlers(deps: SchedulingHandlerDependencies): Handlers<SessionRequests> {
  const { db, appointments, organisations, people, carts, audit, clock } = deps;

  const isInTree = async (party: Party, ids: readonly OrganisationId[]): Promise<boolean> => {
    for (const id of ids) if (await organisations.isWithin(id, party.organisationId)) return true;
    return false;
  };
  /** Who may know what a session is about: those invited, and schedulers of the hospital's or the centre's tree. */
  const maySee = async (party: Party, appointment: Appointment): Promise<boolean> =>
    appointment.panel.some(({ person }) => person.id === party.id) || (hasPermission(party.role, 'schedule.arrange') && (await isInTree(party, [appointment.organisationId, appointment.centreId])));
  /** A session that the scheduler arranges; of one they may not see, nothing is told. */
  const requireOwn = async (party: Party, consultId: ConsultId): Promise<Appointment> => {
    const found = await appointments.byId(consultId);
    if (found === null || !(await isInTree(party, [found.organisationId, found.centreId]))) throw new AppError('consult.notFound', 'no such session');
    return found;
  };
  const requireThere = async (consultId: ConsultId): Promise<Appointment> => {
    const found = await appointments.byId(consultId);
    if (found === null) throw new AppError('consult.notFound', 'no such session');
    return found;
  };
  const requireFree = async (party: Party, consultId: ConsultId): Promise<void> => {
    if ((await requireOwn(party, consultId)).requestId !== null) throw new AppError('record.conflict', 'the session belongs to a request, which moves it');
  };
  const requireTime = (startsAtMs: number): void => {
    const nowMs = clock.wallMs();
    if (startsAtMs < nowMs - MAX_BEHIND_MS || startsAtMs > nowMs + MAX_AHEAD_MS) throw new AppError('input.malformed', 'more than a day ago or some year ahead');
  };
  const requireVenue = async (party: Party, venueId: Appointment['venueId']): Promise<void> => {
    if (venueId === null) return;
    const venue = await deps.profiles.venue(venueId);
    if (venue === null || venue.isRetired || !(await organisations.isWithin(venue.organisationId, party.organisationId))) throw new AppError('input.malformed', 'venueId: no room of yours');
  };
  const requirePeople = async (hostPersonId: PersonId, personIds: readonly PersonId[]): Promise<void> => {
    const found = await people.activeParties(personIds);
    const host = found.find(({ id }) => id === hostPersonId);
    if (host === undefined || !hasPermission(host.role, 'room.host')) throw new AppError('input.malformed', 'hostPersonId: not somebody who may lead');
    if (found.length !== new Set(personIds).size || found.some(({ role }) => !hasPermission(role, 'consult.join'))) throw new AppError('input.malformed', 'personIds: somebody who cannot take part');
  };
  /** Does a step in one transaction with what is to be told of it, of a series once; then records it and tells. */
  const step = async (party: Party, action: SessionRequests, subject: string, deed: SessionDeed, work: (trx: Transaction<Schema>) => Promise<readonly AppointmentChanged[]>): Promise<readonly AppointmentChanged[]> => {
    const { done, tell } = await db.transaction().execute(async (trx) => {
      const result = await work(trx);
      return { done: result, tell: await deps.sessionNotices.keep(trx, result.map(({ appointment }) => appointment), deed, party.id) };
    });
    tell();
    await audit.append({ ...auditActor(party), action, subject, outcome: 'done', code: null });
    for (const changed of done) await deps.onChanged(changed, party.id);
    return done;
  };
  /** The one that was named, of those a step changed. */
  const named = (done: readonly AppointmentChanged[], consultId: ConsultId): Appointment => required(done.find(({ appointment }) => appointment.consultId === consultId), 'the session that was named').appointment;
  const selfId = ({ id }: Party) => id as PersonId; // no cart has a permission of scheduling

  return {
    'schedule.findTimes': async ({ identity: { party } }, { fromMs, untilMs, ...question }) => {
      requireSpan({ fromMs, untilMs });
      if (question.moving !== null) await requireOwn(party, question.moving);
      const { proposals, obstacles } = await proposeTimes(db, { ...question, span: { fromMs, untilMs } }, clock.wallMs());
      return { proposals: [...proposals], obstacles: [...obstacles] };
    },

    'schedule.book': async ({ identity: { party } }, params) => {
      const { kind, title, specialty, organisationId, hostPersonId, cartIds, venueId, hasWaitingRoom, durationMinutes, timeZone } = params;
      const starts = startsOf(params);
      for (const { startsAtMs } of starts) requireTime(startsAtMs);
      if (!(await organisations.isWithin(organisationId, party.organisationId))) throw new AppError('auth.forbidden', 'the organisation is not one of yours');
      await requirePeople(hostPersonId, [...new Set([hostPersonId, ...params.personIds])]);
      if ((await carts.activeParties(cartIds)).length !== new Set(cartIds).size) throw new AppError('input.malformed', 'cartIds: a cart that cannot take part');
      await requireVenue(party, venueId);
      const seriesId: SeriesId | null = params.when.type === 'series' ? seriesIdSchema.parse(newId()) : null;
      const sessions = starts.map(({ startsAtMs, date }): NewSession => ({
        consultId: consultIdSchema.parse(newId()), requestId: null, kind, startsAtMs, durationMinutes, timeZone, specialty, patient: { name: '', age: null, sex: 'unknown' }, question: title, caseFile: null,
        organisationId, centreId: party.organisationId, hostPersonId, personIds: params.personIds, cartIds: [...new Set(cartIds)], venueId, hasWaitingRoom, acceptedIds: [selfId(party)],
        series: seriesId === null || date === null ? null : { id: seriesId, date },
      }));
      const tell = await db.transaction().execute(async (trx) => {
        if (params.when.type === 'series' && seriesId !== null) await insertSeries(trx, { id: seriesId, rule: params.when.recurrence, minuteOfDay: params.when.minuteOfDay });
        await bookSessions(trx, sessions, clock.wallMs());
        // One letter for a series: its calendar holds all of it.
        const first = sessions[0] && (await readAppointment(trx, sessions[0].consultId));
        return first ? deps.sessionNotices.keep(trx, [first], { type: 'booked' }, party.id) : null;
      });
      tell?.();
      const consultIds = sessions.map(({ consultId }) => consultId);
      await audit.append({ ...auditActor(party), action: 'schedule.book', subject: seriesId ?? consultIds[0] ?? null, outcome: 'done', code: null });
      for (const consultId of consultIds) {
        const appointment = await appointments.byId(consultId);
        if (appointment) await deps.onChanged({ appointment, partyIds: [...appointment.panel.map(({ person }) => person.id), ...appointment.cartIds] }, party.id);
      }
      return { consultIds, seriesId };
    },

    'schedule.move': async ({ identity: { party } }, { consultId, scope, ...move }) => {
      await requireFree(party, consultId);
      requireTime(move.startsAtMs);
      await requireVenue(party, move.venueId);
      const done = await step(party, 'schedule.move', consultId, { type: 'moved' }, async (trx) => {
        if (scope === 'one') return [await moveSession(trx, consultId, move, selfId(party), clock.wallMs())];
        const moved = await moveFollowing(trx, consultId, move, selfId(party), clock.wallMs());
        for (const { appointment } of moved) requireTime(appointment.startsAtMs);
        return moved;
      });
      return { appointment: named(done, consultId), moved: done.length };
    },

    'schedule.cancel': async ({ identity: { party } }, { consultId, scope, reason }) => {
      await requireFree(party, consultId);
      const nowMs = clock.wallMs();
      const done = await step(party, 'schedule.cancel', consultId, { type: 'cancelled' }, async (trx) => (scope === 'following' ? cancelFollowing(trx, consultId, reason, nowMs) : [await cancelSession(trx, consultId, reason, nowMs)]));
      return { cancelled: done.length };
    },

    'schedule.answer': async ({ identity }, { consultId, scope, answer }) => {
      const { party } = identity;
      const requestId = (await appointments.byId(consultId))?.requestId ?? null;
      if (requestId !== null) {
        if (scope === 'series') throw new AppError('input.malformed', 'the session is of no series');
        await deps.stepOfRequest(identity, requestId, { type: 'answer', answer: answer.answer, reason: answer.answer === 'declined' ? answer.reason : '' });
        return { appointment: await requireThere(consultId), answered: 1 };
      }
      const nowMs = clock.wallMs();
      const done = await step(party, 'schedule.answer', consultId, { type: 'answered', answer: answer.answer }, async (trx) => (scope === 'series' ? answerSeries(trx, consultId, selfId(party), answer, nowMs) : [await answerInvitation(trx, consultId, selfId(party), answer, nowMs)]));
      return { appointment: await requireThere(consultId), answered: done.length };
    },

    'schedule.substitutes': async ({ identity: { party } }, { consultId, personId }) => {
      const found = await proposeSubstitutes(db, await requireOwn(party, consultId), personId, clock.wallMs());
      const parties = new Map((await people.activeParties(found.map((one) => one.personId))).map((one) => [one.id, one]));
      return {
        substitutes: found.flatMap(({ personId: id, isWithinHours, load }) => {
          const person = parties.get(id);
          return person === undefined ? [] : [{ person, isWithinHours, load }];
        }),
      };
    },

    'schedule.substitute': async ({ identity }, { consultId, personId, substituteId }) => {
      const { party } = identity;
      const { hostPersonId, requestId, panel } = await requireOwn(party, consultId);
      if (requestId !== null) throw new AppError('record.conflict', 'the session belongs to a request, which substitutes');
      const wasComing = panel.some(({ person, answer }) => person.id === personId && answer !== 'declined');
      await requirePeople(hostPersonId === personId ? substituteId : hostPersonId, [...new Set([hostPersonId, substituteId])]);
      const done = await step(party, 'schedule.substitute', consultId, { type: 'substituted', personId, byPersonId: substituteId, wasComing }, async (trx) => [await substitutePerson(trx, consultId, personId, substituteId, clock.wallMs())]);
      return { appointment: named(done, consultId) };
    },

    'schedule.appointment': async ({ identity: { party } }, { consultId }) => {
      const appointment = await appointments.byId(consultId);
      if (appointment === null || !(await maySee(party, appointment))) throw new AppError('consult.notFound', 'no such session');
      return { appointment };
    },

    'schedule.calendar': async ({ identity: { party } }, { fromMs, untilMs, of }) => {
      requireSpan({ fromMs, untilMs });
      const arranges = hasPermission(party.role, 'schedule.arrange');
      if (of.type === 'tree') {
        if (!arranges || !(await organisations.isWithin(of.organisationId, party.organisationId))) throw new AppError('auth.forbidden', 'the organisation is not one of yours');
        return { entries: (await appointments.ofTree(of.organisationId, fromMs, untilMs)).map((appointment) => entryOf(appointment, true)) };
      }
      if (!arranges && (of.resource.kind !== 'person' || of.resource.id !== party.id)) throw new AppError('auth.forbidden', 'another’s calendar');
      const entries: CalendarEntry[] = [];
      for (const appointment of await appointments.ofResource(of.resource, fromMs, untilMs)) entries.push(entryOf(appointment, await maySee(party, appointment)));
      return { entries };
    },
  };
}

function entryOf(appointment: Appointment, isShown: boolean): CalendarEntry {
  return { startsAtMs: appointment.startsAtMs, durationMinutes: appointment.durationMinutes, appointment: isShown ? appointment : null };
}

/** When the sessions begin; `date` is the rule's day. @throws AppError `input.malformed` for a zone or day nobody has, or a rule without a session */
function startsOf({ when, timeZone }: RequestParams<'schedule.book'>): readonly { readonly startsAtMs: number; readonly date: CivilDate | null }[] {
  requireTimeZone(timeZone);
  if (when.type === 'once') return [{ startsAtMs: when.startsAtMs, date: null }];
  const { recurrence, minuteOfDay } = when;
  for (const date of [recurrence.firstDate, ...(recurrence.end.type === 'until' ? [recurrence.end.date] : []), ...recurrence.exceptions]) requireRealDate(date);
  const dates = occurrencesOf(recurrence);
  if (dates.length === 0) throw new AppError('input.malformed', 'recurrence: gives no session');
  return dates.map((date) => ({ startsAtMs: instantOf(date, minuteOfDay, timeZone), date }));
}
