import type { OrganisationId, PersonId } from '#shared/domain/ids';
import type { Bilingual } from '#shared/domain/people';
import { type CivilDate, datesOf, rruleOf } from '#shared/domain/recurrence';
import type { Answer, Appointment } from '#shared/domain/scheduling';
import { SPECIALTIES } from '#shared/domain/specialties';
import ical, { ICalAttendeeRole, ICalAttendeeStatus, type ICalCalendar, ICalCalendarMethod, type ICalEventData, ICalEventStatus } from 'ical-generator';
import { DateTime } from 'luxon';
import { tzlib_get_ical_block } from 'timezones-ical-library';
import type { SeriesRecord } from '../storage/appointments.ts';
import { instantOf } from './civilTime.ts';

/** What calendar files say besides the appointments. */
export interface CalendarContext {
  readonly language: 'zh' | 'en';
  /** Where the client opens. */
  readonly clientUrl: string;
  /** Names of the centres of the appointments. */
  readonly centres: ReadonlyMap<OrganisationId, Bilingual>;
  /** Server's civil clock. */
  readonly nowMs: number;
}

/** E-mail addresses of centres and people, as ORGANIZER and ATTENDEE need them. */
export interface CalendarAddresses {
  centre(id: OrganisationId): string;
  person(id: PersonId): string;
}

/** For those whose addresses are not kept: `.invalid` (RFC 2606) reaches nobody, and tells one from another. */
export const NO_ADDRESSES: CalendarAddresses = { centre: (id) => `${id}@centre.invalid`, person: (id) => `${id}@person.invalid` };

const KINDS: Readonly<Record<Appointment['kind'], Bilingual>> = {
  consultation: { zh: '远程会诊', en: 'Remote consultation' },
  mdt: { zh: '多学科会诊', en: 'MDT consultation' },
  urgent: { zh: '急会诊', en: 'Urgent consultation' },
  teaching: { zh: '教学会诊', en: 'Teaching session' },
};
const STATUS: Readonly<Record<Answer, ICalAttendeeStatus>> = { pending: ICalAttendeeStatus.NEEDSACTION, accepted: ICalAttendeeStatus.ACCEPTED, declined: ICalAttendeeStatus.DECLINED };

/** A person's appointments as a calendar to subscribe to: those they come to, and those that were cancelled, as cancelled. */
export function feedFile(personId: PersonId, appointments: readonly Appointment[], series: readonly SeriesRecord[], context: CalendarContext): string {
  const calendar = newCalendar(ICalCalendarMethod.PUBLISH);
  calendar.name(context.language === 'zh' ? '会诊' : 'Huizhen');
  calendar.ttl(15 * 60);
  const own = appointments.filter(({ panel }) => panel.some(({ person, answer }) => person.id === personId && answer !== 'declined'));
  for (const one of own) if (one.series === null) calendar.createEvent(singleEvent(one, context));
  for (const one of series) addSeries(calendar, one, own.filter((appointment) => appointment.series?.id === one.id), context, () => ({}));
  return calendar.toString();
}

/**
 * An invitation, or what became of it, for one person: a session, or all of a series. METHOD is CANCEL when the person has nothing
 * of it left to come to. One session of a series is that instance only (RECURRENCE-ID).
 * @param appointments of one series, or a single one
 */
export function invitationFile(recipientId: PersonId, appointments: readonly Appointment[], series: SeriesRecord | null, context: CalendarContext, addresses: CalendarAddresses): string {
  const isCancelled = !isComingToAny(recipientId, appointments);
  const calendar = newCalendar(isCancelled ? ICalCalendarMethod.CANCEL : ICalCalendarMethod.REQUEST);
  const parties = (one: Appointment): Partial<ICalEventData> => ({
    organizer: { name: context.centres.get(one.centreId)?.[context.language] ?? '', email: addresses.centre(one.centreId) },
    attendees: one.panel.map(({ person, answer }) => ({ name: person.name[context.language], email: addresses.person(person.id as PersonId), role: ICalAttendeeRole.REQ, status: STATUS[answer], rsvp: answer === 'pending' })), // only people are invited
  });
  const cancelled = isCancelled ? { status: ICalEventStatus.CANCELLED } : {};
  const [first] = appointments;
  if (series === null || appointments.length === 1) {
    if (first !== undefined) calendar.createEvent({ ...(series === null ? singleEvent(first, context) : instanceEvent(first, series, context)), ...parties(first), ...cancelled });
  } else addSeries(calendar, series, isCancelled ? appointments : appointments.filter((one) => one.state === 'cancelled' || isComing(recipientId, one)), context, (one) => ({ ...parties(one), ...cancelled }));
  return calendar.toString();
}

/** Whether something of it is left to that person; otherwise a calendar is told to take it out. */
export function isComingToAny(recipientId: PersonId, appointments: readonly Appointment[]): boolean {
  return appointments.some((one) => isComing(recipientId, one));
}

function isComing(recipientId: PersonId, { state, panel }: Appointment): boolean {
  return state !== 'cancelled' && panel.some(({ person, answer }) => person.id === recipientId && answer !== 'declined');
}

function newCalendar(method: ICalCalendarMethod): ICalCalendar {
  const calendar = ical({ method, prodId: { company: 'Huizhen', product: 'Consultations', language: 'EN' } });
  // No zone of the calendar's own: DTSTAMP and UNTIL stay in UTC, as they have to.
  calendar.timezone({ name: null, generator: (zone) => [tzlib_get_ical_block(zone)].flat()[0] ?? null });
  return calendar;
}

/**
 * A series as one event with its rule, from the first to the last of `appointments`, and what differs from the rule. Where the clocks
 * skip the series' time of day, or show it twice, calendar programs disagree on when that is: the session of such a day is an event of its own.
 */
function addSeries(calendar: ICalCalendar, series: SeriesRecord, all: readonly Appointment[], context: CalendarContext, extra: (one: Appointment) => Partial<ICalEventData>): void {
  for (const one of all) if (isUnclear(one, series)) calendar.createEvent({ ...instanceEvent(one, series, context), ...extra(one) });
  const appointments = all.filter((one) => !isUnclear(one, series));
  const standing = appointments.filter(({ state }) => state !== 'cancelled');
  const shown = standing.length > 0 ? standing : appointments; // all were cancelled: so is the series
  const byDate = new Map(shown.flatMap((one): [CivilDate, Appointment][] => (one.series === null ? [] : [[one.series.date, one]])));
  const dates = datesOf(series.rule);
  const from = dates.findIndex((date) => byDate.has(date));
  const until = dates.findLastIndex((date) => byDate.has(date));
  const [first, last] = [dates[from], dates[until]];
  const model = first === undefined ? undefined : byDate.get(first);
  if (first === undefined || last === undefined || model === undefined) return;
  const zone = model.timeZone;
  const at = (date: CivilDate) => instantOf(date, series.minuteOfDay, zone);
  const left = dates.slice(from, until + 1).filter((date) => !byDate.has(date));
  const untilUtc = DateTime.fromMillis(at(last), { zone: 'utc' }).toFormat("yyyyMMdd'T'HHmmss'Z'");
  const exceptions = left.map((date) => DateTime.fromISO(date, { zone: 'utc' }).plus({ minutes: series.minuteOfDay }).toFormat("yyyyMMdd'T'HHmmss")); // by the clock, whatever the zone makes of it
  calendar.createEvent({
    ...baseEvent(model, context),
    id: uidOf(model),
    sequence: series.sequence,
    start: DateTime.fromMillis(at(first), { zone }),
    end: DateTime.fromMillis(at(first) + model.durationMinutes * 60_000, { zone }),
    repeating: [`RRULE:${rruleOf(series.rule.pattern)};UNTIL=${untilUtc}`, ...(exceptions.length === 0 ? [] : [`EXDATE;TZID=${zone}:${exceptions.join(',')}`])].join('\r\n'),
    ...(standing.length > 0 ? {} : { status: ICalEventStatus.CANCELLED }),
    ...extra(model),
  });
  if (standing.length === 0) return;
  for (const [date, one] of byDate) {
    if (one.startsAtMs !== at(date) || one.durationMinutes !== model.durationMinutes) calendar.createEvent({ ...instanceEvent(one, series, context), ...extra(one) });
  }
}

function singleEvent(one: Appointment, context: CalendarContext): ICalEventData {
  const [start, end] = [at(one.startsAtMs, one), at(one.startsAtMs + one.durationMinutes * 60_000, one)];
  const isUtc = isTwice(start) || isTwice(end);
  return { ...baseEvent(one, context), id: uidOf(one), ...(isUtc ? { timezone: null, start: start.toUTC(), end: end.toUTC() } : { start, end }) };
}

/** The clocks show this time of day twice, as when they go back. */
function isTwice(time: DateTime): boolean {
  return time.getPossibleOffsets().length > 1;
}

/** The rule puts it at a time of day that its day does not have, or has twice. */
function isUnclear({ series: place, timeZone }: Appointment, { minuteOfDay }: SeriesRecord): boolean {
  if (place === null) return false;
  const ruled = DateTime.fromMillis(instantOf(place.date, minuteOfDay, timeZone), { zone: timeZone });
  return ruled.hour * 60 + ruled.minute !== minuteOfDay || isTwice(ruled);
}

/** One session of a series, which the rule puts at RECURRENCE-ID, or which stands for itself. */
function instanceEvent(one: Appointment, series: SeriesRecord, context: CalendarContext): ICalEventData {
  if (isUnclear(one, series)) return { ...singleEvent(one, context), id: `${one.consultId}@huizhen` };
  const ruled = one.series === null ? one.startsAtMs : instantOf(one.series.date, series.minuteOfDay, one.timeZone);
  return { ...singleEvent(one, context), recurrenceId: at(ruled, one) };
}

function baseEvent(one: Appointment, { language, clientUrl, centres, nowMs }: CalendarContext): Omit<ICalEventData, 'start'> {
  const centre = centres.get(one.centreId)?.[language];
  const specialty = one.specialty === null ? undefined : SPECIALTIES[one.specialty][language];
  return {
    timezone: one.timeZone,
    stamp: new Date(nowMs),
    sequence: one.sequence,
    // Never the question or a title: a calendar is read on telephones, over shoulders, by others who keep it.
    summary: [KINDS[one.kind][language], centre, specialty].filter((part) => part !== undefined).join(' · '),
    status: one.state === 'cancelled' ? ICalEventStatus.CANCELLED : ICalEventStatus.CONFIRMED,
    url: clientUrl,
  };
}

/** The same for good, also when a session moves: of a series, the series'. */
function uidOf({ consultId, series }: Appointment): string {
  return `${series?.id ?? consultId}@huizhen`;
}

function at(ms: number, { timeZone }: Appointment): DateTime {
  return DateTime.fromMillis(ms, { zone: timeZone });
}
