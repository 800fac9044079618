import { composePose, copyPose, createPose, type Pose } from '#shared/control/pose';
import { isAtRest, type Push } from './axes.ts';

/** A page that stood still does not make up for it: no step is longer, ms. */
const MAX_STEP_MS = 50;
const RAD_PER_DEG = Math.PI / 180;

/**
 * The hand of whoever steers with something that has a push and no place: sticks, pads, keys. A push is a speed, in the probe's own frame;
 * the hand is where the pushes took it. While nothing is held it lies where the probe is, so that it counts from there.
 */
export class VirtualHand {
  readonly #pose = createPose();
  readonly #step = createPose();
  #atMs: number | null = null;

  get pose(): Readonly<Pose> {
    return this.#pose;
  }

  /** [CTL66] The clutch: the hand is turned and placed like the probe. */
  align(measured: Readonly<Pose>, nowMs: number): void {
    copyPose(this.#pose, measured);
    this.#atMs = nowMs;
  }

  /** `turnScale`: how much of the turning is wanted; the way is scaled by who sends it. */
  advance(push: Readonly<Push>, fullSpeed: { readonly mmPerS: number; readonly degPerS: number }, turnScale: number, nowMs: number): void {
    const seconds = this.#atMs === null ? 0 : Math.max(0, Math.min(MAX_STEP_MS, nowMs - this.#atMs)) / 1000;
    this.#atMs = nowMs;
    if (seconds === 0 || isAtRest(push)) return;
    const step = this.#step;
    step.xMm = push.x * fullSpeed.mmPerS * seconds;
    step.yMm = push.y * fullSpeed.mmPerS * seconds;
    step.zMm = push.z * fullSpeed.mmPerS * seconds;
    const half = (fullSpeed.degPerS * turnScale * seconds * RAD_PER_DEG) / 2;
    const size = Math.hypot(push.aboutX, push.aboutY, push.aboutZ);
    const sine = size === 0 ? 0 : Math.sin(size * half) / size;
    step.qw = Math.cos(size * half);
    step.qx = push.aboutX * sine;
    step.qy = push.aboutY * sine;
    step.qz = push.aboutZ * sine;
    composePose(this.#pose, this.#pose, step);
  }
}
