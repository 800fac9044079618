import { numberAt } from '../lib/numberAt.ts';
import type { MotionCommand } from './frames/motionFrame.ts';
import type { MotionLimits } from './limits.ts';
import type { Line } from './line.ts';
import { type ControlMode, movesProbe } from './modes.ts';
import { angleBetweenDeg, clearPose, composePose, copyPose, createPose, distanceMm, isSoundPose, type Pose, spinDeg, tiltDeg } from './pose.ts';

/** [CTL10] Why a command is not obeyed, in the order in which it is looked at. Each is counted. */
export const REJECTIONS = ['malformed', 'foreign', 'epoch', 'sequence', 'notFinite', 'unsynchronised', 'stale', 'blind', 'mode', 'workspace', 'speed', 'angularSpeed', 'force', 'setting'] as const;
export type Rejection = (typeof REJECTIONS)[number];

/** [CTL12] Older than this it is not obeyed, ms. */
export const MAX_AGE_MS = 100;
/** [CTL13] Whoever has not seen the device's state for this long steers blind, ms: the longest round trip plus a few lost states. */
export const MAX_ECHO_AGE_MS = 500;
/** Speed is counted against a store that fills with time and holds this much of it, ms: packets that the line bunched are not speeding. */
const BUCKET_MS = 100;
/** In a mode that turns only, the tip may not be moved by more, mm. */
const HELD_MM = 0.01;

/**
 * Decides about each motion command whether the device may hear of it. Belongs to one lease; makes no garbage. All times are the patient
 * side's monotonic clock, ms; targets are relative to the reference pose, which was measured when motion was engaged.
 */
export class Guard {
  readonly #line: Line;
  readonly #counts = new Uint32Array(REJECTIONS.length);
  readonly #reference = createPose();
  readonly #accepted = createPose();
  readonly #target = createPose();
  readonly #candidate = createPose();
  #limits: MotionLimits;
  #epoch = 0;
  #mode: ControlMode = 'settings';
  /** Highest sequence number that was seen; -1: none. */
  #sequence = -1;
  #budgetMm = 0;
  #budgetDeg = 0;
  #budgetAtMs = 0;

  constructor(limits: MotionLimits, line: Line) {
    this.#limits = limits;
    this.#line = line;
  }

  /** The newest accepted target in the device's base frame. Read only; written over by the next command. */
  get target(): Readonly<Pose> {
    return this.#target;
  }

  get sequence(): number {
    return this.#sequence;
  }

  get rejectedCount(): number {
    return this.#counts.reduce((sum, count) => sum + count, 0);
  }

  /** How often each reason came up since the lease began. */
  counts(): Record<Rejection, number> {
    return Object.fromEntries(REJECTIONS.map((reason, index) => [reason, numberAt(this.#counts, index)])) as Record<Rejection, number>; // every reason is a key
  }

  /** A new lease: numbers begin anew, since nothing of another epoch is obeyed. */
  begin(epoch: number, mode: ControlMode, limits: MotionLimits): void {
    this.#epoch = epoch;
    this.#mode = mode;
    this.#limits = limits;
    this.#sequence = -1;
    this.#counts.fill(0);
  }

  /** Motion is engaged at this measured pose: targets are counted from here, and nothing has been moved yet. */
  engage(measured: Readonly<Pose>, nowMs: number): void {
    copyPose(this.#reference, measured);
    copyPose(this.#target, measured);
    clearPose(this.#accepted);
    this.#budgetMm = 0;
    this.#budgetDeg = 0;
    this.#budgetAtMs = nowMs;
  }

  /**
   * [CTL10] Whether this is fresh, in order, and of this lease: what every frame must be before anything is read from it, also one that
   * asks for no motion. Null: it is.
   */
  checkFresh(command: Readonly<MotionCommand>, nowMs: number): Rejection | null {
    if (command.epoch !== this.#epoch) return this.count('epoch');
    // [CTL11] A number that jumps backwards is never a reset: the lease ends, and another one begins at its own epoch.
    if (!(command.sequence > this.#sequence)) return this.count('sequence');
    if (!isSoundPose(command.target) || !isSoundPose(command.hand) || !Number.isFinite(command.forceN) || !Number.isFinite(command.sentAtMs) || !Number.isFinite(command.echoAtMs) || !(command.echoHeldMs >= 0)) return this.count('notFinite');
    this.#sequence = command.sequence;
    const isConsistent = this.#line.add(command.sentAtMs, command.echoAtMs, command.echoHeldMs, nowMs);
    if (!isConsistent || !this.#line.isSynchronised) return this.count('unsynchronised');
    // From the future it cannot be: its stamps would have contradicted what is known of the clocks.
    if (this.#line.ageMs(command.sentAtMs, nowMs) > MAX_AGE_MS) return this.count('stale');
    if (nowMs - command.echoAtMs > MAX_ECHO_AGE_MS) return this.count('blind');
    return null;
  }

  /** [CTL14] Whether a fresh command asks for what this lease allows at all, moving or not. Null: it does. */
  checkAsked({ target, forceN }: Readonly<MotionCommand>): Rejection | null {
    if (!movesProbe(this.#mode)) return this.count('mode');
    if (this.#mode === 'orientation' && Math.hypot(target.xMm, target.yMm, target.zMm) > HELD_MM) return this.count('mode');
    return forceN >= 0 && forceN <= this.#limits.maxForceN ? null : this.count('force');
  }

  /** [CTL14] Whether its step stays within the limits; if so it is the new `target`. Null: it is. */
  checkStep(command: Readonly<MotionCommand>, nowMs: number): Rejection | null {
    this.#fill(nowMs);
    const stepMm = distanceMm(command.target, this.#accepted);
    if (stepMm > this.#budgetMm) return this.count('speed');
    const stepDeg = angleBetweenDeg(command.target, this.#accepted);
    if (stepDeg > this.#budgetDeg) return this.count('angularSpeed');
    composePose(this.#candidate, this.#reference, command.target);
    if (!this.#isInside(this.#candidate)) return this.count('workspace');
    this.#budgetMm -= stepMm;
    this.#budgetDeg -= stepDeg;
    copyPose(this.#accepted, command.target);
    copyPose(this.#target, this.#candidate);
    return null;
  }

  /** Inside of the box, the cone and the turn; or outside and no further than before, so that a probe that was found outside can be brought back. */
  #isInside(pose: Readonly<Pose>): boolean {
    const { workspaceMin: min, workspaceMax: max, maxTiltDeg, maxSpinDeg } = this.#limits;
    const was = this.#target;
    return (
      overshoot(pose.xMm, min.xMm, max.xMm) <= overshoot(was.xMm, min.xMm, max.xMm) &&
      overshoot(pose.yMm, min.yMm, max.yMm) <= overshoot(was.yMm, min.yMm, max.yMm) &&
      overshoot(pose.zMm, min.zMm, max.zMm) <= overshoot(was.zMm, min.zMm, max.zMm) &&
      overshoot(tiltDeg(pose), 0, maxTiltDeg) <= overshoot(tiltDeg(was), 0, maxTiltDeg) &&
      this.#isSpinAllowed(spinDeg(pose), spinDeg(was), maxSpinDeg)
    );
  }

  /** [CTL96] Not by the back way round either: a cable that is wound up does not unwind at half a turn. */
  #isSpinAllowed(spin: number, was: number, max: number): boolean {
    return overshoot(Math.abs(spin), 0, max) <= overshoot(Math.abs(was), 0, max) && (max === 180 || Math.abs(spin - was) <= 180);
  }

  #fill(nowMs: number): void {
    const passedS = Math.max(0, nowMs - this.#budgetAtMs) / 1000;
    const { maxSpeedMmPerS, maxAngularSpeedDegPerS } = this.#limits;
    this.#budgetMm = Math.min(this.#budgetMm + maxSpeedMmPerS * passedS, (maxSpeedMmPerS * BUCKET_MS) / 1000);
    this.#budgetDeg = Math.min(this.#budgetDeg + maxAngularSpeedDegPerS * passedS, (maxAngularSpeedDegPerS * BUCKET_MS) / 1000);
    this.#budgetAtMs = nowMs;
  }

  /** What was found before the guard was asked is counted with the rest. */
  count(reason: Rejection): Rejection {
    const index = REJECTIONS.indexOf(reason);
    this.#counts[index] = numberAt(this.#counts, index) + 1;
    return reason;
  }
}

/** How far a value is outside, with room for the last digits of single precision. Nothing is inside of what is empty. */
const overshoot = (value: number, min: number, max: number): number => (min > max ? Number.NaN : Math.max(0, min - value - DIGITS, value - max - DIGITS));
const DIGITS = 1e-3;
