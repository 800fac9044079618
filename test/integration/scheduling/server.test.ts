import ICAL from 'ical.js';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { cartIdSchema, consultIdSchema, organisationIdSchema } from '#shared/domain/ids';
import { civilDateSchema } from '#shared/domain/recurrence';
import { required } from '#shared/lib/assert';
import { type AppError, toAppError } from '#shared/protocol/errors';
import type { RequestParams } from '#shared/protocol/requests';
import { CALENDAR_ROUTES } from '#shared/protocol/scheduling';
import { ConsultHall, demoPersonId } from '../../helpers/consultHall.ts';
import type { SignalingPeer } from '../../helpers/signalingPeer.ts';
import { DEMO_CART_ID, DEMO_PASSWORD, TestServer } from '../../helpers/testServer.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const county = organisationIdSchema.parse('demo-county');
const city = organisationIdSchema.parse('demo-city');
const expert = demoPersonId('expert');
const expert2 = demoPersonId('expert2');

describe('scheduling over the socket', () => {
  let server: TestServer;
  let hall: ConsultHall;
  let scheduler: SignalingPeer;
  /** Midnight in UTC of a Monday to come: eight o'clock in Shanghai. A test's own, so that no two meet. */
  let mondayMs: number;

  beforeAll(async () => {
    server = await TestServer.start();
    hall = new ConsultHall(server);
    const days = Math.floor(server.clock.wallMs() / DAY_MS);
    mondayMs = (days + ((11 - (days % 7)) % 7) + 7) * DAY_MS; // 1 January 1970 was a Thursday
    const admin = await hall.connect('admin');
    for (const [signInName, role, organisationId] of [['county-desk', 'scheduler', county], ['spare', 'expert', city]] as const) {
      await admin.request('admin.createPerson', { organisationId, signInName, role, name: { zh: '测试', en: signInName }, title: null, password: DEMO_PASSWORD });
    }
  });
  beforeEach(async () => {
    scheduler = await hall.connect('scheduler');
    mondayMs += 35 * DAY_MS; // further than a series of a test goes
  });
  afterEach(async () => {
    await hall.close();
    server.clock.skip(11_000); // every connection may send its bursts again
  });
  afterAll(() => server.stop());

  const wish = (rest: Partial<RequestParams<'schedule.book'>> = {}): RequestParams<'schedule.book'> => ({
    kind: 'mdt', title: '肿瘤多学科讨论', specialty: '19', organisationId: city, hostPersonId: expert, personIds: [expert2], cartIds: [], venueId: null, hasWaitingRoom: false, durationMinutes: 60,
    timeZone: 'Asia/Shanghai', when: { type: 'once', startsAtMs: mondayMs + 2 * HOUR_MS }, ...rest,
  });
  const errorOf = (work: Promise<unknown>): Promise<AppError> => work.then(() => expect.fail('was not refused'), toAppError);
  const weekOf = (firstDate: number) => ({ pattern: { type: 'weekly' as const, weekday: 1 }, firstDate: civilDateSchema.parse(new Date(firstDate).toISOString().slice(0, 10)), end: { type: 'count' as const, count: 4 }, exceptions: [] });
  const spareId = async () => required((await scheduler.request('admin.directory', {})).parties.find(({ name }) => name.en === 'spare'), 'the spare expert').id as typeof expert; // an expert is a person
  const question = (rest: Partial<RequestParams<'schedule.findTimes'>> = {}): RequestParams<'schedule.findTimes'> => ({
    personIds: [expert], anyOf: [], cartIds: [cartIdSchema.parse(DEMO_CART_ID)], venueId: null, fromMs: mondayMs, untilMs: mondayMs + 5 * DAY_MS, durationMinutes: 60, preferred: [], mayBeOutsideHours: false, moving: null, ...rest,
  });

  it('[SCH10] [SCH11] [SCH12] finds times by hours, absences and bookings, and proposes none that was taken since', async () => {
    const own = await hall.connect('expert');
    await own.request('schedule.setWeek', { personId: expert, week: { timeZone: 'Europe/Berlin', hours: [{ weekday: 1, fromMinute: 600, untilMinute: 780 }, { weekday: 2, fromMinute: 600, untilMinute: 780 }] } });
    const { absenceId } = await own.request('schedule.addAbsence', { personId: expert, kind: 'leave', fromMs: mondayMs, untilMs: mondayMs + DAY_MS });
    const berlinMs = (ms: number) => Number(new Intl.DateTimeFormat('en', { timeZone: 'Europe/Berlin', hour: 'numeric', hourCycle: 'h23' }).format(ms));
    const { proposals } = await scheduler.request('schedule.findTimes', question());
    expect(proposals.map(({ startsAtMs }) => Math.floor((startsAtMs - mondayMs) / DAY_MS))).toEqual([1, 1, 1]); // Tuesday only, from ten to one: three that do not overlap
    expect(proposals.map(({ startsAtMs }) => berlinMs(startsAtMs)).sort()).toEqual([10, 11, 12]);
    const best = required(proposals[0], 'a proposal');
    await scheduler.request('schedule.book', wish({ hostPersonId: expert2, personIds: [], cartIds: [cartIdSchema.parse(DEMO_CART_ID)], when: { type: 'once', startsAtMs: best.startsAtMs } }));
    const again = await scheduler.request('schedule.findTimes', question());
    for (const { startsAtMs } of again.proposals) expect(Math.abs(startsAtMs - best.startsAtMs)).toBeGreaterThanOrEqual(HOUR_MS);
    await own.request('schedule.removeAbsence', { personId: expert, absenceId });
    expect((await scheduler.request('schedule.findTimes', question())).proposals.some(({ startsAtMs }) => startsAtMs < mondayMs + DAY_MS)).toBe(true);
    await own.request('schedule.setWeek', { personId: expert, week: null });
  });

  it('[SCH11] a session that is moved stands in nobody’s way itself', async () => {
    const startsAtMs = mondayMs + 2 * HOUR_MS;
    const { consultIds } = await scheduler.request('schedule.book', wish({ hostPersonId: expert, personIds: [], cartIds: [cartIdSchema.parse(DEMO_CART_ID)], when: { type: 'once', startsAtMs } }));
    const moving = required(consultIds[0], 'the session');
    const narrow = { fromMs: startsAtMs + HOUR_MS / 4, untilMs: startsAtMs + 5 * HOUR_MS / 4 };
    expect((await scheduler.request('schedule.findTimes', question(narrow))).proposals).toEqual([]);
    expect((await scheduler.request('schedule.findTimes', question({ ...narrow, moving }))).proposals.map((one) => one.startsAtMs)).toEqual([narrow.fromMs]);
    // Whose session it is not learns nothing by naming it.
    expect(await scheduler.codeOf('schedule.findTimes', question({ ...narrow, moving: consultIdSchema.parse('nobodys') }))).toBe('consult.notFound');
  });

  it('[SCH12] finds anybody of a specialty and title, and says when there is nobody', async () => {
    const spare = await spareId();
    await scheduler.request('schedule.setExpertise', { personId: spare, expertise: { specialties: ['07.05'], grade: 'associateChief' } });
    const need = (leastGrade: 'associateChief' | 'chief') => question({ anyOf: [{ specialty: '07', leastGrade }] });
    expect((await scheduler.request('schedule.findTimes', need('associateChief'))).proposals[0]?.chosen).toEqual([spare]);
    expect(await scheduler.request('schedule.findTimes', need('chief'))).toEqual({ proposals: [], obstacles: [{ type: 'nobody', specialty: '07', leastGrade: 'chief' }] });
    expect((await scheduler.request('schedule.experts', { specialty: '07', leastGrade: 'attending' })).experts.map(({ person }) => person.id)).toEqual([spare]);
    expect(await scheduler.codeOf('schedule.findTimes', question({ personIds: [demoPersonId('nobody')] }))).toBe('record.notFound');
  });

  it('[SCH2] [SCH9] [SCH21] [SCH22] books a series whole or not at all, and says what is in its way', async () => {
    await scheduler.request('schedule.book', wish({ personIds: [], when: { type: 'once', startsAtMs: mondayMs + 14 * DAY_MS + 6 * HOUR_MS } }));
    const series = wish({ when: { type: 'series', recurrence: weekOf(mondayMs), minuteOfDay: 14 * 60 } });
    const refused = await errorOf(scheduler.request('schedule.book', series));
    expect([refused.code, refused.taken]).toEqual(['schedule.conflict', [{ kind: 'person', id: expert, fromMs: mondayMs + 14 * DAY_MS + 6 * HOUR_MS, untilMs: mondayMs + 14 * DAY_MS + 7 * HOUR_MS }]]);
    const calendar = () => scheduler.request('schedule.calendar', { fromMs: mondayMs, untilMs: mondayMs + 28 * DAY_MS, of: { type: 'resource', resource: { kind: 'person', id: expert2 } } });
    expect((await calendar()).entries).toEqual([]);
    const { consultIds, seriesId } = await scheduler.request('schedule.book', wish({ when: { type: 'series', recurrence: { ...weekOf(mondayMs), exceptions: [civilDateSchema.parse(new Date(mondayMs + 14 * DAY_MS).toISOString().slice(0, 10))] }, minuteOfDay: 14 * 60 } }));
    expect((await calendar()).entries.map(({ startsAtMs }) => (startsAtMs - mondayMs) / DAY_MS)).toEqual([0.25, 7.25, 21.25]);
    // One is moved, by who saw its newest state only.
    const [first, second] = [required(consultIds[0], 'a first'), required(consultIds[1], 'a second')];
    const move = { consultId: second, scope: 'one' as const, startsAtMs: mondayMs + 8 * DAY_MS, durationMinutes: 30, venueId: null, sequence: 0 };
    expect((await scheduler.request('schedule.move', move)).appointment).toMatchObject({ startsAtMs: move.startsAtMs, sequence: 1, series: { id: seriesId } });
    expect(await scheduler.codeOf('schedule.move', move)).toBe('record.conflict');
    // [SCH22] [SCH21] All that is open is answered at once; then the series moves as one, as far as a year ahead only.
    const invited = await hall.connect('expert2');
    expect(await invited.request('schedule.answer', { consultId: first, scope: 'series', answer: { answer: 'accepted' } })).toMatchObject({ answered: 3, appointment: { consultId: first } });
    expect(await invited.codeOf('schedule.answer', { consultId: first, scope: 'series', answer: { answer: 'accepted' } })).toBe('record.conflict');
    const { sequence } = (await scheduler.request('schedule.appointment', { consultId: first })).appointment;
    const shift = { ...move, consultId: first, scope: 'following' as const, startsAtMs: mondayMs + DAY_MS + 7 * HOUR_MS, sequence };
    expect(await invited.codeOf('schedule.move', shift)).toBe('auth.forbidden');
    expect(await scheduler.codeOf('schedule.move', { ...shift, startsAtMs: mondayMs + 390 * DAY_MS })).toBe('input.malformed');
    expect(await scheduler.request('schedule.move', shift)).toMatchObject({ moved: 3, appointment: { consultId: first, startsAtMs: shift.startsAtMs } });
    expect((await calendar()).entries.map(({ startsAtMs }) => (startsAtMs - mondayMs) / HOUR_MS)).toEqual([1, 8, 22].map((days) => days * 24 + 7));
    expect((await scheduler.request('schedule.cancel', { consultId: first, scope: 'following', reason: 'summer' })).cancelled).toBe(3);
    expect((await calendar()).entries).toEqual([]);
    const { appointment } = await scheduler.request('schedule.appointment', { consultId: second });
    expect(appointment).toMatchObject({ state: 'cancelled', cancelReason: 'summer' });
    expect(appointment.sequence).toBeGreaterThan(1);
  });

  it('[SCH5] [SCH6] a decline reaches the desk, which is offered a substitute and invites them', async () => {
    const spare = await spareId();
    for (const [personId, grade] of [[expert2, 'attending'], [spare, 'associateChief']] as const) await scheduler.request('schedule.setExpertise', { personId, expertise: { specialties: ['03.04'], grade } });
    const { consultIds: [consultId] } = await scheduler.request('schedule.book', wish());
    const id = required(consultId, 'a session');
    const invited = await hall.connect('expert2');
    const heard = scheduler.heard.length;
    await invited.request('schedule.answer', { consultId: id, scope: 'one', answer: { answer: 'declined', reason: '手术' } });
    await scheduler.next('schedule.changed', (changed) => changed.consultId === id, heard);
    expect((await scheduler.request('schedule.appointment', { consultId: id })).appointment.panel.find(({ person }) => person.id === expert2)).toMatchObject({ answer: 'declined', reason: '手术' });
    const { substitutes } = await scheduler.request('schedule.substitutes', { consultId: id, personId: expert2 });
    expect(substitutes.map(({ person, isWithinHours }) => [person.id, isWithinHours])).toEqual([[spare, true]]);
    const waiting = await hall.connect('spare');
    await scheduler.request('schedule.substitute', { consultId: id, personId: expert2, substituteId: spare });
    await waiting.next('schedule.changed', (changed) => changed.consultId === id);
    expect((await waiting.request('schedule.answer', { consultId: id, scope: 'one', answer: { answer: 'accepted' } })).appointment.panel.map(({ person, answer }) => [person.id, answer])).toEqual([[expert, 'pending'], [expert2, 'declined'], [spare, 'accepted']]);
    expect((await scheduler.request('schedule.substitutes', { consultId: id, personId: expert })).substitutes).toEqual([]); // whose specialty nobody said
  });

  it('[SCH13] everybody keeps their own hours, a scheduler those of their tree, and nobody else', async () => {
    const [nurse, desk] = [await hall.connect('nurse'), await hall.connect('county-desk')];
    expect(await nurse.codeOf('schedule.setWeek', { personId: demoPersonId('nurse'), week: null })).toBe('done');
    expect(await nurse.codeOf('schedule.profile', { personId: expert })).toBe('auth.forbidden');
    expect(await nurse.codeOf('schedule.setExpertise', { personId: demoPersonId('nurse'), expertise: { specialties: [], grade: 'chief' } })).toBe('auth.forbidden');
    expect(await desk.codeOf('schedule.profile', { personId: demoPersonId('nurse') })).toBe('done');
    expect(await desk.codeOf('schedule.profile', { personId: expert })).toBe('auth.forbidden');
    expect(await desk.codeOf('schedule.addDuty', { personId: expert, organisationId: county, role: 'expert', specialty: null, fromMs: mondayMs, untilMs: mondayMs + DAY_MS })).toBe('auth.forbidden');
    expect(await desk.codeOf('schedule.saveVenue', { venueId: null, organisationId: city, name: { zh: '室', en: 'Room' }, isRetired: false })).toBe('auth.forbidden');
    expect(await nurse.codeOf('schedule.setWeek', { personId: demoPersonId('nurse'), week: { timeZone: 'Mars/Olympus', hours: [] } })).toBe('input.malformed');
  });

  it('[SCH14] shows of another tree’s session only that the time is taken', async () => {
    const { consultIds: [consultId] } = await scheduler.request('schedule.book', wish());
    const id = required(consultId, 'a session');
    const [desk, own, nurse] = [await hall.connect('county-desk'), await hall.connect('expert'), await hall.connect('nurse')];
    const of = { type: 'resource', resource: { kind: 'person', id: expert } } as const;
    const range = { fromMs: mondayMs, untilMs: mondayMs + DAY_MS };
    expect((await desk.request('schedule.calendar', { ...range, of })).entries).toEqual([{ startsAtMs: mondayMs + 2 * HOUR_MS, durationMinutes: 60, appointment: null }]);
    expect(await desk.codeOf('schedule.appointment', { consultId: id })).toBe('consult.notFound');
    expect(await desk.codeOf('schedule.cancel', { consultId: id, scope: 'one', reason: 'x' })).toBe('consult.notFound');
    expect(await desk.codeOf('schedule.calendar', { ...range, of: { type: 'tree', organisationId: city } })).toBe('auth.forbidden');
    expect((await own.request('schedule.calendar', { ...range, of })).entries[0]?.appointment?.consultId).toBe(id);
    expect((await scheduler.request('schedule.calendar', { ...range, of: { type: 'tree', organisationId: city } })).entries.map(({ appointment }) => appointment?.consultId)).toEqual([id]);
    expect(await nurse.codeOf('schedule.calendar', { ...range, of })).toBe('auth.forbidden');
    expect(await desk.codeOf('schedule.book', wish())).toBe('auth.forbidden');
  });

  it('[SCH13] keeps rosters and rooms, and counts who was asked', async () => {
    const { venueId } = await scheduler.request('schedule.saveVenue', { venueId: null, organisationId: city, name: { zh: '会诊室', en: 'Room 1' }, isRetired: false });
    await scheduler.request('schedule.book', wish({ venueId }));
    const taken = await errorOf(scheduler.request('schedule.book', wish({ venueId, hostPersonId: demoPersonId('requester'), personIds: [] })));
    expect(taken.taken).toMatchObject([{ kind: 'venue', id: venueId }]);
    await scheduler.request('schedule.saveVenue', { venueId, organisationId: city, name: { zh: '会诊室', en: 'Room 1' }, isRetired: true });
    expect((await scheduler.request('schedule.venues', {})).venues.filter(({ id }) => id === venueId)).toMatchObject([{ isRetired: true }]);
    expect(await scheduler.codeOf('schedule.book', wish({ venueId, when: { type: 'once', startsAtMs: mondayMs + 6 * HOUR_MS } }))).toBe('input.malformed');
    const { dutyId } = await scheduler.request('schedule.addDuty', { personId: expert2, organisationId: city, role: 'expert', specialty: '20', fromMs: mondayMs, untilMs: mondayMs + DAY_MS });
    const duties = () => scheduler.request('schedule.duties', { organisationId: city, fromMs: mondayMs, untilMs: mondayMs + DAY_MS });
    expect((await duties()).duties).toMatchObject([{ id: dutyId, person: { id: expert2 } }]);
    await scheduler.request('schedule.removeDuty', { dutyId });
    expect((await duties()).duties).toEqual([]);
    const { people } = await scheduler.request('schedule.workload', { organisationId: organisationIdSchema.parse('demo-province'), fromMs: mondayMs, untilMs: mondayMs + DAY_MS });
    expect(people.filter(({ sessions }) => sessions > 0)).toMatchObject([{ person: { id: expert }, sessions: 1, minutes: 60 }, { person: { id: expert2 }, sessions: 1, minutes: 60 }]);
  });

  it('[SCH17] [SCH18] a feed is read by its address alone, until that is taken back', async () => {
    const { consultIds: [consultId] } = await scheduler.request('schedule.book', wish());
    const own = await hall.connect('expert2');
    const { path } = await own.request('schedule.createFeed', { language: 'en' });
    const response = await fetch(`${server.url}${path}`);
    expect([response.status, response.headers.get('content-type'), response.headers.get('cache-control')]).toEqual([200, 'text/calendar; charset=utf-8', 'no-store']);
    const text = await response.text();
    expect(text).not.toContain('肿瘤多学科讨论');
    const events = new ICAL.Component(ICAL.parse(text)).getAllSubcomponents('vevent').map((component) => new ICAL.Event(component));
    const event = required(events.find(({ uid }) => uid === `${consultId}@huizhen`), 'the session in the feed');
    expect([event.summary, event.startDate.toJSDate().getTime()]).toEqual(['MDT consultation · Yunling Provincial Telemedicine Centre · Oncology', mondayMs + 2 * HOUR_MS]);
    const newer = await own.request('schedule.createFeed', { language: 'zh' });
    expect((await fetch(`${server.url}${path}`)).status).toBe(404);
    expect((await fetch(`${server.url}${newer.path}`)).status).toBe(200);
    expect((await own.request('schedule.feed', {})).createdAtMs).not.toBeNull();
    await own.request('schedule.revokeFeed', {});
    expect((await fetch(`${server.url}${newer.path}`)).status).toBe(404);
    expect((await fetch(`${server.url}${CALENDAR_ROUTES.feed('short')}`)).status).toBe(404);
    const invitation = (who: string) => hall.token(who).then((token) => fetch(`${server.url}${CALENDAR_ROUTES.invitation(required(consultId, 'a session'))}?language=en`, { headers: { authorization: `Bearer ${token}` } }));
    expect((await (await invitation('expert2')).text()).includes('METHOD:REQUEST')).toBe(true);
    expect((await (await invitation('nurse')).json()) as unknown).toMatchObject({ code: 'consult.notFound' });
  });

  it('[SCH16] records who planned what, by ids', async () => {
    const { consultIds: [consultId] } = await scheduler.request('schedule.book', wish());
    await scheduler.request('schedule.cancel', { consultId: required(consultId, 'a session'), scope: 'one', reason: '患者转院' });
    const { entries } = await (await hall.connect('auditor')).request('admin.audit', { beforeSequence: null, limit: 20, outcome: 'done' });
    expect(entries.filter(({ subject }) => subject === consultId).map(({ action, actorId }) => `${actorId} ${action}`)).toEqual(['demo-scheduler schedule.cancel', 'demo-scheduler schedule.book']);
    expect(JSON.stringify(entries)).not.toContain('患者转院');
  });
});
