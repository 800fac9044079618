import type { Pose } from '../pose.ts';

/** Three f32 of position (mm) and four of orientation (w, x, y, z). */
export const POSE_BYTES = 28;

export function writePose(bytes: DataView, at: number, pose: Readonly<Pose>): void {
  bytes.setFloat32(at, pose.xMm);
  bytes.setFloat32(at + 4, pose.yMm);
  bytes.setFloat32(at + 8, pose.zMm);
  writeTurn(bytes, at + 12, pose);
}

export function readPose(bytes: DataView, at: number, pose: Pose): void {
  pose.xMm = bytes.getFloat32(at);
  pose.yMm = bytes.getFloat32(at + 4);
  pose.zMm = bytes.getFloat32(at + 8);
  readTurn(bytes, at + 12, pose);
}

/** Orientation alone, 16 bytes. */
export function writeTurn(bytes: DataView, at: number, pose: Readonly<Pose>): void {
  bytes.setFloat32(at, pose.qw);
  bytes.setFloat32(at + 4, pose.qx);
  bytes.setFloat32(at + 8, pose.qy);
  bytes.setFloat32(at + 12, pose.qz);
}

export function readTurn(bytes: DataView, at: number, pose: Pose): void {
  pose.qw = bytes.getFloat32(at);
  pose.qx = bytes.getFloat32(at + 4);
  pose.qy = bytes.getFloat32(at + 8);
  pose.qz = bytes.getFloat32(at + 12);
}
