import { z } from 'zod';
import { consultKindSchema, consultStateSchema } from './consult.ts';
import { absenceIdSchema, cartIdSchema, consultIdSchema, consultRequestIdSchema, dutyIdSchema, organisationIdSchema, personIdSchema, seriesIdSchema, venueIdSchema } from './ids.ts';
import { keptText } from './keptText.ts';
import { bilingualSchema, partySchema } from './people.ts';
import { civilDateSchema, weekdaySchema } from './recurrence.ts';
import { specialtySchema, titleGradeSchema } from './specialties.ts';

/** Unix epoch ms of the server's civil clock. */
const atMs = z.number().int().min(0).max(4_102_444_800_000);
/** From `fromMs` until just before `untilMs`. */
export const spanSchema = z.object({ fromMs: atMs, untilMs: atMs });
export type Span = z.infer<typeof spanSchema>;

/** The name of a zone of the IANA database, such as `Asia/Shanghai`; the server refuses one that its database does not have. */
export const timeZoneSchema = z.string().max(40).regex(/^[A-Za-z]{1,14}(\/[A-Za-z0-9_+-]{1,20}){0,2}$/);

/** What can be taken only once at a time. */
export const resourceSchema = z.object({ kind: z.enum(['person', 'cart', 'venue']), id: z.union([personIdSchema, cartIdSchema, venueIdSchema]) });
export type Resource = z.infer<typeof resourceSchema>;

/** A resource that is taken, and when: never for what, or for whom. */
export const takenSchema = resourceSchema.extend(spanSchema.shape);
export type Taken = z.infer<typeof takenSchema>;

/** Working hours of one weekday; minutes since midnight by the wall clock of the person's zone. */
const hoursSchema = z.object({ weekday: weekdaySchema, fromMinute: z.number().int().min(0).max(1439), untilMinute: z.number().int().min(1).max(1440) });
export type Hours = z.infer<typeof hoursSchema>;
export const weekSchema = z.object({ timeZone: timeZoneSchema, hours: z.array(hoursSchema).max(28) });
export type Week = z.infer<typeof weekSchema>;

/** The hours of those who have not said theirs: office hours of the country the centres are in. */
export const DEFAULT_WEEK: Week = { timeZone: 'Asia/Shanghai', hours: [1, 2, 3, 4, 5].map((weekday) => ({ weekday, fromMinute: 8 * 60, untilMinute: 17 * 60 + 30 })) };

/** What somebody can be asked for. */
export const expertiseSchema = z.object({ specialties: z.array(specialtySchema).max(10), grade: titleGradeSchema.nullable() });
export type Expertise = z.infer<typeof expertiseSchema>;

export const absenceKindSchema = z.enum(['leave', 'meeting', 'operation', 'teaching', 'other']);
export const absenceSchema = spanSchema.extend({ id: absenceIdSchema, kind: absenceKindSchema });
export type Absence = z.infer<typeof absenceSchema>;

/** An expert, or a scheduler, is on duty for a centre: reachable for its consults outside their hours too. */
export const dutySchema = spanSchema.extend({ id: dutyIdSchema, organisationId: organisationIdSchema, role: z.enum(['expert', 'scheduler']), specialty: specialtySchema.nullable(), person: partySchema });
export type Duty = z.infer<typeof dutySchema>;

export const venueSchema = z.object({ id: venueIdSchema, organisationId: organisationIdSchema, name: bilingualSchema, isRetired: z.boolean() });
export type Venue = z.infer<typeof venueSchema>;

/** A person's hours and skills, as they and their schedulers see them. `week` null: `DEFAULT_WEEK` counts. */
export const scheduleProfileSchema = z.object({ person: partySchema, expertise: expertiseSchema, week: weekSchema.nullable(), absences: z.array(absenceSchema).max(500) });
export type ScheduleProfile = z.infer<typeof scheduleProfileSchema>;

/** Somebody who can be asked, with what they were asked for: sessions in the 28 days before and the 28 days after. */
export const expertSchema = z.object({ person: partySchema, expertise: expertiseSchema, load: z.number().int().nonnegative() });
export type Expert = z.infer<typeof expertSchema>;

export const answerSchema = z.enum(['pending', 'accepted', 'declined']);
export type Answer = z.infer<typeof answerSchema>;
export const invitationSchema = z.object({ person: partySchema, answer: answerSchema, /** Of a decline. */ reason: z.string().max(300).nullable(), answeredAtMs: atMs.nullable() });
export type Invitation = z.infer<typeof invitationSchema>;

/**
 * A session as scheduling knows it: an appointment is a consult with what follows from planning it. `sequence` is iCalendar's: it
 * rises with each change. In a series, `seriesDate` is the day the rule gives, also when the session was moved.
 */
export const appointmentSchema = z.object({
  consultId: consultIdSchema,
  requestId: consultRequestIdSchema.nullable(),
  kind: consultKindSchema,
  state: consultStateSchema,
  startsAtMs: atMs,
  durationMinutes: z.number().int().min(5).max(1440),
  timeZone: timeZoneSchema,
  title: z.string().max(500),
  specialty: specialtySchema.nullable(),
  organisationId: organisationIdSchema,
  centreId: organisationIdSchema,
  hostPersonId: personIdSchema,
  panel: z.array(invitationSchema).max(60),
  cartIds: z.array(cartIdSchema).max(10),
  venueId: venueIdSchema.nullable(),
  sequence: z.number().int().nonnegative(),
  series: z.object({ id: seriesIdSchema, date: civilDateSchema }).nullable(),
  cancelReason: z.string().max(300).nullable(),
});
export type Appointment = z.infer<typeof appointmentSchema>;

/** What a session needs: these people, and one of each of those kinds besides, all different. */
export const needsSchema = z.object({
  personIds: z.array(personIdSchema).max(20),
  anyOf: z.array(z.object({ specialty: specialtySchema, leastGrade: titleGradeSchema })).max(10),
  cartIds: z.array(cartIdSchema).max(5),
  venueId: venueIdSchema.nullable(),
});
export type Needs = z.infer<typeof needsSchema>;

/** Why a time is proposed. */
export const timeReasonSchema = z.discriminatedUnion('type', [
  /** No earlier time is possible. */
  z.object({ type: z.literal('soonest') }),
  z.object({ type: z.literal('preferred') }),
  z.object({ type: z.literal('withinHours') }),
  /** Only by asking these to come outside their hours. */
  z.object({ type: z.literal('outsideHours'), personIds: z.array(personIdSchema).max(30) }),
  z.object({ type: z.literal('onDuty'), personIds: z.array(personIdSchema).max(30) }),
  /** Chosen because asked less than the average of those who could come then. */
  z.object({ type: z.literal('lessLoaded'), personId: personIdSchema, load: z.number().int().nonnegative(), average: z.number().nonnegative() }),
]);
export type TimeReason = z.infer<typeof timeReasonSchema>;

/** `chosen[i]` answers `anyOf[i]` of what was asked. */
export const proposalSchema = z.object({ startsAtMs: atMs, chosen: z.array(personIdSchema).max(10), reasons: z.array(timeReasonSchema).max(20) });
export type Proposal = z.infer<typeof proposalSchema>;

/** Why no time was found: nobody has that skill; that resource is never free; each can, but never together. */
export const obstacleSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('nobody'), specialty: specialtySchema, leastGrade: titleGradeSchema }),
  z.object({ type: z.literal('nobodyFree'), specialty: specialtySchema, leastGrade: titleGradeSchema }),
  z.object({ type: z.literal('neverFree'), resource: resourceSchema }),
  z.object({ type: z.literal('neverTogether') }),
]);
export type Obstacle = z.infer<typeof obstacleSchema>;

/** Text of a decline or a cancellation. */
export const reasonSchema = keptText(300);
