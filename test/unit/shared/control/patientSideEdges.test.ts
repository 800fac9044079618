import { beforeEach, describe, expect, it } from 'vitest';
import { HEARTBEAT_BYTES, writeHeartbeat } from '#shared/control/frames/heartbeatFrame';
import { STATE_BYTES, writeState } from '#shared/control/frames/stateFrame';
import { createPose, distanceMm } from '#shared/control/pose';
import { Bedside } from '../../../helpers/control/bedside.ts';
import { LIMITS } from './limits.ts';

let bed: Bedside;
beforeEach(() => {
  bed = new Bedside(LIMITS);
});
const stateOf = () => bed.patient.state(bed.nowMs);

function engaged(): void {
  bed.grant();
  bed.engage();
  expect(bed.phase).toBe('engaged');
}

/** The hand goes along x. */
function slide(ms: number, mmPerS = 30): void {
  for (let passed = 0; passed < ms; passed += 10) {
    bed.hand.pose.xMm += mmPerS / 100;
    bed.pass(10);
  }
}

describe('what keeps motion alive, and what does not', () => {
  it('[CTL10] [CTL21] commands that are refused do not feed the watchdog', () => {
    engaged();
    bed.hand.pose.xMm += 400; // a jump that no speed allows: each command from here on is refused
    bed.pass(130);
    expect(bed.patient.rejections().speed).toBeGreaterThan(5);
    expect(bed.told).toContain('stopped watchdog');
    expect(bed.phase).not.toBe('engaged');
  });

  it('[CTL14] [CTL34] who asks for too much force does not engage; the press is good when they ask for less', () => {
    bed.grant();
    bed.hand.forceN = LIMITS.maxForceN + 0.1;
    bed.engage();
    expect(stateOf().phase).toBe('waiting');
    expect(bed.patient.rejections().force).toBeGreaterThan(10);
    bed.hand.forceN = LIMITS.maxForceN;
    bed.pass(400);
    expect(bed.phase).toBe('engaged');
  });

  it('[CTL35] a press while the device has a fault is spent', () => {
    bed.grant();
    bed.fault = 'hot';
    bed.engage();
    expect(stateOf().phase).toBe('fault');
    bed.fault = null;
    bed.pass(600);
    expect(stateOf()).toMatchObject({ phase: 'waiting', waitReason: 'gesture' });
  });

  it('[CTL35] [CTL36] a press while the line is refused is spent, also when commands are young enough', () => {
    bed.grant();
    let lateMs = 10;
    const tell = bed.tellState.bind(bed);
    bed.tellState = () => { // slow on the way back only, from now on
      const way = bed.wayMs;
      bed.wayMs = lateMs;
      tell();
      bed.wayMs = way;
    };
    for (; lateMs < 330; lateMs += 4) bed.pass(20);
    bed.pass(1000);
    expect(stateOf().grade).toBe('refused');
    bed.engage();
    expect(stateOf().phase).toBe('waiting');
    expect(bed.patient.rejections().stale).toBe(0);
    for (; lateMs > 10; lateMs -= 4) bed.pass(20);
    bed.pass(1500);
    expect(stateOf()).toMatchObject({ grade: 'green', phase: 'waiting', waitReason: 'gesture' });
  });

  it('[CTL2] [CTL13] a heartbeat that has seen the device half a second ago keeps the lease, a later one and one from the future do not', () => {
    bed.grant('settings');
    bed.hasHeartbeats = false;
    let sequence = 1000;
    const beat = (echoAtMs: number) => {
      const bytes = new DataView(new ArrayBuffer(HEARTBEAT_BYTES));
      writeHeartbeat(bytes, { epoch: 41, sequence: sequence++, echoAtMs });
      return bed.patient.handleFrame(bytes, 'expert', true, bed.nowMs);
    };
    expect([beat(bed.nowMs), beat(bed.nowMs - 500), beat(bed.nowMs - 501), beat(bed.nowMs + 1), beat(Number.NaN)]).toEqual([null, null, 'blind', 'blind', 'blind']);
    expect(bed.patient.rejections().blind).toBe(3);
    sequence = 0;
    expect(beat(bed.nowMs)).toBe('sequence');
    expect(bed.patient.rejections()).toMatchObject({ sequence: 1, malformed: 0 });
    const spoilt = new DataView(new ArrayBuffer(HEARTBEAT_BYTES));
    writeHeartbeat(spoilt, { epoch: 41, sequence: 2000, echoAtMs: bed.nowMs });
    spoilt.setUint8(HEARTBEAT_BYTES - 1, spoilt.getUint8(HEARTBEAT_BYTES - 1) ^ 1);
    expect(bed.patient.handleFrame(spoilt, 'expert', true, bed.nowMs)).toBe('malformed');
    expect(bed.patient.rejections().malformed).toBe(1);
  });

  it('[CTL20] a frame that is for the other side is malformed, whoever sent it', () => {
    bed.grant();
    const state = new DataView(new ArrayBuffer(STATE_BYTES));
    writeState(state, bed.patient.state(bed.nowMs));
    expect(bed.patient.handleFrame(state, 'other', false, bed.nowMs)).toBe('malformed');
    expect(bed.patient.rejections()).toMatchObject({ malformed: 1, foreign: 0 });
  });
});

describe('the edges of what stops', () => {
  const measure = (ms: number) => bed.patient.handleMeasured(bed.measured(), bed.nowMs + ms);

  it('[CTL16] force at a quarter above the limit goes on; more for 40 ms stops', () => {
    engaged();
    bed.forceN = LIMITS.maxForceN * 1.25;
    for (const ms of [0, 40, 80]) measure(ms);
    expect(bed.phase).toBe('engaged');
    bed.forceN += 0.01;
    measure(81);
    measure(120);
    expect(bed.phase).toBe('engaged');
    measure(121);
    expect(bed.told.at(-1)).toBe('stopped force');
  });

  it('[CTL16] an arm 15 mm away is where it was sent; further is not', () => {
    engaged();
    bed.devicePose.zMm = 15;
    measure(0);
    expect(bed.phase).toBe('engaged');
    bed.devicePose.zMm = 15.01;
    measure(0);
    expect(bed.told.at(-1)).toBe('stopped deviation');
  });

  it('[CTL16] an arm that is elsewhere while nothing moves is no deviation', () => {
    bed.grant();
    bed.devicePose.zMm = 40;
    bed.pass(100);
    expect(bed.told).not.toContain('stopped deviation');
    bed.engage();
    expect(bed.phase).toBe('engaged');
  });

  it('[CTL23] 60 ms between ticks is no standstill; 61 ends motion, and leaves the lease', () => {
    engaged();
    bed.patient.tick(bed.nowMs);
    bed.patient.tick(bed.nowMs + 60);
    expect(bed.phase).toBe('engaged');
    bed.patient.tick(bed.nowMs + 121);
    expect(bed.told.at(-1)).toBe('stopped stalled');
    expect(bed.patient.lease).not.toBeNull();
  });

  it('[CTL31] two stops while one is latched are two, whoever made them', () => {
    engaged();
    bed.sendStop('nurse', 5);
    bed.sendStop('observer', 6);
    bed.sendStop('observer', 6);
    expect(bed.events.filter(({ type }) => type === 'emergency')).toEqual([{ type: 'emergency', by: 'nurse', stopId: 5 }, { type: 'emergency', by: 'observer', stopId: 6 }]);
  });

  it('[CTL21] comes to rest by a ramp: slower with each tick, pressing with nothing, brakes on at its end', () => {
    engaged();
    slide(600);
    bed.hand.isDeadManHeld = false;
    bed.pass(25);
    expect(stateOf().phase).toBe('stopping');
    expect(bed.order).toMatchObject({ isMoving: true, forceN: 0 });
    const places = Array.from({ length: 30 }, () => {
      bed.pass(5);
      return bed.devicePose.xMm;
    });
    const ways = places.slice(1).map((x, index) => x - (places[index] ?? x));
    expect(ways[0]).toBeGreaterThan(0);
    expect(ways[5]).toBeGreaterThan(0);
    expect(ways.at(-1)).toBe(0);
    for (const [index, way] of ways.slice(1).entries()) expect(way).toBeLessThanOrEqual(ways[index] ?? 0);
    expect(bed.order).toMatchObject({ isMoving: false, forceN: 0 });
  });

  it('a tick that comes early moves the setpoint by the time that passed', () => {
    engaged();
    slide(600);
    const at = () => bed.patient.tick(bed.nowMs).pose;
    const before = { ...at() };
    bed.nowMs += 1;
    const way = distanceMm(at(), before);
    expect(way).toBeGreaterThan(0);
    expect(way).toBeLessThanOrEqual(LIMITS.maxSpeedMmPerS * 0.001 + 1e-9);
  });

  it('[CTL20] the same refusal is told again after a second, and not before', () => {
    bed.grant();
    const from = bed.events.length;
    const none = new DataView(new ArrayBuffer(3));
    const told = () => bed.events.slice(from).filter(({ type }) => type === 'rejected').length;
    bed.isTicking = false;
    bed.patient.handleFrame(none, 'expert', true, bed.nowMs);
    bed.patient.handleFrame(none, 'expert', true, bed.nowMs + 999);
    expect(told()).toBe(1);
    bed.patient.handleFrame(none, 'expert', true, bed.nowMs + 1000);
    expect(told()).toBe(2);
  });
});

describe('before anything was heard', () => {
  it('it is a fault without contact, in no mode, and says its fault in words', () => {
    expect(stateOf()).toMatchObject({ phase: 'fault', isInContact: false, mode: 'settings', epoch: 0, isStopLatched: false });
    bed.devicePose.qw = 0;
    bed.patient.handleMeasured(bed.measured(), bed.nowMs);
    expect(bed.events.at(-1)).toEqual({ type: 'fault', fault: 'the device said a pose that is none' });
    Object.assign(bed.devicePose, createPose());
    bed.patient.handleMeasured(bed.measured(), bed.nowMs);
    expect(bed.events.at(-1)).toEqual({ type: 'fault', fault: null });
  });

  it('[CTL32] a reset without a stop is nothing', () => {
    bed.patient.resetStop();
    expect(bed.events).toEqual([]);
  });
});
