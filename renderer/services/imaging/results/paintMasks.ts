import type { Vector } from '../series.ts';
import { partAt, type SegmentMask } from './mask.ts';
import { voxelAt } from './sliceGrid.ts';

/** A segment as it is drawn. `colour`: red, green, blue, 0 to 255. */
export interface PaintedSegment {
  readonly mask: SegmentMask;
  readonly colour: readonly [number, number, number];
}

/** The cut that is drawn: the patient's place of the middle of its first pixel, and the steps to the next one right and down, mm. */
export interface Cut {
  readonly origin: Vector;
  readonly right: Vector;
  readonly down: Vector;
  readonly width: number;
  readonly height: number;
}

/** The edge is drawn stronger than the inside: what is under it stays readable. */
const EDGE = 0.45;

/**
 * Paints segments where a cut goes through them, one over the other, each where its own grid has it: nothing is moved or smoothed.
 * Library labelmaps hold one segment a voxel and no parts of one; here they may overlap, and a fraction is as faint as it is small.
 * @param opacity 0 to 1
 * @returns RGBA, rows from the top
 */
export function paintMasks(segments: readonly PaintedSegment[], cut: Cut, opacity: number): Uint8ClampedArray<ArrayBuffer> {
  const picture = new Uint8ClampedArray(cut.width * cut.height * 4);
  const parts = new Float32Array(cut.width * cut.height);
  for (const { mask, colour } of segments) {
    const box = sample(mask, cut, parts);
    if (box === null) continue;
    for (let y = box.top; y <= box.bottom; y += 1) {
      for (let x = box.left; x <= box.right; x += 1) {
        const at = y * cut.width + x;
        const part = parts[at] ?? 0;
        if (part === 0) continue;
        const isEdge = x === 0 || x === cut.width - 1 || y === 0 || y === cut.height - 1 || parts[at - 1] === 0 || parts[at + 1] === 0 || parts[at - cut.width] === 0 || parts[at + cut.width] === 0;
        blend(picture, at * 4, colour, Math.min(1, opacity + (isEdge ? EDGE : 0)) * part);
      }
    }
  }
  return picture;
}

interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** How much of each pixel's voxel is the segment's; null: the cut misses it. */
function sample(mask: SegmentMask, { origin, right, down, width, height }: Cut, parts: Float32Array): Box | null {
  const { grid } = mask.placed;
  const place = (x: number, y: number): Vector => voxelAt(grid, [origin[0] + right[0] * x + down[0] * y, origin[1] + right[1] * x + down[1] * y, origin[2] + right[2] * x + down[2] * y]);
  const [start, nextX, nextY] = [place(0, 0), place(1, 0), place(0, 1)];
  const stepX = [nextX[0] - start[0], nextX[1] - start[1], nextX[2] - start[2]] as const;
  const stepY = [nextY[0] - start[0], nextY[1] - start[1], nextY[2] - start[2]] as const;
  let [left, top, rightmost, bottom] = [width, height, -1, -1];
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const column = Math.round(start[0] + stepX[0] * x + stepY[0] * y);
      const row = Math.round(start[1] + stepX[1] * x + stepY[1] * y);
      const slice = Math.round(start[2] + stepX[2] * x + stepY[2] * y);
      const isInside = column >= 0 && column < grid.columns && row >= 0 && row < grid.rows && slice >= 0 && slice < grid.count;
      const part = isInside ? partAt(mask, column, row, slice) : 0;
      parts[y * width + x] = part;
      if (part === 0) continue;
      left = Math.min(left, x);
      rightmost = Math.max(rightmost, x);
      top = Math.min(top, y);
      bottom = y;
    }
  }
  return rightmost < 0 ? null : { left, top, right: rightmost, bottom };
}

/** One colour over what is there, straight alpha. */
function blend(picture: Uint8ClampedArray, at: number, [red, green, blue]: PaintedSegment['colour'], alpha: number): void {
  const under = (picture[at + 3] ?? 0) / 255;
  const out = alpha + under * (1 - alpha);
  if (out === 0) return;
  const mix = (own: number, below: number) => (own * alpha + below * under * (1 - alpha)) / out;
  picture[at] = mix(red, picture[at] ?? 0);
  picture[at + 1] = mix(green, picture[at + 1] ?? 0);
  picture[at + 2] = mix(blue, picture[at + 2] ?? 0);
  picture[at + 3] = out * 255;
}
