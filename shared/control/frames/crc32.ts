import { numberAt } from '../../lib/numberAt.ts';

const TABLE = new Uint32Array(256);
for (let byte = 0; byte < 256; byte += 1) {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  TABLE[byte] = value;
}

/** CRC-32 as in IEEE 802.3 (reflected 0x04C11DB7, start and final xor all ones) over the first `length` bytes; unsigned. */
export function crc32(bytes: DataView, length: number): number {
  let value = 0xffffffff;
  for (let at = 0; at < length; at += 1) value = numberAt(TABLE, (value ^ bytes.getUint8(at)) & 0xff) ^ (value >>> 8);
  return (value ^ 0xffffffff) >>> 0;
}
