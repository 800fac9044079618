import type { Bundle, CapabilityStatement, OperationOutcome, Resource } from '@medplum/fhirtypes';
import type { Client } from 'fhir-kit-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hospitalSystemIdSchema, organisationIdSchema } from '#shared/domain/ids';
import { FACADE_TYPES, TYPES } from '../../../sfu-server/facade/parameters.ts';
import { FacadeHall, resourcesIn } from '../../helpers/facade/facadeHall.ts';
import { orderOf } from '../../helpers/facade/orders.ts';
import { fhirProblems } from '../../helpers/fhirValidation.ts';

const DAY_MS = 86_400_000;

describe.each(['PGlite', 'PostgreSQL'] as const)('hospital systems read and search, on %s', (engine) => {
  let facade: FacadeHall;
  let client: Client;
  let token = '';

  beforeAll(async () => {
    facade = await FacadeHall.open(engine);
    ({ client, token } = await facade.register('demo-county'));
  });
  afterAll(() => facade.close());

  const find = async (path: string) => resourcesIn((await facade.ask(token, path)).body);
  const ids = async (path: string) => (await find(path)).map(({ id }) => id);
  /** A value that each parameter understands. */
  const fitting = (type: string, name: string): string => {
    const parameter = TYPES[type as (typeof FACADE_TYPES)[number]].parameters[name]; // a name of the statement, which the test compares with the table
    if (parameter?.type === 'date') return 'ge2020-01-01';
    return parameter?.type === 'token' && parameter.codes !== null ? ([...parameter.codes.keys()][0] ?? '') : 'demo-expert';
  };

  it('[FHR3] the CapabilityStatement needs no token, and lists exactly what is answered', async () => {
    const { status, body } = await facade.ask(null, 'metadata');
    expect([status, fhirProblems(body as Resource)]).toEqual([200, []]);
    const [rest] = (body as CapabilityStatement).rest ?? [];
    const listed = (rest?.resource ?? []).filter(({ type }) => type !== 'Binary');
    expect(listed.map(({ type }) => type)).toEqual(['ServiceRequest', 'Appointment', 'Slot', 'Schedule', 'Practitioner', 'PractitionerRole', 'Organization', 'Patient', 'Encounter', 'DiagnosticReport', 'Composition', 'Consent', 'AuditEvent']);
    const strict = { headers: { prefer: 'handling=strict' } };
    for (const { type = '', searchParam } of listed) {
      const also = type === 'Slot' ? 'schedule=Schedule/demo-expert&' : '';
      for (const { name = '' } of searchParam ?? []) {
        const answer = await facade.ask(token, `${type}?${also}${name}=${fitting(type, name)}`, strict);
        expect([`${type}?${name}`, answer.status, answer.body.type]).toEqual([`${type}?${name}`, 200, 'searchset']);
        expect(answer.body.link?.[0]?.url).toContain(`${encodeURIComponent(name)}=`);
      }
      const unknown = await facade.ask(token, `${type}?${also}nonsense=1`, strict);
      expect([type, unknown.status, unknown.body.issue?.[0]?.diagnostics]).toEqual([type, 400, `nonsense: not a search parameter of ${type}`]);
      const left = await facade.ask(token, `${type}?${also}nonsense=1`);
      expect([type, left.status, left.body.link?.[0]?.url.includes('nonsense')]).toEqual([type, 200, false]);
    }
    for (const type of ['Observation', 'Patients', '__proto__', 'constructor']) expect([type, (await facade.ask(token, type)).status]).toEqual([type, 404]);
  });

  it('every type gives resources that pass the validator, and the same one by one', async () => {
    for (const type of FACADE_TYPES) {
      const found = await find(type === 'Slot' ? 'Slot?schedule=Schedule/demo-expert&start=2026-11-23' : type);
      if (!['Appointment', 'DiagnosticReport', 'Composition', 'Consent'].includes(type)) expect([type, found.length > 0]).toEqual([type, true]);
      for (const resource of found.slice(0, 3)) expect(await client.read({ resourceType: type, id: resource.id ?? '' })).toEqual(resource);
    }
    expect((await facade.ask(token, 'Patient/nobody')).status).toBe(404);
    expect((await facade.ask(token, 'Patient/a%20b')).status).toBe(404);
  });

  it('[FHR5] the directory is the tree’s experts and schedulers, and the own hospital’s people', async () => {
    const people = await ids('Practitioner?_count=100');
    expect(people).toEqual(expect.arrayContaining(['demo-expert', 'demo-scheduler', 'demo-requester', 'demo-nurse', 'demo-approver']));
    expect(people).not.toContain('demo-observer');
    const [city, province] = [await facade.register('demo-city'), await facade.register('demo-province')];
    // Not even of the own hospital: who watches, looks at logs or runs machines takes no part.
    for (const [own, hidden] of [[city, 'demo-observer'], [province, 'demo-auditor'], [province, 'demo-admin']] as const) expect([hidden, (await facade.ask(own.token, `Practitioner/${hidden}`)).status]).toEqual([hidden, 404]);
    expect((await facade.ask(city.token, 'Practitioner/demo-requester')).status).toBe(404);
    expect(JSON.stringify(await find('Practitioner?_count=100'))).not.toMatch(/password|sign|email/i);
    expect(await ids('Organization?partof=Organization/demo-province')).toEqual(['demo-city']);
    expect(await ids('Organization?name=qinghe')).toEqual(['demo-county']);
    expect(await ids('Practitioner?name=林')).toEqual(['demo-expert']);
    expect(await ids('Practitioner?name=Shuyuan')).toEqual([]);
    expect(await ids('Practitioner?name:contains=SHUYUAN')).toEqual(['demo-expert']);
    expect(await ids('Practitioner?name:contains=%25')).toEqual([]);
    expect(await ids('Practitioner?identifier=urn:huizhen:fhir:party-id|demo-expert,demo-expert2&_sort=_id')).toEqual(['demo-expert', 'demo-expert2']);
    expect(await ids('Practitioner?identifier=urn:other|demo-expert')).toEqual([]);
    expect(await ids('PractitionerRole?organization=Organization/demo-county&practitioner=Practitioner/demo-requester')).toEqual(['demo-requester']);
    expect(await ids('Schedule?actor=Practitioner/demo-expert2')).toEqual(['demo-expert2']);
    expect(await ids('Schedule?actor=Practitioner/demo-nurse')).toEqual([]);
  });

  it('[FHR3] slots: free half hours within working hours, for so many calendars and so long a time only', async () => {
    const slots = await find('Slot?schedule=Schedule/demo-expert3&start=2027-03-01&status=free&_count=100');
    expect(slots.length).toBeGreaterThan(0);
    for (const slot of slots) expect(slot).toMatchObject({ status: 'free', schedule: { reference: 'Schedule/demo-expert3' } });
    const monday = slots.map((slot) => ('start' in slot ? Date.parse(String(slot.start)) : 0));
    expect([Math.min(...monday) >= Date.parse('2027-03-01T00:00:00+08:00'), Math.max(...monday) < Date.parse('2027-03-02T00:00:00+08:00')]).toEqual([true, true]);
    for (const wrong of ['Slot', 'Slot?schedule=Schedule/demo-expert&start=ge2026-01-01&start=lt2026-03-01', `Slot?schedule=${Array.from({ length: 11 }, (_, index) => `Schedule/e-${index}`).join()}`]) expect([wrong.slice(0, 60), [400, 413].includes((await facade.ask(token, wrong)).status)]).toEqual([wrong.slice(0, 60), true]);
    expect(await ids('Slot?schedule=Schedule/demo-nurse&start=2027-03-01')).toEqual([]);
  });

  it('[FHR3] dates by their precision and zone, refused when they are none', async () => {
    const { body } = await facade.ask(token, 'ServiceRequest', { method: 'POST', body: JSON.stringify(orderOf('S-1')) });
    const authored = body.authoredOn ?? '';
    const atMs = Date.parse(authored);
    const local = new Date(atMs + 8 * 3_600_000).toISOString();
    const has = async (value: string) => (await ids(`ServiceRequest?_id=${body.id}&authored=${encodeURIComponent(value)}`)).length === 1;
    const expected: Readonly<Record<string, boolean>> = {
      [local.slice(0, 4)]: true, [local.slice(0, 7)]: true, [local.slice(0, 10)]: true, [`ne${local.slice(0, 10)}`]: false, [local.slice(0, 16)]: true, [`${local.slice(0, 16)}+08:00`]: true, [`${authored.slice(0, 16)}Z`]: true, [authored]: true,
      [`lt${authored}`]: false, [`le${authored}`]: true, [`gt${authored}`]: false, [`ge${authored}`]: true, [`gt${new Date(atMs - DAY_MS).toISOString()}`]: true, [`ge${new Date(atMs + 1).toISOString()}`]: false, 'lt2020': false,
    };
    for (const [value, isThere] of Object.entries(expected)) expect([value, await has(value)]).toEqual([value, isThere]);
    for (const wrong of ['yesterday', 'sa2026-01-01', '2026-02-30', '2026-13', 'ge2026-01-01T25:00Z']) expect([wrong, (await facade.ask(token, `ServiceRequest?authored=${wrong}`)).status]).toEqual([wrong, 400]);
    for (const wrong of ['_count=-1', '_count=x', '_sort=status', '_sort=constructor', 'status=nonsense', 'status:not=active', 'patient=a%20b', 'patient:missing=true', 'patient:not=a', 'requester:Patient=a', '_cursor=x', '_cursor=WzEsMl0', `_cursor=${Buffer.from('[1.5,"a"]').toString('base64url')}`, `_cursor=${Buffer.from('[1,"a\\u0000"]').toString('base64url')}`, 'identifier=a%00b']) expect([wrong, (await facade.ask(token, `ServiceRequest?${wrong}`)).status]).toEqual([wrong, 400]);
  });

  it.each(['', '&_sort=authored', '&_sort=-authored', '&_sort=_lastUpdated'])('[FHR4] a walk by pages%s misses nothing and repeats nothing while orders come in', async (sort) => {
    let number = 0;
    const add = async () => {
      const { status } = await facade.ask(token, 'ServiceRequest', { method: 'POST', body: JSON.stringify(orderOf(`W${sort}-${(number += 1)}`, { status: 'draft' }, ['Consent', 'Observation'])) });
      expect(status).toBe(201);
    };
    for (let index = 0; index < 4; index += 1) await add();
    const before = await ids('ServiceRequest?_count=100');
    const seen: string[] = [];
    let bundle = (await facade.ask(token, `ServiceRequest?_count=3${sort}`)).body as Bundle;
    for (let pages = 1; ; pages += 1) {
      seen.push(...resourcesIn(bundle).map(({ id }) => id ?? ''));
      if (!bundle.link?.some(({ relation }) => relation === 'next')) break;
      if (pages <= 3) await add();
      bundle = (await client.nextPage({ bundle: bundle as never })) as unknown as Bundle; // the validator looks at it
    }
    expect(seen.length).toBe(new Set(seen).size);
    expect(before.filter((id) => !seen.includes(id ?? ''))).toEqual([]);
  });

  it('[FHR12] a search by a form finds what the same by address finds, and its pages follow', async () => {
    const byForm = (await client.search({ resourceType: 'Practitioner', searchParams: { _count: '3', active: 'true' }, options: { postSearch: true } })) as unknown as Bundle; // the validator looks at it
    const byAddress = (await client.search({ resourceType: 'Practitioner', searchParams: { _count: '3', active: 'true' } })) as unknown as Bundle; // as above
    expect([byForm.entry, byForm.link]).toEqual([byAddress.entry, byAddress.link]);
    expect(resourcesIn(byForm)).toHaveLength(3);
    const next = (await client.nextPage({ bundle: byForm as never })) as unknown as Bundle; // as above
    expect(resourcesIn(next).map(({ id }) => id)).not.toContain(byForm.entry?.[0]?.resource?.id);
    const form = (path: string, body: string, type = 'application/x-www-form-urlencoded') => facade.ask(token, path, { method: 'POST', body, headers: { 'content-type': type } });
    expect(resourcesIn((await form('Organization/_search?partof=Organization/demo-province', '_id=demo-city')).body).map(({ id }) => id)).toEqual(['demo-city']);
    expect(resourcesIn((await form('Organization/_search', '_id=nobody')).body)).toEqual([]);
    const asked = { unknown: await form('Organization/_search', '_id=%00'), json: await form('Organization/_search', '{}', 'application/json'), large: await form('Organization/_search', `_id=${'x'.repeat(9000)}`), type: await form('Observation/_search', ''), noType: await form('_search', '') };
    expect(Object.entries(asked).map(([name, { status, body }]) => [name, status, body.resourceType])).toEqual([['unknown', 400, 'OperationOutcome'], ['json', 400, 'OperationOutcome'], ['large', 413, 'OperationOutcome'], ['type', 404, 'OperationOutcome'], ['noType', 404, 'OperationOutcome']]);
    const writer = await facade.register('demo-county', ['serviceRequest.create']);
    await expect(writer.client.search({ resourceType: 'Patient', searchParams: {}, options: { postSearch: true } })).rejects.toMatchObject({ response: { status: 403 } });
  });

  it('[FHR12] the CapabilityStatement lists what may come along, and every one of it is answered', async () => {
    const statement = (await client.capabilityStatement()) as unknown as CapabilityStatement; // the validator looks at it
    expect(fhirProblems(statement)).toEqual([]);
    const includes = new Map((statement.rest?.[0]?.resource ?? []).map(({ type, searchInclude }) => [type ?? '', searchInclude ?? []]));
    expect(includes.get('Appointment')).toEqual(['*', 'Appointment:patient', 'Appointment:practitioner', 'Appointment:actor', 'Appointment:based-on']);
    expect(includes.get('ServiceRequest')).toEqual(['*', 'ServiceRequest:patient', 'ServiceRequest:subject', 'ServiceRequest:requester', 'ServiceRequest:performer']);
    for (const [type, names] of includes) for (const name of names) expect([name, (await facade.ask(token, `${type}?${type === 'Slot' ? 'schedule=Schedule/demo-expert&' : ''}_include=${name}`)).status]).toEqual([name, 200]);
  });

  it('[FHR13] who accepts no JSON is answered with 406, in JSON', async () => {
    const statusOf = async (path: string, headers: Readonly<Record<string, string>> = {}, by: string | null = token) => {
      const { status, body } = await facade.ask(by, path, { headers });
      if (status !== 200) expect([body.issue?.[0]?.details?.coding?.[0]?.code, fhirProblems(body as OperationOutcome)]).toEqual(['input.notAcceptable', []]);
      return status;
    };
    for (const accept of ['application/fhir+xml', 'text/html', 'application/pdf', 'application/fhir+json;q=0', 'application/fhir+json; fhirVersion=3.0', 'image/*, text/csv']) {
      for (const path of ['Organization', 'Organization/demo-city', 'Binary/x.zh'].slice(0, accept === 'application/pdf' ? 2 : 3)) expect([accept, path, await statusOf(path, { accept })]).toEqual([accept, path, 406]);
      expect([accept, await statusOf('metadata', { accept }, null)]).toEqual([accept, 406]);
    }
    for (const accept of ['application/fhir+json', 'application/json', 'application/fhir+json;fhirVersion=4.0', 'text/html, application/xml;q=0.9, */*;q=0.8', 'application/*', 'Application/JSON']) expect([accept, await statusOf('Organization', { accept })]).toEqual([accept, 200]);
    // What is asked for by `_format` counts before the header.
    for (const [format, status] of [['json', 200], ['application/fhir+json', 200], ['application%2Ffhir%2Bjson', 200], ['xml', 406], ['application/fhir+xml', 406]] as const) expect([format, await statusOf(`Organization?_format=${format}`, { accept: status === 200 ? 'text/html' : 'application/json' })]).toEqual([format, status]);
    const posted = await facade.ask(token, 'Organization/_search', { method: 'POST', body: '_format=xml', headers: { 'content-type': 'application/x-www-form-urlencoded' } });
    expect(posted.status).toBe(406);
  });

  it('[FHR6] what a system looks at is in the log under its id, and each case it was shown', async () => {
    const fresh = await facade.register('demo-county', ['read']);
    const { body } = await facade.ask(fresh.token, 'Patient?_count=2');
    const shown = resourcesIn(body).map(({ id }) => id);
    await facade.ask(fresh.token, `Patient/${shown[0]}`);
    await facade.ask(fresh.token, 'Patient/nobody');
    const log = resourcesIn((await facade.ask(fresh.token, `AuditEvent?agent=Device/${fresh.systemId}&_count=100`)).body) as (Resource & { type?: { code?: string }; entity?: { name?: string }[]; outcome?: string })[];
    const said = log.map(({ type, entity, outcome }) => `${type?.code} ${entity?.[0]?.name} ${outcome}`);
    expect(said).toEqual(['fhir.search Patient 0', ...shown.map((id) => `fhir.case ${id} 0`), `fhir.read Patient/${shown[0]} 0`, 'fhir.read Patient/nobody 4']);
  });

  it('[FHR1][FHR2][FHR5] without a token, with a wrong one, a revoked one, one of another scope: refused, and said how', async () => {
    const codeOf = async (by: string | null, path = 'Patient', options = {}) => {
      const { status, body } = await facade.ask(by, path, options);
      return [status, body.resourceType, body.issue?.[0]?.details?.coding?.[0]?.code];
    };
    expect(await codeOf(null)).toEqual([401, 'OperationOutcome', 'auth.required']);
    expect(await codeOf('x'.repeat(43))).toEqual([401, 'OperationOutcome', 'auth.badCredentials']);
    expect(await codeOf(await facade.hall.token('requester'))).toEqual([401, 'OperationOutcome', 'auth.badCredentials']);
    expect((await facade.ask(null, 'Patient')).headers.get('www-authenticate')).toContain('Bearer');
    const reader = await facade.register('demo-county', ['read']);
    const writer = await facade.register('demo-county', ['serviceRequest.create']);
    const order = { method: 'POST', body: JSON.stringify(orderOf('T-1')) };
    expect(await codeOf(reader.token, 'ServiceRequest', order)).toEqual([403, 'OperationOutcome', 'auth.forbidden']);
    expect(await codeOf(writer.token)).toEqual([403, 'OperationOutcome', 'auth.forbidden']);
    expect((await facade.ask(writer.token, 'ServiceRequest', order)).status).toBe(201);

    const admin = await facade.hall.connect('admin');
    const listed = (await admin.request('admin.systems', {})).systems.find(({ id }) => id === reader.systemId);
    expect(listed).toMatchObject({ scopes: ['read'], organisationId: 'demo-county', revokedAtMs: null });
    expect(listed?.lastUsedAtMs).not.toBeNull();
    expect(JSON.stringify(await admin.request('admin.systems', {}))).not.toContain(reader.token);
    await admin.request('admin.revokeSystem', { systemId: reader.systemId });
    expect(await codeOf(reader.token)).toEqual([401, 'OperationOutcome', 'auth.sessionEnded']);
    expect(await admin.codeOf('admin.revokeSystem', { systemId: hospitalSystemIdSchema.parse('nobody') })).toBe('record.notFound');
    expect(await (await facade.hall.connect('scheduler')).codeOf('admin.createSystem', { organisationId: organisationIdSchema.parse('demo-county'), name: 'x', scopes: ['read'], validDays: 1 })).toBe('auth.forbidden');
    expect(await admin.codeOf('admin.createSystem', { organisationId: organisationIdSchema.parse('elsewhere'), name: 'x', scopes: ['read'], validDays: 1 })).toBe('auth.forbidden');
  });

  it('[FHR9] too many orders within a minute are put off, and say until when', async () => {
    const busy = await facade.register('demo-county');
    let last = await facade.ask(busy.token, 'ServiceRequest', { method: 'POST', body: '{}' });
    for (let index = 0; index < 60; index += 1) last = await facade.ask(busy.token, 'ServiceRequest', { method: 'POST', body: '{}' });
    expect([last.status, last.body.issue?.[0]?.code, Number(last.headers.get('retry-after')) > 0]).toEqual([429, 'throttled', true]);
    expect((await facade.ask(busy.token, 'Organization')).status).toBe(200);
    expect((await facade.ask(token, 'Organization')).status).toBe(200);
  });

  it('[FHR1] a token ends when it was said to', async () => {
    const brief = await facade.register('demo-county', ['read'], 1);
    facade.server.clock.skip(DAY_MS - 60_000);
    expect((await facade.ask(brief.token, 'Organization')).status).toBe(200);
    facade.server.clock.skip(60_000);
    const { status, body } = await facade.ask(brief.token, 'Organization');
    expect([status, body.issue?.[0]?.code]).toEqual([401, 'expired']);
    expect((await facade.ask(token, 'Organization')).status).toBe(200);
  });
});
