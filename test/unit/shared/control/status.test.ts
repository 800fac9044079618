import { describe, expect, it } from 'vitest';
import { sentLimitsSchema } from '#shared/control/limits';
import { sealInfo, toCheckCode } from '#shared/control/seal';
import { createSettings, settingsRefusalSchema, ultrasoundSettingsSchema } from '#shared/control/settings';
import { type ControlStatus, controlStatusSchema } from '#shared/control/status';
import { LIMITS } from './limits.ts';

const DEVICE = { id: 'robot-1', model: 'Arm of ward 3', kind: 'openIgtLink' } as const;
const LEASE = { holder: 'peer-1', name: '林书远', epoch: 7, mode: 'full', checkCode: '0042' } as const;
const ASKING = { by: 'peer-2', name: '', mode: 'settings' } as const;
const STATUS: ControlStatus = { device: DEVICE, lease: LEASE, asking: [ASKING], limits: LIMITS, settings: { applied: createSettings(), sequence: 3, refusal: 'range' }, isStopLatched: true, stoppedBy: 'bedside', fault: 'hot' };
const isStatus = (change: object): boolean => controlStatusSchema.safeParse({ ...STATUS, ...change }).success;

describe('the status of control', () => {
  it('is taken whole, with or without what may be missing, and nothing that is not its own', () => {
    expect(controlStatusSchema.parse(STATUS)).toEqual(STATUS);
    const nobody: ControlStatus = { ...STATUS, lease: null, asking: [], stoppedBy: null, fault: null, settings: { applied: createSettings(), sequence: 0, refusal: null } };
    expect(controlStatusSchema.parse({ ...nobody, more: 1 })).toEqual(nobody);
    for (const part of Object.keys(STATUS)) expect(isStatus({ [part]: undefined }), part).toBe(false);
    for (const part of Object.keys(LEASE)) expect(isStatus({ lease: { ...LEASE, [part]: undefined } }), part).toBe(false);
    for (const part of Object.keys(ASKING)) expect(isStatus({ asking: [{ ...ASKING, [part]: undefined }] }), part).toBe(false);
    for (const part of Object.keys(STATUS.settings)) expect(isStatus({ settings: { ...STATUS.settings, [part]: undefined } }), part).toBe(false);
    for (const part of Object.keys(DEVICE)) expect(isStatus({ device: { ...DEVICE, [part]: undefined } }), part).toBe(false);
  });

  it('names a device by letters that keep over restarts', () => {
    for (const id of ['a', '7', 'robot-1.left_arm', 'x'.repeat(64)]) expect(isStatus({ device: { ...DEVICE, id } }), id).toBe(true);
    for (const id of ['', '-a', '.a', 'a b', 'a/b', ' a', 'a ', 'a\n', 'x'.repeat(65), '臂']) expect(isStatus({ device: { ...DEVICE, id } }), id).toBe(false);
    for (const kind of ['simulator', 'openIgtLink', 'serial']) expect(isStatus({ device: { ...DEVICE, kind } })).toBe(true);
    expect(isStatus({ device: { ...DEVICE, kind: 'other' } })).toBe(false);
  });

  it('has bounds for every text and list', () => {
    for (const [make, most] of [
      [(length: number) => ({ device: { ...DEVICE, model: 'm'.repeat(length) } }), 120],
      [(length: number) => ({ lease: { ...LEASE, name: 'n'.repeat(length) } }), 200],
      [(length: number) => ({ fault: 'f'.repeat(length) }), 200],
      [(length: number) => ({ asking: Array(length).fill(ASKING) }), 20],
    ] as const) expect([0, most, most + 1].map((length) => isStatus(make(length)))).toEqual([true, true, false]);
    expect([0, 1, 64, 65].map((length) => isStatus({ stoppedBy: 'p'.repeat(length) }))).toEqual([false, true, true, false]);
    expect([0, 1, 0xffff_ffff, 0x1_0000_0000, 1.5].map((epoch) => isStatus({ lease: { ...LEASE, epoch } }))).toEqual([false, true, true, false, false]);
    expect([-1, 0, 1.5].map((sequence) => isStatus({ settings: { ...STATUS.settings, sequence } }))).toEqual([false, true, false]);
  });

  it('[CTL42] shows four digits', () => {
    expect(['0000', '9999', '123', '12345', '1234a', 'a1234', 'abcd', '1 34'].map((checkCode) => isStatus({ lease: { ...LEASE, checkCode } }))).toEqual([true, true, false, false, false, false, false, false]);
    expect([7, 123, 10_000, 4_294_967_295].map(toCheckCode)).toEqual(['0007', '0123', '0000', '7295']);
    expect(sealInfo('robot-1', 12)).toBe('huizhen control 1 robot-1 12');
  });

  it('[CTL14] limits on their way may be used up, and never more than a device can have', () => {
    const with0 = (change: object) => sentLimitsSchema.safeParse({ ...LIMITS, ...change });
    expect(with0({}).data).toEqual(LIMITS);
    for (const [name, most] of [['maxTiltDeg', 180], ['maxSpeedMmPerS', 500], ['maxAngularSpeedDegPerS', 360], ['maxForceN', 60]] as const) {
      expect([-0.1, 0, most, most + 0.1].map((value) => with0({ [name]: value }).success), name).toEqual([false, true, true, false]);
    }
    expect(with0({ workspaceMin: { ...LIMITS.workspaceMax, xMm: 51 } }).success).toBe(true); // empty: nothing moves
  });

  it('[CTL41] settings have the bounds that any scanner has', () => {
    const good = createSettings();
    expect(good).toEqual({ preset: 'abdomen', gainDb: 50, depthMm: 150, focusMm: 80, isFrozen: false });
    expect(ultrasoundSettingsSchema.parse(good)).toEqual(good);
    for (const [name, least, most] of [['gainDb', 0, 100], ['depthMm', 20, 300], ['focusMm', 10, 300]] as const) {
      expect([least - 0.1, least, most, most + 0.1].map((value) => ultrasoundSettingsSchema.safeParse({ ...good, [name]: value }).success), name).toEqual([false, true, true, false]);
    }
    expect(['range', 'device', ''].map((word) => settingsRefusalSchema.safeParse(word).success)).toEqual([true, true, false]);
  });
});
