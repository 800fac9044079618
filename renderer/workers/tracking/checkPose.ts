import type { AnchorView } from './anchorView.ts';
import { GLARE, LEAST_NEAR, LIGHT_WINDOW } from './anchorView.ts';
import { alignFine } from './fineAlignment.ts';
import { apply, type Homography, isPlausible, multiply, translation } from './homography.ts';
import type { OpticalFlow } from './opticalFlow.ts';
import type { Cv, Mat } from './openCv.ts';
import { inliersOf, type Pairs, refine, robustSimilarity } from './robustFit.ts';

/** What a full look at a mark in one picture gave. */
export interface Checked {
  /** From the drawn-on picture to this one, pixels of working pictures. */
  readonly transform: Homography;
  /** 0–1; see `confidenceOf`. */
  readonly confidence: number;
  /** Points of the region that agree, all and those in or at the mark. */
  readonly inliers: number;
  readonly nearInliers: number;
  readonly nearVisible: number;
  /** Correlation of the mark's own patch, −1 to 1. */
  readonly correlation: number;
}

const MOST_SCALE = 6;
const FORTH_AND_BACK_PX = 0.8;
const FIRST_TOLERANCE_PX = 2.5;
const TOLERANCE_PX = 1.2;
/** Grey levels; what is fainter is taken for no less faint. */
const FAINT_DEVIATION = 3;
/** The fewest points in the mark itself that have to agree. */
const LEAST_OWN = 2;

/** Looks whether a mark is where it is thought to be, and exactly where. Holds Mats between calls. */
export class PoseCheck {
  private readonly cv: Cv;
  private readonly flow: OpticalFlow;
  private readonly view: Mat;
  private readonly smooth: Mat;
  private readonly matrix: Mat;

  constructor(cv: Cv, flow: OpticalFlow) {
    this.cv = cv;
    this.flow = flow;
    this.view = new cv.Mat();
    this.smooth = new cv.Mat();
    this.matrix = new cv.Mat(3, 3, cv.CV_64F);
  }

  /**
   * @param guess from the drawn-on picture to this one, good to about 15 pixels
   * @param isSure whether the guess comes from a place that was right a frame ago: perspective then changes little
   * @returns null when nothing agrees
   */
  check(anchor: AnchorView, grey: Mat, guess: Homography, isSure: boolean): Checked | null {
    let transform = guess;
    let last: Step | null = null;
    for (let round = 0; round < 3; round += 1) {
      const step = this.step(anchor, grey, transform, round > 0 || isSure ? 1 : 2, isSure || round > 0);
      if (!step) return null;
      transform = step.transform;
      last = step;
      if (step.movedPx < 1) break;
    }
    if (!last) return null;
    this.rectify(anchor, grey, transform);
    const judged = this.judge(anchor, grey, last);
    const fine = judged && judged.confidence > 0 ? alignFine(anchor.fine, anchor.crop.data, this.view.data, anchor.centre, anchor.radius) : null;
    if (!judged || !fine) return judged;
    const inCrop = multiply(translation(anchor.left, anchor.top), multiply(fine, translation(-anchor.left, -anchor.top)));
    return { ...judged, transform: multiply(transform, inCrop) };
  }

  /** The picture as it would be seen from where the mark was drawn, in the anchor's light. */
  private rectify(anchor: AnchorView, grey: Mat, transform: Homography): void {
    const { cv } = this;
    this.matrix.data64F.set(multiply(transform, translation(anchor.left, anchor.top)));
    cv.warpPerspective(grey, this.view, this.matrix, new cv.Size(anchor.crop.cols, anchor.crop.rows), cv.INTER_LINEAR | cv.WARP_INVERSE_MAP, cv.BORDER_REPLICATE, new cv.Scalar());
    fitLight(anchor, this.view);
    cv.blur(this.view, this.smooth, new cv.Size(LIGHT_WINDOW, LIGHT_WINDOW));
    evenOut(anchor, this.view, this.smooth);
  }

  private step(anchor: AnchorView, grey: Mat, guess: Homography, levels: number, isSure: boolean): Step | null {
    const toPicture = multiply(guess, translation(anchor.left, anchor.top));
    if (!isPlausible(toPicture, anchor.centre, MOST_SCALE)) return null;
    this.rectify(anchor, grey, guess);
    const { points } = anchor;
    const options = { window: 13, levels, iterations: 20 };
    const forth = this.flow.follow(anchor.crop, this.view, points, points, options);
    const back = this.flow.follow(this.view, anchor.crop, forth.points, points, options);
    const weights = new Float32Array(anchor.weights.length);
    const visible = new Uint8Array(weights.length);
    for (let i = 0; i < weights.length; i += 1) {
      const x = points[2 * i] ?? 0;
      const y = points[2 * i + 1] ?? 0;
      const seen = apply(toPicture, x, y);
      if (seen.x < 3 || seen.y < 3 || seen.x > grey.cols - 4 || seen.y > grey.rows - 4) continue;
      visible[i] = 1;
      const off = Math.hypot((back.points[2 * i] ?? 0) - x, (back.points[2 * i + 1] ?? 0) - y);
      if (forth.found[i] && back.found[i] && off <= FORTH_AND_BACK_PX) weights[i] = anchor.weights[i] ?? 0;
    }
    const pairs: Pairs = { from: points, to: forth.points, weights };
    const rough = robustSimilarity(pairs, FIRST_TOLERANCE_PX);
    if (!rough) return null;
    const expected = { transform: rough.transform, centre: anchor.centre, radiusPx: 2 * anchor.radius, perspectivePx: isSure ? 0.5 : 2 };
    const first = refine(pairs, rough.inliers, expected);
    if (!first) return null;
    const inliers = inliersOf(first, pairs, TOLERANCE_PX);
    const second = refine(pairs, inliers, expected);
    if (!second) return null;
    const final = inliersOf(second, pairs, TOLERANCE_PX);
    const transform = multiply(multiply(toPicture, second), translation(-anchor.left, -anchor.top));
    const to = apply(second, anchor.centre.x, anchor.centre.y);
    return { transform, visible, inliers: final, movedPx: Math.hypot(to.x - anchor.centre.x, to.y - anchor.centre.y) };
  }

  private judge(anchor: AnchorView, grey: Mat, { transform, visible, inliers }: Step): Checked | null {
    const toPicture = multiply(transform, translation(anchor.left, anchor.top));
    if (!isPlausible(toPicture, anchor.centre, MOST_SCALE)) return null;
    let all = 0;
    let near = 0;
    let nearVisible = 0;
    let own = 0;
    let ownVisible = 0;
    for (let i = 0; i < inliers.length; i += 1) {
      all += inliers[i] ?? 0;
      if (anchor.isOwn[i]) {
        own += inliers[i] ?? 0;
        ownVisible += visible[i] ?? 0;
      }
      if (!anchor.isNear[i]) continue;
      near += inliers[i] ?? 0;
      nearVisible += visible[i] ?? 0;
    }
    const { correlation, isPeak } = this.comparePatch(anchor);
    const middle = apply(toPicture, anchor.centre.x, anchor.centre.y);
    const isInside = middle.x >= 0 && middle.y >= 0 && middle.x < grey.cols && middle.y < grey.rows;
    const confidence = isInside && isPeak ? confidenceOf(anchor, { near, nearVisible, own, ownVisible, correlation }) : 0;
    return { transform, confidence, inliers: all, nearInliers: near, nearVisible, correlation };
  }

  /** Correlation of the mark's own patch, and whether it is the best among the places 3 pixels around. */
  private comparePatch(anchor: AnchorView): { readonly correlation: number; readonly isPeak: boolean } {
    const [own, seen] = [anchor.crop.data, this.view.data];
    const width = anchor.crop.cols;
    const correlation = correlate(own, seen, anchor.patch, 0);
    for (const [dx, dy] of [[3, 0], [-3, 0], [0, 3], [0, -3]] as const) {
      if (correlate(own, seen, anchor.patch, dy * width + dx) > correlation + 0.01) return { correlation, isPeak: false };
    }
    return { correlation, isPeak: true };
  }

  close(): void {
    this.view.delete();
    this.smooth.delete();
    this.matrix.delete();
  }
}

interface Step {
  readonly transform: Homography;
  readonly visible: Uint8Array;
  readonly inliers: Uint8Array;
  readonly movedPx: number;
}

interface Evidence {
  readonly near: number;
  readonly nearVisible: number;
  readonly own: number;
  readonly ownVisible: number;
  readonly correlation: number;
}

/**
 * How sure it is that mark and thing are together: the least of four shares, each 0 where it proves nothing and 1 where more of it
 * changes nothing: how many points in or at the mark agree (2–12), what share of those visible that is (10–60 %), what share of those
 * in the mark itself (20–70 %: a blank sheet before a rich background shows points beside it and none in it), and how alike the mark's
 * own patch looks (correlation 0.3–0.9). From 0.4 up a place may be trusted.
 */
function confidenceOf(anchor: AnchorView, { near, nearVisible, own, ownVisible, correlation }: Evidence): number {
  if (near < LEAST_NEAR || own < LEAST_OWN) return Math.min(0.39, near / (2 * LEAST_NEAR));
  const ramp = (value: number, from: number, to: number) => Math.min(1, Math.max(0, (value - from) / (to - from)));
  // Of a faint patch a part of what is seen is noise, of which about 2 grey levels remain.
  const alike = correlation * (1 + (2 / Math.max(FAINT_DEVIATION, anchor.patchDeviation)) ** 2);
  return Math.min(ramp(near, 2, 12), ramp(near / nearVisible, 0.1, 0.6), ramp(own / ownVisible, 0.2, 0.7), ramp(alike, 0.3, 0.9));
}

/** Pearson's correlation of pixels with those `shift` further on, without glare. */
function correlate(own: Uint8Array, seen: Uint8Array, indices: Int32Array, shift: number): number {
  let a = 0;
  let b = 0;
  let aa = 0;
  let bb = 0;
  let ab = 0;
  let n = 0;
  for (const at of indices) {
    const x = own[at] ?? 0;
    const y = seen[at + shift] ?? 0;
    if (x >= GLARE || y >= GLARE) continue;
    n += 1;
    a += x;
    b += y;
    aa += x * x;
    bb += y * y;
    ab += x * y;
  }
  if (n < indices.length / 4) return 0;
  const spread = (aa - (a * a) / n) * (bb - (b * b) / n);
  return spread <= 0 ? 0 : (ab - (a * b) / n) / Math.sqrt(spread);
}

/**
 * Brings a rectified view into the anchor's light: one gain and one offset over the whole region, and once more without what does not
 * fit them. Optical flow takes every difference in brightness for a motion; without this most of the time was lost.
 */
function fitLight(anchor: AnchorView, view: Mat): void {
  const own = anchor.crop.data;
  const seen = view.data;
  let gain = 1;
  let offset = 0;
  let limit = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 2; round += 1) {
    let n = 0;
    let a = 0;
    let b = 0;
    let bb = 0;
    let ab = 0;
    let missed = 0;
    for (let at = 0; at < own.length; at += 7) {
      const x = own[at] ?? 0;
      const y = seen[at] ?? 0;
      const off = Math.abs(gain * y + offset - x);
      if (off > limit) continue;
      n += 1;
      a += x;
      b += y;
      bb += y * y;
      ab += x * y;
    }
    const spread = n * bb - b * b;
    if (n < 50 || spread <= 0) break;
    gain = Math.min(3, Math.max(0.33, (n * ab - a * b) / spread));
    offset = (a - gain * b) / n;
    for (let at = 0; at < own.length; at += 7) missed += Math.abs(gain * (seen[at] ?? 0) + offset - (own[at] ?? 0));
    limit = (2.5 * missed * 7) / own.length;
  }
  view.convertTo(view, -1, gain, offset);
}

/** What is left of a shadow's edge or a lamp to one side: the light around each pixel is made the anchor's. */
function evenOut(anchor: AnchorView, view: Mat, smooth: Mat): void {
  const seen = view.data;
  const own = anchor.smooth.data;
  const now = smooth.data;
  for (let at = 0; at < seen.length; at += 1) {
    const value = (seen[at] ?? 0) + (own[at] ?? 0) - (now[at] ?? 0);
    seen[at] = Math.max(0, Math.min(255, value));
  }
}
