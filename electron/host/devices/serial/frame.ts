import { crc32 } from '#shared/control/frames/crc32';
import type { DeviceOrder } from '#shared/control/patientSide';
import { createPose, type Pose } from '#shared/control/pose';
import { PRESETS, type UltrasoundSettings } from '#shared/control/settings';
import { numberAt } from '#shared/lib/numberAt';
import { isPlausiblePose } from '../rotation.ts';

/**
 * Frames on a serial line, both ways. Numbers are big-endian.
 *
 * | offset | type | what |
 * |---|---|---|
 * | 0 | u16 | 0xA55A |
 * | 2 | u8 | version, 1 |
 * | 3 | u8 | type |
 * | 4 | u16 | length of the payload, as its type has it |
 * | 6 | u16 | counts the sender's frames, around |
 * | 8 … | | the payload |
 * | 8 + n | u32 | CRC-32 (IEEE 802.3) of all before it |
 *
 * Types and payloads:
 *
 * | type | from | payload |
 * |---|---|---|
 * | 1 order | host, always, 50 a second | u8 bit 0 move, bit 1 emergency stop; 3 zero; 7 f32 pose (mm, quaternion w x y z, base frame); f32 force, N |
 * | 2 measured | device, 20 a second or more | u8 bit 0 in contact; u8 fault (table below); 2 zero; 7 f32 pose; f32 force, N, or NaN |
 * | 3 settings | host | u8 preset; u8 bit 0 frozen; u16 number of the request; 3 f32 gain dB, depth mm, focus mm |
 * | 4 applied | device, the answer | the same with what holds now; bit 1: it was refused |
 *
 * A device brakes by itself when no order came for 150 ms, and moves only by orders that say so.
 */
export const SERIAL_TYPES = { order: 1, measured: 2, settings: 3, applied: 4 } as const;
export type SerialType = keyof typeof SERIAL_TYPES;

export const SERIAL_MAGIC = 0xa55a;
export const SERIAL_VERSION = 1;
export const SERIAL_HEADER_BYTES = 8;
const CHECKSUM_BYTES = 4;
export const PAYLOAD_BYTES: Readonly<Record<SerialType, number>> = { order: 36, measured: 36, settings: 16, applied: 16 };
export const MAX_FRAME_BYTES = SERIAL_HEADER_BYTES + 36 + CHECKSUM_BYTES;

/** By their number in a measured frame. */
const FAULTS: readonly (string | null)[] = [null, 'not ready', 'a motor is too hot', 'a joint is stuck', 'a sensor failed', 'stopped at the device', 'collision', 'power'];

export interface SerialFrame {
  readonly type: SerialType;
  /** The reader's own bytes until the listener returns. */
  readonly payload: DataView;
}

/** The type of that number; null: none. */
export function serialTypeOf(code: number): SerialType | null {
  for (const type of ['order', 'measured', 'settings', 'applied'] as const) if (SERIAL_TYPES[type] === code) return type;
  return null;
}

export const frameBytes = (type: SerialType): number => SERIAL_HEADER_BYTES + PAYLOAD_BYTES[type] + CHECKSUM_BYTES;

/** Whether a frame of this length carries its own checksum. */
export function hasChecksum(bytes: DataView, length: number): boolean {
  return bytes.getUint32(length - CHECKSUM_BYTES) === crc32(bytes, length - CHECKSUM_BYTES);
}

function writeFrame(type: SerialType, count: number, writePayload: (view: DataView, at: number) => void): Uint8Array {
  const length = frameBytes(type);
  const view = new DataView(new ArrayBuffer(length));
  view.setUint16(0, SERIAL_MAGIC);
  view.setUint8(2, SERIAL_VERSION);
  view.setUint8(3, SERIAL_TYPES[type]);
  view.setUint16(4, PAYLOAD_BYTES[type]);
  view.setUint16(6, count & 0xffff);
  writePayload(view, SERIAL_HEADER_BYTES);
  view.setUint32(length - CHECKSUM_BYTES, crc32(view, length - CHECKSUM_BYTES));
  return new Uint8Array(view.buffer);
}

function writePoseAndForce(view: DataView, at: number, { xMm, yMm, zMm, qw, qx, qy, qz }: Readonly<Pose>, forceN: number): void {
  for (const [index, value] of [xMm, yMm, zMm, qw, qx, qy, qz, forceN].entries()) view.setFloat32(at + 4 + index * 4, value);
}

function readPose(payload: DataView): Pose {
  const at = (index: number): number => payload.getFloat32(4 + index * 4);
  return { ...createPose(), xMm: at(0), yMm: at(1), zMm: at(2), qw: at(3), qx: at(4), qy: at(5), qz: at(6) };
}

export function writeOrder({ isMoving, isStopped, pose, forceN }: Readonly<DeviceOrder>, count: number): Uint8Array {
  return writeFrame('order', count, (view, at) => {
    view.setUint8(at, (isMoving && !isStopped ? 1 : 0) | (isStopped ? 2 : 0));
    writePoseAndForce(view, at, pose, forceN);
  });
}

/** What a device reads of an order: for its simulation in tests. Null for a pose that is none. */
export function readOrder(payload: DataView): DeviceOrder | null {
  const pose = readPose(payload);
  const flags = payload.getUint8(0);
  return isPlausiblePose(pose) ? { isMoving: (flags & 1) === 1, isStopped: (flags & 2) === 2, pose, forceN: payload.getFloat32(32) } : null;
}

export interface SerialMeasured {
  readonly pose: Pose;
  /** N; NaN: it measures none. */
  readonly forceN: number;
  readonly isInContact: boolean;
  readonly fault: string | null;
}

export function writeMeasured({ pose, forceN, isInContact }: SerialMeasured, faultCode: number, count: number): Uint8Array {
  return writeFrame('measured', count, (view, at) => {
    view.setUint8(at, isInContact ? 1 : 0);
    view.setUint8(at + 1, faultCode);
    writePoseAndForce(view, at, pose, forceN);
  });
}

/** Null for a pose that is none. */
export function readMeasured(payload: DataView): SerialMeasured | null {
  const pose = readPose(payload);
  if (!isPlausiblePose(pose)) return null;
  const code = payload.getUint8(1);
  const fault = FAULTS[code];
  return { pose, forceN: payload.getFloat32(32), isInContact: (payload.getUint8(0) & 1) === 1, fault: fault === undefined ? `fault ${code}` : fault };
}

export interface SerialSettings {
  readonly request: number;
  readonly settings: UltrasoundSettings;
  /** In an answer: nothing changed. */
  readonly isRefused: boolean;
}

export function writeSettings(type: 'settings' | 'applied', { request, settings, isRefused }: SerialSettings, count: number): Uint8Array {
  return writeFrame(type, count, (view, at) => {
    view.setUint8(at, PRESETS.indexOf(settings.preset));
    view.setUint8(at + 1, (settings.isFrozen ? 1 : 0) | (isRefused ? 2 : 0));
    view.setUint16(at + 2, request);
    for (const [index, value] of [settings.gainDb, settings.depthMm, settings.focusMm].entries()) view.setFloat32(at + 4 + index * 4, value);
  });
}

/** Null for an unknown preset or what is no number. Whether the numbers are within bounds is the reader's to ask. */
export function readSettings(payload: DataView): SerialSettings | null {
  const preset = PRESETS[payload.getUint8(0)];
  const values = [payload.getFloat32(4), payload.getFloat32(8), payload.getFloat32(12)];
  if (preset === undefined || !values.every(Number.isFinite)) return null;
  const flags = payload.getUint8(1);
  return { request: payload.getUint16(2), isRefused: (flags & 2) === 2, settings: { preset, gainDb: numberAt(values, 0), depthMm: numberAt(values, 1), focusMm: numberAt(values, 2), isFrozen: (flags & 1) === 1 } };
}
