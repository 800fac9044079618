import { beforeEach, describe, expect, it } from 'vitest';
import { createHeartbeat, readHeartbeat } from '#shared/control/frames/heartbeatFrame';
import { createMotionCommand, type MotionCommand, readMotion } from '#shared/control/frames/motionFrame';
import { createDeviceState, type DeviceState, STATE_BYTES, writeState } from '#shared/control/frames/stateFrame';
import { OperatorSide } from '#shared/control/operatorSide';
import { composePose, createPose, type Pose } from '#shared/control/pose';

let operator: OperatorSide;
let nowMs: number;
let stampMs: number;
let pose: Pose;
let isDeadManHeld: boolean;

function hear(change: Partial<DeviceState> = {}): boolean {
  const bytes = new DataView(new ArrayBuffer(STATE_BYTES));
  writeState(bytes, { ...createDeviceState(), epoch: 8, phase: 'waiting', stampMs, ...change });
  return operator.handleState(bytes, nowMs);
}

function next(): MotionCommand {
  const bytes = operator.nextMotion({ pose, forceN: 4, isDeadManHeld }, nowMs);
  if (bytes === null) throw new Error('no command');
  const command = createMotionCommand();
  expect(readMotion(bytes, command)).toBeNull();
  return command;
}

beforeEach(() => {
  operator = new OperatorSide();
  nowMs = 100;
  stampMs = 9000;
  pose = createPose();
  isDeadManHeld = false;
  hear();
  operator.begin(8);
});

/** The patient side says that this gesture moves the probe. */
function engaged(gesture: number, change: Partial<DeviceState> = {}): void {
  stampMs += 20;
  nowMs += 20;
  hear({ phase: 'engaged', gesture, ...change });
}

describe('the side that steers', () => {
  it('sends nothing without a lease, or before the device was heard', () => {
    operator.end();
    expect(operator.epoch).toBeNull();
    expect(operator.nextMotion({ pose, forceN: 0, isDeadManHeld }, nowMs)).toBeNull();
    expect(operator.nextHeartbeat()).toBeNull();
    const deaf = new OperatorSide();
    deaf.begin(1);
    expect(deaf.nextMotion({ pose, forceN: 0, isDeadManHeld }, nowMs)).toBeNull();
    expect(deaf.nextHeartbeat()).toBeNull();
    expect(deaf.stateAgeMs(nowMs)).toBeNull();
  });

  it('[CTL12] says when it was sent, and which state it has seen, and for how long', () => {
    nowMs = 107;
    expect(next()).toMatchObject({ epoch: 8, sequence: 0, sentAtMs: 107, echoAtMs: 9000, echoHeldMs: 7, forceN: 4 });
    expect(next().sequence).toBe(1);
    expect(operator.stateAgeMs(150)).toBe(50);
  });

  it('counts heartbeats by themselves, and anew with each lease', () => {
    const read = () => {
      const bytes = operator.nextHeartbeat();
      const heartbeat = createHeartbeat();
      if (bytes) readHeartbeat(bytes, heartbeat);
      return heartbeat;
    };
    next();
    expect(read()).toEqual({ epoch: 8, sequence: 0, echoAtMs: 9000 });
    expect(read().sequence).toBe(1);
    operator.begin(9);
    expect(read()).toMatchObject({ epoch: 9, sequence: 0 });
    expect(next()).toMatchObject({ epoch: 9, sequence: 0 });
  });

  it('takes newer states only, and no nonsense', () => {
    expect(hear({ forceN: 5 })).toBe(false);
    stampMs -= 1;
    expect(hear({ forceN: 5 })).toBe(false);
    expect(operator.handleState(new DataView(new ArrayBuffer(5)), nowMs)).toBe(false);
    expect(operator.state.forceN).toBe(0);
    stampMs += 2;
    nowMs += 30;
    expect(hear({ forceN: 5, measured: { ...createPose(), xMm: 3 }, target: { ...createPose(), yMm: 4 } })).toBe(true);
    expect(operator.state).toMatchObject({ forceN: 5, stampMs, measured: { xMm: 3 }, target: { yMm: 4 } });
    expect(operator.stateAgeMs(nowMs)).toBe(0);
  });

  it('[CTL30] [CTL34] counts presses; one that was there before the lease is none', () => {
    isDeadManHeld = true;
    expect(next()).toMatchObject({ isDeadManHeld: true, gesture: 0 });
    isDeadManHeld = false;
    expect(next()).toMatchObject({ isDeadManHeld: false, gesture: 0 });
    isDeadManHeld = true;
    expect(next().gesture).toBe(1);
    expect(next().gesture).toBe(1);
    isDeadManHeld = false;
    next();
    isDeadManHeld = true;
    next();
    expect(operator.gesture).toBe(2);
    operator.begin(9);
    expect(next().gesture).toBe(0);
  });

  it('asks for no way before this very press moves the probe; then for the way from there', () => {
    next();
    isDeadManHeld = true;
    pose.xMm = 50;
    expect(next().target).toEqual(createPose());
    engaged(7); // another press
    pose.xMm = 60;
    expect(next().target).toEqual(createPose());
    engaged(1, { epoch: 7 }); // another lease
    expect(next().target).toEqual(createPose());
    engaged(1);
    expect(next().target).toEqual(createPose());
    pose.xMm = 63;
    expect(next().target.xMm).toBe(3);
    expect(next().hand).toEqual({ ...createPose(), qw: 1 });
    stampMs += 20;
    hear({ phase: 'stopping', gesture: 0 });
    expect(next().target).toEqual(createPose());
  });

  it('after a clutch the way begins where the hand then is', () => {
    next();
    isDeadManHeld = true;
    next();
    engaged(1);
    next();
    pose.yMm = 10;
    expect(next().target.yMm).toBe(10);
    isDeadManHeld = false;
    expect(next().target).toEqual(createPose());
    pose.yMm = -200;
    isDeadManHeld = true;
    expect(next()).toMatchObject({ gesture: 2, target: createPose() });
    engaged(2);
    expect(next().target).toEqual(createPose());
    pose.yMm = -198;
    expect(next().target.yMm).toBe(2);
  });

  it('gives the way as seen from the hand, turned and scaled', () => {
    next();
    isDeadManHeld = true;
    pose = { ...createPose(), qw: Math.SQRT1_2, qz: Math.SQRT1_2 };
    operator.setScale(0.5);
    next();
    engaged(1);
    next();
    operator.setScale(1); // not while it moves
    composePose(pose, { ...pose, xMm: 4, yMm: 8, zMm: 2 }, { ...createPose(), qw: Math.cos(0.1), qx: Math.sin(0.1) });
    const { target, hand } = next();
    expect(target).toMatchObject({ xMm: expect.closeTo(4, 5), yMm: expect.closeTo(-2, 5), zMm: expect.closeTo(1, 5), qx: expect.closeTo(Math.sin(0.1), 5) });
    expect(hand.qw).toBeCloseTo(pose.qw, 6);
    expect(operator.scale).toBe(0.5);
    isDeadManHeld = false;
    next();
    operator.setScale(7);
    expect(operator.scale).toBe(1);
    operator.setScale(0);
    expect(operator.scale).toBe(0.05);
  });

  it('a lease that ended moves nothing with the next', () => {
    next();
    isDeadManHeld = true;
    next();
    engaged(1);
    next();
    operator.end();
    operator.begin(8);
    pose.xMm = 9;
    expect(next().target).toEqual(createPose());
  });
});
