import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../../sfu-server/storage/database.ts';
import { launchChromium } from '../../helpers/chromium.ts';
import { DicomwebClient, reasonsOf } from '../../helpers/imaging/dicomwebClient.ts';
import { ImagingHall } from '../../helpers/imaging/imagingHall.ts';
import { coloursOf, type Decoded, decodeWithPydicom, samplePaths, valuesOf } from '../../helpers/imaging/samples.ts';
import type { SweptFrame } from '../../helpers/imaging/sweepPage/sweep.ts';

interface Row {
  readonly file: string;
  /** `equal`, or `within 1` of a colour transform; `noPixels`; `refused`, with why; `WRONG`. */
  readonly outcome: string;
  readonly frames?: number;
  readonly difference?: number;
  readonly type?: string;
}

const repository = fileURLToPath(new URL('../../../', import.meta.url));

/** In real Chromium, over HTTP, with the client's own decoders in their own threads: what a reader's screen is made of. */
describe('sample files in the browser', () => {
  let database: Database;
  let images: ImagingHall;
  let browser: Browser;
  let page: Page;
  let folder: string;

  beforeAll(async () => {
    await build({ configFile: join(repository, 'test/helpers/imaging/sweepPage/vite.config.ts'), logLevel: 'error' });
    database = await openDatabase({ type: 'memory' }, () => undefined);
    images = await ImagingHall.open(database, {}, join(repository, 'dist/sweep'));
    folder = mkdtempSync(join(tmpdir(), 'huizhen-browser-sweep-'));
    browser = await launchChromium(['--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader']);
    page = await browser.newPage();
    await page.goto(images.url);
    await page.waitForFunction(() => typeof window.sweepCase === 'function');
  }, 240_000);
  afterAll(async () => {
    await browser.close();
    await images.close();
    await database.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('[IMG58] every sample file is held with pydicom’s values, or is refused with the reason; none with others', { timeout: 600_000 }, async () => {
    const rows: Row[] = [];
    for (const decoded of decodeWithPydicom(samplePaths(), folder)) rows.push(await look(decoded));
    const count = (outcome: RegExp) => rows.filter((row) => outcome.test(row.outcome)).length;
    const summary = { files: rows.length, equal: count(/^equal/), withinOne: count(/^within/), withoutPixels: count(/^noPixels/), refused: count(/^refused/), wrong: count(/^WRONG/) };
    const results = join(repository, 'bench-results');
    mkdirSync(results, { recursive: true });
    writeFileSync(join(results, 'imaging-samples-browser.json'), `${JSON.stringify({ summary, rows }, null, 1)}\n`);
    expect(rows.filter(({ outcome }) => outcome.startsWith('WRONG'))).toEqual([]);
    expect(rows.filter(({ outcome }) => outcome === 'refused: ' || outcome.includes('HANGS'))).toEqual([]);
    expect(summary.equal + summary.withinOne).toBeGreaterThan(80);
  });

  async function look(decoded: Decoded): Promise<Row> {
    const file = `${basename(dirname(decoded.path))}/${basename(decoded.path)}`;
    const caseId = await images.freshCase();
    const { body } = await new DicomwebClient(images.url, caseId, 'doctor').store([readFileSync(decoded.path)]);
    const [reason = ''] = reasonsOf(body);
    if (reason !== '') return { file, outcome: `refused: ${reason}` };
    const swept = await page.evaluate(([id, token]) => window.sweepCase(id, token), [caseId as string, 'doctor'] as const);
    if (swept.length === 0) return { file, outcome: 'noPixels' };
    if (decoded.file === undefined) return { file, outcome: `refused: pydicom has nothing to compare with (${decoded.error}); shown here` };
    let difference = 0;
    for (const one of swept) {
      if (!('values' in one)) return { file, outcome: `refused: ${one.code}: ${one.message}` };
      difference = Math.max(difference, apart(one, decoded, one.frame - 1));
    }
    const isColour = swept.some((one) => 'values' in one && one.isColour);
    const type = swept.map((one) => one.type)[0] ?? '';
    return { file, frames: swept.length, type, difference, outcome: difference === 0 ? 'equal' : isColour && difference <= 1 ? 'within 1' : 'WRONG' };
  }
});

function apart(swept: Extract<SweptFrame, { readonly values: string }>, decoded: Decoded, frame: number): number {
  const held = typed(swept.type, Buffer.from(swept.values, 'base64'));
  if (swept.isColour) return largest(held, coloursOf(decoded, frame) ?? valuesOf(decoded, frame));
  const stored = valuesOf(decoded, frame);
  if (!swept.isScaled) return largest(held, stored);
  return largest(held, Float32Array.from(stored, (value) => value * swept.slope + swept.intercept));
}

function typed(type: string, bytes: Buffer): ArrayLike<number> {
  const own = Uint8Array.from(bytes).buffer;
  const kinds = { Uint8Array, Int8Array, Uint8ClampedArray, Uint16Array, Int16Array, Uint32Array, Int32Array, Float32Array } as const;
  const Kind = kinds[type as keyof typeof kinds]; // what the page named
  if (Kind === undefined) throw new Error(`values of type ${type}`);
  return new Kind(own);
}

function largest(seen: ArrayLike<number>, wanted: ArrayLike<number>): number {
  if (seen.length !== wanted.length) return Number.POSITIVE_INFINITY;
  let difference = 0;
  for (let index = 0; index < seen.length; index += 1) difference = Math.max(difference, Math.abs((seen[index] ?? 0) - (wanted[index] ?? 0)));
  return difference;
}
