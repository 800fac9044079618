import { numberAt } from '../lib/numberAt.ts';
import type { MotionLimits } from './limits.ts';
import { copyPose, createPose, type Pose } from './pose.ts';

/** From full speed to rest, ms: well within the 200 ms between the begin of a ramp and the end of motion. */
export const BRAKE_MS = 120;
/** From rest to full speed, ms. */
const ACCELERATE_MS = 50;
/** How eagerly the setpoint goes after its target, ms: the time constant of what is left. More than the above, or it would swing beyond. */
const FOLLOW_MS = 70;
const RAD_PER_DEG = Math.PI / 180;

/**
 * What the device is told, tick by tick: goes after the accepted target within the limits of speed and acceleration, and comes to rest
 * when it is braked, whatever the target says. Base frame, mm, seconds inside; makes no garbage.
 */
export class Setpoint {
  readonly #pose = createPose();
  /** mm/s */
  readonly #velocity = new Float64Array(3);
  /** rad/s, base frame */
  readonly #turning = new Float64Array(3);
  readonly #wanted = new Float64Array(3);
  /** The speed that a brake began at: it takes the same time from any speed. */
  #brakeMmPerS = 0;
  #brakeRadPerS = 0;

  get pose(): Readonly<Pose> {
    return this.#pose;
  }

  get speedMmPerS(): number {
    return lengthOf(this.#velocity);
  }

  get angularSpeedDegPerS(): number {
    return lengthOf(this.#turning) / RAD_PER_DEG;
  }

  get isAtRest(): boolean {
    return lengthOf(this.#velocity) === 0 && lengthOf(this.#turning) === 0;
  }

  /** Begins at rest at the measured pose. */
  start(measured: Readonly<Pose>): void {
    copyPose(this.#pose, measured);
    this.halt();
  }

  /** At rest at once. */
  halt(): void {
    this.#velocity.fill(0);
    this.#turning.fill(0);
    this.#brakeMmPerS = 0;
    this.#brakeRadPerS = 0;
  }

  follow(target: Readonly<Pose>, { maxSpeedMmPerS, maxAngularSpeedDegPerS }: MotionLimits, passedMs: number): void {
    this.#brakeMmPerS = 0;
    this.#brakeRadPerS = 0;
    const wanted = this.#wanted;
    wanted[0] = target.xMm - this.#pose.xMm;
    wanted[1] = target.yMm - this.#pose.yMm;
    wanted[2] = target.zMm - this.#pose.zMm;
    this.#approach(this.#velocity, maxSpeedMmPerS, passedMs);
    this.#setRotationTo(target);
    this.#approach(this.#turning, maxAngularSpeedDegPerS * RAD_PER_DEG, passedMs);
    this.#move(passedMs);
  }

  brake(passedMs: number): void {
    if (this.#brakeMmPerS === 0) this.#brakeMmPerS = lengthOf(this.#velocity);
    if (this.#brakeRadPerS === 0) this.#brakeRadPerS = lengthOf(this.#turning);
    slow(this.#velocity, (this.#brakeMmPerS * passedMs) / BRAKE_MS);
    slow(this.#turning, (this.#brakeRadPerS * passedMs) / BRAKE_MS);
    this.#move(passedMs);
  }

  /** Changes `velocity` towards the way that `#wanted` names (what is left, in mm or rad). */
  #approach(velocity: Float64Array, max: number, passedMs: number): void {
    const wanted = this.#wanted;
    const left = lengthOf(wanted);
    // Not further than what is left within this tick: it arrives and does not swing.
    const speed = Math.min(max, (left * 1000) / Math.max(FOLLOW_MS, passedMs));
    const factor = left === 0 ? 0 : speed / left;
    let change = 0;
    for (let axis = 0; axis < 3; axis += 1) {
      wanted[axis] = numberAt(wanted, axis) * factor - numberAt(velocity, axis);
      change += numberAt(wanted, axis) ** 2;
    }
    change = Math.sqrt(change);
    const most = (max * passedMs) / ACCELERATE_MS;
    const share = change > most ? most / change : 1;
    for (let axis = 0; axis < 3; axis += 1) velocity[axis] = numberAt(velocity, axis) + numberAt(wanted, axis) * share;
  }

  /** `#wanted` = the rotation that is left to the target, as axis times angle in the base frame, rad. */
  #setRotationTo(target: Readonly<Pose>): void {
    const { qw, qx, qy, qz } = this.#pose;
    let w = target.qw * qw + target.qx * qx + target.qy * qy + target.qz * qz;
    let x = -target.qw * qx + target.qx * qw - target.qy * qz + target.qz * qy;
    let y = -target.qw * qy + target.qx * qz + target.qy * qw - target.qz * qx;
    let z = -target.qw * qz - target.qx * qy + target.qy * qx + target.qz * qw;
    if (w < 0) [w, x, y, z] = [-w, -x, -y, -z]; // the short way round
    const sine = Math.hypot(x, y, z);
    const factor = sine === 0 ? 0 : (2 * Math.atan2(sine, w)) / sine;
    this.#wanted[0] = x * factor;
    this.#wanted[1] = y * factor;
    this.#wanted[2] = z * factor;
  }

  #move(passedMs: number): void {
    const pose = this.#pose;
    const seconds = passedMs / 1000;
    pose.xMm += numberAt(this.#velocity, 0) * seconds;
    pose.yMm += numberAt(this.#velocity, 1) * seconds;
    pose.zMm += numberAt(this.#velocity, 2) * seconds;
    const angle = lengthOf(this.#turning) * seconds;
    if (angle === 0) return;
    const sine = Math.sin(angle / 2) / (angle / seconds);
    const w = Math.cos(angle / 2);
    const x = numberAt(this.#turning, 0) * sine;
    const y = numberAt(this.#turning, 1) * sine;
    const z = numberAt(this.#turning, 2) * sine;
    const { qw, qx, qy, qz } = pose;
    pose.qw = w * qw - x * qx - y * qy - z * qz;
    pose.qx = w * qx + x * qw + y * qz - z * qy;
    pose.qy = w * qy - x * qz + y * qw + z * qx;
    pose.qz = w * qz + x * qy - y * qx + z * qw;
    const length = Math.hypot(pose.qw, pose.qx, pose.qy, pose.qz);
    pose.qw /= length;
    pose.qx /= length;
    pose.qy /= length;
    pose.qz /= length;
  }
}

const lengthOf = (vector: Float64Array): number => Math.hypot(numberAt(vector, 0), numberAt(vector, 1), numberAt(vector, 2));

function slow(velocity: Float64Array, by: number): void {
  const speed = lengthOf(velocity);
  const factor = speed <= by ? 0 : (speed - by) / speed;
  for (let axis = 0; axis < 3; axis += 1) velocity[axis] = numberAt(velocity, axis) * factor;
}
