import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { required } from '#shared/lib/assert';
import { openDatabase } from '../../../sfu-server/storage/database.ts';
import type { Database } from '../../../sfu-server/storage/database.ts';
import { ClientDecoder } from '../../helpers/imaging/clientDecoder.ts';
import { reasonsOf } from '../../helpers/imaging/dicomwebClient.ts';
import { ImagingHall } from '../../helpers/imaging/imagingHall.ts';
import { type Decoded, decodeWithPydicom, samplePaths, valuesOf } from '../../helpers/imaging/samples.ts';

interface Row {
  readonly file: string;
  /** `asStored`, `decodedByServer`: equal to pydicom; `noPixels`; `refused`, with why; `WRONG`. */
  readonly outcome: string;
  readonly frames?: number;
  readonly syntax?: string | undefined;
  readonly difference?: number;
  readonly seen?: string;
  readonly pydicom?: string | undefined;
}

describe('sample files that nobody here wrote', () => {
  let database: Database;
  let images: ImagingHall;
  let decoder: ClientDecoder;
  let folder: string;

  beforeAll(async () => {
    database = await openDatabase({ type: 'memory' }, () => undefined);
    images = await ImagingHall.open(database);
    decoder = await ClientDecoder.load();
    folder = mkdtempSync(join(tmpdir(), 'huizhen-samples-'));
  });
  afterAll(async () => {
    decoder.close();
    await images.close();
    await database.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('[IMG8] every one is shown with pydicom’s values, or is refused with the reason; none with others', { timeout: 600_000 }, async () => {
    const rows: Row[] = [];
    for (const decoded of decodeWithPydicom(samplePaths(), folder)) rows.push(await look(decoded));
    const count = (outcome: RegExp) => rows.filter((row) => outcome.test(row.outcome)).length;
    const summary = { files: rows.length, asStored: count(/^asStored/), decodedByServer: count(/^decodedByServer/), withoutPixels: count(/^noPixels/), refused: count(/^refused/), wrong: count(/^WRONG/) };
    const results = fileURLToPath(new URL('../../../bench-results/', import.meta.url));
    mkdirSync(results, { recursive: true });
    writeFileSync(join(results, 'imaging-samples.json'), `${JSON.stringify({ summary, rows }, null, 1)}\n`);
    expect(rows.filter(({ outcome }) => outcome.startsWith('WRONG'))).toEqual([]);
    expect(summary.asStored + summary.decodedByServer).toBeGreaterThan(80);
    expect(rows.filter(({ outcome }) => outcome === 'refused: ' || outcome.startsWith('clientFails'))).toEqual([]);
  });

  /** Stores a file and reads it as the client does. */
  async function look(decoded: Decoded): Promise<Row> {
    const file = `${basename(dirname(decoded.path))}/${basename(decoded.path)}`;
    const client = await images.afresh('doctor');
    const { status, body } = await client.store([readFileSync(decoded.path)]);
    const [reason = ''] = reasonsOf(body);
    if (status !== 200) return { file, outcome: `refused: ${reason}` };
    if (reason !== '') return { file, outcome: `refused: ${reason}` };
    const [metadata] = await client.json('/instances?includefield=all');
    const url = String(required(metadata?.['00081190']?.Value?.[0], 'the address'));
    const [whole] = await client.json(`${url}/metadata`);
    if (whole === undefined || whole['00280010'] === undefined || (whole['7FE00010'] ?? whole['7FE00008']) === undefined) return { file, outcome: 'noPixels' };
    if (decoded.file === undefined) return { file, outcome: `refused: pydicom has nothing to compare with (${decoded.error}); shown here` };
    const frames = Number(whole['00280008']?.Value?.[0] ?? 1);
    const syntax = String(whole['00083002']?.Value?.[0]);
    let difference = 0;
    for (let frame = 0; frame < frames; frame += 1) {
      const response = await client.ask(`${url}/frames/${frame + 1}`, 'application/octet-stream; transfer-syntax=*');
      if (response.status !== 200) return { file, outcome: `refused: ${((await response.json()) as { message: string }).message}` }; // a WireError
      const bytes = new Uint8Array(await response.arrayBuffer());
      const seen = await decoder.decode(whole, syntax, bytes).catch((error: unknown) => `${error}`);
      if (typeof seen === 'string') return { file, outcome: `clientFails: ${seen}`, syntax };
      difference = Math.max(difference, largest(seen, valuesOf(decoded, frame)));
    }
    const [instance] = await client.parts(url);
    const stored = /transfer-syntax=(.*)/.exec(instance?.type ?? '')?.[1];
    const isAsStored = stored === syntax || stored === '1.2.840.10008.1.2';
    return { file, outcome: difference === 0 ? (isAsStored ? 'asStored' : 'decodedByServer') : 'WRONG', frames, syntax: stored, ...(difference === 0 ? {} : { difference, seen: String(whole['00280004']?.Value?.[0]), pydicom: decoded.photometric }) };
  }
});

function largest(seen: ArrayLike<number>, wanted: ArrayLike<number>): number {
  if (seen.length !== wanted.length) return Number.POSITIVE_INFINITY;
  let difference = 0;
  for (let index = 0; index < seen.length; index += 1) difference = Math.max(difference, Math.abs((seen[index] ?? 0) - (wanted[index] ?? 0)));
  return difference;
}
