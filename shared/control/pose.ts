/**
 * Where a probe is: position in mm and orientation as a unit quaternion (scalar first, right-handed, passive), in the frame that the
 * place of use names. Mutable on purpose: poses of the hot path are made once and written over.
 */
export interface Pose {
  xMm: number;
  yMm: number;
  zMm: number;
  qw: number;
  qx: number;
  qy: number;
  qz: number;
}

/** How far a quaternion's length may be from one before it is no orientation. */
const UNIT_TOLERANCE = 1e-3;

/** No displacement and no rotation. */
export const createPose = (): Pose => ({ xMm: 0, yMm: 0, zMm: 0, qw: 1, qx: 0, qy: 0, qz: 0 });

export function copyPose(to: Pose, from: Readonly<Pose>): void {
  to.xMm = from.xMm;
  to.yMm = from.yMm;
  to.zMm = from.zMm;
  to.qw = from.qw;
  to.qx = from.qx;
  to.qy = from.qy;
  to.qz = from.qz;
}

export function clearPose(pose: Pose): void {
  pose.xMm = pose.yMm = pose.zMm = pose.qx = pose.qy = pose.qz = 0;
  pose.qw = 1;
}

/** False for NaN, an infinity, or a quaternion that is no rotation. */
export function isSoundPose(pose: Readonly<Pose>): boolean {
  const length = Math.sqrt(pose.qw * pose.qw + pose.qx * pose.qx + pose.qy * pose.qy + pose.qz * pose.qz);
  // A comparison with NaN is false: the one line refuses NaN and infinities of the quaternion too.
  return Math.abs(length - 1) <= UNIT_TOLERANCE && Number.isFinite(pose.xMm) && Number.isFinite(pose.yMm) && Number.isFinite(pose.zMm);
}

/** Between two positions, mm. */
export function distanceMm(a: Readonly<Pose>, b: Readonly<Pose>): number {
  return Math.hypot(a.xMm - b.xMm, a.yMm - b.yMm, a.zMm - b.zMm);
}

/** The angle of the rotation from one orientation to the other, degrees, 0 to 180. */
export function angleBetweenDeg(a: Readonly<Pose>, b: Readonly<Pose>): number {
  // By the vector part of the difference: near zero an arc cosine of the scalar part has no digits left.
  const w = a.qw * b.qw + a.qx * b.qx + a.qy * b.qy + a.qz * b.qz;
  const x = a.qw * b.qx - a.qx * b.qw - a.qy * b.qz + a.qz * b.qy;
  const y = a.qw * b.qy + a.qx * b.qz - a.qy * b.qw - a.qz * b.qx;
  const z = a.qw * b.qz - a.qx * b.qy + a.qy * b.qx - a.qz * b.qw;
  return (2 * Math.atan2(Math.hypot(x, y, z), Math.abs(w)) * 180) / Math.PI;
}

/** `out` = the pose that is `relative` as seen from `reference`. `out` may be either of the two. */
export function composePose(out: Pose, reference: Readonly<Pose>, relative: Readonly<Pose>): void {
  const { qw: w, qx: x, qy: y, qz: z } = reference;
  const { xMm: vx, yMm: vy, zMm: vz, qw: rw, qx: rx, qy: ry, qz: rz } = relative;
  // v' = v + 2 w (q × v) + 2 q × (q × v)
  const tx = 2 * (y * vz - z * vy);
  const ty = 2 * (z * vx - x * vz);
  const tz = 2 * (x * vy - y * vx);
  out.xMm = reference.xMm + vx + w * tx + y * tz - z * ty;
  out.yMm = reference.yMm + vy + w * ty + z * tx - x * tz;
  out.zMm = reference.zMm + vz + w * tz + x * ty - y * tx;
  const qw = w * rw - x * rx - y * ry - z * rz;
  const qx = w * rx + x * rw + y * rz - z * ry;
  const qy = w * ry - x * rz + y * rw + z * rx;
  const qz = w * rz + x * ry - y * rx + z * rw;
  const length = Math.sqrt(qw * qw + qx * qx + qy * qy + qz * qz);
  out.qw = qw / length;
  out.qx = qx / length;
  out.qy = qy / length;
  out.qz = qz / length;
}

/** `out` = `pose` as seen from `reference`: what `composePose` turns back. */
export function relativePose(out: Pose, reference: Readonly<Pose>, pose: Readonly<Pose>): void {
  const { qw, qx, qy, qz } = reference;
  const dx = pose.xMm - reference.xMm;
  const dy = pose.yMm - reference.yMm;
  const dz = pose.zMm - reference.zMm;
  const inverse = { xMm: 0, yMm: 0, zMm: 0, qw, qx: -qx, qy: -qy, qz: -qz };
  composePose(out, inverse, { xMm: dx, yMm: dy, zMm: dz, qw: pose.qw, qx: pose.qx, qy: pose.qy, qz: pose.qz });
}

/** The angle between the probe's axis (its own z, out of the tip) and the frame's z (straight into the patient), degrees, 0 to 180. */
export function tiltDeg(pose: Readonly<Pose>): number {
  const axisZ = 1 - 2 * (pose.qx * pose.qx + pose.qy * pose.qy);
  return (Math.acos(Math.max(-1, Math.min(1, axisZ))) * 180) / Math.PI;
}

/** How far the probe is turned about its own axis, degrees, -180 to 180: what is left of its orientation when the lean is taken off. */
export function spinDeg({ qw, qz }: Readonly<Pose>): number {
  return (2 * Math.atan2(qw < 0 ? -qz : qz, Math.abs(qw)) * 180) / Math.PI;
}
