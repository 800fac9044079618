/**
 * A plane's way from one picture to another: 3 × 3, by rows, the last element 1. Applied to column vectors (x, y, 1).
 * Source: Hartley and Zisserman, Multiple View Geometry, 2nd edition, chapter 2.
 */
export type Homography = readonly [number, number, number, number, number, number, number, number, number];

export interface Point {
  readonly x: number;
  readonly y: number;
}

export const IDENTITY: Homography = [1, 0, 0, 0, 1, 0, 0, 0, 1];

/** `a` after `b`. */
export function multiply(a: Homography, b: Homography): Homography {
  const [a0, a1, a2, a3, a4, a5, a6, a7, a8] = a;
  const [b0, b1, b2, b3, b4, b5, b6, b7, b8] = b;
  return scaled([
    a0 * b0 + a1 * b3 + a2 * b6, a0 * b1 + a1 * b4 + a2 * b7, a0 * b2 + a1 * b5 + a2 * b8,
    a3 * b0 + a4 * b3 + a5 * b6, a3 * b1 + a4 * b4 + a5 * b7, a3 * b2 + a4 * b5 + a5 * b8,
    a6 * b0 + a7 * b3 + a8 * b6, a6 * b1 + a7 * b4 + a8 * b7, a6 * b2 + a7 * b5 + a8 * b8,
  ]);
}

/** The way back. Elements are not finite when there is none. */
export function invert([a, b, c, d, e, f, g, h, i]: Homography): Homography {
  return scaled([e * i - f * h, c * h - b * i, b * f - c * e, f * g - d * i, a * i - c * g, c * d - a * f, d * h - e * g, b * g - a * h, a * e - b * d]);
}

function scaled(m: Homography): Homography {
  const by = 1 / m[8];
  return [m[0] * by, m[1] * by, m[2] * by, m[3] * by, m[4] * by, m[5] * by, m[6] * by, m[7] * by, 1];
}

export function apply(m: Homography, x: number, y: number): Point {
  const w = m[6] * x + m[7] * y + m[8];
  return { x: (m[0] * x + m[1] * y + m[2]) / w, y: (m[3] * x + m[4] * y + m[5]) / w };
}

export const translation = (x: number, y: number): Homography => [1, 0, x, 0, 1, y, 0, 0, 1];

/**
 * Frame units to the pixels of a picture `width` wide. In frame units both axes count in frame widths from the outer corner of the top
 * left pixel, so that every size of the same picture has the same coordinates; a pixel's own coordinate is that of its centre.
 */
export const toPixels = (width: number): Homography => [width, 0, -0.5, 0, width, -0.5, 0, 0, 1];

/** A transform between pictures `width` wide, in frame units. */
export const inFrameUnits = (pixels: Homography, width: number): Homography => multiply(invert(toPixels(width)), multiply(pixels, toPixels(width)));

/** A transform in frame units between pictures `width` wide. */
export const inPixels = (units: Homography, width: number): Homography => multiply(toPixels(width), multiply(units, invert(toPixels(width))));

/**
 * Whether a camera could have seen it: not mirrored, not turned to an edge around `at`, and no larger or smaller than `mostScale` times.
 * @param at where it is judged, in the picture it comes from
 */
export function isPlausible(m: Homography, at: Point, mostScale: number): boolean {
  if (!m.every(Number.isFinite)) return false;
  const w = m[6] * at.x + m[7] * at.y + m[8];
  if (w < 0.2) return false;
  const { x, y } = apply(m, at.x, at.y);
  const a = (m[0] - m[6] * x) / w;
  const b = (m[1] - m[7] * x) / w;
  const c = (m[3] - m[6] * y) / w;
  const d = (m[4] - m[7] * y) / w;
  const area = a * d - b * c;
  const stretch = a * a + b * b + c * c + d * d;
  // The ratio of the two singular values; 3 is a plane seen at 70°.
  const ratio = (stretch + Math.sqrt(Math.max(0, stretch * stretch - 4 * area * area))) / (2 * area);
  return area > 1 / (mostScale * mostScale) && area < mostScale * mostScale && ratio < 3;
}
