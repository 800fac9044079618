import { createPose, type Pose } from '../pose.ts';
import { checkFrame, checkUint32, type FrameFault, writeChecksum, writeHeader } from './frame.ts';
import { readPose, readTurn, writePose, writeTurn } from './poseBytes.ts';

/**
 * A motion command, 100 a second, operator to patient side.
 *
 * | offset | type | what |
 * |---|---|---|
 * | 6 | u16 | flags: bit 0 dead-man held at this instant |
 * | 8 | u32 | epoch of the lease |
 * | 12 | u32 | sequence number, rising within the epoch, from 0 |
 * | 16 | f64 | sent at, operator's monotonic clock, ms |
 * | 24 | f64 | echo: newest stamp of a state frame that arrived, patient side's monotonic clock, ms |
 * | 32 | f32 | how long that echo was held before this was sent, operator's clock, ms |
 * | 36 | u16 | gesture: counts the presses of the dead-man within the lease |
 * | 38 | u16 | zero |
 * | 40 | 7 × f32 | target pose relative to the pose at the last engagement: mm, unit quaternion |
 * | 68 | 4 × f32 | orientation of the operator's hand in the base frame, unit quaternion, for the pose match |
 * | 84 | f32 | target force along the probe's axis, N |
 * | 88 | u32 | CRC-32 |
 */
export const MOTION_BYTES = 92;

export interface MotionCommand {
  epoch: number;
  sequence: number;
  isDeadManHeld: boolean;
  gesture: number;
  sentAtMs: number;
  echoAtMs: number;
  echoHeldMs: number;
  readonly target: Pose;
  /** Only its orientation has a meaning. */
  readonly hand: Pose;
  forceN: number;
}

export const createMotionCommand = (): MotionCommand => ({ epoch: 0, sequence: 0, isDeadManHeld: false, gesture: 0, sentAtMs: 0, echoAtMs: 0, echoHeldMs: 0, target: createPose(), hand: createPose(), forceN: 0 });

/** @throws RangeError for an epoch or sequence number beyond 32 bits: a lease ends before it counts around */
export function writeMotion(bytes: DataView, command: Readonly<MotionCommand>): void {
  writeHeader(bytes, 'motion', MOTION_BYTES, command.isDeadManHeld ? 1 : 0);
  bytes.setUint32(8, checkUint32(command.epoch, 'epoch'));
  bytes.setUint32(12, checkUint32(command.sequence, 'sequence'));
  bytes.setFloat64(16, command.sentAtMs);
  bytes.setFloat64(24, command.echoAtMs);
  bytes.setFloat32(32, command.echoHeldMs);
  bytes.setUint16(36, command.gesture);
  bytes.setUint16(38, 0);
  writePose(bytes, 40, command.target);
  writeTurn(bytes, 68, command.hand);
  bytes.setFloat32(84, command.forceN);
  writeChecksum(bytes, MOTION_BYTES);
}

/** Reads into `command`; null, or why these bytes are none (then `command` is as it was). */
export function readMotion(bytes: DataView, command: MotionCommand): FrameFault | null {
  const fault = checkFrame(bytes, 'motion', MOTION_BYTES);
  if (fault !== null) return fault;
  command.isDeadManHeld = (bytes.getUint16(6) & 1) === 1;
  command.epoch = bytes.getUint32(8);
  command.sequence = bytes.getUint32(12);
  command.sentAtMs = bytes.getFloat64(16);
  command.echoAtMs = bytes.getFloat64(24);
  command.echoHeldMs = bytes.getFloat32(32);
  command.gesture = bytes.getUint16(36);
  readPose(bytes, 40, command.target);
  readTurn(bytes, 68, command.hand);
  command.forceN = bytes.getFloat32(84);
  return null;
}
