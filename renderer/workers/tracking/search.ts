import { apply, type Homography, inFrameUnits, isPlausible, type Point, toPixels } from './homography.ts';
import type { Cv, Mat } from './openCv.ts';
import { boxOf, distanceTo } from './polygon.ts';
import { inliersOf, refine, robustSimilarity } from './robustFit.ts';
import type { SearchFrame } from './tracker.ts';

interface Described {
  readonly points: Float32Array;
  /** 32 bytes a point. */
  readonly descriptors: Mat;
  readonly weights: Float32Array;
  readonly centre: Point;
  readonly width: number;
}

export interface Proposal {
  readonly markId: string;
  /** From the drawn-on frame to the searched one, frame units. */
  readonly transform: Homography;
}

const MOST_FEATURES = 900;
const ENOUGH_FEATURES = 350;
/** Of ORB's 256 bits. */
const MOST_DISTANCE = 72;
const RATIO = 0.85;
const LEAST_AGREEING = 7;
const REACH = 150;
const TOLERANCE_PX = 4;

/**
 * Looks for lost marks all over a picture by descriptors (ORB: Rublee and others 2011). What it finds is a proposal: the tracker's own
 * check decides. 15–45 ms a picture, so it does not belong into the worker that follows.
 */
export class Search {
  private readonly cv: Cv;
  private readonly marks = new Map<string, Described>();

  constructor(cv: Cv) {
    this.cv = cv;
  }

  /** @param frame the drawn-on frame; @param polygon the mark, frame units */
  describe(markId: string, frame: SearchFrame, polygon: readonly Point[]): void {
    this.forget(markId);
    const outline = polygon.map(({ x, y }) => apply(toPixels(frame.width), x, y));
    const all = this.detect(frame);
    const box = boxOf(outline);
    const radius = Math.max(20, Math.hypot(box.right - box.left, box.bottom - box.top) / 2);
    const kept: number[] = [];
    const weights: number[] = [];
    for (let i = 0; i < all.points.length / 2; i += 1) {
      const away = distanceTo(outline, all.points[2 * i] ?? 0, all.points[2 * i + 1] ?? 0);
      if (away > REACH) continue;
      kept.push(i);
      weights.push(1 / (1 + away / (2 * radius)));
    }
    const descriptors = new this.cv.Mat(kept.length, 32, this.cv.CV_8U);
    for (const [row, i] of kept.entries()) descriptors.data.set(all.descriptors.data.subarray(32 * i, 32 * i + 32), 32 * row);
    all.descriptors.delete();
    this.marks.set(markId, {
      points: Float32Array.from(kept.flatMap((i) => [all.points[2 * i] ?? 0, all.points[2 * i + 1] ?? 0])),
      descriptors,
      weights: Float32Array.from(weights),
      centre: { x: (box.left + box.right) / 2, y: (box.top + box.bottom) / 2 },
      width: frame.width,
    });
  }

  forget(markId: string): void {
    this.marks.get(markId)?.descriptors.delete();
    this.marks.delete(markId);
  }

  /** Places of those of the marks that were found. */
  look(frame: SearchFrame, markIds: readonly string[]): readonly Proposal[] {
    const seen = this.detect(frame);
    try {
      return markIds.flatMap((markId) => {
        const mark = this.marks.get(markId);
        const transform = mark && this.match(mark, seen);
        return transform ? [{ markId, transform: inFrameUnits(transform, frame.width) }] : [];
      });
    } finally {
      seen.descriptors.delete();
    }
  }

  close(): void {
    for (const id of [...this.marks.keys()]) this.forget(id);
  }

  /** A blurred or faint picture has few corners at the usual threshold; then a lower one is taken. */
  private detect({ width, height, pixels }: SearchFrame): { readonly points: Float32Array; readonly descriptors: Mat } {
    const { cv } = this;
    const grey = new cv.Mat(height, width, cv.CV_8UC1);
    grey.data.set(pixels);
    const noMask = new cv.Mat();
    const keyPoints = new cv.KeyPointVector();
    const descriptors = new cv.Mat();
    try {
      for (const threshold of [20, 7]) {
        const orb = new cv.ORB(MOST_FEATURES, 1.2, 8, 19, 0, 2, cv.ORB_HARRIS_SCORE, 31, threshold);
        orb.detectAndCompute(grey, noMask, keyPoints, descriptors);
        orb.delete();
        if (keyPoints.size() >= ENOUGH_FEATURES) break;
      }
      const points = new Float32Array(keyPoints.size() * 2);
      for (let i = 0; i < keyPoints.size(); i += 1) {
        const { pt } = keyPoints.get(i);
        points[2 * i] = pt.x;
        points[2 * i + 1] = pt.y;
      }
      return { points, descriptors };
    } finally {
      for (const held of [grey, noMask, keyPoints]) held.delete();
    }
  }

  private match(mark: Described, seen: { readonly points: Float32Array; readonly descriptors: Mat }): Homography | null {
    const count = mark.weights.length;
    if (count < LEAST_AGREEING || seen.descriptors.rows < LEAST_AGREEING) return null;
    const to = new Float32Array(count * 2);
    const weights = new Float32Array(count);
    const own = wordsOf(mark.descriptors);
    const others = wordsOf(seen.descriptors);
    for (let i = 0; i < count; i += 1) {
      const { index, best, second } = nearest(own, i, others);
      if (best > MOST_DISTANCE || best > RATIO * second) continue;
      to[2 * i] = seen.points[2 * index] ?? 0;
      to[2 * i + 1] = seen.points[2 * index + 1] ?? 0;
      weights[i] = mark.weights[i] ?? 0;
    }
    const pairs = { from: mark.points, to, weights };
    const rough = robustSimilarity(pairs, 2 * TOLERANCE_PX);
    if (!rough) return null;
    const refined = refine(pairs, rough.inliers, { transform: rough.transform, centre: mark.centre, radiusPx: 80, perspectivePx: 3 });
    if (!refined || !isPlausible(refined, mark.centre, 6)) return null;
    const inliers = inliersOf(refined, pairs, TOLERANCE_PX);
    return inliers.reduce((sum, one) => sum + one, 0) >= LEAST_AGREEING ? refined : null;
  }
}

const wordsOf = (descriptors: Mat): Int32Array => new Int32Array(descriptors.data.slice().buffer);

function bits(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** The descriptor with the fewest different bits, and how many the next best has. */
function nearest(own: Int32Array, row: number, others: Int32Array): { readonly index: number; readonly best: number; readonly second: number } {
  let index = 0;
  let best = 257;
  let second = 257;
  for (let at = 0; at < others.length; at += 8) {
    let distance = 0;
    for (let k = 0; k < 8 && distance < second; k += 1) distance += bits((own[8 * row + k] ?? 0) ^ (others[at + k] ?? 0));
    if (distance < best) {
      second = best;
      best = distance;
      index = at / 8;
    } else if (distance < second) second = distance;
  }
  return { index, best, second };
}
