import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { CaseSummary } from '#shared/domain/caseFile';
import type { CaseDatabase } from '../../../../renderer/storage/cases/caseDatabase.ts';
import { summaryOf } from '../../../helpers/cases/caseFixtures.ts';
import { createMachine } from '../../../helpers/cases/machine.ts';

const COUNT = 600;
const summaries: readonly CaseSummary[] = Array.from({ length: COUNT }, (_, index) => ({ ...summaryOf(`case-${index}`), patientName: `欧阳${index}`, leaseUntilMs: 1e12 }));
const first = summaryOf('case-0').id;

async function listed() {
  const machine = createMachine();
  await machine.keyring.setUp(null);
  await machine.store.keepList(summaries, 1000);
  return machine;
}

/** The program started again, with nothing remembered. */
async function again(machine: Awaited<ReturnType<typeof listed>>) {
  machine.database.close();
  const next = machine.restart();
  await next.keyring.unlock(null);
  return next;
}

/** One bit of the last byte. */
async function damage(database: CaseDatabase, number: number): Promise<void> {
  const row = await database.shelves.get(number);
  if (!row) throw new Error(`there is no shelf ${number}`);
  await database.shelves.put({ number, sealed: row.sealed.map((byte, index) => (index === row.sealed.byteLength - 1 ? byte ^ 1 : byte)) });
}

const idsOn = (value: unknown) => z.array(z.object({ id: z.string() })).parse(value).map(({ id }) => id);

describe('summaries of cases of which only the list tells', () => {
  it('[KEY1] lie on few shelves, unreadable without the key, and are all there after a start', async () => {
    const machine = await listed();
    const rows = await machine.database.shelves.toArray();
    expect(rows).toHaveLength(3);
    for (const { sealed } of rows) expect(new TextDecoder().decode(sealed)).not.toContain('欧阳');
    expect((await machine.database.cases.toArray()).every(({ sealed }) => sealed === null)).toBe(true);
    const next = await again(machine);
    const { cases, unreadable } = await next.store.list();
    expect(unreadable).toBe(0);
    expect(new Map(cases.map(({ summary }) => [summary.id, summary]))).toEqual(new Map(summaries.map((summary) => [summary.id, summary])));
    next.keyring.lock();
    await expect(next.store.list()).rejects.toMatchObject({ code: 'case.locked' });
  });

  it('a list that is newer replaces every shelf, and a case that left it is on none', async () => {
    const machine = await listed();
    expect(await machine.store.keepList(summaries.slice(500), 2000)).toHaveLength(500);
    const rows = await machine.database.shelves.toArray();
    const open = await Promise.all(rows.map(({ number, sealed }) => machine.cipher.openJson(machine.keyring.deviceKey, `shelf ${number}`, sealed)));
    expect(open.flatMap(idsOn)).toEqual(summaries.slice(500).map(({ id }) => id));
  });

  it('[OFF8] one of a newer version is counted, keeps its copy and its place, and harms no other', async () => {
    const machine = await listed();
    const [one, two, ...others] = summaries;
    if (!one || !two) throw new Error('two are needed');
    await machine.store.keepChanges(one, [], 1, 1500); // of this one something is here, of the other only the list tells
    const newer = [one, two].map(({ id, revision, leaseUntilMs }) => ({ id, revision, leaseUntilMs, patient: { name: '新的写法' } }));
    expect(await machine.store.keepList([...newer, ...others], 2000)).toEqual([]);
    expect(await machine.store.list()).toMatchObject({ cases: { length: COUNT - 2 }, unreadable: 2 });
    await expect(machine.store.one(one.id)).rejects.toMatchObject({ code: 'case.newerRecord' });
    await machine.keyring.caseKey(one.id, null); // its key is not given up
    // Another on its shelf goes; it stays, as it came.
    const third = others[0];
    if (!third) throw new Error('a third is needed');
    await machine.store.remove([third.id]);
    const next = await again(machine);
    expect(await next.store.list()).toMatchObject({ cases: { length: COUNT - 3 }, unreadable: 2 });
    const [shelf] = await next.database.shelves.toArray();
    expect(shelf && z.array(z.looseObject({})).parse(await next.cipher.openJson(next.keyring.deviceKey, 'shelf 0', shelf.sealed))).toContainEqual(newer[1]);
  });

  it('[OFF8] a damaged shelf takes no case along of which something is here, and no other shelf', async () => {
    const machine = await listed();
    const [one] = summaries;
    if (!one) throw new Error('there is one');
    await machine.store.keepChanges({ ...one, question: '改过的问题' }, [], 1, 2000);
    await machine.store.keepList(summaries.map((summary) => (summary.id === first ? { ...summary, question: '再改过的问题' } : summary)), 3000);
    const next = await again(machine);
    await damage(next.database, 1);
    const { cases, unreadable } = await next.store.list();
    expect(unreadable).toBe(256);
    expect(cases).toHaveLength(COUNT - 256);
    expect((await next.store.one(first))?.summary.question).toBe('再改过的问题');
    await next.database.shelves.clear();
    expect((await next.store.list()).cases.map(({ summary }) => summary.id)).toEqual([first]);
  });

  it('what is damaged while the program runs is not shown from memory', async () => {
    const machine = await listed();
    expect((await machine.store.list()).unreadable).toBe(0);
    await damage(machine.database, 0);
    expect((await machine.store.list()).unreadable).toBe(256);
  });

  it('[KEY3] a case that is removed is removed from its shelf too', async () => {
    const machine = await listed();
    const [one] = summaries;
    if (!one) throw new Error('there is one');
    await machine.store.keepChanges(one, [], 1, 2000); // fetched after the list had come
    const next = await again(machine);
    await next.keyring.forget([first]);
    await next.store.remove([first]);
    const rows = await next.database.shelves.toArray();
    const open = await Promise.all(rows.map(({ number, sealed }) => next.cipher.openJson(next.keyring.deviceKey, `shelf ${number}`, sealed)));
    expect(open.flatMap(idsOn)).toEqual(summaries.slice(1).map(({ id }) => id));
    expect((await next.store.list()).cases).toHaveLength(COUNT - 1);
    await next.store.removeAll();
    expect(await next.database.shelves.count()).toBe(0);
  });

  it('rows from before there were shelves are read as they are', async () => {
    const machine = createMachine();
    await machine.keyring.setUp(null);
    const [one] = summaries;
    if (!one) throw new Error('there is one');
    const sealed = await machine.cipher.sealJson(machine.keyring.deviceKey, `summary ${one.id}`, one);
    await machine.database.cases.put({ id: one.id, revision: 0, asOfMs: 1, lastOpenedMs: 0, isPinned: 0, sizeBytes: 0, sealed });
    expect((await machine.store.list()).cases.map(({ summary }) => summary)).toEqual([one]);
    await machine.store.keepList([one], 2000);
    expect(await machine.database.cases.get(one.id)).toMatchObject({ sealed: null });
    expect((await machine.store.list()).cases.map(({ summary }) => summary)).toEqual([one]);
  });
});
