import type { Point } from './homography.ts';

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export function boxOf(points: readonly Point[]): Box {
  const xs = points.map(({ x }) => x);
  const ys = points.map(({ y }) => y);
  return { left: Math.min(...xs), top: Math.min(...ys), right: Math.max(...xs), bottom: Math.max(...ys) };
}

/** How far a point is outside of a polygon; 0 inside and on its edge. A polygon of one or two points is a point or a line. */
export function distanceTo(polygon: readonly Point[], x: number, y: number): number {
  let isInside = false;
  let nearest = Number.POSITIVE_INFINITY;
  let previous = polygon.at(-1);
  for (const point of polygon) {
    if (!previous) break;
    if (point.y > y !== previous.y > y && x < ((previous.x - point.x) * (y - point.y)) / (previous.y - point.y) + point.x) isInside = !isInside;
    const dx = previous.x - point.x;
    const dy = previous.y - point.y;
    const length = dx * dx + dy * dy;
    const along = length === 0 ? 0 : Math.min(1, Math.max(0, ((x - point.x) * dx + (y - point.y) * dy) / length));
    nearest = Math.min(nearest, Math.hypot(x - point.x - along * dx, y - point.y - along * dy));
    previous = point;
  }
  return isInside ? 0 : nearest;
}
