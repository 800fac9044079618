import fc from 'fast-check';
import ICAL from 'ical.js';
import { describe, expect, it } from 'vitest';
import { type Appointment, appointmentSchema } from '#shared/domain/scheduling';
import { datesOf, type Recurrence, recurrenceSchema } from '#shared/domain/recurrence';
import { seriesIdSchema } from '#shared/domain/ids';
import { required } from '#shared/lib/assert';
import { type CalendarContext, feedFile, invitationFile, NO_ADDRESSES } from '../../../../sfu-server/scheduling/calendarFile.ts';
import { instantOf } from '../../../../sfu-server/scheduling/civilTime.ts';
import { orgId, personId } from '../../../helpers/serverParts.ts';

const ZONES = ['Europe/Berlin', 'America/New_York', 'Asia/Shanghai', 'Asia/Kolkata'] as const;
const lin = personId('lin');
const invited = (id: string, answer = 'pending') => ({
  person: { kind: 'person', id, name: { zh: `医师"${id}；,`, en: `Dr ${id}` }, title: null, role: 'expert', organisationId: 'city', organisationName: { zh: '市', en: 'City' } }, answer, reason: null, answeredAtMs: null,
});
const appointment = (rest: object = {}): Appointment =>
  appointmentSchema.parse({
    consultId: 'c1', requestId: null, kind: 'consultation', state: 'scheduled', startsAtMs: Date.UTC(2026, 2, 30, 7), durationMinutes: 45, timeZone: 'Europe/Berlin', title: '陈建国 的疑难病例', specialty: '03.04',
    organisationId: 'county', centreId: 'city', hostPersonId: 'lin', panel: [invited('lin'), invited('zhou', 'accepted')], cartIds: [], venueId: null, sequence: 3, series: null, cancelReason: null, ...rest,
  });
const context: CalendarContext = { language: 'zh', clientUrl: 'https://huizhen.example/', centres: new Map([[orgId('city'), { zh: '澄江市中心', en: 'Chengjiang Centre' }]]), nowMs: Date.UTC(2026, 0, 1) };

/** Read by a parser nobody here wrote, by the zones that the file itself carries. */
const read = (file: string) => {
  expect(file.split('\r\n').every((line) => Buffer.byteLength(line) <= 75)).toBe(true);
  const root = new ICAL.Component(ICAL.parse(file));
  ICAL.TimezoneService.reset();
  for (const zone of root.getAllSubcomponents('vtimezone')) ICAL.TimezoneService.register(zone);
  const events = root.getAllSubcomponents('vevent').map((component) => new ICAL.Event(component));
  return { root, events, method: root.getFirstPropertyValue('method'), zones: root.getAllSubcomponents('vtimezone').map((zone) => zone.getFirstPropertyValue('tzid')) };
};
const ms = (time: ICAL.Time) => time.toJSDate().getTime();

/** Every instant at which the file says there is a session, moved ones as moved, by the parser's own expansion. */
const startsOf = (file: ReturnType<typeof read>): number[] => {
  const events = file.events.filter((event) => event.component.getFirstPropertyValue('status') !== 'CANCELLED');
  const master = events.find((event) => event.isRecurring());
  const alone = events.filter((event) => event !== master && (!master || !event.isRecurrenceException()));
  const starts = alone.map((event) => ms(event.startDate));
  if (!master) return starts.sort((a, b) => a - b);
  for (const event of events) if (event.isRecurrenceException()) master.relateException(event);
  const iterator = master.iterator();
  for (let next = iterator.next(); next && starts.length < 200; next = iterator.next()) starts.push(ms(master.getOccurrenceDetails(next).startDate));
  return starts.sort((a, b) => a - b);
};

const seriesOf = (rule: Recurrence, minuteOfDay: number, timeZone: string) => {
  const id = seriesIdSchema.parse('series');
  const sessions = datesOf(rule).filter((date) => !rule.exceptions.includes(date)).map((date, n) => appointment({ consultId: `c${n}`, kind: 'mdt', timeZone, startsAtMs: instantOf(date, minuteOfDay, timeZone), series: { id, date } }));
  return { series: { id, rule, minuteOfDay, sequence: 7 }, sessions };
};
const weekly = (rest: object = {}) => recurrenceSchema.parse({ pattern: { type: 'weekly', weekday: 3 }, firstDate: '2026-02-25', end: { type: 'count', count: 12 }, exceptions: [], ...rest });

describe('calendar files', () => {
  it('[SCH18] name kind, centre and specialty, and nobody’s name or question', () => {
    const file = feedFile(lin, [appointment()], [], context);
    const [event] = read(file).events;
    expect(event?.summary).toBe('远程会诊 · 澄江市中心 · 心血管内科');
    expect(event?.component.getFirstPropertyValue('url')).toBe('https://huizhen.example/');
    expect(file).not.toContain('陈建国');
    expect(read(feedFile(lin, [appointment({ specialty: null })], [], { ...context, language: 'en' })).events[0]?.summary).toBe('Remote consultation · Chengjiang Centre');
  });

  it.each(ZONES)('[SCH20] mean the same instants on both sides of a change of the clocks in %s', (timeZone) => {
    for (const startsAtMs of [Date.UTC(2026, 2, 7, 15), Date.UTC(2026, 2, 8, 15), Date.UTC(2026, 2, 28, 8), Date.UTC(2026, 2, 29, 8), Date.UTC(2026, 9, 24, 8), Date.UTC(2026, 9, 26, 8), Date.UTC(2026, 10, 2, 15)]) {
      const { events, zones } = read(feedFile(lin, [appointment({ timeZone, startsAtMs })], [], context));
      expect(zones).toEqual([timeZone]);
      expect([ms(required(events[0], 'an event').startDate), ms(required(events[0], 'an event').endDate)]).toEqual([startsAtMs, startsAtMs + 45 * 60_000]);
      expect(required(events[0], 'an event').startDate.zone.tzid).toBe(timeZone);
    }
  });

  it.each(ZONES)('[SCH19] [SCH20] give a series as one event whose expansion is the sessions, in %s', (timeZone) => {
    const { series, sessions } = seriesOf(weekly({ exceptions: ['2026-03-18'] }), 15 * 60 + 30, timeZone);
    const file = read(feedFile(lin, sessions, [series], context));
    expect(file.events).toHaveLength(1);
    expect(startsOf(file)).toEqual(sessions.map(({ startsAtMs }) => startsAtMs));
    expect(file.events[0]?.uid).toBe('series@huizhen');
    expect(file.events[0]?.sequence).toBe(7);
  });

  it('[SCH19] [SCH20] a session at a time of day that the clocks skip is an event of its own', () => {
    const { series, sessions } = seriesOf(recurrenceSchema.parse({ pattern: { type: 'weekly', weekday: 7 }, firstDate: '2026-03-22', end: { type: 'count', count: 3 }, exceptions: [] }), 120, 'Europe/Berlin');
    const file = read(feedFile(lin, sessions, [series], context));
    expect(startsOf(file)).toEqual([Date.UTC(2026, 2, 22, 1), Date.UTC(2026, 2, 29, 1), Date.UTC(2026, 3, 5, 0)]);
    expect(file.events.map(({ uid }) => uid).sort()).toEqual(['c1@huizhen', 'series@huizhen']);
    expect(read(invitationFile(lin, sessions.slice(1, 2), series, context, NO_ADDRESSES)).events.map(({ uid }) => uid)).toEqual(['c1@huizhen']);
  });

  it('[SCH19] every rule, with sessions moved and cancelled, expands to what is held', () => {
    const rules = fc.record({
      pattern: fc.oneof(
        fc.record({ type: fc.constantFrom('weekly' as const, 'fortnightly' as const), weekday: fc.integer({ min: 1, max: 7 }) }),
        fc.record({ type: fc.constant('monthly' as const), nth: fc.constantFrom(1 as const, 2 as const, 3 as const, 4 as const, -1 as const), weekday: fc.integer({ min: 1, max: 7 }) }),
      ),
      firstDate: fc.constantFrom('2026-01-01', '2026-02-20', '2026-09-30'), end: fc.record({ type: fc.constant('count' as const), count: fc.integer({ min: 1, max: 20 }) }), exceptions: fc.constant([]),
    });
    fc.assert(fc.property(rules, fc.constantFrom(...ZONES), fc.integer({ min: 0, max: 1439 }), fc.array(fc.constantFrom('held', 'held', 'moved', 'cancelled', 'declined'), { minLength: 20, maxLength: 20 }), (raw, timeZone, minute, fates) => {
      const { series, sessions } = seriesOf(recurrenceSchema.parse(raw), minute, timeZone);
      const after = sessions.map((one, n) => {
        if (fates[n] === 'moved') return { ...one, startsAtMs: one.startsAtMs + 5_400_000 };
        if (fates[n] === 'cancelled') return { ...one, state: 'cancelled' as const };
        return fates[n] === 'declined' ? appointment({ ...one, panel: [invited('lin', 'declined')] }) : one;
      });
      const held = after.filter((_, n) => fates[n] === 'held' || fates[n] === 'moved').map(({ startsAtMs }) => startsAtMs);
      const file = read(feedFile(lin, after, [series], context));
      if (held.length > 0) expect(startsOf(file)).toEqual([...held].sort((a, b) => a - b));
      else expect(file.events.every((event) => event.component.getFirstPropertyValue('status') === 'CANCELLED')).toBe(true);
    }), { numRuns: 150, examples: [[{ pattern: { type: 'weekly' as const, weekday: 7 }, firstDate: '2026-02-20' as const, end: { type: 'count' as const, count: 20 }, exceptions: [] as const }, 'Europe/Berlin' as const, 120, Array.from({ length: 20 }, () => 'held' as const)]] });
  });

  it('[SCH19] keep a cancelled session as cancelled, and leave out what was declined', () => {
    const { events } = read(feedFile(lin, [appointment({ state: 'cancelled', sequence: 4 }), appointment({ consultId: 'c2', panel: [invited('lin', 'declined')] })], [], context));
    expect(events.map((event) => [event.uid, event.sequence, event.component.getFirstPropertyValue('status')])).toEqual([['c1@huizhen', 4, 'CANCELLED']]);
  });

  it('[SCH19] invite with organizer, attendees and their answers, under one UID as the sequence rises', () => {
    const first = read(invitationFile(lin, [appointment()], null, context, NO_ADDRESSES));
    const second = read(invitationFile(lin, [appointment({ sequence: 4 })], null, context, NO_ADDRESSES));
    expect([first.method, first.events[0]?.uid, first.events[0]?.sequence]).toEqual(['REQUEST', 'c1@huizhen', 3]);
    expect([second.events[0]?.uid, second.events[0]?.sequence]).toEqual(['c1@huizhen', 4]);
    expect(first.events[0]?.organizer.toLowerCase()).toBe('mailto:city@centre.invalid');
    expect(first.events[0]?.attendees.map((one) => [String(one.getFirstValue()).toLowerCase(), one.getFirstParameter('partstat')])).toEqual([['mailto:lin@person.invalid', 'NEEDS-ACTION'], ['mailto:zhou@person.invalid', 'ACCEPTED']]);
  });

  it('[SCH19] take an invitation back by CANCEL: when the session is cancelled, and from who was replaced', () => {
    const cancelled = read(invitationFile(lin, [appointment({ state: 'cancelled' })], null, context, NO_ADDRESSES));
    expect([cancelled.method, cancelled.events[0]?.component.getFirstPropertyValue('status')]).toEqual(['CANCEL', 'CANCELLED']);
    expect(read(invitationFile(personId('gone'), [appointment()], null, context, NO_ADDRESSES)).method).toBe('CANCEL');
  });

  it('[SCH19] one session of a series goes out as that instance', () => {
    const { series, sessions } = seriesOf(weekly(), 540, 'Europe/Berlin');
    const moved = { ...required(sessions[5], 'a sixth session'), startsAtMs: Date.UTC(2026, 3, 2, 10), sequence: 8 };
    const [event] = read(invitationFile(lin, [moved], series, context, NO_ADDRESSES)).events;
    expect([event?.uid, event && ms(event.recurrenceId), event && ms(event.startDate)]).toEqual(['series@huizhen', Date.UTC(2026, 3, 1, 7), moved.startsAtMs]);
  });
});
