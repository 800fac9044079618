import type { MotionLimits } from '#shared/control/limits';
import { composePose, createPose, type Pose } from '#shared/control/pose';
import { useText } from '../../ui/text.ts';
import type { LimitNear } from '../../state/control/liveView.ts';

type Point = readonly [number, number, number];

/** From the side and above: base frame (z into the patient) onto the sheet, mm. */
const AZIMUTH = (32 * Math.PI) / 180;
const ELEVATION = (24 * Math.PI) / 180;
function flat([x, y, z]: Point): string {
  const across = x * Math.cos(AZIMUTH) - y * Math.sin(AZIMUTH);
  const away = x * Math.sin(AZIMUTH) + y * Math.cos(AZIMUTH);
  return `${across.toFixed(1)},${(z * Math.cos(ELEVATION) + away * Math.sin(ELEVATION)).toFixed(1)}`;
}
const path = (points: readonly Point[], isClosed = false): string => `M${points.map(flat).join('L')}${isClosed ? 'Z' : ''}`;

/** A place in the probe's frame, in the base frame. */
function placed(pose: Readonly<Pose>, [xMm, yMm, zMm]: Point): Point {
  const out = createPose();
  composePose(out, pose, { ...createPose(), xMm, yMm, zMm });
  return [out.xMm, out.yMm, out.zMm];
}

/** The fan of its beams, the head, the handle, and the mark on its left. */
function Probe({ pose, kind }: { readonly pose: Readonly<Pose>; readonly kind: 'measured' | 'target' }) {
  const at = (...points: readonly Point[]) => points.map((point) => placed(pose, point));
  const angles = [-30, -15, 0, 15, 30].map((deg) => (deg * Math.PI) / 180);
  const face = angles.map((angle): Point => [50 * Math.sin(angle), 0, 50 * (Math.cos(angle) - 1)]);
  const far = angles.map((angle): Point => [130 * Math.sin(angle), 0, 130 * Math.cos(angle) - 50]).reverse();
  return (
    <g data-kind={kind}>
      <path className="ct-fan" d={path(at(...face, ...far), true)} />
      <path className="ct-head" d={path(at(...face, [21, 0, -32], [15, 0, -82], [-15, 0, -82], [-21, 0, -32]), true)} />
      <path className="ct-mark" d={path(at([-25, 0, -9], [-20, 0, -32]))} />
    </g>
  );
}

type Workspace = Pick<MotionLimits, 'workspaceMin' | 'workspaceMax'>;

function Box({ workspaceMin: a, workspaceMax: b }: Workspace) {
  const floor = (z: number): Point[] => [[a.xMm, a.yMm, z], [b.xMm, a.yMm, z], [b.xMm, b.yMm, z], [a.xMm, b.yMm, z]];
  const [top, bottom] = [floor(a.zMm), floor(b.zMm)];
  const lines = [0, 0.25, 0.5, 0.75, 1].flatMap((share): Point[][] => {
    const [x, y] = [a.xMm + share * (b.xMm - a.xMm), a.yMm + share * (b.yMm - a.yMm)];
    return [[[x, a.yMm, b.zMm], [x, b.yMm, b.zMm]], [[a.xMm, y, b.zMm], [b.xMm, y, b.zMm]]];
  });
  return (
    <>
      {lines.map((line) => <path key={path(line)} className="ct-grid" d={path(line)} />)}
      <path className="ct-box" d={path(bottom, true)} />
      <path className="ct-box" d={path(top, true)} />
      {top.map((corner, index) => <path key={flat(corner)} className="ct-box" d={path([corner, bottom[index] ?? corner])} />)}
    </>
  );
}

/** [CTL68] The probe in its workspace, seen from the side; what it was told is dashed. Numbers beside it. */
export function PoseView({ measured, target, isMoving, limits, tiltDeg, near }: { readonly measured: Readonly<Pose>; readonly target: Readonly<Pose>; readonly isMoving: boolean; readonly limits: Workspace; readonly tiltDeg: number; readonly near: LimitNear | null }) {
  const { t } = useText();
  const { workspaceMin: a, workspaceMax: b } = limits;
  const corners = [a.xMm, b.xMm].flatMap((x) => [a.yMm, b.yMm].flatMap((y) => [a.zMm - 10, b.zMm + 10].map((z) => flat([x, y, z]).split(',').map(Number))));
  const [xs, ys] = [corners.map(([x]) => x ?? 0), corners.map(([, y]) => y ?? 0)];
  const [left, top] = [Math.min(...xs) - 5, Math.min(...ys) - 5];
  const number = (value: number) => (Math.round(value) || 0).toFixed(0).replace('-', '−');
  return (
    <figure className="ct-pose" data-near={near}>
      <svg viewBox={`${left} ${top} ${Math.max(...xs) + 5 - left} ${Math.max(...ys) + 5 - top}`} role="img" aria-label={t('probe.poseLabel', { x: number(measured.xMm), y: number(measured.yMm), z: number(measured.zMm), tilt: number(tiltDeg) })}>
        <Box {...limits} />
        {isMoving && <Probe pose={target} kind="target" />}
        <Probe pose={measured} kind="measured" />
      </svg>
      <figcaption aria-hidden="true">
        <span>x {number(measured.xMm)}</span>
        <span>y {number(measured.yMm)}</span>
        <span>z {number(measured.zMm)} mm</span>
        <span data-near={near === 'tilt'}>{t('probe.tilt')} {number(tiltDeg)}°</span>
      </figcaption>
    </figure>
  );
}
