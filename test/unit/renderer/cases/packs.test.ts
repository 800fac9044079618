import { expect, it } from 'vitest';
import { createRandom } from '#shared/lib/seededRandom';
import { planPacks, PACK_BYTES } from '../../../../renderer/storage/cases/packs.ts';
import { CHUNK_BYTES, storedBytes } from '../../../../renderer/workers/blobFormat.ts';
import { beforeEachWrite } from '../../../helpers/cases/beforeEachWrite.ts';
import { CASE, createBlobMachine, FakeObjects, remote } from '../../../helpers/cases/blobMachine.ts';

const SLICES = 12;
const quiet = () => undefined;

function manySlices(server: FakeObjects, count = SLICES) {
  return Array.from({ length: count }, (_, index) => server.add(1000 + index));
}

it('[OFF1] small objects lie side by side in packs that end, large ones by themselves', () => {
  let made = 0;
  const places = planPacks([{ sizeBytes: 10 }, { sizeBytes: CHUNK_BYTES + 1 }, ...Array.from({ length: 40 }, () => ({ sizeBytes: CHUNK_BYTES }))], () => `pack-${(made += 1)}`);
  expect(places[0]).toEqual({ name: 'pack-1', at: 0 });
  expect(places[1]).toBeNull();
  expect(places[2]).toEqual({ name: 'pack-1', at: storedBytes(10) });
  for (const [index, place] of places.entries()) if (index > 2) expect((place?.at ?? 0) + storedBytes(CHUNK_BYTES)).toBeLessThanOrEqual(PACK_BYTES);
  expect(new Set(places.map((place) => place?.name)).size).toBe(made + 1);
  expect(made).toBe(2);
});

it('[OFF1] a scan is one file, confirmed by the disk once, and each slice of it reads as it was', async () => {
  const server = new FakeObjects();
  const slices = manySlices(server);
  const { blobs, disk } = await createBlobMachine(server);
  const told: number[] = [];
  await blobs.fetchAll(CASE, slices, remote, (bytes) => told.push(bytes));
  expect(disk.contents.size).toBe(1);
  expect(disk.flushes).toBe(1);
  expect(disk.open.size).toBe(0);
  expect(told.at(-1)).toBe(slices.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0));
  for (const slice of slices) expect(Buffer.from(await (await blobs.read(CASE, slice)).arrayBuffer())).toEqual(server.contents.get(slice.hash));
  expect(await blobs.missing(CASE, slices)).toEqual([]);
});

it('[ATT5] one that is damaged, gone or cut off on the way harms no other', async () => {
  const server = new FakeObjects();
  const slices = manySlices(server);
  const [damaged, gone] = slices;
  if (!damaged || !gone) throw new Error('there are slices');
  server.contents.set(damaged.hash, Buffer.alloc(damaged.sizeBytes));
  server.contents.delete(gone.hash);
  const { blobs } = await createBlobMachine(server);
  await expect(blobs.fetchAll(CASE, slices, remote, quiet)).rejects.toMatchObject({ code: expect.stringMatching(/attachment.damaged|record.notFound/) });
  expect((await blobs.missing(CASE, slices)).map(({ hash }) => hash)).toEqual([damaged.hash, gone.hash]);
  for (const slice of slices.slice(2)) expect((await blobs.read(CASE, slice)).size).toBe(slice.sizeBytes);
});

it('[ATT5] one that the disk gives back damaged is fetched anew, the others of its pack are not', async () => {
  const server = new FakeObjects();
  const slices = manySlices(server);
  const { blobs, disk, database } = await createBlobMachine(server);
  await blobs.fetchAll(CASE, slices, remote, quiet);
  const victim = slices[5];
  if (!victim) throw new Error('there are slices');
  const row = await database.blobs.get(await blobs.nameOf(CASE, victim.hash));
  const pack = disk.contents.get(row?.pack?.name ?? '');
  if (!row?.pack || !pack) throw new Error('it is packed');
  const at = row.pack.at + storedBytes(victim.sizeBytes) - 1;
  pack[at] = (pack[at] ?? 0) ^ 1;
  await expect(blobs.read(CASE, victim)).rejects.toMatchObject({ code: 'attachment.damaged' });
  expect(await blobs.missing(CASE, slices)).toEqual([victim]);
  server.asked.length = 0;
  await blobs.fetchAll(CASE, slices, remote, quiet);
  expect(server.asked).toEqual([victim.hash]);
  expect((await blobs.read(CASE, victim)).size).toBe(victim.sizeBytes);
});

it('[ATT5] a pack that is cut off names what it lost and shows the rest', async () => {
  const server = new FakeObjects();
  const slices = manySlices(server);
  const { blobs, disk } = await createBlobMachine(server);
  await blobs.fetchAll(CASE, slices, remote, quiet);
  for (const [name, bytes] of disk.contents) disk.contents.set(name, bytes.slice(0, bytes.length - 100));
  const [last] = slices.slice(-1);
  if (!last) throw new Error('there are slices');
  await expect(blobs.read(CASE, last)).rejects.toMatchObject({ code: 'attachment.cutOff' });
  for (const slice of slices.slice(0, -1)) expect((await blobs.read(CASE, slice)).size).toBe(slice.sizeBytes);
});

it('[OFF1] a machine that is killed at any instant of a copy goes on, fetches nothing twice that lies there, and leaves nothing over', async () => {
  const random = createRandom(7);
  let killedInAll = 0;
  for (let run = 0; run < 40; run += 1) {
    const server = new FakeObjects();
    const slices = manySlices(server, 8);
    const made = await createBlobMachine(server);
    let left = Math.floor(random() * 40);
    let isDead = false;
    const step = () => {
      left -= 1;
      if (left < 0) isDead = true;
      if (isDead) throw new Error('killed');
    };
    made.disk.onStep = step;
    const dying = made.restart();
    await dying.keyring.unlock(null);
    beforeEachWrite(dying.database, step);
    // A dead program is waited for no longer: of its workers nothing is heard.
    const ended = made.blobsOf(dying).fetchAll(CASE, slices, remote, quiet).then(
      () => undefined,
      (error: unknown) => {
        if (!isDead) throw error;
      },
    );
    await ended;
    if (isDead) killedInAll += 1;
    made.disk.onStep = quiet;
    made.disk.powerOff();
    const after = made.restart();
    await after.keyring.unlock(null);
    const blobs = made.blobsOf(after);
    await blobs.removeStrays();
    const lying = new Set(made.disk.contents.keys());
    for (const { pack } of await after.database.blobs.toArray()) lying.delete(pack?.name ?? '');
    expect([...lying], `run ${run}: left over`).toEqual([]);
    for (const slice of slices) if (await blobs.isHere(CASE, slice)) expect((await blobs.read(CASE, slice)).size).toBe(slice.sizeBytes);
    await blobs.fetchAll(CASE, slices, remote, quiet);
    expect(await blobs.missing(CASE, slices)).toEqual([]);
    for (const slice of slices) expect(Buffer.from(await (await blobs.read(CASE, slice)).arrayBuffer()), `run ${run}`).toEqual(server.contents.get(slice.hash));
    // One whose writing was cut in two is fetched a second time, and those whose answers were on their way.
    expect(server.asked.length, `run ${run}`).toBeLessThanOrEqual(slices.length + 2);
    expect(made.disk.contents.size).toBe(1);
    for (const { database } of [made, dying, after]) database.close();
  }
  expect(killedInAll).toBeGreaterThan(13); // the instants do fall within the work
}, 120_000);

it('[OFF6] a pack goes with the last of what is in it, and room is made by whole packs, the longest unused first', async () => {
  const server = new FakeObjects();
  const { blobs, disk, clock } = await createBlobMachine(server);
  const older = manySlices(server, 3);
  const newer = manySlices(server, 3);
  await blobs.fetchAll(CASE, older, remote, quiet);
  clock.advance(1000);
  await blobs.fetchAll(CASE, newer, remote, quiet);
  expect((await blobs.evictable()).map(({ keys }) => keys.length)).toEqual([3, 3]);
  clock.advance(1000);
  const [seen] = older;
  if (!seen) throw new Error('there are slices');
  await blobs.read(CASE, seen);
  const [first] = await blobs.evictable();
  expect(new Set(first?.keys)).toEqual(new Set(await Promise.all(newer.map(({ hash }) => blobs.nameOf(CASE, hash)))));
  expect(first?.sizeBytes).toBe(newer.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0));
  const [one, ...others] = first?.keys ?? [];
  await blobs.remove([one ?? '']);
  expect(disk.contents.size).toBe(2);
  await blobs.remove(others);
  expect(disk.contents.size).toBe(1);
  expect((await blobs.missing(CASE, older)).length).toBe(0);
});

it('[OFF1] packs without a row are removed, packs with one stay', async () => {
  const server = new FakeObjects();
  const { blobs, disk } = await createBlobMachine(server);
  await blobs.fetchAll(CASE, manySlices(server), remote, quiet);
  disk.contents.set('pack-0', new Uint8Array(10));
  expect(await blobs.removeStrays()).toBe(1);
  expect(disk.contents.size).toBe(1);
});

it('[KEY3] a wipe in the midst of a copy leaves no file and no row, also when another window wipes', async () => {
  for (const where of ['here', 'in another window'] as const) {
    const server = new FakeObjects();
    const slices = manySlices(server);
    const { blobs, disk, database, keyring, machine, blobsOf } = await createBlobMachine(server);
    const wiping = where === 'here' ? blobs : blobsOf(machine);
    let wipe: Promise<void> | null = null;
    server.onAsked = async () => {
      if (server.asked.length !== 5) return;
      await keyring.forgetAll();
      wipe = wiping.removeAll();
      if (where === 'in another window') await wipe;
    };
    await expect(blobs.fetchAll(CASE, slices, remote, quiet), where).rejects.toMatchObject({ code: expect.stringMatching(/case.leaseEnded|network.closed/) });
    await wipe;
    expect(disk.contents.size, where).toBe(0);
    expect(await database.blobs.count(), where).toBe(0);
    expect(disk.open.size).toBe(0);
  }
});

it('[OFF1] one slice that somebody wants to see now is fetched beside the rest of its pack, once', async () => {
  const server = new FakeObjects();
  const slices = manySlices(server);
  const { blobs, disk } = await createBlobMachine(server);
  let release = (): void => undefined;
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const wanted = slices.at(-1);
  if (!wanted) throw new Error('there are slices');
  let begun = (): void => undefined;
  const underWay = new Promise<void>((resolve) => {
    begun = resolve;
  });
  server.onAsked = (hash) => {
    begun();
    return hash === wanted.hash ? undefined : gate;
  };
  const all = blobs.fetchAll(CASE, slices, remote, quiet);
  await underWay;
  await blobs.fetchAll(CASE, [wanted], remote, quiet);
  expect(Buffer.from(await (await blobs.read(CASE, wanted)).arrayBuffer())).toEqual(server.contents.get(wanted.hash));
  release();
  await all;
  expect(server.asked.filter((hash) => hash === wanted.hash)).toHaveLength(1);
  expect(disk.contents.size).toBe(1);
  expect(await blobs.missing(CASE, slices)).toEqual([]);
});
