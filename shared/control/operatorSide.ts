import { HEARTBEAT_BYTES, writeHeartbeat } from './frames/heartbeatFrame.ts';
import { createMotionCommand, MOTION_BYTES, writeMotion } from './frames/motionFrame.ts';
import { SETTINGS_BYTES, writeSettings } from './frames/settingsFrame.ts';
import { createDeviceState, type DeviceState, readState } from './frames/stateFrame.ts';
import { clearPose, copyPose, createPose, type Pose, relativePose } from './pose.ts';
import type { UltrasoundSettings } from './settings.ts';

/** Motion commands are sent this often, ms. */
export const MOTION_EVERY_MS = 10;

/** What the operator's hand does at this moment. */
export interface Hand {
  /** Where the input device says the hand is, base frame after its own mapping; only differences move the probe. */
  readonly pose: Readonly<Pose>;
  /** Target force along the probe's axis, N. */
  readonly forceN: number;
  readonly isDeadManHeld: boolean;
}

/**
 * The side of whoever steers: turns the hand into commands, and the device's states into what the screen shows. Commands are displacements
 * from where the hand was when motion was engaged: a lost one costs a moment and never adds up. Times are this machine's monotonic clock,
 * ms, except stamps and echoes, which are the patient side's.
 */
export class OperatorSide {
  readonly #state = createDeviceState();
  readonly #incoming = createDeviceState();
  readonly #command = createMotionCommand();
  readonly #motionBytes = new DataView(new ArrayBuffer(MOTION_BYTES));
  readonly #heartbeatBytes = new DataView(new ArrayBuffer(HEARTBEAT_BYTES));
  readonly #zero = createPose();
  readonly #settingsBytes = new DataView(new ArrayBuffer(SETTINGS_BYTES));
  #epoch: number | null = null;
  #motionSequence = 0;
  #heartbeatSequence = 0;
  #settingsSequence = 0;
  #stateAtMs: number | null = null;
  #wasHeld = true;
  #gesture = 0;
  /** The engagement that `#zero` belongs to; 0: the hand moves nothing. */
  #engagedGesture = 0;
  /** Smaller than one: fine work. */
  #scale = 1;

  /** The newest state of the device; read only, written over by the next. */
  get state(): Readonly<DeviceState> {
    return this.#state;
  }

  get epoch(): number | null {
    return this.#epoch;
  }

  get gesture(): number {
    return this.#gesture;
  }

  /** How much of the hand's way the probe goes, 0.05 to 1. Changed only while nothing moves: the probe would jump. */
  setScale(scale: number): void {
    if (this.#engagedGesture === 0) this.#scale = Math.max(0.05, Math.min(1, scale));
  }

  get scale(): number {
    return this.#scale;
  }

  /** The patient side gave us the lease. A dead-man that is held already counts for nothing until it was let go. */
  begin(epoch: number): void {
    this.#epoch = epoch;
    this.#motionSequence = 0;
    this.#heartbeatSequence = 0;
    this.#settingsSequence = 0;
    this.#wasHeld = true;
    this.#gesture = 0;
    this.#engagedGesture = 0;
  }

  end(): void {
    this.#epoch = null;
    this.#engagedGesture = 0;
  }

  /** False: not a state, or not newer than the last (then it changes nothing). */
  handleState(bytes: DataView, nowMs: number): boolean {
    const incoming = this.#incoming;
    if (readState(bytes, incoming) !== null || (this.#stateAtMs !== null && !(incoming.stampMs > this.#state.stampMs))) return false;
    const { measured, target, ...rest } = incoming;
    Object.assign(this.#state, rest);
    copyPose(this.#state.measured, measured);
    copyPose(this.#state.target, target);
    this.#stateAtMs = nowMs;
    return true;
  }

  /** How long ago the device was heard, ms; null: never. */
  stateAgeMs(nowMs: number): number | null {
    return this.#stateAtMs === null ? null : nowMs - this.#stateAtMs;
  }

  /**
   * The next command, or null without a lease or before the device was heard. The bytes are written over by the next one.
   *
   * Before motion is engaged, and after it ended, the command asks for no displacement. The hand's zero is where it is when the state
   * first says that this very gesture moves the probe: whatever it did on the way is not made up for.
   */
  nextMotion({ pose, forceN, isDeadManHeld }: Hand, nowMs: number): DataView | null {
    if (this.#epoch === null || this.#stateAtMs === null) return null;
    if (isDeadManHeld && !this.#wasHeld) this.#gesture += 1;
    this.#wasHeld = isDeadManHeld;
    const command = this.#command;
    this.#noteEngagement(pose, isDeadManHeld);
    if (this.#engagedGesture === 0) clearPose(command.target);
    else this.#displace(command.target, pose);
    command.epoch = this.#epoch;
    command.sequence = this.#motionSequence++;
    command.isDeadManHeld = isDeadManHeld;
    command.gesture = this.#gesture;
    command.sentAtMs = nowMs;
    command.echoAtMs = this.#state.stampMs;
    command.echoHeldMs = nowMs - this.#stateAtMs;
    copyPose(command.hand, pose);
    command.forceN = forceN;
    writeMotion(this.#motionBytes, command);
    return this.#motionBytes;
  }

  #noteEngagement(hand: Readonly<Pose>, isDeadManHeld: boolean): void {
    const { phase, epoch, gesture } = this.#state;
    const isMoving = isDeadManHeld && phase === 'engaged' && epoch === this.#epoch && gesture === this.#gesture;
    if (isMoving && this.#engagedGesture !== this.#gesture) copyPose(this.#zero, hand);
    this.#engagedGesture = isMoving ? this.#gesture : 0;
  }

  #displace(out: Pose, hand: Readonly<Pose>): void {
    relativePose(out, this.#zero, hand);
    out.xMm *= this.#scale;
    out.yMm *= this.#scale;
    out.zMm *= this.#scale;
  }

  /** On both paths, ten a second. */
  nextHeartbeat(): DataView | null {
    if (this.#epoch === null || this.#stateAtMs === null) return null;
    writeHeartbeat(this.#heartbeatBytes, { epoch: this.#epoch, sequence: this.#heartbeatSequence++, echoAtMs: this.#state.stampMs });
    return this.#heartbeatBytes;
  }

  /** All that the picture is to be; null without a lease. The status says which number was applied. */
  nextSettings(settings: Readonly<UltrasoundSettings>): DataView | null {
    if (this.#epoch === null) return null;
    writeSettings(this.#settingsBytes, { epoch: this.#epoch, sequence: ++this.#settingsSequence, settings });
    return this.#settingsBytes;
  }
}
