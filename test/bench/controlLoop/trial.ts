import { MOTION_BYTES } from '#shared/control/frames/motionFrame';
import { STATE_BYTES, writeState } from '#shared/control/frames/stateFrame';
import { HEARTBEAT_EVERY_MS } from '#shared/control/leaseAuthority';
import { MOTION_EVERY_MS, OperatorSide } from '#shared/control/operatorSide';
import { copyPose, createPose, type Pose } from '#shared/control/pose';
import { createRandom } from '#shared/lib/seededRandom';
import { SIMULATOR_LIMITS, SimulatedArm } from '#shared/simulator/arm';
import type { PatientSideClass } from '../controlFaults/world.ts';

const TICK_MS = 5;
const STATE_EVERY_MS = 20;
const DURATION_MS = 34_000;
/** Until then the lease is given, the clocks get known and motion is engaged. */
const MEASURED_FROM_MS = 4000;
/** From seeing to moving the hand: a trained operator in a pursuit task (McRuer 1967 gives 0.15 to 0.25 s). */
const REACTION_MS = 200;
/** Arm and guard add about this to the loop. */
const ARM_LAG_MS = 100;
/** Nobody corrects faster than this, 1/s; who waits longer for the effect corrects slower, keeping 45° of phase in hand. */
const MAX_GAIN = 3;
const HAND_MM_PER_S = 50;
/** A slow search over the skin: sums to 24 mm each way, at most 19 mm/s. */
const SINES = [[12, 0.05], [8, 0.11], [4, 0.19]] as const;
/** Whoever was stopped lets go, and presses again after this, ms. */
const PAUSE_MS = 400;
/** Whoever presses and is not let in tries again after this, ms. */
const PATIENCE_MS = 2000;
const HOME_Z_MM = 20;

export interface TrialResult {
  /** Distance between probe and target at each measured moment, root of the mean square, mm. */
  readonly followRmsMm: number;
  /** The same if the probe had stood still. */
  readonly stillRmsMm: number;
  /** Share of the measured time in which motion was engaged. */
  readonly steeredShare: number;
}

interface Packet {
  readonly atMs: number;
  readonly bytes: DataView;
}

/**
 * One specialist steers one arm over a line of the given round trip and follows a target that both see in the picture: the picture comes
 * as late as the states do, and the correction as late again. Milliseconds of true time, one after another; everything from the seed.
 */
export function runTrial(Core: PatientSideClass, roundTripMs: number, seed: number): TrialResult {
  const random = createRandom(seed);
  const host = new Core({ deviceLimits: SIMULATOR_LIMITS, siteLimits: SIMULATOR_LIMITS, lastEpoch: 0, tickMs: TICK_MS, onEvent: () => undefined });
  const arm = new SimulatedArm(seed);
  arm.place([0, 0, HOME_Z_MM, 0, 0, 0]);
  const operator = new OperatorSide();
  const phases = SINES.map(() => [random(), random()] as const);
  const target = (ms: number, axis: 0 | 1) => SINES.reduce((sum, [size, hertz], index) => sum + size * Math.sin(2 * Math.PI * ((hertz * ms) / 1000 + (phases[index]?.[axis] ?? 0))), 0);
  const wayMs = () => (roundTripMs / 2) * (1 + 0.1 * random());
  const gain = Math.min(MAX_GAIN, Math.PI / 4 / ((REACTION_MS + roundTripMs + ARM_LAG_MS) / 1000));
  let up: Packet[] = [];
  let down: Packet[] = [];
  const seen: { readonly atMs: number; readonly xMm: number; readonly yMm: number }[] = [];
  const hand: { pose: Pose; forceN: number; isDeadManHeld: boolean } = { pose: createPose(), forceN: 0, isDeadManHeld: false };
  let letGoAtMs = 0;
  let pressedAtMs = 0;
  let wasEngaged = false;
  const sums = { follow: 0, still: 0, steered: 0, count: 0 };

  const copyOf = (bytes: DataView): DataView => {
    const copy = new Uint8Array(bytes.byteLength);
    copy.set(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    return new DataView(copy.buffer);
  };
  const due = (packets: Packet[], nowMs: number) => packets.filter(({ atMs }) => atMs <= nowMs);

  /** What the hand does, from what the eye saw a reaction ago. */
  const steer = (nowMs: number) => {
    const { phase } = operator.state;
    const isEngaged = phase === 'engaged';
    if (hand.isDeadManHeld && !isEngaged && (wasEngaged || nowMs - pressedAtMs > PATIENCE_MS)) {
      hand.isDeadManHeld = false;
      letGoAtMs = nowMs;
    } else if (!hand.isDeadManHeld && (phase === 'waiting' || phase === 'clutched') && nowMs - letGoAtMs >= PAUSE_MS) {
      hand.isDeadManHeld = true;
      pressedAtMs = nowMs;
      copyPose(hand.pose, operator.state.measured);
    }
    wasEngaged = isEngaged;
    const eye = seen.findLast(({ atMs }) => atMs <= nowMs - roundTripMs / 2 - REACTION_MS);
    if (!isEngaged || !eye) return;
    let dx = eye.xMm * gain;
    let dy = eye.yMm * gain;
    const speed = Math.hypot(dx, dy);
    const share = speed > HAND_MM_PER_S ? HAND_MM_PER_S / speed : 1;
    dx *= share;
    dy *= share;
    hand.pose.xMm += (dx * MOTION_EVERY_MS) / 1000;
    hand.pose.yMm += (dy * MOTION_EVERY_MS) / 1000;
  };

  for (let nowMs = 1; nowMs <= DURATION_MS; nowMs += 1) {
    if (nowMs === 200) operator.begin(host.grant('A', 'full', null, nowMs).epoch);
    for (const { bytes } of due(down, nowMs)) operator.handleState(bytes, nowMs);
    down = down.filter(({ atMs }) => atMs > nowMs);
    for (const { bytes } of due(up, nowMs)) host.handleFrame(bytes, 'A', true, nowMs);
    up = up.filter(({ atMs }) => atMs > nowMs);
    arm.step(1);
    if (nowMs % TICK_MS === 0) {
      host.handleMeasured(arm.measured(), nowMs);
      arm.order(host.tick(nowMs));
    }
    if (nowMs % MOTION_EVERY_MS === 0) {
      seen.push({ atMs: nowMs, xMm: target(nowMs, 0) - arm.pose.xMm, yMm: target(nowMs, 1) - arm.pose.yMm });
      if (seen.length > 200) seen.shift();
      steer(nowMs);
      const command = operator.nextMotion(hand, nowMs);
      if (command?.byteLength === MOTION_BYTES) up.push({ atMs: nowMs + wayMs(), bytes: copyOf(command) });
    }
    if (nowMs % HEARTBEAT_EVERY_MS === 0) {
      const beat = operator.nextHeartbeat();
      if (beat) up.push({ atMs: nowMs + wayMs(), bytes: copyOf(beat) });
    }
    if (nowMs % STATE_EVERY_MS === 0) {
      const bytes = new DataView(new ArrayBuffer(STATE_BYTES));
      writeState(bytes, host.state(nowMs));
      down.push({ atMs: nowMs + wayMs(), bytes });
    }
    if (nowMs < MEASURED_FROM_MS) continue;
    const [x, y] = [target(nowMs, 0), target(nowMs, 1)];
    sums.count += 1;
    sums.still += x * x + y * y;
    sums.follow += (x - arm.pose.xMm) ** 2 + (y - arm.pose.yMm) ** 2;
    sums.steered += Number(host.state(nowMs).phase === 'engaged');
  }
  return { followRmsMm: Math.sqrt(sums.follow / sums.count), stillRmsMm: Math.sqrt(sums.still / sums.count), steeredShare: sums.steered / sums.count };
}
