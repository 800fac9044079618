import 'fake-indexeddb/auto';
import { expect, it } from 'vitest';
import { caseIdSchema, consultIdSchema } from '#shared/domain/ids';
import { createCaseModel } from '../../../../renderer/state/cases/caseModel.ts';
import { NURSE } from '../../../helpers/cases/caseFixtures.ts';
import { FakeCaseServer } from '../../../helpers/cases/fakeCaseServer.ts';
import { createMachine } from '../../../helpers/cases/machine.ts';
import { NO_BLOBS, syncOf } from '../../../helpers/cases/syncedMachine.ts';

const CASE = caseIdSchema.parse('case-1');
const ID = '0f8fad5b-d9cb-469f-a165-70867728950e';
const about = { body: { category: 'controlRecord', title: '林 · S1', takenAtMs: 5, control: { consultId: consultIdSchema.parse('c-1'), part: 1, from: 3, to: 9, lastHash: 'a'.repeat(64) } }, fileName: 'r.ndjson', madeAtMs: 7 } as const;

async function openMachine(isReadOnly = false) {
  const server = new FakeCaseServer();
  server.addCase(CASE, { leaseUntilMs: 1e12 });
  const machine = createMachine();
  await machine.keyring.setUp(null);
  const kept: string[] = [];
  const blobs = { ...NO_BLOBS, hash: async () => 'b'.repeat(64), keepLocal: async () => void kept.push('kept'), nameOf: async () => 'blob-name' };
  const sync = syncOf(machine, server.request, {}, () => NURSE);
  await sync.refreshList();
  await sync.pull(CASE);
  const model = createCaseModel({ isReadOnly, store: machine.store, outbox: machine.outbox, blobs, sync, clock: machine.clock, newId: () => 'x', self: () => NURSE, isOnline: () => false });
  return { ...machine, server, sync, model, kept };
}

it('[CTL112] a document that the machine made goes into a case that nobody opened, after its file, and twice is once', async () => {
  const { model, outbox, server, sync, kept } = await openMachine();
  const file = new Blob(['{}\n'], { type: 'application/x-ndjson' });
  await model.keepMade(CASE, ID, file, about);
  await model.keepMade(CASE, ID, file, about);
  const written = await outbox.ofCase(CASE);
  expect(written).toMatchObject([{ needs: ['blob-name'], author: { id: NURSE.id }, change: { id: ID, madeAtMs: 7, operation: { type: 'create', itemId: ID, content: { kind: 'document', body: { ...about.body, attachment: { hash: 'b'.repeat(64), sizeBytes: 3, mediaType: 'application/x-ndjson', fileName: 'r.ndjson' } } } } } }]);
  expect(kept).toHaveLength(1);
  // The server has it, and the receipt was put away long ago.
  const [entry] = written;
  if (entry === undefined) throw new Error('nothing written');
  server.submit(entry.change);
  await sync.pull(CASE);
  await outbox.resolve(entry, null);
  await model.keepMade(CASE, ID, file, about);
  expect(await outbox.ofCase(CASE)).toEqual([]);
  expect(kept).toHaveLength(1);
});

it('[CTL112] [KEY6] a machine that keeps nothing hands over nothing, and says so', async () => {
  const { model, outbox } = await openMachine(true);
  await expect(model.keepMade(CASE, ID, new Blob(['x']), about)).rejects.toMatchObject({ code: 'vault.unprotected' });
  expect(await outbox.ofCase(CASE)).toEqual([]);
});
