import { numberAt } from '#shared/lib/numberAt';

/** ECMA-182's polynomial, in two halves: 64 bits as a bigint would take a megabyte of picture too long. */
const POLYNOMIAL = 0x42f0e1eba9ea3693n;
const HIGH = new Uint32Array(256);
const LOW = new Uint32Array(256);
for (let byte = 0; byte < 256; byte += 1) {
  let value = BigInt(byte) << 56n;
  for (let bit = 0; bit < 8; bit += 1) value = BigInt.asUintN(64, value & 0x8000000000000000n ? (value << 1n) ^ POLYNOMIAL : value << 1n);
  HIGH[byte] = Number(value >> 32n);
  LOW[byte] = Number(value & 0xffffffffn);
}

/** CRC-64 of ECMA-182 as OpenIGTLink takes it: most significant bit first, begins with zero, nothing at the end. */
export function crc64(bytes: Uint8Array): bigint {
  let high = 0;
  let low = 0;
  for (const byte of bytes) {
    const index = (high >>> 24) ^ byte;
    high = ((high << 8) | (low >>> 24)) ^ numberAt(HIGH, index);
    low = (low << 8) ^ numberAt(LOW, index);
  }
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
}
