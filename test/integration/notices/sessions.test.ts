import ICAL from 'ical.js';
import type { Transaction } from 'kysely';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { consultIdSchema, seriesIdSchema } from '#shared/domain/ids';
import { addDays, civilDateSchema, type Recurrence } from '#shared/domain/recurrence';
import { required } from '#shared/lib/assert';
import { toAppError } from '#shared/protocol/errors';
import { answerInvitation, answerSeries, type AppointmentChanged, bookSessions, cancelFollowing, cancelSession, moveFollowing, moveSession, type NewSession, substitutePerson } from '../../../sfu-server/scheduling/booking.ts';
import { instantOf } from '../../../sfu-server/scheduling/civilTime.ts';
import type { SessionDeed } from '../../../sfu-server/scheduling/sessionNotices.ts';
import { createAppointments, insertSeries, readAppointment } from '../../../sfu-server/storage/appointments.ts';
import { NoticeRecords } from '../../../sfu-server/notices/noticeRecords.ts';
import { createConsultRequests } from '../../../sfu-server/storage/consultRequests.ts';
import { makeReminders } from '../../../sfu-server/storage/reminders.ts';
import type { Schema } from '../../../sfu-server/storage/schema.ts';
import { TestMailServer } from '../../helpers/notices/mailServer.ts';
import { openPost } from '../../helpers/notices/post.ts';
import { onEachEngine } from '../../helpers/onEachEngine.ts';
import { addOrganisations, addPerson, createServerParts, orgId, personId, type ServerParts } from '../../helpers/serverParts.ts';
import { inTransaction, newSession } from '../../helpers/sessions.ts';

const HOUR_MS = 3_600_000;
const ONE = consultIdSchema.parse('one');

onEachEngine('notices of sessions that nobody applied for', (engine) => {
  let parts: ServerParts;
  let mail: TestMailServer;
  let post: ReturnType<typeof openPost>;

  beforeEach(async () => {
    parts = createServerParts(engine.database);
    mail = await TestMailServer.start();
    post = openPost(engine.database, parts.clock, { smtpPort: mail.port, hookUrl: null });
    await addOrganisations(parts);
    for (const [who, role] of [['host', 'expert'], ['qian', 'expert'], ['sun', 'expert'], ['scheduler', 'scheduler']] as const) {
      await addPerson(parts, who, role, 'city');
      await parts.people.setEmail(personId(who), `${who}@hospital.example`);
    }
  });
  afterEach(async () => {
    await mail.close();
    expect(post.failures).toEqual([]);
  });

  /** What a scheduler does, with what is told of it, as the server's handlers do it. */
  const did = (deed: SessionDeed, work: (trx: Transaction<Schema>) => Promise<AppointmentChanged | readonly AppointmentChanged[]>) =>
    inTransaction(engine.database, async (trx) => {
      const changed = [await work(trx)].flat() as AppointmentChanged[]; // one, or each of the list
      await post.sessions.keep(trx, changed.map(({ appointment }) => appointment), deed, 'scheduler');
    });
  const booked = (sessions: readonly NewSession[]) =>
    did({ type: 'booked' }, async (trx) => {
      await bookSessions(trx, sessions, parts.clock.wallMs());
      return { appointment: required(await readAppointment(trx, required(sessions[0], 'a session').consultId), 'booked just now'), partyIds: [] };
    });
  const session = (change: Partial<NewSession> = {}) => newSession('one', { question: '王某的肿瘤讨论', startsAtMs: parts.clock.wallMs() + 2 * HOUR_MS, personIds: [personId('qian')], ...change });
  const lettersTo = (who: string) => mail.letters.all.filter(({ to }) => to === `${who}@hospital.example`).map((letter) => letter.mail);
  const lastTo = (who: string) => required(lettersTo(who).at(-1), `a letter to ${who}`);
  const titlesTo = (who: string) => lettersTo(who).map(({ subject }) => subject?.split(' · ')[0]);
  const tokenOf = (who: string) => required(/\/invitation\/([A-Za-z0-9_-]{43})/.exec(lastTo(who).text ?? '')?.[1], 'a link');
  const calendarOf = (who: string) => {
    const { content } = required(lastTo(who).attachments.find(({ mimeType }) => mimeType === 'text/calendar' || mimeType === 'application/ics'), 'a calendar file');
    const text = typeof content === 'string' ? content : Buffer.from(content as Uint8Array).toString('utf8'); // bytes of either kind
    const calendar = new ICAL.Component(ICAL.parse(text));
    return { text, method: calendar.getFirstPropertyValue('method'), events: calendar.getAllSubcomponents('vevent').map((event) => new ICAL.Event(event)) };
  };
  const noticesOf = async (who: string) => (await post.notices.list(required(await parts.people.party(personId(who)), who), 50)).notices;

  it('[NTC12] [NTC2] [NTC3] invites, moves and calls off by letter, as one event with a rising sequence, without what somebody typed', async () => {
    await booked([session()]);
    await post.outbox.round();
    expect(titlesTo('qian')).toEqual(['会诊邀请']);
    expect(titlesTo('scheduler')).toEqual([]);
    const first = calendarOf('qian');
    expect([first.method, first.events.map(({ sequence }) => sequence)]).toEqual(['REQUEST', [0]]);
    expect(await noticesOf('qian')).toMatchObject([{ kind: 'invited', about: { type: 'session', consultId: ONE, isToCome: true }, organisationName: { en: 'Hospital county' }, startsAtMs: parts.clock.wallMs() + 2 * HOUR_MS }]);
    await did({ type: 'moved' }, (trx) => moveSession(trx, ONE, { startsAtMs: parts.clock.wallMs() + 30 * HOUR_MS, durationMinutes: 45, venueId: null, sequence: 0 }, personId('scheduler'), parts.clock.wallMs()));
    await post.outbox.round();
    expect([calendarOf('qian').method, calendarOf('qian').events.map(({ sequence, uid }) => [sequence, uid])]).toEqual(['REQUEST', [[1, first.events[0]?.uid]]]);
    await did({ type: 'cancelled' }, (trx) => cancelSession(trx, ONE, '专家外出', parts.clock.wallMs()));
    await post.outbox.round();
    expect([calendarOf('qian').method, calendarOf('qian').events.map(({ sequence }) => sequence)]).toEqual(['CANCEL', [2]]);
    expect(titlesTo('host')).toEqual(['会诊邀请', '会诊时间或人员已变更', '会诊已取消']);
    expect(await noticesOf('qian')).toMatchObject([{ about: { isToCome: false } }, {}, {}]);
    for (const letter of mail.letters.all) expect(`${letter.mail.subject}${letter.mail.text}`).not.toMatch(/王某|肿瘤/);
  });

  it('[NTC12] [NTC9] is answered from the letter, once, and the centre hears of it', async () => {
    await booked([session()]);
    await post.outbox.round();
    const token = tokenOf('qian');
    expect(await post.answers.look(token)).toMatchObject({ status: 'open', centre: { en: 'Hospital city' }, name: { en: 'qian' } });
    expect(await post.answers.answer(token, { answer: 'declined', reason: '外出' })).toMatchObject({ status: 'declined' });
    expect(await post.answers.look(token)).toEqual({ status: 'used' });
    expect((await readAppointment(engine.database.db, ONE))?.panel.find(({ person }) => person.id === 'qian')).toMatchObject({ answer: 'declined', reason: '外出' });
    expect(await noticesOf('scheduler')).toMatchObject([{ kind: 'invitationDeclined', about: { type: 'session', consultId: ONE } }]);
    const host = tokenOf('host');
    await did({ type: 'cancelled' }, (trx) => cancelSession(trx, ONE, '取消', parts.clock.wallMs()));
    expect(await post.answers.answer(host, { answer: 'accepted' })).toEqual({ status: 'cancelled' });
  });

  it('[NTC12] [NTC7] asks a substitute, tells who was replaced, and sends nothing that was overtaken', async () => {
    await booked([session()]);
    await did({ type: 'substituted', personId: personId('qian'), byPersonId: personId('sun'), wasComing: true }, (trx) => substitutePerson(trx, ONE, personId('qian'), personId('sun'), parts.clock.wallMs()));
    await post.outbox.round();
    expect([titlesTo('qian'), titlesTo('sun'), calendarOf('qian').method, calendarOf('sun').method]).toEqual([['您不必再参加该会诊'], ['会诊邀请'], 'CANCEL', 'REQUEST']);
  });

  it('[NTC12] [NTC8] reminds those who come once for each lead, and takes no transaction for whom there is nothing left to say', async () => {
    await booked([session({ startsAtMs: parts.clock.wallMs() + 26 * HOUR_MS })]);
    await post.outbox.round();
    const reminders = async () => {
      await post.outbox.round();
      return mail.letters.all.filter(({ mail: one }) => one.subject?.startsWith('会诊提醒')).map(({ to }) => to.split('@')[0]).sort();
    };
    expect(await reminders()).toEqual([]);
    parts.clock.advance(3 * HOUR_MS);
    expect(await reminders()).toEqual(['host', 'qian']);
    expect(await noticesOf('qian')).toMatchObject([{ kind: 'reminder', about: { type: 'session' } }, { kind: 'invited' }]);
    const begun = vi.spyOn(engine.database.db, 'transaction');
    expect(await makeReminders(engine.database.db, post.notices, parts.clock.wallMs(), (error) => expect.fail(String(error)))).toEqual([]);
    expect(begun).not.toHaveBeenCalled();
    begun.mockRestore();
    parts.clock.advance(22.5 * HOUR_MS);
    expect(await reminders()).toEqual(['host', 'host', 'qian', 'qian']);
  });
  it('[NTC8] one reminder that cannot be made holds up no other, and comes when it can', async () => {
    await booked([session({ startsAtMs: parts.clock.wallMs() + 26 * HOUR_MS })]);
    await booked([newSession('two', { startsAtMs: parts.clock.wallMs() + 26 * HOUR_MS, hostPersonId: personId('sun') })]);
    parts.clock.advance(3 * HOUR_MS);
    const failures: unknown[] = [];
    const broken: typeof post.notices.keep = (trx, about, ...rest) => (about.type === 'session' && about.consultId === ONE ? Promise.reject(new Error('cannot be read')) : post.notices.keep(trx, about, ...rest));
    const remind = (keep: typeof broken) => makeReminders(engine.database.db, { keep }, parts.clock.wallMs(), (error) => failures.push(error));
    expect([(await remind(broken)).map(({ partyIds }) => partyIds), failures.length]).toEqual([[['sun']], 1]);
    expect((await remind(post.notices.keep)).map(({ partyIds }) => [...partyIds].sort())).toEqual([['host', 'qian']]);
  });
  /** Four sessions, one a week. @returns their days */
  const bookedSeries = async () => {
    const start = new Date(parts.clock.wallMs() + 7 * 24 * HOUR_MS).toISOString().slice(0, 10);
    const rule: Recurrence = { pattern: { type: 'weekly', weekday: new Date(`${start}T00:00:00Z`).getUTCDay() || 7 } as Recurrence['pattern'], firstDate: civilDateSchema.parse(start), end: { type: 'count', count: 4 }, exceptions: [] }; // a weekday of the ISO week
    const seriesId = seriesIdSchema.parse('series-1');
    const dates = [0, 7, 14, 21].map((days) => civilDateSchema.parse(new Date(Date.parse(start) + days * 24 * HOUR_MS).toISOString().slice(0, 10)));
    await inTransaction(engine.database, (trx) => insertSeries(trx, { id: seriesId, rule, minuteOfDay: 600 }));
    await booked(dates.map((date, index) => newSession(index === 0 ? 'one' : `one-${index}`, { startsAtMs: instantOf(date, 600, 'Asia/Shanghai'), personIds: [personId('qian')], series: { id: seriesId, date } })));
    await post.outbox.round();
    return dates;
  };
  it('[NTC12] tells of a series once, with all of it in the calendar, and of its end', async () => {
    const dates = await bookedSeries();
    expect(titlesTo('qian')).toEqual(['会诊邀请']);
    expect(await noticesOf('qian')).toMatchObject([{ about: { isOfSeries: true } }]);
    expect(calendarOf('qian').text).toContain('RRULE:FREQ=WEEKLY');
    expect(lastTo('qian').text).toContain('One of a series');
    await did({ type: 'cancelled' }, (trx) => cancelFollowing(trx, consultIdSchema.parse('one-2'), '结束', parts.clock.wallMs()));
    await post.outbox.round();
    expect(titlesTo('qian')).toEqual(['会诊邀请', '会诊已取消']);
    const rest = calendarOf('qian');
    expect([rest.method, rest.events.length]).toEqual(['REQUEST', 1]);
    const occurrences = required(rest.events[0], 'an event').iterator();
    const days: string[] = [];
    for (let next = occurrences.next(); next; next = occurrences.next()) days.push(next.toString().slice(0, 10));
    expect(days).toEqual(dates.slice(0, 2));
    await did({ type: 'cancelled' }, (trx) => cancelFollowing(trx, ONE, '结束', parts.clock.wallMs()));
    await post.outbox.round();
    expect(calendarOf('qian').method).toBe('CANCEL');
  });

  it('[SCH21] [NTC12] [SCH19] tells of a series that moved once, with every new time in the calendar under the same event', async () => {
    const dates = await bookedSeries();
    const first = required(calendarOf('qian').events[0], 'an event');
    await did({ type: 'answered', answer: 'declined' }, (trx) => answerInvitation(trx, consultIdSchema.parse('one-1'), personId('qian'), { answer: 'declined', reason: '手术' }, parts.clock.wallMs()));
    parts.clock.advance(1000);
    await did({ type: 'moved' }, (trx) => moveFollowing(trx, consultIdSchema.parse('one-1'), { startsAtMs: instantOf(addDays(required(dates[1], 'a day'), 1), 870, 'Asia/Shanghai'), durationMinutes: 60, venueId: null, sequence: 0 }, personId('scheduler'), parts.clock.wallMs()));
    await post.outbox.round();
    // Who does not come to the first that moved hears of the next one.
    expect([titlesTo('qian'), titlesTo('host')]).toEqual([['会诊邀请', '会诊时间或人员已变更'], ['会诊邀请', '会诊时间或人员已变更']]);
    expect(await noticesOf('qian')).toMatchObject([{ kind: 'moved', about: { consultId: 'one-2' } }, { kind: 'invited' }]);
    expect(await noticesOf('host')).toMatchObject([{ kind: 'moved', about: { consultId: 'one-1' } }, { kind: 'invited' }]);
    for (const [who, days] of [['host', [1, 2, 3]], ['qian', [2, 3]]] as const) {
      const { method, events } = calendarOf(who);
      const [series] = events.filter((event) => !event.isRecurrenceException());
      const whole = required(series, 'the event of the series');
      expect([method, whole.uid, whole.sequence > first.sequence, events.every(({ uid }) => uid === first.uid)]).toEqual(['REQUEST', first.uid, true, true]);
      // What a calendar shows: each occurrence of the rule, or what stands in its place.
      for (const event of events) if (event !== whole && event.isRecurrenceException()) whole.relateException(event);
      const occurrences = whole.iterator();
      const shown: number[] = [];
      for (let next = occurrences.next(); next; next = occurrences.next()) shown.push(whole.getOccurrenceDetails(next).startDate.toJSDate().getTime());
      expect([who, shown]).toEqual([who, [instantOf(required(dates[0], 'a day'), 600, 'Asia/Shanghai'), ...days.map((index) => instantOf(addDays(required(dates[index], 'a day'), 1), 870, 'Asia/Shanghai'))]]);
    }
  });

  it('[SCH22] [NTC12] the centre hears once of an answer to a series', async () => {
    await bookedSeries();
    await did({ type: 'answered', answer: 'accepted' }, (trx) => answerSeries(trx, ONE, personId('qian'), { answer: 'accepted' }, parts.clock.wallMs()));
    expect(await noticesOf('scheduler')).toMatchObject([{ kind: 'invitationAccepted', about: { consultId: 'one' } }]);
  });

  it('[NTC10] shows the schedulers who arrange a session what was told of it, and nobody else', async () => {
    await booked([session({ organisationId: orgId('county'), centreId: orgId('city') })]);
    await post.outbox.round();
    for (const [who, role, place] of [['county-desk', 'scheduler', 'county'], ['province-desk', 'scheduler', 'province'], ['far-desk', 'scheduler', 'other']] as const) await addPerson(parts, who, role, place);
    const records = new NoticeRecords(post.deliveries, createConsultRequests(engine.database.db), createAppointments(engine.database.db), ['email']);
    const seen = async (who: string, consultId = ONE) => records.of(required(await parts.people.party(personId(who)), who), { type: 'session', consultId }).then(({ deliveries }) => deliveries.map(({ to, channel, state }) => `${to.id} ${channel} ${state}`).sort(), (error: unknown) => toAppError(error).code);
    const told = ['host client sent', 'host email sent', 'qian client sent', 'qian email sent'];
    expect([await seen('scheduler'), await seen('county-desk'), await seen('province-desk')]).toEqual([told, told, told]);
    expect([await seen('far-desk'), await seen('qian'), await seen('scheduler', consultIdSchema.parse('nothing'))]).toEqual(['record.notFound', 'record.notFound', 'record.notFound']);
    await booked([newSession('two', { hostPersonId: personId('sun') })]);
    expect(await seen('scheduler', consultIdSchema.parse('two'))).toEqual(['sun client sent', 'sun email waiting']);
  });

  it('[NTC12] a notice is about a request or a session, never both or neither', async () => {
    await booked([session()]);
    await expect(engine.database.db.updateTable('notices').set({ consult_id: null }).execute()).rejects.toThrow(/notices_about/);
    await expect(engine.database.db.updateTable('deliveries').set({ consult_id: null }).execute()).rejects.toThrow(/deliveries_about/);
  });
});
