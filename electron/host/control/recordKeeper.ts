import type { DeviceState } from '#shared/control/frames/stateFrame';
import type { MotionLimits } from '#shared/control/limits';
import type { ControlEvent } from '#shared/control/patientSide';
import type { Pose } from '#shared/control/pose';
import type { Clock } from '#shared/lib/clock';
import type { ControlRecord } from './controlRecord.ts';

/** Motion is kept ten times a second. */
const MOTION_EVERY_MS = 100;
/** What somebody can do as often as they like is kept this often, ms. */
const REPEATED_EVERY_MS = 1000;
/** Of what a device says of itself. */
const MAX_TEXT = 200;

/** Chooses what of all that happens is kept, so that nobody fills the disk by doing it again and again. */
export class RecordKeeper {
  readonly #record: ControlRecord;
  readonly #clock: Clock;
  readonly #keptAtMs = new Map<string, number>();
  #motionAtMs = Number.NEGATIVE_INFINITY;
  #isStopped = false;

  constructor(record: ControlRecord, clock: Clock) {
    this.#record = record;
    this.#clock = clock;
  }

  keep(event: ControlEvent, limits: MotionLimits, holding: { readonly name: string } | null): void {
    switch (event.type) {
      case 'asked':
      case 'unasked':
      case 'setting': // kept with what was applied
        return;
      case 'granted': {
        const { holder, epoch, mode } = event.lease;
        return this.#record.append('granted', { holder, name: holding?.name ?? null, epoch, mode, limits });
      }
      case 'ended':
        return this.#record.append('ended', { holder: event.lease.holder, epoch: event.lease.epoch, reason: event.reason });
      case 'engaged':
        return this.#record.append('engaged', { epoch: event.lease.epoch, gesture: event.gesture });
      case 'rejected':
        if (this.#isRepeated(`rejected ${event.reason}`)) return;
        return this.#record.append('rejected', { reason: event.reason, count: event.count });
      case 'emergency':
        // The first that stops is always kept; more of them while it is stopped only now and then.
        if (this.#isStopped && this.#isRepeated('emergency')) return;
        this.#isStopped = true;
        return this.#record.append('emergency', { by: event.by, stopId: event.stopId });
      case 'reset':
        this.#isStopped = false;
        return this.#record.append('reset', {});
      case 'stopped':
        return this.#record.append('stopped', { reason: event.reason });
      case 'fault':
        if (event.fault !== null && this.#isRepeated(`fault ${event.fault}`)) return;
        return this.#record.append('fault', { fault: event.fault?.slice(0, MAX_TEXT) ?? null });
    }
  }

  /** While motion is engaged or comes to rest. */
  keepMotion({ phase, epoch, commandSequence, stampMs, measured, target, forceN, targetForceN, roundTripMs }: Readonly<DeviceState>): void {
    if (phase !== 'engaged' && phase !== 'stopping') return;
    if (stampMs - this.#motionAtMs < MOTION_EVERY_MS) return;
    this.#motionAtMs = stampMs;
    this.#record.append('motion', { epoch, phase, commandSequence, measured: rounded(measured), target: rounded(target), forceN: round(forceN), targetForceN: round(targetForceN), roundTripMs: roundTripMs === null ? null : round(roundTripMs) }, false);
  }

  #isRepeated(what: string): boolean {
    const nowMs = this.#clock.monotonicMs();
    const keptAtMs = this.#keptAtMs.get(what) ?? Number.NEGATIVE_INFINITY;
    if (nowMs - keptAtMs < REPEATED_EVERY_MS) return true;
    if (this.#keptAtMs.size > 100) this.#keptAtMs.clear(); // faults are named by devices
    this.#keptAtMs.set(what, nowMs);
    return false;
  }
}

/** A tenth of a micrometre is nothing. NaN becomes null in JSON, as it should. */
const round = (value: number): number => Math.round(value * 10_000) / 10_000;
/** Position in mm, then w, x, y, z. */
const rounded = (pose: Readonly<Pose>): number[] => [pose.xMm, pose.yMm, pose.zMm, pose.qw, pose.qx, pose.qy, pose.qz].map(round);
