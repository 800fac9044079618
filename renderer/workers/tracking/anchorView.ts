import { createFinePatch, type FinePatch } from './fineAlignment.ts';
import type { Point } from './homography.ts';
import type { Cv, Mat } from './openCv.ts';
import { boxOf, distanceTo } from './polygon.ts';

/** What there was around a mark when it was drawn. Coordinates are pixels of `crop`, whose first pixel is at (left, top) of the working picture. */
export interface AnchorView {
  readonly crop: Mat;
  /** The crop's mean over `LIGHT_WINDOW` pixels around each pixel: the light on it. */
  readonly smooth: Mat;
  readonly left: number;
  readonly top: number;
  readonly centre: Point;
  /** Half the diagonal of the mark, at least `LEAST_RADIUS`. */
  readonly radius: number;
  /** x and y alternate. */
  readonly points: Float32Array;
  /** 0–1: 1 in and at the mark, less further away. */
  readonly weights: Float32Array;
  /** 1 where a point is in or at the mark. */
  readonly isNear: Uint8Array;
  /** 1 where a point is in the mark itself: what is beside it may lie on something nearer or farther. */
  readonly isOwn: Uint8Array;
  /** Indices into the crop's pixels, of the mark's own patch. */
  readonly patch: Int32Array;
  /** Standard deviation of the patch, grey levels. */
  readonly patchDeviation: number;
  readonly fine: FinePatch;
}

/** The fewest points in or at the mark that can prove its place. */
export const LEAST_NEAR = 6;
/** And in the mark itself, of the points where it is drawn. */
const LEAST_OWN = 3;
const OWN_RIM = 2;
const LEAST_POINTS = 12;
const ENOUGH_POINTS = 40;
const MOST_NEAR = 50;
const MOST_POINTS = 80;
/** A circle of 3 pixels says nothing of where it is; what is this near belongs to it. */
const LEAST_RADIUS = 14;
const FARTHEST = 130;
const MARGIN = 20;
/** Smaller eigenvalue of the mean gradient matrix over 9 × 9 pixels, grey levels squared a pixel squared: noise and coding leave less than 1 in a blank place, up to 1.5 in small pictures. */
const LEAST_TEXTURE = 2.5;
const PATCH_RIM = 4;
const FINE_RIM = 9;
/** Wide against a corner, narrow against a shadow. */
export const LIGHT_WINDOW = 31;
/** From this luminance up there is glare, which stays with the lamp and not with the thing (white is 235 in video). */
export const GLARE = 226;
const GLARE_REACH = 4;
const MOST_PATCH_PIXELS = 2500;

/** Shi and Tomasi's measure, in units that do not depend on the rest of the picture. */
function textureAt(data: Uint8Array, width: number, height: number, x: number, y: number): number {
  let xx = 0;
  let yy = 0;
  let xy = 0;
  const cx = Math.min(width - 6, Math.max(5, Math.round(x)));
  const cy = Math.min(height - 6, Math.max(5, Math.round(y)));
  for (let v = cy - 4; v <= cy + 4; v += 1) {
    for (let u = cx - 4; u <= cx + 4; u += 1) {
      const at = v * width + u;
      // Over two pixels' means: single pixels are mostly noise.
      const gx = ((data[at + 1] ?? 0) + (data[at + 1 + width] ?? 0) - (data[at - 1] ?? 0) - (data[at - 1 + width] ?? 0)) / 4;
      const gy = ((data[at + width] ?? 0) + (data[at + width + 1] ?? 0) - (data[at - width] ?? 0) - (data[at - width + 1] ?? 0)) / 4;
      xx += gx * gx;
      yy += gy * gy;
      xy += gx * gy;
    }
  }
  const half = (xx + yy) / 162;
  return half - Math.sqrt(Math.max(0, half * half - (xx * yy - xy * xy) / 6561));
}

function hasGlare(data: Uint8Array, width: number, x: number, y: number): boolean {
  const [cx, cy] = [Math.round(x), Math.round(y)];
  for (let v = -GLARE_REACH; v <= GLARE_REACH; v += 2) {
    for (let u = -GLARE_REACH; u <= GLARE_REACH; u += 2) if ((data[(cy + v) * width + cx + u] ?? 0) >= GLARE) return true;
  }
  return false;
}

/**
 * Looks for what can be followed in and around a mark: its own shape, widened until it holds enough good points.
 * @param polygon the mark's outline, pixels of the working picture
 * @returns null when there is too little in or at the mark: nothing could prove where it is
 */
export function createAnchorView(cv: Cv, grey: Mat, polygon: readonly Point[]): AnchorView | null {
  const box = boxOf(polygon);
  const radius = Math.max(LEAST_RADIUS, Math.hypot(box.right - box.left, box.bottom - box.top) / 2);
  const nearReach = Math.min(24, Math.max(10, radius * 0.5));
  const width = grey.cols;
  const height = grey.rows;
  const window = { left: Math.max(0, Math.floor(box.left - FARTHEST)), top: Math.max(0, Math.floor(box.top - FARTHEST)), right: Math.min(width, Math.ceil(box.right + FARTHEST)), bottom: Math.min(height, Math.ceil(box.bottom + FARTHEST)) };
  if (window.right - window.left < 24 || window.bottom - window.top < 24) return null;
  const pixels = grey.data;
  const good = cornersIn(cv, grey, window)
    .map(({ x, y }) => ({ x, y, away: distanceTo(polygon, x, y) }))
    .filter(({ x, y }) => x > 5 && y > 5 && x < width - 6 && y < height - 6 && textureAt(pixels, width, height, x, y) >= LEAST_TEXTURE && !hasGlare(pixels, width, x, y));
  // The strongest come first, and stay first within the mark; outside, the nearest are wanted.
  const near = good.filter(({ away }) => away <= nearReach).slice(0, MOST_NEAR);
  const around = good.filter(({ away }) => away > nearReach && away <= FARTHEST).sort((a, b) => a.away - b.away);
  const chosen = [...near, ...around.slice(0, Math.min(MOST_POINTS - near.length, Math.max(ENOUGH_POINTS - near.length, 16)))];
  if (near.length < LEAST_NEAR + 2 || near.filter(({ away }) => away <= OWN_RIM).length < LEAST_OWN || chosen.length < LEAST_POINTS) return null;
  const reach = boxOf([...chosen, ...polygon]);
  const left = Math.max(0, Math.floor(reach.left - MARGIN));
  const top = Math.max(0, Math.floor(reach.top - MARGIN));
  const region = grey.roi(new cv.Rect(left, top, Math.min(width, Math.ceil(reach.right + MARGIN)) - left, Math.min(height, Math.ceil(reach.bottom + MARGIN)) - top));
  const crop = region.clone();
  region.delete();
  const smooth = new cv.Mat();
  cv.blur(crop, smooth, new cv.Size(LIGHT_WINDOW, LIGHT_WINDOW));
  const spread = Math.max(radius, 20);
  const centre = { x: (box.left + box.right) / 2 - left, y: (box.top + box.bottom) / 2 - top };
  const patch = patchOf(polygon, crop.cols, crop.rows, left, top);
  return {
    crop,
    smooth,
    left,
    top,
    centre,
    radius,
    points: Float32Array.from(chosen.flatMap(({ x, y }) => [x - left, y - top])),
    weights: Float32Array.from(chosen, ({ away }) => (away <= OWN_RIM ? 1 : Math.max(0.02, 0.5 / (1 + (away / spread) ** 2) ** 1.5))),
    isNear: Uint8Array.from(chosen, ({ away }) => (away <= nearReach ? 1 : 0)),
    isOwn: Uint8Array.from(chosen, ({ away }) => (away <= OWN_RIM ? 1 : 0)),
    patch,
    patchDeviation: deviationOf(crop.data, patch),
    fine: createFinePatch(crop.data, crop.cols, crop.rows, centre, radius, (x, y) => distanceTo(polygon, x + left, y + top) <= FINE_RIM && (crop.data[y * crop.cols + x] ?? 0) < GLARE),
  };
}

function cornersIn(cv: Cv, grey: Mat, { left, top, right, bottom }: { readonly left: number; readonly top: number; readonly right: number; readonly bottom: number }): readonly Point[] {
  const region = grey.roi(new cv.Rect(left, top, right - left, bottom - top));
  const corners = new cv.Mat();
  const noMask = new cv.Mat();
  try {
    cv.goodFeaturesToTrack(region, corners, 500, 0.002, 5, noMask, 5);
    const found = corners.data32F;
    return Array.from({ length: corners.rows }, (_, i) => ({ x: (found[2 * i] ?? 0) + left, y: (found[2 * i + 1] ?? 0) + top }));
  } finally {
    for (const mat of [region, corners, noMask]) mat.delete();
  }
}

/** The pixels in and just around the mark, thinned out where they are many; none so near the border that a neighbour 4 pixels off is outside. */
function patchOf(polygon: readonly Point[], width: number, height: number, left: number, top: number): Int32Array {
  const box = boxOf(polygon);
  const [x0, y0] = [Math.max(4, Math.floor(box.left - left - PATCH_RIM)), Math.max(4, Math.floor(box.top - top - PATCH_RIM))];
  const [x1, y1] = [Math.min(width - 5, Math.ceil(box.right - left + PATCH_RIM)), Math.min(height - 5, Math.ceil(box.bottom - top + PATCH_RIM))];
  const step = Math.max(1, Math.floor(Math.sqrt((Math.max(0, x1 - x0) * Math.max(0, y1 - y0)) / MOST_PATCH_PIXELS)));
  const indices: number[] = [];
  for (let y = y0; y <= y1; y += step) {
    for (let x = x0; x <= x1; x += step) if (distanceTo(polygon, x + left, y + top) <= PATCH_RIM) indices.push(y * width + x);
  }
  return Int32Array.from(indices);
}

function deviationOf(data: Uint8Array, indices: Int32Array): number {
  let sum = 0;
  let squares = 0;
  for (const at of indices) {
    const value = data[at] ?? 0;
    sum += value;
    squares += value * value;
  }
  const count = Math.max(1, indices.length);
  return Math.sqrt(Math.max(0, squares / count - (sum / count) ** 2));
}
