import { absenceIdSchema, dutyIdSchema, type OrganisationId, type PersonId, venueIdSchema } from '#shared/domain/ids';
import type { Party } from '#shared/domain/people';
import { hasPermission } from '#shared/domain/roles';
import type { Clock } from '#shared/lib/clock';
import { AppError } from '#shared/protocol/errors';
import { CALENDAR_ROUTES } from '#shared/protocol/scheduling';
import { sha256Hex } from '../../auth/digest.ts';
import { newId, newToken } from '../../auth/random.ts';
import { requireTimeZone } from '../../scheduling/civilTime.ts';
import { loadSpanAt } from '../../scheduling/timeFinder.ts';
import type { Appointments } from '../../storage/appointments.ts';
import { type AuditWriter, auditActor } from '../../storage/audit.ts';
import type { CalendarFeeds } from '../../storage/calendarFeeds.ts';
import type { Organisations } from '../../storage/organisations.ts';
import type { People } from '../../storage/people.ts';
import type { ScheduleProfiles } from '../../storage/scheduleProfiles.ts';
import type { Handlers } from '../handler.ts';
import { requireSpan } from './scheduling.ts';

export interface ScheduleProfileHandlerDependencies {
  readonly profiles: ScheduleProfiles;
  readonly appointments: Appointments;
  readonly feeds: CalendarFeeds;
  readonly organisations: Organisations;
  readonly people: People;
  readonly audit: AuditWriter;
  readonly clock: Clock;
}

type ProfileRequests = `schedule.${'profile' | 'setWeek' | 'addAbsence' | 'removeAbsence' | 'setExpertise' | 'experts' | 'duties' | 'addDuty' | 'removeDuty' | 'venues' | 'saveVenue' | 'workload' | 'feed' | 'createFeed' | 'revokeFeed'}`;

const YEAR_MS = 366 * 86_400_000;

/** When people can and what for, who is on duty, which rooms there are, how much everybody was asked, and the address of one's calendar file. */
export function createScheduleProfileHandlers(deps: ScheduleProfileHandlerDependencies): Handlers<ProfileRequests> {
  const { profiles, feeds, organisations, people, audit, clock } = deps;

  const requireOrganisation = async (party: Party, id: OrganisationId): Promise<void> => {
    if (!(await organisations.isWithin(id, party.organisationId))) throw new AppError('auth.forbidden', 'the organisation is not one of yours');
  };
  /** Somebody of the scheduler's tree. */
  const requirePerson = async (party: Party, id: PersonId): Promise<void> => {
    const person = await people.party(id);
    if (person === null) throw new AppError('record.notFound', 'no such person');
    await requireOrganisation(party, person.organisationId);
  };
  /** Oneself, or for a scheduler somebody of their tree. */
  const requireKeeper = async (party: Party, id: PersonId): Promise<void> => {
    if (party.id === id) return;
    if (!hasPermission(party.role, 'schedule.arrange')) throw new AppError('auth.forbidden', 'another’s hours');
    await requirePerson(party, id);
  };
  const record = (party: Party, action: ProfileRequests, subject: string) => audit.append({ ...auditActor(party), action, subject, outcome: 'done', code: null });
  const selfId = ({ id }: Party) => id as PersonId; // no cart has a permission of scheduling

  return {
    'schedule.profile': async ({ identity: { party } }, { personId }) => {
      await requireKeeper(party, personId);
      const profile = await profiles.profile(personId, clock.wallMs());
      if (profile === null) throw new AppError('record.notFound', 'no such person');
      return profile;
    },

    'schedule.setWeek': async ({ identity: { party } }, { personId, week }) => {
      await requireKeeper(party, personId);
      if (week !== null) requireTimeZone(week.timeZone);
      if (week?.hours.some(({ fromMinute, untilMinute }) => untilMinute <= fromMinute)) throw new AppError('input.malformed', 'hours: must end after they begin');
      await profiles.setWeek(personId, week);
      await record(party, 'schedule.setWeek', personId);
      return {};
    },

    'schedule.addAbsence': async ({ identity: { party } }, { personId, ...absence }) => {
      await requireKeeper(party, personId);
      requireSpan(absence, YEAR_MS);
      const absenceId = absenceIdSchema.parse(newId());
      await profiles.addAbsence(personId, { ...absence, id: absenceId }, clock.wallMs());
      await record(party, 'schedule.addAbsence', personId);
      return { absenceId };
    },

    'schedule.removeAbsence': async ({ identity: { party } }, { personId, absenceId }) => {
      await requireKeeper(party, personId);
      if (!(await profiles.removeAbsence(personId, absenceId))) throw new AppError('record.notFound', 'no such absence');
      await record(party, 'schedule.removeAbsence', personId);
      return {};
    },

    'schedule.setExpertise': async ({ identity: { party } }, { personId, expertise }) => {
      await requirePerson(party, personId);
      await profiles.setExpertise(personId, expertise);
      await record(party, 'schedule.setExpertise', personId);
      return {};
    },

    'schedule.experts': async (_context, { specialty, leastGrade }) => ({ experts: await profiles.experts(specialty, leastGrade, loadSpanAt(clock.wallMs())) }),

    'schedule.duties': async ({ identity: { party } }, { organisationId, ...span }) => {
      requireSpan(span);
      await requireOrganisation(party, organisationId);
      return { duties: await profiles.duties(organisationId, span) };
    },

    'schedule.addDuty': async ({ identity: { party } }, { personId, ...duty }) => {
      requireSpan(duty);
      await requireOrganisation(party, duty.organisationId);
      await requirePerson(party, personId);
      const dutyId = dutyIdSchema.parse(newId());
      await profiles.addDuty({ ...duty, id: dutyId }, personId);
      await record(party, 'schedule.addDuty', dutyId);
      return { dutyId };
    },

    'schedule.removeDuty': async ({ identity: { party } }, { dutyId }) => {
      if (!(await profiles.removeDuty(dutyId, party.organisationId))) throw new AppError('record.notFound', 'no such entry');
      await record(party, 'schedule.removeDuty', dutyId);
      return {};
    },

    'schedule.venues': async ({ identity: { party } }) => ({ venues: await profiles.venues(party.organisationId) }),

    'schedule.saveVenue': async ({ identity: { party } }, { venueId, ...venue }) => {
      const known = venueId === null ? null : await profiles.venue(venueId);
      if (venueId !== null && known === null) throw new AppError('record.notFound', 'no such room');
      await requireOrganisation(party, known?.organisationId ?? venue.organisationId);
      const id = known?.id ?? venueIdSchema.parse(newId());
      await profiles.saveVenue({ ...venue, id });
      await record(party, 'schedule.saveVenue', id);
      return { venueId: id };
    },

    'schedule.workload': async ({ identity: { party } }, { organisationId, fromMs, untilMs }) => {
      requireSpan({ fromMs, untilMs }, YEAR_MS);
      await requireOrganisation(party, organisationId);
      return { people: await deps.appointments.workload(organisationId, fromMs, untilMs) };
    },

    'schedule.feed': async ({ identity: { party } }) => ({ createdAtMs: await feeds.createdAtMs(selfId(party)) }),

    'schedule.createFeed': async ({ identity: { party } }, { language }) => {
      const token = newToken();
      await feeds.put({ personId: selfId(party), language }, sha256Hex(token), clock.wallMs());
      await record(party, 'schedule.createFeed', party.id);
      return { path: CALENDAR_ROUTES.feed(token) };
    },

    'schedule.revokeFeed': async ({ identity: { party } }) => {
      if (await feeds.revoke(selfId(party))) await record(party, 'schedule.revokeFeed', party.id);
      return {};
    },
  };
}
