import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { CaseId } from '#shared/domain/ids';
import { required } from '#shared/lib/assert';
import { AppError, toAppError } from '#shared/protocol/errors';
import { ATTACHMENT_ROUTES, MAX_UPLOAD_PART_BYTES } from '#shared/protocol/cases';
import { Downloads } from '../../../sfu-server/cases/downloads.ts';
import { Uploads } from '../../../sfu-server/cases/uploads.ts';
import { createHttpServer, type HttpServerOptions, type HuizhenHttpServer } from '../../../sfu-server/http/createHttpServer.ts';
import { parseRange } from '../../../sfu-server/http/byteRange.ts';
import { createLog } from '../../../sfu-server/observability/log.ts';
import { createMetrics } from '../../../sfu-server/observability/metrics.ts';
import { createAttachments } from '../../../sfu-server/storage/attachments.ts';
import { type Disk, ObjectStore, REAL_DISK } from '../../../sfu-server/storage/objects.ts';
import { aCase, CaseHall, contentOf, create } from '../../helpers/caseHall.ts';
import { onEachEngine } from '../../helpers/onEachEngine.ts';
import { createServerParts, type ServerParts } from '../../helpers/serverParts.ts';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const bytesOf = (length: number, seed = 1) => Buffer.from(Uint8Array.from({ length }, (_, index) => (index * 31 + seed * 17 + (index >> 8)) % 256));

/** A disk with so many bytes left. */
class SmallDisk implements Disk {
  leftBytes = Number.POSITIVE_INFINITY;
  isSaidFull = false;

  async freeBytes(): Promise<number> {
    return this.isSaidFull ? 0 : Number.MAX_SAFE_INTEGER;
  }

  async write(...[file, bytes, position]: Parameters<Disk['write']>): Promise<void> {
    const fits = bytes.subarray(0, Math.min(bytes.byteLength, this.leftBytes));
    await REAL_DISK.write(file, fits, position);
    this.leftBytes -= fits.byteLength;
    if (fits.byteLength < bytes.byteLength) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
  }
}

onEachEngine('attachments', (engine) => {
  let parts: ServerParts;
  let hall: CaseHall;
  let caseId: CaseId;
  let folder: string;
  let disk: SmallDisk;
  let objects: ObjectStore;
  let uploads: Uploads;
  let server: HuizhenHttpServer;
  let url: string;

  beforeEach(async () => {
    parts = createServerParts(engine.database);
    hall = await CaseHall.open(parts);
    caseId = await hall.consult('one', ['expert']);
    folder = mkdtempSync(join(tmpdir(), 'huizhen-objects-'));
    disk = new SmallDisk();
    await start();
  });
  afterEach(async () => {
    await server.close();
    rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
  });

  /** A token is the name of who asks. */
  const asNamed = async (token: string) => hall.as(token);
  const start = async () => {
    objects = await ObjectStore.open(folder, disk);
    const attachments = createAttachments(engine.database.db);
    uploads = new Uploads({ attachments, objects, clock: parts.clock });
    server = await createHttpServer({
      config: { host: '127.0.0.1', port: 0, allowedOrigins: [], trustProxy: false, metricsToken: null, authRequestsPerMinute: 1000 },
      tls: null,
      signIn: {} as HttpServerOptions['signIn'], // not asked here
      cartSignIn: {} as HttpServerOptions['cartSignIn'], // as above
      firstSetUp: {} as HttpServerOptions['firstSetUp'], // as above
      cases: { authenticate: asNamed, caseFiles: parts.caseFiles, uploads, downloads: new Downloads({ authenticate: asNamed, caseFiles: parts.caseFiles, attachments, clock: parts.clock }), objects, exchange: {} as HttpServerOptions['cases']['exchange'] },
      calendars: {} as HttpServerOptions['calendars'], // not asked here
      opinions: {} as HttpServerOptions['opinions'], // as above
      facade: {} as HttpServerOptions['facade'], // as above
      invitations: {} as HttpServerOptions['invitations'], // as above
      imaging: {} as HttpServerOptions['imaging'], // as above
      clientFolder: null,
      isReady: async () => true,
      metrics: createMetrics(false),
      log: createLog('silent'),
    });
    url = await server.listen();
  };
  const ask = (who: string | null, method: string, path: string, body?: Uint8Array | object, headers: Record<string, string> = {}) =>
    fetch(`${url}${path}`, {
      method,
      headers: { ...(who === null ? {} : { authorization: `Bearer ${who}` }), ...(body === undefined ? {} : { 'content-type': body instanceof Uint8Array ? 'application/octet-stream' : 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: body instanceof Uint8Array ? Uint8Array.from(body) : JSON.stringify(body) }),
    });
  const outcome = async (response: Response) => {
    const answer = (await response.json()) as { offset?: number; code?: string }; // an offset or a WireError
    return `${response.status} ${answer.offset ?? answer.code}`;
  };
  const path = (hash: string, id = caseId) => ATTACHMENT_ROUTES.upload(id, hash);
  const begin = async (who: string, bytes: Uint8Array, id = caseId) => outcome(await ask(who, 'POST', path(sha256(bytes), id), { sizeBytes: bytes.byteLength, mediaType: 'image/png' }));
  const append = async (who: string, hash: string, offset: number, part: Uint8Array) => outcome(await ask(who, 'PATCH', path(hash), part, { 'upload-offset': String(offset) }));
  const upload = async (bytes: Uint8Array, id = caseId) => {
    await begin('nurse', bytes, id);
    expect(await outcome(await ask('nurse', 'PATCH', path(sha256(bytes), id), bytes, { 'upload-offset': '0' }))).toBe(`200 ${bytes.byteLength}`);
  };
  const files = () => readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => entry.name);

  it('[ATT1] are kept under their hash, and then an item may point at them', async () => {
    const bytes = bytesOf(5000);
    const attachment = { hash: sha256(bytes), sizeBytes: 5000, mediaType: 'image/png', fileName: 'a.png' };
    expect(await hall.submit('nurse', caseId, create('d1', contentOf('document', { attachment })))).toMatchObject([{ status: 'refused', code: 'record.attachmentMissing' }]);
    await upload(bytes);
    expect(files()).toEqual([sha256(bytes)]);
    expect(await hall.submit('nurse', caseId, create('d2', contentOf('document', { attachment: { ...attachment, sizeBytes: 4999 } })), create('d3', contentOf('document', { attachment })))).toMatchObject([{ code: 'record.attachmentMissing' }, { status: 'held' }]);
    expect((await hall.read('doctor', caseId)).summary.attachmentBytes).toBe(5000);
  });

  it('[ATT1] are thrown away when the bytes do not give the hash, and may be sent anew', async () => {
    const bytes = bytesOf(3000);
    await begin('nurse', bytes);
    expect(await append('nurse', sha256(bytes), 0, bytes.with(7, 1) as Buffer)).toBe('422 record.hashMismatch');
    expect(files()).toEqual([]);
    expect(await begin('nurse', bytes)).toBe('200 0');
    await upload(bytes);
  });

  it('[ATT1] are each case’s own: knowing a hash gives nothing of another case', async () => {
    const bytes = bytesOf(2000);
    await upload(bytes);
    const other = await hall.consult('two');
    expect(await begin('nurse', bytes, other)).toBe('200 0');
    expect((await ask('nurse', 'GET', ATTACHMENT_ROUTES.content(other, sha256(bytes)))).status).toBe(404);
    await upload(bytes, other);
    expect(files()).toEqual([sha256(bytes)]);
  });

  it('[ATT2] go on from where they stopped, also in another server, and are told the right offset', async () => {
    const bytes = bytesOf(10_000);
    const hash = sha256(bytes);
    expect(await append('nurse', hash, 0, bytes)).toBe('404 record.notFound');
    expect(await begin('nurse', bytes)).toBe('200 0');
    expect(await append('nurse', hash, 0, bytes.subarray(0, 4000))).toBe('200 4000');
    for (const wrong of [0, 3999, 4001, 10_000]) expect(await append('doctor', hash, wrong, bytes.subarray(0, 100))).toBe('200 4000');
    await server.close();
    await start();
    expect(await begin('doctor', bytes)).toBe('200 4000');
    expect(await append('doctor', hash, 4000, bytes.subarray(4000))).toBe('200 10000');
    expect(await begin('nurse', bytes)).toBe('200 10000');
    expect(await append('nurse', hash, 4000, bytes.subarray(4000))).toBe('200 10000');
  });

  it('[ATT2] keep what came of a part that broke off', async () => {
    const bytes = bytesOf(200_000);
    const hash = sha256(bytes);
    await begin('nurse', bytes);
    await new Promise<void>((resolve) => {
      const { hostname, port } = new URL(url);
      const broken = httpRequest({ hostname, port, path: path(hash), method: 'PATCH', headers: { authorization: 'Bearer nurse', 'content-type': 'application/octet-stream', 'upload-offset': '0', 'content-length': String(bytes.byteLength) } });
      broken.on('error', () => undefined); // we cut it ourselves
      broken.on('close', () => resolve());
      broken.write(bytes.subarray(0, 150_000), () => broken.destroy());
    });
    // The broken part may still be on its way in: whoever goes on is told where it has come to.
    const offsets = [Number((await begin('nurse', bytes)).slice(4))];
    while (offsets.at(-1) !== bytes.byteLength) offsets.push(Number((await append('nurse', hash, required(offsets.at(-1), 'an offset'), bytes.subarray(offsets.at(-1)))).slice(4)));
    expect(offsets.filter((offset) => offset > 150_000)).toEqual([200_000]);
  });

  it('[ATT2] are finished when the server ended between the last byte and the check', async () => {
    const bytes = bytesOf(600);
    await begin('nurse', bytes);
    writeFileSync(join(folder, 'uploads', `${caseId}.${sha256(bytes)}`), bytes);
    expect(await begin('nurse', bytes)).toBe('200 600');
    expect(files()).toEqual([sha256(bytes)]);
  });

  it('[ATT2] are finished when the server ended between the check and the record', async () => {
    const bytes = bytesOf(700);
    const key = `${caseId}.${sha256(bytes)}`;
    await begin('nurse', bytes);
    writeFileSync(join(folder, 'uploads', key), bytes);
    await objects.finish(key, sha256(bytes));
    await server.close();
    await start();
    expect(await begin('nurse', bytes)).toBe('200 700');
    expect(files()).toEqual([sha256(bytes)]);
  });

  it('[ATT2] come whole when two send the same parts at once', async () => {
    const bytes = bytesOf(40_000);
    const hash = sha256(bytes);
    await begin('nurse', bytes);
    const send = async (who: string) => {
      for (let offset = 0; offset < bytes.byteLength; ) offset = Number((await append(who, hash, offset, bytes.subarray(offset, offset + 7000))).slice(4));
    };
    await Promise.all([send('nurse'), send('doctor')]);
    expect(readFileSync(join(folder, 'objects', hash.slice(0, 2), hash)).equals(bytes)).toBe(true);
  });

  it('[ATT3] refuse a part on a full disk and keep what was there', async () => {
    const bytes = bytesOf(9000);
    const hash = sha256(bytes);
    await begin('nurse', bytes);
    await append('nurse', hash, 0, bytes.subarray(0, 3000));
    disk.leftBytes = 1000;
    expect(await append('nurse', hash, 3000, bytes.subarray(3000))).toBe('507 storage.full');
    disk.isSaidFull = true;
    expect(await begin('nurse', bytes)).toBe('507 storage.full');
    Object.assign(disk, { leftBytes: Number.POSITIVE_INFINITY, isSaidFull: false });
    const offset = Number((await begin('nurse', bytes)).slice(4));
    expect(offset).toBe(4000);
    expect(await append('nurse', hash, offset, bytes.subarray(offset))).toBe('200 9000');
  });

  it('[ATT3] say so while the part is still coming', async () => {
    const bytes = bytesOf(3_000_000);
    await begin('nurse', bytes);
    disk.leftBytes = 100_000;
    expect(await append('nurse', sha256(bytes), 0, bytes)).toBe('507 storage.full');
    expect(await begin('nurse', bytes)).toBe('200 100000');
  });

  it('[ATT4] are given whole and in parts', async () => {
    const bytes = bytesOf(70_000);
    const hash = sha256(bytes);
    await upload(bytes);
    const get = async (range?: string, method = 'GET') => ask('expert', method, ATTACHMENT_ROUTES.content(caseId, hash), undefined, range === undefined ? {} : { range });
    const whole = await get();
    expect([whole.status, whole.headers.get('content-type'), whole.headers.get('etag'), whole.headers.get('accept-ranges'), whole.headers.get('content-disposition')]).toEqual([200, 'image/png', `"${hash}"`, 'bytes', 'attachment']);
    expect(Buffer.from(await whole.arrayBuffer()).equals(bytes)).toBe(true);
    const head = await get(undefined, 'HEAD');
    expect([head.status, head.headers.get('content-length')]).toEqual([200, '70000']);
    for (const [range, from, to] of [['bytes=0-99', 0, 100], ['bytes=69000-', 69_000, 70_000], ['bytes=-10', 69_990, 70_000], ['bytes=100-999999', 100, 70_000]] as const) {
      const part = await get(range);
      expect([part.status, part.headers.get('content-range')]).toEqual([206, `bytes ${from}-${to - 1}/70000`]);
      expect(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(from, to))).toBe(true);
    }
    const outside = await get('bytes=70000-');
    expect([outside.status, outside.headers.get('content-range')]).toEqual([416, 'bytes */70000']);
    expect((await get('bytes=5-1')).status).toBe(200);
  });

  it.each([['bytes=0-0', 'part'], ['bytes=-0', 'outside'], ['bytes=10-', 'outside'], ['bytes=-', 'none'], ['bytes=0-1,3-4', 'none'], ['items=0-1', 'none'], ['', 'none'], ['bytes=99999999999999999999-', 'none']])('[ATT4] reads %j as %s', (header, type) => {
    expect(parseRange(header, 10).type).toBe(type);
  });

  it('[ACC3] [ACC4] are for those who may', async () => {
    const bytes = bytesOf(100);
    await upload(bytes);
    const content = ATTACHMENT_ROUTES.content(caseId, sha256(bytes));
    expect(await outcome(await ask(null, 'GET', content))).toBe('401 auth.required');
    expect(await outcome(await ask('stranger', 'GET', content))).toBe('404 record.notFound');
    expect(await outcome(await ask('admin', 'GET', content))).toBe('403 auth.forbidden');
    expect(await begin('approver', bytes)).toBe('403 auth.forbidden');
    expect(await begin('stranger', bytes)).toBe('404 record.notFound');
    expect(await begin('nurse', bytes, aCase('nowhere'))).toBe('404 record.notFound');
  });

  it('[ACC2] are given for two seconds at most on a right that has ended', async () => {
    const bytes = bytesOf(100);
    await upload(bytes);
    const get = async () => (await ask('expert', 'GET', ATTACHMENT_ROUTES.content(caseId, sha256(bytes)))).status;
    expect(await get()).toBe(200);
    await engine.database.db.deleteFrom('consult_members').where('party_id', '=', 'expert').execute();
    parts.clock.advance(2001);
    expect(await get()).toBe(404);
  });

  it.each([
    ['a hash that is none', () => ask('nurse', 'POST', ATTACHMENT_ROUTES.upload(caseId, 'xyz'), { sizeBytes: 1, mediaType: 'a/b' }), '400 input.malformed'],
    ['a way out of the folder', () => ask('nurse', 'POST', `/api/cases/${caseId}/attachments/${encodeURIComponent('../../x')}/upload`, { sizeBytes: 1, mediaType: 'a/b' }), '400 input.malformed'],
    ['no size', () => ask('nurse', 'POST', path('0'.repeat(64)), { sizeBytes: 0, mediaType: 'a/b' }), '400 input.malformed'],
    ['no offset', () => ask('nurse', 'PATCH', path('0'.repeat(64)), bytesOf(1)), '400 input.malformed'],
    ['a part that is no bytes', () => ask('nurse', 'PATCH', path('0'.repeat(64)), { a: 1 }, { 'upload-offset': '0' }), '400 input.malformed'],
  ])('refuse %s', async (_what, send, expected) => {
    expect(await outcome(await send())).toBe(expected);
  });

  it('take no more than was said, nor more than a part may hold', async () => {
    const bytes = bytesOf(100);
    await begin('nurse', bytes);
    expect(await append('nurse', sha256(bytes), 0, bytesOf(101))).toBe('413 input.tooLarge');
    const source = (async function* () { for (let sent = 0; sent <= MAX_UPLOAD_PART_BYTES; sent += 1_048_576) yield new Uint8Array(1_048_576); })();
    await uploads.begin(caseId, 'f'.repeat(64), 100_000_000, 'video/mp4');
    expect(await uploads.append(caseId, 'f'.repeat(64), 0, source).then(String, (error: unknown) => toAppError(error).code)).toBe('input.tooLarge');
    expect(await objects.offset(`${caseId}.${'f'.repeat(64)}`)).toBe(MAX_UPLOAD_PART_BYTES);
  });

  it('leave nothing behind when nobody goes on with them', async () => {
    const bytes = bytesOf(1000);
    await begin('nurse', bytes);
    await append('nurse', sha256(bytes), 0, bytes.subarray(0, 10));
    const file = join(folder, 'uploads', `${caseId}.${sha256(bytes)}`);
    utimesSync(file, parts.clock.wallMs() / 1000, parts.clock.wallMs() / 1000); // by the clock of the test
    await uploads.sweep();
    expect(files()).toHaveLength(1);
    const longAgo = parts.clock.wallMs() / 1000 - 15 * 86_400;
    utimesSync(file, longAgo, longAgo);
    parts.clock.advance(15 * 86_400_000);
    await uploads.sweep();
    expect(files()).toEqual([]);
    await expect(uploads.append(caseId, sha256(bytes), 10, [] as unknown as AsyncIterable<Uint8Array>)).rejects.toBeInstanceOf(AppError);
  });
});
