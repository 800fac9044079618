import { addDays, type CivilDate, isRealDate, weekdayOf } from '#shared/domain/recurrence';
import type { Span, Week } from '#shared/domain/scheduling';
import { AppError } from '#shared/protocol/errors';
import { DateTime, IANAZone } from 'luxon';

const MINUTE_MS = 60_000;
/** Zones and days kept; a month's search touches some thirty days of a few zones. */
const KEPT_DAYS = 20_000;

/** @throws AppError `input.malformed` for a zone that this machine's database does not have */
export function requireTimeZone(timeZone: string): void {
  if (!IANAZone.isValidZone(timeZone)) throw new AppError('input.malformed', 'timeZone: no such zone');
}

/** @throws AppError `input.malformed` for 30 February and the like */
export function requireRealDate(date: CivilDate): void {
  if (!isRealDate(date)) throw new AppError('input.malformed', 'no such day');
}

/** The day in that zone. */
export function civilDateAt(ms: number, timeZone: string): CivilDate {
  return DateTime.fromMillis(ms, { zone: timeZone }).toFormat('yyyy-MM-dd') as CivilDate; // that format is the schema's
}

/** What a wall clock of that zone shows, in minutes since its midnight, 0–1439. */
export function minuteOfDayAt(ms: number, timeZone: string): number {
  const { hour, minute } = DateTime.fromMillis(ms, { zone: timeZone });
  return hour * 60 + minute;
}

/** Wall clocks of one day: where they run evenly, an instant is counted; on the two odd days of a year luxon is asked. */
interface DayClock {
  readonly midnightMs: number;
  readonly isEven: boolean;
}
const days = new Map<string, DayClock>();

/**
 * The instant at which a wall clock of that zone shows that minute of that day (1440: the next midnight). A time that the clocks
 * skip in spring counts from where they stood; of one that comes twice in autumn, the first.
 */
export function instantOf(date: CivilDate, minuteOfDay: number, timeZone: string): number {
  if (minuteOfDay === 1440) return instantOf(addDays(date, 1), 0, timeZone);
  const key = `${timeZone} ${date}`;
  let day = days.get(key);
  if (day === undefined) {
    const midnight = DateTime.fromISO(date, { zone: timeZone });
    const next = DateTime.fromISO(addDays(date, 1), { zone: timeZone });
    day = { midnightMs: midnight.toMillis(), isEven: next.toMillis() - midnight.toMillis() === 1440 * MINUTE_MS && midnight.hour === 0 };
    if (days.size >= KEPT_DAYS) days.clear();
    days.set(key, day);
  }
  if (day.isEven) return day.midnightMs + minuteOfDay * MINUTE_MS;
  const [year, month, dayOfMonth] = date.split('-').map(Number);
  return DateTime.fromObject({ year: year ?? 0, month: month ?? 1, day: dayOfMonth ?? 1, hour: Math.floor(minuteOfDay / 60), minute: minuteOfDay % 60 }, { zone: timeZone }).toMillis();
}

/** The working hours of a week's plan within a time, as instants, in order and without overlap. */
export function workingSpans({ timeZone, hours }: Week, { fromMs, untilMs }: Span): Span[] {
  const spans: Span[] = [];
  const last = addDays(civilDateAt(untilMs, timeZone), 1);
  for (let date = addDays(civilDateAt(fromMs, timeZone), -1); date <= last; date = addDays(date, 1)) {
    const weekday = weekdayOf(date);
    for (const one of hours) {
      if (one.weekday !== weekday) continue;
      const span = { fromMs: Math.max(fromMs, instantOf(date, one.fromMinute, timeZone)), untilMs: Math.min(untilMs, instantOf(date, one.untilMinute, timeZone)) };
      if (span.fromMs < span.untilMs) spans.push(span);
    }
  }
  return mergeSpans(spans);
}

/** The same time in order, without overlap; what touches becomes one. */
export function mergeSpans(spans: readonly Span[]): Span[] {
  const merged: { fromMs: number; untilMs: number }[] = [];
  for (const span of [...spans].sort((a, b) => a.fromMs - b.fromMs)) {
    const last = merged.at(-1);
    if (last && span.fromMs <= last.untilMs) last.untilMs = Math.max(last.untilMs, span.untilMs);
    else merged.push({ ...span });
  }
  return merged;
}
