import { Engagement, type StopReason } from './engagement.ts';
import { nextForceN } from './forceRamp.ts';
import { frameTypeOf } from './frames/frame.ts';
import { createHeartbeat, readHeartbeat } from './frames/heartbeatFrame.ts';
import { createMotionCommand, readMotion } from './frames/motionFrame.ts';
import { createDeviceState, type DevicePhase, type DeviceState } from './frames/stateFrame.ts';
import { createSettingsCommand, readSettings } from './frames/settingsFrame.ts';
import { readStop } from './frames/stopFrame.ts';
import { Guard, MAX_ECHO_AGE_MS, type Rejection } from './guard.ts';
import { type Lease, LeaseAuthority, type LeaseChange } from './leaseAuthority.ts';
import { type MotionLimits, smallestLimits } from './limits.ts';
import { Line } from './line.ts';
import { type ControlMode, movesProbe } from './modes.ts';
import { angleBetweenDeg, copyPose, createPose, distanceMm, isSoundPose, type Pose } from './pose.ts';
import { Setpoint } from './setpoint.ts';
import { areInRange, type UltrasoundSettings } from './settings.ts';

/** Between two ticks longer than this, the process stood still, ms: nobody watched, so motion is over. */
export const STALL_MS = 60;
/** The force on the patient may be this much above what may be asked for, for so long: contact is elastic. */
const FORCE_MARGIN = 1.25;
const FORCE_GRACE_MS = 40;
/** The arm is where it was sent, within this, mm; else something holds it. */
const MAX_DEVIATION_MM = 15;
/** And turned as it was told, within this, degrees. */
const MAX_DEVIATION_DEG = 15;
/** Of a device that says a pose which is none: nothing can be measured against it. */
const NO_POSE = 'the device said a pose that is none';
/** The same rejection is told again after this, ms. */
const REJECTION_EVERY_MS = 1000;

/** Who stops at the bedside, as state, status and record name them; participants of the room have other names. */
export const BEDSIDE = 'bedside';

/** What the device's own sensors say. */
export interface Measured {
  /** Base frame. */
  readonly pose: Readonly<Pose>;
  /** Along the probe's axis, N; positive presses on the patient. */
  readonly forceN: number;
  readonly isInContact: boolean;
  /** What the device's controller reports of itself; null: ready. */
  readonly fault: string | null;
}

/** What the device is to do until the next tick. The same object each time. */
export interface DeviceOrder {
  /** False: brakes on, whatever the pose says. */
  isMoving: boolean;
  /** The emergency stop is latched: the device's own stop too. */
  isStopped: boolean;
  readonly pose: Readonly<Pose>;
  forceN: number;
}

/** For the record and the screens; never for each command. */
export type ControlEvent =
  | LeaseChange
  | { readonly type: 'engaged'; readonly lease: Lease; readonly gesture: number }
  | { readonly type: 'stopped'; readonly reason: StopReason }
  | { readonly type: 'rejected'; readonly reason: Rejection; readonly count: number }
  | { readonly type: 'emergency'; readonly by: string; readonly stopId: number | null }
  | { readonly type: 'reset' }
  | { readonly type: 'setting'; readonly lease: Lease; readonly sequence: number; readonly settings: Readonly<UltrasoundSettings> }
  | { readonly type: 'fault'; readonly fault: string | null };

export interface PatientSideOptions {
  readonly deviceLimits: MotionLimits;
  readonly siteLimits: MotionLimits;
  /** Highest epoch ever granted on this device. */
  readonly lastEpoch: number;
  /** How often `tick` is called, ms; 10 or less. */
  readonly tickMs: number;
  readonly onEvent: (event: ControlEvent) => void;
}

/**
 * Everything that decides about one device, at its side: who steers, what is obeyed, when it stops. No timer, no socket, no device of its
 * own: told of frames, measurements and the passing of time (milliseconds of the machine's monotonic clock), it says what the device is
 * to do. The same code runs in the host beside the device, in its tests, and in the fault campaign.
 */
export class PatientSide {
  readonly #options: PatientSideOptions;
  readonly #leases: LeaseAuthority;
  readonly #line = new Line();
  readonly #guard: Guard;
  readonly #engagement: Engagement;
  readonly #setpoint = new Setpoint();
  readonly #command = createMotionCommand();
  readonly #heartbeat = createHeartbeat();
  readonly #settings = createSettingsCommand();
  readonly #measuredPose = createPose();
  readonly #state = createDeviceState();
  readonly #order: DeviceOrder = { isMoving: false, isStopped: false, pose: this.#setpoint.pose, forceN: 0 };
  #limits: MotionLimits;
  #forceN = 0;
  #targetForceN = 0;
  #isInContact = false;
  #fault: string | null = 'the device was not heard yet';
  #isStopLatched = false;
  #tickedAtMs = Number.NEGATIVE_INFINITY;
  #forceSinceMs: number | null = null;
  #lastRejection: Rejection | null = null;
  #rejectionToldAtMs = Number.NEGATIVE_INFINITY;
  #lastStopId: number | null = null;
  /** Highest sequence number of settings in this lease; 0: none. */
  #settingsSequence = 0;

  constructor(options: PatientSideOptions) {
    this.#options = options;
    this.#limits = smallestLimits(options.deviceLimits, options.siteLimits);
    this.#guard = new Guard(this.#limits, this.#line);
    this.#engagement = new Engagement(options.tickMs);
    this.#leases = new LeaseAuthority(options.lastEpoch, (change) => this.#handleLease(change));
  }

  get lease(): Lease | null {
    return this.#leases.lease;
  }

  get asking(): string[] {
    return this.#leases.asking;
  }

  get isStopLatched(): boolean {
    return this.#isStopLatched;
  }

  /** What holds at this moment: the smallest of device, site and operator. */
  get limits(): MotionLimits {
    return this.#limits;
  }

  rejections(): Record<Rejection, number> {
    return this.#guard.counts();
  }

  // ---- who steers ----

  ask(by: string, nowMs: number): void {
    this.#leases.ask(by, nowMs);
  }

  unask(by: string): void {
    this.#leases.unask(by);
  }

  /** [CTL1] A person at the bedside gives it. `wanted` can only narrow what device and site allow. */
  grant(holder: string, mode: ControlMode, wanted: MotionLimits | null, nowMs: number): Lease {
    const { deviceLimits, siteLimits } = this.#options;
    this.#limits = wanted === null ? smallestLimits(deviceLimits, siteLimits) : smallestLimits(deviceLimits, siteLimits, wanted);
    return this.#leases.grant(holder, mode, nowMs);
  }

  /** [CTL90] The holder has shown their key; false: their lease is over. */
  handleKey(epoch: number, nowMs: number): boolean {
    return this.#leases.handleKey(epoch, nowMs);
  }

  release(epoch: number): boolean {
    return this.#leases.release(epoch);
  }

  /** [CTL3] The bedside takes over: the lease is over before this returns, and the device holds. */
  takeOver(): void {
    this.#end('takenOver');
    this.#leases.revoke();
  }

  // ---- stop ----

  /** [CTL31] By whomever, heard on whichever path. `stopId`: copies of one stop are one. */
  stop(by: string, stopId: number | null): void {
    const isCopy = this.#isStopLatched && stopId !== null && stopId === this.#lastStopId;
    this.#isStopLatched = true;
    this.#lastStopId = stopId;
    this.#disengage('emergency');
    if (!isCopy) this.#options.onEvent({ type: 'emergency', by, stopId });
  }

  /** [CTL32] At the bedside only. Motion needs a new gesture afterwards. */
  resetStop(): void {
    if (!this.#isStopLatched) return;
    this.#isStopLatched = false;
    this.#options.onEvent({ type: 'reset' });
  }

  // ---- what arrives ----

  /** `isSealed`: the frame came from the holder of the lease, as the transport proved. Null: obeyed. */
  handleFrame(bytes: DataView, from: string, isSealed: boolean, nowMs: number): Rejection | null {
    this.#noteTime(nowMs);
    const type = frameTypeOf(bytes);
    if (type === 'stop') {
      const stopId = readStop(bytes);
      if (typeof stopId !== 'number') return this.#rejected(this.#guard.count('malformed'), nowMs);
      this.stop(from, stopId);
      return null;
    }
    if (type !== 'motion' && type !== 'heartbeat' && type !== 'settings') return this.#rejected(this.#guard.count('malformed'), nowMs);
    if (!isSealed || from !== this.lease?.holder) return this.#rejected(this.#guard.count('foreign'), nowMs);
    const reason = type === 'motion' ? this.#handleMotion(bytes, nowMs) : type === 'heartbeat' ? this.#handleHeartbeat(bytes, nowMs) : this.#handleSettings(bytes);
    return reason === null ? null : this.#rejected(reason, nowMs);
  }

  #handleMotion(bytes: DataView, nowMs: number): Rejection | null {
    const command = this.#command;
    if (readMotion(bytes, command) !== null) return this.#guard.count('malformed');
    const unfresh = this.#guard.checkFresh(command, nowMs);
    if (unfresh !== null) return unfresh;
    // A hand that let go is obeyed before anything else is looked at.
    if (this.#engagement.phase === 'engaged' && !this.#engagement.holds(command, nowMs)) {
      this.#options.onEvent({ type: 'stopped', reason: 'released' });
      return null;
    }
    const unasked = this.#guard.checkAsked(command);
    if (unasked !== null && !this.#isPermitted) this.#engagement.spend(command);
    if (unasked !== null) return unasked;
    if (this.#engagement.phase === 'engaged') {
      const reason = this.#guard.checkStep(command, nowMs);
      if (reason !== null) return reason;
      this.#engagement.handleValid(nowMs);
      this.#targetForceN = command.forceN;
      return null;
    }
    const isPermitted = this.#isPermitted;
    if (!this.#engagement.wantsToEngage(command, this.#measuredPose, isPermitted, nowMs)) return null;
    this.#guard.engage(this.#measuredPose, nowMs);
    this.#setpoint.start(this.#measuredPose);
    this.#targetForceN = 0;
    if (this.lease !== null) this.#options.onEvent({ type: 'engaged', lease: this.lease, gesture: command.gesture });
    return null;
  }

  #handleHeartbeat(bytes: DataView, nowMs: number): Rejection | null {
    const heartbeat = this.#heartbeat;
    if (readHeartbeat(bytes, heartbeat) !== null) return this.#guard.count('malformed');
    // Whoever has not seen us for so long may not know that they steer.
    if (!(nowMs - heartbeat.echoAtMs <= MAX_ECHO_AGE_MS && heartbeat.echoAtMs <= nowMs)) return this.#guard.count('blind');
    return this.#leases.heartbeat(heartbeat.epoch, heartbeat.sequence, nowMs) ? null : this.#guard.count('sequence');
  }

  /** [CTL41] In any mode: a picture can be set while nobody may move the probe. A number that was seen is spent, whatever it asked for. */
  #handleSettings(bytes: DataView): Rejection | null {
    const command = this.#settings;
    const { lease } = this;
    if (readSettings(bytes, command) !== null || lease === null) return this.#guard.count('malformed');
    if (command.epoch !== lease.epoch) return this.#guard.count('epoch');
    if (!(command.sequence > this.#settingsSequence)) return this.#guard.count('sequence');
    this.#settingsSequence = command.sequence;
    if (!areInRange(command.settings)) return this.#guard.count('setting');
    this.#options.onEvent({ type: 'setting', lease, sequence: command.sequence, settings: { ...command.settings } });
    return null;
  }

  /** [CTL35] Stop, device, and line. */
  get #isPermitted(): boolean {
    return !this.#isStopLatched && this.#fault === null && this.#line.grade !== 'refused';
  }

  /** What the device measures, as often as it says. */
  handleMeasured({ pose, forceN, isInContact, fault: said }: Measured, nowMs: number): void {
    const isSound = isSoundPose(pose);
    const fault = said ?? (isSound ? null : NO_POSE);
    if (isSound) copyPose(this.#measuredPose, pose);
    this.#forceN = forceN;
    this.#isInContact = isInContact;
    if (fault !== this.#fault) {
      this.#fault = fault;
      this.#options.onEvent({ type: 'fault', fault });
    }
    if (fault !== null) this.#disengage('deviceFault');
    this.#watchForce(nowMs);
    if (this.#engagement.phase === 'engaged' && this.#deviates) this.#disengage('deviation');
  }

  /** [CTL16] Something holds the arm, or takes it elsewhere. */
  get #deviates(): boolean {
    return distanceMm(this.#setpoint.pose, this.#measuredPose) > MAX_DEVIATION_MM || angleBetweenDeg(this.#setpoint.pose, this.#measuredPose) > MAX_DEVIATION_DEG;
  }

  /** [CTL16] Not a number counts as too much. */
  #watchForce(nowMs: number): void {
    if (this.#forceN <= this.#limits.maxForceN * FORCE_MARGIN) {
      this.#forceSinceMs = null;
      return;
    }
    this.#forceSinceMs ??= nowMs;
    if (nowMs - this.#forceSinceMs >= FORCE_GRACE_MS) this.#disengage('force');
  }

  // ---- time ----

  /** Called every `tickMs`. */
  tick(nowMs: number): DeviceOrder {
    // A tick that comes late, or finds that the clock was put forward, moves the setpoint less, never faster.
    const passedMs = Math.max(0, Math.min(nowMs - this.#tickedAtMs, this.#options.tickMs));
    this.#noteTime(nowMs);
    this.#tickedAtMs = nowMs;
    this.#leases.tick(nowMs);
    if (this.#engagement.phase === 'engaged' && this.#line.grade === 'refused') this.#stop('latency', nowMs);
    const was = this.#engagement.phase;
    this.#engagement.tick(this.#setpoint.isAtRest, nowMs);
    if (was === 'engaged' && this.#engagement.phase !== 'engaged') this.#options.onEvent({ type: 'stopped', reason: 'watchdog' });
    this.#advance(passedMs);
    return this.#order;
  }

  #advance(passedMs: number): void {
    const { phase } = this.#engagement;
    if (phase === 'engaged') this.#setpoint.follow(this.#guard.target, this.#limits, passedMs);
    else if (phase === 'stopping') this.#setpoint.brake(passedMs);
    else this.#setpoint.halt();
    this.#order.isMoving = phase === 'engaged' || phase === 'stopping';
    this.#order.isStopped = this.#isStopLatched;
    this.#order.forceN = phase === 'engaged' ? nextForceN(this.#order.forceN, this.#targetForceN, this.#forceN, this.#limits.maxForceRateNPerS, passedMs) : 0;
  }

  /** [CTL23] A process that stood still, or a clock that went back, watched nobody: what waits in its queues finds motion ended. */
  #noteTime(nowMs: number): void {
    const gapMs = nowMs - this.#tickedAtMs;
    if (gapMs >= 0 && gapMs <= STALL_MS) return;
    this.#disengage('stalled');
    if (gapMs < 0) this.#leases.expire(); // how old the last heartbeat is, nobody knows any more
  }

  /** The newest state, ready to be written. The same object each time. */
  state(nowMs: number): Readonly<DeviceState> {
    const state = this.#state;
    state.sequence += 1;
    state.stampMs = nowMs;
    state.epoch = this.lease?.epoch ?? 0;
    state.phase = this.#phase;
    state.mode = this.lease?.mode ?? 'settings';
    state.grade = this.#line.grade;
    state.stopReason = this.#engagement.stopReason;
    state.waitReason = this.#engagement.waitReason;
    state.lastRejection = this.#lastRejection;
    state.isInContact = this.#isInContact;
    state.isStopLatched = this.#isStopLatched;
    state.gesture = this.#engagement.gesture;
    state.commandSequence = Math.max(0, this.#guard.sequence);
    state.rejectedCount = this.#guard.rejectedCount;
    state.roundTripMs = this.#line.roundTripMs;
    state.forceN = this.#forceN;
    state.targetForceN = this.#order.forceN;
    copyPose(state.measured, this.#measuredPose);
    copyPose(state.target, this.#engagement.phase === 'engaged' ? this.#guard.target : this.#measuredPose);
    return state;
  }

  get #phase(): DevicePhase {
    if (this.#isStopLatched) return 'stopped';
    if (this.#fault !== null) return 'fault';
    if (this.lease === null) return 'idle';
    return this.#engagement.phase === 'off' ? 'settings' : this.#engagement.phase;
  }

  // ---- ends ----

  #stop(reason: StopReason, nowMs: number): void {
    this.#engagement.stop(reason, nowMs);
    this.#options.onEvent({ type: 'stopped', reason });
  }

  #disengage(reason: StopReason): void {
    const wasMoving = this.#engagement.phase === 'engaged';
    this.#engagement.disengage(reason);
    this.#setpoint.halt();
    if (wasMoving) this.#options.onEvent({ type: 'stopped', reason });
  }

  #end(reason: StopReason): void {
    this.#disengage(reason);
    this.#engagement.end();
  }

  #handleLease(change: LeaseChange): void {
    if (change.type === 'ended') this.#end('leaseEnded');
    if (change.type === 'granted') {
      this.#line.reset();
      this.#guard.begin(change.lease.epoch, change.lease.mode, this.#limits);
      this.#lastRejection = null;
      this.#settingsSequence = 0;
      if (movesProbe(change.lease.mode)) this.#engagement.begin();
    }
    this.#options.onEvent(change);
  }

  #rejected(reason: Rejection, nowMs: number): Rejection {
    if (reason !== this.#lastRejection || nowMs - this.#rejectionToldAtMs >= REJECTION_EVERY_MS) {
      this.#lastRejection = reason;
      this.#rejectionToldAtMs = nowMs;
      this.#options.onEvent({ type: 'rejected', reason, count: this.#guard.rejectedCount });
    }
    return reason;
  }
}
