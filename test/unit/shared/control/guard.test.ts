import { beforeEach, describe, expect, it } from 'vitest';
import { createMotionCommand, type MotionCommand } from '#shared/control/frames/motionFrame';
import { Guard, REJECTIONS, type Rejection } from '#shared/control/guard';
import { Line } from '#shared/control/line';
import type { ControlMode } from '#shared/control/modes';
import { composePose, createPose, type Pose, spinDeg } from '#shared/control/pose';
import { LIMITS } from './limits.ts';

let guard: Guard;
let nowMs: number;
let sequence: number;

/** An even line of 10 ms each way; the operator's clock is 5000 ms behind. */
function command(change: Partial<Omit<MotionCommand, 'target' | 'hand'>> & { readonly target?: Partial<Pose>; readonly hand?: Partial<Pose> } = {}): MotionCommand {
  const { target, hand, ...rest } = change;
  return { ...createMotionCommand(), epoch: 3, sequence: sequence++, isDeadManHeld: true, gesture: 1, sentAtMs: nowMs - 10 - 5000, echoAtMs: nowMs - 30, echoHeldMs: 10, ...rest, target: { ...createPose(), ...target }, hand: { ...createPose(), ...hand } };
}
const fresh = (change: Parameters<typeof command>[0] = {}) => guard.checkFresh(command(change), nowMs);
const counted = (reason: Rejection) => guard.counts()[reason];

/** A lease, with the line known. */
function begin(mode: ControlMode = 'full'): void {
  const line = new Line();
  guard = new Guard(LIMITS, line);
  guard.begin(3, mode, LIMITS);
  nowMs = 10_000;
  sequence = 0;
  for (let frame = 0; frame < 30; frame += 1) {
    nowMs += 10;
    guard.checkFresh(command(), nowMs);
  }
  guard.engage({ ...createPose(), xMm: 10 }, nowMs);
  nowMs += 1000; // the store of speed is full
}
beforeEach(() => begin());

describe('what is fresh', () => {
  it('[CTL10] takes a good command, and counts nothing', () => {
    const before = guard.rejectedCount;
    expect(fresh()).toBeNull();
    expect(guard.rejectedCount).toBe(before);
  });

  it('[CTL10] refuses another epoch before it looks at anything else', () => {
    expect(fresh({ epoch: 2, sequence: 1e9, forceN: Number.NaN })).toBe('epoch');
    expect(fresh({ epoch: 4 })).toBe('epoch');
    expect(counted('epoch')).toBe(2);
    expect(guard.sequence).toBeLessThan(1e9);
  });

  it('[CTL11] takes numbers upwards only; a jump backwards is never a reset', () => {
    expect(fresh({ sequence: 500 })).toBeNull();
    for (const old of [500, 499, 0]) expect(fresh({ sequence: old })).toBe('sequence');
    expect(fresh({ sequence: Number.NaN })).toBe('sequence');
    expect(fresh({ sequence: 0xffffffff })).toBeNull();
    expect(fresh({ sequence: 0 })).toBe('sequence');
    expect(counted('sequence')).toBe(5);
    expect(guard.sequence).toBe(0xffffffff);
  });

  it('[CTL10] refuses what is no number or no rotation', () => {
    const spoilt = [{ forceN: Number.NaN }, { forceN: Number.POSITIVE_INFINITY }, { sentAtMs: Number.NaN }, { echoAtMs: Number.POSITIVE_INFINITY }, { echoHeldMs: Number.NaN }, { echoHeldMs: -1 }, { target: { xMm: Number.NaN } }, { target: { qw: 0 } }, { hand: { qx: Number.POSITIVE_INFINITY } }, { hand: { qw: 2 } }];
    for (const change of spoilt) expect(fresh(change), JSON.stringify(change)).toBe('notFinite');
    expect(counted('notFinite')).toBe(spoilt.length);
  });

  it('[CTL12] nothing older than 100 ms', () => {
    const at = (ageMs: number) => ({ sentAtMs: nowMs - ageMs - 5000, echoAtMs: nowMs - ageMs - 20, echoHeldMs: 10 });
    expect(fresh(at(99))).toBeNull();
    expect(fresh(at(102))).toBe('stale');
    expect(fresh(at(99))).toBeNull();
    expect(counted('stale')).toBe(1);
  });

  it('[CTL12] what says that it was sent later than it arrived is a clock that jumped', () => {
    expect(fresh({ sentAtMs: nowMs + 25 - 5000, echoAtMs: nowMs - 5, echoHeldMs: 0 })).toBe('unsynchronised');
  });

  it('[CTL12] a clock that jumps leads to nothing being obeyed until it is known again', () => {
    expect(fresh({ sentAtMs: nowMs + 300 })).toBe('unsynchronised');
    const results: (Rejection | null)[] = [];
    for (let frame = 0; frame < 30; frame += 1) {
      nowMs += 10;
      results.push(guard.checkFresh(command({ sentAtMs: nowMs - 10 + 300 }), nowMs));
    }
    expect(results.slice(0, 20)).toEqual(Array(20).fill('unsynchronised'));
    expect(results.slice(21)).toEqual(Array(9).fill(null));
  });

  it('[CTL13] refuses whoever has not seen the device for half a second', () => {
    expect(fresh({ echoAtMs: nowMs - 500, echoHeldMs: 480 })).toBeNull();
    expect(fresh({ echoAtMs: nowMs - 501, echoHeldMs: 480 })).toBe('blind');
    expect(counted('blind')).toBe(1);
  });

  it('a new lease counts anew', () => {
    fresh({ sequence: 9000 });
    fresh({ epoch: 1 });
    guard.begin(4, 'full', LIMITS);
    expect(guard.rejectedCount).toBe(0);
    expect(guard.sequence).toBe(-1);
    expect(fresh({ epoch: 3 })).toBe('epoch');
    expect(fresh({ epoch: 4, sequence: 0 })).toBeNull();
    expect(Object.keys(guard.counts())).toEqual([...REJECTIONS]);
  });
});

describe('what is asked for', () => {
  it('[CTL14] force between nothing and the limit', () => {
    for (const forceN of [0, 10]) expect(guard.checkAsked(command({ forceN }))).toBeNull();
    for (const forceN of [-0.1, 10.1, Number.NaN]) expect(guard.checkAsked(command({ forceN }))).toBe('force');
    expect(counted('force')).toBe(3);
  });

  it('[CTL40] what the mode allows', () => {
    for (const [mode, turned, moved] of [['full', null, null], ['orientation', null, 'mode'], ['settings', 'mode', 'mode'], ['manual', 'mode', 'mode']] as const) {
      begin(mode);
      expect(guard.checkAsked(command({ target: { qw: Math.cos(0.01), qx: Math.sin(0.01) } })), mode).toBe(turned);
      for (const axis of ['xMm', 'yMm', 'zMm']) expect(guard.checkAsked(command({ target: { [axis]: 0.02 } })), mode).toBe(moved);
      for (const xMm of [0.009, 0.01]) expect(guard.checkAsked(command({ target: { xMm } })), mode).toBe(turned);
    }
  });
});

describe('how far it steps', () => {
  const step = (target: Partial<Pose>) => guard.checkStep(command({ target }), nowMs);

  it('gives the target in the base frame', () => {
    expect(step({ xMm: 2, yMm: 1 })).toBeNull();
    expect(guard.target).toMatchObject({ xMm: 12, yMm: 1, zMm: 0 });
    guard.engage({ ...createPose(), qw: Math.SQRT1_2, qz: Math.SQRT1_2 }, nowMs);
    nowMs += 100;
    expect(guard.target).toMatchObject({ xMm: 0, qw: Math.SQRT1_2 });
    expect(step({ xMm: 1 })).toBeNull();
    expect(guard.target.yMm).toBeCloseTo(1, 9);
  });

  it('[CTL14] no further than the speed allows in a tenth of a second, and than time has passed since', () => {
    expect(step({ xMm: 5.001 })).toBe('speed');
    expect(step({ xMm: 5 })).toBeNull();
    expect(step({ xMm: 5.1 })).toBe('speed');
    nowMs += 10;
    expect(step({ xMm: 5.5 })).toBeNull();
    expect(step({ xMm: 5.6 })).toBe('speed');
    nowMs -= 10; // time that goes back gives nothing
    expect(step({ xMm: 5.6 })).toBe('speed');
    expect(counted('speed')).toBe(4);
  });

  it('[CTL14] nor turns faster than allowed', () => {
    const turn = (deg: number) => ({ qw: Math.cos((deg * Math.PI) / 360), qz: Math.sin((deg * Math.PI) / 360) });
    expect(step(turn(4.01))).toBe('angularSpeed');
    expect(step(turn(3.99))).toBeNull();
    nowMs += 50;
    expect(step(turn(6.1))).toBe('angularSpeed');
    expect(step(turn(5.9))).toBeNull();
    expect(counted('angularSpeed')).toBe(2);
  });

  it('[CTL14] what was refused is no step: the next is measured from what was obeyed', () => {
    expect(step({ xMm: 100 })).toBe('speed');
    expect(step({ xMm: 100.1 })).toBe('speed');
    expect(step({ xMm: 1 })).toBeNull();
  });

  it('[CTL14] a thousandth of a millimetre at the edge is the wire’s own', () => {
    for (const [side, inside, outside] of [[1, 50.0005, 50.002], [-1, -50.0005, -50.002]] as const) {
      guard.engage({ ...createPose(), yMm: side * 49.9 }, nowMs);
      nowMs += 1000;
      expect(step({ yMm: inside - side * 49.9 })).toBeNull();
      expect(step({ yMm: outside - side * 49.9 })).toBe('workspace');
    }
  });

  it('right after engaging there is no speed in store', () => {
    guard.engage(createPose(), nowMs);
    expect(step({ xMm: 0.1 })).toBe('speed');
    nowMs += 10;
    expect(step({ xMm: 0.4 })).toBeNull();
  });

  /** From this pose on, in steps that no speed forbids; the first refusal. */
  function walk(from: Pose, way: (stepNumber: number) => Partial<Pose>, steps: number): readonly [number, Rejection | null] {
    guard.engage(from, nowMs);
    for (let at = 1; at <= steps; at += 1) {
      nowMs += 100;
      const reason = guard.checkStep(command({ target: way(at) }), nowMs);
      if (reason !== null) return [at, reason];
    }
    return [steps, null];
  }

  it('[CTL14] stays in the box on every side', () => {
    for (const axis of ['xMm', 'yMm', 'zMm'] as const) for (const sign of [1, -1]) expect(walk(createPose(), (at) => ({ [axis]: at * sign * 4 }), 20)).toEqual([13, 'workspace']);
    expect(counted('workspace')).toBe(6);
  });

  it('[CTL14] stays in the cone', () => {
    const turn = (axis: 'qx' | 'qy' | 'qz') => (at: number) => ({ qw: Math.cos((at * Math.PI) / 120), [axis]: Math.sin((at * Math.PI) / 120) });
    expect(walk(createPose(), turn('qx'), 20)).toEqual([14, 'workspace']);
    expect(walk(createPose(), turn('qy'), 20)).toEqual([14, 'workspace']);
    expect(walk(createPose(), turn('qz'), 20)).toEqual([20, null]);
  });

  it('[CTL15] a probe that was found outside comes back, and goes no further out', () => {
    const outside = { ...createPose(), xMm: 60, yMm: -60, zMm: 60 };
    expect(walk(outside, (at) => ({ xMm: -at * 2, yMm: at * 2, zMm: -at * 2 }), 20)).toEqual([20, null]);
    for (const away of [{ xMm: 0.5 }, { yMm: -0.5 }, { zMm: 0.5 }]) expect(walk(outside, () => away, 1)).toEqual([1, 'workspace']);
    const leaning = createPose();
    composePose(leaning, leaning, { ...createPose(), qw: Math.cos(0.4), qx: Math.sin(0.4) });
    expect(walk(leaning, (at) => ({ qw: Math.cos(at * 0.02), qx: -Math.sin(at * 0.02) }), 5)).toEqual([5, null]);
    expect(walk(leaning, (at) => ({ qw: Math.cos(at * 0.02), qx: Math.sin(at * 0.02) }), 5)).toEqual([1, 'workspace']);
  });

  it('[CTL14] in an empty workspace nothing moves', () => {
    guard.begin(3, 'full', { ...LIMITS, workspaceMin: { xMm: 5, yMm: -50, zMm: -50 }, workspaceMax: { xMm: 4, yMm: 50, zMm: 50 } });
    guard.engage(createPose(), nowMs);
    nowMs += 100;
    // Not further out than it is, which is nowhere inside: it may stay, and not move into a place that is none.
    expect(guard.checkStep(command({ target: { xMm: 1 } }), nowMs)).toBe('workspace');
  });

  it('limits of a lease hold from its begin', () => {
    guard.begin(3, 'full', { ...LIMITS, maxSpeedMmPerS: 10, maxForceN: 1 });
    guard.engage(createPose(), nowMs);
    nowMs += 100;
    expect(step({ xMm: 1.01 })).toBe('speed');
    expect(step({ xMm: 0.99 })).toBeNull();
    expect(guard.checkAsked(command({ forceN: 1.1 }))).toBe('force');
  });
});

describe('the turn about the probe’s own axis', () => {
  const turned = (deg: number): Pose => ({ ...createPose(), qw: Math.cos((deg * Math.PI) / 360), qz: Math.sin((deg * Math.PI) / 360) });
  /** Goes there in steps that are slow enough; the last answer. */
  function turnTo(fromDeg: number, toDeg: number): Rejection | null {
    let answer: Rejection | null = null;
    const way = Math.sign(toDeg - fromDeg);
    for (let deg = fromDeg + way; way > 0 ? deg <= toDeg : deg >= toDeg; deg += way) {
      nowMs += 100;
      answer = guard.checkStep(command({ target: turned(deg) }), nowMs);
    }
    return answer;
  }

  it('[CTL96] stays within its limit, either way', () => {
    expect([turnTo(0, 90), turnTo(90, 91)]).toEqual([null, 'workspace']);
    begin();
    expect([turnTo(0, -90), turnTo(-90, -91)]).toEqual([null, 'workspace']);
  });

  it('[CTL96] found outside, it is turned back and not further, and not the other way round either', () => {
    guard.engage(turned(120), nowMs);
    nowMs += 1000;
    expect(guard.checkStep(command({ target: turned(1) }), nowMs)).toBe('workspace');
    expect(guard.checkStep(command({ target: turned(-1) }), nowMs)).toBeNull();
    const narrow = { ...LIMITS, maxSpinDeg: 179, maxTiltDeg: 180 };
    guard.begin(3, 'full', narrow);
    guard.engage(turned(178), nowMs);
    nowMs += 1000;
    expect(guard.checkStep(command({ target: turned(4) }), nowMs)).toBe('workspace'); // 182°, which is -178°
    guard.begin(3, 'full', { ...narrow, maxSpinDeg: 180 });
    guard.engage(turned(178), nowMs);
    nowMs += 1000;
    expect(guard.checkStep(command({ target: turned(4) }), nowMs)).toBeNull(); // no limit at all
  });

  it('[CTL96] is what is left when the lean is taken off', () => {
    const leaning: Pose = { ...createPose(), qw: Math.cos(Math.PI / 8), qx: Math.sin(Math.PI / 8) };
    expect(spinDeg(leaning)).toBeCloseTo(0);
    for (const deg of [-170, -90, 0, 33, 170]) {
      const both = createPose();
      composePose(both, leaning, turned(deg));
      expect(spinDeg(both)).toBeCloseTo(deg);
      expect(spinDeg({ ...both, qw: -both.qw, qx: -both.qx, qy: -both.qy, qz: -both.qz })).toBeCloseTo(deg);
    }
  });
});
