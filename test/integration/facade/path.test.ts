import type { Appointment, Bundle, Composition, DiagnosticReport, Encounter, Patient, Resource, ServiceRequest } from '@medplum/fhirtypes';
import type { Client } from 'fhir-kit-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { consultIdSchema, consultRequestIdSchema } from '#shared/domain/ids';
import { EMPTY_OPINION } from '#shared/domain/opinion';
import type { RequestParams } from '#shared/protocol/requests';
import { demoPersonId } from '../../helpers/consultHall.ts';
import { FacadeHall, resourcesIn } from '../../helpers/facade/facadeHall.ts';
import { orderOf } from '../../helpers/facade/orders.ts';
import { fhirProblems } from '../../helpers/fhirValidation.ts';
import { DEMO_PASSWORD } from '../../helpers/testServer.ts';

const CHECKED = { identity: true, question: true, record: true, imaging: true, consent: true };

describe.each(['PGlite', 'PostgreSQL'] as const)('a hospital system follows its order, on %s', (engine) => {
  let facade: FacadeHall;
  let client: Client;
  let other: Client;
  let token = '';
  let order: ServiceRequest;

  beforeAll(async () => {
    facade = await FacadeHall.open(engine);
    ({ client, token } = await facade.register('demo-county'));
    ({ client: other } = await facade.register('demo-city'));
  });
  afterAll(() => facade.close());

  const search = async (resourceType: string, searchParams: Record<string, string>, by = client) => resourcesIn(await by.search({ resourceType, searchParams }));
  const requestId = () => consultRequestIdSchema.parse(order.id);
  const step = async (who: string, taken: RequestParams<'request.step'>['step']) => {
    const peer = await facade.hall.connect(who);
    const { request } = await peer.request('request.get', { requestId: requestId() });
    await peer.request('request.step', { requestId: requestId(), version: request.version, step: taken });
  };
  const opinionOf = async () => (await search('DiagnosticReport', { 'based-on': `ServiceRequest/${order.id}` })) as DiagnosticReport[];

  it('[FHR7] an order makes a real request in the physician’s name, with everything it contains', async () => {
    order = (await client.create({ resourceType: 'ServiceRequest', body: orderOf('A-1') as never })) as unknown as ServiceRequest; // what it is, is what the validator says
    expect(fhirProblems(order)).toEqual([]);
    expect(order).toMatchObject({ status: 'active', priority: 'routine', requester: { reference: 'Practitioner/demo-requester' }, performer: [{ reference: 'Organization/demo-city' }], reasonCode: [{ text: '心力衰竭' }], note: [{ text: '请评估心功能，是否需要器械治疗' }] });
    expect(order.extension).toContainEqual({ url: 'urn:huizhen:fhir:request-state', valueCode: 'awaitingApproval' });
    const physician = await facade.hall.connect('requester');
    const { request, history } = await physician.request('request.get', { requestId: requestId() });
    expect(request).toMatchObject({ requesterId: 'demo-requester', centreId: 'demo-city', form: { wanted: [{ specialty: '03.04', leastGrade: 'chief', count: 1 }], preferredTimes: [{ fromMs: Date.parse('2026-12-01T09:00:00+08:00') }] } });
    expect(history.map(({ step: taken, by }) => [taken, by.id])).toEqual([['send', 'demo-requester']]);
    const { items } = await physician.request('case.changes', { caseId: request.caseId, sinceRevision: 0, limit: 100 });
    expect(items.map(({ content }) => (content as { readonly kind: string }).kind).sort()).toEqual(['consent', 'history', 'lab', 'patient', 'request']);
    const [patient] = (await search('Patient', { identifier: 'urn:huizhen:fhir:record-number|ZY-20261' })) as Patient[];
    expect(patient).toMatchObject({ id: request.caseId, name: [{ text: '周小兰' }], birthDate: '1958-03-09' });
    expect(order.subject).toEqual({ reference: `Patient/${patient?.id}` });
    expect((await search('Consent', { patient: `Patient/${patient?.id}` }))).toMatchObject([{ status: 'active', patient: { reference: `Patient/${patient?.id}` } }]);
  });

  it('[FHR7] it stands on the centre’s desk once the hospital has approved it', async () => {
    await step('approver', { type: 'approve', note: '' });
    const desk = await (await facade.hall.connect('scheduler2')).request('request.list', { view: 'centre', states: ['submitted'], after: null, limit: 50 });
    expect(desk.requests.map(({ id }) => id)).toContain(order.id);
    await step('scheduler2', { type: 'screen' });
    await step('scheduler2', { type: 'returnForMaterial', reason: '请补充心电图' });
    expect(await search('ServiceRequest', { status: 'on-hold', patient: `${order.subject?.reference}` })).toMatchObject([{ id: order.id, extension: expect.arrayContaining([{ url: 'urn:huizhen:fhir:material-asked', valueString: '请补充心电图' }]) }]);
    await step('requester', { type: 'supply', note: '' });
    await step('scheduler2', { type: 'check', screening: CHECKED });
    await step('scheduler2', { type: 'accept' });
    expect(await search('ServiceRequest', { status: 'on-hold', patient: `${order.subject?.reference}` })).toEqual([]);
  });

  it('[FHR5] the session is an Appointment, pending until everybody has accepted; another hospital sees none of it', async () => {
    const [expert, second] = [demoPersonId('expert'), demoPersonId('expert2')];
    const startsAtMs = Math.ceil(facade.server.clock.wallMs() / 60_000 + 10) * 60_000;
    await step('scheduler2', { type: 'schedule', plan: { startsAtMs, durationMinutes: 45, hostPersonId: expert, panelIds: [expert, second], attendeeIds: [demoPersonId('requester')], cartIds: [], venueId: null } });
    const byOrder = () => search('Appointment', { 'based-on': `ServiceRequest/${order.id}` }) as Promise<Appointment[]>;
    expect(await byOrder()).toMatchObject([{ status: 'pending', minutesDuration: 45, start: new Date(startsAtMs).toISOString() }]);
    for (const who of ['expert', 'expert2']) await step(who, { type: 'answer', answer: 'accepted', reason: '' });
    const [booked] = await byOrder();
    expect(booked?.status).toBe('booked');
    expect(booked?.participant?.map(({ actor, status }) => [actor?.reference, status])).toEqual([
      ['Practitioner/demo-expert', 'accepted'], ['Practitioner/demo-expert2', 'accepted'], ['Practitioner/demo-requester', 'accepted'], [order.subject?.reference, 'accepted'],
    ]);
    expect(JSON.stringify(booked)).not.toContain('周小兰');
    const day = new Date(startsAtMs + 8 * 3_600_000).toISOString().slice(0, 10);
    const ids = async (searchParams: Record<string, string>, by = client) => (await search('Appointment', searchParams, by)).map(({ id }) => id);
    expect(await ids({ practitioner: 'Practitioner/demo-expert2', date: day, status: 'booked' })).toEqual([booked?.id]);
    expect(await ids({ actor: `${order.subject?.reference}` })).toEqual([booked?.id]);
    expect(await ids({ practitioner: 'Practitioner/demo-expert3', date: day })).toEqual([]);
    expect(await ids({ date: day }, other)).toEqual([]);
    for (const reference of [`ServiceRequest/${order.id}`, `Appointment/${booked?.id}`, `${order.subject?.reference}`]) {
      const [resourceType = '', id = ''] = reference.split('/');
      await expect(other.read({ resourceType, id })).rejects.toMatchObject({ response: { status: 404 } });
    }
    const slots = await search('Slot', { schedule: 'Schedule/demo-expert', start: day, status: 'busy' });
    expect(slots).toMatchObject([{ start: new Date(startsAtMs).toISOString(), end: new Date(startsAtMs + 45 * 60_000).toISOString() }]);
    expect(await search('Slot', { schedule: 'Schedule/demo-expert', start: day, status: 'busy' }, other)).toHaveLength(1);
    expect(await client.read({ resourceType: 'Slot', id: slots[0]?.id ?? '' })).toEqual(slots[0]);
  });

  it('[FHR12] what a search finds brings along what it refers to, each once, and only what the system may see', async () => {
    const along = async (resourceType: string, searchParams: Record<string, string | string[]>, by = client, postSearch = false) => {
      const bundle = (await by.search({ resourceType, searchParams, options: { postSearch } })) as unknown as Bundle; // the validator looks at it
      resourcesIn(bundle);
      return (bundle.entry ?? []).map(({ resource, search: found, fullUrl }) => {
        expect(fullUrl).toBe(`${facade.base}/${resource?.resourceType}/${resource?.id}`);
        return `${found?.mode} ${resource?.resourceType}/${resource?.id}`;
      });
    };
    const [booked] = (await search('Appointment', { 'based-on': `ServiceRequest/${order.id}` })) as Appointment[];
    const its = { _id: booked?.id ?? '' };
    const [own, patient] = [`match Appointment/${booked?.id}`, `include ${order.subject?.reference}`];
    const people = ['demo-expert', 'demo-expert2', 'demo-requester'].map((id) => `include Practitioner/${id}`);
    expect(await along('Appointment', { ...its, _include: 'Appointment:patient' })).toEqual([own, patient]);
    expect(await along('Appointment', { ...its, _include: ['Appointment:patient', 'Appointment:actor', 'Appointment:practitioner'] })).toEqual([own, patient, ...people]);
    expect(await along('Appointment', { ...its, _include: 'Appointment:actor:Practitioner' })).toEqual([own, ...people]);
    expect(await along('Appointment', { ...its, _include: '*' })).toEqual([own, patient, ...people, `include ServiceRequest/${order.id}`]);
    expect(await along('ServiceRequest', { _id: order.id ?? '', _include: ['ServiceRequest:patient', 'ServiceRequest:requester', 'ServiceRequest:performer'] }, client, true)).toEqual([`match ServiceRequest/${order.id}`, patient, 'include Practitioner/demo-requester', 'include Organization/demo-city']);
    expect(await along('ServiceRequest', { performer: 'Organization/demo-city', _id: order.id ?? '' })).toHaveLength(1);
    expect(await along('Encounter', { appointment: `Appointment/${booked?.id}`, _include: 'Encounter:*' })).toEqual([`match Encounter/${booked?.id}`, patient, own.replace('match', 'include')]);
    expect(await along('Slot', { schedule: 'Schedule/demo-expert', _count: '3', _include: 'Slot:schedule' })).toContain('include Schedule/demo-expert');
    expect((await along('Slot', { schedule: 'Schedule/demo-expert', _count: '3', _include: 'Slot:schedule' })).filter((one) => one.startsWith('include'))).toHaveLength(1);
    // What is brought along is in the log like what was found; another hospital finds neither.
    const fresh = await facade.register('demo-county', ['read']);
    await along('Appointment', { ...its, _include: 'Appointment:patient' }, fresh.client);
    const log = resourcesIn((await facade.ask(fresh.token, `AuditEvent?agent=Device/${fresh.systemId}`)).body) as (Resource & { entity?: { name?: string }[] })[];
    expect(log.map(({ entity }) => entity?.[0]?.name)).toContain(order.subject?.reference?.replace('Patient/', ''));
    expect(await along('Appointment', { ...its, _include: '*' }, other)).toEqual([]);
    for (const wrong of ['Appointment:status', 'ServiceRequest:patient', 'Appointment:actor:Device', 'Appointment:patient:Practitioner', 'nonsense', '']) expect([wrong, (await facade.ask(token, `Appointment?_include=${wrong}`)).status]).toEqual([wrong, 400]);
  });

  it('[FHR8] the report says that it is to come, then brings the signed opinion and its file', async () => {
    const [booked] = (await search('Appointment', { 'based-on': `ServiceRequest/${order.id}` })) as Appointment[];
    const consultId = consultIdSchema.parse(booked?.id);
    await step('scheduler2', { type: 'waiveRehearsal', reason: '同一设备上周联调过' });
    const expert = await facade.hall.connect('expert');
    await expert.enter(consultId);
    expect(await search('Encounter', { status: 'in-progress', patient: `${order.subject?.reference}` })).toMatchObject([{ id: consultId, class: { code: 'VR' }, basedOn: [{ reference: `ServiceRequest/${order.id}` }] }] satisfies Partial<Encounter>[]);
    await expert.request('host.end', {});
    const [first, second] = [await facade.hall.connect('expert'), await facade.hall.connect('expert2')];
    const { opinionId } = await first.request('opinion.begin', { consultId });
    const content = { ...EMPTY_OPINION, findings: '左室扩大', diagnosis: '扩张型心肌病', recommendations: '加用达格列净', signerIds: [demoPersonId('expert'), demoPersonId('expert2')] };
    await first.request('opinion.save', { opinionId, baseVersion: 0, content });
    expect(await opinionOf()).toMatchObject([{ id: opinionId, status: 'registered' }]);
    await first.request('opinion.submit', { opinionId, version: 1 });
    await first.request('opinion.sign', { opinionId, version: 1, password: DEMO_PASSWORD });
    const [waiting] = await opinionOf();
    expect([waiting?.status, waiting?.conclusion, waiting?.presentedForm]).toEqual(['preliminary', undefined, undefined]);
    expect(await search('Composition', { patient: `${order.subject?.reference}` })).toEqual([]);
    expect((await facade.ask(token, `Binary/${opinionId}.zh`)).status).toBe(404);
    await second.request('opinion.sign', { opinionId, version: 1, password: DEMO_PASSWORD });

    const [report] = await opinionOf();
    expect(report).toMatchObject({ status: 'final', conclusion: '扩张型心肌病\n\n加用达格列净', encounter: { reference: `Encounter/${consultId}` }, resultsInterpreter: [{ reference: 'Practitioner/demo-expert' }, { reference: 'Practitioner/demo-expert2' }] });
    const [composition] = (await search('Composition', { encounter: `Encounter/${consultId}` })) as Composition[];
    expect(composition?.section?.map(({ title }) => title)).toEqual(['所见', '诊断', '建议']);
    expect(composition?.attester?.map(({ party }) => party?.reference)).toEqual(['Practitioner/demo-expert', 'Practitioner/demo-expert2']);
    expect(await search('ServiceRequest', { status: 'completed', identifier: 'urn:oid:2.16.156.2|A-1' })).toMatchObject([{ id: order.id }]);

    const [file] = report?.presentedForm ?? [];
    const pdf = await fetch(file?.url ?? '', { headers: { authorization: `Bearer ${token}`, accept: 'application/pdf' } });
    const bytes = Buffer.from(await pdf.arrayBuffer());
    expect([pdf.status, pdf.headers.get('content-type'), bytes.subarray(0, 5).toString()]).toEqual([200, 'application/pdf', '%PDF-']);
    const binary = await client.read({ resourceType: 'Binary', id: `${opinionId}.zh` });
    expect(fhirProblems(binary as never)).toEqual([]);
    expect(Buffer.from(String(binary.data), 'base64').equals(bytes)).toBe(true);
    await expect(other.read({ resourceType: 'Binary', id: `${opinionId}.zh` })).rejects.toMatchObject({ response: { status: 404 } });
    for (const type of ['ServiceRequest', 'Appointment', 'DiagnosticReport', 'Composition', 'Encounter', 'Consent']) {
      const ofPatient = { patient: `${order.subject?.reference}` };
      expect([type, (await search(type, ofPatient)).length, await search(type, ofPatient, other)]).toEqual([type, 1, []]);
    }
    expect(await search('Patient', { name: '周小兰' }, other)).toEqual([]);
  });
});
