import { z } from 'zod';

/** A day of the civil calendar, `2026-03-29`; in which zone, says what holds it. */
export const civilDateSchema = z.string().regex(/^20\d{2}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/).brand<'CivilDate'>();
export type CivilDate = z.infer<typeof civilDateSchema>;

/** Monday 1 to Sunday 7, as in ISO 8601. */
export const weekdaySchema = z.number().int().min(1).max(7);

/** The most occurrences of one series: about a year of weekly sessions. */
export const MAX_OCCURRENCES = 60;

/** How sessions repeat, by civil days: the clock time stays the same whatever daylight saving does. */
export const recurrenceSchema = z.object({
  pattern: z.discriminatedUnion('type', [
    z.object({ type: z.literal('weekly'), weekday: weekdaySchema }),
    z.object({ type: z.literal('fortnightly'), weekday: weekdaySchema }),
    /** `nth` 1 to 4, or −1 for the month's last. */
    z.object({ type: z.literal('monthly'), nth: z.union([z.literal(1), z.literal(2), z.literal(3), z.literal(4), z.literal(-1)]), weekday: weekdaySchema }),
  ]),
  /** The first occurrence is the first fitting day on or after it. */
  firstDate: civilDateSchema,
  end: z.discriminatedUnion('type', [z.object({ type: z.literal('until'), date: civilDateSchema }), z.object({ type: z.literal('count'), count: z.number().int().min(1).max(MAX_OCCURRENCES) })]),
  /** Days left out from the beginning; they count towards `count`, as in iCalendar. */
  exceptions: z.array(civilDateSchema).max(MAX_OCCURRENCES),
});
export type Recurrence = z.infer<typeof recurrenceSchema>;

const DAY_MS = 86_400_000;
/** A rule that gives nothing for this long ends: no month is without a last Monday. */
const MAX_STEPS = 1200;

/**
 * The days of the rule in order, exceptions among them; at most `MAX_OCCURRENCES`.
 * Civil days are counted as days of UTC, which has no daylight saving: no clock comes into this.
 */
export function datesOf({ pattern, firstDate, end }: Omit<Recurrence, 'exceptions'>): readonly CivilDate[] {
  const limit = end.type === 'count' ? end.count : MAX_OCCURRENCES;
  const lastMs = end.type === 'until' ? msOf(end.date) : Number.POSITIVE_INFINITY;
  const dates: CivilDate[] = [];
  const firstMs = msOf(firstDate);
  let dayMs = nextWeekday(firstMs, pattern.weekday);
  for (let step = 0; step < MAX_STEPS && dates.length < limit && dayMs <= lastMs; step += 1) {
    if (pattern.type !== 'monthly' || isNth(dayMs, pattern.nth)) dates.push(dateOf(dayMs));
    dayMs += (pattern.type === 'fortnightly' ? 14 : 7) * DAY_MS;
  }
  return dates;
}

/** The days on which there is a session. */
export function occurrencesOf(recurrence: Recurrence): readonly CivilDate[] {
  return datesOf(recurrence).filter((date) => !recurrence.exceptions.includes(date));
}

/** Monday 1 to Sunday 7. */
export function weekdayOf(date: CivilDate): number {
  return weekdayOfMs(msOf(date));
}

/** The day `days` after. */
export function addDays(date: CivilDate, days: number): CivilDate {
  return dateOf(msOf(date) + days * DAY_MS);
}

/** Whole days from one date to another; negative when it is before. */
export function daysBetween(from: CivilDate, until: CivilDate): number {
  return Math.round((Date.parse(`${until}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / 86_400_000);
}

/** The value of RRULE (RFC 5545) without its end, which needs instants. */
export function rruleOf(pattern: Recurrence['pattern']): string {
  const day = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'][pattern.weekday - 1] ?? 'MO';
  switch (pattern.type) {
    case 'weekly':
      return `FREQ=WEEKLY;BYDAY=${day};WKST=MO`;
    case 'fortnightly':
      return `FREQ=WEEKLY;INTERVAL=2;BYDAY=${day};WKST=MO`;
    case 'monthly':
      return `FREQ=MONTHLY;BYDAY=${pattern.nth}${day}`;
  }
}

/** False for a day that no calendar has, such as 30 February. */
export function isRealDate(date: CivilDate): boolean {
  return dateOf(msOf(date)) === date;
}

function msOf(date: CivilDate): number {
  const [year = 0, month = 1, day = 1] = date.split('-').map(Number);
  return Date.UTC(year, month - 1, day);
}

function dateOf(ms: number): CivilDate {
  return new Date(ms).toISOString().slice(0, 10) as CivilDate; // ISO's date part has the schema's form
}

function weekdayOfMs(ms: number): number {
  return new Date(ms).getUTCDay() || 7;
}

function nextWeekday(ms: number, weekday: number): number {
  return ms + ((weekday - weekdayOfMs(ms) + 7) % 7) * DAY_MS;
}

/** Whether the day is its weekday's nth of the month. */
function isNth(ms: number, nth: number): boolean {
  if (nth === -1) return new Date(ms + 7 * DAY_MS).getUTCMonth() !== new Date(ms).getUTCMonth();
  return Math.ceil(new Date(ms).getUTCDate() / 7) === nth;
}
