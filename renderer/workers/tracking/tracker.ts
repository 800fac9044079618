import type { PlaceState } from '#shared/annotation/placesFrame';
import { type AnchorView, createAnchorView } from './anchorView.ts';
import { type Checked, PoseCheck } from './checkPose.ts';
import { FrameRing, type GreyFrame, WORKING_WIDTH } from './frameRing.ts';
import { apply, type Homography, IDENTITY, inFrameUnits, inPixels, isPlausible, multiply, type Point, toPixels } from './homography.ts';
import { OpticalFlow } from './opticalFlow.ts';
import type { Cv, Mat } from './openCv.ts';
import { mapPoints, refine, robustSimilarity } from './robustFit.ts';

export type AnchorOutcome =
  | 'ok'
  /** The frame has left the two seconds of history, or never came. */
  | 'frameGone'
  /** Nothing in or at the mark could prove where it is. */
  | 'noTexture';

export interface Pose {
  readonly markId: string;
  /**
   * `tracked`: seen in its place in this very frame (of many marks at once: in one of the last four, and moved since by what is around it). `weak`: its surroundings are followed, the place itself is hidden or unclear, or it is still on its way from the
   * frame it was drawn on. `lost`: where it is is not known; the transform is the last that was, and must not be shown as if it held.
   */
  readonly state: PlaceState;
  /** 0–1: the least share of what would prove the place (points that agree, their part of those visible, likeness of the patch). From 0.4 the place may be trusted. */
  readonly confidence: number;
  /** From the drawn-on frame to this one, frame units. */
  readonly transform: Homography;
}

/** What a search after a loss needs; the pixels are a copy. */
export interface SearchFrame {
  readonly rtpTimestamp: number;
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
}

export interface Tracked {
  readonly rtpTimestamp: number;
  readonly poses: readonly Pose[];
  /** Marks to be looked for in the newest frame (`searchFrame`). */
  readonly lost: readonly string[];
}

interface Mark {
  readonly id: string;
  readonly anchor: AnchorView;
  /** From the drawn-on picture to the last frame, pixels. */
  transform: Homography;
  /** Where it was last sure. */
  lastSure: Homography;
  state: Pose['state'];
  confidence: number;
  /** Frames since the last check. */
  unchecked: number;
  /** The last frame it was seen in, and the ones on the way from there to now that are tried; null when it is at the newest frame. */
  way: { at: GreyFrame; targets: GreyFrame[] } | null;
}

/** To be taken for found a mark needs more than to be kept. */
const KEEP = 0.4;
const TAKE = 0.5;
const WEAK_INLIERS = 10;
/** A place that flow and anchor see this far apart is not believed, pixels. */
const MOST_JUMP_PX = 10;
/** A stride and its check cost about 6 ms: a few frames at 25 ms drop none of 30 a second. */
const WAY_STEPS_A_FRAME = 2;
const CHECKS_A_FRAME = 4;
const LOST_CHECKS_A_FRAME = 2;
/** For so many frames between two checks a mark may ride on the motion of what is around it. */
const MOST_UNCHECKED = 3;
/** Of a mark's points, the first, which are those in and at it. */
const FLOW_POINTS = 30;
const BACKGROUND_POINTS = 70;
const BACKGROUND_FRAMES = 12;
const FLOW = { window: 21, levels: 3, iterations: 12 } as const;

/**
 * Follows all marks of one source. Each frame: what moved how since the last (one call of optical flow for all marks and the background),
 * then for each mark the exact place by comparison with the frame it was drawn on, so that nothing adds up over time. A mark is never
 * anchored anew: what was drawn on is what it is compared with for ever.
 */
export class Tracker {
  private readonly cv: Cv;
  private readonly ring = new FrameRing();
  private readonly flow: OpticalFlow;
  private readonly poseCheck: PoseCheck;
  private readonly marks = new Map<string, Mark>();
  private background = new Float32Array();
  private backgroundAge = 0;
  private turn = 0;

  constructor(cv: Cv) {
    this.cv = cv;
    this.flow = new OpticalFlow(cv);
    this.poseCheck = new PoseCheck(cv, this.flow);
  }

  /** @param polygon outline of the mark, frame units, at least one point */
  anchor(markId: string, rtpTimestamp: number, polygon: readonly Point[]): AnchorOutcome {
    const frame = this.ring.find(rtpTimestamp);
    if (!frame) return 'frameGone';
    this.drop(markId);
    const anchor = createAnchorView(this.cv, frame.grey, polygon.map(({ x, y }) => apply(toPixels(WORKING_WIDTH), x, y)));
    if (!anchor) return 'noTexture';
    const mark: Mark = { id: markId, anchor, transform: IDENTITY, lastSure: IDENTITY, state: 'weak', confidence: 0, unchecked: 0, way: { at: frame, targets: [] } };
    this.marks.set(markId, mark);
    if (frame === this.ring.newest) this.take(mark, this.poseCheck.check(anchor, frame.grey, IDENTITY, true));
    return 'ok';
  }

  drop(markId: string): void {
    const anchor = this.marks.get(markId)?.anchor;
    anchor?.crop.delete();
    anchor?.smooth.delete();
    this.marks.delete(markId);
  }

  /** Takes the frame over. Frames must come in order; one that is not later than the last, or of another shape, begins anew. */
  track(frame: GreyFrame): Tracked {
    const before = this.ring.newest;
    this.ring.push(frame);
    const motion = before && this.marks.size > 0 && this.ring.has(before) ? this.measureMotion(before.grey, frame.grey) : null;
    this.turn += 1;
    const marks = [...this.marks.values()];
    const followed = marks.filter(({ way, state }) => !way && state !== 'lost').sort((a, b) => b.unchecked - a.unchecked);
    const lost = marks.filter(({ way, state }) => !way && state === 'lost').sort((a, b) => b.unchecked - a.unchecked);
    for (const [i, mark] of followed.entries()) {
      const guess = this.guess(mark, motion);
      if (i < CHECKS_A_FRAME) this.follow(mark, frame.grey, guess);
      else this.ride(mark, guess);
    }
    for (const [i, mark] of lost.entries()) {
      const guess = this.guess(mark, motion);
      mark.unchecked += 1;
      if (i < LOST_CHECKS_A_FRAME) this.lookAgain(mark, frame.grey, guess);
      else if (guess) mark.transform = guess;
    }
    this.goOnWays(frame);
    return {
      rtpTimestamp: frame.rtpTimestamp,
      poses: marks.map(({ id, state, confidence, transform }) => ({ markId: id, state, confidence, transform: inFrameUnits(transform, WORKING_WIDTH) })),
      lost: marks.filter(({ state }) => state === 'lost').map(({ id }) => id),
    };
  }

  /** The newest frame, for a search elsewhere. */
  searchFrame(): SearchFrame | null {
    const frame = this.ring.newest;
    return frame ? { rtpTimestamp: frame.rtpTimestamp, width: frame.grey.cols, height: frame.grey.rows, pixels: frame.grey.data.slice() } : null;
  }

  /** The drawn-on frame, for the search's own description of the mark; null when it is no longer held. */
  frameAt(rtpTimestamp: number): SearchFrame | null {
    const frame = this.ring.find(rtpTimestamp);
    return frame ? { rtpTimestamp, width: frame.grey.cols, height: frame.grey.rows, pixels: frame.grey.data.slice() } : null;
  }

  /**
   * A search's proposal: where the mark was in a frame of a little while ago. It counts only after the full check on that frame.
   * @param transform from the drawn-on frame, frame units
   */
  propose(markId: string, rtpTimestamp: number, transform: Homography): void {
    const mark = this.marks.get(markId);
    const frame = this.ring.find(rtpTimestamp);
    if (!mark || !frame || mark.state === 'tracked' || mark.way) return;
    const checked = this.poseCheck.check(mark.anchor, frame.grey, inPixels(transform, WORKING_WIDTH), false);
    if (!checked || checked.confidence < TAKE) return;
    if (frame === this.ring.newest) {
      this.take(mark, checked);
      return;
    }
    mark.transform = checked.transform;
    mark.way = { at: frame, targets: [] };
    const newest = this.ring.newest;
    if (newest) this.goOn(mark, newest);
  }

  close(): void {
    for (const id of [...this.marks.keys()]) this.drop(id);
    this.ring.clear();
    this.poseCheck.close();
    this.flow.close();
  }

  /** One call of optical flow for the points of all marks that are followed, and for points all over the picture. */
  private measureMotion(before: Mat, after: Mat): Motion {
    const followed = [...this.marks.values()].filter(({ state, way }) => state !== 'lost' && !way).map(({ anchor, transform }) => mapPoints(inPicture(anchor, transform), anchor.points.subarray(0, 2 * FLOW_POINTS)));
    this.backgroundAge += 1;
    if (this.background.length < BACKGROUND_POINTS || this.backgroundAge > BACKGROUND_FRAMES) this.renewBackground(before);
    const from = new Float32Array(followed.reduce((sum, { length }) => sum + length, this.background.length));
    let at = 0;
    for (const part of [...followed, this.background]) {
      from.set(part, at);
      at += part.length;
    }
    const { points, found } = this.flow.follow(before, after, from, from, FLOW);
    const kept: number[] = [];
    for (let i = from.length - this.background.length; i < from.length; i += 2) if (found[i / 2]) kept.push(points[i] ?? 0, points[i + 1] ?? 0);
    this.background = Float32Array.from(kept);
    return { from, to: points, found };
  }

  private renewBackground(grey: Mat): void {
    const { cv } = this;
    const half = new cv.Mat();
    const corners = new cv.Mat();
    const noMask = new cv.Mat();
    cv.resize(grey, half, new cv.Size(grey.cols >> 1, grey.rows >> 1), 0, 0, cv.INTER_AREA);
    cv.goodFeaturesToTrack(half, corners, BACKGROUND_POINTS, 0.01, 14, noMask, 3);
    this.background = Float32Array.from(corners.data32F, (value) => value * 2 + 0.5);
    this.backgroundAge = 0;
    for (const mat of [half, corners, noMask]) mat.delete();
  }

  /** Where the motion around a mark would have brought it; null when it does not tell. */
  private guess(mark: Mark, motion: Motion | null): Homography | null {
    if (!motion) return null;
    const toPicture = inPicture(mark.anchor, mark.transform);
    const { x, y } = apply(toPicture, mark.anchor.centre.x, mark.anchor.centre.y);
    const reach = 2 * mark.anchor.radius + 20;
    const weights = new Float32Array(motion.found.length);
    let support = 0;
    for (let i = 0; i < weights.length; i += 1) {
      const away = Math.hypot((motion.from[2 * i] ?? 0) - x, (motion.from[2 * i + 1] ?? 0) - y);
      const isInside = Number.isFinite(away) && isInsideOf(motion, i);
      weights[i] = motion.found[i] && isInside ? Math.max(0.01, 1 / (1 + (away / reach) ** 2) ** 2) : 0;
      support += weights[i] ?? 0;
    }
    const pairs = { from: motion.from, to: motion.to, weights };
    const fit = robustSimilarity(pairs, 2.5);
    if (!fit) return null;
    const agreed = weights.reduce((sum, weight, i) => sum + (fit.inliers[i] ? weight : 0), 0);
    if (agreed < 0.35 * support) return null;
    const refined = refine(pairs, fit.inliers, { transform: fit.transform, centre: { x, y }, radiusPx: 60, perspectivePx: 0.1 }) ?? fit.transform;
    const guess = multiply(refined, mark.transform);
    return isPlausible(inPicture(mark.anchor, guess), mark.anchor.centre, 6) ? guess : null;
  }

  /** A mark whose turn it is not goes with what is around it, and is sure for a few frames only. */
  private ride(mark: Mark, guess: Homography | null): void {
    mark.unchecked += 1;
    if (guess) mark.transform = guess;
    if (guess && mark.unchecked <= MOST_UNCHECKED) return;
    mark.state = 'weak';
    mark.confidence = Math.min(mark.confidence, KEEP - 0.01);
  }

  private follow(mark: Mark, grey: Mat, guess: Homography | null): void {
    mark.unchecked = 0;
    const wasSure = mark.state === 'tracked';
    const checked = this.poseCheck.check(mark.anchor, grey, guess ?? mark.transform, wasSure && guess !== null);
    if (checked && checked.confidence >= (wasSure ? KEEP : TAKE) && (!guess || this.jump(mark, guess, checked.transform) <= MOST_JUMP_PX)) {
      this.take(mark, checked);
      return;
    }
    const isAround = checked !== null && guess !== null && checked.inliers >= WEAK_INLIERS && checked.inliers >= 0.3 * mark.anchor.isNear.length && this.jump(mark, guess, checked.transform) <= MOST_JUMP_PX;
    if (isAround) mark.transform = checked.transform;
    else if (guess) mark.transform = guess;
    mark.state = isAround ? 'weak' : 'lost';
    mark.confidence = isAround ? Math.min(checked.confidence, KEEP - 0.01) : 0;
  }

  /** In turn where the motion of what is seen would have brought it, and where it was last sure: after a cut and back it is there. */
  private lookAgain(mark: Mark, grey: Mat, guess: Homography | null): void {
    mark.unchecked = 0;
    const checked = this.poseCheck.check(mark.anchor, grey, this.turn % 2 === 0 && guess ? guess : mark.lastSure, false);
    if (checked && checked.confidence >= TAKE) this.take(mark, checked);
    else if (guess) mark.transform = guess;
  }

  private jump({ anchor }: Mark, a: Homography, b: Homography): number {
    const one = apply(inPicture(anchor, a), anchor.centre.x, anchor.centre.y);
    const other = apply(inPicture(anchor, b), anchor.centre.x, anchor.centre.y);
    return Math.hypot(one.x - other.x, one.y - other.y);
  }

  private take(mark: Mark, checked: Checked | null): void {
    mark.way = null;
    if (!checked || checked.confidence < KEEP) {
      mark.state = 'lost';
      mark.confidence = 0;
      return;
    }
    mark.transform = checked.transform;
    mark.lastSure = checked.transform;
    mark.state = 'tracked';
    mark.confidence = checked.confidence;
  }

  /** A few steps of the marks that are on their way from an older frame, so that the live one is not late. */
  private goOnWays(newest: GreyFrame): void {
    let steps = 0;
    for (const mark of this.marks.values()) {
      while (mark.way && steps < WAY_STEPS_A_FRAME) {
        this.goOn(mark, newest);
        steps += 1;
      }
    }
  }

  /** Tries the whole way to the newest frame at once, and where that fails half of it. */
  private goOn(mark: Mark, newest: GreyFrame): void {
    const { way } = mark;
    if (!way) return;
    while (way.targets.length > 0 && way.targets.at(-1) === way.at) way.targets.pop();
    const target = way.targets.at(-1) ?? newest;
    if (!this.ring.has(way.at) || !this.ring.has(target)) {
      this.take(mark, null);
      return;
    }
    if (way.at === target) {
      this.take(mark, this.poseCheck.check(mark.anchor, target.grey, mark.transform, true));
      return;
    }
    const from = mapPoints(inPicture(mark.anchor, mark.transform), mark.anchor.points);
    const { points, found } = this.flow.follow(way.at.grey, target.grey, from, from, FLOW);
    const guess = this.guess(mark, { from, to: points, found });
    const checked = guess && this.poseCheck.check(mark.anchor, target.grey, guess, false);
    if (checked && checked.confidence >= TAKE) {
      mark.transform = checked.transform;
      if (target === newest) this.take(mark, checked);
      else way.at = target;
      return;
    }
    const middle = this.ring.between(way.at, target);
    if (middle) way.targets.push(middle);
    else this.take(mark, null);
  }
}

interface Motion {
  readonly from: Float32Array;
  readonly to: Float32Array;
  readonly found: Uint8Array;
}

const inPicture = (anchor: AnchorView, transform: Homography): Homography => multiply(transform, [1, 0, anchor.left, 0, 1, anchor.top, 0, 0, 1]);

const isInsideOf = ({ to }: Motion, i: number): boolean => Number.isFinite(to[2 * i]) && Number.isFinite(to[2 * i + 1]);
