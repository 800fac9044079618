import { nextForceN } from '#shared/control/forceRamp';
import { beforeEach, describe, expect, it } from 'vitest';
import { MOTION_BYTES } from '#shared/control/frames/motionFrame';
import { CONTROL_MODES } from '#shared/control/modes';
import { createPose, distanceMm } from '#shared/control/pose';
import { createSettings, type UltrasoundSettings } from '#shared/control/settings';
import { Bedside } from '../../../helpers/control/bedside.ts';
import { LIMITS } from './limits.ts';

let bed: Bedside;
beforeEach(() => {
  bed = new Bedside(LIMITS);
});

/** Engaged, and on the way somewhere. */
function moving(): void {
  bed.grant();
  bed.engage();
  expect(bed.phase).toBe('engaged');
  slide(1000);
}

/** The hand goes along x at 30 mm/s. */
function slide(ms: number): void {
  for (let passed = 0; passed < ms; passed += 10) {
    bed.hand.pose.xMm += 0.3;
    bed.pass(10);
  }
}

function stillFor(ms: number): void {
  const stood = { ...bed.devicePose };
  bed.pass(ms);
  expect(distanceMm(bed.devicePose, stood)).toBe(0);
  expect(bed.order?.isMoving).toBe(false);
}

const turnedHand = (deg: number) => ({ ...createPose(), qw: Math.cos((deg * Math.PI) / 360), qx: Math.sin((deg * Math.PI) / 360) });

describe('from a grant to motion', () => {
  it('follows the hand from where it was when motion began', () => {
    bed.hand.pose.xMm = 500; // wherever the hand is
    moving();
    expect(bed.devicePose.xMm).toBeGreaterThan(22);
    expect(bed.devicePose.xMm).toBeLessThan(30);
    bed.pass(500);
    expect(bed.devicePose.xMm).toBeCloseTo(30, 1);
    expect(bed.order).toMatchObject({ isMoving: true, isStopped: false, forceN: 2 });
    // Until the clocks are known, commands are refused, and told once.
    expect(bed.told).toEqual(['fault', 'granted', 'rejected unsynchronised', 'engaged']);
  });

  it('without a lease, a heartbeat or a press nothing moves', () => {
    bed.hand.isDeadManHeld = true;
    bed.pass(500);
    expect(bed.phase).toBe('idle');
    bed.grant();
    // Held already when the lease came: that is no gesture.
    stillFor(1000);
    expect(bed.patient.state(bed.nowMs)).toMatchObject({ phase: 'waiting', waitReason: 'gesture' });
    bed.hand.isDeadManHeld = false;
    bed.pass(50);
    expect(bed.patient.state(bed.nowMs).waitReason).toBe('deadMan');
    bed.engage();
    expect(bed.phase).toBe('engaged');
  });

  it('[CTL34] the press is held for 0.3 s with a still hand', () => {
    bed.grant();
    bed.hand.isDeadManHeld = true;
    bed.pass(300);
    expect(bed.patient.state(bed.nowMs)).toMatchObject({ phase: 'waiting', waitReason: 'hold' });
    bed.hand.isDeadManHeld = false;
    bed.pass(100);
    bed.hand.isDeadManHeld = true;
    bed.pass(300);
    expect(bed.phase).toBe('waiting');
    bed.pass(40);
    expect(bed.phase).toBe('engaged');
  });

  it('[CTL34] a press during a latched stop is spent, also when its command is refused for something else', () => {
    bed.grant();
    bed.engage();
    bed.sendStop('anybody', 1);
    bed.hand.isDeadManHeld = false;
    bed.pass(100);
    bed.hand.forceN = LIMITS.maxForceN + 1;
    bed.hand.isDeadManHeld = true;
    bed.pass(500);
    bed.patient.resetStop();
    bed.hand.forceN = 2;
    stillFor(1000);
    expect(bed.patient.state(bed.nowMs)).toMatchObject({ phase: 'waiting', waitReason: 'gesture' });
  });

  it('[CTL16] a wrist that stands still while it is told to turn stops; one that turns does not', () => {
    for (const isStuck of [true, false]) {
      bed = new Bedside(LIMITS);
      bed.grant('orientation');
      bed.engage();
      const stood = { ...bed.devicePose };
      for (let deg = 0; deg < 25; deg += 0.2) {
        Object.assign(bed.hand.pose, turnedHand(deg));
        bed.pass(10);
        if (isStuck) Object.assign(bed.devicePose, stood);
      }
      expect(bed.told.includes('stopped deviation')).toBe(isStuck);
    }
  });

  it('[CTL16] a measured pose that is none is a fault, and nothing is engaged or moved by it', () => {
    moving();
    Object.assign(bed.devicePose, { xMm: Number.NaN, qw: Number.NaN });
    bed.pass(10);
    expect(bed.told).toContain('stopped deviceFault');
    expect(bed.phase).toBe('fault');
    expect(bed.order).toMatchObject({ isMoving: false });
    expect(bed.patient.state(bed.nowMs).measured.qw).not.toBeNaN();
  });

  it('[CTL34] a gap while it is held begins the holding anew', () => {
    bed.grant();
    bed.hand.isDeadManHeld = true;
    bed.pass(250);
    bed.isUpCut = true;
    bed.pass(120);
    bed.isUpCut = false;
    bed.pass(250);
    expect(bed.phase).toBe('waiting');
    bed.pass(100);
    expect(bed.phase).toBe('engaged');
  });

  it('[CTL33] within 5° of the probe, and within 2° after a clutch', () => {
    bed.grant();
    bed.hand.pose = turnedHand(5.1);
    bed.engage();
    expect(bed.patient.state(bed.nowMs)).toMatchObject({ phase: 'waiting', waitReason: 'match' });
    bed.hand.pose = turnedHand(4.9);
    bed.pass(400);
    expect(bed.phase).toBe('engaged');
    bed.hand.isDeadManHeld = false;
    bed.pass(200);
    expect(bed.phase).toBe('clutched');
    bed.hand.pose = turnedHand(2.1);
    bed.hand.isDeadManHeld = true;
    bed.pass(300);
    expect(bed.patient.state(bed.nowMs)).toMatchObject({ phase: 'clutched', waitReason: 'match' });
    bed.hand.pose = turnedHand(1.9);
    bed.pass(150);
    expect(bed.phase).toBe('engaged');
  });

  it('[CTL35] not while the line is unfit, and not by itself when it is fit again', () => {
    bed.wayMs = 160;
    bed.grant();
    bed.pass(1000);
    bed.engage();
    // Commands are 160 ms old.
    expect(bed.patient.rejections().stale).toBeGreaterThan(30);
    expect(bed.phase).toBe('waiting');
    bed.wayMs = 10;
    stillFor(1500);
    expect(bed.patient.state(bed.nowMs).grade).toBe('green');
    expect(bed.phase).toBe('waiting');
  });

  it('[CTL40] settings and manual hold the probe', () => {
    for (const mode of ['settings', 'manual'] as const) {
      bed.grant(mode);
      bed.engage();
      stillFor(200);
      expect(bed.patient.state(bed.nowMs)).toMatchObject({ phase: 'settings', mode });
      bed.hand.isDeadManHeld = false;
    }
  });

  it('[CTL14] nobody widens what device and site allow', () => {
    const site = { ...LIMITS, maxSpeedMmPerS: 20 };
    bed = new Bedside(LIMITS, site);
    expect(bed.patient.limits.maxSpeedMmPerS).toBe(20);
    bed.grant('full', { ...LIMITS, maxSpeedMmPerS: 400, maxForceN: 5 });
    expect(bed.patient.limits).toEqual({ ...LIMITS, maxSpeedMmPerS: 20, maxForceN: 5 });
    bed.engage();
    slide(500);
    expect(bed.patient.rejections().speed).toBeGreaterThan(5);
    bed.grant('full');
    expect(bed.patient.limits).toEqual(site);
  });
});

describe('the force', () => {
  const newtons = () => bed.order?.forceN ?? Number.NaN;

  it('[CTL95] rises at the pace of its limit, from nothing or from what presses already; less is told at once', () => {
    bed.hand.forceN = 0;
    moving();
    expect(newtons()).toBe(0);
    bed.hand.forceN = 10;
    bed.pass(11 + 500);
    expect(newtons()).toBeGreaterThan(3.8);
    expect(newtons()).toBeLessThan(4.1); // 8 N/s
    let before = newtons();
    for (let step = 0; step < 200; step += 1) {
      bed.pass(5);
      expect(newtons() - before).toBeLessThanOrEqual(0.04 + 1e-9);
      before = newtons();
    }
    expect(newtons()).toBe(10);
    bed.hand.forceN = 3;
    bed.pass(20);
    expect(newtons()).toBe(3);
    bed.hand.forceN = 0;
    bed.pass(20);
    expect(newtons()).toBe(0);
    bed.forceN = 6;
    bed.hand.forceN = 10;
    bed.pass(26);
    expect(newtons()).toBeGreaterThanOrEqual(6);
    expect(newtons()).toBeLessThan(6.2);
    bed.hand.forceN = 4;
    bed.pass(26);
    expect(newtons()).toBe(4);
  });

  it('[CTL95] begins anew with each motion', () => {
    bed.hand.forceN = 10;
    moving();
    bed.pass(2000);
    expect(newtons()).toBe(10);
    bed.hand.isDeadManHeld = false;
    bed.pass(300);
    expect(newtons()).toBe(0);
    bed.hand.isDeadManHeld = true;
    for (let step = 0; step < 400 && bed.phase !== 'engaged'; step += 1) bed.pass(1);
    bed.pass(20);
    expect(newtons()).toBeLessThan(0.3);
  });

  it('[CTL95] from no wish to one, never less than presses and never more than is wanted; what is no number begins at nothing', () => {
    expect(nextForceN(0, 8, 5, 10, 5)).toBeCloseTo(5.05);
    expect(nextForceN(0, 4, 5, 10, 5)).toBe(4);
    expect(nextForceN(2, 8, 5, 10, 5)).toBeCloseTo(2.05);
    for (const none of [Number.NaN, -3, 0]) expect(nextForceN(0, 8, none, 10, 5)).toBeCloseTo(0.05);
    expect(nextForceN(7.99, 8, 5, 10, 5)).toBe(8);
    expect([nextForceN(5, 5, 0, 10, 5), nextForceN(5, 1, 9, 10, 5), nextForceN(0, 0, 9, 10, 5)]).toEqual([5, 1, 0]);
  });
});

describe('what ends motion', () => {
  it('[CTL34] a clutch is over with an emergency stop, a fault and too much force: 0.3 s again', () => {
    const ends: readonly [() => void, () => void][] = [
      [() => bed.sendStop('third', 9), () => bed.patient.resetStop()],
      [() => void (bed.fault = 'hot'), () => void (bed.fault = null)],
      [() => void (bed.forceN = 20), () => void (bed.forceN = 0)],
    ];
    for (const [begin, end] of ends) {
      bed.grant();
      bed.engage();
      expect(bed.phase).toBe('engaged');
      bed.hand.isDeadManHeld = false;
      bed.pass(250);
      expect(bed.phase).toBe('clutched');
      begin();
      bed.pass(100);
      end();
      bed.pass(50);
      expect(bed.phase).toBe('waiting');
      bed.hand.isDeadManHeld = true;
      bed.pass(280);
      expect(bed.phase).toBe('waiting');
      bed.pass(100);
      expect(bed.phase).toBe('engaged');
      bed.hand.isDeadManHeld = false;
      bed.pass(250);
    }
  });

  it('[CTL30] a hand that lets go; the next press moves on from there', () => {
    moving();
    bed.hand.isDeadManHeld = false;
    bed.pass(11 + 150);
    stillFor(300);
    expect(bed.phase).toBe('clutched');
    const stood = { ...bed.devicePose };
    bed.hand.pose.xMm -= 400;
    bed.hand.isDeadManHeld = true;
    bed.pass(300);
    expect(bed.phase).toBe('engaged');
    expect(distanceMm(bed.devicePose, stood)).toBeLessThan(1e-6);
    slide(200);
    expect(bed.devicePose.xMm).toBeGreaterThan(stood.xMm + 1);
    expect(bed.told.slice(-3)).toEqual(['engaged', 'stopped released', 'engaged']);
  });

  it('[CTL30] a quick tap between two commands is seen by its number', () => {
    moving();
    bed.isUpCut = true;
    bed.hand.isDeadManHeld = false;
    bed.pass(20);
    bed.hand.isDeadManHeld = true;
    bed.pass(10);
    bed.isUpCut = false;
    bed.pass(40);
    expect(bed.told.at(-1)).toBe('stopped released');
  });

  it('[CTL21] silence: the ramp has begun at 100 ms, and motion is over by 300; commands that come back move nothing', () => {
    moving();
    slide(100);
    bed.isUpCut = true;
    bed.pass(10); // on the way
    const path: number[] = [];
    for (let tick = 0; tick < 70; tick += 1) {
      path.push(bed.devicePose.xMm);
      bed.pass(5);
    }
    const speeds = path.slice(1).map((x, index) => (x - (path[index] ?? x)) / 0.005);
    for (let index = 100 / 5; index < speeds.length; index += 1) expect(speeds[index]).toBeLessThanOrEqual(Math.max(0, (speeds[index - 1] ?? 0) - (index < 40 ? 1e-9 : 0)) + 1e-9);
    expect(speeds.slice(300 / 5).every((speed) => speed === 0)).toBe(true);
    expect(bed.told.at(-1)).toBe('stopped watchdog');
    bed.isUpCut = false;
    for (let round = 0; round < 100; round += 1) {
      slide(10);
      expect(bed.order?.isMoving).toBe(false);
    }
    expect(bed.patient.state(bed.nowMs)).toMatchObject({ phase: 'waiting', waitReason: 'gesture', stopReason: 'watchdog' });
  });

  it('[CTL21] the ramp begins early enough whenever the tick comes', () => {
    for (let shift = 0; shift < 5; shift += 1) {
      bed = new Bedside(LIMITS);
      bed.nowMs += shift;
      moving();
      bed.isUpCut = true;
      bed.pass(10);
      const last = bed.nowMs;
      while (bed.phase === 'engaged') bed.pass(1);
      expect(bed.nowMs - last).toBeLessThanOrEqual(100);
      while (bed.order?.isMoving === true) bed.pass(1);
      expect(bed.nowMs - last).toBeLessThanOrEqual(300);
    }
  });

  it('[CTL2] heartbeats that stop, though commands come', () => {
    moving();
    bed.hasHeartbeats = false;
    bed.pass(1120);
    expect(bed.patient.lease).toBeNull();
    expect(bed.told).toEqual(expect.arrayContaining(['stopped leaseEnded', 'ended expired']));
    stillFor(300);
    expect(bed.phase).toBe('idle');
  });

  it('[CTL3] the bedside, at once', () => {
    moving();
    bed.patient.takeOver();
    expect(bed.patient.lease).toBeNull();
    expect(bed.told.slice(-2)).toEqual(['stopped takenOver', 'ended revoked']);
    bed.pass(5); // the next tick
    stillFor(500);
  });

  it('[CTL31] [CTL32] the emergency stop: anybody’s, latched, told once, reset at the bedside; then a new press', () => {
    moving();
    bed.sendStop('nurse', 5);
    bed.sendStop('nurse', 5);
    expect(bed.told.slice(-2)).toEqual(['stopped emergency', 'emergency']);
    expect(bed.phase).toBe('stopped');
    expect(bed.patient.isStopLatched).toBe(true);
    bed.pass(5);
    expect(bed.order).toMatchObject({ isMoving: false, isStopped: true });
    stillFor(300);
    bed.hand.isDeadManHeld = false;
    bed.pass(100);
    bed.hand.isDeadManHeld = true;
    stillFor(600); // pressed while it was latched: spent
    bed.patient.resetStop();
    bed.patient.resetStop();
    stillFor(600);
    expect(bed.told.filter((one) => one === 'reset')).toHaveLength(1);
    bed.hand.isDeadManHeld = false;
    bed.pass(100);
    bed.engage();
    expect(bed.phase).toBe('engaged');
    bed.sendStop('nurse', 5); // the same number after a reset is a stop again
    expect(bed.told.slice(-2)).toEqual(['stopped emergency', 'emergency']);
    bed.patient.stop('bedside', null);
    bed.patient.stop('bedside', null);
    expect(bed.events.filter(({ type }) => type === 'emergency')).toHaveLength(4);
  });

  it('[CTL16] too much force for 40 ms, or none that is a number', () => {
    moving();
    bed.forceN = 12.4;
    bed.pass(200);
    expect(bed.phase).toBe('engaged');
    bed.forceN = 12.6;
    bed.pass(30);
    bed.forceN = 0;
    bed.pass(30);
    bed.forceN = 12.6;
    bed.pass(35);
    expect(bed.phase).toBe('engaged');
    bed.pass(15);
    expect(bed.phase).toBe('waiting');
    expect(bed.told.at(-1)).toBe('stopped force');
    bed = new Bedside(LIMITS);
    moving();
    bed.forceN = Number.NaN;
    bed.pass(60);
    expect(bed.told.at(-1)).toBe('stopped force');
  });

  it('[CTL16] an arm that is held, and a device with a fault', () => {
    moving();
    bed.devicePose.yMm += 14.9;
    bed.patient.handleMeasured(bed.measured(), bed.nowMs);
    expect(bed.phase).toBe('engaged');
    bed.devicePose.yMm += 5;
    bed.patient.handleMeasured(bed.measured(), bed.nowMs);
    expect(bed.told.at(-1)).toBe('stopped deviation');
    bed = new Bedside(LIMITS);
    moving();
    bed.fault = 'hot';
    bed.pass(5);
    expect(bed.told.slice(-2)).toEqual(['fault', 'stopped deviceFault']);
    expect(bed.phase).toBe('fault');
    bed.fault = null;
    stillFor(700);
    expect(bed.phase).toBe('waiting');
  });

  it('[CTL36] a line that became too slow on the way back only', () => {
    moving();
    let lateMs = 10;
    const tell = bed.tellState.bind(bed);
    bed.tellState = () => {
      const way = bed.wayMs;
      bed.wayMs = lateMs;
      tell();
      bed.wayMs = way;
    };
    for (; lateMs < 330; lateMs += 4) bed.pass(20);
    bed.pass(700);
    expect(bed.told.at(-1)).toBe('stopped latency');
    expect(bed.patient.state(bed.nowMs).grade).toBe('refused');
  });

  it('[CTL23] [CTL22] a process that stood still reads what waited for it and moves nothing', () => {
    moving();
    bed.isTicking = false;
    bed.nowMs += 61;
    bed.sendMotion();
    const stood = { ...bed.devicePose };
    bed.isTicking = true;
    bed.pass(400);
    expect(bed.told).toContain('stopped stalled');
    expect(distanceMm(bed.devicePose, stood)).toBe(0);
  });

  it('[CTL23] [CTL2] a clock that goes back ends motion and the lease: how old the last heartbeat is, it cannot tell', () => {
    moving();
    bed.nowMs -= 7;
    bed.tick();
    expect(bed.told.slice(-2)).toEqual(['stopped stalled', 'ended expired']);
    expect(bed.order?.isMoving).toBe(false);
    expect(bed.patient.lease).toBeNull();
  });

  it('a clock that is put forward a little moves the setpoint no faster than a tick does', () => {
    moving();
    for (let x = 0; x < 30; x += 1) {
      bed.hand.pose.xMm += 0.5;
      bed.pass(10);
    }
    const before = bed.devicePose.xMm;
    bed.nowMs += 20;
    bed.tick();
    expect(bed.order?.isMoving).toBe(true);
    expect(bed.devicePose.xMm - before).toBeGreaterThan(0);
    expect(bed.devicePose.xMm - before).toBeLessThanOrEqual(LIMITS.maxSpeedMmPerS * 0.005 + 1e-9);
  });

  it('a tick that comes late moves no faster', () => {
    moving();
    const before = bed.devicePose.xMm;
    bed.nowMs += 45;
    bed.tick();
    expect(bed.devicePose.xMm - before).toBeLessThanOrEqual(LIMITS.maxSpeedMmPerS * 0.005 + 1e-9);
    expect(bed.order?.isMoving).toBe(true);
  });
});

describe('what arrives', () => {
  it('[CTL10] only from the holder, sealed', () => {
    moving();
    const bytes = bed.operator.nextMotion(bed.hand, bed.operatorNowMs);
    if (bytes === null) throw new Error('no command');
    expect(bed.patient.handleFrame(bytes, 'expert', false, bed.nowMs)).toBe('foreign');
    expect(bed.patient.handleFrame(bytes, 'other', true, bed.nowMs)).toBe('foreign');
    expect(bed.patient.rejections().foreign).toBe(2);
    expect(bed.patient.handleFrame(bytes, 'expert', true, bed.nowMs)).not.toBe('foreign');
  });

  it('[CTL20] nonsense is refused and counted, and told once a second', () => {
    moving();
    const told = bed.events.length;
    for (let round = 0; round < 10; round += 1) expect(bed.patient.handleFrame(new DataView(new ArrayBuffer(round)), 'expert', true, bed.nowMs)).toBe('malformed');
    const motion = new DataView(new ArrayBuffer(MOTION_BYTES));
    motion.setUint16(0, 0x4843);
    for (const type of [1, 2, 3, 4]) {
      motion.setUint8(3, type);
      expect(bed.patient.handleFrame(motion, 'expert', true, bed.nowMs)).toBe('malformed');
    }
    expect(bed.patient.rejections().malformed).toBe(14);
    expect(bed.events.slice(told)).toEqual([{ type: 'rejected', reason: 'malformed', count: expect.any(Number) }]);
    expect(bed.patient.state(bed.nowMs)).toMatchObject({ lastRejection: 'malformed', phase: 'engaged' });
    bed.pass(1001);
    bed.patient.handleFrame(motion, 'expert', true, bed.nowMs);
    expect(bed.events.slice(told)).toHaveLength(2);
    bed.patient.handleFrame(motion, 'other', false, bed.nowMs);
    expect(bed.patient.isStopLatched).toBe(false);
  });

  it('[CTL2] [CTL13] a heartbeat of somebody who has not seen the device for half a second keeps nothing alive', () => {
    bed.grant();
    bed.isDownCut = true;
    bed.pass(1700);
    expect(bed.patient.lease).toBeNull();
    expect(bed.patient.rejections().blind).toBeGreaterThan(3);
  });

  it('[CTL1] asking, and giving back', () => {
    bed.patient.ask('expert', bed.nowMs);
    bed.patient.ask('other', bed.nowMs);
    expect(bed.patient.asking).toEqual(['expert', 'other']);
    bed.patient.unask('other');
    bed.grant();
    expect(bed.patient.asking).toEqual([]);
    bed.engage();
    expect(bed.patient.release(40)).toBe(false);
    expect(bed.patient.release(41)).toBe(true);
    expect(bed.told.slice(-2)).toEqual(['stopped leaseEnded', 'ended released']);
    expect(bed.phase).toBe('idle');
  });
});

describe('settings of the picture', () => {
  const settings = (change: Partial<UltrasoundSettings> = {}) => {
    const bytes = bed.operator.nextSettings({ ...createSettings(), ...change });
    if (bytes === null) throw new Error('no lease');
    return new DataView(bytes.buffer.slice(0) as ArrayBuffer); // a plain buffer was given
  };
  const handle = (bytes: DataView, from = 'expert', isSealed = true) => bed.patient.handleFrame(bytes, from, isSealed, bed.nowMs);
  const told = () => bed.events.filter(({ type }) => type === 'setting');

  it('[CTL41] of the holder, sealed, in any mode', () => {
    expect(bed.operator.nextSettings(createSettings())).toBeNull();
    for (const [index, mode] of CONTROL_MODES.entries()) {
      bed.grant(mode);
      expect(handle(settings({ gainDb: 30 + index, isFrozen: true }))).toBeNull();
      expect(told().at(-1)).toEqual({ type: 'setting', lease: bed.patient.lease, sequence: 1, settings: { ...createSettings(), gainDb: 30 + index, isFrozen: true } });
    }
    expect(handle(settings(), 'expert', false)).toBe('foreign');
    expect(handle(settings(), 'other')).toBe('foreign');
    expect(told()).toHaveLength(CONTROL_MODES.length);
  });

  it('[CTL41] in order, of this lease, within range; each refusal counted', () => {
    bed.grant();
    const first = settings();
    const second = settings({ gainDb: 60 });
    expect(handle(second)).toBeNull();
    expect(handle(second)).toBe('sequence');
    expect(handle(first)).toBe('sequence');
    expect(handle(settings({ depthMm: 301 }))).toBe('setting');
    expect(handle(settings({ gainDb: Number.NaN }))).toBe('setting');
    expect(bed.patient.rejections()).toMatchObject({ sequence: 2, setting: 2 });
    expect(bed.patient.state(bed.nowMs).lastRejection).toBe('setting');
    const old = settings();
    bed.grant();
    expect(handle(old)).toBe('epoch');
    expect(handle(settings())).toBeNull(); // numbers begin anew
    const spoiled = settings();
    spoiled.setUint8(20, 0xff);
    expect(handle(spoiled)).toBe('malformed');
    expect(told()).toHaveLength(2);
    expect(bed.patient.rejections()).toMatchObject({ malformed: 1, sequence: 0, setting: 0 });
  });

  it('[CTL41] move nothing and keep nothing alive', () => {
    bed.grant('settings');
    bed.hasHeartbeats = false;
    for (let round = 0; round < 12; round += 1) {
      bed.pass(100);
      if (bed.patient.lease !== null) handle(settings());
    }
    expect(bed.patient.lease).toBeNull();
    bed.operator.end();
    expect(bed.operator.nextSettings(createSettings())).toBeNull();
  });
});

describe('what it says of itself', () => {
  it('everything that a screen needs', () => {
    const early = bed.patient.state(1);
    expect(early).toMatchObject({ epoch: 0, phase: 'fault', roundTripMs: null, grade: 'refused', commandSequence: 0 });
    const { sequence } = early;
    moving();
    bed.forceN = 3;
    bed.pass(20);
    const state = bed.patient.state(bed.nowMs);
    expect(state).toMatchObject({ epoch: 41, phase: 'engaged', mode: 'full', grade: 'green', stopReason: null, gesture: 1, forceN: 3, targetForceN: 2, isInContact: true, isStopLatched: false, stampMs: bed.nowMs });
    expect(state.roundTripMs).toBeCloseTo(20, 0);
    expect(state.sequence).toBeGreaterThan(sequence);
    expect(state.commandSequence).toBeGreaterThan(100);
    expect(state.target.xMm).toBeGreaterThan(state.measured.xMm);
    expect(state.measured.xMm).toBeCloseTo(bed.devicePose.xMm, 0);
    bed.patient.takeOver();
    bed.patient.handleMeasured(bed.measured(), bed.nowMs);
    expect(bed.patient.state(bed.nowMs)).toMatchObject({ target: bed.devicePose, measured: bed.devicePose });
    expect(bed.patient.state(bed.nowMs).gesture).toBe(0);
  });
});
