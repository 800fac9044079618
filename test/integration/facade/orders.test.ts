import type { OperationOutcome, Patient, ServiceRequest } from '@medplum/fhirtypes';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { consultRequestIdSchema } from '#shared/domain/ids';
import { FacadeHall, type PlainAnswer, resourcesIn } from '../../helpers/facade/facadeHall.ts';
import { orderOf } from '../../helpers/facade/orders.ts';
import { fhirProblems } from '../../helpers/fhirValidation.ts';

describe.each(['PGlite', 'PostgreSQL'] as const)('orders of hospital systems, on %s', (engine) => {
  let facade: FacadeHall;
  let token = '';
  let systemId = '';

  beforeAll(async () => {
    facade = await FacadeHall.open(engine);
    ({ token, systemId } = await facade.register('demo-county'));
  });
  afterAll(() => facade.close());

  const send = (order: unknown, headers: Readonly<Record<string, string>> = {}) => facade.ask(token, 'ServiceRequest', { method: 'POST', body: JSON.stringify(order), headers });
  const count = async (type: string) => (await facade.ask(token, `${type}?_count=0`)).body.total;
  /** Our code, the rule's number, and what was missing. */
  const refusalOf = ({ body }: Pick<PlainAnswer, 'body'>) => {
    const codes = (body.issue ?? []).flatMap(({ details }) => details?.coding ?? []);
    return codes.map(({ system, code }) => `${system?.split(':').at(-1)} ${code}`);
  };

  it('[FHR7][WFL10][WFL2] an order that lacks something is refused with the rule and each missing part, and nothing of it is kept', async () => {
    const before = [await count('ServiceRequest'), await count('Patient')];
    const refused = await send(orderOf('B-1', { reasonCode: [] }, ['Consent', 'Composition']));
    expect([refused.status, refusalOf(refused)]).toEqual([422, ['error workflow.incomplete', 'rule WFL10', 'missing diagnosis', 'missing presentIllness', 'missing consent']]);
    expect(fhirProblems(refused.body as OperationOutcome)).toEqual([]);
    expect([await count('ServiceRequest'), await count('Patient')]).toEqual(before);
    // What was refused has taken no identifier.
    expect((await send(orderOf('B-1'))).status).toBe(201);
    expect([await count('ServiceRequest'), await count('Patient')]).toEqual(before.map((number) => (number ?? 0) + 1));
  });

  it('[FHR7][WFL3] an emergency goes to the centre at once, with a recorded exception in place of consent', async () => {
    const emergency = orderOf('C-1', { priority: 'stat', extension: [{ url: 'urn:huizhen:fhir:consent-exception', valueString: '昏迷，联系不到家属' }] }, ['Consent', 'Composition', 'Observation']);
    const { status, body } = await send(emergency);
    expect([status, (body as ServiceRequest).extension?.find(({ url }) => url.endsWith('request-state'))?.valueCode]).toEqual([201, 'submitted']);
    const desk = await (await facade.hall.connect('scheduler2')).request('request.list', { view: 'centre', states: ['submitted'], after: null, limit: 50 });
    expect(desk.requests.find(({ id }) => id === body.id)).toMatchObject({ urgency: 'emergency', isApprovalOwed: true });
  });

  it('[FHR7] a draft stays with the physician, who sends it; the history names them, the log the system', async () => {
    const { body } = await send(orderOf('D-1', { status: 'draft' }));
    expect(body).toMatchObject({ status: 'draft' });
    expect('performer' in body).toBe(false);
    const { body: sent } = await send(orderOf('D-2'));
    const physician = await facade.hall.connect('requester');
    const { history } = await physician.request('request.get', { requestId: consultRequestIdSchema.parse(sent.id) });
    expect(history.map(({ by }) => by.id)).toEqual(['demo-requester']);
    const { entries } = await (await facade.hall.connect('auditor')).request('admin.audit', { beforeSequence: null, limit: 100, outcome: 'done' });
    const about = entries.filter(({ subject }) => subject?.includes(`${sent.id}`)).map(({ action, actorKind, actorId }) => [action, actorKind, actorId]);
    expect(about).toEqual(expect.arrayContaining([['request.create', 'system', systemId], ['request.send', 'system', systemId]]));
    expect(about.filter(([, kind]) => kind !== 'system' && kind !== 'person')).toEqual([]);
    expect(about.filter(([action, kind]) => action === 'request.send' && kind === 'person')).toEqual([]);
  });

  it('[FHR7][WFL10] only in the name of somebody who applies at that hospital, and only to a centre of its line', async () => {
    for (const requester of ['demo-expert', 'demo-nurse', 'nobody']) {
      const refused = await send(orderOf('E-1', { requester: { reference: `Practitioner/${requester}` } }));
      expect([requester, refused.status, refusalOf(refused)]).toEqual([requester, 403, ['error workflow.forbidden', 'rule WFL10']]);
    }
    const elsewhere = await send(orderOf('E-2', { performer: [{ reference: 'Organization/elsewhere' }] }));
    expect([elsewhere.status, refusalOf(elsewhere)]).toEqual([403, ['error workflow.forbidden', 'rule WFL10']]);
    const province = await send(orderOf('E-3', { performer: [{ reference: 'Organization/demo-province' }] }));
    expect((province.body as ServiceRequest).performer).toEqual([{ reference: 'Organization/demo-province' }]);
  });

  it('[FHR7] a Patient known here is taken over into the new case; one of another hospital is not', async () => {
    const [known] = resourcesIn((await facade.ask(token, 'Patient?name=周小兰&_count=1')).body) as Patient[];
    const { status, body } = await send(orderOf('F-1', { subject: { reference: `Patient/${known?.id}` } }, ['Patient']));
    const subject = (body as ServiceRequest).subject?.reference ?? '';
    expect([status, subject === `Patient/${known?.id}`]).toEqual([201, false]);
    expect((await facade.ask(token, subject)).body).toMatchObject({ name: known?.name, birthDate: known?.birthDate });
    const city = await facade.register('demo-city');
    const theirs = (await facade.ask(city.token, 'Patient?_count=1')).body.entry?.[0]?.resource?.id;
    expect(theirs).toBeDefined();
    expect((await send(orderOf('F-2', { subject: { reference: `Patient/${theirs}` } }, ['Patient']))).status).toBe(400);
  });

  it('[FHR7] what cannot be taken in refuses the order, and says which', async () => {
    const order = orderOf('G-1');
    const withMedication = await send({ ...order, contained: [...(order.contained ?? []), { resourceType: 'Medication', id: 'm' }] });
    expect([withMedication.status, withMedication.body.issue?.[0]?.diagnostics]).toEqual([400, 'Medication: cannot be taken in (unknownKind)']);
    const twoPatients = await send({ ...order, contained: [...(order.contained ?? []), { resourceType: 'Patient', id: 'p2' }] });
    expect([twoPatients.status, twoPatients.body.issue?.[0]?.diagnostics]).toEqual([400, 'Patient: cannot be taken in (onlyOne)']);
    const unknownSpecialty = await send(orderOf('G-2', { extension: [], performerType: { coding: [{ system: 'urn:huizhen:fhir:specialty', code: '99' }] } }));
    expect([unknownSpecialty.status, unknownSpecialty.body.issue?.[0]?.diagnostics]).toEqual([400, 'performerType: specialty does not fit']);
  });

  it('[FHR10] the same order is one request, also when it is sent many times at once', async () => {
    const order = orderOf('H-1');
    const before = await count('ServiceRequest');
    const answers = await Promise.all(Array.from({ length: 8 }, () => send(order)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 200, 200, 200, 201]);
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    expect(await count('ServiceRequest')).toBe((before ?? 0) + 1);
    expect(answers.find(({ status }) => status === 201)?.headers.get('location')).toBe(`${facade.base}/ServiceRequest/${answers[0]?.body.id}`);
    const changed = await send({ ...order, note: [{ text: '另一个问题' }] });
    expect([changed.status, refusalOf(changed)]).toEqual([409, ['error record.conflict']]);
    const asked = await send({ ...order, note: [{ text: '另一个问题' }] }, { 'if-none-exist': 'identifier=urn:oid:2.16.156.2|H-1' });
    expect([asked.status, asked.body.id]).toEqual([200, answers[0]?.body.id]);
    for (const condition of ['identifier=urn:oid:2.16.156.2|H-2', 'patient=Patient/x', 'identifier=urn:oid:2.16.156.2|H-1&status=active']) expect([condition, (await send(order, { 'if-none-exist': condition })).status]).toEqual([condition, 400]);
    expect(resourcesIn((await facade.ask(token, 'ServiceRequest?identifier=urn:oid:2.16.156.2|H-1')).body)).toHaveLength(1);
    const minimal = await send(orderOf('H-3'), { prefer: 'return=minimal' });
    expect([minimal.status, minimal.body.resourceType]).toEqual([201, 'Basic']);
  });

  it('[FHR9][FHR11] a body that is none, is something else, or is too large is refused as such', async () => {
    const post = (body: string, headers = {}) => facade.ask(token, 'ServiceRequest', { method: 'POST', body, headers });
    const answers = {
      cut: await post('{"resourceType":"ServiceReq'), empty: await post(''), array: await post('[]'), other: await post('{"resourceType":"Patient"}'), text: await post('hello', { 'content-type': 'text/plain' }),
      nullCharacter: await send(orderOf('I-1', { note: [{ text: 'a\0b' }] })), status: await send(orderOf('I-2', { status: 'completed' })), deep: await post(JSON.stringify(orderOf('I-3')).replace(/}$/, `,"x":${'['.repeat(100_000)}${']'.repeat(100_000)}}`)),
      time: await send(orderOf('I-4', { occurrencePeriod: { start: '1969-12-01T09:00:00+08:00', end: '2026-12-01T12:00:00+08:00' } })), large: await post(`{"resourceType":"ServiceRequest","x":"${'x'.repeat(17 * 1024 * 1024)}"}`),
    };
    const found = Object.fromEntries(Object.entries(answers).map(([name, answer]) => [name, [answer.status, answer.body.resourceType, refusalOf(answer)[0]]]));
    const malformed = [400, 'OperationOutcome', 'error input.malformed'];
    expect(found).toEqual({ cut: malformed, empty: malformed, array: malformed, other: malformed, text: malformed, nullCharacter: malformed, status: malformed, deep: malformed, time: malformed, large: [413, 'OperationOutcome', 'error input.tooLarge'] });
    expect((await facade.ask(token, 'Patient', { method: 'POST', body: '{}' })).status).toBe(404);
  });
});
