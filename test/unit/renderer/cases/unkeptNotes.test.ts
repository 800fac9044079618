import 'fake-indexeddb/auto';
import { XmlText } from 'yjs';
import { describe, expect, it } from 'vitest';
import { NOTE_TEXT_FIELD } from '#shared/domain/caseFile';
import { caseIdSchema, caseItemIdSchema } from '#shared/domain/ids';
import type { Party } from '#shared/domain/people';
import { AppError } from '#shared/protocol/errors';
import { openNote as documentOf } from '../../../../renderer/services/cases/noteText.ts';
import { createCaseModel } from '../../../../renderer/state/cases/caseModel.ts';
import type { OpenNote } from '../../../../renderer/state/cases/openNotes.ts';
import { changeOf, EXPERT, NURSE } from '../../../helpers/cases/caseFixtures.ts';
import { FakeCaseServer } from '../../../helpers/cases/fakeCaseServer.ts';
import { createMachine } from '../../../helpers/cases/machine.ts';
import { NO_BLOBS, syncOf } from '../../../helpers/cases/syncedMachine.ts';

const NOTE = caseItemIdSchema.parse('note-1');
const CASE = caseIdSchema.parse('case-1');
const RETRY_MS = 5000;

/** A machine with the model over its real outbox; `isFull` is the disk's word. */
async function machineWithNote() {
  const server = new FakeCaseServer();
  server.addCase(CASE, { leaseUntilMs: 1e12 });
  server.submit(changeOf('begun', CASE, { type: 'create', itemId: NOTE, content: { kind: 'note', body: { title: '查房' } }, text: null }));
  const machine = createMachine();
  await machine.keyring.setUp(null);
  const disk = { isFull: false, self: NURSE as Party | null };
  const outbox: typeof machine.outbox = {
    ...machine.outbox,
    add: (...change) => (disk.isFull ? Promise.reject(new AppError('storage.full', 'no room left on this machine')) : machine.outbox.add(...change)),
  };
  const sync = syncOf(machine, server.request, {}, () => disk.self);
  await sync.refreshList();
  await sync.pull(CASE);
  let made = 0;
  const model = createCaseModel({ isReadOnly: false, store: machine.store, outbox, blobs: NO_BLOBS, sync, clock: machine.clock, newId: () => `made-${(made += 1)}`, self: () => disk.self, isOnline: () => false });
  const open = async (): Promise<OpenNote> => {
    model.open(CASE);
    await expect.poll(() => model.store.getState().phase).toBe('open');
    return model.openNote(NOTE);
  };
  const written = async () => (await machine.outbox.ofCase(CASE)).map(({ author, change: { operation } }) => [author.id, operation.type === 'mergeText' ? textOf(documentOf(null, [operation.update]).document) : operation.type]);
  return { ...machine, server, sync, model, disk, open, written };
}

const textOf = (document: OpenNote['document']) => document.getXmlFragment(NOTE_TEXT_FIELD).toString();
const type = (note: OpenNote, text: string) => void note.document.getXmlFragment(NOTE_TEXT_FIELD).push([new XmlText(text)]);
const unkeptOf = ({ model }: Awaited<ReturnType<typeof machineWithNote>>) => model.unkept.getState().notes;

describe('text of a note that the disk does not take', () => {
  it('[OFF11] outlives the note and the case in memory, is shown as not kept, and is on the disk when there is room', async () => {
    const machine = await machineWithNote();
    const note = await machine.open();
    machine.disk.isFull = true;
    type(note, '血压回升');
    note.close();
    machine.model.close();
    await expect.poll(() => unkeptOf(machine)).toMatchObject([{ caseId: CASE, itemId: NOTE, author: { id: NURSE.id }, error: { code: 'storage.full' } }]);
    machine.clock.advance(RETRY_MS);
    await expect.poll(() => machine.clock.pendingTimers).toBeGreaterThan(0); // tried in vain, and again later
    machine.disk.isFull = false;
    machine.clock.advance(RETRY_MS);
    await expect.poll(() => unkeptOf(machine)).toEqual([]);
    expect(await machine.written()).toEqual([[NURSE.id, '血压回升']]);
  });

  it('[OFF11] is there again when the note is opened again, and is kept once', async () => {
    const machine = await machineWithNote();
    machine.disk.isFull = true;
    const first = await machine.open();
    type(first, '第一句');
    first.close();
    await expect.poll(() => unkeptOf(machine).length).toBe(1);
    const again = await machine.open();
    expect(textOf(again.document)).toBe('第一句');
    machine.disk.isFull = false;
    type(again, '第二句');
    await again.flush();
    expect(unkeptOf(machine)).toEqual([]);
    const kept = (await machine.outbox.ofCase(CASE)).flatMap(({ change: { operation } }) => (operation.type === 'mergeText' ? [operation.update] : []));
    expect(textOf(documentOf(null, kept).document)).toBe('第一句第二句');
  });

  it('[OFF11] [OFF10] is its author’s after a sign-out: kept under their name, and not shown to who signs in next', async () => {
    const machine = await machineWithNote();
    const note = await machine.open();
    machine.disk.isFull = true;
    type(note, '护士所写');
    machine.keyring.lock();
    machine.disk.self = null;
    note.close();
    machine.model.close();
    await expect.poll(() => unkeptOf(machine).length).toBe(1);
    machine.disk.self = EXPERT;
    await machine.keyring.unlock(null);
    const other = await machine.open();
    expect(textOf(other.document)).toBe('');
    machine.disk.isFull = false;
    machine.model.retryUnkept();
    await expect.poll(() => unkeptOf(machine)).toEqual([]);
    expect(await machine.written()).toEqual([[NURSE.id, '护士所写']]);
    expect(machine.model.store.getState().outbox.filter(({ author }) => author.id === EXPERT.id)).toEqual([]);
  });

  it('[OFF11] [KEY3] goes with a wipe', async () => {
    const machine = await machineWithNote();
    const note = await machine.open();
    machine.disk.isFull = true;
    type(note, '将被擦除');
    note.close();
    await expect.poll(() => unkeptOf(machine).length).toBe(1);
    machine.server.mustWipe = true;
    await machine.sync.refreshList();
    expect(unkeptOf(machine)).toEqual([]);
  });
});
