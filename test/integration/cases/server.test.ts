import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type CaseId, caseIdSchema, deviceIdSchema } from '#shared/domain/ids';
import { required } from '#shared/lib/assert';
import { FHIR_ROUTES, fhirImportResultSchema } from '#shared/protocol/cases';
import { changeOf, contentOf, create } from '../../helpers/caseHall.ts';
import { ConsultHall } from '../../helpers/consultHall.ts';
import { TestServer } from '../../helpers/testServer.ts';

describe('case files over the wire', () => {
  let server: TestServer;
  let hall: ConsultHall;
  let caseId: CaseId;

  beforeAll(async () => {
    server = await TestServer.start();
    hall = new ConsultHall(server);
    caseId = caseIdSchema.parse(server.liveConsultId);
  });
  afterEach(() => hall.close());
  afterAll(() => server.stop());

  it('a change by one is told to all who may read, and they find it', async () => {
    const [nurse, expert, admin] = [await hall.connect('nurse'), await hall.connect('expert'), await hall.connect('admin')];
    const before = (await expert.request('case.list', { deviceId: deviceIdSchema.parse('machine-1'), client: 'test', cached: [] })).cases.find(({ id }) => id === caseId);
    const { receipts } = await nurse.request('case.submit', { caseId, changes: [changeOf(caseId, create('wire-1', contentOf('vitals')))] });
    const { revision } = await expert.next('case.changed', (told) => told.caseId === caseId);
    expect(receipts).toMatchObject([{ status: 'held', revision }]);
    expect((await expert.request('case.changes', { caseId, sinceRevision: required(before, 'the live case').revision, limit: 10 })).items.map(({ id }) => id)).toEqual(['wire-1']);
    await admin.request('network.ping', {});
    expect(admin.heard.map(({ name }) => name)).not.toContain('case.changed');
  });

  it('a machine that is told to wipe hears it at once', async () => {
    const [expert, admin] = [await hall.connect('expert'), await hall.connect('admin')];
    const deviceId = deviceIdSchema.parse('machine-2');
    const list = () => expert.request('case.list', { deviceId, client: 'test', cached: [] });
    expect((await list()).mustWipe).toBe(false);
    await admin.request('admin.wipeDevice', { deviceId });
    expect(await expert.next('case.wipeAsked')).toEqual({ deviceId });
    expect((await list()).mustWipe).toBe(true);
    await expert.request('case.reportWiped', { deviceId });
    expect((await admin.request('admin.caseDevices', {})).devices.find((device) => device.deviceId === deviceId)?.wipe).toMatchObject({ state: 'done' });
  });

  it('[ACC4] a case that is not for the asker is refused and audited by its id', async () => {
    const approver = await hall.connect('expert');
    expect(await approver.codeOf('case.changes', { caseId: caseIdSchema.parse('no-such-case'), sinceRevision: 0, limit: 1 })).toBe('record.notFound');
    const auditor = await hall.connect('auditor');
    await expect.poll(async () => (await auditor.request('admin.audit', { beforeSequence: null, limit: 20, outcome: 'refused' })).entries.map(({ action, subject, code }) => `${action} ${subject} ${code}`), { interval: 5 }).toContain('case.changes no-such-case record.notFound');
  });

  it('goes out as FHIR and comes in again, for those who may', async () => {
    const ask = async (name: string, path: string, body?: unknown) =>
      fetch(`${server.url}${path}`, { method: body === undefined ? 'GET' : 'POST', headers: { authorization: `Bearer ${await hall.token(name)}`, ...(body === undefined ? {} : { 'content-type': 'application/fhir+json' }) }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    const response = await ask('requester', FHIR_ROUTES.exportCase(caseId));
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/fhir+json; charset=utf-8']);
    const bundle: unknown = await response.json();
    const imported = fhirImportResultSchema.parse(await (await ask('requester', FHIR_ROUTES.importCase, bundle)).json());
    expect(imported).toMatchObject({ left: [] });
    expect((await ask('expert', FHIR_ROUTES.importCase, bundle)).status).toBe(403);
    expect((await ask('expert', FHIR_ROUTES.exportCase(imported.caseId))).status).toBe(404);
    expect((await ask('scheduler', FHIR_ROUTES.importCase, { resourceType: 'Patient' })).status).toBe(400);
    expect((await fetch(`${server.url}${FHIR_ROUTES.importCase}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{' })).status).toBe(401);
  });
});
