import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import dcmjs from 'dcmjs';
import { describe, expect, it } from 'vitest';
import { decodePlain } from '../../../sfu-server/imaging/codecs/decodePlain.ts';
import { blankComments } from '../../../sfu-server/imaging/deidentify/blankComments.ts';
import { deidentify } from '../../../sfu-server/imaging/deidentify/deidentify.ts';
import { parseFile, type ParsedFile } from '../../../sfu-server/imaging/dicom/parse.ts';
import { joined, type PixelPlan, readPixels } from '../../../sfu-server/imaging/dicom/pixels.ts';
import { samplePaths } from '../../helpers/imaging/samples.ts';

dcmjs.log.setLevel('silent');
const POLICY = { secret: 'of this installation', dates: 'removed', keepsDevice: true, masks: [] } as const;
const SECRET = 'SECRET-4711 was here';

interface Compressed {
  readonly path: string;
  readonly file: ParsedFile;
  readonly plan: PixelPlan;
  readonly frames: readonly Uint8Array[];
}

/** The compressed ones among the sample files that nobody here wrote. */
function compressedSamples(): Compressed[] {
  return samplePaths().flatMap((path): Compressed[] => {
    try {
      const file = parseFile(readFileSync(path));
      const plan = readPixels(file);
      return plan?.place.type === 'fragments' && plan.syntax !== 'rle' ? [{ path, file, plan, frames: plan.place.frames.map((pieces) => Uint8Array.from(joined(file.bytes, pieces))) }] : [];
    } catch {
      return []; // not a whole file of ours to read; the sweep of the store says so of each
    }
  });
}

const isJ2k = (frame: Uint8Array): boolean => frame[1] === 0x4f;

/** The same frame with a comment, and of a JPEG with a camera's notes and words behind its end. */
function withWords(frame: Uint8Array): Uint8Array {
  const words = Buffer.from(SECRET);
  const segment = (marker: number, content: Uint8Array) => Buffer.concat([Uint8Array.from([0xff, marker, (content.byteLength + 2) >> 8, (content.byteLength + 2) & 0xff]), content]);
  if (!isJ2k(frame)) return Buffer.concat([frame.subarray(0, 2), segment(0xe1, Buffer.concat([Buffer.from('Exif\0\0'), words])), segment(0xfe, words), segment(0xe0, Buffer.concat([Buffer.from('JFIF\0'), Uint8Array.from([1, 2, 0, 0, 1, 0, 1, 2, 2]), words])), frame.subarray(2), words]);
  const afterSize = 4 + ((frame[4] ?? 0) << 8) + (frame[5] ?? 0);
  return Buffer.concat([frame.subarray(0, afterSize), segment(0x64, Buffer.concat([Uint8Array.from([0, 1]), words])), frame.subarray(afterSize), words]);
}

describe('comments within compressed pictures', () => {
  const samples = compressedSamples();

  it('[IMG14] are blanked, and what a decoder makes of the picture is the same', { timeout: 300_000 }, async () => {
    expect(samples.length).toBeGreaterThan(20);
    const refused: string[] = [];
    let compared = 0;
    for (const { path, file, plan, frames } of samples) {
      const bytes = Uint8Array.from(file.bytes);
      try {
        for (const frame of frames) {
          const spoken = withWords(frame);
          expect([basename(path), blankComments(plan.syntax, spoken)]).toEqual([basename(path), true]);
          expect(Buffer.from(spoken).includes(SECRET.slice(0, 11))).toBe(false);
        }
        for (const [index, pieces] of (plan.place.type === 'fragments' ? plan.place.frames : []).entries()) {
          const frame = Uint8Array.from(frames[index] ?? []);
          blankComments(plan.syntax, frame);
          let at = 0;
          for (const [offset, length] of pieces) {
            bytes.set(frame.subarray(at, at + length), offset);
            at += length;
          }
        }
      } catch (error) {
        if ((error as { code?: string }).code !== 'imaging.notDisplayable') throw error;
        refused.push(basename(path));
        continue;
      }
      if (plan.delivery.type === 'refused') continue;
      const decoded = async (all: Uint8Array) => (await decodePlain({ ...file, bytes: all }, plan)).frames.map((frame) => Buffer.from(frame).toString('base64'));
      const before = await decoded(file.bytes).catch(() => null); // one that nobody decodes has nothing to compare
      if (before === null) continue;
      expect([basename(path), await decoded(bytes)]).toEqual([basename(path), before]);
      compared += 1;
    }
    // Not a codestream but a whole JP2 file, whose boxes may hold anything.
    expect(refused).toEqual(['GDCMJ2K_TextGBR.dcm']);
    expect(compared).toBeGreaterThan(20);
  });

  it('[IMG14] [IMG17] go from the copy, which says so; a frame that cannot be followed has none', async () => {
    const named = (name: string) => readFileSync(samples.find(({ path }) => basename(path) === name)?.path ?? name);
    for (const name of ['MR_small_jp2klossless.dcm', 'jpeg_lossless_sel1.dcm', 'JPEG-lossy.dcm', 'MR_small_jpeg_ls_lossless.dcm']) {
      const dictionary = dcmjs.data.DicomMessage.readFile(Uint8Array.from(named(name)).buffer);
      dictionary.dict['00280301'] = { vr: 'CS', Value: ['NO'] };
      const pixels = dictionary.dict['7FE00010'];
      const frames = (pixels?.Value ?? []) as ArrayBuffer[]; // as the package gives compressed pixels
      const words = frames.map((frame) => withWords(new Uint8Array(frame)));
      dictionary.dict['7FE00010'] = { vr: 'OB', Value: words.map((frame) => Uint8Array.from(frame.byteLength % 2 === 0 ? frame : [...frame, 0]).buffer) };
      const spoken = new Uint8Array(dictionary.write({ fragmentMultiframe: false, allowInvalidVRLength: true }));
      expect(Buffer.from(spoken).includes('SECRET-4711')).toBe(true);
      const { file, report } = await deidentify(spoken, POLICY);
      expect([name, Buffer.from(file).includes('SECRET-4711')]).toEqual([name, false]);
      expect(report.elements).toEqual(expect.arrayContaining([expect.objectContaining({ tag: '7FE00010', action: 'emptied' })]));
      const broken = Uint8Array.from(spoken);
      const at = Buffer.from(broken).indexOf(Uint8Array.from(words[0]?.subarray(0, 4) ?? [])) + 2;
      broken[at] = 0x01;
      await expect(deidentify(broken, POLICY)).rejects.toMatchObject({ code: expect.stringMatching(/^imaging\./) as string });
    }
  });
});
