import { crc32 } from './crc32.ts';

/**
 * What all control frames share. Integers and floats are big-endian.
 *
 * | offset | type | what |
 * |---|---|---|
 * | 0 | u16 | 0x4843 |
 * | 2 | u8 | version, 1 |
 * | 3 | u8 | type |
 * | 4 | u16 | length of the whole frame with its checksum, bytes |
 * | 6 | u16 | flags, by type; what is not named is zero |
 * | 8 … | | the body, by type |
 * | length − 4 | u32 | CRC-32 (IEEE 802.3) of all before it |
 *
 * A seal (a keyed code of the frame) may follow; it is the transport's and no part of the frame.
 */
export const FRAME_TYPES = { motion: 1, heartbeat: 2, stop: 3, state: 4, settings: 5 } as const;
export type FrameType = keyof typeof FRAME_TYPES;

const MAGIC = 0x4843;
const VERSION = 1;
export const HEADER_BYTES = 8;
export const CHECKSUM_BYTES = 4;
const MAX_UINT32 = 0xffffffff;

/** [CTL20] Why bytes are no frame. */
export type FrameFault = 'tooShort' | 'magic' | 'version' | 'type' | 'length' | 'checksum';

/** The type of a frame as its header names it; null for bytes that are none of ours. Says nothing about the rest. */
export function frameTypeOf(bytes: DataView): FrameType | null {
  if (bytes.byteLength < HEADER_BYTES || bytes.getUint16(0) !== MAGIC) return null;
  const code = bytes.getUint8(3);
  for (const type of ['motion', 'heartbeat', 'stop', 'state', 'settings'] as const) if (FRAME_TYPES[type] === code) return type;
  return null;
}

/** [CTL20] Null when this is a whole, unaltered frame of the type and exactly this long. */
export function checkFrame(bytes: DataView, type: FrameType, length: number): FrameFault | null {
  if (bytes.byteLength < HEADER_BYTES) return 'tooShort';
  if (bytes.getUint16(0) !== MAGIC) return 'magic';
  if (bytes.getUint8(2) !== VERSION) return 'version';
  if (bytes.getUint8(3) !== FRAME_TYPES[type]) return 'type';
  if (bytes.byteLength !== length || bytes.getUint16(4) !== length) return 'length';
  return bytes.getUint32(length - CHECKSUM_BYTES) === crc32(bytes, length - CHECKSUM_BYTES) ? null : 'checksum';
}

export function writeHeader(bytes: DataView, type: FrameType, length: number, flags: number): void {
  bytes.setUint16(0, MAGIC);
  bytes.setUint8(2, VERSION);
  bytes.setUint8(3, FRAME_TYPES[type]);
  bytes.setUint16(4, length);
  bytes.setUint16(6, flags);
}

/** Last, when all else is written. */
export function writeChecksum(bytes: DataView, length: number): void {
  bytes.setUint32(length - CHECKSUM_BYTES, crc32(bytes, length - CHECKSUM_BYTES));
}

/** @throws RangeError for a number that would wrap around on the wire and come out as a small one */
export function checkUint32(value: number, name: string): number {
  if (!Number.isInteger(value) || value < 0 || value > MAX_UINT32) throw new RangeError(`${name} does not fit into 32 bits: ${value}`);
  return value;
}
