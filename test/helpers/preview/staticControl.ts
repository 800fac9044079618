import { createDeviceState, type DeviceState } from '#shared/control/frames/stateFrame';
import { createPose, type Pose } from '#shared/control/pose';
import { createSettings } from '#shared/control/settings';
import type { ControlStatus } from '#shared/control/status';
import { SIMULATOR_LIMITS } from '#shared/simulator/arm';
import type { OperatorPort, OperatorStanding, RoomControlPort } from '../../../renderer/state/control/controlPorts.ts';
import type { GuidanceCue } from '#shared/control/guidance';

/** Where one preview of remote control stands. */
export interface ControlScene {
  readonly status: ControlStatus;
  readonly state: DeviceState;
  readonly operator: OperatorStanding;
  readonly cue: GuidanceCue | null;
  readonly isHeard: boolean;
}

const turned = (deg: number): Partial<Pose> => ({ qw: Math.cos((deg * Math.PI) / 360), qy: Math.sin((deg * Math.PI) / 360) });
const lease = (language: string, mode: 'settings' | 'orientation' | 'full' | 'manual' = 'full') => ({ holder: 'peer-self', name: language === 'en' ? 'Lin Jingyuan (Chief Physician · Provincial Hospital)' : '林静远（主任医师·省立医院）', epoch: 7, mode, checkCode: '4071' });

function base(language: string): { status: ControlStatus; state: DeviceState; operator: OperatorStanding } {
  const state = createDeviceState();
  Object.assign(state, { epoch: 7, phase: 'waiting', mode: 'full', grade: 'green', roundTripMs: 46, forceN: 4.2, isInContact: true, waitReason: 'deadMan' } satisfies Partial<DeviceState>);
  Object.assign(state.measured, { ...createPose(), xMm: 12, yMm: -6, zMm: 42, ...turned(8) });
  Object.assign(state.target, state.measured);
  const status: ControlStatus = {
    device: { id: 'sim-1', model: 'Simulated arm', kind: 'simulator' }, lease: lease(language), asking: [], limits: SIMULATOR_LIMITS,
    settings: { applied: createSettings(), sequence: 0, refusal: null }, isStopLatched: false, stoppedBy: null, fault: null,
  };
  return { status, state, operator: { phase: 'waiting', mode: 'full', checkCode: '4071', ended: null, requested: null, isAnswered: false } };
}

type Change = { status?: Partial<ControlStatus>; state?: Partial<DeviceState>; operator?: Partial<OperatorStanding>; target?: Partial<Pose>; measured?: Partial<Pose>; cue?: GuidanceCue; isHeard?: boolean };
const moving: Change = { state: { phase: 'engaged', gesture: 3 }, operator: { phase: 'engaged' }, target: { xMm: 22, yMm: -2, zMm: 44, ...turned(14) } };
const none: Change = { status: { lease: null }, state: { phase: 'idle', epoch: 0 }, operator: { phase: 'idle', mode: null, checkCode: null } };

/** By the last part of the preview's name; texts of people in the language. */
const SCENES: Readonly<Record<string, (language: string) => Change>> = {
  free: () => none,
  otherSteers: (language) => ({ ...none, status: { lease: { ...lease(language), holder: 'peer-2' } } }),
  asking: (language) => ({ ...none, operator: { phase: 'asking', mode: 'full', checkCode: null }, status: { lease: null, asking: [{ by: 'peer-self', name: lease(language).name, mode: 'full' }] } }),
  waiting: () => ({}),
  match: () => ({ state: { waitReason: 'match' } }),
  engaged: () => ({ ...moving, operator: { ...moving.operator, requested: { ...createSettings(), gainDb: 58, depthMm: 180 } } }),
  near: () => ({ ...moving, measured: { xMm: 116 }, target: { xMm: 118, yMm: -2, zMm: 44 } }),
  forceHigh: () => ({ ...moving, state: { ...moving.state, forceN: 16.4, targetForceN: 8 } }),
  amber: () => ({ ...moving, state: { ...moving.state, grade: 'amber', roundTripMs: 164 } }),
  red: () => ({ ...moving, state: { ...moving.state, grade: 'red', roundTripMs: 268 } }),
  refused: () => ({ state: { grade: 'refused', roundTripMs: 342, stopReason: 'latency', waitReason: 'notPermitted' } }),
  stopped: () => ({ status: { isStopLatched: true, stoppedBy: 'bedside' }, state: { phase: 'stopped', isStopLatched: true }, operator: { phase: 'stopped' } }),
  fault: (language) => ({ status: { fault: language === 'en' ? 'a motor is too hot' : '电机过热' }, state: { phase: 'fault' }, operator: { phase: 'fault' } }),
  lost: () => ({ operator: { phase: 'lost' }, isHeard: false }),
  unconfirmed: () => moving,
  manual: (language) => ({ status: { lease: lease(language, 'manual') }, state: { mode: 'manual', phase: 'settings' }, operator: { phase: 'granted', mode: 'manual' }, cue: 'tiltLeft' }),
  settings: (language) => ({ status: { lease: lease(language, 'settings'), settings: { applied: createSettings(), sequence: 3, refusal: 'range' } }, state: { mode: 'settings', phase: 'settings' }, operator: { phase: 'granted', mode: 'settings', requested: { ...createSettings(), gainDb: 70 }, isAnswered: true } }),
  warmUp: () => none,
  warmUpDone: () => none,
};

export function controlScene(name: string, language: string): ControlScene {
  const { status, state, operator } = base(language);
  const change: Change = SCENES[name]?.(language) ?? {};
  Object.assign(state, change.state);
  Object.assign(state.measured, change.measured);
  Object.assign(state.target, state.measured, change.target);
  return { status: { ...status, ...change.status }, state, operator: { ...operator, ...change.operator }, cue: change.cue ?? null, isHeard: change.isHeard ?? true };
}

export const staticLink = ({ status }: ControlScene): RoomControlPort => ({ view: { offer: { peerId: 'peer-cart', device: status.device }, status, isChannelOpen: true }, on: () => () => undefined });

export const staticOperator = ({ operator, state, isHeard }: ControlScene): OperatorPort => ({
  view: operator, state, stateAgeMs: isHeard ? 10 : 900, on: () => () => undefined, ask: async () => undefined, unask: () => undefined, release: () => undefined, setHand: () => undefined, setScale: () => undefined, setSettings: () => undefined,
});
