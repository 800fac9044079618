import { isLossySyntax, isServedAsIs, type PixelLayout, TRANSFER_SYNTAXES, type TransferSyntaxName } from '#shared/domain/imaging/transferSyntaxes';
import { AppError } from '#shared/protocol/errors';
import type { DataSet, Element } from 'dicom-parser';
import { differsFromHeader } from '../codecs/codestream.ts';
import type { ParsedFile } from './parse.ts';

/** Where a frame's bytes are: offset and length, in order; one pair unless it came in fragments. */
export type FrameBytes = readonly (readonly [offset: number, length: number])[];

/** What the server knows of an instance's pixels without its file. */
export interface PixelPlan {
  readonly syntax: TransferSyntaxName;
  readonly layout: PixelLayout;
  readonly frames: number;
  /** `contiguous`: uncompressed, one after the other from `offset`, in bits where a pixel has one. `fragments`: one entry a frame. */
  readonly place: { readonly type: 'contiguous'; readonly offset: number } | { readonly type: 'fragments'; readonly frames: readonly FrameBytes[] };
  /** How frames go out; `decoded`: as Explicit VR Little Endian in the layout `as`. `refused`: with the reason. */
  readonly delivery: { readonly type: 'asIs' } | { readonly type: 'decoded'; readonly as: PixelLayout } | { readonly type: 'refused'; readonly reason: string };
  readonly isLossy: boolean;
}

const MAX_FRAMES = 20_000;
const MAX_FRAGMENTS = 100_000;
const SEGMENTATION = '1.2.840.10008.5.1.4.1.1.66.4';
const COMPRESSED: readonly TransferSyntaxName[] = ['rle', 'jpegBaseline', 'jpegExtended', 'jpegLossless', 'jpegLosslessFirstOrder', 'jpegLsLossless', 'jpegLsNearLossless', 'jpeg2000Lossless', 'jpeg2000', 'htj2kLossless', 'htj2kLosslessRpcl', 'htj2k'];

/** The pixels of a parsed file; null: it has none. @throws AppError `imaging.damaged` when the file does not hold what it says */
export function readPixels(file: ParsedFile): PixelPlan | null {
  const { dataSet, syntax } = file;
  const element = dataSet.elements['x7fe00010'] ?? dataSet.elements['x7fe00008'] ?? dataSet.elements['x7fe00009'];
  if (element === undefined) return null;
  const layout = readLayout(dataSet, element.tag !== 'x7fe00010');
  const frames = Number(dataSet.string('x00280008') ?? '1');
  if (!Number.isInteger(frames) || frames < 1) throw new AppError('imaging.damaged', 'the number of frames (0028,0008) is no number');
  if (frames > MAX_FRAMES) throw new AppError('imaging.unsupported', `more than ${MAX_FRAMES} frames`);
  const isEncapsulated = COMPRESSED.includes(syntax);
  if (isEncapsulated !== (element.encapsulatedPixelData === true)) throw new AppError('imaging.damaged', 'the pixel data are not laid out as the transfer syntax says');
  const place = isEncapsulated ? { type: 'fragments' as const, frames: framesOf(file, element, frames) } : contiguous(element, layout, frames);
  return { syntax, layout, frames, place, delivery: chooseDelivery(file, layout, place), isLossy: isLossySyntax(syntax) || dataSet.string('x00282110') === '01' };
}

/** Bytes of one frame as it lies uncompressed; not whole where a pixel has one bit. */
export function frameBytes({ rows, columns, samplesPerPixel, bitsAllocated, photometric }: PixelLayout): number {
  const isHalved = photometric === 'YBR_FULL_422' || photometric === 'YBR_PARTIAL_422';
  return (rows * columns * (isHalved ? 2 : samplesPerPixel) * bitsAllocated) / 8;
}

function readLayout(dataSet: DataSet, isFloat: boolean): PixelLayout {
  const number = (tag: string, name: string): number => {
    const value = dataSet.uint16(tag);
    if (value === undefined) throw new AppError('imaging.damaged', `the file has pixels and does not say its ${name}`);
    return value;
  };
  const layout: PixelLayout = {
    rows: number('x00280010', 'rows (0028,0010)'),
    columns: number('x00280011', 'columns (0028,0011)'),
    samplesPerPixel: number('x00280002', 'samples per pixel (0028,0002)'),
    bitsAllocated: number('x00280100', 'bits allocated (0028,0100)'),
    bitsStored: isFloat ? number('x00280100', 'bits allocated') : number('x00280101', 'bits stored (0028,0101)'),
    isSigned: dataSet.uint16('x00280103') === 1,
    isFloat,
    photometric: dataSet.string('x00280004')?.trim() ?? '',
    planar: dataSet.uint16('x00280006') === 1 ? 1 : 0,
  };
  const { rows, columns, samplesPerPixel, bitsAllocated, bitsStored } = layout;
  if (rows === 0 || columns === 0) throw new AppError('imaging.damaged', 'an image without rows or columns');
  if (samplesPerPixel !== 1 && samplesPerPixel !== 3) throw new AppError('imaging.unsupported', `${samplesPerPixel} samples per pixel`);
  if (![1, 8, 16, 32, 64].includes(bitsAllocated)) throw new AppError('imaging.unsupported', `${bitsAllocated} bits allocated`);
  if (bitsStored < 1 || bitsStored > bitsAllocated) throw new AppError('imaging.damaged', `${bitsStored} bits stored of ${bitsAllocated}`);
  if (layout.photometric === '') throw new AppError('imaging.damaged', 'the file has pixels and does not say what they mean (0028,0004)');
  return layout;
}

function contiguous(element: Element, layout: PixelLayout, frames: number): PixelPlan['place'] {
  const needed = Math.ceil(frameBytes(layout) * frames);
  if (element.length < needed) throw new AppError('imaging.damaged', `the pixel data are cut off: ${element.length} bytes of ${needed}`);
  return { type: 'contiguous', offset: element.dataOffset };
}

/** Assigns fragments to frames (PS3.5, A.4): one to one, by the offset tables, or all to the only frame. */
function framesOf({ dataSet, bytes }: ParsedFile, element: Element, frames: number): readonly FrameBytes[] {
  const fragments = element.fragments ?? [];
  if (fragments.length > MAX_FRAGMENTS) throw new AppError('imaging.unsupported', `more than ${MAX_FRAGMENTS} fragments`);
  if (fragments.length < frames) throw new AppError('imaging.damaged', `the pixel data are cut off: ${fragments.length} fragments for ${frames} frames`);
  for (const { position, length } of fragments) if (position + length > bytes.byteLength) throw new AppError('imaging.damaged', 'the pixel data are cut off within a frame');
  const placed = fragments.map(({ position, length }) => [position, length] as const);
  if (frames === 1) return [placed];
  if (fragments.length === frames) return placed.map((one) => [one]);
  const [starts, ends] = extendedOffsets(dataSet, frames) ?? [element.basicOffsetTable ?? [], null];
  if (starts.length !== frames) throw new AppError('imaging.damaged', `${fragments.length} fragments for ${frames} frames, and no offset table that says which is whose`);
  const first = fragments[0]?.offset ?? 0;
  return starts.map((start, index) => {
    const end = ends?.[index] ?? starts[index + 1] ?? Number.POSITIVE_INFINITY;
    const own = placed.filter((_, at) => {
      const offset = (fragments[at]?.offset ?? 0) - first;
      return offset >= start && offset < end;
    });
    if (own.length === 0) throw new AppError('imaging.damaged', `the offset table points to no fragment for frame ${index + 1}`);
    return own;
  });
}

/** The Extended Offset Table (7FE0,0001), from before the pixel data. */
function extendedOffsets(dataSet: DataSet, frames: number): readonly [readonly number[], null] | null {
  const element = dataSet.elements['x7fe00001'];
  if (element === undefined || element.length !== frames * 8) return null;
  const view = new DataView(dataSet.byteArray.buffer, dataSet.byteArray.byteOffset + element.dataOffset, element.length);
  return [Array.from({ length: frames }, (_, index) => Number(view.getBigUint64(index * 8, true))), null];
}

function chooseDelivery({ dataSet, bytes, syntax }: ParsedFile, layout: PixelLayout, place: PixelPlan['place']): PixelPlan['delivery'] {
  const refused = (reason: string) => ({ type: 'refused' as const, reason });
  // Its bits lie without gaps over all frames: whoever reads it takes them as they are. Compressed ones are decoded as any frame is.
  if (dataSet.string('x00080016')?.trim() === SEGMENTATION && place.type === 'contiguous') return refused('a segmentation is read as a whole instance');
  // A frame's own header lies in its first fragment.
  const isAsSaid = place.type === 'contiguous' || place.frames.every(([first]) => first !== undefined && differsFromHeader(syntax, bytes.subarray(first[0], first[0] + first[1]), layout) === null);
  if (isServedAsIs(syntax, layout) && isAsSaid) return { type: 'asIs' };
  const { bitsAllocated, samplesPerPixel, photometric, isFloat } = layout;
  const isCompressed = COMPRESSED.includes(syntax);
  if (isFloat || bitsAllocated > 32) return refused(isFloat ? 'floating-point pixels' : `${bitsAllocated} bits a pixel`);
  if (syntax === 'jpegExtended' && bitsAllocated > 8) return refused('12-bit JPEG (process 4), for which there is no decoder that was found right');
  if (bitsAllocated === 32) return refused('32 bits a pixel');
  if (bitsAllocated === 16 && samplesPerPixel === 3) return refused('colours of 16 bits');
  if (bitsAllocated === 1 && isCompressed) return refused('compressed pixels of one bit');
  if (photometric === 'YBR_PARTIAL_422' || photometric === 'YBR_PARTIAL_420') return refused(`the photometric interpretation ${photometric}`);
  const turnsToRgb = photometric === 'YBR_ICT' || photometric === 'YBR_RCT';
  const as: PixelLayout = {
    ...layout,
    planar: 0,
    photometric: turnsToRgb ? 'RGB' : photometric === 'YBR_FULL_422' ? 'YBR_FULL' : photometric,
    ...(bitsAllocated === 1 ? { bitsAllocated: 8, bitsStored: 8 } : {}),
  };
  return { type: 'decoded', as };
}

/** A frame's fragments as one. */
export function joined(bytes: Uint8Array, fragments: FrameBytes): Uint8Array {
  const [only] = fragments;
  if (fragments.length === 1 && only !== undefined) return bytes.subarray(only[0], only[0] + only[1]);
  return Buffer.concat(fragments.map(([offset, length]) => bytes.subarray(offset, offset + length)));
}

/** The layout that a client gets; null: it gets none. */
export function servedLayout({ delivery, layout }: PixelPlan): PixelLayout | null {
  return delivery.type === 'asIs' ? layout : delivery.type === 'decoded' ? delivery.as : null;
}

/** The transfer syntax that a client gets frames in; null: it gets none. */
export function servedSyntax({ delivery, syntax }: PixelPlan): string | null {
  if (delivery.type === 'refused') return null;
  return delivery.type === 'asIs' && syntax !== 'implicitLittle' ? TRANSFER_SYNTAXES[syntax] : TRANSFER_SYNTAXES.explicitLittle;
}
