import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeFrame } from '../../../../sfu-server/imaging/codecs/decodeFrame.ts';
import { ClientDecoder } from '../../../helpers/imaging/clientDecoder.ts';

interface Encoder {
  getDecodedBuffer(frame: object): Uint8Array;
  setQuality(isReversible: boolean, step: number): void;
  encode(): void;
  getEncodedBuffer(): Uint8Array;
}

const require = createRequire(import.meta.url);
const [ROWS, COLUMNS] = [37, 50];
const LAYOUTS = [
  { bits: 8, isSigned: false }, { bits: 12, isSigned: false }, { bits: 16, isSigned: false }, { bits: 16, isSigned: true },
] as const;

/** No sample file has this syntax: frames are made here, reversibly, and have to come back as they were. */
describe('HTJ2K', () => {
  let decoder: ClientDecoder;
  let encoderOf: new () => Encoder;
  beforeAll(async () => {
    decoder = await ClientDecoder.load();
    // The package's own JavaScript, which has no types.
    const factory = require('@cornerstonejs/codec-openjph/wasmjs') as (options: object) => Promise<{ HTJ2KEncoder: new () => Encoder }>;
    encoderOf = (await factory({ wasmBinary: readFileSync(require.resolve('@cornerstonejs/codec-openjph/wasm')) })).HTJ2KEncoder;
  });
  afterAll(() => decoder.close());

  it.each(LAYOUTS)('[IMG8] $bits bits, signed $isSigned: client and server decode what was encoded', async ({ bits, isSigned }) => {
    const count = ROWS * COLUMNS;
    const values = Array.from({ length: count }, (_, index) => {
      const bit = (index * 2_654_435_761) % 2 ** bits;
      return isSigned ? bit - 2 ** (bits - 1) : bit;
    });
    const samples = bits === 8 ? Uint8Array.from(values) : isSigned ? Int16Array.from(values) : Uint16Array.from(values);
    const encoder = new encoderOf();
    encoder.getDecodedBuffer({ width: COLUMNS, height: ROWS, bitsPerSample: bits, componentCount: 1, isSigned, isUsingColorTransform: false }).set(new Uint8Array(samples.buffer));
    encoder.setQuality(true, 0);
    encoder.encode();
    const compressed = Uint8Array.from(encoder.getEncodedBuffer());
    const us = (value: number) => ({ vr: 'US', Value: [value] });
    const allocated = bits === 8 ? 8 : 16;
    const metadata = { '00280002': us(1), '00280004': { vr: 'CS', Value: ['MONOCHROME2'] }, '00280010': us(ROWS), '00280011': us(COLUMNS), '00280100': us(allocated), '00280101': us(bits), '00280103': us(isSigned ? 1 : 0) };
    expect(Array.from(await decoder.decode(metadata, '1.2.840.10008.1.2.4.201', compressed))).toEqual(values);
    const layout = { rows: ROWS, columns: COLUMNS, samplesPerPixel: 1, bitsAllocated: allocated, bitsStored: bits, isSigned, isFloat: false, photometric: 'MONOCHROME2', planar: 0 as const };
    expect(Buffer.from(await decodeFrame('htj2kLossless', compressed, layout, layout)).equals(Buffer.from(samples.buffer))).toBe(true);
  });
});
