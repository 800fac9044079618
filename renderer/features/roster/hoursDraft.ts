import type { Hours } from '#shared/domain/scheduling';

/** True when every stretch ends after it begins and none of a day overlaps another. */
export function areHoursSound(hours: readonly Hours[]): boolean {
  return hours.every((one, index) => one.fromMinute < one.untilMinute && hours.every((other, at) => at === index || other.weekday !== one.weekday || other.untilMinute <= one.fromMinute || other.fromMinute >= one.untilMinute));
}

/** A stretch that follows the day's last one by an hour, or a working day where there is none. */
export function nextHours(hours: readonly Hours[], weekday: number): Hours {
  const last = Math.max(0, ...hours.filter((one) => one.weekday === weekday).map(({ untilMinute }) => untilMinute));
  if (last === 0) return { weekday, fromMinute: 8 * 60, untilMinute: 17 * 60 + 30 };
  const fromMinute = Math.min(last + 60, 23 * 60);
  return { weekday, fromMinute, untilMinute: Math.min(fromMinute + 120, 1440) };
}

/** Zones to choose from: those of this country and its neighbours' experts first, then every one this machine knows. */
export function timeZones(): readonly string[] {
  return [...new Set(['Asia/Shanghai', 'Asia/Urumqi', 'Asia/Hong_Kong', ...Intl.supportedValuesOf('timeZone')])];
}
