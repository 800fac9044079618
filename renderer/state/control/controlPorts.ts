import type { DeviceState } from '#shared/control/frames/stateFrame';
import type { MotionLimits } from '#shared/control/limits';
import type { ControlMode } from '#shared/control/modes';
import type { Hand } from '#shared/control/operatorSide';
import type { UltrasoundSettings } from '#shared/control/settings';
import type { ControlDevice, ControlStatus } from '#shared/control/status';
import type { Undo } from '#shared/lib/disposable';
import type { StopStanding } from '../../services/control/repeatedStop.ts';
import type { HandInput } from '../../services/control/inputs/handInput.ts';
import type { GuidanceCue } from '#shared/control/guidance';

/** What the room knows of the device: the stay's `ControlLink` has this shape. */
export interface RoomControlPort {
  readonly view: {
    /** Who offers a device, and which; null: nobody. */
    readonly offer: { readonly peerId: string; readonly device: ControlDevice } | null;
    readonly status: ControlStatus | null;
    readonly isChannelOpen: boolean;
  };
  on(name: 'changed', listener: () => void): Undo;
}

/** Where an operator stands; `OperatorControl` decides it. */
export interface OperatorStanding {
  readonly phase: 'idle' | 'asking' | 'granted' | 'waiting' | 'engaged' | 'stopping' | 'stopped' | 'fault' | 'lost';
  readonly mode: ControlMode | null;
  readonly checkCode: string | null;
  readonly ended: 'released' | 'declined' | 'unanswered' | 'ended' | 'lost' | 'withdrawn' | null;
  readonly requested: UltrasoundSettings | null;
  readonly isAnswered: boolean;
}

/** The side of whoever steers; `OperatorControl` has this shape. */
export interface OperatorPort {
  readonly view: OperatorStanding;
  /** The device's newest state, written over by the next. */
  readonly state: Readonly<DeviceState>;
  /** ms; null: never heard. */
  readonly stateAgeMs: number | null;
  on(name: 'changed', listener: () => void): Undo;
  ask(mode: ControlMode, wanted: MotionLimits | null): Promise<void>;
  unask(): void;
  release(): void;
  setHand(hand: Hand): void;
  setScale(scale: number): void;
  setSettings(settings: UltrasoundSettings): void;
}

/** The emergency stop of this participant; `EmergencyStop` has this shape. */
export interface StopPort {
  readonly standing: StopStanding;
  stop(): void;
}

/** The hand of this person; `HandInput` has this shape. */
export type HandPort = Pick<HandInput, 'view' | 'push' | 'onChange' | 'setActive' | 'choose' | 'setForceN' | 'setScale' | 'setSecondLayer' | 'press' | 'move' | 'lift' | 'lose' | 'read'>;

/** The host beside the device, as the bedside's page asks it; names as in `shared/host/contract.ts`, `control.*`. */
export interface BedsidePort {
  /** The newest of the device's states, and how old it is, ms. */
  readonly state: Readonly<DeviceState>;
  readonly stateAgeMs: number | null;
  /** The device's status as its own host says it: not by way of the server. */
  readonly status: ControlStatus | null;
  on(name: 'changed', listener: () => void): Undo;
  grant(by: string, mode: ControlMode): Promise<void>;
  decline(by: string): Promise<void>;
  takeOver(): Promise<void>;
  readonly stopStanding: StopStanding;
  stop(): void;
  resetStop(): Promise<void>;
}

/** Guidance from who steers in the mode `manual` to whoever holds the probe. */
export interface GuidancePort {
  send(cue: GuidanceCue): void;
  on(name: 'cue', listener: (cue: GuidanceCue) => void): Undo;
}
