import type { PixelLayout } from '#shared/domain/imaging/transferSyntaxes';
import { AppError } from '#shared/protocol/errors';
import type { DataSet } from 'dicom-parser';
import type { PixelPlan } from '../dicom/pixels.ts';
import type { Rendering } from '../worker/jobs.ts';
import { encodePng } from './png.ts';

type Colour = readonly [number, number, number];

/** Thumbnails and pictures never leave this size. */
const LONGEST_SIDE = 2048;

/**
 * A PNG for people of a frame (PS3.18, rendered): grey by the window (PS3.3 C.11.2.1.2.1), colours as they are. Not for measuring.
 * @param pixels the frame in its served layout, uncompressed
 */
export function renderPicture(dataSet: DataSet, plan: PixelPlan, pixels: Uint8Array, rendering: Rendering): Uint8Array {
  const layout = plan.delivery.type === 'decoded' ? plan.delivery.as : plan.layout;
  const { rows, columns } = layout;
  const scale = Math.min(1, (rendering.longestSide ?? LONGEST_SIDE) / Math.max(rows, columns), LONGEST_SIDE / Math.max(rows, columns));
  const [width, height] = [Math.max(1, Math.round(columns * scale)), Math.max(1, Math.round(rows * scale))];
  const colourAt = painter(dataSet, layout, pixels, rendering);
  return encodePng(width, height, (x, y) => colourAt(Math.min(rows - 1, Math.floor(y / scale)) * columns + Math.min(columns - 1, Math.floor(x / scale))));
}

function painter(dataSet: DataSet, layout: PixelLayout, pixels: Uint8Array, rendering: Rendering): (pixel: number) => Colour {
  if (layout.samplesPerPixel === 3) return colourPainter(layout, pixels);
  if (layout.photometric === 'PALETTE COLOR') return palettePainter(dataSet, layout, pixels);
  return greyPainter(dataSet, layout, pixels, rendering);
}

function colourPainter({ photometric, bitsAllocated }: PixelLayout, pixels: Uint8Array): (pixel: number) => Colour {
  if (bitsAllocated !== 8) throw new AppError('imaging.notDisplayable', 'colours of more than 8 bits');
  if (photometric === 'RGB') return (pixel) => [pixels[pixel * 3] ?? 0, pixels[pixel * 3 + 1] ?? 0, pixels[pixel * 3 + 2] ?? 0];
  if (photometric !== 'YBR_FULL') throw new AppError('imaging.notDisplayable', `colours given as ${photometric}`);
  const within = (value: number) => Math.max(0, Math.min(255, Math.round(value)));
  return (pixel) => {
    const [y = 0, blue = 0, red = 0] = pixels.subarray(pixel * 3, pixel * 3 + 3);
    return [within(y + 1.402 * (red - 128)), within(y - 0.344136 * (blue - 128) - 0.714136 * (red - 128)), within(y + 1.772 * (blue - 128))];
  };
}

function palettePainter(dataSet: DataSet, layout: PixelLayout, pixels: Uint8Array): (pixel: number) => Colour {
  const tables = ['1', '2', '3'].map((colour) => {
    const [entries = 0, first = 0, bits = 16] = [0, 1, 2].map((index) => dataSet.uint16(`x0028110${colour}`, index));
    const data = dataSet.elements[`x0028120${colour}`];
    if (data === undefined) throw new AppError('imaging.notDisplayable', 'a palette that is not in the file');
    const count = entries === 0 ? 65_536 : entries;
    const isWide = data.length >= count * 2;
    const at = (index: number): number => {
      const place = Math.max(0, Math.min(count - 1, index - first));
      if (!isWide) return dataSet.byteArray[data.dataOffset + place] ?? 0;
      const value = dataSet.uint16(`x0028120${colour}`, place) ?? 0;
      return bits > 8 ? value >> 8 : value & 255;
    };
    return at;
  });
  const valueAt = reader(layout, pixels);
  const [red, green, blue] = tables;
  return (pixel) => [red?.(valueAt(pixel)) ?? 0, green?.(valueAt(pixel)) ?? 0, blue?.(valueAt(pixel)) ?? 0];
}

function greyPainter(dataSet: DataSet, layout: PixelLayout, pixels: Uint8Array, { window }: Rendering): (pixel: number) => Colour {
  const valueAt = reader(layout, pixels);
  const slope = dataSet.floatString('x00281053') ?? 1;
  const intercept = dataSet.floatString('x00281052') ?? 0;
  const own = { centre: dataSet.floatString('x00281050'), width: dataSet.floatString('x00281051') };
  const { centre, width } = window ?? (own.centre !== undefined && own.width !== undefined && own.width >= 1 ? { centre: own.centre, width: own.width } : wholeRange(valueAt, layout.rows * layout.columns, slope, intercept));
  const isInverted = layout.photometric === 'MONOCHROME1';
  return (pixel) => {
    const value = valueAt(pixel) * slope + intercept;
    const share = width <= 1 ? (value <= centre - 0.5 ? 0 : 1) : Math.max(0, Math.min(1, (value - (centre - 0.5)) / (width - 1) + 0.5));
    const grey = Math.round((isInverted ? 1 - share : share) * 255);
    return [grey, grey, grey];
  };
}

/** Stored values as numbers. */
function reader({ bitsAllocated, bitsStored, isSigned }: PixelLayout, pixels: Uint8Array): (pixel: number) => number {
  if (bitsAllocated === 8) return isSigned ? (pixel) => ((pixels[pixel] ?? 0) << 24) >> 24 : (pixel) => pixels[pixel] ?? 0;
  if (bitsAllocated !== 16) throw new AppError('imaging.notDisplayable', `${bitsAllocated} bits a pixel`);
  const view = new DataView(pixels.buffer, pixels.byteOffset, pixels.byteLength);
  const shift = 32 - bitsStored;
  return isSigned ? (pixel) => (view.getUint16(pixel * 2, true) << shift) >> shift : (pixel) => view.getUint16(pixel * 2, true);
}

function wholeRange(valueAt: (pixel: number) => number, count: number, slope: number, intercept: number): { readonly centre: number; readonly width: number } {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let pixel = 0; pixel < count; pixel += 1) {
    const value = valueAt(pixel) * slope + intercept;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return { centre: (low + high + 1) / 2, width: high - low + 1 };
}
