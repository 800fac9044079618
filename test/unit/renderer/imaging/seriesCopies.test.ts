import 'fake-indexeddb/auto';
import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { FetchLike } from '../../../../renderer/services/http.ts';
import { HttpClient } from '../../../../renderer/services/http.ts';
import { piecesOf, SeriesCopies, type KeepOptions } from '../../../../renderer/services/imaging/copies/seriesCopies.ts';
import type { CopiedInstance } from '#shared/protocol/imaging';
import { CASE, createBlobMachine, FakeObjects } from '../../../helpers/cases/blobMachine.ts';

const STUDY = '1.2.3';
const FRAME_BYTES = 1000;
const value = (...Value: unknown[]) => ({ Value });

/** A server with series of some instances, each of some frames in a file with a header before them. */
class FakeImages extends FakeObjects {
  readonly series = new Map<string, CopiedInstance[]>();
  isAway = false;
  readonly asksOf: string[] = [];

  addSeries(seriesUid: string, instances: number, frames: number, header = 300): void {
    const made = Array.from({ length: instances }, (_, index): CopiedInstance => {
      const bytes = Buffer.from(randomBytes(header + frames * FRAME_BYTES));
      const hash = createHash('sha256').update(bytes).digest('hex');
      this.contents.set(hash, bytes);
      return { sopUid: `${seriesUid}.${index + 1}`, hash, sizeBytes: bytes.byteLength, syntax: '1.2.840.10008.1.2.1', refusal: '', frames: { type: 'even', offset: header, length: FRAME_BYTES, count: frames } };
    });
    this.series.set(seriesUid, made);
  }

  /** The pixels that the server has. */
  frame(seriesUid: string, index: number, frame: number): Buffer {
    const instance = this.series.get(seriesUid)?.[index];
    const content = this.contents.get(instance?.hash ?? '') ?? Buffer.alloc(0);
    const at = content.byteLength - (instance?.frames?.type === 'even' ? instance.frames.count : 0) * FRAME_BYTES + (frame - 1) * FRAME_BYTES;
    return content.subarray(at, at + FRAME_BYTES);
  }

  readonly answer: FetchLike = async (url) => {
    if (this.isAway) throw new TypeError('no route');
    this.asksOf.push(url);
    const [, seriesUid = ''] = /\/series\/([0-9.]+)/.exec(url) ?? [];
    const instances = this.series.get(seriesUid) ?? [];
    if (url.endsWith('/copy') && !url.includes('/instances/')) return this.series.has(seriesUid) ? Response.json({ instances }) : Response.json({ code: 'record.notFound', message: 'gone' }, { status: 404 });
    if (url.endsWith('/metadata')) return Response.json(instances.map(({ sopUid }, index) => ({ '00080018': value(sopUid), '00280010': value(10), '00200013': value(index + 1), '00083002': value('1.2.840.10008.1.2.1') })));
    if (url.endsWith('/thumbnail')) return new Response(Buffer.from('a picture'));
    return Response.json([{ '0020000D': value(STUDY), '0020000E': value(new URL(url).searchParams.get('SeriesInstanceUID') ?? ''), '00080060': value('CT'), '00100010': value({ Alphabetic: 'Chen' }) }]);
  };
}

async function start() {
  const server = new FakeImages();
  // The worker's own requests name an instance, and are answered by its hash.
  const byInstance = server.fetch;
  Object.assign(server, {
    fetch: (url: string, init: RequestInit) => {
      const [, sopUid = ''] = /\/instances\/([0-9.]+)\/copy$/.exec(url) ?? [];
      const hash = [...server.series.values()].flat().find((one) => one.sopUid === sopUid)?.hash ?? sopUid;
      return byInstance(`http://server/${hash}`, init);
    },
  });
  const machine = await createBlobMachine(server);
  const copies = new SeriesCopies({ http: new HttpClient({ clock: machine.clock, serverUrl: () => 'http://server', fetch: server.answer }), token: async () => 'token', serverUrl: () => 'http://server', store: machine.series, blobs: machine.blobs });
  const damaged: string[] = [];
  copies.on('damaged', (caseId) => damaged.push(caseId));
  const options: KeepOptions = { maxBytes: null, makeRoom: async () => undefined, onProgress: () => undefined, signal: new AbortController().signal };
  const keep = (uids: string[], change: Partial<KeepOptions> = {}) => copies.keep(CASE, uids.map((seriesUid) => ({ studyUid: STUDY, seriesUid })), { ...options, ...change });
  const frame = async (seriesUid: string, index: number, number: number) => {
    const kept = await copies.frame(CASE, { seriesUid }, `${seriesUid}.${index + 1}`, number);
    return kept === null ? null : Buffer.from(kept.bytes);
  };
  return { server, machine, copies, damaged, keep, frame };
}

describe('chosen series on a machine', () => {
  it('[IMG46] are fetched whole, sealed, and give the server’s pixels without it', async () => {
    const { server, machine, copies, keep, frame } = await start();
    server.addSeries('1.5', 6, 1);
    server.addSeries('1.6', 1, 2500); // larger than one chunk of the file: a frame is read without the rest
    const told: number[] = [];
    await keep(['1.5', '1.6'], { onProgress: (done) => told.push(done) });
    server.isAway = true;
    for (const index of [0, 5]) expect((await frame('1.5', index, 1))?.equals(server.frame('1.5', index, 1))).toBe(true);
    for (const number of [1, 1048, 1049, 2500]) expect((await frame('1.6', 0, number))?.equals(server.frame('1.6', 0, number)), `frame ${number}`).toBe(true);
    expect(await frame('1.6', 0, 2501)).toBeNull();
    expect(told.at(-1)).toBeGreaterThan(0);
    const [study] = await copies.studies(CASE);
    expect(study?.series.map(({ seriesUid }) => seriesUid).sort()).toEqual(['1.5', '1.6']);
    expect((await copies.series(CASE, study?.series[0] as never))?.frames.length).toBeGreaterThan(0);
    expect(await machine.series.bytesByCase()).toEqual(new Map([[CASE, { hereBytes: 6 * 1300 + 2_500_300, totalBytes: 6 * 1300 + 2_500_300, isWhole: true }]]));
    // Nothing readable lies in the database [KEY1].
    const rows = JSON.stringify(await machine.database.series.toArray(), (_, one: unknown) => (one instanceof Uint8Array ? Buffer.from(one).toString('latin1') : one));
    expect(rows).not.toMatch(/1\.5\.1|Chen|1\.2\.840/);
  });

  it('[IMG47] altered or cut off on the disk, they are not shown, and are fetched anew', async () => {
    const { server, machine, damaged, keep, frame } = await start();
    server.addSeries('1.5', 2, 3);
    await keep(['1.5']);
    // One object was altered, and the file that holds both was cut off within the other.
    for (const [name, bytes] of machine.disk.contents) {
      bytes[100] = (bytes[100] ?? 0) ^ 1;
      machine.disk.contents.set(name, bytes.slice(0, -10));
    }
    expect(await frame('1.5', 0, 2)).toBeNull();
    expect(await frame('1.5', 1, 1)).toBeNull();
    expect(damaged).toContain(CASE);
    server.asked.length = 0;
    await keep(['1.5']);
    expect(server.asked).toHaveLength(2);
    expect((await frame('1.5', 0, 2))?.equals(server.frame('1.5', 0, 2))).toBe(true);
  });

  it('[IMG46] what is chosen no more goes, with its files; what grew is fetched as far as it grew', async () => {
    const { server, machine, copies, keep, frame } = await start();
    server.addSeries('1.5', 3, 1);
    server.addSeries('1.6', 2, 1);
    await keep(['1.5', '1.6']);
    const files = machine.disk.contents.size;
    await keep(['1.5']);
    expect(machine.disk.contents.size).toBeLessThan(files);
    expect(await frame('1.6', 0, 1)).toBeNull();
    const before = server.series.get('1.5') ?? [];
    server.addSeries('1.5', 5, 1);
    server.series.set('1.5', [...before, ...(server.series.get('1.5') ?? []).slice(3)]);
    server.asked.length = 0;
    await keep(['1.5']);
    expect(server.asked).toEqual([]); // nothing said that it had changed
    copies.handleChanged(CASE);
    await keep(['1.5']);
    expect(server.asked).toHaveLength(2);
  });

  it('[IMG46] beyond the bound a series waits for a person; a series that is gone from the case is no failure', async () => {
    const { server, machine, keep, frame } = await start();
    server.addSeries('1.5', 2, 1);
    server.addSeries('1.6', 20, 1);
    await keep(['1.6', '1.5', '1.7'], { maxBytes: 5000 });
    expect(await frame('1.5', 0, 1)).not.toBeNull();
    expect(await frame('1.6', 0, 1)).toBeNull();
    expect((await machine.series.bytesByCase()).get(CASE)?.isWhole).toBe(false);
  });

  it('[KEY3] [KEY5] without the key they are not read, and go with the case', async () => {
    const { server, machine, copies, keep, frame } = await start();
    server.addSeries('1.5', 2, 1);
    await keep(['1.5']);
    await machine.keyring.forget([CASE]);
    await expect(frame('1.5', 0, 1)).rejects.toMatchObject({ code: 'case.leaseEnded' });
    await expect(copies.studies(CASE)).rejects.toMatchObject({ code: 'case.leaseEnded' });
    await machine.store.remove([CASE]);
    await machine.blobs.removeCases([CASE]);
    expect([await machine.database.series.count(), await machine.database.blobs.count(), machine.disk.contents.size]).toEqual([0, 0, 0]);
  });
});

describe('where a frame lies', () => {
  it('is computed from a file’s layout', () => {
    expect(piecesOf({ frames: { type: 'even', offset: 10, length: 5, count: 2 } }, 2)).toEqual([[15, 5]]);
    expect(piecesOf({ frames: { type: 'even', offset: 10, length: 5, count: 2 } }, 3)).toBeNull();
    expect(piecesOf({ frames: { type: 'listed', places: [[[1, 2]], [[5, 2], [9, 3]]] } }, 2)).toEqual([[5, 2], [9, 3]]);
    expect(piecesOf({ frames: null }, 1)).toBeNull();
  });
});
