import 'fake-indexeddb/auto';
import { describe, expect, it } from 'vitest';
import { caseIdSchema, caseItemIdSchema } from '#shared/domain/ids';
import { ManualClock } from '#shared/lib/clock';
import type { WorkerLike } from '../../../../renderer/storage/cases/blobWorkers.ts';
import { createBlobs } from '../../../../renderer/storage/cases/blobs.ts';
import type { BlobRequest } from '../../../../renderer/workers/blobMessages.ts';
import { changeOf, NURSE } from '../../../helpers/cases/caseFixtures.ts';
import { createMachine } from '../../../helpers/cases/machine.ts';

const caseId = caseIdSchema.parse('case-1');
const photograph = (letter: string) => ({ hash: letter.repeat(64), sizeBytes: 3, mediaType: 'image/png', fileName: 'a.png' });

/** The worker's disk, with nothing in its files. */
function fakeDisk() {
  const files = new Set<string>();
  const disk = { files, open, onKept: (): Promise<void> => Promise.resolve() };
  function open(): WorkerLike {
    const listeners = new Set<(event: { readonly data: unknown }) => void>();
    return {
      async postMessage(message) {
        const { id, request } = message as { id: number; request: BlobRequest }; // as the page sends it
        if (request.type === 'keep') files.add(request.name);
        if (request.type === 'remove') for (const name of request.names) files.delete(name);
        const value = request.type === 'list' ? [...files].map((name) => ({ name, bytes: 3 })) : null;
        if (request.type === 'keep') await disk.onKept();
        queueMicrotask(() => listeners.forEach((listener) => void listener({ data: { type: 'done', id, value } })));
      },
      addEventListener: (_type, listener) => void listeners.add(listener),
      terminate: () => undefined,
    };
  }
  return disk;
}

async function machineWithPhotographs() {
  const clock = new ManualClock(10_000_000);
  const machine = createMachine({ clock });
  await machine.keyring.setUp(null);
  const disk = fakeDisk();
  const blobs = createBlobs({ ...machine, openWorker: disk.open });
  const keep = async (letter: string) => {
    await blobs.keepLocal(caseId, photograph(letter), new Blob(['abc']));
    return blobs.nameOf(caseId, photograph(letter).hash);
  };
  const addChange = async (id: string, letter: string, name: string) => {
    const change = changeOf(id, caseId, { type: 'create', itemId: caseItemIdSchema.parse(id), content: { kind: 'document', body: { category: 'photograph', title: id, takenAtMs: 1, attachment: photograph(letter) } }, text: null });
    await machine.outbox.add(change, [name], NURSE);
    return { change, author: NURSE };
  };
  return { ...machine, clock, disk, blobs, keep, addChange };
}

describe('objects made on this machine', () => {
  it('[OFF5] go with the last change that needs them', async () => {
    const { outbox, database, disk, blobs, keep, addChange } = await machineWithPhotographs();
    const [shared, alone] = [await keep('a'), await keep('b')];
    const first = await addChange('first', 'a', shared);
    const second = await addChange('second', 'a', shared);
    await addChange('third', 'b', alone);
    await outbox.resolve(first, null);
    await blobs.removeUnneeded([shared]);
    expect([...disk.files].sort()).toEqual([shared, alone].sort());
    await outbox.resolve(second, null);
    await blobs.removeUnneeded([shared]);
    expect([[...disk.files], await database.blobs.toCollection().primaryKeys()]).toEqual([[alone], [alone]]);
  });

  it('[OFF6] are swept up when no change was ever kept for them, and not while one may still come', async () => {
    const { clock, disk, blobs, keep, addChange } = await machineWithPhotographs();
    const [orphan, wanted] = [await keep('a'), await keep('b')];
    await addChange('one', 'b', wanted);
    await blobs.removeStrays();
    expect(disk.files.size).toBe(2);
    clock.advance(2 * 3_600_000);
    await blobs.removeStrays();
    expect([...disk.files]).toEqual([wanted]);
    expect(disk.files.has(orphan)).toBe(false);
  });

  it('[OFF2] are not taken for left over by another window that opens while they are written', async () => {
    const { clock, disk, blobs, keep, addChange, ...machine } = await machineWithPhotographs();
    const other = createBlobs({ ...machine, clock, openWorker: disk.open });
    disk.onKept = async () => void (await other.removeStrays());
    const name = await keep('a');
    await addChange('one', 'a', name);
    expect([...disk.files]).toEqual([name]);
    expect(await blobs.isHere(caseId, photograph('a'))).toBe(true);
  });

  it('[OFF2] are not here before they are written, and are written again after a machine died in between', async () => {
    const { disk, blobs, keep } = await machineWithPhotographs();
    disk.onKept = () => new Promise(() => undefined); // the machine dies, and nothing answers
    void keep('a');
    await expect.poll(() => disk.files.size).toBe(1);
    expect(await blobs.isHere(caseId, photograph('a'))).toBe(false);
    disk.files.clear();
    disk.onKept = async () => undefined;
    const name = await keep('a');
    expect([[...disk.files], await blobs.isHere(caseId, photograph('a'))]).toEqual([[name], true]);
  });

  it('[KEY3] are not said to be kept when the machine was wiped while they were written', async () => {
    const { disk, blobs, keep, database } = await machineWithPhotographs();
    disk.onKept = () => blobs.removeAll();
    await expect(keep('a')).rejects.toMatchObject({ code: 'case.wiped' });
    expect(await database.blobs.count()).toBe(0);
  });
});
