import { describe, expect, it } from 'vitest';
import { crc32 } from '#shared/control/frames/crc32';
import { checkFrame, frameTypeOf } from '#shared/control/frames/frame';
import { createHeartbeat, HEARTBEAT_BYTES, readHeartbeat, writeHeartbeat } from '#shared/control/frames/heartbeatFrame';
import { createMotionCommand, MOTION_BYTES, type MotionCommand, readMotion, writeMotion } from '#shared/control/frames/motionFrame';
import { createSettingsCommand, readSettings, SETTINGS_BYTES, writeSettings } from '#shared/control/frames/settingsFrame';
import { createDeviceState, type DeviceState, readState, STATE_BYTES, writeState } from '#shared/control/frames/stateFrame';
import { readStop, STOP_BYTES, writeStop } from '#shared/control/frames/stopFrame';
import { areInRange, createSettings, PRESETS } from '#shared/control/settings';
import { createDice } from '#shared/lib/seededRandom';

const MOTION: MotionCommand = {
  epoch: 0xfedcba98, sequence: 0x01020304, isDeadManHeld: true, gesture: 0xabcd, sentAtMs: 1234.5, echoAtMs: 99.25, echoHeldMs: 1.5, forceN: 2.5,
  target: { xMm: 1, yMm: -2, zMm: 3, qw: 0.5, qx: 0.5, qy: -0.5, qz: 0.5 }, hand: { xMm: 0, yMm: 0, zMm: 0, qw: 0, qx: 1, qy: 0, qz: 0 },
};
const STATE: DeviceState = {
  epoch: 9, sequence: 70_000, stampMs: 5555.125, phase: 'stopping', mode: 'orientation', grade: 'amber', stopReason: 'force', waitReason: 'match', lastRejection: 'workspace', isInContact: true, isStopLatched: false,
  gesture: 3, commandSequence: 4, rejectedCount: 5, roundTripMs: 80.5, forceN: 6.5, targetForceN: 7.5,
  measured: { xMm: 1, yMm: 2, zMm: 3, qw: 1, qx: 0, qy: 0, qz: 0 }, target: { xMm: 4, yMm: 5, zMm: 6, qw: 0, qx: 0, qy: 1, qz: 0 },
};
const view = (length: number) => new DataView(new ArrayBuffer(length));
const hex = (bytes: DataView) => Array.from(new Uint8Array(bytes.buffer), (byte) => byte.toString(16).padStart(2, '0')).join('');
function motionBytes(change: Partial<MotionCommand> = {}): DataView {
  const bytes = view(MOTION_BYTES);
  writeMotion(bytes, { ...MOTION, ...change });
  return bytes;
}
/** A frame with one byte changed, and its checksum counted again. */
function altered(bytes: DataView, at: number, value: number): DataView {
  bytes.setUint8(at, value);
  bytes.setUint32(bytes.byteLength - 4, crc32(bytes, bytes.byteLength - 4));
  return bytes;
}

describe('frames on the wire', () => {
  it('counts the checksum that everybody counts', () => {
    const bytes = view(9);
    for (const [at, character] of [...'123456789'].entries()) bytes.setUint8(at, character.charCodeAt(0));
    expect(crc32(bytes, 9)).toBe(0xcbf43926);
    expect(crc32(bytes, 0)).toBe(0);
  });

  it('[CTL17] lays out a motion command as documented', () => {
    const bytes = motionBytes();
    expect(hex(bytes).slice(0, -8)).toBe(
      ['4843', '01', '01', '005c', '0001', 'fedcba98', '01020304', '40934a0000000000', '4058d00000000000', '3fc00000', 'abcd', '0000', '3f800000', 'c0000000', '40400000', '3f000000', '3f000000', 'bf000000', '3f000000', '00000000', '3f800000', '00000000', '00000000', '40200000'].join(''),
    );
    expect(hex(motionBytes({ isDeadManHeld: false })).slice(12, 16)).toBe('0000');
  });

  it('[CTL17] lays out heartbeat, stop and state as documented', () => {
    const heartbeat = view(HEARTBEAT_BYTES);
    writeHeartbeat(heartbeat, { epoch: 1, sequence: 2, echoAtMs: 1 });
    expect(hex(heartbeat).slice(0, -8)).toBe(['4843', '01', '02', '001c', '0000', '00000001', '00000002', '3ff0000000000000'].join(''));
    const stop = view(STOP_BYTES);
    writeStop(stop, 0xdeadbeef);
    expect(hex(stop).slice(0, -8)).toBe(['4843', '01', '03', '0010', '0000', 'deadbeef'].join(''));
    const state = view(STATE_BYTES);
    writeState(state, STATE);
    expect(STATE_BYTES).toBe(112);
    expect(hex(state).slice(0, 104)).toBe(['4843', '01', '04', '0070', '0001', '00000009', '00011170', '40b5b32000000000', '05', '01', '01', '07', '02', '0a', '0003', '00000004', '00000005', '42a10000', '40d00000', '40f00000'].join(''));
  });

  it('[CTL17] lays out settings as documented, and reads them back', () => {
    const bytes = view(SETTINGS_BYTES);
    const settings = { preset: 'vessels', gainDb: 50, depthMm: 100, focusMm: 40, isFrozen: true } as const;
    writeSettings(bytes, { epoch: 0x0a0b0c0d, sequence: 0x01020304, settings });
    expect(hex(bytes).slice(0, -8)).toBe(['4843', '01', '05', '0024', '0000', '0a0b0c0d', '01020304', '02', '01', '0000', '42480000', '42c80000', '42200000'].join(''));
    const read = createSettingsCommand();
    expect(readSettings(bytes, read)).toBeNull();
    expect(read).toEqual({ epoch: 0x0a0b0c0d, sequence: 0x01020304, settings });
    for (const preset of PRESETS) {
      writeSettings(bytes, { epoch: 1, sequence: 2, settings: { ...settings, preset, isFrozen: false } });
      expect(readSettings(bytes, read)).toBeNull();
      expect(read.settings).toEqual({ ...settings, preset, isFrozen: false });
    }
    expect(readSettings(altered(bytes, 16, PRESETS.length), read)).toBe('malformed');
    expect(readSettings(motionBytes(), read)).toBe('type');
    expect(read.settings.preset).toBe('obstetrics');
  });

  it('[CTL41] settings have bounds, and a focus within the picture', () => {
    const good = createSettings();
    for (const change of [{}, { gainDb: 0 }, { gainDb: 100 }, { depthMm: 20, focusMm: 20 }, { depthMm: 300 }, { focusMm: 10 }, { focusMm: 150 }]) expect(areInRange({ ...good, ...change })).toBe(true);
    for (const change of [{ gainDb: -0.1 }, { gainDb: 100.1 }, { depthMm: 19.9, focusMm: 15 }, { depthMm: 300.1 }, { focusMm: 9.9 }, { focusMm: 150.1 }, { gainDb: Number.NaN }, { depthMm: Number.NaN }, { focusMm: Number.NaN }, { depthMm: Number.POSITIVE_INFINITY }]) expect(areInRange({ ...good, ...change })).toBe(false);
  });

  it('reads back what was written', () => {
    const command = createMotionCommand();
    expect(readMotion(motionBytes(), command)).toBeNull();
    expect(command).toEqual(MOTION);
    const released = createMotionCommand();
    readMotion(motionBytes({ isDeadManHeld: false }), released);
    expect(released.isDeadManHeld).toBe(false);
    const bytes = view(HEARTBEAT_BYTES);
    writeHeartbeat(bytes, { epoch: 5, sequence: 6, echoAtMs: 7.5 });
    const heartbeat = createHeartbeat();
    expect(readHeartbeat(bytes, heartbeat)).toBeNull();
    expect(heartbeat).toEqual({ epoch: 5, sequence: 6, echoAtMs: 7.5 });
    const stop = view(STOP_BYTES);
    writeStop(stop, 42);
    expect(readStop(stop)).toBe(42);
    for (const change of [{}, { isInContact: false, isStopLatched: true }, { roundTripMs: null }, { stopReason: null, lastRejection: null }, { roundTripMs: 0 }]) {
      const state = view(STATE_BYTES);
      writeState(state, { ...STATE, ...change });
      const read = createDeviceState();
      expect(readState(state, read)).toBeNull();
      expect(read).toEqual({ ...STATE, ...change });
    }
  });

  it('every word of a state has its number', () => {
    const state = view(STATE_BYTES);
    const read = createDeviceState();
    const words = {
      phase: ['idle', 'settings', 'waiting', 'clutched', 'engaged', 'stopping', 'stopped', 'fault'], mode: ['settings', 'orientation', 'full', 'manual'], grade: ['green', 'amber', 'red', 'refused'],
      stopReason: [null, 'released', 'watchdog', 'leaseEnded', 'emergency', 'takenOver', 'deviceFault', 'force', 'deviation', 'stalled', 'latency'], waitReason: ['deadMan', 'gesture', 'match', 'still', 'hold', 'notPermitted'],
      lastRejection: [null, 'malformed', 'foreign', 'epoch', 'sequence', 'notFinite', 'unsynchronised', 'stale', 'blind', 'mode', 'workspace', 'speed', 'angularSpeed', 'force', 'setting'],
    } as const satisfies { readonly [K in keyof DeviceState]?: readonly DeviceState[K][] };
    for (const [at, [field, values]] of Object.entries(words).entries()) {
      for (const [number, value] of values.entries()) {
        writeState(state, { ...STATE, [field]: value });
        expect(state.getUint8(24 + at)).toBe(number);
        readState(state, read);
        expect(read).toMatchObject({ [field]: value });
      }
      const before = structuredClone(read);
      expect(readState(altered(state, 24 + at, values.length), read)).toBe('malformed');
      expect(read).toEqual(before);
    }
  });

  it('[CTL20] says what is wrong with bytes that are no frame, and reads nothing of them', () => {
    const command = createMotionCommand();
    const untouched = createMotionCommand();
    const cases: readonly (readonly [string, DataView])[] = [
      ['tooShort', view(0)], ['tooShort', view(7)], ['magic', view(8)], ['magic', altered(motionBytes(), 0, 0x49)], ['magic', altered(motionBytes(), 1, 0)], ['version', altered(motionBytes(), 2, 2)], ['type', altered(motionBytes(), 3, 2)],
      ['length', altered(motionBytes(), 5, 0x5b)], ['length', altered(motionBytes(), 4, 1)], ['length', new DataView(motionBytes().buffer, 0, MOTION_BYTES - 1)], ['checksum', (() => { const bytes = motionBytes(); bytes.setUint8(50, 1); return bytes; })()],
    ];
    for (const [fault, bytes] of cases) {
      expect(readMotion(bytes, command), fault).toBe(fault);
      expect(command).toEqual(untouched);
    }
    const longer = view(MOTION_BYTES + 1);
    new Uint8Array(longer.buffer).set(new Uint8Array(motionBytes().buffer));
    expect(readMotion(longer, command)).toBe('length');
    expect(readHeartbeat(motionBytes(), createHeartbeat())).toBe('type');
    expect(readStop(motionBytes())).toBe('type');
    expect(readState(motionBytes(), createDeviceState())).toBe('type');
    expect(checkFrame(motionBytes(), 'motion', MOTION_BYTES)).toBeNull();
  });

  it('names the type of what could be a frame', () => {
    expect(frameTypeOf(motionBytes())).toBe('motion');
    for (const [code, type] of [[2, 'heartbeat'], [3, 'stop'], [4, 'state'], [5, 'settings'], [0, null], [6, null]] as const) expect(frameTypeOf(altered(motionBytes(), 3, code))).toBe(type);
    expect(frameTypeOf(view(7))).toBeNull();
    expect(frameTypeOf(view(8))).toBeNull();
    const foreign = view(8);
    foreign.setUint8(3, 3);
    expect(frameTypeOf(foreign)).toBeNull();
    const short = view(8);
    short.setUint16(0, 0x4843);
    short.setUint8(3, 3);
    expect(frameTypeOf(short)).toBe('stop');
    const shorter = new DataView(short.buffer, 0, 7);
    expect(frameTypeOf(shorter)).toBeNull();
  });

  it('finds every change of up to three bits', () => {
    const dice = createDice(3);
    const command = createMotionCommand();
    for (let round = 0; round < 5000; round += 1) {
      const bytes = motionBytes();
      const bits = new Set(Array.from({ length: 1 + dice(3) }, () => dice(MOTION_BYTES * 8)));
      for (const bit of bits) bytes.setUint8(bit >> 3, bytes.getUint8(bit >> 3) ^ (1 << (bit & 7)));
      expect(readMotion(bytes, command)).not.toBeNull();
    }
  });

  it('begins with nothing: no hand on it, no contact, no stop', () => {
    expect(createHeartbeat()).toEqual({ epoch: 0, sequence: 0, echoAtMs: 0 });
    expect(createMotionCommand()).toMatchObject({ epoch: 0, sequence: 0, isDeadManHeld: false, gesture: 0, forceN: 0 });
    expect(createSettingsCommand()).toEqual({ epoch: 0, sequence: 0, settings: createSettings() });
    expect(createDeviceState()).toMatchObject({ phase: 'idle', mode: 'settings', grade: 'refused', stopReason: null, waitReason: 'deadMan', lastRejection: null, isInContact: false, isStopLatched: false });
  });

  it('[CTL11] names the number that does not fit', () => {
    const settings = createSettings();
    for (const [name, write] of [
      ['sequence', () => motionBytes({ sequence: -1 })], ['epoch', () => writeHeartbeat(view(HEARTBEAT_BYTES), { epoch: -1, sequence: 0, echoAtMs: 0 })], ['sequence', () => writeHeartbeat(view(HEARTBEAT_BYTES), { epoch: 0, sequence: -1, echoAtMs: 0 })],
      ['epoch', () => writeSettings(view(SETTINGS_BYTES), { epoch: -1, sequence: 0, settings })], ['sequence', () => writeSettings(view(SETTINGS_BYTES), { epoch: 0, sequence: -1, settings })], ['stop', () => writeStop(view(STOP_BYTES), -1)],
      ...(['epoch', 'sequence'] as const).map((part) => [part, () => writeState(view(STATE_BYTES), { ...STATE, [part]: -1 })] as const),
    ] as const) expect(write).toThrow(`${name} does not fit into 32 bits: -1`);
  });

  it('[CTL11] refuses to write a number that would wrap', () => {
    for (const bad of [-1, 0x1_0000_0000, 1.5, Number.NaN]) {
      expect(() => motionBytes({ sequence: bad })).toThrow(RangeError);
      expect(() => motionBytes({ epoch: bad })).toThrow(/epoch does not fit/);
    }
    expect(() => motionBytes({ sequence: 0xffffffff, epoch: 0 })).not.toThrow();
  });
});
