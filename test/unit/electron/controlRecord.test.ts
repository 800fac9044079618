import { appendFile, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createSystemClock, ManualClock } from '#shared/lib/clock';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ControlRecord } from '../../../electron/host/control/controlRecord.ts';
import { verifyRecord } from '../../../electron/host/control/recordChain.ts';
import { FIRST_HASH } from '#shared/protocol/controlRecord/chain';
import { createFolder } from './fakes.ts';

async function openRecord(options: { folder?: string; maxSegmentBytes?: number; clock?: ManualClock } = {}) {
  const folder = options.folder ?? (await createFolder());
  const clock = options.clock ?? new ManualClock(Date.UTC(2026, 0, 2));
  const record = await ControlRecord.open({ folder, clock, ...(options.maxSegmentBytes === undefined ? {} : { maxSegmentBytes: options.maxSegmentBytes }) });
  onTestFinished(() => record.close());
  return { folder, clock, record };
}
const only = async (folder: string) => join(folder, (await readdir(folder))[0] ?? '');

describe('the record of control', () => {
  it('[CTL46] keeps lines with both clocks that hang on each other, over restarts', async () => {
    const { folder, clock, record } = await openRecord();
    expect(await verifyRecord(folder)).toEqual({ entries: 0, broken: null, lastHash: FIRST_HASH });
    clock.advance(1234.5);
    record.append('granted', { epoch: 1 });
    record.append('motion', { forceN: Number.NaN }, false);
    await record.close();
    const again = await openRecord({ folder });
    again.record.append('ended', { epoch: 1 });
    const { lines, next } = await again.record.read(1, 10);
    expect(next).toBeNull();
    expect(lines.map((line) => JSON.parse(line).entry)).toEqual([
      { sequence: 1, at: '2026-01-02T00:00:01.234Z', monotonicMs: 1234.5, type: 'granted', epoch: 1 },
      { sequence: 2, at: '2026-01-02T00:00:01.234Z', monotonicMs: 1234.5, type: 'motion', forceN: null },
      { sequence: 3, at: '2026-01-02T00:00:00.000Z', monotonicMs: 0, type: 'ended', epoch: 1 },
    ]);
    expect(await verifyRecord(folder)).toMatchObject({ entries: 3, broken: null, lastHash: JSON.parse(lines[2] ?? '').hash });
  });

  it('[CTL46] finds every change: a byte, a line taken out, exchanged, doubled, or a file that is gone', async () => {
    const { folder, record } = await openRecord({ maxSegmentBytes: 300 });
    for (let epoch = 1; epoch <= 9; epoch += 1) {
      record.append('granted', { epoch });
      await record.flush();
    }
    await record.close();
    const names = (await readdir(folder)).sort();
    expect(names.length).toBeGreaterThan(2);
    const path = join(folder, names[0] ?? '');
    const text = await readFile(path, 'utf8');
    const lines = text.trimEnd().split('\n');
    const broken = async (changed: readonly string[] | string) => {
      await writeFile(path, typeof changed === 'string' ? changed : `${changed.join('\n')}\n`);
      return (await verifyRecord(folder)).broken?.line ?? null;
    };
    expect(await broken(text)).toBeNull();
    const [first = '', second = '', ...rest] = lines;
    expect(await broken([first.replace('"epoch":1', '"epoch":7'), second, ...rest])).toBe(1);
    expect(await broken([second, ...rest])).toBe(1);
    expect(await broken([second, first, ...rest])).toBe(1);
    expect(await broken([first, first, second, ...rest])).toBe(2);
    expect(await broken([first, 'x', second, ...rest])).toBe(2);
    expect(await broken(lines.slice(0, -1))).toBe(1); // the next file hangs on what is gone
    await writeFile(path, text);
    await rm(join(folder, names[1] ?? ''));
    expect((await verifyRecord(folder)).broken).toMatchObject({ segment: names[2], line: 1 });
  });

  it('[CTL46] a torn last line is cut off and said; a broken file is left as it is', async () => {
    const { folder, record } = await openRecord();
    record.append('granted', { epoch: 1 });
    await record.close();
    await appendFile(await only(folder), '{"hash":"abc');
    const again = await openRecord({ folder });
    await again.record.close();
    expect(await readFile(await only(folder), 'utf8')).toMatch(/"type":"torn","segment":"control-0000000001.jsonl","bytes":12\}\}\n$/);
    expect(await verifyRecord(folder)).toMatchObject({ entries: 2, broken: null });
    const spoiled = (await readFile(await only(folder), 'utf8')).replace('"epoch":1', '"epoch":2');
    await writeFile(await only(folder), spoiled);
    const third = await openRecord({ folder });
    await third.record.close();
    const names = (await readdir(folder)).sort();
    expect(await readFile(join(folder, names[0] ?? ''), 'utf8')).toBe(spoiled);
    expect(await readFile(join(folder, names[1] ?? ''), 'utf8')).toContain('"type":"broken"');
    expect((await verifyRecord(folder)).broken).toEqual({ segment: names[0], line: 1, why: 'hash' });
  });

  it('[CTL46] gives pages over the borders of files', async () => {
    const { record } = await openRecord({ maxSegmentBytes: 300 });
    for (let epoch = 1; epoch <= 20; epoch += 1) {
      record.append('granted', { epoch });
      await record.flush();
    }
    const epochs: number[] = [];
    for (let from: number | null = 1; from !== null; ) {
      const { lines, next }: { lines: string[]; next: number | null } = await record.read(from, 7);
      epochs.push(...lines.map((line) => JSON.parse(line).entry.epoch));
      from = next;
    }
    expect(epochs).toEqual(Array.from({ length: 20 }, (_none, index) => index + 1));
    expect(await record.read(21, 7)).toEqual({ lines: [], next: null });
    expect((await record.read(20, 7)).lines).toHaveLength(1);
  });

  it('[CTL47] a full disk is said, what waits is kept, and it goes on by itself when there is room', async () => {
    const { folder, clock, record } = await openRecord();
    await mkdir(folder, { recursive: true });
    const path = join(folder, 'control-0000000001.jsonl');
    await symlink('/dev/full', path);
    record.append('granted', { epoch: 1 });
    await expect(record.flush()).rejects.toMatchObject({ code: 'storage.full' });
    expect(record.failure).toMatchObject({ code: 'storage.full' });
    record.append('ended', { epoch: 1 });
    await rm(path);
    clock.advance(1000);
    await record.flush();
    expect(record.failure).toBeNull();
    expect(await verifyRecord(folder)).toMatchObject({ entries: 2, broken: null });
  });

  it('[CTL47] more than can wait is counted, and said when there is room', async () => {
    const { folder, record } = await openRecord();
    await symlink('/dev/full', join(folder, 'control-0000000001.jsonl'));
    for (let epoch = 1; epoch <= 1010; epoch += 1) record.append('granted', { epoch });
    await expect(record.flush()).rejects.toMatchObject({ code: 'storage.full' });
    await rm(join(folder, 'control-0000000001.jsonl'));
    await record.flush();
    record.append('ended', {});
    await record.flush();
    expect((await record.read(1001, 10)).lines.map((line) => JSON.parse(line).entry)).toMatchObject([{ type: 'lost', entries: 10 }, { type: 'ended' }]);
  });

  it('[CTL47] a disk that hangs is behind after two seconds', async () => {
    const { clock, record } = await openRecord();
    record.append('granted', { epoch: 1 });
    clock.advance(1999);
    expect(record.failure).toBeNull();
    clock.advance(2);
    expect(record.failure).toMatchObject({ code: 'storage.unavailable' });
    await record.flush();
    expect(record.failure).toBeNull();
  });

  it('is written by the real clock as well', async () => {
    const folder = await createFolder();
    const record = await ControlRecord.open({ folder, clock: createSystemClock(globalThis) });
    record.append('opened', {});
    await record.close();
    record.append('late', {});
    expect((await verifyRecord(folder)).entries).toBe(1);
  });
});
