import { createMotionCommand, MOTION_BYTES, type MotionCommand, readMotion, writeMotion } from '#shared/control/frames/motionFrame';
import { OperatorSide } from '#shared/control/operatorSide';
import { composePose, createPose, type Pose } from '#shared/control/pose';
import type { Fault, Scenario } from './scenario.ts';

const DEG = Math.PI / 180;

/** An expert with a hand that presses, lets go, moves, and sometimes does what no hand should. */
export class SimulatedOperator {
  readonly name: string;
  readonly side = new OperatorSide();
  readonly #scenario: Scenario;
  readonly #hand = createPose();
  readonly #start = createPose();
  readonly #way = createPose();
  readonly #altered = createMotionCommand();
  readonly #alteredBytes = new DataView(new ArrayBuffer(MOTION_BYTES));
  /** Which press of the dead-man this is; 0: none yet. */
  press = 0;
  isHeld = false;
  #pressedAtMs = 0;
  /** B's numbers are higher than any of A's: what it sends would be newer. */
  #sequenceShift = 0;
  isKilled = false;
  clockMs: number;

  constructor(name: string, scenario: Scenario) {
    this.name = name;
    this.#scenario = scenario;
    this.clockMs = scenario.operatorClockMs + (name === 'A' ? 0 : 5555);
    if (name === 'B') this.#sequenceShift = 100_000;
  }

  nowMs(trueMs: number): number {
    return this.clockMs + trueMs * (1 + this.#scenario.drift);
  }

  get hand(): Readonly<Pose> {
    return this.#hand;
  }

  /** The hand at this instant; it takes up the probe's orientation, more or less, when it presses. */
  move(trueMs: number, probe: Readonly<Pose>): void {
    const { presses, isStuck, mismatchDeg, speedMmPerS } = this.#scenario;
    const isPressing = presses.some(({ fromMs, untilMs }) => trueMs >= fromMs && trueMs < untilMs) || (isStuck && this.press > 0);
    if (isPressing && !this.isHeld) {
      this.press += 1;
      this.#pressedAtMs = trueMs;
      const half = ((this.press === 1 ? mismatchDeg : Math.min(mismatchDeg, 1.5)) * DEG) / 2;
      composePose(this.#start, probe, { xMm: 0, yMm: 0, zMm: 0, qw: Math.cos(half), qx: Math.sin(half), qy: 0, qz: 0 });
    }
    this.isHeld = isPressing;
    // Three sines whose steepest way is the speed; the turn goes along.
    const seconds = Math.max(0, trueMs - this.#pressedAtMs - 500) / 1000;
    const way = this.#way;
    const size = speedMmPerS / 4;
    way.xMm = size * Math.sin(2 * seconds);
    way.yMm = size * Math.sin(1.7 * seconds);
    way.zMm = (size / 2) * Math.sin(2.3 * seconds);
    const half = (8 * DEG * Math.sin(1.5 * seconds)) / 2;
    way.qw = Math.cos(half);
    way.qy = Math.sin(half);
    composePose(this.#hand, this.#start, way);
  }

  /** What it sends, already spoilt by what is wrong with it; null: nothing. */
  nextMotion(trueMs: number): DataView | null {
    const bytes = this.side.nextMotion({ pose: this.#hand, forceN: 3, isDeadManHeld: this.isHeld }, this.nowMs(trueMs));
    if (bytes === null) return null;
    const command = this.#altered;
    readMotion(bytes, command);
    let isAltered = this.#sequenceShift !== 0;
    for (const fault of this.#scenario.faults) isAltered = this.#spoil(fault, command, trueMs) || isAltered;
    if (!isAltered) return bytes;
    command.sequence = Math.max(0, Math.min(0xffffffff, command.sequence + this.#sequenceShift));
    writeMotion(this.#alteredBytes, command);
    return this.#alteredBytes;
  }

  #spoil(fault: Fault, command: MotionCommand, trueMs: number): boolean {
    if (fault.type === 'sequenceBack' || fault.type === 'sequenceEnd') {
      if (this.#sequenceShift === 0 && trueMs >= fault.atMs) this.#sequenceShift = fault.type === 'sequenceEnd' ? 0xffffff00 : -command.sequence;
      return false;
    }
    if (!('span' in fault) || trueMs < fault.span.fromMs || trueMs >= fault.span.untilMs) return false;
    const { target } = command;
    switch (fault.type) {
      case 'notFinite':
        if (command.sequence % 3 === 0) target.xMm = Number.NaN;
        else if (command.sequence % 3 === 1) target.qw = Number.POSITIVE_INFINITY;
        else command.forceN = Number.NaN;
        return true;
      case 'hugeStep':
        target.xMm += fault.byMm;
        return true;
      case 'outOfWorkspace':
        // Slowly enough for every limit of speed.
        target.xMm = ((trueMs - fault.span.fromMs) / 1000) * 55 + target.xMm * 0.01;
        return true;
      case 'overTurned': {
        // About the probe's own axis, slowly enough for every limit of speed.
        const half = (((trueMs - fault.span.fromMs) / 1000) * 30 * DEG) / 2;
        composePose(target, target, { xMm: 0, yMm: 0, zMm: 0, qw: Math.cos(half), qx: 0, qy: 0, qz: Math.sin(half) });
        return true;
      }
      case 'forceStep':
        command.forceN = 14;
        return true;
      case 'tooMuchForce':
        command.forceN = 40;
        return true;
      default:
        return false;
    }
  }

}
