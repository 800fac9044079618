import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ManualClock } from '#shared/lib/clock';
import { required } from '#shared/lib/assert';
import { sweepImageObjects } from '../../../sfu-server/imaging/objectSweep.ts';
import { makeCine, makeCt } from '../../../sfu-server/demo/images.ts';
import { type Database, openDatabase } from '../../../sfu-server/storage/database.ts';
import { createImageObjects } from '../../../sfu-server/storage/imageObjects.ts';
import { ImagingHall } from '../../helpers/imaging/imagingHall.ts';

const PATIENT = { name: 'A^B', id: '1', dateText: '20260101' };
const DAY_MS = 24 * 3600_000;
const hashOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

describe('images that no case has any more', () => {
  let database: Database;
  let images: ImagingHall;

  beforeAll(async () => {
    database = await openDatabase({ type: 'memory' }, () => undefined);
    images = await ImagingHall.open(database);
  });
  afterAll(async () => {
    await images.close();
    await database.close();
  });

  /** The sweep as it is that long from now. */
  const sweepIn = (ms: number) => {
    const clock = new ManualClock(Date.now() + ms);
    return sweepImageObjects({ imageObjects: createImageObjects(database.db, clock), objects: images.objects, clock });
  };
  const isThere = (bytes: Uint8Array) => existsSync(images.objects.pathOf({ hash: hashOf(bytes) }));
  const slices = (key: string, count: number) => [...makeCt(key, PATIENT)].slice(0, count);

  it('[IMG48] go a day after, and those of other cases, of attachments and of what was just taken in stay', async () => {
    const [gone, stays] = [await images.newCase(), await images.newCase()];
    const [own, others] = [slices('gone', 3), slices('stays', 2)];
    expect((await images.client('doctor', gone).store(own)).status).toBe(200);
    expect((await images.client('doctor', stays).store(others)).status).toBe(200);
    // The third is an attachment of the other case too.
    const shared = required(own[2] ?? null, 'a slice');
    await database.db.insertInto('attachments').values({ case_id: stays, hash: hashOf(shared), size_bytes: shared.byteLength, media_type: 'application/dicom', begun_at_ms: 1, held_at_ms: 1 }).execute();
    expect(await sweepIn(2 * DAY_MS)).toBe(0);
    await database.db.deleteFrom('imaging_instances').where('case_id', '=', gone).execute();
    await database.db.deleteFrom('imaging_studies').where('case_id', '=', gone).execute();
    expect(await sweepIn(DAY_MS / 2)).toBe(0);
    expect(own.map(isThere)).toEqual([true, true, true]);
    expect(await sweepIn(2 * DAY_MS)).toBe(2);
    expect([own.map(isThere), others.map(isThere)]).toEqual([[false, false, true], [true, true]]);
    expect(await sweepIn(2 * DAY_MS)).toBe(0);
    // Taken in again it is there again.
    expect((await images.client('doctor', gone).store(own)).status).toBe(200);
    expect(own.map(isThere)).toEqual([true, true, true]);
  });

  it('[IMG48] what was refused after it had come goes too', async () => {
    const caseId = await images.newCase();
    const client = images.client('doctor', caseId);
    const [first, changed] = [makeCine('same uid', PATIENT), makeCine('same uid', { ...PATIENT, name: 'C^D' })];
    await client.store([first]);
    expect((await client.store([changed])).status).toBe(409);
    await sweepIn(2 * DAY_MS);
    expect([isThere(first), isThere(changed)]).toEqual([true, false]);
  });

  it('[IMG48] one that is taken in at the very instant of its removal stays, before and after it was asked about', async () => {
    const imageObjects = createImageObjects(database.db, new ManualClock(Date.now()));
    const { objects } = images;
    const bytes = makeCine('instant', PATIENT);
    const hash = hashOf(bytes);
    const takeIn = async () => {
      await imageObjects.note(hash);
      await objects.put(hash, bytes);
    };
    await takeIn();
    const later = Date.now() + DAY_MS;
    // Said before it is forgotten: it is not forgotten.
    await createImageObjects(database.db, new ManualClock(1)).note(hash);
    expect(await objects.removeIf(hash, async () => {
      await imageObjects.note(hash);
      return imageObjects.forget(hash, Date.now() - 1000);
    })).toBe(false);
    expect(isThere(bytes)).toBe(true);
    // Forgotten before: it is missing, and written anew.
    expect(await objects.removeIf(hash, async () => {
      const isForgotten = await imageObjects.forget(hash, later);
      await takeIn();
      return isForgotten;
    })).toBe(true);
    expect([isThere(bytes), await objects.size(hash)]).toEqual([true, bytes.byteLength]);
  });
});
