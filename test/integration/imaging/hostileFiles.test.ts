import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDice } from '#shared/lib/seededRandom';
import { makeCine, makeCt } from '../../../sfu-server/demo/images.ts';
import { type Database, openDatabase } from '../../../sfu-server/storage/database.ts';
import { reasonsOf } from '../../helpers/imaging/dicomwebClient.ts';
import { ImagingHall } from '../../helpers/imaging/imagingHall.ts';
import { samplePaths } from '../../helpers/imaging/samples.ts';

const ALTERATIONS = 2000;
const SEED = 20_261_121;
const PATIENT = { name: 'A^B', id: '1', dateText: '20260101' };

/** One way or another of not being the file it was; mostly in its header, where everything else hangs on. */
function alter(original: Uint8Array, random: (below: number) => number): Uint8Array {
  const bytes = Uint8Array.from(original);
  const place = () => (random(4) === 0 ? random(bytes.byteLength) : 132 + random(Math.min(2000, bytes.byteLength - 132)));
  switch (random(6)) {
    case 0:
      return bytes.subarray(0, random(bytes.byteLength));
    case 1:
      bytes[place()] = random(256);
      return bytes;
    case 2:
      for (let count = 1 + random(8); count > 0; count -= 1) bytes[place()] = random(256);
      return bytes;
    case 3:
      bytes.fill(random(2) === 0 ? 0 : 255, place(), place() + 4);
      return bytes;
    case 4: {
      const at = place();
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(Math.min(bytes.byteLength, at + 1 + random(64)))]);
    }
    default: {
      const at = place();
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at, at + 1 + random(200)), bytes.subarray(at)]);
    }
  }
}

describe('files that are cut off, altered or hostile', () => {
  let database: Database;
  let images: ImagingHall;

  beforeAll(async () => {
    database = await openDatabase({ type: 'memory' }, () => undefined);
    images = await ImagingHall.open(database, { jobLimitMs: 20_000 });
  });
  afterAll(async () => {
    await images.close();
    await database.close();
  });

  it(`[IMG4] ${ALTERATIONS} alterations of sample files: each is stored and read, or refused with what is wrong`, { timeout: 900_000 }, async () => {
    const random = createDice(SEED);
    const originals = samplePaths().map((path) => readFileSync(path)).filter((file) => file.byteLength > 400 && file.byteLength < 200_000 && file.subarray(128, 132).toString() === 'DICM');
    expect(originals.length).toBeGreaterThan(80);
    let client = await images.afresh('doctor');
    const outcomes = new Map<string, number>();
    const count = (outcome: string) => outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    for (let index = 0; index < ALTERATIONS; index += 1) {
      if (index % 20 === 0) client = await images.afresh('doctor');
      const original = originals[random(originals.length)] ?? Buffer.alloc(0);
      const { status, body } = await client.storeOne(alter(original, random));
      if (status !== 200) {
        const [reason = ''] = reasonsOf(body);
        expect([index, status, reason]).toEqual([index, 409, expect.stringMatching(/^imaging\.(notDicom|damaged|unsupported|otherContent): ./)]);
        count(reason.split(':')[0] ?? '');
        continue;
      }
      const [item] = (body['00081199']?.Value ?? []) as { '00081190': { Value: [string] } }[]; // the instance that was stored
      const url = item?.['00081190'].Value[0] ?? '';
      for (const path of index % 4 === 0 ? ['/metadata', '/frames/1', '/rendered'] : ['/frames/1']) {
        const answer = await client.ask(`${url}${path}`);
        await answer.arrayBuffer();
        expect([index, path, answer.status < 500]).toEqual([index, path, true]);
      }
      count('stored');
    }
    expect(outcomes.get('imaging.damaged')).toBeGreaterThan(200);
    expect(outcomes.get('stored')).toBeGreaterThan(200);
    expect(readdirSync(join(images.folder, 'uploads'))).toEqual([]);
  });

  it('[IMG4] bombs end their own request: deflated, nested, and one that takes all the memory it can get', { timeout: 300_000 }, async () => {
    const client = await images.afresh('doctor');
    const meta = (syntax: string) => {
      const uid = Buffer.from(`${syntax}${syntax.length % 2 === 1 ? '\0' : ''}`);
      const element = Buffer.concat([Buffer.from([2, 0, 0x10, 0, 0x55, 0x49, uid.byteLength, 0]), uid]);
      return Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), Buffer.from([2, 0, 0, 0, 0x55, 0x4c, 4, 0, element.byteLength, 0, 0, 0]), element]);
    };
    const reasonOf = async (file: Uint8Array) => reasonsOf((await client.storeOne(file)).body);
    expect(await reasonOf(Buffer.concat([meta('1.2.840.10008.1.2.1.99'), deflateRawSync(Buffer.alloc(900_000_000))]))).toEqual([expect.stringMatching(/deflated data set is larger|takes too long/)]);
    const opening = Buffer.from([8, 0, 0x40, 0x11, 0x53, 0x51, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xfe, 0xff, 0, 0xe0, 0xff, 0xff, 0xff, 0xff]);
    expect(await reasonOf(Buffer.concat([meta('1.2.840.10008.1.2.1'), ...Array.from({ length: 200_000 }, () => opening)]))).toEqual([expect.stringMatching(/^imaging.damaged: /)]);
    const empty = Buffer.alloc(8 * 12_000_000);
    for (let index = 0; index < 12_000_000; index += 1) {
      empty.writeUInt16LE(0x11 + 2 * (index >> 16), index * 8);
      empty.writeUInt16LE(index & 0xffff, index * 8 + 2);
      empty.write('US', index * 8 + 4, 'latin1');
    }
    expect(await reasonOf(Buffer.concat([meta('1.2.840.10008.1.2.1'), empty]))).toEqual([expect.stringMatching(/^imaging.damaged: /)]);
    expect((await client.storeOne(makeCine('after', PATIENT))).status).toBe(200);
  });

  it('[IMG9] of a request that breaks off, what came whole is stored', async () => {
    const client = await images.afresh('doctor');
    const [first, second] = makeCt('broken', PATIENT);
    const boundary = 'b';
    const whole = Buffer.concat([Buffer.from(`--${boundary}\r\nContent-Type: application/dicom\r\n\r\n`), first ?? '', Buffer.from(`\r\n--${boundary}\r\nContent-Type: application/dicom\r\n\r\n`), second ?? ''].map((part) => Buffer.from(part)));
    const answer = await client.storeBody(whole.subarray(0, whole.byteLength - 500), `multipart/related; boundary=${boundary}`);
    expect(answer.status).toBe(400);
    expect((await client.json('/instances')).length).toBe(1);
  });
});
