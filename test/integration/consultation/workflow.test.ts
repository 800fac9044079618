import { sql, type Transaction } from 'kysely';
import { beforeEach, expect, it } from 'vitest';
import { consultRequestIdSchema } from '#shared/domain/ids';
import { toAppError } from '#shared/protocol/errors';
import type { Schema } from '../../../sfu-server/storage/schema.ts';
import { HOUR_MS } from '../../helpers/caseHall.ts';
import { type ConsultationHall, openConsultationHall } from '../../helpers/consultation/consultationHall.ts';
import { onEachEngine } from '../../helpers/onEachEngine.ts';
import { createServerParts, orgId, personId, type ServerParts } from '../../helpers/serverParts.ts';

const CHECKED = { identity: true, question: true, record: true, imaging: true, consent: true };
const rehearsal = (partyId: string) => ({ partyId, hasPicture: true, hasSound: true, upBps: 8e6, downBps: 9e6, roundTripMs: 31, lossRatio: 0.001, hasPassed: true, note: '' });

onEachEngine('from request to archive', (engine) => {
  let parts: ServerParts;
  let world: ConsultationHall;

  beforeEach(async () => {
    parts = createServerParts(engine.database);
    world = await openConsultationHall(engine.database, parts);
  });

  const read = (who: string, id: string) => world.consultations.read(world.hall.as(who), consultRequestIdSchema.parse(id));
  const accepted = async (id: string) => {
    await world.draft(id);
    await world.complete(id);
    await world.step('doctor', id, { type: 'send', centreId: orgId('city'), consentException: '' });
    await world.step('approver', id, { type: 'approve', note: '' });
    await world.step('scheduler', id, { type: 'screen' });
    await world.step('scheduler', id, { type: 'check', screening: CHECKED });
    await world.step('scheduler', id, { type: 'accept' });
  };

  it('[WFL1] keeps every step with its actor, its time and what was said, audits it, and books the session', async () => {
    await accepted('one');
    await world.step('scheduler', 'one', { type: 'schedule', plan: world.plan() });
    const { request, history, open } = await read('scheduler', 'one');
    expect(request).toMatchObject({ state: 'scheduled', version: 7 });
    expect(history.map(({ step, by, to }) => [step, by.id, to])).toEqual([
      ['send', 'doctor', 'awaitingApproval'], ['approve', 'approver', 'submitted'], ['screen', 'scheduler', 'screening'], ['check', 'scheduler', 'screening'], ['accept', 'scheduler', 'accepted'], ['schedule', 'scheduler', 'scheduled'],
    ]);
    expect(open).toEqual(['reschedule', 'substitute', 'rehearse', 'waiveRehearsal', 'cancel', 'noShow']);
    expect((await parts.audit.list({ beforeSequence: null, limit: 50, outcome: 'done' }, null)).map(({ action }) => action).filter((action) => action.startsWith('request.'))).toEqual([
      'request.schedule', 'request.accept', 'request.check', 'request.screen', 'request.approve', 'request.send', 'request.create',
    ]);
    expect(await parts.audit.verifyChain()).toMatchObject({ type: 'whole' });
    const session = await world.appointments.ofRequest(request.id);
    expect(session?.panel.map(({ person, answer }) => [person.id, answer])).toEqual([['lin', 'pending'], ['zhao', 'pending'], ['doctor', 'accepted']]);
    expect(session).toMatchObject({ consultId: request.appointment?.consultId, state: 'scheduled', hostPersonId: 'lin' });
  });

  it('[WFL2] [WFL10] names what is missing, keeps the draft, and sends it when it is there', async () => {
    await world.draft('one');
    const sent = () => world.step('doctor', 'one', { type: 'send', centreId: orgId('city'), consentException: '' });
    await expect(sent()).rejects.toMatchObject({ code: 'workflow.incomplete', rule: 'WFL10', named: ['diagnosis', 'presentIllness', 'finding', 'wanted', 'consent'] });
    expect((await read('doctor', 'one')).missing).toEqual(['diagnosis', 'presentIllness', 'finding', 'wanted', 'consent']);
    await world.complete('one');
    expect((await read('doctor', 'one')).missing).toEqual([]);
    expect(await sent()).toEqual({ version: 2, state: 'awaitingApproval' });
  });

  it('[FHR7] an application by another system locks the log last, and stands in it in the order in which it came', async () => {
    await world.draft('one');
    await world.complete('one');
    const { caseId } = (await read('doctor', 'one')).request;
    let isLogLocked: boolean | null = null;
    const also = async (trx: Transaction<Schema>) => {
      const { rows } = await sql<{ held: number }>`select count(*)::integer as held from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()`.execute(trx);
      isLogLocked = rows[0]?.held !== 0;
    };
    const auditedAs = { actorKind: 'system', actorId: 'his', organisationId: orgId('county') } as const;
    await world.consultations.apply(world.hall.as('doctor').party, { requestId: consultRequestIdSchema.parse('his'), caseId, begun: null, send: { centreId: orgId('city'), consentException: '' }, auditedAs, also });
    expect(isLogLocked).toBe(false);
    const logged = await parts.audit.list({ beforeSequence: null, limit: 50, outcome: 'done' }, null);
    expect(logged.filter(({ actorId }) => actorId === 'his').map(({ action, subject }) => [action, subject])).toEqual([['request.send', 'his 2'], ['request.create', 'his']]);
    expect(await parts.audit.verifyChain()).toMatchObject({ type: 'whole' });
  });

  it('[WFL40] [WFL10] goes to a centre only while somebody takes requests there, and is offered no other', async () => {
    await world.draft('one');
    await world.complete('one');
    const offered = async () => (await parts.organisations.centresAround(orgId('county'))).map(({ id }) => id);
    expect(await offered()).toEqual(['city', 'province']);
    await parts.people.setActive(personId('scheduler'), false);
    expect(await offered()).toEqual(['province']);
    await expect(world.step('doctor', 'one', { type: 'send', centreId: orgId('city'), consentException: '' })).rejects.toMatchObject({ code: 'workflow.incomplete', rule: 'WFL10', named: ['centreId'] });
    expect(await world.step('doctor', 'one', { type: 'send', centreId: orgId('province'), consentException: '' })).toMatchObject({ state: 'awaitingApproval' });
  });

  it('[WFL20] [SCH1] refuses a booking that overlaps, naming who is taken, and leaves the request as it was', async () => {
    await accepted('one');
    await accepted('two');
    await world.step('scheduler', 'one', { type: 'schedule', plan: world.plan() });
    const overlapping = world.step('scheduler', 'two', { type: 'schedule', plan: world.plan({ startsAtMs: parts.clock.wallMs() + HOUR_MS + 600_000, panelIds: [personId('zhao'), personId('expert')], hostPersonId: personId('expert'), attendeeIds: [] }) });
    await expect(overlapping).rejects.toMatchObject({ code: 'schedule.conflict', taken: [{ kind: 'person', id: 'zhao' }] });
    expect((await read('scheduler', 'two')).request).toMatchObject({ state: 'accepted', version: 6, appointment: null });
    expect((await read('scheduler', 'two')).history).toHaveLength(5);
  });

  it('[WFL21] [WFL22] [WFL23] moves, is declined, and finds somebody else, with the same session and a rising sequence', async () => {
    await accepted('one');
    await world.step('scheduler', 'one', { type: 'schedule', plan: world.plan() });
    await world.step('lin', 'one', { type: 'answer', answer: 'accepted', reason: '' });
    await world.step('scheduler', 'one', { type: 'reschedule', plan: world.plan({ startsAtMs: parts.clock.wallMs() + 26 * HOUR_MS }), reason: '手术' });
    const moved = (await read('scheduler', 'one')).request.appointment;
    expect(moved).toMatchObject({ sequence: 1, panel: [{ answer: 'pending' }, { answer: 'pending' }] });
    await world.step('zhao', 'one', { type: 'answer', answer: 'declined', reason: '外出' });
    expect(await world.refusal(read('zhao', 'one'))).toBe('record.notFound');
    await world.step('scheduler', 'one', { type: 'substitute', personId: personId('zhao'), byPersonId: personId('qian'), reason: '外出' });
    const { request } = await read('qian', 'one');
    expect(request.appointment).toMatchObject({ sequence: 2, panel: [{ personId: 'lin', answer: 'pending' }, { personId: 'qian', answer: 'pending' }] });
    const session = await world.appointments.ofRequest(request.id);
    expect(session).toMatchObject({ consultId: moved?.consultId, startsAtMs: parts.clock.wallMs() + 26 * HOUR_MS, sequence: 2 });
    // The first time is free again, and so is who declined.
    await accepted('two');
    expect(await world.step('scheduler', 'two', { type: 'schedule', plan: world.plan({ panelIds: [personId('lin'), personId('zhao')], attendeeIds: [] }) })).toMatchObject({ state: 'scheduled' });
  });

  it('[WFL37] [ACC2] opens the case to who is invited, and closes it to who declined or was replaced', async () => {
    await accepted('one');
    const caseId = (await read('scheduler', 'one')).request.caseId;
    const reads = async () => {
      const found: string[] = [];
      for (const who of ['lin', 'zhao', 'qian', 'expert']) if ((await parts.caseFiles.list(world.hall.as(who).party, [])).some(({ id }) => id === caseId)) found.push(who);
      return found;
    };
    expect(await reads()).toEqual([]);
    await world.step('scheduler', 'one', { type: 'schedule', plan: world.plan() });
    expect(await reads()).toEqual(['lin', 'zhao']);
    await world.step('zhao', 'one', { type: 'answer', answer: 'declined', reason: '外出' });
    expect(await reads()).toEqual(['lin']);
    await world.step('scheduler', 'one', { type: 'substitute', personId: personId('zhao'), byPersonId: personId('qian'), reason: '外出' });
    expect(await reads()).toEqual(['lin', 'qian']);
    await world.step('scheduler', 'one', { type: 'reschedule', plan: world.plan({ panelIds: [personId('lin'), personId('expert')] }), reason: '换人' });
    expect(await reads()).toEqual(['lin', 'expert']);
  });

  it('[ACC7] [WFL19] [WFL36] shows case and request to the centre that has it, and to the one it was forwarded from no more', async () => {
    await parts.organisations.create({ id: orgId('city2'), parentId: orgId('province'), tier: 'city', name: { zh: '二市', en: 'City 2' } });
    await world.hall.add('desk2', 'scheduler', 'city2');
    const { caseId } = await world.draft('one');
    const seen = async () => {
      const found: string[] = [];
      for (const who of ['scheduler', 'desk2', 'chief', 'farscheduler']) {
        const cases = (await parts.caseFiles.list(world.hall.as(who).party, [])).some(({ id }) => id === caseId);
        found.push(`${who}:${cases ? 'case' : '-'}:${await world.refusal(read(who, 'one'))}`);
      }
      return found;
    };
    // Schedulers of the hospital's own tree read its cases anyway (ACC1); the request is the hospital's until it is sent.
    expect(await seen()).toEqual(['scheduler:case:record.notFound', 'desk2:-:record.notFound', 'chief:case:record.notFound', 'farscheduler:-:record.notFound']);
    await world.complete('one');
    await world.step('doctor', 'one', { type: 'send', centreId: orgId('city'), consentException: '' });
    await world.step('approver', 'one', { type: 'approve', note: '' });
    await world.step('scheduler', 'one', { type: 'forward', centreId: orgId('province'), reason: '专科' });
    await world.step('chief', 'one', { type: 'forward', centreId: orgId('city2'), reason: '专科' });
    expect(await seen()).toEqual(['scheduler:case:record.notFound', 'desk2:case:done', 'chief:case:done', 'farscheduler:-:record.notFound']);
    await world.step('desk2', 'one', { type: 'decline', reason: '不属本院' });
    expect((await seen())[1]).toBe('desk2:-:done');
  });

  it('[WFL8] [WFL9] [WFL26] opens the door by the rules only', async () => {
    await accepted('one');
    await world.step('scheduler', 'one', { type: 'schedule', plan: world.plan() });
    const consultId = (await read('lin', 'one')).request.appointment?.consultId;
    if (consultId === undefined) throw new Error('was scheduled');
    const enter = () => world.refusal(world.consultations.mayEnter(consultId, world.hall.as('lin').party));
    expect(await enter()).toBe('WFL26');
    for (const site of ['lin', 'zhao', 'doctor']) await world.step(site, 'one', { type: 'rehearse', rehearsal: rehearsal(site) });
    expect((await read('lin', 'one')).request).toMatchObject({ state: 'rehearsed', rehearsals: [{ by: { id: 'lin' } }, {}, {}] });
    expect(await enter()).toBe('done');
    await Promise.all(['lin', 'zhao'].map((who) => world.consultations.started(consultId, world.hall.as(who).party)));
    expect((await read('lin', 'one')).request).toMatchObject({ state: 'inSession', version: 11 });
    await parts.consults.setState(consultId, 'inSession', parts.clock.wallMs());
    await world.step('lin', 'one', { type: 'closeSession' });
    expect((await parts.consults.byId(consultId))?.state).toBe('ended');
    expect((await read('lin', 'one')).request).toMatchObject({ state: 'opinionDue' });
  });

  it('[WFL3] [WFL5] lets an emergency through at once', async () => {
    await world.draft('one', 'emergency');
    await world.step('doctor', 'one', { type: 'send', centreId: orgId('city'), consentException: '昏迷' });
    expect(world.told).toEqual([['emergencyArrived', 'scheduler'], ['approvalOwed', 'approver']]);
    await world.step('scheduler', 'one', { type: 'accept' });
    await world.step('scheduler', 'one', { type: 'schedule', plan: world.plan({ startsAtMs: parts.clock.wallMs() }) });
    const { request } = await read('lin', 'one');
    expect(await world.refusal(world.consultations.mayEnter(request.appointment?.consultId ?? ('x' as never), world.hall.as('lin').party))).toBe('done');
    await world.step('approver', 'one', { type: 'approve', note: '' });
    expect((await read('approver', 'one')).request.approval).toMatchObject({ status: 'given', wasAfterwards: true });
  });

  it('[WFL38] takes a step on what was seen, and of two at the same moment one', async () => {
    await accepted('one');
    const requestId = consultRequestIdSchema.parse('one');
    const both = await Promise.allSettled([
      world.consultations.step(world.hall.as('scheduler'), { requestId, version: 6, step: { type: 'schedule', plan: world.plan() } }),
      world.consultations.step(world.hall.as('chief'), { requestId, version: 6, step: { type: 'cancel', reason: '重复' } }),
    ]);
    const refused = both.filter((one) => one.status === 'rejected');
    expect(refused).toHaveLength(1);
    expect(['WFL38', 'WFL20', 'WFL34']).toContain(toAppError(refused[0]?.reason).rule);
    expect((await read('scheduler', 'one')).history).toHaveLength(6);
  });

  it('lists a desk by urgency and waiting, page by page, and counts every state', async () => {
    for (const [id, urgency] of [['a', 'routine'], ['b', 'emergency'], ['c', 'emergency'], ['d', 'emergency']] as const) {
      await world.draft(id, urgency);
      parts.clock.advance(60_000);
      if (urgency === 'emergency') await world.step('doctor', id, { type: 'send', centreId: orgId('city'), consentException: '昏迷' });
    }
    const list = (who: string, view: 'centre' | 'hospital' | 'invited', after: unknown = null) =>
      world.consultations.list(world.hall.as(who), { view, states: ['draft', 'submitted'], after: after as never, limit: 2 });
    const first = await list('scheduler', 'centre');
    expect(first.requests.map(({ id, patientMasked, due }) => [id, patientMasked, due?.what])).toEqual([['b', '陈*', 'respond'], ['c', '陈*', 'respond']]);
    expect((await list('scheduler', 'centre', first.next)).requests.map(({ id }) => id)).toEqual(['d']);
    expect(first.counts).toEqual([{ state: 'submitted', count: 3 }]);
    expect((await list('doctor', 'hospital')).requests.map(({ id }) => id)).toEqual(['b', 'c']);
    expect(await world.refusal(list('lin', 'centre'))).toBe('WFL36');
    expect((await list('lin', 'invited')).requests).toEqual([]);
  });

  it('[WFL36] [WFL37] lists and counts as invited what may be opened, and nothing else', async () => {
    await accepted('one');
    await world.step('scheduler', 'one', { type: 'schedule', plan: world.plan() });
    const invited = async (who: string) => {
      const { requests, counts } = await world.consultations.list(world.hall.as(who), { view: 'invited', states: ['scheduled', 'cancelled'], after: null, limit: 10 });
      return { ids: requests.map(({ id }) => id as string), counts };
    };
    expect(await invited('zhao')).toEqual({ ids: ['one'], counts: [{ state: 'scheduled', count: 1 }] });
    // Lin leads, and so stays on the consult's list of members: the invitation has ended all the same.
    await world.step('lin', 'one', { type: 'answer', answer: 'declined', reason: '出差' });
    expect(await invited('lin')).toEqual({ ids: [], counts: [] });
    expect(await invited('zhao')).toEqual({ ids: ['one'], counts: [{ state: 'scheduled', count: 1 }] });
    await world.step('scheduler', 'one', { type: 'cancel', reason: '已转院' });
    expect(await invited('zhao')).toEqual({ ids: [], counts: [] });
    expect(await world.refusal(read('zhao', 'one'))).toBe('record.notFound');
  });

  it('keeps what each was told until they have read it', async () => {
    await accepted('one');
    await world.step('scheduler', 'one', { type: 'schedule', plan: world.plan() });
    const { party } = world.hall.as('zhao');
    expect(await world.notices.list(party, 10)).toMatchObject({ unread: 1, notices: [{ kind: 'invited', about: { type: 'request', requestId: 'one' }, readAtMs: null, organisationName: { en: 'Hospital county' } }] });
    await world.notices.read(party.id, null, parts.clock.wallMs());
    expect((await world.notices.list(party, 10)).unread).toBe(0);
  });
});
