import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '#shared/lib/clock';
import { parseFile } from '../../../../sfu-server/imaging/dicom/parse.ts';
import { Inflated } from '../../../../sfu-server/imaging/worker/inflated.ts';
import { samplePaths } from '../../../helpers/imaging/samples.ts';

describe('a deflated file', () => {
  it('[IMG4] is read and inflated once for all of its frames that are asked for', async () => {
    const path = samplePaths().find((one) => one.endsWith('image_dfl.dcm')) ?? '';
    const reads: string[] = [];
    const clock = new ManualClock();
    const inflated = new Inflated(clock);
    const ask = (name: string) =>
      inflated.of(name, async () => {
        reads.push(name);
        return readFileSync(path);
      });
    const first = await ask('a');
    expect(Buffer.from(first).equals(Buffer.from(parseFile(readFileSync(path)).bytes))).toBe(true);
    expect(await ask('a')).toBe(first);
    await ask('b');
    await ask('a');
    expect(reads).toEqual(['a', 'b', 'a']); // one at a time
    clock.advance(11_000);
    await ask('a');
    expect(reads.length).toBe(4); // nobody asked for long: it is not kept
  });
});
