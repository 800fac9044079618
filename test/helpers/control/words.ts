import { createHash } from 'node:crypto';
import { createSettings } from '#shared/control/settings';
import type { ControlDevice, ControlStatus } from '#shared/control/status';
import { HEARTBEAT_BYTES, writeHeartbeat } from '#shared/control/frames/heartbeatFrame';
import { createMotionCommand, MOTION_BYTES, writeMotion } from '#shared/control/frames/motionFrame';
import { SETTINGS_BYTES, writeSettings } from '#shared/control/frames/settingsFrame';
import { createDeviceState, type DeviceState, STATE_BYTES, writeState } from '#shared/control/frames/stateFrame';
import { STOP_BYTES, writeStop } from '#shared/control/frames/stopFrame';
import type { RequestParams } from '#shared/protocol/requests';

/** A device, its status, and frames, as tests of the way between the two sides need them. */
export const DEVICE: ControlDevice = { id: 'simulator-1', model: 'Simulated arm', kind: 'simulator' };

export const LIMITS: ControlStatus['limits'] = {
  workspaceMin: { xMm: -100, yMm: -100, zMm: -20 }, workspaceMax: { xMm: 100, yMm: 100, zMm: 60 }, maxTiltDeg: 40, maxSpeedMmPerS: 40, maxAngularSpeedDegPerS: 40, maxForceN: 12, maxForceRateNPerS: 10, maxSpinDeg: 170,
};

export function statusOf(change: Partial<ControlStatus> = {}): ControlStatus {
  return { device: DEVICE, lease: null, asking: [], limits: LIMITS, settings: { applied: createSettings(), sequence: 0, refusal: null }, isStopLatched: false, stoppedBy: null, fault: null, ...change };
}

export const leaseOf = (holder: string, epoch: number): ControlStatus['lease'] => ({ holder, name: '专家', epoch, mode: 'full', checkCode: '0417' });

/** A point of P-256; nobody knows its private half. */
export const PUBLIC_KEY = `B${'A'.repeat(86)}=`;

/** What somebody promises who will show it. */
export const COMMITMENT = createHash('sha256').update(Buffer.from(PUBLIC_KEY, 'base64')).digest('base64');

export const ASK: RequestParams<'control.ask'> = { mode: 'full', commitment: COMMITMENT, wanted: null };

export const grantOf = (peerId: RequestParams<'control.grant'>['peerId'], epoch: number): RequestParams<'control.grant'> => ({ peerId, deviceId: DEVICE.id, epoch, mode: 'full', publicKey: PUBLIC_KEY, limits: LIMITS });

function written(length: number, write: (bytes: DataView) => void): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  write(new DataView(bytes.buffer));
  return bytes;
}

export const stopBytes = (id: number): Uint8Array<ArrayBuffer> => written(STOP_BYTES, (bytes) => writeStop(bytes, id));
export const heartbeatBytes = (epoch: number, sequence: number): Uint8Array<ArrayBuffer> => written(HEARTBEAT_BYTES, (bytes) => writeHeartbeat(bytes, { epoch, sequence, echoAtMs: 0 }));
export const settingsBytes = (epoch: number, sequence: number): Uint8Array<ArrayBuffer> => written(SETTINGS_BYTES, (bytes) => writeSettings(bytes, { epoch, sequence, settings: createSettings() }));
export const motionBytes = (epoch: number, sequence: number): Uint8Array<ArrayBuffer> => written(MOTION_BYTES, (bytes) => writeMotion(bytes, { ...createMotionCommand(), epoch, sequence }));
export const stateBytes = (change: Partial<DeviceState>): Uint8Array<ArrayBuffer> => written(STATE_BYTES, (bytes) => writeState(bytes, { ...createDeviceState(), ...change }));

export const inBase64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
