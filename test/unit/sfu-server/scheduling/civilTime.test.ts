import fc from 'fast-check';
import { DateTime } from 'luxon';
import { describe, expect, it } from 'vitest';
import { civilDateSchema, datesOf, occurrencesOf, recurrenceSchema } from '#shared/domain/recurrence';
import { instantOf, mergeSpans, requireTimeZone, workingSpans } from '../../../../sfu-server/scheduling/civilTime.ts';

const date = (text: string) => civilDateSchema.parse(text);
const iso = (ms: number) => new Date(ms).toISOString();
const ZONES = ['Europe/Berlin', 'America/New_York', 'Asia/Shanghai', 'Asia/Kolkata', 'Australia/Lord_Howe', 'America/Sao_Paulo'];

describe('wall clocks', () => {
  it('[SCH10] keep their hours over a change of the clocks', () => {
    expect(iso(instantOf(date('2026-03-27'), 540, 'Europe/Berlin'))).toBe('2026-03-27T08:00:00.000Z');
    expect(iso(instantOf(date('2026-03-29'), 540, 'Europe/Berlin'))).toBe('2026-03-29T07:00:00.000Z');
    expect(iso(instantOf(date('2026-11-01'), 540, 'America/New_York'))).toBe('2026-11-01T14:00:00.000Z');
    expect(iso(instantOf(date('2026-03-29'), 1440, 'Europe/Berlin'))).toBe('2026-03-29T22:00:00.000Z');
  });

  it('[SCH10] agree with luxon on every day of three years, in every zone', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 1095 }), fc.integer({ min: 0, max: 1439 }), fc.constantFrom(...ZONES), (day, minute, zone) => {
      const on = DateTime.utc(2025, 1, 1).plus({ days: day });
      const expected = DateTime.fromObject({ year: on.year, month: on.month, day: on.day, hour: Math.floor(minute / 60), minute: minute % 60 }, { zone });
      expect(iso(instantOf(date(on.toFormat('yyyy-MM-dd')), minute, zone))).toBe(iso(expected.toMillis()));
    }), { numRuns: 3000 });
  });

  it('[SCH10] gives working hours as instants, shorter on the night the clocks go on', () => {
    const nights = { timeZone: 'Europe/Berlin', hours: [{ weekday: 7, fromMinute: 0, untilMinute: 360 }] };
    const week = { fromMs: Date.UTC(2026, 2, 28), untilMs: Date.UTC(2026, 3, 6) };
    expect(workingSpans(nights, week).map(({ fromMs, untilMs }) => (untilMs - fromMs) / 3_600_000)).toEqual([5, 6]);
  });

  it('[SCH10] refuses a zone that nobody keeps', () => {
    expect(() => requireTimeZone('Mars/Olympus')).toThrow('no such zone');
    requireTimeZone('Asia/Shanghai');
  });

  it('merges what overlaps or touches', () => {
    expect(mergeSpans([{ fromMs: 5, untilMs: 9 }, { fromMs: 1, untilMs: 3 }, { fromMs: 3, untilMs: 4 }, { fromMs: 6, untilMs: 7 }])).toEqual([{ fromMs: 1, untilMs: 4 }, { fromMs: 5, untilMs: 9 }]);
  });
});

describe('rules of repetition', () => {
  const rule = (rest: object) => recurrenceSchema.parse({ firstDate: '2026-01-01', end: { type: 'count', count: 3 }, exceptions: [], ...rest });

  it('[SCH8] give every week, every second, and a weekday of the month', () => {
    expect(datesOf(rule({ pattern: { type: 'weekly', weekday: 3 } }))).toEqual(['2026-01-07', '2026-01-14', '2026-01-21']);
    expect(datesOf(rule({ pattern: { type: 'fortnightly', weekday: 4 } }))).toEqual(['2026-01-01', '2026-01-15', '2026-01-29']);
    expect(datesOf(rule({ pattern: { type: 'monthly', nth: 2, weekday: 2 } }))).toEqual(['2026-01-13', '2026-02-10', '2026-03-10']);
    expect(datesOf(rule({ pattern: { type: 'monthly', nth: -1, weekday: 5 }, end: { type: 'until', date: '2026-03-27' } }))).toEqual(['2026-01-30', '2026-02-27', '2026-03-27']);
  });

  it('[SCH8] leave out exceptions, which count nevertheless', () => {
    expect(occurrencesOf(rule({ pattern: { type: 'weekly', weekday: 3 }, exceptions: ['2026-01-14'] }))).toEqual(['2026-01-07', '2026-01-21']);
  });

  it('[SCH8] end, whatever they say', () => {
    expect(datesOf(rule({ pattern: { type: 'weekly', weekday: 1 }, end: { type: 'until', date: '2099-12-31' } }))).toHaveLength(60);
    expect(datesOf(rule({ pattern: { type: 'weekly', weekday: 1 }, end: { type: 'until', date: '2025-12-31' } }))).toEqual([]);
  });
});
