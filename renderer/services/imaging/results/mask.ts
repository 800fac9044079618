import type { Refusal, PlacedSegmentation } from './segmentation.ts';

/** Where one segment is, slice by slice, over the pixels of its file. */
export interface SegmentMask {
  readonly placed: PlacedSegmentation;
  readonly segment: number;
  /** Of each slice, where its frame begins in `pixels`: in bits where a pixel has one, else in bytes; -1: nothing of it there. */
  readonly starts: Int32Array;
  readonly pixels: Uint8Array;
  readonly isBinary: boolean;
  /** Of a fractional one, the value that means all of a voxel, or certainty. */
  readonly full: number;
  /** Voxels, in whole and parts, on each slice. */
  readonly areas: Float64Array;
  readonly volumeMl: number;
}

/** From where on a voxel belongs to a segment that is given as a probability. */
const LIKELY = 0.5;

/** How much of a voxel belongs to the segment, 0 to 1. Indexes within the grid. */
export function partAt({ starts, pixels, isBinary, full, placed }: SegmentMask, column: number, row: number, slice: number): number {
  const start = starts[slice] ?? -1;
  if (start < 0) return 0;
  const at = start + row * placed.grid.columns + column;
  return isBinary ? ((pixels[at >> 3] ?? 0) >> (at & 7)) & 1 : Math.min(1, (pixels[at] ?? 0) / full);
}

/** Bits set in a byte. */
const BITS = Uint8Array.from({ length: 256 }, (_, byte) => byte.toString(2).replaceAll('0', '').length);

function countBits(pixels: Uint8Array, start: number, count: number): number {
  let sum = 0;
  let at = start;
  const end = start + count;
  for (; at < end && (at & 7) !== 0; at += 1) sum += ((pixels[at >> 3] ?? 0) >> (at & 7)) & 1;
  for (; at + 8 <= end; at += 8) sum += BITS[pixels[at >> 3] ?? 0] ?? 0;
  for (; at < end; at += 1) sum += ((pixels[at >> 3] ?? 0) >> (at & 7)) & 1;
  return sum;
}

/**
 * The segments of a file with its pixels: bits of all frames without gaps (PS3.5, 8.1.1) when it is binary, else a byte for each pixel.
 * The volume is that of its voxels; of a probability, of those at 50 % and above.
 */
export function masksOf(placed: PlacedSegmentation, pixels: Uint8Array, maximum: number): SegmentMask[] | Refusal {
  const { head, grid, frames } = placed;
  const size = grid.rows * grid.columns;
  const isBinary = head.kind === 'binary';
  const needed = isBinary ? Math.ceil((size * frames.length) / 8) : size * frames.length;
  if (pixels.byteLength < needed || !(maximum > 0)) return { reason: 'damaged', detail: `${pixels.byteLength} / ${needed}` };
  const voxelMl = (grid.spacingMm[0] * grid.spacingMm[1] * grid.spacingMm[2]) / 1000;
  return head.segments.map(({ number: segment }) => {
    const starts = new Int32Array(grid.count).fill(-1);
    const areas = new Float64Array(grid.count);
    for (const [index, frame] of frames.entries()) {
      if (frame.segment !== segment) continue;
      const start = index * size;
      starts[frame.slice] = start;
      if (isBinary) areas[frame.slice] = countBits(pixels, start, size);
      else {
        let sum = 0;
        for (let at = start; at < start + size; at += 1) {
          const part = Math.min(1, (pixels[at] ?? 0) / maximum);
          sum += head.kind === 'occupancy' ? part : Number(part >= LIKELY);
        }
        areas[frame.slice] = sum;
      }
    }
    return { placed, segment, starts, pixels, isBinary, full: maximum, areas, volumeMl: areas.reduce((sum, area) => sum + area, 0) * voxelMl };
  });
}

/** The slice with the most of a segment on it; null: it is empty. */
export function fullestSlice({ areas }: SegmentMask): number | null {
  let best = -1;
  for (let slice = 0; slice < areas.length; slice += 1) if ((areas[slice] ?? 0) > (areas[best] ?? 0)) best = slice;
  return best < 0 ? null : best;
}
