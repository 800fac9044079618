import { describe, expect, it } from 'vitest';
import { caseChangeIdSchema, caseItemIdSchema } from '#shared/domain/ids';
import type { CaseChange } from '#shared/protocol/cases';
import { NURSE } from '../../../helpers/cases/caseFixtures.ts';
import { CASE, createBlobMachine, FakeObjects } from '../../../helpers/cases/blobMachine.ts';
import { createMachine } from '../../../helpers/cases/machine.ts';

const change = (number: number): CaseChange => ({ id: caseChangeIdSchema.parse(`change-${number}`), caseId: CASE, madeAtMs: number, operation: { type: 'retract', itemId: caseItemIdSchema.parse('a'), reason: `${number}` } });

async function machineWith(...numbers: readonly number[]) {
  const machine = createMachine();
  await machine.keyring.setUp(null);
  for (const number of numbers) await machine.outbox.add(change(number), [], NURSE);
  return machine;
}

const idsOf = async ({ outbox }: Pick<Awaited<ReturnType<typeof machineWith>>, 'outbox'>) => (await outbox.all()).entries.map(({ change: { id } }) => id);

describe('the journal', () => {
  it('[OFF12] gives back what is unsent in the order of making, once, and says how much it was', async () => {
    const machine = await machineWith(1, 2, 3);
    const [, second] = (await machine.outbox.all()).entries;
    if (!second) throw new Error('three were kept');
    await machine.outbox.keepReceipts([second], [{ changeId: second.change.id, status: 'held', revision: 7, heldAtMs: 1 }]);
    await machine.database.delete();
    const after = machine.restart();
    await after.keyring.unlock(null);
    expect(await idsOf(after)).toEqual(['change-1', 'change-3']);
    expect((await after.database.meta.get('recovery'))?.value).toEqual({ atMs: 0, unsent: 2 });
    after.database.close();
    const again = machine.restart();
    await again.keyring.unlock(null);
    expect(await idsOf(again)).toEqual(['change-1', 'change-3']);
  });

  it('[OFF12] [OFF5] gives back nothing that its author threw away', async () => {
    const machine = await machineWith(1, 2);
    const [first] = (await machine.outbox.all()).entries;
    if (!first) throw new Error('two were kept');
    await machine.outbox.resolve(first, null);
    await machine.database.delete();
    const after = machine.restart();
    await after.keyring.unlock(null);
    expect(await idsOf(after)).toEqual(['change-2']);
  });

  it('[OFF12] [KEY3] is emptied by a wipe', async () => {
    const machine = await machineWith(1);
    await machine.keyring.forgetAll();
    await machine.database.delete();
    const after = machine.restart();
    expect(await after.keyring.state()).toEqual({ type: 'unset', kind: 'vault' });
    expect(await after.database.outbox.count()).toBe(0);
  });

  it('[OFF12] a change that a dying machine wrote to the journal only is not taken over by a living database', async () => {
    const machine = await machineWith(1);
    const [row] = await machine.database.outbox.toArray();
    if (!row) throw new Error('one was kept');
    await machine.journal.put({ outbox: [{ ...row, changeId: 'never-kept', order: 2 }] });
    machine.database.close();
    const next = machine.restart();
    await next.keyring.unlock(null);
    expect(await idsOf(next)).toEqual(['change-1']);
    await next.database.delete();
    const after = machine.restart();
    await after.keyring.unlock(null);
    expect(await idsOf(after)).toEqual(['change-1']);
  });

  it('[OFF12] a change that another tab is about to write is left to it', async () => {
    const machine = await machineWith(1);
    const [row] = await machine.database.outbox.toArray();
    if (!row) throw new Error('one was kept');
    const fresh = { ...row, changeId: 'of-another-tab', order: 2, madeAtMs: 59_000 }; // the journal's clock stands at 0
    await machine.journal.put({ outbox: [fresh] });
    const starting = machine.restart();
    await starting.keyring.unlock(null);
    await machine.database.outbox.put(fresh);
    await machine.database.delete();
    const after = machine.restart();
    await after.keyring.unlock(null);
    expect((await after.database.outbox.toArray()).map(({ changeId }) => changeId)).toEqual(['change-1', 'of-another-tab']);
  });

  it('[OFF12] [OFF3] a photograph that was not sent is still there with its change, is neither swept up nor evicted, and is whole', async () => {
    const server = new FakeObjects();
    const machine = await createBlobMachine(server);
    const photograph = server.add(4000);
    await machine.blobs.keepLocal(CASE, photograph, new Blob([server.contents.get(photograph.hash) ?? '']));
    const name = await machine.blobs.nameOf(CASE, photograph.hash);
    await machine.outbox.add(change(1), [name], NURSE);
    await machine.database.delete();
    const after = machine.restart();
    await after.keyring.unlock(null);
    const blobs = machine.blobsOf(after);
    expect(await blobs.removeStrays()).toBe(0);
    expect(Buffer.from(await (await blobs.read(CASE, photograph)).arrayBuffer())).toEqual(server.contents.get(photograph.hash));
    expect((await blobs.evictable()).length).toBe(0);
  });
});
