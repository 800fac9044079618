import type { PixelLayout, TransferSyntaxName } from '#shared/domain/imaging/transferSyntaxes';
import { AppError } from '#shared/protocol/errors';
import { Decoder as LosslessDecoder } from 'jpeg-lossless-decoder-js';
import { readJpegFacts, withPlainColours } from './codestream.ts';
import { decodeRle } from './rle.ts';
import { decodeWith, type RawFrame } from './wasmCodecs.ts';

/**
 * Decodes a compressed frame into the layout `as`, little endian, samples of a pixel beside each other.
 * @param from the layout that the file says
 * @throws AppError `imaging.damaged`, `imaging.notDisplayable`: never values that nobody vouches for
 */
export async function decodeFrame(syntax: TransferSyntaxName, compressed: Uint8Array, from: PixelLayout, as: PixelLayout): Promise<Uint8Array> {
  if (syntax === 'rle') return decodeRle(compressed, from);
  return fit(await decodeRaw(syntax, compressed, from), as);
}

async function decodeRaw(syntax: TransferSyntaxName, compressed: Uint8Array, from: PixelLayout): Promise<RawFrame> {
  switch (syntax) {
    case 'jpegBaseline':
    case 'jpegExtended': {
      const facts = readJpegFacts(compressed);
      if (facts !== null && facts.precision !== 8) throw new AppError('imaging.notDisplayable', `JPEG of ${facts.precision} bits, for which there is no decoder that was found right`);
      return decodeWith('jpeg', from.samplesPerPixel === 3 ? withPlainColours(compressed, from.photometric === 'RGB') : compressed);
    }
    case 'jpegLossless':
    case 'jpegLosslessFirstOrder':
      return decodeLossless(compressed);
    case 'jpegLsLossless':
    case 'jpegLsNearLossless':
      return decodeWith('jpegLs', compressed);
    case 'jpeg2000Lossless':
    case 'jpeg2000':
      return decodeWith('jpeg2000', compressed);
    case 'htj2kLossless':
    case 'htj2kLosslessRpcl':
    case 'htj2k':
      return decodeWith('htj2k', compressed);
    default:
      throw new AppError('internal.bug', `${syntax} is not compressed`);
  }
}

function decodeLossless(compressed: Uint8Array): RawFrame {
  const facts = readJpegFacts(compressed);
  if (facts === null || facts.process !== 0xc3) throw new AppError('imaging.damaged', 'the frame is no lossless JPEG');
  try {
    const decoded = new LosslessDecoder().decode(compressed.buffer as ArrayBuffer, compressed.byteOffset, compressed.byteLength, facts.precision <= 8 ? 1 : 2); // the worker shares no memory
    return { bytes: new Uint8Array(decoded.buffer, decoded.byteOffset, decoded.byteLength), rows: facts.rows, columns: facts.columns, components: facts.components, precision: facts.precision, isSigned: false, isPlanar: false };
  } catch (error) {
    throw new AppError('imaging.damaged', 'the frame is no lossless JPEG that can be decoded', { cause: error });
  }
}

/** The frame in a layout: samples widened or taken as signed; a frame of another size is no frame of this image. */
function fit(raw: RawFrame, as: PixelLayout): Uint8Array {
  const { rows, columns, components, precision } = raw;
  if (rows !== as.rows || columns !== as.columns || components !== as.samplesPerPixel) throw new AppError('imaging.damaged', `the frame holds ${columns}×${rows}×${components} where the header says ${as.columns}×${as.rows}×${as.samplesPerPixel}`);
  if (precision > as.bitsAllocated) throw new AppError('imaging.damaged', `the frame has ${precision} bits where the header allocates ${as.bitsAllocated}`);
  const samples = rows * columns * components;
  const sourceBytes = precision <= 8 ? 1 : 2;
  if (raw.bytes.byteLength < samples * sourceBytes) throw new AppError('imaging.damaged', 'the frame is cut off');
  const targetBytes = as.bitsAllocated / 8;
  const isSame = sourceBytes === targetBytes && !raw.isPlanar && raw.isSigned === as.isSigned;
  if (isSame) return raw.bytes.subarray(0, samples * sourceBytes);
  const source = new DataView(raw.bytes.buffer, raw.bytes.byteOffset, raw.bytes.byteLength);
  const out = new DataView(new ArrayBuffer(samples * targetBytes));
  const shift = 32 - precision;
  const pixels = rows * columns;
  for (let index = 0; index < samples; index += 1) {
    const from = raw.isPlanar ? (index % components) * pixels + Math.floor(index / components) : index;
    const bits = sourceBytes === 1 ? source.getUint8(from) : source.getUint16(2 * from, true);
    const value = as.isSigned ? (bits << shift) >> shift : (bits << shift) >>> shift;
    if (targetBytes === 1) out.setUint8(index, value);
    else if (targetBytes === 2) out.setUint16(2 * index, value, true);
    else out.setUint32(4 * index, value, true);
  }
  return new Uint8Array(out.buffer);
}
