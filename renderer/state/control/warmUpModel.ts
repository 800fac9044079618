import { createStore, type StoreApi } from 'zustand/vanilla';
import { STATE_BYTES, writeState } from '#shared/control/frames/stateFrame';
import { HEARTBEAT_EVERY_MS } from '#shared/control/leaseAuthority';
import { MOTION_EVERY_MS, OperatorSide } from '#shared/control/operatorSide';
import { PatientSide } from '#shared/control/patientSide';
import { angleBetweenDeg, createPose, distanceMm, type Pose } from '#shared/control/pose';
import type { Clock } from '#shared/lib/clock';
import type { Undo } from '#shared/lib/disposable';
import { SIMULATOR_LIMITS, SimulatedArm } from '#shared/simulator/arm';
import type { HandPort } from './controlPorts.ts';
import { createLiveView, type LiveView } from './liveView.ts';

/** The state says so often where it stands, and the picture is fed, ms. */
const STATE_EVERY_MS = 20;
const TICK_MS = 5;
/** A page that stood still: time in here goes on from where it was, ms. */
const MAX_PASSED_MS = 100;
/** A target counts when the probe was there for this long. */
const STAY_MS = 500;
export const NEAR = { mm: 4, deg: 5 } as const;
const HOLDER = 'practice';

const turned = (axis: 'qx' | 'qy', deg: number): Pose => ({ ...createPose(), qw: Math.cos((deg * Math.PI) / 360), [axis]: Math.sin((deg * Math.PI) / 360) });
/** Displacements from home: along the picture, then over the marker, then a lean. */
export const WARM_UP_TARGETS: readonly Pose[] = [
  { ...createPose(), xMm: 20, yMm: 0, zMm: 42 },
  { ...createPose(), xMm: -25, yMm: 20, zMm: 44 },
  { ...turned('qy', 12), xMm: -10, yMm: 5, zMm: 44 },
];

export interface WarmUpState {
  readonly phase: 'off' | 'running' | 'done';
  /** 0 to 2. */
  readonly target: number;
  readonly distanceMm: number;
  readonly turnDeg: number;
  readonly live: LiveView | null;
  /** s, while running and of the whole when done. */
  readonly seconds: number;
  /** How often motion ended other than by letting go. */
  readonly breaks: number;
  /** The furthest that the force went, N. */
  readonly mostForceN: number;
}

export interface WarmUpModel {
  readonly store: StoreApi<WarmUpState>;
  start(): void;
  /** Ends it, done or not. */
  close(): void;
}

export interface WarmUpOptions {
  readonly hand: Pick<HandPort, 'view' | 'read'>;
  readonly clock: Clock;
  /** Each state, 50 a second: the simulated picture takes it. */
  readonly onState: (state: LiveView) => void;
  /** The hand is needed from now, or no longer. */
  readonly onRunning: (isRunning: boolean) => void;
  readonly onDone: () => void;
}

const OFF: WarmUpState = { phase: 'off', target: 0, distanceMm: 0, turnDeg: 0, live: null, seconds: 0, breaks: 0, mostForceN: 0 };

/**
 * [CTL72] Practice before the first asking: the same rules, the same hand, and the simulated arm, all in this page and without a network.
 * Three targets have to be reached and held.
 */
export function createWarmUpModel({ hand, clock, onState, onRunning, onDone }: WarmUpOptions): WarmUpModel {
  const store = createStore<WarmUpState>(() => OFF);
  let cancel: Undo | null = null;

  function start(): void {
    close();
    const arm = new SimulatedArm(7);
    arm.place([0, 0, 42, 0, 0, 0]);
    let breaks = 0;
    const patient = new PatientSide({
      deviceLimits: SIMULATOR_LIMITS, siteLimits: SIMULATOR_LIMITS, lastEpoch: 0, tickMs: TICK_MS,
      onEvent: (event) => {
        if (event.type === 'stopped' && event.reason !== 'released') breaks += 1;
      },
    });
    const operator = new OperatorSide();
    operator.setScale(hand.view.scale);
    const bytes = new DataView(new ArrayBuffer(STATE_BYTES));
    let [nowMs, realMs, stayedMs, target, mostForceN] = [0, clock.monotonicMs(), 0, 0, 0];
    patient.handleMeasured(arm.measured(), nowMs);
    patient.tick(nowMs);
    operator.begin(patient.grant(HOLDER, 'full', null, nowMs).epoch);
    onRunning(true);
    store.setState({ ...OFF, phase: 'running' });

    function step(): void {
      nowMs += TICK_MS;
      arm.step(TICK_MS);
      patient.handleMeasured(arm.measured(), nowMs);
      arm.order(patient.tick(nowMs));
      mostForceN = Math.max(mostForceN, arm.forceN);
      if (nowMs % STATE_EVERY_MS === 0) {
        writeState(bytes, patient.state(nowMs));
        operator.handleState(bytes, nowMs);
      }
      if (nowMs % MOTION_EVERY_MS === 0) send(operator.nextMotion(hand.read(operator.state, nowMs), nowMs));
      if (nowMs % HEARTBEAT_EVERY_MS === 0) send(operator.nextHeartbeat());
      const goal = WARM_UP_TARGETS[target];
      const isThere = goal !== undefined && distanceMm(arm.pose, goal) <= NEAR.mm && angleBetweenDeg(arm.pose, goal) <= NEAR.deg;
      stayedMs = isThere ? stayedMs + TICK_MS : 0;
      if (stayedMs < STAY_MS) return;
      stayedMs = 0;
      target += 1;
    }

    const send = (frame: DataView | null) => (frame === null ? undefined : void patient.handleFrame(frame, HOLDER, true, nowMs));

    function advance(): void {
      const passedMs = Math.min(MAX_PASSED_MS, clock.monotonicMs() - realMs);
      realMs = clock.monotonicMs();
      for (let passed = TICK_MS; passed <= passedMs + TICK_MS / 2 && target < WARM_UP_TARGETS.length; passed += TICK_MS) step();
      const live = createLiveView(operator.state, 0);
      onState(live);
      const goal = WARM_UP_TARGETS[Math.min(target, WARM_UP_TARGETS.length - 1)] ?? arm.pose;
      const shown = { target, live, distanceMm: distanceMm(arm.pose, goal), turnDeg: angleBetweenDeg(arm.pose, goal), seconds: nowMs / 1000, breaks, mostForceN };
      if (target < WARM_UP_TARGETS.length) {
        store.setState({ ...shown, phase: 'running' });
        cancel = clock.after(STATE_EVERY_MS, advance);
        return;
      }
      store.setState({ ...shown, target: WARM_UP_TARGETS.length - 1, phase: 'done' });
      cancel = null;
      onRunning(false);
      onDone();
    }
    cancel = clock.after(STATE_EVERY_MS, advance);
  }

  function close(): void {
    cancel?.();
    cancel = null;
    if (store.getState().phase === 'running') onRunning(false);
    store.setState(OFF);
  }

  return { store, start, close };
}
