import type { MotionLimits } from '../control/limits.ts';
import type { DeviceOrder, Measured } from '../control/patientSide.ts';
import { createPose, type Pose } from '../control/pose.ts';
import { numberAt } from '../lib/numberAt.ts';
import { createRandom } from '../lib/seededRandom.ts';
import { abdomen, type ElasticBody } from './body.ts';

/** What the simulated arm allows itself, base frame. */
export const SIMULATOR_LIMITS: MotionLimits = {
  workspaceMin: { xMm: -120, yMm: -120, zMm: -20 },
  workspaceMax: { xMm: 120, yMm: 120, zMm: 90 },
  maxTiltDeg: 50,
  maxSpeedMmPerS: 60,
  maxAngularSpeedDegPerS: 45,
  maxForceN: 15,
  maxForceRateNPerS: 10,
  maxSpinDeg: 170,
};

/** Faults on command: joints that stand still, a force sensor without a value, an encoder that slips, a motor that is too hot. */
export type ArmFault = 'stall' | 'sensor' | 'slip' | 'heat';

/** The arm's own controller: without an order for this long it brakes, ms. */
const ORDER_TIMEOUT_MS = 150;
/** One step of the physics, ms. */
const STEP_MS = 2;
const GRAVITY_FREE_MASS_KG = 2.5;
const MAX_DRIVE_N = 120;
/** Each joint a spring and damper to its setpoint: 12 Hz, critically damped. */
const OMEGA = 2 * Math.PI * 12;
/** A brake stops a joint with this, mm/s² and deg/s². */
const BRAKE_MM_PER_S2 = 4000;
const BRAKE_DEG_PER_S2 = 6000;
const JOINT_LIMITS: readonly (readonly [number, number])[] = [[-150, 150], [-150, 150], [-30, 110], [-60, 60], [-60, 60], [-175, 175]];
/** Force control along the probe's axis: how fast the tip gives way, mm/s for each N, and how far from where it was sent, mm. */
const COMPLIANCE_MM_PER_NS = 4;
const MAX_YIELD_MM = 12;
const POSE_NOISE_MM = 0.02;
const FORCE_NOISE_N = 0.05;
const DEG = 180 / Math.PI;

/**
 * A gantry of three linear joints with a wrist of three (about x, then y, then z) that carries a probe over a breathing body: inertia,
 * drives with a bound, joint limits, contact, sensors with noise. Deterministic: the same seed and orders give the same motion.
 */
export class SimulatedArm {
  readonly limits = SIMULATOR_LIMITS;
  readonly #body: ElasticBody;
  readonly #random: () => number;
  /** mm, mm, mm, deg, deg, deg */
  readonly #joints = new Float64Array(6);
  readonly #speeds = new Float64Array(6);
  readonly #wanted = new Float64Array(6);
  readonly #pose = createPose();
  readonly #reported = createPose();
  #atMs = 0;
  #orderAtMs = Number.NEGATIVE_INFINITY;
  #isMoving = false;
  #targetForceN = 0;
  #yieldMm = 0;
  #forceN = 0;
  #fault: ArmFault | null = null;

  constructor(seed: number, body: ElasticBody = abdomen) {
    this.#random = createRandom(seed);
    this.#body = body;
  }

  /** The true pose of the probe's tip, base frame. */
  get pose(): Readonly<Pose> {
    return this.#pose;
  }

  /** The true speed of the tip, mm/s. */
  get speedMmPerS(): number {
    return Math.hypot(numberAt(this.#speeds, 0), numberAt(this.#speeds, 1), numberAt(this.#speeds, 2));
  }

  get angularSpeedDegPerS(): number {
    return Math.hypot(numberAt(this.#speeds, 3), numberAt(this.#speeds, 4), numberAt(this.#speeds, 5));
  }

  /** The true force on the patient, N. */
  get forceN(): number {
    return this.#forceN;
  }

  /** Puts the arm somewhere, at rest. */
  place(joints: readonly number[]): void {
    for (let joint = 0; joint < 6; joint += 1) this.#joints[joint] = joints[joint] ?? 0;
    this.#speeds.fill(0);
    this.#forward();
  }

  break(fault: ArmFault | null): void {
    this.#fault = fault;
    if (fault === 'slip') this.#joints[0] = numberAt(this.#joints, 0) + 25;
  }

  order({ isMoving, isStopped, pose, forceN }: Readonly<DeviceOrder>): void {
    this.#orderAtMs = this.#atMs;
    this.#isMoving = isMoving && !isStopped;
    this.#targetForceN = forceN;
    this.#inverse(pose);
  }

  /** Lets time pass. */
  step(ms: number): void {
    const untilMs = this.#atMs + ms;
    while (this.#atMs + 1e-9 < untilMs) {
      const passedMs = Math.min(STEP_MS, untilMs - this.#atMs);
      this.#atMs += passedMs;
      this.#advance(passedMs / 1000);
    }
  }

  measured(): Measured {
    const reported = this.#reported;
    Object.assign(reported, this.#pose);
    reported.xMm += this.#noise(POSE_NOISE_MM);
    reported.yMm += this.#noise(POSE_NOISE_MM);
    reported.zMm += this.#noise(POSE_NOISE_MM);
    return {
      pose: reported,
      forceN: this.#fault === 'sensor' ? Number.NaN : this.#forceN + this.#noise(FORCE_NOISE_N),
      isInContact: this.#forceN > 0.2,
      fault: this.#fault === 'heat' ? 'a motor is too hot' : null,
    };
  }

  #noise(size: number): number {
    // The sum of a few is near enough to a normal distribution.
    return size * (this.#random() + this.#random() + this.#random() - 1.5) * 2;
  }

  #advance(seconds: number): void {
    const isDriven = this.#isMoving && this.#atMs - this.#orderAtMs <= ORDER_TIMEOUT_MS && this.#fault !== 'heat';
    this.#feel(seconds);
    for (let joint = 0; joint < 6; joint += 1) {
      const isLinear = joint < 3;
      if (this.#fault === 'stall') this.#speeds[joint] = 0;
      else if (isDriven) this.#drive(joint, seconds);
      else this.#brake(joint, (isLinear ? BRAKE_MM_PER_S2 : BRAKE_DEG_PER_S2) * seconds);
      const [min, max] = JOINT_LIMITS[joint] ?? [0, 0];
      const next = numberAt(this.#joints, joint) + numberAt(this.#speeds, joint) * seconds;
      if (next < min || next > max) this.#speeds[joint] = 0;
      this.#joints[joint] = Math.max(min, Math.min(max, next));
    }
    this.#forward();
  }

  #drive(joint: number, seconds: number): void {
    const yielded = joint === 2 ? this.#yieldMm : 0;
    let pull = OMEGA * OMEGA * (numberAt(this.#wanted, joint) + yielded - numberAt(this.#joints, joint)) - 2 * OMEGA * numberAt(this.#speeds, joint);
    if (joint < 3) {
      // mm/s² from N: the drive has a bound, and the body pushes back along z.
      const most = (MAX_DRIVE_N / GRAVITY_FREE_MASS_KG) * 1000;
      pull = Math.max(-most, Math.min(most, pull));
      if (joint === 2) pull -= (this.#forceN / GRAVITY_FREE_MASS_KG) * 1000;
    }
    this.#speeds[joint] = numberAt(this.#speeds, joint) + pull * seconds;
  }

  #brake(joint: number, by: number): void {
    const now = numberAt(this.#speeds, joint);
    this.#speeds[joint] = Math.abs(now) <= by ? 0 : now - Math.sign(now) * by;
  }

  /** The body's force, and how far the tip gives way to keep the force that was asked for. */
  #feel(seconds: number): void {
    const { xMm, yMm, zMm } = this.#pose;
    const depthMm = zMm - this.#body.surfaceMm(xMm, yMm, this.#atMs / 1000);
    this.#forceN = this.#body.forceN(depthMm, numberAt(this.#speeds, 2));
    if (!this.#isMoving) return;
    // Without a wish it only gives way above what is allowed; with one it seeks that force, near where it was sent.
    const missingN = this.#targetForceN > 0 ? this.#targetForceN - this.#forceN : Math.min(0, this.limits.maxForceN - this.#forceN);
    this.#yieldMm = Math.max(-MAX_YIELD_MM, Math.min(MAX_YIELD_MM, this.#yieldMm + missingN * COMPLIANCE_MM_PER_NS * seconds));
    if (this.#targetForceN === 0 && missingN === 0) this.#yieldMm *= 1 - Math.min(1, seconds * 2);
  }

  /** Joints that hold the tip at a pose: linear joints are the position, the wrist turns about x, y and z in turn. */
  #inverse({ xMm, yMm, zMm, qw, qx, qy, qz }: Readonly<Pose>): void {
    const wanted = this.#wanted;
    wanted[0] = xMm;
    wanted[1] = yMm;
    wanted[2] = zMm;
    wanted[3] = Math.atan2(2 * (qw * qx - qy * qz), 1 - 2 * (qx * qx + qy * qy)) * DEG;
    wanted[4] = Math.asin(Math.max(-1, Math.min(1, 2 * (qx * qz + qw * qy)))) * DEG;
    wanted[5] = Math.atan2(2 * (qw * qz - qx * qy), 1 - 2 * (qy * qy + qz * qz)) * DEG;
  }

  #forward(): void {
    const pose = this.#pose;
    pose.xMm = numberAt(this.#joints, 0);
    pose.yMm = numberAt(this.#joints, 1);
    pose.zMm = numberAt(this.#joints, 2);
    const [a, b, c] = [numberAt(this.#joints, 3) / DEG / 2, numberAt(this.#joints, 4) / DEG / 2, numberAt(this.#joints, 5) / DEG / 2];
    const [ca, sa, cb, sb, cc, sc] = [Math.cos(a), Math.sin(a), Math.cos(b), Math.sin(b), Math.cos(c), Math.sin(c)];
    pose.qw = ca * cb * cc - sa * sb * sc;
    pose.qx = sa * cb * cc + ca * sb * sc;
    pose.qy = ca * sb * cc - sa * cb * sc;
    pose.qz = ca * cb * sc + sa * sb * cc;
  }
}
