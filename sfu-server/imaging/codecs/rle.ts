import type { PixelLayout } from '#shared/domain/imaging/transferSyntaxes';
import { AppError } from '#shared/protocol/errors';

const HEADER_BYTES = 64;

/**
 * Decodes a frame in DICOM's RLE (PS3.5, annex G): one segment for each byte of each sample, the most significant first.
 * @returns the frame in little endian, samples of a pixel beside each other
 * @throws AppError `imaging.damaged`
 */
export function decodeRle(bytes: Uint8Array, { rows, columns, samplesPerPixel, bitsAllocated }: PixelLayout): Uint8Array {
  const bytesPerSample = bitsAllocated / 8;
  const pixels = rows * columns;
  if (bytes.byteLength < HEADER_BYTES) throw new AppError('imaging.damaged', 'RLE: the header is cut off');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = view.getUint32(0, true);
  if (count !== samplesPerPixel * bytesPerSample) throw new AppError('imaging.damaged', `RLE: ${count} segments where ${samplesPerPixel * bytesPerSample} are needed`);
  const out = new Uint8Array(pixels * samplesPerPixel * bytesPerSample);
  for (let segment = 0; segment < count; segment += 1) {
    const start = view.getUint32(4 + 4 * segment, true);
    const end = segment + 1 < count ? view.getUint32(8 + 4 * segment, true) : bytes.byteLength;
    if (start < HEADER_BYTES || end > bytes.byteLength || start > end) throw new AppError('imaging.damaged', 'RLE: a segment lies outside of the frame');
    const sample = Math.floor(segment / bytesPerSample);
    const byte = bytesPerSample - 1 - (segment % bytesPerSample);
    unpack(bytes.subarray(start, end), out, sample * bytesPerSample + byte, samplesPerPixel * bytesPerSample, pixels);
  }
  return out;
}

/** PackBits; of a segment that is padded nothing is read beyond its pixels. */
function unpack(segment: Uint8Array, out: Uint8Array, first: number, stride: number, pixels: number): void {
  let written = 0;
  let at = 0;
  while (written < pixels) {
    const head = segment[at];
    if (head === undefined) throw new AppError('imaging.damaged', `RLE: a segment ends after ${written} of ${pixels} pixels`);
    at += 1;
    if (head === 128) continue;
    const isLiteral = head < 128;
    const run = isLiteral ? head + 1 : 257 - head;
    for (let index = 0; index < run && written < pixels; index += 1, written += 1) {
      const value = segment[isLiteral ? at + index : at];
      if (value === undefined) throw new AppError('imaging.damaged', `RLE: a segment ends after ${written} of ${pixels} pixels`);
      out[first + written * stride] = value;
    }
    at += isLiteral ? run : 1;
  }
}
