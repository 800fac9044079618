import type { Homography, Point } from './homography.ts';
import { solve8 } from './solve8.ts';

/** The pixels in and near a mark, with what they say about a shift: the slopes of the drawn-on picture. */
export interface FinePatch {
  /** Indices into the crop. */
  readonly indices: Int32Array;
  readonly slopesX: Float32Array;
  readonly slopesY: Float32Array;
  /** From the mark's middle, in its radii. */
  readonly xs: Float32Array;
  readonly ys: Float32Array;
}

const MOST_PIXELS = 3000;
/** A good corner-by-corner fit is this near, pixels at the mark's rim. */
const SHIFT_PX = 0.7;
const BEND_PX = 0.25;
/** Neighbouring pixels err alike after coding: so many count as one. */
const ALIKE = 6;

export function createFinePatch(data: Uint8Array, width: number, height: number, centre: Point, radius: number, isIn: (x: number, y: number) => boolean): FinePatch {
  const reach = radius + 12;
  const [x0, y0] = [Math.max(2, Math.floor(centre.x - reach)), Math.max(2, Math.floor(centre.y - reach))];
  const [x1, y1] = [Math.min(width - 3, Math.ceil(centre.x + reach)), Math.min(height - 3, Math.ceil(centre.y + reach))];
  const step = Math.max(1, Math.round(Math.sqrt((Math.max(0, x1 - x0) * Math.max(0, y1 - y0)) / MOST_PIXELS)));
  const indices: number[] = [];
  for (let y = y0; y <= y1; y += step) for (let x = x0; x <= x1; x += step) if (isIn(x, y)) indices.push(y * width + x);
  const value = (at: number) => data[at] ?? 0;
  return {
    indices: Int32Array.from(indices),
    // Scharr's weights: as exact for all directions as three by three pixels can be.
    slopesX: Float32Array.from(indices, (at) => (3 * (value(at + 1 - width) - value(at - 1 - width)) + 10 * (value(at + 1) - value(at - 1)) + 3 * (value(at + 1 + width) - value(at - 1 + width))) / 32),
    slopesY: Float32Array.from(indices, (at) => (3 * (value(at + width - 1) - value(at - width - 1)) + 10 * (value(at + width) - value(at - width)) + 3 * (value(at + width + 1) - value(at - width + 1))) / 32),
    xs: Float32Array.from(indices, (at) => ((at % width) - centre.x) / radius),
    ys: Float32Array.from(indices, (at) => (Math.floor(at / width) - centre.y) / radius),
  };
}

/**
 * The last tenth of a pixel, by all pixels of the mark instead of its corners (Baker and Matthews 2004, inverse compositional, one step):
 * what is seen where the drawn-on picture would be is that picture shifted, stretched and turned a little, in a light a little different.
 * @param seen the rectified view, in the anchor's light
 * @returns the crop's own pixels to where they are in the view; null when the view is too unlike
 */
export function alignFine({ indices, slopesX, slopesY, xs, ys }: FinePatch, own: Uint8Array, seen: Uint8Array, centre: Point, radius: number): Homography | null {
  const count = indices.length;
  if (count < 100) return null;
  const differences = Float32Array.from(indices, (at) => (seen[at] ?? 0) - (own[at] ?? 0));
  const sorted = differences.map(Math.abs).sort();
  const spread = Math.max(1.5, 1.5 * (sorted[count >> 1] ?? 0));
  const limit = 2.5 * spread;
  const normal = new Float64Array(64);
  const right = new Float64Array(8);
  const row = new Float64Array(8);
  const weight = 1 / (spread * spread * ALIKE);
  let mean = 0;
  for (const at of indices) mean += own[at] ?? 0;
  mean /= count;
  for (let k = 0; k < count; k += 1) {
    const difference = differences[k] ?? 0;
    if (Math.abs(difference) > limit) continue;
    const [gx, gy, x, y] = [slopesX[k] ?? 0, slopesY[k] ?? 0, xs[k] ?? 0, ys[k] ?? 0];
    row.set([gx, gy, gx * x, gx * y, gy * x, gy * y, ((own[indices[k] ?? 0] ?? 0) - mean) / 64, 1]);
    for (let i = 0; i < 8; i += 1) {
      const ri = (row[i] ?? 0) * weight;
      right[i] = (right[i] ?? 0) + ri * difference;
      for (let j = 0; j < 8; j += 1) normal[i * 8 + j] = (normal[i * 8 + j] ?? 0) + ri * (row[j] ?? 0);
    }
  }
  for (let i = 0; i < 8; i += 1) normal[i * 9] = (normal[i * 9] ?? 0) + (i < 2 ? 1 / SHIFT_PX ** 2 : i < 6 ? 1 / BEND_PX ** 2 : 1 / 64);
  const solved = solve8(normal, right);
  if (!solved) return null;
  const [ex = 0, ey = 0, a = 0, b = 0, c = 0, d = 0] = solved;
  if (Math.hypot(ex, ey) > 1.5) return null;
  // The view at p shows the crop at p + e(p), so the crop's p is seen at p − e(p).
  const [sa, sb, sc, sd] = [a / radius, b / radius, c / radius, d / radius];
  return [1 - sa, -sb, -ex + sa * centre.x + sb * centre.y, -sc, 1 - sd, -ey + sc * centre.x + sd * centre.y, 0, 0, 1];
}
