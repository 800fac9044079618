import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CaseItem, caseItemSchema } from '#shared/domain/caseFile';
import { type CaseId, caseIdSchema } from '#shared/domain/ids';
import { required } from '#shared/lib/assert';
import { ATTACHMENT_ROUTES, type CaseChange, uploadResultSchema } from '#shared/protocol/cases';
import { plainTextOf } from '../../../sfu-server/cases/noteText.ts';
import { changeOf, contentOf, create, mergeText, NoteCopy } from '../../helpers/caseHall.ts';
import { CaseServerProcess } from '../../helpers/cases/caseServerProcess.ts';
import { startPostgres } from '../../helpers/postgres.ts';
import { ServerProcess } from '../../helpers/serverProcess.ts';
import { SignalingPeer } from '../../helpers/signalingPeer.ts';

const POSTGRES_KILLS = Number(process.env['HUIZHEN_TEST_POSTGRES_KILLS'] ?? 0);
/** What is killed, and how often: the whole server takes seconds to come back, what case files need of it a fraction. */
const SERVERS = [
  ['the whole server', 2, () => wholeServer()],
  ['the server’s case files on PGlite', 8, () => caseServer(null)],
  // Many more, as `HUIZHEN_TEST_POSTGRES_KILLS=90`: takes minutes.
  ...(POSTGRES_KILLS > 0 ? ([['the server’s case files on PostgreSQL', POSTGRES_KILLS, () => caseServer('PostgreSQL')]] as const) : []),
] as const;
const WRITERS = ['doctor', 'nurse', 'expert'] as const;
const CONTENT_BYTES = 600_000;
const PART_BYTES = 24_000;

/** The same numbers at every run (Numerical Recipes' generator). */
function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return Math.floor((state / 4_294_967_296) * below);
  };
}

/** A content under way to the server: what was acknowledged has to be there after every end of the server. */
class Uploading {
  readonly bytes: Buffer;
  readonly hash: string;
  acknowledged = 0;

  constructor(seed: number) {
    this.bytes = Buffer.from(Uint8Array.from({ length: CONTENT_BYTES }, (_, index) => (index * 7 + seed * 13 + (index >> 9)) % 256));
    this.hash = createHash('sha256').update(this.bytes).digest('hex');
  }

  get isHeld(): boolean {
    return this.acknowledged === this.bytes.byteLength;
  }
}

/** A server that can be killed and comes back under the same address with the same data. */
interface Killable {
  readonly url: string;
  readonly caseId: CaseId;
  tokenOf(name: (typeof WRITERS)[number]): string;
  kill(): Promise<void>;
  run(): Promise<void>;
  stop(): Promise<void>;
}

async function wholeServer(): Promise<Killable> {
  const server = await ServerProcess.start({ HUIZHEN_WORKERS: '1' });
  const tokens = new Map<string, string>();
  for (const name of WRITERS) tokens.set(name, await server.signIn(name === 'doctor' ? 'requester' : name));
  return { url: server.url, caseId: caseIdSchema.parse(server.demo.liveConsultId), tokenOf: (name) => required(tokens.get(name), name), kill: () => server.kill(), run: () => server.run(), stop: () => server.stop() };
}

async function caseServer(database: 'PostgreSQL' | null): Promise<Killable> {
  const postgres = database === null ? null : await startPostgres();
  const server = await CaseServerProcess.start(postgres?.createDatabase() ?? null);
  return {
    url: server.url, caseId: server.caseId, tokenOf: (name) => name, kill: () => server.kill(), run: () => server.run(),
    stop: async () => {
      await server.stop();
      await postgres?.stop();
    },
  };
}

describe.each(SERVERS)('%s, killed while people write', (_name, crashes, start) => {
  let server: Killable;
  let caseId: CaseId;
  const random = seeded(20_261_123);
  /** Changes without a receipt, by writer, the oldest first; sent until there is one. */
  const outboxes = new Map<string, CaseChange[]>(WRITERS.map((name) => [name, []]));
  const held = new Map<string, number>();
  const notes = new Map(WRITERS.map((name, index) => [name, new NoteCopy(index + 1)]));
  const uploads: Uploading[] = [new Uploading(1)];
  let made = 0;

  beforeAll(async () => {
    server = await start();
    ({ caseId } = server);
    const peer = await connect('doctor');
    await peer.request('case.submit', { caseId, changes: [changeOf(caseId, create('note-1', contentOf('note'), new NoteCopy(99).type('begin')), 'begin-note')] }); // refused where there is one
    await peer.close();
  });
  afterAll(() => server.stop());

  const connect = (name: (typeof WRITERS)[number]) => SignalingPeer.connect(server.url, server.tokenOf(name));
  const readAll = async (peer: SignalingPeer) => {
    const items: CaseItem[] = [];
    for (let since = 0; ; ) {
      const page = await peer.request('case.changes', { caseId, sinceRevision: since, limit: 200 });
      items.push(...page.items.map((item) => caseItemSchema.parse(item) as CaseItem)); // the schema pairs kind and body
      since = page.revision;
      if (!page.hasMore) return items;
    }
  };
  const nextChange = (name: (typeof WRITERS)[number]): CaseChange => {
    made += 1;
    const id = `crash-${name}-${made}`;
    if (made % 3 === 0) return changeOf(caseId, mergeText('note-1', required(notes.get(name), name).type(id)), id);
    return changeOf(caseId, create(id, contentOf('vitals')), id);
  };

  /** Sends the outbox until the connection ends or `count` new changes were made and answered. */
  const write = async (name: (typeof WRITERS)[number], count: number, onSent: () => void): Promise<void> => {
    const outbox = required(outboxes.get(name), name);
    const peer = await connect(name).catch(() => null);
    if (peer === null) return;
    for (let turn = 0; turn < count || outbox.length > 0; turn += 1) {
      if (turn < count) outbox.push(...Array.from({ length: 1 + random(3) }, () => nextChange(name)));
      const sending = outbox.slice(0, 50);
      const answer = peer.request('case.submit', { caseId, changes: sending }).catch(() => null);
      onSent();
      const result = await answer;
      if (result === null) return;
      for (const receipt of result.receipts) {
        expect(receipt).toMatchObject({ status: 'held' });
        if (receipt.status !== 'held') continue;
        expect(held.get(receipt.changeId) ?? receipt.revision).toBe(receipt.revision);
        held.set(receipt.changeId, receipt.revision);
      }
      outbox.splice(0, sending.length);
    }
    await peer.close();
  };

  const ask = async (method: string, upload: Uploading, body: Uint8Array | object, headers: Record<string, string>): Promise<number> => {
    const isBytes = body instanceof Uint8Array;
    const response = await fetch(`${server.url}${ATTACHMENT_ROUTES.upload(caseId, upload.hash)}`, {
      method, headers: { authorization: `Bearer ${server.tokenOf('nurse')}`, 'content-type': isBytes ? 'application/octet-stream' : 'application/json', ...headers }, body: isBytes ? Uint8Array.from(body) : JSON.stringify(body),
    });
    expect(response.status).toBe(200);
    return uploadResultSchema.parse(await response.json()).offset;
  };

  /** Goes on with the last upload, and begins another when it is held. */
  const send = async (parts: number, onSent: () => void): Promise<void> => {
    try {
      for (let part = 0; part < parts; ) {
        let upload = required(uploads.at(-1), 'an upload');
        if (upload.isHeld) {
          upload = new Uploading(uploads.length + 1);
          uploads.push(upload);
        }
        let offset = await ask('POST', upload, { sizeBytes: upload.bytes.byteLength, mediaType: 'image/png' }, {});
        expect(offset).toBeGreaterThanOrEqual(upload.acknowledged);
        while (offset < upload.bytes.byteLength && part < parts) {
          const answer = ask('PATCH', upload, upload.bytes.subarray(offset, offset + PART_BYTES), { 'upload-offset': String(offset) });
          onSent();
          part += 1;
          offset = await answer;
          upload.acknowledged = offset;
        }
        upload.acknowledged = offset;
      }
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // what fetch says of a connection that broke
    }
  };

  const check = async (): Promise<void> => {
    const peer = await connect('doctor');
    const items = await readAll(peer);
    await peer.close();
    const byId = new Map(items.map((item) => [String(item.id), item]));
    expect(byId.size).toBe(items.length);
    expect(new Set(items.map((item) => item.revision)).size).toBe(items.length);
    const lines = plainTextOf(Buffer.from(byId.get('note-1')?.text ?? '', 'base64')).split('\n').filter((line) => line.startsWith('crash-'));
    expect(new Set(lines).size).toBe(lines.length);
    const missing = [...held].filter(([id, revision]) => byId.get(id)?.revision !== revision && !lines.includes(id));
    expect(missing).toEqual([]);
  };

  it(`[CAS1] [CAS2] [ATT2] ${crashes} times: every receipt is kept, nothing is there twice or by half, uploads go on from where they were`, async () => {
    for (let crash = 0; crash < crashes; crash += 1) {
      let left = 1 + random(30);
      let dying: Promise<void> | null = null;
      const onSent = () => {
        left -= 1;
        if (left === 0) dying = server.kill();
      };
      await Promise.all([...WRITERS.map((name) => write(name, 12, onSent)), send(12, onSent)]);
      await (dying ?? server.kill());
      await server.run();
      await check();
    }
    await Promise.all([...WRITERS.map((name) => write(name, 0, () => undefined)), send(CONTENT_BYTES / PART_BYTES, () => undefined)]);
    await check();
    expect([...outboxes.values()].flat()).toEqual([]);
    expect(held.size).toBe(made);
    const revisions = [...held.values()].sort((a, b) => a - b);
    expect(revisions).toEqual(Array.from({ length: made }, (_, index) => (revisions[0] ?? 0) + index));
    for (const { bytes, hash, isHeld } of uploads) {
      if (!isHeld) continue;
      const response = await fetch(`${server.url}${ATTACHMENT_ROUTES.content(caseId, hash)}`, { headers: { authorization: `Bearer ${server.tokenOf('expert')}` } });
      expect(Buffer.from(await response.arrayBuffer()).equals(bytes)).toBe(true);
    }
    expect(uploads.some(({ isHeld }) => isHeld)).toBe(true);
  }, 60_000 + crashes * 20_000);
});
