import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { required } from '#shared/lib/assert';
import { type CopiedInstance, seriesCopySchema } from '#shared/protocol/imaging';
import { piecesOf } from '../../../renderer/services/imaging/copies/seriesCopies.ts';
import { type Database, openDatabase } from '../../../sfu-server/storage/database.ts';
import { makeCt, uidOf } from '../../../sfu-server/demo/images.ts';
import type { DicomwebClient } from '../../helpers/imaging/dicomwebClient.ts';
import { ImagingHall } from '../../helpers/imaging/imagingHall.ts';
import { samplePaths } from '../../helpers/imaging/samples.ts';

const PATIENT = { name: 'A^B', id: '1', dateText: '20260101' };

describe('a series as a machine copies it', () => {
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

  const copyOf = async (client: DicomwebClient, series: string) => seriesCopySchema.parse(await (await client.ask(`${series}/copy`)).json()).instances;
  const bytesOf = async (response: Response) => Buffer.from(await response.arrayBuffer());
  const cut = (content: Buffer, instance: CopiedInstance, frame: number) => Buffer.concat((piecesOf(instance, frame) ?? []).map(([from, length]) => content.subarray(from, from + length)));

  it('[IMG47] of every sample file, its frames lie in the copy as they go out, in the same transfer syntax', { timeout: 600_000 }, async () => {
    const seen = { asTheyCame: 0, decoded: 0, withoutPictures: 0 };
    for (const path of samplePaths()) {
      const client = await images.afresh('doctor');
      const file = readFileSync(path);
      if ((await client.store([file])).status !== 200) continue;
      const [instance] = await client.json('/instances?includefield=all');
      const url = String(required(instance?.['00081190']?.Value?.[0], 'the address'));
      const [copied] = await copyOf(client, url.replace(/\/instances\/.*$/, ''));
      const one = required(copied ?? null, 'the instance');
      const content = await bytesOf(await client.ask(`${url}/copy`));
      expect([createHash('sha256').update(content).digest('hex'), content.byteLength], path).toEqual([one.hash, one.sizeBytes]);
      if (one.frames === null) {
        seen.withoutPictures += 1;
        if (one.refusal !== '') expect((await client.ask(`${url}/frames/1`, 'application/octet-stream; transfer-syntax=*')).status, path).not.toBe(200);
        expect(content.equals(file), path).toBe(true);
        continue;
      }
      seen[content.equals(file) ? 'asTheyCame' : 'decoded'] += 1;
      const frames = one.frames.type === 'even' ? one.frames.count : one.frames.places.length;
      expect(one.syntax, path).toBe(String(instance?.['00083002']?.Value?.[0]));
      for (const frame of new Set([1, Math.ceil(frames / 2), frames])) {
        const response = await client.ask(`${url}/frames/${frame}`, 'application/octet-stream; transfer-syntax=*');
        expect(response.headers.get('content-type'), path).toContain(`transfer-syntax=${one.syntax}`);
        expect((await bytesOf(response)).equals(cut(content, one, frame)), `${path}, frame ${frame} of ${frames}`).toBe(true);
      }
      // From the middle, as after a connection that broke.
      const from = Math.floor(content.byteLength / 3);
      const rest = await fetch(`${url}/copy`, { headers: { authorization: 'Bearer doctor', range: `bytes=${from}-` } });
      expect([rest.status, (await bytesOf(rest)).equals(content.subarray(from))], path).toEqual([206, true]);
    }
    expect(seen.asTheyCame).toBeGreaterThan(30);
    expect(seen.decoded).toBeGreaterThan(10);
  });

  it('[IMG47] [IMG1] is for who reads the case as it is: not for an observer, and not for strangers', async () => {
    const caseId = await images.newCase();
    const slice = required([...makeCt(`copy ${caseId}`, PATIENT)][0] ?? null, 'a slice');
    await images.client('doctor', caseId).store([slice]);
    const series = `/studies/${uidOf(`copy ${caseId} study ct`)}/series/${uidOf(`copy ${caseId} series ct`)}`;
    const statusFor = async (name: string, path: string) => (await images.client(name, caseId).ask(path)).status;
    for (const path of [`${series}/copy`, `${series}/instances/${uidOf(`copy ${caseId} ct 0`)}/copy`, `${series.slice(0, series.indexOf('/series'))}/held`]) {
      expect([await statusFor('expert', path), await statusFor('observer', path), await statusFor('stranger', path)], path).toEqual([200, 403, 404]);
    }
    expect(await statusFor('expert', `${series.slice(0, -1)}/copy`)).toBe(404);
  });
});
