import { STATE_BYTES, writeState } from '#shared/control/frames/stateFrame';
import { STOP_BYTES, writeStop } from '#shared/control/frames/stopFrame';
import type { MotionLimits } from '#shared/control/limits';
import { type Hand, OperatorSide } from '#shared/control/operatorSide';
import { type ControlEvent, type DeviceOrder, type Measured, PatientSide } from '#shared/control/patientSide';
import { copyPose, createPose, type Pose } from '#shared/control/pose';

const TICK_MS = 5;

interface Waiting {
  readonly atMs: number;
  readonly deliver: () => void;
}

/** Both sides with an even line between them, in steps of one millisecond; the device goes where it is sent at once. Clocks differ by an hour. */
export class Bedside {
  readonly events: ControlEvent[] = [];
  readonly patient: PatientSide;
  readonly operator = new OperatorSide();
  readonly hand: { pose: Pose; forceN: number; isDeadManHeld: boolean } = { pose: createPose(), forceN: 2, isDeadManHeld: false };
  readonly devicePose = createPose();
  order: DeviceOrder | null = null;
  nowMs = 50_000;
  wayMs = 10;
  forceN = 0;
  fault: string | null = null;
  /** What is lost on the way to the patient side. */
  isUpCut = false;
  isDownCut = false;
  hasHeartbeats = true;
  isTicking = true;
  #waiting: Waiting[] = [];

  constructor(deviceLimits: MotionLimits, siteLimits = deviceLimits) {
    this.patient = new PatientSide({ deviceLimits, siteLimits, lastEpoch: 40, tickMs: TICK_MS, onEvent: (event) => this.events.push(event) });
  }

  get operatorNowMs(): number {
    return this.nowMs - 3_600_000;
  }

  /** What happened, in short. */
  get told(): string[] {
    return this.events.map((event) => ('reason' in event ? `${event.type} ${event.reason}` : event.type));
  }

  measured(): Measured {
    return { pose: this.devicePose, forceN: this.forceN, isInContact: this.forceN > 0.2, fault: this.fault };
  }

  /** Lets time pass, with everything that happens meanwhile. */
  pass(ms: number): void {
    for (const untilMs = this.nowMs + ms; this.nowMs < untilMs; ) {
      this.nowMs += 1;
      const due = this.#waiting.filter(({ atMs }) => atMs <= this.nowMs);
      this.#waiting = this.#waiting.filter(({ atMs }) => atMs > this.nowMs);
      for (const { deliver } of due) deliver();
      if (this.nowMs % 10 === 0) this.sendMotion();
      if (this.hasHeartbeats && this.nowMs % 100 === 0) this.sendUp(this.operator.nextHeartbeat());
      if (this.isTicking && this.nowMs % TICK_MS === 0) this.tick();
      if (this.isTicking && this.nowMs % 20 === 0) this.tellState();
    }
  }

  tick(): void {
    this.patient.handleMeasured(this.measured(), this.nowMs);
    const order = this.patient.tick(this.nowMs);
    this.order = { ...order, pose: { ...order.pose } };
    if (this.order.isMoving) copyPose(this.devicePose, this.order.pose);
  }

  sendMotion(hand: Hand = this.hand): void {
    this.sendUp(this.operator.nextMotion(hand, this.operatorNowMs));
  }

  sendUp(bytes: DataView | null, from = 'expert', isSealed = true): void {
    if (bytes === null || this.isUpCut) return;
    const copy = new DataView(bytes.buffer.slice(0) as ArrayBuffer); // a plain buffer was given
    this.#waiting.push({ atMs: this.nowMs + this.wayMs, deliver: () => this.patient.handleFrame(copy, from, isSealed, this.nowMs) });
  }

  tellState(): void {
    const bytes = new DataView(new ArrayBuffer(STATE_BYTES));
    writeState(bytes, this.patient.state(this.nowMs));
    if (!this.isDownCut) this.#waiting.push({ atMs: this.nowMs + this.wayMs, deliver: () => this.operator.handleState(bytes, this.operatorNowMs) });
  }

  sendStop(by: string, id: number): void {
    const bytes = new DataView(new ArrayBuffer(STOP_BYTES));
    writeStop(bytes, id);
    this.patient.handleFrame(bytes, by, false, this.nowMs);
  }

  /** A lease, told to the operator, and the line known. */
  grant(mode: Parameters<PatientSide['grant']>[1] = 'full', wanted: MotionLimits | null = null): void {
    this.pass(40);
    const { epoch } = this.patient.grant('expert', mode, wanted, this.nowMs);
    this.operator.begin(epoch);
    this.pass(400);
  }

  /** The dead-man goes down, and motion is engaged. */
  engage(): void {
    this.hand.isDeadManHeld = true;
    this.pass(600);
  }

  get phase(): string {
    return this.patient.state(this.nowMs).phase;
  }
}
