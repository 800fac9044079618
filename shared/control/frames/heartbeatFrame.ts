import { checkFrame, checkUint32, type FrameFault, writeChecksum, writeHeader } from './frame.ts';

/**
 * The holder of the lease is alive, ten a second, on both paths.
 *
 * | offset | type | what |
 * |---|---|---|
 * | 8 | u32 | epoch of the lease |
 * | 12 | u32 | sequence number of heartbeats, rising within the epoch |
 * | 16 | f64 | echo: newest stamp of a state frame that arrived, patient side's monotonic clock, ms |
 * | 24 | u32 | CRC-32 |
 */
export const HEARTBEAT_BYTES = 28;

export interface Heartbeat {
  epoch: number;
  sequence: number;
  echoAtMs: number;
}

export const createHeartbeat = (): Heartbeat => ({ epoch: 0, sequence: 0, echoAtMs: 0 });

/** @throws RangeError for a number beyond 32 bits */
export function writeHeartbeat(bytes: DataView, { epoch, sequence, echoAtMs }: Readonly<Heartbeat>): void {
  writeHeader(bytes, 'heartbeat', HEARTBEAT_BYTES, 0);
  bytes.setUint32(8, checkUint32(epoch, 'epoch'));
  bytes.setUint32(12, checkUint32(sequence, 'sequence'));
  bytes.setFloat64(16, echoAtMs);
  writeChecksum(bytes, HEARTBEAT_BYTES);
}

/** Reads into `heartbeat`; null, or why these bytes are none. */
export function readHeartbeat(bytes: DataView, heartbeat: Heartbeat): FrameFault | null {
  const fault = checkFrame(bytes, 'heartbeat', HEARTBEAT_BYTES);
  if (fault !== null) return fault;
  heartbeat.epoch = bytes.getUint32(8);
  heartbeat.sequence = bytes.getUint32(12);
  heartbeat.echoAtMs = bytes.getFloat64(16);
  return null;
}
