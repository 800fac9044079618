import type { DeviceOrder, Measured } from '#shared/control/patientSide';
import { DEPTH_MM, FOCUS_MIN_MM, type UltrasoundSettings } from '#shared/control/settings';
import type { Clock } from '#shared/lib/clock';
import type { Undo } from '#shared/lib/disposable';
import { Emitter } from '#shared/lib/emitter';
import { type ArmFault, SIMULATOR_LIMITS, SimulatedArm } from '#shared/simulator/arm';
import type { UltrasoundDevice } from '../device.ts';

/** The arm's physics and sensors, ms. */
const TICK_MS = 5;
/** After a machine's sleep the arm does not catch up: it has braked long since. */
const MAX_STEP_MS = 500;
/** The bedside has put the probe on the skin, with a few newtons, mm below the arm's home. */
const ON_THE_SKIN_MM = 42;
/** The scanner's knobs have steps. */
const GAIN_STEP_DB = 0.5;
const DEPTH_STEP_MM = 5;

/** The arm of `shared/simulator` in real time: for teaching, for trying out a site's set-up, and for tests. It hurts nobody. */
export class SimulatedDevice implements UltrasoundDevice {
  readonly about = { id: 'simulator', model: 'Huizhen simulator', kind: 'simulator' } as const;
  readonly limits = SIMULATOR_LIMITS;
  readonly #clock: Clock;
  readonly #arm: SimulatedArm;
  readonly #events = new Emitter<{ measured: Measured }>();
  #steppedAtMs: number;
  #cancelTick: Undo;

  /** The same seed gives the same noise. */
  constructor(clock: Clock, seed: number) {
    this.#clock = clock;
    this.#arm = new SimulatedArm(seed);
    this.#arm.place([0, 0, ON_THE_SKIN_MM, 0, 0, 0]);
    this.#steppedAtMs = clock.monotonicMs();
    this.#cancelTick = clock.after(TICK_MS, () => this.#tick());
  }

  order(order: Readonly<DeviceOrder>): void {
    this.#arm.order(order);
  }

  stop(): void {
    this.#arm.order({ isMoving: false, isStopped: true, pose: this.#arm.pose, forceN: 0 });
  }

  /** Knobs turn in steps, and the focus follows the depth. */
  async applySettings({ preset, gainDb, depthMm, focusMm, isFrozen }: Readonly<UltrasoundSettings>): Promise<UltrasoundSettings> {
    const depth = Math.min(DEPTH_MM.max, Math.max(DEPTH_MM.min, Math.round(depthMm / DEPTH_STEP_MM) * DEPTH_STEP_MM));
    return { preset, gainDb: Math.round(gainDb / GAIN_STEP_DB) * GAIN_STEP_DB, depthMm: depth, focusMm: Math.max(FOCUS_MIN_MM, Math.min(depth, Math.round(focusMm))), isFrozen };
  }

  onMeasured(listener: (measured: Measured) => void): Undo {
    return this.#events.on('measured', listener);
  }

  /** Faults on command; null: well again. */
  break(fault: ArmFault | null): void {
    this.#arm.break(fault);
  }

  async close(): Promise<void> {
    this.#cancelTick();
    this.#events.clear();
  }

  #tick(): void {
    this.#cancelTick = this.#clock.after(TICK_MS, () => this.#tick());
    const nowMs = this.#clock.monotonicMs();
    this.#arm.step(Math.min(MAX_STEP_MS, nowMs - this.#steppedAtMs));
    this.#steppedAtMs = nowMs;
    this.#events.emit('measured', this.#arm.measured());
  }
}
