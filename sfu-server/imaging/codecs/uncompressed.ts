import type { PixelLayout } from '#shared/domain/imaging/transferSyntaxes';
import { AppError } from '#shared/protocol/errors';
import { frameBytes } from '../dicom/pixels.ts';

/** Where a frame lies from the first one's first byte: whole bytes, and within the first of them the bit that it begins with. */
export function frameSpan(layout: PixelLayout, frame: number): { readonly start: number; readonly end: number; readonly firstBit: number } {
  const size = frameBytes(layout);
  const start = Math.floor(frame * size);
  return { start, end: Math.ceil((frame + 1) * size), firstBit: (frame * size - start) * 8 };
}

/**
 * One frame of uncompressed pixel data, little endian: swapped, unpacked, put beside each other, upsampled.
 * @param span the bytes of `frameSpan`
 * @throws AppError `imaging.damaged` when the frame is not all there
 */
export function cutFrame(span: Uint8Array, firstBit: number, from: PixelLayout, isBigEndian: boolean): Uint8Array {
  if (from.bitsAllocated === 1) return unpackBits(span, firstBit, from.rows * from.columns);
  if (span.byteLength < frameBytes(from)) throw new AppError('imaging.damaged', 'the frame is cut off');
  const cut = Uint8Array.from(span);
  if (isBigEndian && from.bitsAllocated === 16) Buffer.from(cut.buffer).swap16();
  if (isBigEndian && from.bitsAllocated === 32) Buffer.from(cut.buffer).swap32();
  if (from.photometric === 'YBR_FULL_422') return upsample(cut);
  return from.samplesPerPixel === 3 && from.planar === 1 ? interleave(cut, from.bitsAllocated / 8) : cut;
}

/** Bits, the least significant first, as bytes of 0 and 1. */
function unpackBits(bytes: Uint8Array, firstBit: number, count: number): Uint8Array {
  const out = new Uint8Array(count);
  for (let index = 0; index < count; index += 1) {
    const bit = firstBit + index;
    const byte = bytes[bit >> 3];
    if (byte === undefined) throw new AppError('imaging.damaged', 'the frame is cut off');
    out[index] = (byte >> (bit & 7)) & 1;
  }
  return out;
}

function interleave(planes: Uint8Array, bytesPerSample: number): Uint8Array {
  const pixels = planes.byteLength / 3 / bytesPerSample;
  const out = new Uint8Array(planes.byteLength);
  for (let pixel = 0; pixel < pixels; pixel += 1) {
    for (let sample = 0; sample < 3; sample += 1) {
      for (let byte = 0; byte < bytesPerSample; byte += 1) out[(pixel * 3 + sample) * bytesPerSample + byte] = planes[(sample * pixels + pixel) * bytesPerSample + byte] ?? 0;
    }
  }
  return out;
}

/** Y1 Y2 Cb Cr of two neighbours as Y1 Cb Cr Y2 Cb Cr (PS3.3 C.7.6.3.1.2). */
function upsample(packed: Uint8Array): Uint8Array {
  const out = new Uint8Array((packed.byteLength / 2) * 3);
  for (let pair = 0; pair * 4 + 3 < packed.byteLength; pair += 1) {
    const [first = 0, second = 0, blue = 0, red = 0] = packed.subarray(pair * 4, pair * 4 + 4);
    out.set([first, blue, red, second, blue, red], pair * 6);
  }
  return out;
}
