import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inflateSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CaseItem } from '#shared/domain/caseFile';
import { type CaseId, sessionIdSchema } from '#shared/domain/ids';
import { required } from '#shared/lib/assert';
import { toAppError } from '#shared/protocol/errors';
import { fhirImportResultSchema } from '#shared/protocol/cases';
import { CaseExchange } from '../../../sfu-server/cases/fhir/caseExchange.ts';
import { plainTextOf } from '../../../sfu-server/cases/noteText.ts';
import { encodePng } from '../../../sfu-server/imaging/render/png.ts';
import { seedDemo } from '../../../sfu-server/demo/seed.ts';
import { ObjectStore } from '../../../sfu-server/storage/objects.ts';
import { CaseHall } from '../../helpers/caseHall.ts';
import { openEngine, type TestEngine } from '../../helpers/engines.ts';
import { fhirProblems } from '../../helpers/fhirValidation.ts';
import { createServerParts, personId, type ServerParts } from '../../helpers/serverParts.ts';

const codeOf = (work: Promise<unknown>) => work.then(() => 'done', (error: unknown) => toAppError(error).code);

describe('case files in and out, and those of the demo', () => {
  const folder = mkdtempSync(join(tmpdir(), 'huizhen-objects-'));
  let engine: TestEngine;
  let parts: ServerParts;
  let objects: ObjectStore;
  let exchange: CaseExchange;

  beforeAll(async () => {
    engine = await openEngine('PGlite');
    objects = await ObjectStore.open(folder);
  });
  afterAll(async () => {
    await engine.close();
    rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
  });
  beforeEach(async () => {
    await engine.reset();
    parts = createServerParts(engine.database);
    exchange = new CaseExchange({ ...parts, objects });
  });

  const seed = () => seedDemo({ ...parts, cases: { ...parts, objects }, password: 'Pruefung-2026-lang', cartKeys: [] });
  const demoIdentity = async (name: string) => ({ sessionId: sessionIdSchema.parse(`session-${name}`), party: required(await parts.people.party(personId(`demo-${name}`)), name) });
  const itemsOf = async (who: string, caseId: CaseId) => (await parts.caseFiles.changes(await demoIdentity(who), caseId, 0, 500)).items;
  const comparable = (items: readonly CaseItem[]) =>
    items.map(({ id, content, text }) => ({ id, content, text: text === null ? '' : plainTextOf(Buffer.from(text, 'base64')) })).sort((a, b) => (a.id < b.id ? -1 : 1));

  it('[DEM1] seeds a whole case for each demo consult, once', async () => {
    await seed();
    const listed = await parts.caseFiles.list((await demoIdentity('scheduler')).party, []);
    expect(listed.map((summary) => summary.patientName).sort()).toEqual(['刘桂芳', '王秀兰', '赵立', '陈建国']);
    for (const { id, attachmentBytes } of listed) {
      expect(attachmentBytes).toBeGreaterThan(1000);
      const kinds = new Map<string, number>();
      for (const { content } of await itemsOf('scheduler', id)) kinds.set(content.kind, (kinds.get(content.kind) ?? 0) + 1);
      expect([...kinds.keys()].sort()).toEqual(['document', 'examination', 'history', 'imaging', 'lab', 'note', 'opinion', 'patient', 'request', 'vitals']);
      expect([kinds.get('vitals'), (kinds.get('lab') ?? 0) % 4]).toEqual([18, 0]);
    }
    const revisions = listed.map(({ id, revision }) => `${id} ${revision}`).sort();
    await seed();
    expect((await parts.caseFiles.list((await demoIdentity('scheduler')).party, [])).map(({ id, revision }) => `${id} ${revision}`).sort()).toEqual(revisions);
  });

  it('the demo’s photographs are pictures', () => {
    const png = encodePng(2, 1, (x) => [x * 255, 7, 9]);
    expect(png.subarray(0, 8).toString('hex')).toBe('89504e470d0a1a0a');
    const at = png.indexOf('IDAT');
    expect([...inflateSync(png.subarray(at + 4, png.indexOf('IEND') - 8))]).toEqual([0, 0, 7, 9, 255, 7, 9]);
  });

  it('[ACC6] every demo case is valid FHIR and comes back whole into a new case, with its pictures; both are audited', async () => {
    await seed();
    const requester = await demoIdentity('requester');
    for (const { id } of await parts.caseFiles.list(requester.party, [])) {
      const bundle = await exchange.export(requester, id);
      expect(fhirProblems(bundle)).toEqual([]);
      const result = fhirImportResultSchema.parse(await exchange.import(requester, JSON.parse(JSON.stringify(bundle))));
      expect(result.left).toEqual([]);
      expect(result.imported.find(({ kind }) => kind === 'patient')).toEqual({ kind: 'patient', count: 1 });
      const [before, after] = [await itemsOf('requester', id), await itemsOf('requester', result.caseId)];
      expect(comparable(after)).toEqual(comparable(before));
      const [was, is] = await parts.access.among(requester.party, parts.clock.wallMs(), [id, result.caseId]);
      expect(is?.attachmentBytes).toBe(was?.attachmentBytes);
      expect((await parts.audit.list({ beforeSequence: null, limit: 10, outcome: 'done' }, null)).map((entry) => `${entry.action} ${entry.subject}`)).toEqual(expect.arrayContaining([`case.export ${id}`, `case.import ${result.caseId}`]));
      expect((await parts.caseFiles.submit(requester, result.caseId, [{ id: 'c1' as never, caseId: result.caseId, madeAtMs: 1, operation: { type: 'setFields', itemId: 'patient' as never, baseRevision: after.length, fields: { phone: '1' } } }]))[0]).toMatchObject({ status: 'held' });
    }
  });

  it('leaves a picture that the asker may not read, and takes one that comes with its bytes', async () => {
    const hall = await CaseHall.open(parts);
    const caseId = await hall.consult('one');
    const bytes = Buffer.from('a picture');
    const hash = createHash('sha256').update(bytes).digest('hex');
    await objects.put(hash, bytes);
    await parts.attachments.begin(caseId, hash, bytes.byteLength, 'image/png', 1);
    await parts.attachments.hold(caseId, hash, 1);
    const document = (attachment: object) => ({ resourceType: 'Bundle', entry: [{ resource: { resourceType: 'Patient', name: [{ text: '某' }] } }, { resource: { resourceType: 'DocumentReference', status: 'current', content: [{ attachment }] } }] });
    const byHash = document({ contentType: 'image/png', size: bytes.byteLength, extension: [{ url: 'urn:huizhen:fhir:sha256', valueString: hash }] });
    expect((await exchange.import(hall.as('doctor'), byHash)).left).toEqual([]);
    expect((await exchange.import(hall.as('stranger'), byHash)).left).toEqual([{ resourceType: 'DocumentReference', reason: 'noAttachment', detail: null }]);
    const inline = await exchange.import(hall.as('stranger'), document({ contentType: 'text/plain; charset=utf-8', data: Buffer.from('出院小结').toString('base64'), title: '小结.txt' }));
    expect((await parts.caseFiles.changes(hall.as('stranger'), inline.caseId, 0, 10)).items.at(-1)?.content.body).toMatchObject({ category: 'other', attachment: { mediaType: 'text/plain', sizeBytes: 12, fileName: '小结.txt' } });
  });

  it('[ACC4] exports nothing of a case that is not for the reader', async () => {
    const hall = await CaseHall.open(parts);
    const caseId = await hall.consult('one');
    expect(await codeOf(exchange.export(hall.as('stranger'), caseId))).toBe('record.notFound');
    expect(await codeOf(exchange.import(hall.as('doctor'), { resourceType: 'Patient' }))).toBe('input.malformed');
  });
});
