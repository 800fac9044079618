import type { Span, Week } from '#shared/domain/scheduling';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/** How far the zone's wall clock is ahead of UTC at that instant, ms. @throws RangeError for a zone this machine does not know */
function offsetMs(timeZone: string, atMs: number): number {
  const parts = new Intl.DateTimeFormat('en', { timeZone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' }).formatToParts(atMs);
  const value = (type: Intl.DateTimeFormatPartTypes) => Number(parts.find((part) => part.type === type)?.value ?? 0);
  return Date.UTC(value('year'), value('month') - 1, value('day'), value('hour'), value('minute'), value('second')) - Math.floor(atMs / 1000) * 1000;
}

/** The instant of a wall-clock time, given as if it were UTC. The second look is for days on which the clocks change. */
function instantOf(wallAsUtcMs: number, timeZone: string): number {
  const guessMs = wallAsUtcMs - offsetMs(timeZone, wallAsUtcMs);
  return wallAsUtcMs - offsetMs(timeZone, guessMs);
}

/** [SCH10] Working hours that fall into `within`, as instants: the clock of the person's own zone on each of its days. */
export function workingSpans(week: Week, within: Span): readonly Span[] {
  const spans: Span[] = [];
  // A zone's day begins up to 14 hours before or 12 after that of UTC: one more day on both sides.
  const firstDayMs = Math.floor(within.fromMs / DAY_MS) * DAY_MS - DAY_MS;
  for (let dayMs = firstDayMs; dayMs <= within.untilMs + DAY_MS; dayMs += DAY_MS) {
    const weekday = new Date(dayMs).getUTCDay() || 7;
    for (const hours of week.hours) {
      if (hours.weekday !== weekday) continue;
      const fromMs = Math.max(within.fromMs, instantOf(dayMs + hours.fromMinute * MINUTE_MS, week.timeZone));
      const untilMs = Math.min(within.untilMs, instantOf(dayMs + hours.untilMinute * MINUTE_MS, week.timeZone));
      if (fromMs < untilMs) spans.push({ fromMs, untilMs });
    }
  }
  return spans.sort((a, b) => a.fromMs - b.fromMs);
}

/** This machine's zone, as IANA names it. */
export function ownTimeZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** Midnight of the Monday of the week that `ms` is in, this machine's zone. */
export function mondayOf(ms: number): number {
  const date = new Date(ms);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() - ((date.getDay() + 6) % 7)).getTime();
}

/** Midnight `days` civil days later; not 24 hours, for days on which the clocks change. */
export function addCivilDays(ms: number, days: number): number {
  const date = new Date(ms);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() + days, date.getHours(), date.getMinutes()).getTime();
}
