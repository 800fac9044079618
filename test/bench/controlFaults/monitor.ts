import type { SimulatedArm } from '#shared/simulator/arm';

/** What was wrong, at which true time. */
export interface Violation {
  readonly type: 'lateRamp' | 'lateStop' | 'notDisengaged' | 'resumed' | 'workspace' | 'tilt' | 'speed' | 'angularSpeed' | 'force' | 'forceRate' | 'spin' | 'emergency' | 'noLease' | 'mismatch' | 'elsewhere' | 'armMoved';
  readonly atMs: number;
  readonly detail: string;
}

/** The truth about a motion packet that reached the host, as only an onlooker of everything knows it. */
export interface TrueCommand {
  readonly by: string;
  readonly epoch: number;
  readonly sequence: number;
  /** Left the operator, true time, ms. */
  readonly sentMs: number;
  /** Made by that operator for this lease, and whole. Which of its copies arrives first is the line's affair: a copy of one that was lost is a late one. */
  readonly isGenuine: boolean;
  /** The hand was on the dead-man when it was sent; which press of it that was. */
  readonly isHeld: boolean;
  readonly press: number;
  readonly position: readonly [number, number, number];
  readonly quaternion: readonly [number, number, number, number];
  readonly forceN: number;
  /** Angle between hand and probe as it was sent, degrees. */
  readonly mismatchDeg: number;
}

/** What the host tells the device, as seen on the wire between them. */
export interface TrueOrder {
  readonly isMoving: boolean;
  readonly position: readonly [number, number, number];
  readonly quaternion: readonly [number, number, number, number];
  readonly forceN: number;
}

/** The promises in numbers of their own, ms, mm, degrees, N; nothing here is read from what is watched. */
const AGE_MS = 100;
const RAMP_MS = 100;
const STOP_MS = 300;
const LEASE_MS = 1000;
const MATCH_DEG = 5;
const BOX = { min: [-60, -60, 0], max: [60, 60, 60] } as const;
const TILT_DEG = 35;
const SPEED = 60;
const TURNING = 45;
const FORCE = 15;
const FORCE_PER_S = 10;
const SPIN_DEG = 30;
/** One tick of the host: what happens between two looks is seen at the second. */
const LOOK_MS = 6;
const AT_REST = 0.5;
/** What the sensor may be off by, N. */
const FEELING_N = 0.3;
const WISHED_MM = 0.6;

/**
 * Watches everything from outside, with the true time and the true hands, and knows nothing of how the patient side decides: says when
 * the device moved though nobody rightly asked for it.
 */
export class Monitor {
  readonly violations: Violation[] = [];
  readonly #ageToleranceMs: number;
  #holder: { readonly by: string; readonly epoch: number } | null = null;
  #heartAtMs = Number.NEGATIVE_INFINITY;
  #goodAtMs = Number.NEGATIVE_INFINITY;
  #highestSequence = -1;
  #lastGood: { readonly position: readonly number[]; readonly quaternion: readonly number[] } | null = null;
  #begin: Pick<TrueOrder, 'position' | 'quaternion'> = { position: [0, 0, 0], quaternion: [1, 0, 0, 0] };
  #wished = { min: [0, 0, 0], max: [0, 0, 0] };
  #goodPress = '';
  #mismatchDeg = 0;
  readonly #usedPresses = new Set<string>();
  #stoppedSinceMs: number | null = null;
  #order: (TrueOrder & { readonly atMs: number; readonly speed: number; readonly turning: number }) | null = null;
  #movedMs = 0;
  #lastMovingMs = Number.NEGATIVE_INFINITY;

  /** `bestRoundTripMs`: nobody can tell the two ways of a line apart; half of its best moment is what an age may be off by. */
  constructor(bestRoundTripMs: number) {
    this.#ageToleranceMs = bestRoundTripMs / 2 + 2;
  }

  /** How long the device was ordered to move, ms: a scenario in which nothing moves proves nothing. */
  get movedMs(): number {
    return this.#movedMs;
  }

  granted(by: string, epoch: number, atMs: number): void {
    this.#holder = { by, epoch };
    this.#heartAtMs = atMs;
    this.#highestSequence = -1;
    this.#lastGood = null;
    this.#goodAtMs = Number.NEGATIVE_INFINITY;
  }

  ended(): void {
    this.#holder = null;
  }

  emergency(atMs: number): void {
    this.#stoppedSinceMs ??= atMs;
  }

  reset(): void {
    this.#stoppedSinceMs = null;
  }

  /** A heartbeat that the holder made, whole and for the first time. */
  heartbeat(by: string, epoch: number, atMs: number): void {
    if (this.#holder?.by === by && this.#holder.epoch === epoch && atMs - this.#heartAtMs <= LEASE_MS + LOOK_MS) this.#heartAtMs = atMs;
  }

  /** A motion packet that reached the host's code. */
  command(command: TrueCommand, atMs: number): void {
    if (!command.isGenuine || this.#holder?.by !== command.by || this.#holder.epoch !== command.epoch) return;
    if (command.sequence <= this.#highestSequence) return;
    this.#highestSequence = command.sequence;
    if (atMs - command.sentMs > AGE_MS + this.#ageToleranceMs || !command.isHeld || !this.#isWithin(command)) return;
    this.#goodAtMs = atMs;
    this.#lastGood = command;
    for (let axis = 0; axis < 3; axis += 1) {
      this.#wished.min[axis] = Math.min(this.#wished.min[axis] ?? 0, command.position[axis] ?? 0);
      this.#wished.max[axis] = Math.max(this.#wished.max[axis] ?? 0, command.position[axis] ?? 0);
    }
    this.#goodPress = `${command.by}:${command.epoch}:${command.press}`;
    this.#mismatchDeg = command.mismatchDeg;
  }

  #isWithin({ position, quaternion, forceN, press, by, epoch }: TrueCommand): boolean {
    if (![...position, ...quaternion, forceN].every(Number.isFinite) || Math.abs(Math.hypot(...quaternion) - 1) > 0.01) return false;
    if (forceN < 0 || forceN > FORCE) return false;
    const before = this.#lastGood;
    // Another press counts from another zero, and begins there; so does a device that stands still.
    if (before === null || this.#order?.isMoving !== true || this.#goodPress !== `${by}:${epoch}:${press}`) return Math.hypot(...position) < 0.1;
    const step = Math.hypot(...position.map((value, axis) => value - (before.position[axis] ?? 0)));
    const turn = angleDeg(quaternion, before.quaternion);
    return step <= SPEED * 0.1 + 0.05 && turn <= TURNING * 0.1 + 0.05;
  }

  /** What the host tells the device at this tick, and what presses on the patient, N. */
  ordered(order: TrueOrder, pressingN: number, atMs: number): void {
    const before = this.#order;
    const seconds = before === null ? 1 : (atMs - before.atMs) / 1000;
    this.#checkForceRate(order.forceN, Math.max(before?.forceN ?? 0, pressingN + FEELING_N), seconds, atMs);
    const wasMoving = before?.isMoving === true;
    const speed = before !== null && order.isMoving && wasMoving ? Math.hypot(...order.position.map((value, axis) => value - (before.position[axis] ?? 0))) / seconds : 0;
    const turning = before !== null && order.isMoving && wasMoving ? angleDeg(order.quaternion, before.quaternion) / seconds : 0;
    // Between two looks that far apart it may have slowed and not been seen to: the next look has nothing to compare with.
    const isSeen = seconds * 1000 <= 2 * LOOK_MS;
    this.#order = { ...order, atMs, speed: isSeen ? speed : Number.POSITIVE_INFINITY, turning: isSeen ? turning : Number.POSITIVE_INFINITY };
    if (!order.isMoving) return;
    this.#movedMs += wasMoving ? seconds * 1000 : 0;
    this.#lastMovingMs = atMs;
    if (!wasMoving) {
      this.#begin = order;
      this.#wished = { min: [0, 0, 0], max: [0, 0, 0] };
      this.#checkBegin(atMs);
    }
    this.#checkLimits(order, speed, turning, atMs);
    this.#checkWished(order, atMs);
    this.#checkFresh(speed, turning, before?.speed ?? 0, before?.turning ?? 0, atMs);
    if (this.#stoppedSinceMs !== null && atMs - this.#stoppedSinceMs > LOOK_MS) this.#found('emergency', atMs, 'moving while the stop is latched');
    if (this.#holder === null) this.#found('noLease', atMs, 'moving though nobody holds a lease');
    else if (atMs - this.#heartAtMs > LEASE_MS + LOOK_MS) this.#found('noLease', atMs, `no heartbeat for ${Math.round(atMs - this.#heartAtMs)} ms`);
  }

  #checkBegin(atMs: number): void {
    if (this.#usedPresses.has(this.#goodPress) || this.#goodPress === '') this.#found('resumed', atMs, `moves again by a press that was used: ${this.#goodPress}`);
    this.#usedPresses.add(this.#goodPress);
    if (this.#mismatchDeg > MATCH_DEG + 1) this.#found('mismatch', atMs, `engaged with a hand turned by ${this.#mismatchDeg.toFixed(1)}°`);
  }

  /** Where no good command has been since motion began, the device is not sent either. */
  #checkWished({ position }: TrueOrder, atMs: number): void {
    const away = turnedBack(position.map((value, axis) => value - (this.#begin.position[axis] ?? 0)), this.#begin.quaternion);
    const beyond = Math.max(...away.map((value, axis) => Math.max((this.#wished.min[axis] ?? 0) - value, value - (this.#wished.max[axis] ?? 0))));
    if (beyond > WISHED_MM) this.#found('elsewhere', atMs, `${beyond.toFixed(1)} mm beyond everything that was asked for`);
  }

  #checkForceRate(forceN: number, fromN: number, seconds: number, atMs: number): void {
    if (forceN > fromN + FORCE_PER_S * seconds * 1.02) this.#found('forceRate', atMs, `from ${fromN.toFixed(1)} N to ${forceN.toFixed(1)} N in ${Math.round(seconds * 1000)} ms`);
  }

  #checkLimits({ position, quaternion, forceN }: TrueOrder, speed: number, turning: number, atMs: number): void {
    const outside = Math.max(...position.map((value, axis) => Math.max((BOX.min[axis] ?? 0) - value, value - (BOX.max[axis] ?? 0))));
    if (outside > 0.5) this.#found('workspace', atMs, `sent ${outside.toFixed(1)} mm outside`);
    const [w, x, y, z] = quaternion;
    const tilt = (Math.acos(Math.max(-1, Math.min(1, 1 - 2 * (x * x + y * y)))) * 180) / Math.PI;
    if (tilt > TILT_DEG + 0.5) this.#found('tilt', atMs, `tilted by ${tilt.toFixed(1)}°`);
    const spin = (2 * Math.atan(Math.abs(z / w)) * 180) / Math.PI;
    if (spin > SPIN_DEG + 0.5) this.#found('spin', atMs, `turned by ${spin.toFixed(1)}° about its axis`);
    if (speed > SPEED * 1.02) this.#found('speed', atMs, `${speed.toFixed(0)} mm/s`);
    if (turning > TURNING * 1.02) this.#found('angularSpeed', atMs, `${turning.toFixed(0)} °/s`);
    if (!(forceN >= 0 && forceN <= FORCE)) this.#found('force', atMs, `${forceN} N`);
  }

  /** [contract, point 4] */
  #checkFresh(speed: number, turning: number, speedBefore: number, turningBefore: number, atMs: number): void {
    const silentMs = atMs - this.#goodAtMs;
    const isFaster = speed > Math.max(AT_REST, speedBefore * 1.001) || turning > Math.max(AT_REST, turningBefore * 1.001);
    const isSteady = speed > Math.max(AT_REST, speedBefore * 0.999) || turning > Math.max(AT_REST, turningBefore * 0.999);
    if (silentMs > RAMP_MS + LOOK_MS && (isFaster || isSteady)) this.#found('lateRamp', atMs, `not slowing ${Math.round(silentMs)} ms after the last good command`);
    if (silentMs > STOP_MS && (speed > AT_REST || turning > AT_REST)) this.#found('lateStop', atMs, `${speed.toFixed(1)} mm/s ${Math.round(silentMs)} ms after the last good command`);
    if (silentMs > STOP_MS + LOOK_MS) this.#found('notDisengaged', atMs, `engaged ${Math.round(silentMs)} ms after the last good command`);
  }

  /** The arm itself: what is ordered to rest rests; what nobody orders any more does too. */
  arm(arm: SimulatedArm, atMs: number): void {
    if (arm.speedMmPerS < 2 && arm.angularSpeedDegPerS < 2) return;
    if (atMs - this.#lastMovingMs > 250) this.#found('armMoved', atMs, `the arm moves at ${arm.speedMmPerS.toFixed(1)} mm/s`);
  }

  #found(type: Violation['type'], atMs: number, detail: string): void {
    this.violations.push({ type, atMs, detail });
  }
}

/** By the chord: an arc cosine near one has no digits left. */
function angleDeg(a: readonly number[], b: readonly number[]): number {
  const sign = a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0) < 0 ? -1 : 1;
  const chord = Math.hypot(...a.map((value, index) => value - sign * (b[index] ?? 0)));
  return (4 * Math.asin(Math.min(1, chord / 2)) * 180) / Math.PI;
}

/** A vector of the base frame, as seen from an orientation. */
function turnedBack([x = 0, y = 0, z = 0]: readonly number[], [w, a, b, c]: TrueOrder['quaternion']): number[] {
  const rows = [
    [1 - 2 * (b * b + c * c), 2 * (a * b + w * c), 2 * (a * c - w * b)],
    [2 * (a * b - w * c), 1 - 2 * (a * a + c * c), 2 * (b * c + w * a)],
    [2 * (a * c + w * b), 2 * (b * c - w * a), 1 - 2 * (a * a + b * b)],
  ];
  return rows.map(([p = 0, q = 0, r = 0]) => p * x + q * y + r * z);
}
