import type { StopReason, WaitReason } from '../engagement.ts';
import type { Rejection } from '../guard.ts';
import type { LatencyGrade } from '../latencyGate.ts';
import type { ControlMode } from '../modes.ts';
import { createPose, type Pose } from '../pose.ts';
import { checkFrame, checkUint32, type FrameFault, writeChecksum, writeHeader } from './frame.ts';
import { POSE_BYTES, readPose, writePose } from './poseBytes.ts';

/** What the device does, as all see it. */
export type DevicePhase = 'idle' | 'settings' | 'waiting' | 'clutched' | 'engaged' | 'stopping' | 'stopped' | 'fault';

/** Numbers on the wire: places in these lists, which only grow at the end. */
const PHASES: readonly DevicePhase[] = ['idle', 'settings', 'waiting', 'clutched', 'engaged', 'stopping', 'stopped', 'fault'];
const MODES: readonly ControlMode[] = ['settings', 'orientation', 'full', 'manual'];
const GRADES: readonly LatencyGrade[] = ['green', 'amber', 'red', 'refused'];
const STOPS: readonly (StopReason | null)[] = [null, 'released', 'watchdog', 'leaseEnded', 'emergency', 'takenOver', 'deviceFault', 'force', 'deviation', 'stalled', 'latency'];
const WAITS: readonly WaitReason[] = ['deadMan', 'gesture', 'match', 'still', 'hold', 'notPermitted'];
const REJECTED: readonly (Rejection | null)[] = [null, 'malformed', 'foreign', 'epoch', 'sequence', 'notFinite', 'unsynchronised', 'stale', 'blind', 'mode', 'workspace', 'speed', 'angularSpeed', 'force', 'setting'];

/**
 * What the patient side says of itself, 50 a second, to all in the room.
 *
 * | offset | type | what |
 * |---|---|---|
 * | 6 | u16 | flags: bit 0 in contact, bit 1 a stop is latched |
 * | 8 | u32 | epoch of the lease, 0: none |
 * | 12 | u32 | sequence number of states, rising |
 * | 16 | f64 | stamp: patient side's monotonic clock, ms; operators echo it |
 * | 24 | u8 × 6 | phase, mode, grade of the line, reason of the last stop, what a waiting hand lacks, reason of the last rejection |
 * | 30 | u16 | gesture that motion is engaged with, 0: none |
 * | 32 | u32 | sequence number of the newest motion command |
 * | 36 | u32 | commands rejected in this lease |
 * | 40 | f32 | round trip, ms, median; negative: not known |
 * | 44 | f32 | measured force along the probe's axis, N |
 * | 48 | f32 | force that is asked of the device, N |
 * | 52 | 7 × f32 | measured pose, base frame |
 * | 80 | 7 × f32 | newest accepted target, base frame |
 * | 108 | u32 | CRC-32 |
 */
export const STATE_BYTES = 52 + 2 * POSE_BYTES + 4;

export interface DeviceState {
  epoch: number;
  sequence: number;
  stampMs: number;
  phase: DevicePhase;
  mode: ControlMode;
  grade: LatencyGrade;
  stopReason: StopReason | null;
  waitReason: WaitReason;
  lastRejection: Rejection | null;
  isInContact: boolean;
  isStopLatched: boolean;
  gesture: number;
  commandSequence: number;
  rejectedCount: number;
  /** ms; null: not known. */
  roundTripMs: number | null;
  forceN: number;
  targetForceN: number;
  readonly measured: Pose;
  readonly target: Pose;
}

export const createDeviceState = (): DeviceState => ({
  epoch: 0, sequence: 0, stampMs: 0, phase: 'idle', mode: 'settings', grade: 'refused', stopReason: null, waitReason: 'deadMan', lastRejection: null, isInContact: false, isStopLatched: false,
  gesture: 0, commandSequence: 0, rejectedCount: 0, roundTripMs: null, forceN: 0, targetForceN: 0, measured: createPose(), target: createPose(),
});

/** @throws RangeError for a count beyond 32 bits */
export function writeState(bytes: DataView, state: Readonly<DeviceState>): void {
  writeHeader(bytes, 'state', STATE_BYTES, (state.isInContact ? 1 : 0) | (state.isStopLatched ? 2 : 0));
  bytes.setUint32(8, checkUint32(state.epoch, 'epoch'));
  bytes.setUint32(12, checkUint32(state.sequence, 'sequence'));
  bytes.setFloat64(16, state.stampMs);
  bytes.setUint8(24, PHASES.indexOf(state.phase));
  bytes.setUint8(25, MODES.indexOf(state.mode));
  bytes.setUint8(26, GRADES.indexOf(state.grade));
  bytes.setUint8(27, STOPS.indexOf(state.stopReason));
  bytes.setUint8(28, WAITS.indexOf(state.waitReason));
  bytes.setUint8(29, REJECTED.indexOf(state.lastRejection));
  bytes.setUint16(30, state.gesture);
  bytes.setUint32(32, checkUint32(state.commandSequence, 'sequence'));
  bytes.setUint32(36, checkUint32(state.rejectedCount, 'count'));
  bytes.setFloat32(40, state.roundTripMs ?? -1);
  bytes.setFloat32(44, state.forceN);
  bytes.setFloat32(48, state.targetForceN);
  writePose(bytes, 52, state.measured);
  writePose(bytes, 52 + POSE_BYTES, state.target);
  writeChecksum(bytes, STATE_BYTES);
}

/** Reads into `state`; null, or why these bytes are none: a number that no list has is `malformed` (then `state` is as it was). */
export function readState(bytes: DataView, state: DeviceState): FrameFault | 'malformed' | null {
  const fault = checkFrame(bytes, 'state', STATE_BYTES);
  if (fault !== null) return fault;
  const phase = PHASES[bytes.getUint8(24)];
  const mode = MODES[bytes.getUint8(25)];
  const grade = GRADES[bytes.getUint8(26)];
  const stopReason = STOPS[bytes.getUint8(27)];
  const waitReason = WAITS[bytes.getUint8(28)];
  const lastRejection = REJECTED[bytes.getUint8(29)];
  if (phase === undefined || mode === undefined || grade === undefined || stopReason === undefined || waitReason === undefined || lastRejection === undefined) return 'malformed';
  const flags = bytes.getUint16(6);
  const roundTripMs = bytes.getFloat32(40);
  Object.assign(state, { phase, mode, grade, stopReason, waitReason, lastRejection, isInContact: (flags & 1) !== 0, isStopLatched: (flags & 2) !== 0, roundTripMs: roundTripMs < 0 ? null : roundTripMs });
  state.epoch = bytes.getUint32(8);
  state.sequence = bytes.getUint32(12);
  state.stampMs = bytes.getFloat64(16);
  state.gesture = bytes.getUint16(30);
  state.commandSequence = bytes.getUint32(32);
  state.rejectedCount = bytes.getUint32(36);
  state.forceN = bytes.getFloat32(44);
  state.targetForceN = bytes.getFloat32(48);
  readPose(bytes, 52, state.measured);
  readPose(bytes, 52 + POSE_BYTES, state.target);
  return null;
}
