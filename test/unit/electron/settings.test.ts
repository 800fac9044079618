import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ManualClock } from '#shared/lib/clock';
import { DEFAULT_MACHINE_SETTINGS } from '#shared/host/contract';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { JsonFile, type SetAsideReport } from '../../../electron/host/jsonFile.ts';
import { SettingsStore } from '../../../electron/host/settings.ts';
import { createFolder } from './fakes.ts';

async function openStore(folder?: string) {
  const place = folder ?? (await createFolder());
  const reports: SetAsideReport[] = [];
  const open = () => new SettingsStore({ folder: place, clock: new ManualClock(), onSetAside: (report) => reports.push(report) });
  return { folder: place, reports, open, store: open() };
}

describe('machine settings', () => {
  it('[DSK10] are defaults first, and what was set afterwards, also for the next process', async () => {
    const { store, open, folder } = await openStore();
    expect(await store.get()).toEqual(DEFAULT_MACHINE_SETTINGS);
    await store.update({ language: 'en', devices: { face: 'USB camera' } });
    expect(await open().get()).toEqual({ ...DEFAULT_MACHINE_SETTINGS, language: 'en', devices: { face: 'USB camera' } });
    expect((await stat(join(folder, 'settings.json'))).mode & 0o777).toBe(0o600);
    expect(await readdir(folder)).toEqual(['settings.json']);
  });

  it.each([
    ['half a document', '{"schemaVersion":1,"serv'],
    ['no JSON at all', '\u0000\u0000\u0000'],
    ['an empty file, as after a power cut', ''],
    ['a wrong shape', '{"schemaVersion":1,"language":"xx"}'],
    ['no version', '{"language":"en"}'],
    ['a newer version', JSON.stringify({ ...DEFAULT_MACHINE_SETTINGS, schemaVersion: 2 })],
    ['a version nothing leads from', JSON.stringify({ ...DEFAULT_MACHINE_SETTINGS, schemaVersion: 0 })],
    ['more than a megabyte', ' '.repeat(1_000_001)],
  ])('[DSK11] %s is put aside whole and reported, and the machine goes on with defaults', async (_what, text) => {
    const { store, folder, reports } = await openStore();
    await writeFile(join(folder, 'settings.json'), text);
    expect(await store.get()).toEqual(DEFAULT_MACHINE_SETTINGS);
    expect(reports).toHaveLength(1);
    const savedAs = reports[0]?.savedAs ?? '';
    expect(await readFile(savedAs, 'utf8')).toBe(text);
    await store.update({ language: 'zh-CN' });
    expect(await readFile(savedAs, 'utf8')).toBe(text);
  });

  it('[DSK12] a file that is there and cannot be read refuses with storage.corrupt and is not overwritten', async () => {
    const { folder } = await openStore();
    const inTheWay = join(folder, 'not-a-folder');
    await writeFile(inTheWay, 'x');
    const { store } = await openStore(inTheWay);
    await expect(store.get()).rejects.toMatchObject({ code: 'storage.corrupt' });
    await expect(store.update({ language: 'en' })).rejects.toMatchObject({ code: 'storage.corrupt' });
  });

  it('[DSK13] changes made at the same time all last', async () => {
    const { store, open } = await openStore();
    await Promise.all([store.update({ language: 'en' }), store.update({ theme: 'cart' }), store.update({ cartId: 'cart-1' }), store.update({ serverUrl: 'https://hospital.example/' })]);
    expect(await open().get()).toEqual({ schemaVersion: 1, language: 'en', theme: 'cart', cartId: 'cart-1', serverUrl: 'https://hospital.example/', devices: {} });
  });

  it.each(['http://192.168.1.5:7400/', 'ftp://hospital.example/', 'javascript:alert(1)', 'https://name:word@hospital.example/', 'hospital.example'])('[DSK14] refuses the server address %s', async (serverUrl) => {
    const { store } = await openStore();
    await expect(store.update({ serverUrl })).rejects.toMatchObject({ code: 'input.malformed' });
    expect(await store.get()).toEqual(DEFAULT_MACHINE_SETTINGS);
  });

  it.each(['https://192.168.1.5:7400/', 'http://127.0.0.1:7400/', 'http://localhost:7400/'])('[DSK14] takes the server address %s', async (serverUrl) => {
    const { store } = await openStore();
    expect((await store.update({ serverUrl })).serverUrl).toBe(serverUrl);
  });
});

describe('versions of a file', () => {
  const schema = z.object({ schemaVersion: z.literal(3), depthMm: z.number() });

  async function openFile(text: string, migrations: Record<number, (old: unknown) => unknown>) {
    const path = join(await createFolder(), 'toy.json');
    await writeFile(path, text);
    return new JsonFile({ path, schema, schemaVersion: 3, migrations, clock: new ManualClock(), onSetAside: () => undefined });
  }

  it('[DSK15] are led up one by one', async () => {
    const one = z.object({ depthCm: z.number() });
    const file = await openFile('{"schemaVersion":1,"depthCm":12}', {
      1: (old) => ({ schemaVersion: 2, depthMm: one.parse(old).depthCm * 10 }),
      2: (old) => ({ ...z.object({ depthMm: z.number() }).parse(old), schemaVersion: 3 }),
    });
    expect(await file.read()).toEqual({ type: 'value', value: { schemaVersion: 3, depthMm: 120 } });
  });

  it('[DSK15] a migration that leads nowhere sets the file aside instead of going round', async () => {
    const file = await openFile('{"schemaVersion":1}', { 1: (old) => old });
    expect(await file.read()).toMatchObject({ type: 'setAside', report: { reason: 'migration from version 1 failed' } });
  });
});
