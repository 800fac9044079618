import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { caseIdSchema, consultRequestIdSchema, organisationIdSchema, personIdSchema } from '#shared/domain/ids';
import { ConsultHall } from '../../helpers/consultHall.ts';
import { TestMailServer } from '../../helpers/notices/mailServer.ts';
import { TestServer } from '../../helpers/testServer.ts';

const CHECKED = { identity: true, question: true, record: true, imaging: true, consent: true };

describe('notices of the whole server', () => {
  let mail: TestMailServer;
  let server: TestServer;
  let hall: ConsultHall;
  const requestId = consultRequestIdSchema.parse('a-request');
  let version = 1;

  beforeAll(async () => {
    mail = await TestMailServer.start();
    server = await TestServer.start({ environment: { HUIZHEN_SMTP_URL: `smtp://127.0.0.1:${mail.port}`, HUIZHEN_SMTP_FROM: 'noreply@huizhen.example.org' } });
    hall = new ConsultHall(server);
  });
  afterAll(async () => {
    await hall.close();
    await server.stop();
    await mail.close();
  });

  const invitation = async () => {
    const letters = await mail.letters.until(1);
    return /http:\/\/\S+\/invitation\/\S{43}/.exec(letters.find(({ mail: one }) => one.subject?.startsWith('会诊邀请'))?.mail.text ?? '')?.[0] ?? '';
  };

  it('[NTC11] a person says where letters go, and so does an administrator of their tree', async () => {
    const [expert, admin] = [await hall.connect('expert'), await hall.connect('admin')];
    expect(await expert.request('account.contact', {})).toEqual({ email: null });
    await expert.request('account.setContact', { email: 'expert@hospital.example' });
    expect(await expert.request('account.contact', {})).toEqual({ email: 'expert@hospital.example' });
    const personId = personIdSchema.parse('demo-expert2');
    await admin.request('admin.setContact', { personId, email: 'second@hospital.example' });
    expect((await admin.request('admin.people', {})).people.filter(({ email }) => email !== null).map(({ email }) => email).sort()).toEqual(['expert@hospital.example', 'second@hospital.example']);
    expect(await admin.codeOf('admin.setContact', { personId, email: 'nobody' } as never)).toBe('input.malformed');
    await admin.request('admin.setContact', { personId, email: null });
    const actions = (await admin.request('admin.audit', { beforeSequence: null, limit: 50, outcome: 'done' })).entries.map(({ action }) => action);
    expect(actions).toEqual(expect.arrayContaining(['account.setContact', 'admin.setContact']));
  });

  it('[NTC1] [NTC9] a letter goes by itself when the step is taken; its link shows a page, and acts only when the form is sent', async () => {
    const [requester, scheduler] = [await hall.connect('requester'), await hall.connect('scheduler')];
    const { centres } = await requester.request('request.centres', {});
    await requester.request('request.create', { requestId, caseId: caseIdSchema.parse('a-case'), patient: { name: '陈小明', ageYears: 60, sex: 'male' }, question: '请评估', urgency: 'emergency' });
    const step = async (peer: typeof requester, taken: Parameters<typeof requester.request<'request.step'>>[1]['step']) => {
      version = (await peer.request('request.step', { requestId, version, step: taken })).version;
    };
    const centreId = organisationIdSchema.parse(centres[0]?.id);
    await step(requester, { type: 'send', centreId, consentException: '昏迷' });
    await step(scheduler, { type: 'screen' });
    await step(scheduler, { type: 'check', screening: CHECKED });
    await step(scheduler, { type: 'accept' });
    const expertId = personIdSchema.parse('demo-expert');
    await step(scheduler, { type: 'schedule', plan: { startsAtMs: server.clock.wallMs() + 40 * 86_400_000, durationMinutes: 30, hostPersonId: expertId, panelIds: [expertId], attendeeIds: [], cartIds: [], venueId: null } });

    const link = await invitation();
    for (const method of ['GET', 'HEAD', 'GET']) expect((await fetch(link, { method })).status).toBe(200);
    const page = await (await fetch(link)).text();
    expect(page).toContain('接受 · Accept');
    for (const secret of ['陈', '请评估', '<script']) expect(page).not.toContain(secret);
    expect((await requester.request('request.get', { requestId })).request.appointment?.panel[0]?.answer).toBe('pending');

    const send = (fields: Record<string, string>) => fetch(link, { method: 'POST', body: new URLSearchParams(fields) });
    expect((await send({})).status).toBe(400);
    expect((await send({ answer: 'declined', reason: '' })).status).toBe(400);
    const accepted = await send({ answer: 'accepted', reason: '' });
    expect([accepted.status, (await accepted.text()).includes('You have accepted')]).toEqual([200, true]);
    expect((await requester.request('request.get', { requestId })).request.appointment?.panel[0]?.answer).toBe('accepted');
    expect((await send({ answer: 'declined', reason: '外出' })).status).toBe(410);
    expect((await fetch(`${link.slice(0, -3)}xxx`)).status).toBe(404);
  });

  it('[NTC10] the centre and who applied see what was told', async () => {
    const scheduler = await hall.connect('scheduler');
    const { deliveries, channels } = await scheduler.request('notice.deliveries', { about: { type: 'request', requestId } });
    expect(channels).toEqual(['client', 'email']);
    expect(deliveries.find(({ kind, channel }) => kind === 'invited' && channel === 'email')).toMatchObject({ state: 'sent', addressMasked: 'e***@hospital.example' });
    expect(await (await hall.connect('expert')).codeOf('notice.deliveries', { about: { type: 'request', requestId } })).toBe('record.notFound');
  });
});
