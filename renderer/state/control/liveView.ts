import type { DeviceState } from '#shared/control/frames/stateFrame';
import { copyPose, createPose, type Pose, relativePose, spinDeg, tiltDeg } from '#shared/control/pose';
import type { MotionLimits } from '#shared/control/limits';

/** A direction in the probe's own frame, in words: of a way, and of a lean or turn. */
export type Direction = 'left' | 'right' | 'up' | 'down' | 'in' | 'out';
export type Turning = 'tiltLeft' | 'tiltRight' | 'tiltUp' | 'tiltDown' | 'turnLeft' | 'turnRight';

/** Which limit the probe is at, or nearly. */
export type LimitNear = 'edge' | 'tilt' | 'spin' | 'force';

/** What a screen shows of the device at one moment: a copy, ten times a second, of what is written over a hundred times. */
export interface LiveView extends Omit<Readonly<DeviceState>, 'measured' | 'target'> {
  readonly measured: Readonly<Pose>;
  readonly target: Readonly<Pose>;
  /** How old it is, ms; null: the device was never heard. */
  readonly ageMs: number | null;
  readonly tiltDeg: number;
}

/** Older than this the device counts as not heard: fifty states a second, and a few may be lost, ms. */
export const DEAF_AFTER_MS = 500;

export function createLiveView(state: Readonly<DeviceState>, ageMs: number | null): LiveView {
  const measured = createPose();
  const target = createPose();
  copyPose(measured, state.measured);
  copyPose(target, state.target);
  return { ...state, measured, target, ageMs, tiltDeg: tiltDeg(measured) };
}

export const isHeard = ({ ageMs }: Pick<LiveView, 'ageMs'>): boolean => ageMs !== null && ageMs <= DEAF_AFTER_MS;

/** [CTL68] How far, and which way, to turn a hand until it is like the probe: the largest part of what is left, degrees. */
export function turnLeft(hand: Readonly<Pose>, probe: Readonly<Pose>): { readonly deg: number; readonly turning: Turning } {
  const left = createPose();
  relativePose(left, hand, probe);
  const sign = left.qw < 0 ? -1 : 1;
  const [x, y, z] = [sign * left.qx, sign * left.qy, sign * left.qz];
  const size = Math.hypot(x, y, z);
  const deg = (2 * Math.atan2(size, Math.abs(left.qw)) * 180) / Math.PI;
  if (Math.abs(z) >= Math.abs(x) && Math.abs(z) >= Math.abs(y)) return { deg, turning: z >= 0 ? 'turnRight' : 'turnLeft' };
  if (Math.abs(y) >= Math.abs(x)) return { deg, turning: y >= 0 ? 'tiltRight' : 'tiltLeft' };
  return { deg, turning: x >= 0 ? 'tiltUp' : 'tiltDown' };
}

/** Less than this is no move that anybody would see. */
const VISIBLE_MM = 1;
const VISIBLE_DEG = 1.5;

/** [CTL71] What the probe is about to do: the largest part of the way from where it is to where it was told, in its own frame. */
export function nextMove(measured: Readonly<Pose>, target: Readonly<Pose>): { readonly move: { readonly direction: Direction; readonly mm: number } | null; readonly turn: { readonly turning: Turning; readonly deg: number } | null } {
  const left = createPose();
  relativePose(left, measured, target);
  const { xMm: x, yMm: y, zMm: z } = left;
  const mm = Math.hypot(x, y, z);
  const [ax, ay, az] = [Math.abs(x), Math.abs(y), Math.abs(z)];
  const direction: Direction = az >= ax && az >= ay ? (z >= 0 ? 'in' : 'out') : ax >= ay ? (x >= 0 ? 'right' : 'left') : y >= 0 ? 'down' : 'up';
  const turn = turnLeft(measured, target);
  return { move: mm < VISIBLE_MM ? null : { direction, mm }, turn: turn.deg < VISIBLE_DEG ? null : turn };
}

/** [CTL68] The limit that the probe is at, or within a tenth of. */
export function limitNear({ measured, forceN, tiltDeg: tilt }: LiveView, limits: MotionLimits): LimitNear | null {
  if (forceN > 0.85 * limits.maxForceN) return 'force';
  if (tilt > 0.9 * limits.maxTiltDeg) return 'tilt';
  if (limits.maxSpinDeg < 180 && Math.abs(spinDeg(measured)) > 0.9 * limits.maxSpinDeg) return 'spin';
  const { workspaceMin: min, workspaceMax: max } = limits;
  for (const axis of ['xMm', 'yMm', 'zMm'] as const) {
    const margin = 0.05 * (max[axis] - min[axis]);
    if (measured[axis] < min[axis] + margin || measured[axis] > max[axis] - margin) return 'edge';
  }
  return null;
}
