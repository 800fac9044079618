import { createPose, type Pose } from '#shared/control/pose';
import { isPlausiblePose, rotationOf, setRotation } from '../rotation.ts';
import { readText, writeText } from './text.ts';

const TRANSFORM_BYTES = 48;
const POSITION_BYTES = 28;
/** Without the quaternion's scalar part. */
const POSITION_SHORT_BYTES = 24;
const STATUS_BYTES = 30;
const SENSOR_HEADER_BYTES = 10;
const MAX_TEXT = 1000;

/** The codes of STATUS that are used here, and what the others mean. */
export const STATUS_OK = 1;
export const STATUS_PANIC = 3;
const STATUS_NAMES: readonly string[] = [
  'invalid', 'ok', 'unknown error', 'panic', 'not found', 'access denied', 'busy', 'timed out', 'overflow', 'checksum error', 'configuration error', 'not enough resources', 'unknown instruction', 'not ready', 'manual mode', 'disabled', 'not present',
  'unknown version', 'hardware failure', 'shutting down',
];

/** How an order is written. */
export type PoseType = 'TRANSFORM' | 'POSITION';

/** TRANSFORM: 12 f32, the columns of the rotation, then the position in mm. Null for what is none (scaled, sheared, mirrored, not finite). */
export function readTransform(content: DataView): Pose | null {
  if (content.byteLength !== TRANSFORM_BYTES) return null;
  const values = Array.from({ length: 12 }, (_, index) => content.getFloat32(index * 4));
  const [x = 0, y = 0, z = 0] = values.slice(9);
  const pose = { ...createPose(), xMm: x, yMm: y, zMm: z };
  return setRotation(pose, values) && isPlausiblePose(pose) ? pose : null;
}

export function writeTransform(pose: Readonly<Pose>): Uint8Array {
  return floats([...rotationOf(pose), pose.xMm, pose.yMm, pose.zMm]);
}

/**
 * POSITION, also named QTRANS: f32 x, y, z in mm, then the quaternion x, y, z and w; w may be missing, and is then not negative. One with
 * a position only is no pose. Null for what is none.
 */
export function readPosition(content: DataView): Pose | null {
  if (content.byteLength !== POSITION_BYTES && content.byteLength !== POSITION_SHORT_BYTES) return null;
  const at = (index: number): number => content.getFloat32(index * 4);
  const [qx, qy, qz] = [at(3), at(4), at(5)];
  const qw = content.byteLength === POSITION_BYTES ? at(6) : Math.sqrt(Math.max(0, 1 - (qx * qx + qy * qy + qz * qz)));
  const pose = { xMm: at(0), yMm: at(1), zMm: at(2), qw, qx, qy, qz };
  return isPlausiblePose(pose) ? pose : null;
}

export function writePosition({ xMm, yMm, zMm, qw, qx, qy, qz }: Readonly<Pose>): Uint8Array {
  return floats([xMm, yMm, zMm, qx, qy, qz, qw]);
}

export interface Status {
  /** 1 is well; see the protocol's list. */
  readonly code: number;
  readonly subCode: bigint;
  /** At most 20 characters. */
  readonly name: string;
  readonly text: string;
}

/** STATUS: u16 code, i64 sub-code, char[20] name of the error, text to the end. Null for what is none. */
export function readStatus(content: DataView): Status | null {
  if (content.byteLength < STATUS_BYTES) return null;
  const text = readText(content, STATUS_BYTES, Math.min(content.byteLength - STATUS_BYTES, MAX_TEXT));
  return { code: content.getUint16(0), subCode: content.getBigInt64(2), name: readText(content, 10, 20), text };
}

export function writeStatus({ code, subCode, name, text }: Status): Uint8Array {
  const bytes = new Uint8Array(STATUS_BYTES + text.length + 1);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, code);
  view.setBigInt64(2, subCode);
  writeText(view, 10, 20, name);
  writeText(view, STATUS_BYTES, text.length + 1, text);
  return bytes;
}

/** What a STATUS says is wrong, for people; null: well. */
export function faultOf({ code, name, text }: Status): string | null {
  if (code === STATUS_OK) return null;
  const what = [STATUS_NAMES[code] ?? `code ${code}`, name, text].filter((part) => part !== '').join(': ');
  return what.replace(/[^\x20-\x7e]/g, '?').slice(0, 160);
}

/** In SENSOR's unit field: SI prefix (4 bits), then unit (6 bits) and exponent (4 bits), six times. Newton is 11. */
const PREFIX_EXPONENTS: readonly number[] = [0, 1, 2, 3, 6, 9, 12, 15, 0, -1, -2, -3, -6, -9, -12, -15];
const NEWTON = 0x0bn << 54n;
/** The protocol's own example leaves the exponent of a plain unit at zero; others write one. */
const NEWTON_TO_THE_FIRST = NEWTON | (1n << 50n);

/** SENSOR: u8 count, u8 status, u64 unit, f64 values. The values in newton; null for what is none, or measures something else. */
export function readForces(content: DataView): readonly number[] | null {
  if (content.byteLength < SENSOR_HEADER_BYTES) return null;
  const count = content.getUint8(0);
  if (content.byteLength !== SENSOR_HEADER_BYTES + count * 8) return null;
  const unit = content.getBigUint64(2);
  const plain = BigInt.asUintN(60, unit);
  if (plain !== NEWTON && plain !== NEWTON_TO_THE_FIRST) return null;
  const factor = 10 ** (PREFIX_EXPONENTS[Number(unit >> 60n)] ?? 0);
  return Array.from({ length: count }, (_, index) => content.getFloat64(SENSOR_HEADER_BYTES + index * 8) * factor);
}

function floats(values: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(values.length * 4));
  for (const [index, value] of values.entries()) view.setFloat32(index * 4, value);
  return new Uint8Array(view.buffer);
}
