import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { angleBetweenDeg, clearPose, composePose, copyPose, createPose, distanceMm, isSoundPose, type Pose, relativePose, tiltDeg } from '#shared/control/pose';

const DEG = Math.PI / 180;
/** A turn about one axis. */
function turned(axis: 'x' | 'y' | 'z', deg: number, at: readonly [number, number, number] = [0, 0, 0]): Pose {
  const half = (deg * DEG) / 2;
  const s = Math.sin(half);
  return { xMm: at[0], yMm: at[1], zMm: at[2], qw: Math.cos(half), qx: axis === 'x' ? s : 0, qy: axis === 'y' ? s : 0, qz: axis === 'z' ? s : 0 };
}
const number = fc.double({ min: -200, max: 200, noNaN: true });
const pose = fc.tuple(number, number, number, fc.double({ min: -180, max: 180, noNaN: true }), fc.double({ min: -180, max: 180, noNaN: true }), fc.double({ min: -180, max: 180, noNaN: true })).map(([x, y, z, a, b, c]) => {
  const out = turned('x', a, [x, y, z]);
  composePose(out, out, turned('y', b));
  composePose(out, out, turned('z', c));
  return out;
});
function expectSame(a: Pose, b: Pose): void {
  expect(distanceMm(a, b)).toBeLessThan(1e-9);
  expect(angleBetweenDeg(a, b)).toBeLessThan(1e-6);
}

describe('poses', () => {
  it('turns a displacement into the frame of the reference', () => {
    const out = createPose();
    composePose(out, turned('z', 90, [10, 20, 30]), turned('x', 30, [1, 2, 3]));
    expect([out.xMm, out.yMm, out.zMm]).toEqual([expect.closeTo(8, 9), expect.closeTo(21, 9), expect.closeTo(33, 9)]);
    composePose(out, turned('x', 90), { ...createPose(), xMm: 1, yMm: 2, zMm: 3 });
    expect([out.xMm, out.yMm, out.zMm]).toEqual([expect.closeTo(1, 9), expect.closeTo(-3, 9), expect.closeTo(2, 9)]);
    composePose(out, turned('y', 90), { ...createPose(), xMm: 1, yMm: 2, zMm: 3 });
    expect([out.xMm, out.yMm, out.zMm]).toEqual([expect.closeTo(3, 9), expect.closeTo(2, 9), expect.closeTo(-1, 9)]);
  });

  it('applies turns one after the other', () => {
    const out = createPose();
    composePose(out, turned('x', 20), turned('x', 25));
    expectSame(out, turned('x', 45));
    composePose(out, turned('x', 90), turned('y', 90));
    expectSame(out, { ...createPose(), qw: 0.5, qx: 0.5, qy: 0.5, qz: 0.5 });
    composePose(out, turned('y', 90), turned('z', 90));
    expectSame(out, { ...createPose(), qw: 0.5, qx: 0.5, qy: 0.5, qz: 0.5 });
    composePose(out, turned('z', 90), turned('x', 90));
    expectSame(out, { ...createPose(), qw: 0.5, qx: 0.5, qy: 0.5, qz: 0.5 });
    composePose(out, turned('x', 90), turned('z', 90));
    expectSame(out, { ...createPose(), qw: 0.5, qx: 0.5, qy: -0.5, qz: 0.5 });
    composePose(out, { ...turned('x', 90), qw: 2 * Math.SQRT1_2, qx: 2 * Math.SQRT1_2 }, createPose()); // digits that were lost on the way are made good
    expect(Math.hypot(out.qw, out.qx, out.qy, out.qz)).toBeCloseTo(1, 12);
  });

  it('what is composed is taken apart again, also into one of its own parts', () => {
    fc.assert(
      fc.property(pose, pose, (reference, relative) => {
        const out = createPose();
        composePose(out, reference, relative);
        expect(Math.hypot(out.qw, out.qx, out.qy, out.qz)).toBeCloseTo(1, 12);
        relativePose(out, reference, out);
        expectSame(out, relative);
      }),
      { seed: 5 },
    );
  });

  it('measures angles of both signs of a quaternion, small ones too', () => {
    for (const deg of [0, 0.0001, 1, 5, 90, 179]) for (const axis of ['x', 'y', 'z'] as const) {
      expect(angleBetweenDeg(turned('y', 40), composed(turned('y', 40), turned(axis, deg)))).toBeCloseTo(deg, 6);
      const { qw, qx, qy, qz } = turned(axis, deg);
      expect(angleBetweenDeg(createPose(), { ...createPose(), qw: -qw, qx: -qx, qy: -qy, qz: -qz })).toBeCloseTo(deg, 6);
    }
  });

  it('measures distances', () => expect(distanceMm({ ...createPose(), xMm: 1, yMm: 2, zMm: 3 }, { ...createPose(), xMm: 3, yMm: 5, zMm: 9 })).toBe(7));

  it('measures how far a probe leans, whichever way it is turned about itself', () => {
    expect(tiltDeg(turned('z', 77))).toBeCloseTo(0, 6);
    expect(tiltDeg(turned('x', 30))).toBeCloseTo(30, 6);
    expect(tiltDeg(turned('y', -40))).toBeCloseTo(40, 6);
    expect(tiltDeg(composed(turned('x', 30), turned('z', 50)))).toBeCloseTo(30, 6);
    expect(tiltDeg(turned('x', 180))).toBeCloseTo(180, 6);
    expect(tiltDeg({ ...createPose(), qx: 0, qy: 0, qz: 0, qw: 1.0000001 })).toBe(0);
  });

  it('[CTL10] tells what is no pose', () => {
    expect(isSoundPose(createPose())).toBe(true);
    expect(isSoundPose({ ...createPose(), qw: 1.0009 })).toBe(true);
    for (const axis of ['qx', 'qy', 'qz'] as const) expect(isSoundPose({ ...createPose(), qw: 0, [axis]: 1 })).toBe(true);
    expect(isSoundPose({ ...createPose(), qw: 0.5, qx: -0.5, qy: 0.5, qz: -0.5 })).toBe(true);
    expect(isSoundPose({ ...createPose(), qw: 0.9991 })).toBe(true);
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) for (const field of ['xMm', 'yMm', 'zMm', 'qw', 'qx', 'qy', 'qz'] as const) expect(isSoundPose({ ...createPose(), [field]: bad })).toBe(false);
    for (const change of [{ qw: 1.0011 }, { qw: 0.9989 }, { qw: 0 }, { qx: 0.1 }, { qy: 0.1 }, { qz: 0.1 }]) expect(isSoundPose({ ...createPose(), ...change })).toBe(false);
  });

  it('copies and clears', () => {
    const a = turned('x', 33, [1, 2, 3]);
    const b = createPose();
    copyPose(b, a);
    expect(b).toEqual(a);
    copyPose(b, { xMm: 1, yMm: 2, zMm: 3, qw: 4, qx: 5, qy: 6, qz: 7 });
    expect(b).toEqual({ xMm: 1, yMm: 2, zMm: 3, qw: 4, qx: 5, qy: 6, qz: 7 });
    clearPose(b);
    expect(b).toEqual(createPose());
  });
});

function composed(a: Pose, b: Pose): Pose {
  const out = createPose();
  composePose(out, a, b);
  return out;
}
