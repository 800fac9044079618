import { apply, type Homography, invert, multiply, type Point } from './homography.ts';
import { solve8 } from './solve8.ts';

/** Point i went from (from[2i], from[2i+1]) to (to[2i], to[2i+1]), pixels; one of weight 0 takes no part. */
export interface Pairs {
  readonly from: Float32Array;
  readonly to: Float32Array;
  /** How much each counts, 0–1: nearer the mark counts more, because only there the plane has to fit. */
  readonly weights: Float32Array;
}

interface Fit {
  readonly transform: Homography;
  readonly inliers: Uint8Array;
}

const TRIALS = 80;
/** Standard deviation of a followed point, pixels of a working picture. */
const NOISE_PX = 0.2;

/** A small generator (mulberry32), so that the same pictures give the same result. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Rotation, scale and shift that two points fix. */
function similarityOf({ from, to }: Pairs, i: number, j: number): Homography | null {
  const fx = (from[2 * j] ?? 0) - (from[2 * i] ?? 0);
  const fy = (from[2 * j + 1] ?? 0) - (from[2 * i + 1] ?? 0);
  const tx = (to[2 * j] ?? 0) - (to[2 * i] ?? 0);
  const ty = (to[2 * j + 1] ?? 0) - (to[2 * i + 1] ?? 0);
  const length = fx * fx + fy * fy;
  if (length < 16) return null;
  const a = (fx * tx + fy * ty) / length;
  const b = (fx * ty - fy * tx) / length;
  const x = from[2 * i] ?? 0;
  const y = from[2 * i + 1] ?? 0;
  return [a, -b, (to[2 * i] ?? 0) - a * x + b * y, b, a, (to[2 * i + 1] ?? 0) - b * x - a * y, 0, 0, 1];
}

/** Squared distance of each pair from the transform. */
function errorsOf(transform: Homography, { from, to }: Pairs, errors: Float64Array): void {
  const [a, b, c, d, e, f, g, h] = transform;
  for (let i = 0; i < errors.length; i += 1) {
    const x = from[2 * i] ?? 0;
    const y = from[2 * i + 1] ?? 0;
    const w = g * x + h * y + 1;
    const dx = (a * x + b * y + c) / w - (to[2 * i] ?? 0);
    const dy = (d * x + e * y + f) / w - (to[2 * i + 1] ?? 0);
    errors[i] = dx * dx + dy * dy;
  }
}

/**
 * The similarity that most of the weight agrees with, by random pairs (MSAC: Torr and Zisserman 2000).
 * @param tolerancePx farther off, a pair counts for nothing
 * @returns null when fewer than two pairs have weight
 */
export function robustSimilarity(pairs: Pairs, tolerancePx: number): Fit | null {
  const count = pairs.weights.length;
  const usable: number[] = [];
  const cumulated: number[] = [];
  let sum = 0;
  for (let i = 0; i < count; i += 1) {
    const weight = pairs.weights[i] ?? 0;
    if (weight <= 0) continue;
    sum += weight;
    usable.push(i);
    cumulated.push(sum);
  }
  if (usable.length < 2) return null;
  const random = randomFrom(usable.length);
  const draw = () => {
    const at = random() * sum;
    let low = 0;
    for (let high = cumulated.length - 1; low < high; ) {
      const middle = (low + high) >> 1;
      if ((cumulated[middle] ?? 0) < at) low = middle + 1;
      else high = middle;
    }
    return usable[low] ?? 0;
  };
  const errors = new Float64Array(count);
  const limit = tolerancePx * tolerancePx;
  let best: Homography | null = null;
  let bestScore = 0;
  for (let trial = 0; trial < TRIALS; trial += 1) {
    const candidate = similarityOf(pairs, draw(), draw());
    if (!candidate) continue;
    errorsOf(candidate, pairs, errors);
    let score = 0;
    for (const i of usable) score += (pairs.weights[i] ?? 0) * Math.max(0, 1 - (errors[i] ?? 0) / limit);
    if (score > bestScore) {
      best = candidate;
      bestScore = score;
    }
  }
  return best && { transform: best, inliers: inliersOf(best, pairs, tolerancePx) };
}

/** 1 for each pair of weight that the transform explains. */
export function inliersOf(transform: Homography, pairs: Pairs, tolerancePx: number): Uint8Array {
  const errors = new Float64Array(pairs.weights.length);
  errorsOf(transform, pairs, errors);
  return Uint8Array.from(errors, (error, i) => ((pairs.weights[i] ?? 0) > 0 && error <= tolerancePx * tolerancePx ? 1 : 0));
}

/** How far the parts of a transform may be from the one expected, standard deviations, as pixels at `radiusPx` from the centre. */
export interface Expectation {
  readonly transform: Homography;
  readonly centre: Point;
  readonly radiusPx: number;
  /** Of stretching and shearing beyond rotation and scale, and of the perspective terms. */
  readonly perspectivePx: number;
}

/**
 * Least squares over the inliers with all eight parts, held to what is expected. Few points, or points close together, say little about
 * perspective, and then the expectation decides: the model grows with the number and the spread of the points, without a step.
 * @returns null when the points fix nothing
 */
export function refine(pairs: Pairs, inliers: Uint8Array, expected: Expectation): Homography | null {
  const { centre, radiusPx: radius, perspectivePx } = expected;
  const normal = new Float64Array(64);
  const right = new Float64Array(8);
  const into = toCentred(centre, radius);
  // In coordinates X = (x − centre) / radius, so that each unknown is as large as its effect at the radius.
  const [ea, eb, ec, ed, ee, ef, eg, eh] = multiply(into, multiply(expected.transform, invert(into)));
  const prior = [ea, eb, ec, ed, ee, ef, eg, eh];
  const noise = NOISE_PX / radius;
  const row = new Float64Array(8);
  const add = (value: number, weight: number) => {
    for (let i = 0; i < 8; i += 1) {
      const ri = (row[i] ?? 0) * weight;
      if (ri === 0) continue;
      right[i] = (right[i] ?? 0) + ri * value;
      for (let j = 0; j < 8; j += 1) normal[i * 8 + j] = (normal[i * 8 + j] ?? 0) + ri * (row[j] ?? 0);
    }
  };
  let used = 0;
  for (let i = 0; i < inliers.length; i += 1) {
    if (!inliers[i]) continue;
    used += 1;
    const x = ((pairs.from[2 * i] ?? 0) - centre.x) / radius;
    const y = ((pairs.from[2 * i + 1] ?? 0) - centre.y) / radius;
    const u = ((pairs.to[2 * i] ?? 0) - centre.x) / radius;
    const v = ((pairs.to[2 * i + 1] ?? 0) - centre.y) / radius;
    const weight = (pairs.weights[i] ?? 0) / (noise * noise);
    row.set([x, y, 1, 0, 0, 0, -x * u, -y * u]);
    add(u, weight);
    row.set([0, 0, 0, x, y, 1, -x * v, -y * v]);
    add(v, weight);
  }
  if (used < 3) return null;
  const hold = (index: number, deviationPx: number) => {
    const weight = (radius * radius) / (deviationPx * deviationPx);
    normal[index * 9] = (normal[index * 9] ?? 0) + weight;
    right[index] = (right[index] ?? 0) + weight * (prior[index] ?? 0);
  };
  for (const index of [6, 7]) hold(index, perspectivePx);
  for (const index of [0, 1, 3, 4]) hold(index, 4 * perspectivePx);
  const solved = solve8(normal, right);
  if (!solved) return null;
  const [a = 1, b = 0, c = 0, d = 0, e = 1, f = 0, g = 0, h = 0] = solved;
  return multiply(invert(into), multiply([a, b, c, d, e, f, g, h, 1], into));
}

/** The way into coordinates (p − centre) / radius. */
const toCentred = ({ x, y }: Point, r: number): Homography => [1 / r, 0, -x / r, 0, 1 / r, -y / r, 0, 0, 1];

/** Points through a transform; x and y alternate. */
export function mapPoints(transform: Homography, points: Float32Array): Float32Array {
  const mapped = new Float32Array(points.length);
  for (let i = 0; i < points.length; i += 2) {
    const { x, y } = apply(transform, points[i] ?? 0, points[i + 1] ?? 0);
    mapped[i] = x;
    mapped[i + 1] = y;
  }
  return mapped;
}
