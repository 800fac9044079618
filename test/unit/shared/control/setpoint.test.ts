import { describe, expect, it } from 'vitest';
import { type MotionLimits, motionLimitsSchema, smallestLimits } from '#shared/control/limits';
import { CONTROL_MODES, movesProbe } from '#shared/control/modes';
import { angleBetweenDeg, composePose, createPose, distanceMm, type Pose } from '#shared/control/pose';
import { BRAKE_MS, Setpoint } from '#shared/control/setpoint';
import { LIMITS } from './limits.ts';

const TARGET: Pose = { xMm: 12, yMm: -7, zMm: 9, qw: Math.cos(0.15), qx: Math.sin(0.15) * 0.6, qy: 0, qz: Math.sin(0.15) * 0.8 };

/** Ticks of 5 ms towards a target; each place it was at. */
function follow(setpoint: Setpoint, target: Pose, ticks: number): Pose[] {
  return Array.from({ length: ticks }, () => {
    setpoint.follow(target, LIMITS, 5);
    return { ...setpoint.pose };
  });
}

describe('the setpoint', () => {
  it('goes to its target within the limits of speed, and does not swing beyond', () => {
    const setpoint = new Setpoint();
    setpoint.start(createPose());
    let before: Pose = createPose();
    let left = distanceMm(before, TARGET);
    for (const pose of follow(setpoint, TARGET, 400)) {
      expect(distanceMm(pose, before) / 0.005).toBeLessThanOrEqual(LIMITS.maxSpeedMmPerS + 1e-6);
      expect(angleBetweenDeg(pose, before) / 0.005).toBeLessThanOrEqual(LIMITS.maxAngularSpeedDegPerS + 1e-6);
      expect(distanceMm(pose, TARGET)).toBeLessThanOrEqual(left + 1e-9);
      left = distanceMm(pose, TARGET);
      before = pose;
    }
    expect(left).toBeLessThan(0.01);
    expect(angleBetweenDeg(before, TARGET)).toBeLessThan(0.01);
    expect(Math.hypot(before.qw, before.qx, before.qy, before.qz)).toBeCloseTo(1, 12);
  });

  it('takes up speed gradually', () => {
    const setpoint = new Setpoint();
    setpoint.start(createPose());
    follow(setpoint, { ...createPose(), xMm: 40 }, 1);
    expect(setpoint.speedMmPerS).toBeCloseTo(5, 6);
    follow(setpoint, { ...createPose(), xMm: 40 }, 4);
    expect(setpoint.speedMmPerS).toBeCloseTo(25, 6);
    follow(setpoint, { ...createPose(), xMm: 40 }, 20);
    expect(setpoint.speedMmPerS).toBeCloseTo(50, 6);
  });

  it('turns the short way round, whichever sign the quaternion has', () => {
    const setpoint = new Setpoint();
    setpoint.start(createPose());
    const target = { ...createPose(), qw: -Math.cos(0.1), qx: -Math.sin(0.1) };
    const angles = follow(setpoint, target, 300).map((pose) => angleBetweenDeg(pose, createPose()));
    expect(Math.max(...angles)).toBeLessThan(11.6);
    expect(angles.at(-1)).toBeCloseTo((0.2 * 180) / Math.PI, 2);
  });

  it('turns in the base frame, about each axis', () => {
    for (const axis of ['qx', 'qy', 'qz'] as const) for (const start of [createPose(), TARGET]) {
      const target = createPose();
      composePose(target, { ...createPose(), qw: Math.cos(0.1), [axis]: Math.sin(0.1) }, { ...start, xMm: 0, yMm: 0, zMm: 0 });
      const setpoint = new Setpoint();
      setpoint.start({ ...start, xMm: 0, yMm: 0, zMm: 0 });
      follow(setpoint, target, 300);
      expect(angleBetweenDeg(setpoint.pose, target)).toBeLessThan(0.01);
    }
  });

  it('turns by exactly what a tick allows, about the axis that is left, from any orientation, either sign of the quaternion', () => {
    const most = (LIMITS.maxAngularSpeedDegPerS * 5) / 50; // full speed is taken up in 50 ms
    const axis = [0.48, -0.6, 0.64] as const;
    const by = (deg: number): Pose => ({ ...createPose(), qw: Math.cos((deg * Math.PI) / 360), qx: axis[0] * Math.sin((deg * Math.PI) / 360), qy: axis[1] * Math.sin((deg * Math.PI) / 360), qz: axis[2] * Math.sin((deg * Math.PI) / 360) });
    const start = { ...createPose(), qw: 0.1, qx: 0.5, qy: -0.7, qz: 0.5 };
    for (const sign of [1, -1]) {
      const setpoint = new Setpoint();
      setpoint.start(start);
      const target = createPose();
      composePose(target, by(30), start);
      for (const part of ['qw', 'qx', 'qy', 'qz'] as const) target[part] *= sign;
      setpoint.follow(target, LIMITS, 5);
      expect(setpoint.angularSpeedDegPerS).toBeCloseTo(most, 9);
      expect(setpoint.speedMmPerS).toBe(0);
      expect(setpoint.isAtRest).toBe(false);
      const expected = createPose();
      composePose(expected, by(most * 0.005), start);
      expect(angleBetweenDeg(setpoint.pose, expected)).toBeLessThan(1e-9);
      expect(angleBetweenDeg(setpoint.pose, start)).toBeCloseTo(most * 0.005, 9);
      expect(Math.hypot(setpoint.pose.qw, setpoint.pose.qx, setpoint.pose.qy, setpoint.pose.qz)).toBeCloseTo(1, 12);
      setpoint.brake(BRAKE_MS / 4);
      expect(setpoint.angularSpeedDegPerS).toBeCloseTo(most * 0.75, 9);
      setpoint.brake(BRAKE_MS / 4);
      expect(setpoint.angularSpeedDegPerS).toBeCloseTo(most / 2, 9);
    }
  });

  it('[CTL21] comes to rest from any speed in the same time, always slower', () => {
    for (const [ticks, reach] of [[30, 45], [2, 45], [30, 2]] as const) {
      const setpoint = new Setpoint();
      setpoint.start(createPose());
      follow(setpoint, { ...TARGET, xMm: reach }, ticks);
      expect(setpoint.isAtRest).toBe(false);
      let [speed, turning] = [setpoint.speedMmPerS, setpoint.angularSpeedDegPerS];
      for (let passedMs = 0; passedMs < BRAKE_MS; passedMs += 5) {
        expect(setpoint.isAtRest).toBe(false);
        setpoint.brake(5);
        expect(setpoint.speedMmPerS).toBeLessThan(speed);
        expect(setpoint.angularSpeedDegPerS).toBeLessThan(turning);
        [speed, turning] = [setpoint.speedMmPerS, setpoint.angularSpeedDegPerS];
      }
      setpoint.brake(0.001);
      expect(setpoint.isAtRest).toBe(true);
      const { pose } = setpoint;
      const stood = { ...pose };
      setpoint.brake(5);
      expect(pose).toEqual(stood);
    }
  });

  it('after a brake that was broken off, the next one has its own speed', () => {
    const setpoint = new Setpoint();
    setpoint.start(createPose());
    follow(setpoint, { ...createPose(), xMm: 45 }, 2);
    setpoint.brake(5);
    follow(setpoint, { ...createPose(), xMm: 45 }, 15);
    const speed = setpoint.speedMmPerS;
    setpoint.brake(BRAKE_MS / 2);
    expect(setpoint.speedMmPerS).toBeCloseTo(speed / 2, 6);
  });

  it('halts at once where it is', () => {
    const setpoint = new Setpoint();
    setpoint.start(createPose());
    follow(setpoint, TARGET, 20);
    const stood = { ...setpoint.pose };
    setpoint.halt();
    expect(setpoint).toMatchObject({ isAtRest: true, speedMmPerS: 0, angularSpeedDegPerS: 0 });
    setpoint.brake(5);
    expect(setpoint.pose).toEqual(stood);
    setpoint.start(TARGET);
    expect(setpoint.pose).toEqual(TARGET);
  });

  it('rests on its target', () => {
    const setpoint = new Setpoint();
    setpoint.start(TARGET);
    setpoint.follow({ ...TARGET }, LIMITS, 5);
    expect(distanceMm(setpoint.pose, TARGET)).toBe(0);
    expect(angleBetweenDeg(setpoint.pose, TARGET)).toBeLessThan(1e-9);
  });
});

describe('limits', () => {
  it('[CTL14] the smallest holds, whoever asks for it', () => {
    const site: MotionLimits = { workspaceMin: { xMm: -60, yMm: -40, zMm: -60 }, workspaceMax: { xMm: 40, yMm: 60, zMm: 40 }, maxTiltDeg: 50, maxSpeedMmPerS: 40, maxAngularSpeedDegPerS: 50, maxForceN: 8, maxForceRateNPerS: 20, maxSpinDeg: 60 };
    const wanted: MotionLimits = { workspaceMin: { xMm: -70, yMm: -70, zMm: -30 }, workspaceMax: { xMm: 70, yMm: 30, zMm: 70 }, maxTiltDeg: 20, maxSpeedMmPerS: 60, maxAngularSpeedDegPerS: 30, maxForceN: 20, maxForceRateNPerS: 3, maxSpinDeg: 180 };
    const expected: MotionLimits = { workspaceMin: { xMm: -50, yMm: -40, zMm: -30 }, workspaceMax: { xMm: 40, yMm: 30, zMm: 40 }, maxTiltDeg: 20, maxSpeedMmPerS: 40, maxAngularSpeedDegPerS: 30, maxForceN: 8, maxForceRateNPerS: 3, maxSpinDeg: 60 };
    expect(smallestLimits(LIMITS, site, wanted)).toEqual(expected);
    expect(smallestLimits(wanted, LIMITS, site)).toEqual(expected);
    expect(smallestLimits(LIMITS)).toEqual(LIMITS);
  });

  it('are refused when they are none', () => {
    expect(motionLimitsSchema.safeParse(LIMITS).success).toBe(true);
    for (const change of [{ maxForceN: 0 }, { maxForceN: 61 }, { maxSpeedMmPerS: -1 }, { maxSpeedMmPerS: 501 }, { maxTiltDeg: 181 }, { maxAngularSpeedDegPerS: 361 }, { maxForceN: Number.NaN }, { workspaceMin: { xMm: 51, yMm: 0, zMm: 0 } }, { workspaceMin: { xMm: 0, yMm: 51, zMm: 0 } }, { workspaceMin: { xMm: 0, yMm: 0, zMm: 51 } }, { workspaceMax: { xMm: 2001, yMm: 0, zMm: 0 } }]) {
      expect(motionLimitsSchema.safeParse({ ...LIMITS, ...change }).success).toBe(false);
    }
    expect(motionLimitsSchema.safeParse({ ...LIMITS, workspaceMin: LIMITS.workspaceMax }).success).toBe(true);
    expect(motionLimitsSchema.safeParse({ ...LIMITS, workspaceMin: { xMm: 51, yMm: 0, zMm: 0 } }).error?.issues[0]?.message).toBe('the workspace is empty');
  });

  it('[CTL40] two modes move the probe', () => expect(CONTROL_MODES.filter(movesProbe)).toEqual(['orientation', 'full']));
});
