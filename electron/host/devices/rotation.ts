import { isSoundPose, type Pose } from '#shared/control/pose';
import { numberAt } from '#shared/lib/numberAt';

/** How far the columns of a matrix may be from unit length and right angles before it is no rotation: a float32 that went through a few products. */
const TOLERANCE = 1e-3;

/**
 * Sets a pose's orientation from a rotation matrix, column by column (r11 r21 r31 r12 …). False, and the pose as it was, for what is no
 * rotation: not finite, scaled, sheared, or a mirror.
 */
export function setRotation(pose: Pose, matrix: ArrayLike<number>): boolean {
  const m = (row: number, column: number): number => numberAt(matrix, column * 3 + row);
  for (let a = 0; a < 3; a += 1) {
    for (let b = a; b < 3; b += 1) {
      const product = m(0, a) * m(0, b) + m(1, a) * m(1, b) + m(2, a) * m(2, b);
      if (!(Math.abs(product - (a === b ? 1 : 0)) <= TOLERANCE)) return false; // written so that NaN is refused
    }
  }
  const determinant = m(0, 0) * (m(1, 1) * m(2, 2) - m(1, 2) * m(2, 1)) - m(0, 1) * (m(1, 0) * m(2, 2) - m(1, 2) * m(2, 0)) + m(0, 2) * (m(1, 0) * m(2, 1) - m(1, 1) * m(2, 0));
  if (!(determinant > 0)) return false;
  // By the largest of the four elements: a division by a small one would lose the digits.
  const [xx, yy, zz] = [m(0, 0), m(1, 1), m(2, 2)];
  let w: number;
  let x: number;
  let y: number;
  let z: number;
  if (xx + yy + zz > 0) [w, x, y, z] = [1 + xx + yy + zz, m(2, 1) - m(1, 2), m(0, 2) - m(2, 0), m(1, 0) - m(0, 1)];
  else if (xx >= yy && xx >= zz) [w, x, y, z] = [m(2, 1) - m(1, 2), 1 + xx - yy - zz, m(0, 1) + m(1, 0), m(0, 2) + m(2, 0)];
  else if (yy >= zz) [w, x, y, z] = [m(0, 2) - m(2, 0), m(0, 1) + m(1, 0), 1 - xx + yy - zz, m(1, 2) + m(2, 1)];
  else [w, x, y, z] = [m(1, 0) - m(0, 1), m(0, 2) + m(2, 0), m(1, 2) + m(2, 1), 1 - xx - yy + zz];
  const length = Math.hypot(w, x, y, z);
  pose.qw = w / length;
  pose.qx = x / length;
  pose.qy = y / length;
  pose.qz = z / length;
  return true;
}

/** The rotation matrix of a pose's orientation, column by column. */
export function rotationOf({ qw: w, qx: x, qy: y, qz: z }: Readonly<Pose>): readonly number[] {
  return [1 - 2 * (y * y + z * z), 2 * (x * y + w * z), 2 * (x * z - w * y), 2 * (x * y - w * z), 1 - 2 * (x * x + z * z), 2 * (y * z + w * x), 2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y)];
}

/** Whether a pose that came over a wire is one, near enough to the device to be its tip's: a rotation, finite, within 10 m. */
export function isPlausiblePose(pose: Readonly<Pose>): boolean {
  return isSoundPose(pose) && Math.max(Math.abs(pose.xMm), Math.abs(pose.yMm), Math.abs(pose.zMm)) <= 10_000;
}
