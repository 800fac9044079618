import { createMotionCommand, MOTION_BYTES, readMotion, writeMotion } from '#shared/control/frames/motionFrame';
import { STATE_BYTES, writeState } from '#shared/control/frames/stateFrame';
import { STOP_BYTES, writeStop } from '#shared/control/frames/stopFrame';
import { HEARTBEAT_EVERY_MS } from '#shared/control/leaseAuthority';
import { MOTION_EVERY_MS } from '#shared/control/operatorSide';
import type { MotionLimits } from '#shared/control/limits';
import type { PatientSide, PatientSideOptions } from '#shared/control/patientSide';
import { angleBetweenDeg } from '#shared/control/pose';
import { createRandom } from '#shared/lib/seededRandom';
import { SIMULATOR_LIMITS, SimulatedArm } from '#shared/simulator/arm';
import { Monitor, type TrueCommand, type Violation } from './monitor.ts';
import { SimulatedOperator } from './operator.ts';
import type { Fault, Scenario, Span, Way } from './scenario.ts';

const TICK_MS = 5;
const STATE_EVERY_MS = 20;
const GRANT_AT_MS = 200;
/** A site that allows less than the device. */
const SITE_LIMITS: MotionLimits = { ...SIMULATOR_LIMITS, workspaceMin: { xMm: -60, yMm: -60, zMm: 0 }, workspaceMax: { xMm: 60, yMm: 60, zMm: 60 }, maxTiltDeg: 35, maxSpinDeg: 30 };

interface Packet {
  readonly atMs: number;
  readonly bytes: DataView;
  readonly from: string;
  readonly to: 'host' | 'A' | 'B';
  readonly isSealed: boolean;
  readonly truth: TrueCommand | null;
  readonly heartbeat: { readonly by: string; readonly epoch: number } | null;
}

export interface Outcome {
  readonly violations: readonly Violation[];
  /** How long the device moved, ms of true time. */
  readonly movedMs: number;
  /** How many commands were refused. */
  readonly rejected: number;
}

/** The core under test, or one that was weakened. */
export type PatientSideClass = new (options: PatientSideOptions) => PatientSide;

const NONE: readonly never[] = [];
const isIn = (span: Span, atMs: number): boolean => atMs >= span.fromMs && atMs < span.untilMs;

/**
 * A room of two experts, a line that fails, a host, a device, and a monitor, in steps of one millisecond of true time. Everything comes
 * from the scenario's seed.
 */
export class World {
  readonly #scenario: Scenario;
  readonly #random: () => number;
  readonly #host: PatientSide;
  readonly #arm: SimulatedArm;
  readonly #monitor: Monitor;
  readonly #operators: Readonly<Record<'A' | 'B', SimulatedOperator>>;
  readonly #byType = new Map<Fault['type'], Fault[]>();
  readonly #captured: Packet[] = [];
  readonly #reader = createMotionCommand();
  #packets: Packet[] = [];
  /** Waiting in the sockets of a process that stands still. */
  #held: Packet[] = [];
  #hostClockMs: number;
  #trueMs = 0;
  #heartOf: 'A' | 'B' = 'A';
  #commandedEpoch = 0;
  #rejected = 0;
  #forged = 0;
  #toldAtMs = Number.POSITIVE_INFINITY;
  readonly #done = new Set<Fault | string>();

  constructor(scenario: Scenario, Core: PatientSideClass) {
    this.#scenario = scenario;
    this.#random = createRandom(scenario.seed ^ 0x5bd1e995);
    this.#host = new Core({ deviceLimits: SIMULATOR_LIMITS, siteLimits: SITE_LIMITS, lastEpoch: scenario.seed % 1000, tickMs: TICK_MS, onEvent: () => undefined });
    this.#arm = new SimulatedArm(scenario.seed);
    this.#arm.place([0, 0, 20, 0, 0, 0]);
    this.#monitor = new Monitor(scenario.up.delayMs + scenario.down.delayMs);
    this.#operators = { A: new SimulatedOperator('A', scenario), B: new SimulatedOperator('B', scenario) };
    this.#hostClockMs = scenario.hostClockMs;
    for (const fault of scenario.faults) this.#byType.set(fault.type, [...(this.#byType.get(fault.type) ?? []), fault]);
  }

  run(): Outcome {
    while (this.#trueMs < this.#scenario.durationMs) this.#step();
    return { violations: this.#monitor.violations, movedMs: this.#monitor.movedMs, rejected: this.#rejected };
  }

  get #hostMs(): number {
    return this.#hostClockMs + this.#trueMs;
  }

  #faults<T extends Fault['type']>(type: T): readonly Extract<Fault, { type: T }>[] {
    // Every fault of a type is one of it.
    return (this.#byType.get(type) ?? NONE) as readonly Extract<Fault, { type: T }>[];
  }

  /** Whether one of these begins now; each does so once. */
  #begins(fault: Fault | string, atMs: number): boolean {
    if (this.#trueMs < atMs || this.#done.has(fault)) return false;
    this.#done.add(fault);
    return true;
  }

  #step(): void {
    this.#trueMs += 1;
    this.#strike();
    const isHostFrozen = this.#faults('frozenHost').some(({ span }) => isIn(span, this.#trueMs));
    this.#deliver(isHostFrozen);
    this.#operate();
    this.#arm.step(1);
    this.#monitor.arm(this.#arm, this.#trueMs);
    if (isHostFrozen) return;
    if (this.#trueMs % TICK_MS === 0) this.#tick();
    if (this.#trueMs % STATE_EVERY_MS === 0) this.#tellState();
  }

  #strike(): void {
    if (this.#begins('grant', GRANT_AT_MS)) this.#grant('A');
    for (const fault of this.#scenario.faults) {
      if (fault.type === 'operatorClock' && this.#begins(fault, fault.atMs)) this.#operators.A.clockMs += fault.byMs;
      if (fault.type === 'hostClock' && this.#begins(fault, fault.atMs)) this.#hostClockMs += fault.byMs;
      if (fault.type === 'killedOperator' && this.#begins(fault, fault.atMs)) this.#operators.A.isKilled = true;
      if (fault.type === 'deviceStall' || fault.type === 'deviceHot') {
        if (this.#begins(fault, fault.span.fromMs)) this.#arm.break(fault.type === 'deviceHot' ? 'heat' : 'stall');
        if (this.#begins(`${fault.type}${fault.span.untilMs}`, fault.span.untilMs)) this.#arm.break(null);
      }
      if (fault.type === 'emergency') {
        if (this.#begins(fault, fault.atMs)) this.#sendStop();
        if (this.#begins(`reset${fault.resetAtMs}`, fault.resetAtMs) && this.#host.isStopLatched) {
          this.#host.resetStop();
          this.#monitor.reset();
        }
      }
      if (fault.type === 'takeOver') {
        if (this.#begins(fault, fault.atMs)) {
          this.#host.takeOver();
          this.#monitor.ended();
        }
        if (this.#begins(`grant${fault.grantAtMs}`, fault.grantAtMs)) this.#grant(fault.to);
      }
    }
  }

  #grant(to: 'A' | 'B'): void {
    const lease = this.#host.grant(to, 'full', null, this.#hostMs);
    this.#monitor.granted(to, lease.epoch, this.#trueMs);
    this.#heartOf = to;
    this.#commandedEpoch = lease.epoch;
    // Told on a way that loses nothing, and may take its time.
    this.#toldAtMs = this.#trueMs + this.#scenario.down.delayMs + this.#scenario.tellingMs;
  }

  /** On both paths: the quick one may lose it, the other does not. */
  #sendStop(): void {
    const bytes = new DataView(new ArrayBuffer(STOP_BYTES));
    writeStop(bytes, 77);
    for (const lateMs of [0, 30]) this.#packets.push({ atMs: this.#trueMs + this.#scenario.up.delayMs + lateMs, bytes, from: 'C', to: 'host', isSealed: false, truth: null, heartbeat: null });
  }

  // ---- experts ----

  #operate(): void {
    if (this.#trueMs >= this.#toldAtMs) {
      this.#toldAtMs = Number.POSITIVE_INFINITY;
      this.#operators[this.#heartOf].side.begin(this.#commandedEpoch);
    }
    for (const name of ['A', 'B'] as const) {
      const operator = this.#operators[name];
      operator.move(this.#trueMs, this.#arm.pose);
      if (operator.isKilled || this.#isOperatorFrozen(name)) continue;
      // B tries without a lease too, with the epoch that it overheard.
      if (name === 'B' && operator.side.epoch === null && this.#faults('secondExpert').some(({ span }) => isIn(span, this.#trueMs))) operator.side.begin(this.#commandedEpoch);
      if (this.#trueMs % MOTION_EVERY_MS === (name === 'A' ? 0 : 3)) this.#sendMotion(operator);
      if (this.#trueMs % HEARTBEAT_EVERY_MS === 0 && !this.#faults('silentHeart').some(({ atMs }) => this.#trueMs >= atMs)) this.#sendHeartbeat(operator);
    }
    if (this.#trueMs % MOTION_EVERY_MS === 7) this.#attack();
  }

  #isOperatorFrozen(name: string): boolean {
    return name === 'A' && this.#faults('frozenOperator').some(({ span }) => isIn(span, this.#trueMs));
  }

  #sendMotion(operator: SimulatedOperator): void {
    const made = operator.nextMotion(this.#trueMs);
    if (made === null) return;
    const bytes = copyOf(made);
    const command = this.#reader;
    readMotion(bytes, command);
    const { target } = command;
    const truth: TrueCommand = {
      by: operator.name, epoch: command.epoch, sequence: command.sequence, sentMs: this.#trueMs, isGenuine: true, isHeld: operator.isHeld, press: operator.press,
      position: [target.xMm, target.yMm, target.zMm], quaternion: [target.qw, target.qx, target.qy, target.qz], forceN: command.forceN, mismatchDeg: angleBetweenDeg(operator.hand, this.#arm.pose),
    };
    this.#sendUp({ atMs: 0, bytes, from: operator.name, to: 'host', isSealed: this.#heartOf === operator.name, truth, heartbeat: null });
  }

  #sendHeartbeat(operator: SimulatedOperator): void {
    const bytes = operator.side.nextHeartbeat();
    if (bytes === null) return;
    const heartbeat = { by: operator.name, epoch: operator.side.epoch ?? 0 };
    this.#sendUp({ atMs: 0, bytes: copyOf(bytes), from: operator.name, to: 'host', isSealed: this.#heartOf === operator.name, truth: null, heartbeat });
  }

  #sendUp(packet: Packet): void {
    if (packet.truth !== null && this.#captured.length < 400) this.#captured.push(packet);
    this.#send(packet, this.#scenario.up);
  }

  /** Through one way of the line, with what befalls packets there. */
  #send(packet: Packet, way: Way): void {
    if (this.#faults('blackout').some(({ span }) => isIn(span, this.#trueMs)) || this.#random() < way.loss) return;
    const slow = this.#faults('slowLine').reduce((sum, { span, extraMs }) => sum + (isIn(span, this.#trueMs) ? extraMs : 0), 0);
    const copies = this.#random() < way.duplicates ? 2 : 1;
    for (let copy = 0; copy < copies; copy += 1) {
      const atMs = this.#trueMs + way.delayMs + slow + this.#random() * way.jitterMs;
      const isCorrupt = this.#random() < way.corruption;
      const truth = packet.truth === null ? null : { ...packet.truth, isGenuine: packet.truth.isGenuine && !isCorrupt };
      this.#packets.push({ ...packet, atMs, truth, bytes: isCorrupt ? this.#corrupt(packet.bytes) : packet.bytes, isSealed: packet.isSealed && !(isCorrupt && this.#scenario.isSealChecked), heartbeat: isCorrupt ? null : packet.heartbeat });
    }
  }

  #corrupt(bytes: DataView): DataView {
    const altered = copyOf(bytes);
    for (let bit = 0; bit < 1 + Math.floor(this.#random() * 4); bit += 1) {
      const place = Math.floor(this.#random() * altered.byteLength);
      altered.setUint8(place, altered.getUint8(place) ^ (1 << Math.floor(this.#random() * 8)));
    }
    return altered;
  }

  /** Somebody on the way: sends captured packets again, as they were; makes new ones without the key. */
  #attack(): void {
    for (const { span, laterMs } of this.#faults('replay')) {
      if (!isIn(span, this.#trueMs)) continue;
      const old = this.#captured.findLast(({ truth }) => truth !== null && this.#trueMs - truth.sentMs >= laterMs);
      if (old?.truth) this.#packets.push({ ...old, atMs: this.#trueMs + this.#scenario.up.delayMs });
    }
    for (const { span } of this.#faults('forgery')) {
      const last = this.#captured.at(-1);
      if (!isIn(span, this.#trueMs) || !last?.truth) continue;
      // With a good checksum: anybody can count one.
      const command = this.#reader;
      readMotion(last.bytes, command);
      command.sequence = Math.min(0xffffffff, command.sequence + 50_000 + this.#forged++);
      command.target.yMm += 3 * Math.sin(this.#trueMs / 150);
      const bytes = new DataView(new ArrayBuffer(MOTION_BYTES));
      writeMotion(bytes, command);
      this.#packets.push({ ...last, bytes, atMs: this.#trueMs + 1, isSealed: false, truth: { ...last.truth, isGenuine: false } });
    }
  }

  // ---- the patient side ----

  #deliver(isHostFrozen: boolean): void {
    if (this.#held.length === 0 && !this.#packets.some(({ atMs }) => atMs <= this.#trueMs)) return;
    const due = [...this.#held, ...this.#packets.filter(({ atMs }) => atMs <= this.#trueMs).sort((a, b) => a.atMs - b.atMs)];
    this.#packets = this.#packets.filter(({ atMs }) => atMs > this.#trueMs);
    this.#held = [];
    for (const packet of due) {
      if (packet.to === 'host') {
        if (isHostFrozen) this.#held.push(packet);
        else this.#toHost(packet);
      } else if (this.#isOperatorFrozen(packet.to)) this.#held.push(packet);
      else this.#operators[packet.to].side.handleState(packet.bytes, this.#operators[packet.to].nowMs(this.#trueMs));
    }
  }

  #toHost({ bytes, from, isSealed, truth, heartbeat }: Packet): void {
    if (truth !== null) this.#monitor.command(truth, this.#trueMs);
    if (heartbeat !== null && isSealed) this.#monitor.heartbeat(heartbeat.by, heartbeat.epoch, this.#trueMs);
    if (bytes.byteLength === STOP_BYTES && from === 'C') this.#monitor.emergency(this.#trueMs);
    if (this.#host.handleFrame(bytes, from, isSealed, this.#hostMs) !== null) this.#rejected += 1;
  }

  #tick(): void {
    const nowMs = this.#hostMs;
    this.#host.handleMeasured(this.#arm.measured(), nowMs);
    const order = this.#host.tick(nowMs);
    const { pose } = order;
    this.#arm.order(order);
    this.#monitor.ordered({ isMoving: order.isMoving, position: [pose.xMm, pose.yMm, pose.zMm], quaternion: [pose.qw, pose.qx, pose.qy, pose.qz], forceN: order.forceN }, this.#arm.forceN, this.#trueMs);
    if (this.#host.lease === null) this.#monitor.ended();
  }

  #tellState(): void {
    const bytes = new DataView(new ArrayBuffer(STATE_BYTES));
    writeState(bytes, this.#host.state(this.#hostMs));
    for (const to of ['A', 'B'] as const) this.#send({ atMs: 0, bytes, from: 'host', to, isSealed: false, truth: null, heartbeat: null }, this.#scenario.down);
  }
}

function copyOf(bytes: DataView): DataView {
  const copy = new DataView(new ArrayBuffer(bytes.byteLength));
  for (let at = 0; at < bytes.byteLength; at += 1) copy.setUint8(at, bytes.getUint8(at));
  return copy;
}

