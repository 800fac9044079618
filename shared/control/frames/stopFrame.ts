import { checkFrame, checkUint32, type FrameFault, writeChecksum, writeHeader } from './frame.ts';

/**
 * Emergency stop, from any participant, on both paths and repeated until the state says that it is latched.
 *
 * | offset | type | what |
 * |---|---|---|
 * | 8 | u32 | number of this stop, chosen at random by who sends it: the copies of one stop are one in the record |
 * | 12 | u32 | CRC-32 |
 */
export const STOP_BYTES = 16;

export function writeStop(bytes: DataView, id: number): void {
  writeHeader(bytes, 'stop', STOP_BYTES, 0);
  bytes.setUint32(8, checkUint32(id, 'stop'));
  writeChecksum(bytes, STOP_BYTES);
}

/** The stop's number, or why these bytes are none. */
export function readStop(bytes: DataView): number | FrameFault {
  return checkFrame(bytes, 'stop', STOP_BYTES) ?? bytes.getUint32(8);
}
