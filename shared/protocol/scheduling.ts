import { z } from 'zod';
import { consultKindSchema } from '../domain/consult.ts';
import { absenceIdSchema, cartIdSchema, consultIdSchema, dutyIdSchema, organisationIdSchema, personIdSchema, seriesIdSchema, venueIdSchema } from '../domain/ids.ts';
import { keptText } from '../domain/keptText.ts';
import { bilingualSchema, partySchema } from '../domain/people.ts';
import { MAX_OCCURRENCES, recurrenceSchema } from '../domain/recurrence.ts';
import {
  absenceSchema, appointmentSchema, dutySchema, expertiseSchema, expertSchema, needsSchema, obstacleSchema, proposalSchema, reasonSchema, resourceSchema, scheduleProfileSchema, spanSchema, timeZoneSchema, venueSchema, weekSchema,
} from '../domain/scheduling.ts';
import { specialtySchema, titleGradeSchema } from '../domain/specialties.ts';

const nothing = z.object({});
const startsAtMs = spanSchema.shape.fromMs;
const durationMinutes = z.number().int().min(5).max(600);
const ofConsult = z.object({ consultId: consultIdSchema });
const ofPerson = z.object({ personId: personIdSchema });

/** One line of a calendar. `appointment` null: the time is taken, and the reader may not know by what. */
const calendarEntrySchema = z.object({ startsAtMs, durationMinutes: z.number().int().min(5).max(1440), appointment: appointmentSchema.nullable() });
export type CalendarEntry = z.infer<typeof calendarEntrySchema>;

/** Parameters and results of the requests of this topic; `requests.ts` gives them permission, scope and burst. */
export const SCHEDULE_REQUESTS = {
  /** `spanSchema`'s time is at most 62 days. `moving`: the session that is moved, whose own time stands in nobody's way. Nothing found: `obstacles` say why. */
  'schedule.findTimes': {
    params: needsSchema.extend(spanSchema.shape).extend({ durationMinutes, preferred: z.array(spanSchema).max(20), mayBeOutsideHours: z.boolean(), moving: consultIdSchema.nullable() }),
    result: z.object({ proposals: z.array(proposalSchema).max(3), obstacles: z.array(obstacleSchema).max(40) }),
  },
  /** A session that nobody applied for, or a series of them: all or none. A request's session is booked by the workflow. */
  'schedule.book': {
    params: z.object({
      kind: consultKindSchema, title: keptText(200), specialty: specialtySchema.nullable(), organisationId: organisationIdSchema, hostPersonId: personIdSchema,
      personIds: z.array(personIdSchema).max(50), cartIds: z.array(cartIdSchema).max(10), venueId: venueIdSchema.nullable(), hasWaitingRoom: z.boolean(), durationMinutes, timeZone: timeZoneSchema,
      when: z.discriminatedUnion('type', [
        z.object({ type: z.literal('once'), startsAtMs }),
        /** `minuteOfDay` by the wall clock of `timeZone`. */
        z.object({ type: z.literal('series'), recurrence: recurrenceSchema, minuteOfDay: z.number().int().min(0).max(1439) }),
      ]),
    }),
    result: z.object({ consultIds: z.array(consultIdSchema).min(1).max(MAX_OCCURRENCES), seriesId: seriesIdSchema.nullable() }),
  },
  /**
   * `sequence`: the one last seen; another's change since then is `record.conflict`. `following`: with all later sessions of its series,
   * which then stand as many days after their rule's days, at the same time of day by the clock.
   */
  'schedule.move': {
    params: ofConsult.extend({ scope: z.enum(['one', 'following']), startsAtMs, durationMinutes, venueId: venueIdSchema.nullable(), sequence: z.number().int().nonnegative() }),
    result: z.object({ appointment: appointmentSchema, moved: z.number().int().positive() }),
  },
  /** `following`: with all later sessions of its series. */
  'schedule.cancel': { params: ofConsult.extend({ scope: z.enum(['one', 'following']), reason: reasonSchema }), result: z.object({ cancelled: z.number().int().positive() }) },
  /** `series`: all its sessions still to come that the person has not answered; what was answered by itself stays. */
  'schedule.answer': {
    params: ofConsult.extend({ scope: z.enum(['one', 'series']), answer: z.discriminatedUnion('answer', [z.object({ answer: z.literal('accepted') }), z.object({ answer: z.literal('declined'), reason: reasonSchema })]) }),
    result: z.object({ appointment: appointmentSchema, answered: z.number().int().positive() }),
  },
  /** Who could come in a panel member's place, best first. */
  'schedule.substitutes': { params: ofConsult.extend(ofPerson.shape), result: z.object({ substitutes: z.array(z.object({ person: partySchema, isWithinHours: z.boolean(), load: z.number().int().nonnegative() })).max(10) }) },
  'schedule.substitute': { params: ofConsult.extend(ofPerson.shape).extend({ substituteId: personIdSchema }), result: z.object({ appointment: appointmentSchema }) },
  'schedule.appointment': { params: ofConsult, result: z.object({ appointment: appointmentSchema }) },
  /** At most 62 days. */
  'schedule.calendar': {
    params: spanSchema.extend({ of: z.discriminatedUnion('type', [z.object({ type: z.literal('resource'), resource: resourceSchema }), z.object({ type: z.literal('tree'), organisationId: organisationIdSchema })]) }),
    result: z.object({ entries: z.array(calendarEntrySchema).max(2000) }),
  },

  'schedule.profile': { params: ofPerson, result: scheduleProfileSchema },
  /** `week` null: the default week counts. */
  'schedule.setWeek': { params: ofPerson.extend({ week: weekSchema.nullable() }), result: nothing },
  'schedule.addAbsence': { params: ofPerson.extend(absenceSchema.omit({ id: true }).shape), result: z.object({ absenceId: absenceIdSchema }) },
  'schedule.removeAbsence': { params: ofPerson.extend({ absenceId: absenceIdSchema }), result: nothing },
  'schedule.setExpertise': { params: ofPerson.extend({ expertise: expertiseSchema }), result: nothing },
  'schedule.experts': { params: z.object({ specialty: specialtySchema.nullable(), leastGrade: titleGradeSchema }), result: z.object({ experts: z.array(expertSchema).max(2000) }) },
  /** At most 62 days. */
  'schedule.duties': { params: spanSchema.extend({ organisationId: organisationIdSchema }), result: z.object({ duties: z.array(dutySchema).max(2000) }) },
  'schedule.addDuty': { params: dutySchema.omit({ id: true, person: true }).extend(ofPerson.shape), result: z.object({ dutyId: dutyIdSchema }) },
  'schedule.removeDuty': { params: z.object({ dutyId: dutyIdSchema }), result: nothing },
  'schedule.venues': { params: nothing, result: z.object({ venues: z.array(venueSchema).max(2000) }) },
  /** `venueId` null: a new one. */
  'schedule.saveVenue': { params: z.object({ venueId: venueIdSchema.nullable(), organisationId: organisationIdSchema, name: bilingualSchema, isRetired: z.boolean() }), result: z.object({ venueId: venueIdSchema }) },
  /** At most 366 days. */
  'schedule.workload': {
    params: spanSchema.extend({ organisationId: organisationIdSchema }),
    result: z.object({ people: z.array(z.object({ person: partySchema, sessions: z.number().int(), minutes: z.number().int(), declined: z.number().int() })).max(5000) }),
  },

  /** Whether there is an address to the person's calendar file; the address itself is shown once, when it is made. */
  'schedule.feed': { params: nothing, result: z.object({ createdAtMs: z.number().int().nullable() }) },
  /** An earlier address ends with it. */
  'schedule.createFeed': { params: z.object({ language: z.enum(['zh', 'en']) }), result: z.object({ path: z.string().max(120) }) },
  'schedule.revokeFeed': { params: nothing, result: nothing },
} as const;

/** Said to those invited and to the schedulers concerned: an appointment is new, changed, answered or cancelled. */
export const scheduleChangedSchema = z.object({ consultId: consultIdSchema });

/** Calendar files over HTTP: a person's feed by its secret token, and one session's invitation with the session's token as bearer. */
export const CALENDAR_ROUTES = { feed: (token: string) => `/api/calendar/${token}.ics`, invitation: (consultId: string) => `/api/appointments/${consultId}/invitation.ics` } as const;
