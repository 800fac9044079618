import type { MotionCommand } from './frames/motionFrame.ts';
import { angleBetweenDeg, createPose, distanceMm, type Pose } from './pose.ts';

/** [CTL21] No valid command for this long: ramp to stop. Twice the tick is taken off, so that the ramp has begun when it is over, ms. */
export const RAMP_AFTER_MS = 100;
/** [CTL21] And for this long: disengaged, whatever speed is left, ms. */
export const DISENGAGE_AFTER_MS = 300;
/** [CTL33] How far the hand may be turned from the probe when motion is engaged first, and after a clutch, degrees. */
export const MATCH_DEG = { first: 5, clutch: 2 } as const;
/** [CTL34] How long the dead-man is held, hand still and matched, before motion is engaged, ms. */
export const HOLD_MS = { first: 300, clutch: 100 } as const;
/** A hand that waits to engage asks for no more than this, mm and degrees. */
const STILL = 0.05;

export type StopReason = 'released' | 'watchdog' | 'leaseEnded' | 'emergency' | 'takenOver' | 'deviceFault' | 'force' | 'deviation' | 'stalled' | 'latency';

/**
 * Where motion stands: not to be engaged; waiting for hand and gesture (`clutch` after a stop of the operator's own); moving; coming to
 * rest. From a stop there is no way back to moving but through waiting.
 */
export type MotionPhase = 'off' | 'waiting' | 'clutched' | 'engaged' | 'stopping';

/** What keeps a hand that waits from engaging. */
export type WaitReason = 'deadMan' | 'gesture' | 'match' | 'still' | 'hold' | 'notPermitted';

const IDENTITY: Readonly<Pose> = createPose();

/**
 * Dead-man, watchdog, and the way into motion, as one state machine: whether the device may move at this instant. Times are the patient
 * side's monotonic clock, ms.
 */
export class Engagement {
  readonly #rampAfterMs: number;
  readonly #tickMs: number;
  #phase: MotionPhase = 'off';
  #stopReason: StopReason | null = null;
  #waitReason: WaitReason = 'deadMan';
  /** The last gesture that motion was engaged with, or that was held when it could not be: never good again. */
  #spentGesture = 0;
  #hasHeard = false;
  #gesture = 0;
  #validAtMs = 0;
  #stoppedAtMs = 0;
  #stillSinceMs: number | null = null;
  #stillAtMs = 0;

  /** `tickMs`: how often `tick` is called. */
  constructor(tickMs: number) {
    this.#tickMs = tickMs;
    this.#rampAfterMs = RAMP_AFTER_MS - 2 * tickMs;
  }

  get phase(): MotionPhase {
    return this.#phase;
  }

  /** Why motion ended last; null while it is engaged, and before the first time. */
  get stopReason(): StopReason | null {
    return this.#stopReason;
  }

  get waitReason(): WaitReason {
    return this.#waitReason;
  }

  /** The gesture of the motion under way; 0: none. */
  get gesture(): number {
    return this.#phase === 'engaged' ? this.#gesture : 0;
  }

  /** A lease with a mode that moves the probe began. A dead-man that is held already is no gesture: the first command shows which it is. */
  begin(): void {
    this.#phase = 'waiting';
    this.#stopReason = null;
    this.#waitReason = 'deadMan';
    this.#spentGesture = 0;
    this.#hasHeard = false;
    this.#stillSinceMs = null;
  }

  /**
   * A fresh command while motion is not engaged. True: engage now, at the measured pose. `isPermitted` is everything else that must hold
   * (line, device, no latched stop).
   */
  wantsToEngage(command: Readonly<MotionCommand>, measured: Readonly<Pose>, isPermitted: boolean, nowMs: number): boolean {
    if (this.#phase !== 'waiting' && this.#phase !== 'clutched') return false;
    const kind = this.#phase === 'clutched' ? 'clutch' : 'first';
    this.#waitReason = this.#reasonToWait(command, measured, isPermitted, kind);
    if (this.#waitReason !== 'hold') {
      this.#stillSinceMs = null;
      return false;
    }
    // A gap in the commands begins the holding anew: nobody knows what the hand did meanwhile.
    if (this.#stillSinceMs === null || nowMs - this.#stillAtMs > RAMP_AFTER_MS) this.#stillSinceMs = nowMs;
    this.#stillAtMs = nowMs;
    if (nowMs - this.#stillSinceMs < HOLD_MS[kind]) return false;
    this.#phase = 'engaged';
    this.#stopReason = null;
    this.#gesture = command.gesture;
    this.#spentGesture = command.gesture;
    this.#validAtMs = nowMs;
    this.#stillSinceMs = null;
    return true;
  }

  /** [CTL34] What is held while motion is not permitted does not begin by itself when it is, whatever else was wrong with it. */
  spend(command: Readonly<MotionCommand>): void {
    if (command.isDeadManHeld) this.#spentGesture = Math.max(this.#spentGesture, command.gesture);
  }

  #reasonToWait(command: Readonly<MotionCommand>, measured: Readonly<Pose>, isPermitted: boolean, kind: keyof typeof MATCH_DEG): WaitReason {
    if (!this.#hasHeard) this.#spentGesture = command.isDeadManHeld ? command.gesture : 0;
    this.#hasHeard = true;
    if (!command.isDeadManHeld) return 'deadMan';
    if (!(command.gesture > this.#spentGesture)) return 'gesture';
    if (!isPermitted) {
      this.spend(command);
      return 'notPermitted';
    }
    if (angleBetweenDeg(command.hand, measured) > MATCH_DEG[kind]) return 'match';
    return distanceMm(command.target, IDENTITY) > STILL || angleBetweenDeg(command.target, IDENTITY) > STILL ? 'still' : 'hold';
  }

  /** [CTL30] Whether a fresh command still holds what motion was engaged with; if not, motion stops. */
  holds(command: Readonly<MotionCommand>, nowMs: number): boolean {
    if (this.#phase !== 'engaged') return false;
    if (command.isDeadManHeld && command.gesture === this.#gesture) return true;
    this.stop('released', nowMs);
    return false;
  }

  /** A command was obeyed. */
  handleValid(nowMs: number): void {
    this.#validAtMs = nowMs;
  }

  /** Comes to rest. What was stopping already goes on with its first reason. */
  stop(reason: StopReason, nowMs: number): void {
    this.#stillSinceMs = null;
    if (this.#phase !== 'engaged') return;
    this.#phase = 'stopping';
    this.#stopReason = reason;
    this.#stoppedAtMs = nowMs;
  }

  /** At once, without a ramp. A clutch is over with it: what was no letting go of the operator's begins from the first match. */
  disengage(reason: StopReason): void {
    this.#stillSinceMs = null;
    if (this.#phase === 'engaged') this.#stopReason = reason;
    if (this.#phase !== 'off') this.#phase = 'waiting';
  }

  /** The lease is over. */
  end(): void {
    this.#phase = 'off';
  }

  tick(isAtRest: boolean, nowMs: number): void {
    if (this.#phase === 'engaged' && nowMs - this.#validAtMs >= this.#rampAfterMs) this.stop('watchdog', nowMs);
    if (this.#phase !== 'stopping') return;
    // Whoever let go of the dead-man clutches; everything else begins from the first match.
    if (isAtRest || nowMs - this.#stoppedAtMs >= DISENGAGE_AFTER_MS - RAMP_AFTER_MS - this.#tickMs) this.#phase = this.#stopReason === 'released' ? 'clutched' : 'waiting';
  }
}
