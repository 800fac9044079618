import type { PixelLayout } from '#shared/domain/imaging/transferSyntaxes';
import { AppError } from '#shared/protocol/errors';
import type { DataSet } from 'dicom-parser';
import type { DeidentifyPolicy, Rectangle } from './profile.ts';

/** Pictures into which machines or people write: ultrasound, screens, photographs, endoscopes, scanned papers. */
const MAY_HAVE_WRITING = new Set(['US', 'IVUS', 'SC', 'OT', 'XC', 'ES', 'GM', 'DOC', 'OP', '']);
/** What was captured from a screen or photographed, of whatever modality it says it is: a CT's dose report is a Secondary Capture of modality CT. */
const CAPTURED = /^1\.2\.840\.10008\.5\.1\.4\.1\.1\.(7|7\.\d+|77\..+)$/;

/**
 * What is to be blackened (option 113101): by the device's own mask, or else everything outside of an ultrasound's regions.
 * @throws AppError `imaging.notDisplayable` when there may be writing and nobody says where
 */
export function masksFor(dataSet: DataSet, layout: PixelLayout, { masks }: DeidentifyPolicy): readonly Rectangle[] {
  const text = (tag: string) => dataSet.string(tag)?.trim() ?? '';
  const { rows, columns } = layout;
  const own = masks.find((mask) => mask.manufacturer === text('x00080070') && (mask.model === '' || mask.model === text('x00081090')) && mask.rows === rows && mask.columns === columns);
  if (own !== undefined) return own.rectangles;
  const mayHave = MAY_HAVE_WRITING.has(text('x00080060')) || CAPTURED.test(text('x00080016')) || /SCREEN/i.test(text('x00080008'));
  const isSaidToHaveWriting = text('x00280301') === 'YES';
  if (!isSaidToHaveWriting && (text('x00280301') === 'NO' || !mayHave)) return [];
  const regions = (dataSet.elements['x00186011']?.items ?? []).flatMap(({ dataSet: region }) => {
    const [left, top, right, bottom] = ['x00186018', 'x0018601a', 'x0018601c', 'x0018601e'].map((tag) => region?.uint32(tag));
    return left === undefined || top === undefined || right === undefined || bottom === undefined ? [] : [{ left, top, right, bottom }];
  });
  if (regions.length === 0) throw new AppError('imaging.notDisplayable', 'there may be writing in the picture, and neither a mask of the device nor regions say where');
  return outside(regions, rows, columns);
}

/** Everything that is in none of the regions, as rectangles: bands of rows between the regions' edges, and within each what is left free. */
function outside(regions: readonly Rectangle[], rows: number, columns: number): Rectangle[] {
  const edges = [...new Set([0, rows, ...regions.flatMap(({ top, bottom }) => [top, bottom + 1])])].filter((edge) => edge >= 0 && edge <= rows).sort((a, b) => a - b);
  const free: Rectangle[] = [];
  for (const [index, top] of edges.entries()) {
    const end = edges[index + 1];
    if (end === undefined) break;
    let left = 0;
    for (const region of regions.filter((one) => one.top <= top && one.bottom >= end - 1).sort((a, b) => a.left - b.left)) {
      if (region.left > left) free.push({ left, top, right: region.left - 1, bottom: end - 1 });
      left = Math.max(left, region.right + 1);
    }
    if (left < columns) free.push({ left, top, right: columns - 1, bottom: end - 1 });
  }
  return free;
}

/** Sets every sample within the rectangles to 0, in place; of YCbCr to black. @param frame samples of a pixel beside each other */
export function blacken(frame: Uint8Array, { rows, columns, samplesPerPixel, bitsAllocated, photometric }: PixelLayout, rectangles: readonly Rectangle[]): void {
  const bytes = (samplesPerPixel * bitsAllocated) / 8;
  const isYbr = photometric === 'YBR_FULL';
  const isInverted = photometric === 'MONOCHROME1';
  for (const { left, top, right, bottom } of rectangles) {
    for (let y = Math.max(0, top); y <= Math.min(rows - 1, bottom); y += 1) {
      const start = (y * columns + Math.max(0, left)) * bytes;
      const end = (y * columns + Math.min(columns - 1, right) + 1) * bytes;
      frame.fill(isInverted ? 0xff : 0, start, end);
      if (isYbr) for (let at = start; at < end; at += 3) frame.fill(128, at + 1, at + 3);
    }
  }
}
