import { createHmac } from 'node:crypto';
import ICAL from 'ical.js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { consultRequestIdSchema } from '#shared/domain/ids';
import { required } from '#shared/lib/assert';
import { toAppError } from '#shared/protocol/errors';
import { NoticeRecords } from '../../../sfu-server/notices/noticeRecords.ts';
import { GIVE_UP_AFTER_MS, LEASE_MS } from '../../../sfu-server/notices/outbox.ts';
import { createAppointments } from '../../../sfu-server/storage/appointments.ts';
import { createConsultRequests } from '../../../sfu-server/storage/consultRequests.ts';
import { HOUR_MS } from '../../helpers/caseHall.ts';
import { type ConsultationHall, openConsultationHall } from '../../helpers/consultation/consultationHall.ts';
import { onEachEngine } from '../../helpers/onEachEngine.ts';
import { TestHookReceiver, TestMailServer } from '../../helpers/notices/mailServer.ts';
import { HOOK_SECRET, openPost, PUBLIC_URL } from '../../helpers/notices/post.ts';
import { createServerParts, orgId, personId, type ServerParts } from '../../helpers/serverParts.ts';

const CHECKED = { identity: true, question: true, record: true, imaging: true, consent: true };
const MINUTE_MS = 60_000;
const ONE = consultRequestIdSchema.parse('one');

onEachEngine('notices beyond the client', (engine) => {
  let parts: ServerParts;
  let world: ConsultationHall;
  let mail: TestMailServer;
  let hook: TestHookReceiver;
  let post: ReturnType<typeof openPost>;

  beforeEach(async () => {
    parts = createServerParts(engine.database);
    world = await openConsultationHall(engine.database, parts);
    [mail, hook] = [await TestMailServer.start(), await TestHookReceiver.start()];
    post = open();
    for (const who of ['lin', 'zhao', 'doctor', 'scheduler']) await parts.people.setEmail(personId(who), `${who}@hospital.example`);
  });
  afterEach(async () => {
    await Promise.all([mail.close(), hook.close()]);
    expect(post.failures).toEqual([]);
  });

  const open = () =>
    openPost(engine.database, parts.clock, {
      smtpPort: mail.port, hookUrl: hook.url,
      answer: (trx, party, about, answer) => world.consultations.stepWithin(trx, party, about.type === 'request' ? about.requestId : ONE, { type: 'answer', answer: answer.answer, reason: answer.answer === 'declined' ? answer.reason : '' }),
    });
  const accepted = async () => {
    await world.draft('one');
    await world.complete('one');
    await world.step('doctor', 'one', { type: 'send', centreId: orgId('city'), consentException: '' });
    await world.step('approver', 'one', { type: 'approve', note: '' });
    await world.step('scheduler', 'one', { type: 'screen' });
    await world.step('scheduler', 'one', { type: 'check', screening: CHECKED });
    await world.step('scheduler', 'one', { type: 'accept' });
  };
  /** In an hour, unless said otherwise; what came before is told already. */
  const scheduled = async (change: Parameters<typeof world.plan>[0] = {}) => {
    await accepted();
    await post.outbox.round();
    mail.letters.all.splice(0);
    hook.messages.all.splice(0);
    await world.step('scheduler', 'one', { type: 'schedule', plan: world.plan(change) });
  };
  const lettersTo = (who: string) => mail.letters.all.filter(({ to }) => to === `${who}@hospital.example`);
  const letterTo = (who: string) => required(lettersTo(who).at(-1), `a letter to ${who}`).mail;
  const textOf = ({ content }: { readonly content: string | ArrayBuffer | Uint8Array }) => (typeof content === 'string' ? content : Buffer.from(content as Uint8Array).toString('utf8')); // bytes of either kind
  const tokenOf = (who: string) => required(/\/invitation\/([A-Za-z0-9_-]{43})/.exec(letterTo(who).text ?? '')?.[1], 'a link');
  const calendarOf = (who: string) => textOf(required(letterTo(who).attachments.find(({ mimeType }) => mimeType === 'text/calendar' || mimeType === 'application/ics'), 'a calendar file'));
  const eventOf = (file: string) => {
    const calendar = new ICAL.Component(ICAL.parse(file));
    return { method: calendar.getFirstPropertyValue('method'), event: new ICAL.Event(required(calendar.getFirstSubcomponent('vevent'), 'an event')) };
  };
  const states = async (channel: 'email' | 'webhook' = 'email') => (await post.deliveries.of({ type: 'request', requestId: ONE })).filter((one) => one.channel === channel).map(({ kind, to, state, reason }) => `${kind} ${to.id} ${state}${reason === null ? '' : ` ${reason}`}`).sort();

  it('[NTC1] [NTC2] puts what a step says into the outbox with the step, and sends it without patient or question', async () => {
    await scheduled();
    expect(await states()).toEqual(expect.arrayContaining(['invited lin waiting', 'invited zhao waiting', 'scheduled doctor waiting']));
    await post.outbox.round();
    expect(lettersTo('lin')).toHaveLength(1);
    expect(await states()).toEqual(expect.arrayContaining(['invited lin sent', 'invited zhao sent', 'scheduled doctor sent']));
    const letter = letterTo('lin');
    expect(letter.subject).toBe('会诊邀请 · Invitation to a consultation');
    expect(letter.text).toContain('Hospital county');
    expect(letter.text).toContain('(Asia/Shanghai)');
    const everything = [...mail.letters.all.map(({ mail: one }) => `${one.subject}${one.text}${one.attachments.map(textOf).join()}`), ...hook.messages.all.map(({ body }) => body)].join('\n');
    for (const secret of ['陈', '小明', '手术指征', '肝占位']) expect(everything).not.toContain(secret);
    expect(everything).toContain('lin');
  });

  it('[NTC1] leaves nothing to send of a step that was refused', async () => {
    await scheduled();
    await post.outbox.round();
    const before = (await post.deliveries.of({ type: 'request', requestId: ONE })).length;
    await world.refusal(world.step('scheduler', 'one', { type: 'reschedule', plan: world.plan({ startsAtMs: parts.clock.wallMs() - 10 * HOUR_MS }), reason: '改期' }));
    expect((await post.deliveries.of({ type: 'request', requestId: ONE })).length).toBe(before);
  });

  it('[NTC3] carries the invitation, the change and the cancellation as one calendar event with a rising sequence', async () => {
    await scheduled();
    await post.outbox.round();
    const first = eventOf(calendarOf('lin'));
    expect([first.method, first.event.sequence, first.event.startDate.toJSDate().getTime()]).toEqual(['REQUEST', 0, parts.clock.wallMs() + HOUR_MS]);
    expect(String(first.event.organizer)).toBe('mailto:noreply@huizhen.example.org');
    expect(calendarOf('lin')).not.toContain('zhao@hospital.example');
    await world.step('scheduler', 'one', { type: 'reschedule', plan: world.plan({ startsAtMs: parts.clock.wallMs() + 26 * HOUR_MS, panelIds: [personId('lin')] }), reason: '手术' });
    await post.outbox.round();
    const moved = eventOf(calendarOf('lin'));
    expect([moved.method, moved.event.uid === first.event.uid, moved.event.sequence, moved.event.startDate.toJSDate().getTime()]).toEqual(['REQUEST', true, 1, parts.clock.wallMs() + 26 * HOUR_MS]);
    const notNeeded = eventOf(calendarOf('zhao'));
    expect([notNeeded.method, notNeeded.event.uid === first.event.uid, notNeeded.event.sequence]).toEqual(['CANCEL', true, 1]);
    await world.step('scheduler', 'one', { type: 'cancel', reason: '病情变化' });
    await post.outbox.round();
    const gone = eventOf(calendarOf('lin'));
    expect([gone.method, gone.event.uid === first.event.uid, gone.event.sequence]).toEqual(['CANCEL', true, 2]);
  });

  it('[NTC4] sends each once from several servers at the same time', async () => {
    await scheduled();
    const another = openPost(await engine.openAnother(), parts.clock, { smtpPort: mail.port, hookUrl: hook.url });
    await Promise.all([post.outbox.round(), another.outbox.round(), open().outbox.round()]);
    expect(new Set(mail.letters.all.map(({ mail: one }) => one.messageId)).size).toBe(mail.letters.all.length);
    expect(lettersTo('lin')).toHaveLength(1);
    expect(hook.messages.all.map(({ headers }) => headers['idempotency-key']).sort()).toEqual([...new Set(hook.messages.all.map(({ headers }) => headers['idempotency-key']))].sort());
  });

  it('[NTC4] [NTC6] tries again later and later, with the same id, gives up after a day, and says so', async () => {
    await scheduled({ startsAtMs: parts.clock.wallMs() + 100 * HOUR_MS });
    mail.mode = 'busy';
    await post.outbox.round();
    expect(await states()).toContain('invited lin waiting busy');
    mail.mode = 'take';
    await post.outbox.round();
    expect(lettersTo('lin')).toEqual([]);
    parts.clock.advance(31_000);
    await post.outbox.round();
    expect(await states()).toContain('invited lin sent');
    await world.step('scheduler', 'one', { type: 'substitute', personId: personId('zhao'), byPersonId: personId('qian'), reason: '外出' });
    await parts.people.setEmail(personId('qian'), 'qian@hospital.example');
    mail.mode = 'busy';
    const untilMs = parts.clock.wallMs() + GIVE_UP_AFTER_MS + 2 * HOUR_MS;
    while (parts.clock.wallMs() < untilMs) {
      await post.outbox.round();
      parts.clock.advance(HOUR_MS / 2);
    }
    expect(await states()).toContain('invited qian givenUp busy');
    expect(post.givenUp).toContain('invited qian givenUp');
    expect(post.told).toContainEqual(['undelivered', 'scheduler']);
    expect((await post.notices.list(world.hall.as('scheduler').party, 50)).notices.map(({ kind }) => kind)).toContain('undelivered');
    mail.mode = 'take';
    parts.clock.advance(GIVE_UP_AFTER_MS);
    await post.outbox.round();
    expect(lettersTo('qian')).toEqual([]);
  });

  it('[NTC6] says at once what is refused for good, and who has no address', async () => {
    await parts.people.setEmail(personId('zhao'), null);
    await scheduled();
    mail.mode = 'refuse';
    await post.outbox.round();
    expect(await states()).toEqual(expect.arrayContaining(['invited lin failed refused', 'invited zhao failed noAddress']));
    expect(post.told).toContainEqual(['undelivered', 'scheduler']);
  });

  it('[NTC6] waits for settings to be mended', async () => {
    await mail.close();
    mail = await TestMailServer.start({ user: 'huizhen', password: 'right' });
    const wrong = openPost(engine.database, parts.clock, { smtpPort: mail.port, hookUrl: hook.url, signIn: { user: 'huizhen', password: 'wrong' } });
    await accepted();
    hook.status = 401;
    await wrong.outbox.round();
    expect(await states()).toContain('accepted doctor waiting signIn');
    expect(await states('webhook')).toContain('accepted doctor waiting signIn');
    parts.clock.advance(LEASE_MS);
    hook.status = 204;
    await openPost(engine.database, parts.clock, { smtpPort: mail.port, hookUrl: hook.url, signIn: { user: 'huizhen', password: 'right' } }).outbox.round();
    expect(await states()).toContain('accepted doctor sent');
    expect(await states('webhook')).toContain('accepted doctor sent');
  });

  it('[NTC5] signs what it sends to the hospital, and follows nobody elsewhere', async () => {
    await scheduled();
    await post.outbox.round();
    const { headers, body } = required(hook.messages.all.find(({ body: text }) => text.includes('"invited"')), 'a message');
    expect(headers['x-huizhen-signature']).toBe(`sha256=${createHmac('sha256', HOOK_SECRET).update(`${headers['x-huizhen-timestamp']}.${body}`).digest('hex')}`);
    expect(Number(headers['x-huizhen-timestamp'])).toBe(Math.floor(parts.clock.wallMs() / 1000));
    expect(JSON.parse(body)).toEqual({
      id: headers['idempotency-key'], kind: 'invited', title: { zh: '会诊邀请', en: 'Invitation to a consultation' }, madeAt: new Date(parts.clock.wallMs()).toISOString(), requestId: 'one', consultId: null, urgency: 'routine', state: 'scheduled',
      organisation: { zh: '医院county', en: 'Hospital county' }, centre: { zh: '医院city', en: 'Hospital city' }, startsAt: new Date(parts.clock.wallMs() + HOUR_MS).toISOString(), durationMinutes: 30,
      recipient: { personId: expect.any(String), signInName: expect.any(String), organisationId: 'province' }, url: `${PUBLIC_URL}/`,
    });
    const elsewhere = await TestHookReceiver.start();
    hook.redirect = elsewhere.url;
    await world.step('scheduler', 'one', { type: 'cancel', reason: '重复' });
    await post.outbox.round();
    expect(elsewhere.messages.all).toEqual([]);
    expect(await states('webhook')).toContain('cancelled lin waiting busy');
    await elsewhere.close();
  });

  it('[NTC7] invites nobody to what has gone on without them', async () => {
    await scheduled();
    await world.step('scheduler', 'one', { type: 'substitute', personId: personId('zhao'), byPersonId: personId('qian'), reason: '外出' });
    await post.outbox.round();
    expect(await states()).toEqual(expect.arrayContaining(['invited zhao failed outdated', 'notNeeded zhao sent']));
    expect(lettersTo('zhao').map(({ mail: one }) => one.subject)).toEqual(['您不必再参加该会诊 · You need not attend the consultation any more']);
  });

  it('[NTC7] tells of no time that was called off before the letter left, nor somebody who does not come any more', async () => {
    await scheduled();
    await post.outbox.round();
    await world.step('scheduler', 'one', { type: 'reschedule', plan: world.plan({ startsAtMs: parts.clock.wallMs() + 26 * HOUR_MS }), reason: '手术' });
    await world.step('scheduler', 'one', { type: 'substitute', personId: personId('zhao'), byPersonId: personId('qian'), reason: '外出' });
    await post.outbox.round();
    expect(await states()).toEqual(expect.arrayContaining(['moved doctor sent', 'moved lin sent', 'moved zhao failed outdated', 'notNeeded zhao sent']));
    await world.step('scheduler', 'one', { type: 'reschedule', plan: world.plan({ startsAtMs: parts.clock.wallMs() + 30 * HOUR_MS }), reason: '手术' });
    await world.step('scheduler', 'one', { type: 'cancel', reason: '出院' });
    await post.outbox.round();
    expect(await states()).toEqual(expect.arrayContaining(['cancelled doctor sent', 'cancelled lin sent', 'moved doctor failed outdated', 'moved lin failed outdated']));
  });

  it('[NTC8] reminds a day, an hour and ten minutes before, once, and again after a move; not who declined', async () => {
    await scheduled({ startsAtMs: parts.clock.wallMs() + 30 * HOUR_MS });
    await world.step('lin', 'one', { type: 'answer', answer: 'accepted', reason: '' });
    await world.step('zhao', 'one', { type: 'answer', answer: 'declined', reason: '外出' });
    await post.outbox.round();
    const reminders = async () => {
      await Promise.all([post.outbox.round(), open().outbox.round()]);
      await post.outbox.round();
      return mail.letters.all.filter(({ mail: one }) => one.subject?.startsWith('会诊提醒')).map(({ to }) => to.split('@')[0]).sort();
    };
    expect(await reminders()).toEqual([]);
    parts.clock.advance(6 * HOUR_MS);
    expect(await reminders()).toEqual(['doctor', 'lin']);
    parts.clock.advance(22 * HOUR_MS);
    expect(await reminders()).toEqual(['doctor', 'lin']);
    parts.clock.advance(61 * MINUTE_MS);
    expect(await reminders()).toEqual(['doctor', 'doctor', 'lin', 'lin']);
    parts.clock.advance(50 * MINUTE_MS);
    expect(await reminders()).toEqual(['doctor', 'doctor', 'doctor', 'lin', 'lin', 'lin']);
    await world.step('scheduler', 'one', { type: 'reschedule', plan: world.plan({ startsAtMs: parts.clock.wallMs() + 2 * HOUR_MS }), reason: '手术' });
    mail.letters.all.splice(0);
    // Planned within the day before: told by the move itself.
    expect(await reminders()).toEqual([]);
    parts.clock.advance(61 * MINUTE_MS);
    expect(await reminders()).toEqual(['doctor', 'lin', 'zhao']);
  });

  describe('[NTC9] answering from the letter', () => {
    it('acts once, as the person, and as a step of the workflow', async () => {
      await scheduled();
      await post.outbox.round();
      const token = tokenOf('zhao');
      for (let times = 0; times < 3; times += 1) expect(await post.answers.look(token)).toMatchObject({ status: 'open', centre: { en: 'Hospital city' }, name: { en: 'zhao' } });
      expect((await world.consultations.read(world.hall.as('scheduler'), ONE)).request.appointment?.panel).toMatchObject([{ answer: 'pending' }, { answer: 'pending' }]);
      expect(await post.answers.answer(token, { answer: 'declined', reason: ' ' })).toMatchObject({ status: 'reasonMissing' });
      const both = await Promise.all([post.answers.answer(token, { answer: 'declined', reason: '外出' }), post.answers.answer(token, { answer: 'accepted' })]);
      expect(both.filter(({ status }) => status === 'used')).toHaveLength(1);
      const { request, history } = await world.consultations.read(world.hall.as('scheduler'), ONE);
      expect(request.appointment?.panel.find((member) => member.personId === 'zhao')?.answer).not.toBe('pending');
      expect(history.at(-1)).toMatchObject({ step: 'answer', by: { id: 'zhao' } });
      expect(await post.answers.look(token)).toEqual({ status: 'used' });
      const audited = (await parts.audit.list({ beforeSequence: null, limit: 10, outcome: 'done' }, null)).filter(({ action }) => action === 'invitation.answer');
      expect(audited).toMatchObject([{ actorId: 'zhao', subject: request.appointment?.consultId }]);
    });

    it('says plainly when it was moved, has begun, was cancelled or never was', async () => {
      await scheduled();
      await post.outbox.round();
      const [lin, zhao] = [tokenOf('lin'), tokenOf('zhao')];
      expect(lin).not.toBe(zhao);
      await world.step('scheduler', 'one', { type: 'reschedule', plan: world.plan({ startsAtMs: parts.clock.wallMs() + 2 * HOUR_MS }), reason: '手术' });
      expect([(await post.answers.look(lin)).status, (await post.answers.answer(lin, { answer: 'accepted' })).status]).toEqual(['moved', 'moved']);
      await post.outbox.round();
      const again = tokenOf('lin');
      parts.clock.advance(2 * HOUR_MS);
      expect([(await post.answers.look(again)).status, (await post.answers.answer(again, { answer: 'accepted' })).status]).toEqual(['expired', 'expired']);
      await world.step('scheduler', 'one', { type: 'cancel', reason: '重复' });
      expect((await post.answers.look(again)).status).toBe('cancelled');
      expect((await post.answers.look('x'.repeat(43))).status).toBe('unknown');
      expect((await world.consultations.read(world.hall.as('scheduler'), ONE)).request.appointment?.panel.map(({ answer }) => answer)).toEqual(['pending', 'pending']);
    });

    it('keeps the link good when the answer cannot be taken, and ends it when the person answers in the client', async () => {
      await scheduled();
      await post.outbox.round();
      const token = tokenOf('lin');
      const failing = openPost(engine.database, parts.clock, { smtpPort: mail.port, hookUrl: null });
      await expect(failing.answers.answer(token, { answer: 'accepted' })).rejects.toThrow('nobody answers here');
      expect((await post.answers.look(token)).status).toBe('open');
      await world.step('lin', 'one', { type: 'answer', answer: 'accepted', reason: '' });
      expect((await post.answers.look(token)).status).toBe('used');
      await parts.people.setActive(personId('zhao'), false);
      expect((await post.answers.look(tokenOf('zhao'))).status).toBe('unknown');
    });
  });

  it('[NTC10] shows the centre and who applied what was told to whom, and nobody else', async () => {
    await scheduled();
    await post.outbox.round();
    const records = new NoticeRecords(post.deliveries, createConsultRequests(engine.database.db), createAppointments(engine.database.db), ['email', 'webhook']);
    const seen = (who: string) => records.of(world.hall.as(who).party, { type: 'request', requestId: ONE }).then(({ deliveries }) => deliveries.length > 0, (error: unknown) => toAppError(error).code);
    expect([await seen('scheduler'), await seen('chief'), await seen('doctor')]).toEqual([true, true, true]);
    for (const who of ['farscheduler', 'lin', 'approver', 'stranger']) expect([who, await seen(who)]).toEqual([who, 'record.notFound']);
    const { deliveries, channels } = await records.of(world.hall.as('scheduler').party, { type: 'request', requestId: ONE });
    expect(channels).toEqual(['client', 'email', 'webhook']);
    expect(deliveries.find(({ kind, to, channel }) => kind === 'invited' && to.id === 'lin' && channel === 'email')).toMatchObject({ state: 'sent', reason: null, addressMasked: 'l***@hospital.example', doneAtMs: parts.clock.wallMs() });
    expect(deliveries.find(({ kind, to, channel }) => kind === 'invited' && to.id === 'lin' && channel === 'client')).toMatchObject({ state: 'sent', doneAtMs: null });
  });
});

