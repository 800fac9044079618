import { type DataSet, numbers } from '../dicomJson.ts';
import { cross, dot, frameGroup, type Series, type Vector, vector } from '../series.ts';

/** Parallel slices of one size, one straight behind the other at even distances: where each voxel is in the patient, mm. */
export interface SliceGrid {
  readonly rows: number;
  readonly columns: number;
  readonly count: number;
  /** The middle of the first voxel of the first slice. */
  readonly origin: Vector;
  /** Unit vectors along a row, along a column, and from slice to slice. */
  readonly across: Vector;
  readonly down: Vector;
  readonly through: Vector;
  /** Distance of columns, of rows, of slices. */
  readonly spacingMm: Vector;
}

/** Where one frame lies. */
export interface FramePlace {
  readonly rows: number;
  readonly columns: number;
  readonly origin: Vector;
  readonly across: Vector;
  readonly down: Vector;
  /** Distance of columns, of rows. */
  readonly spacingMm: readonly [number, number];
}

/** How far slices may lie from where even distances put them, in parts of the distance; files round to a few digits. */
const UNEVEN = 0.02;

/** Where a frame (from 1) of an instance lies; null: it does not say. */
export function placeOf(set: DataSet, frame: number): FramePlace | null {
  const valuesOf = (group: string, tag: string) => {
    const own = numbers(frameGroup(set, frame, group) ?? {}, tag);
    return own.length > 0 ? own : numbers(set, tag);
  };
  const cosines = valuesOf('00209116', '00200037');
  const [across, down, origin] = [vector(cosines.slice(0, 3)), vector(cosines.slice(3, 6)), vector(valuesOf('00209113', '00200032'))];
  const [ofRows = 0, ofColumns = 0] = valuesOf('00289110', '00280030');
  const [rows = 0] = numbers(set, '00280010');
  const [columns = 0] = numbers(set, '00280011');
  if (!across || !down || !origin || !(ofRows > 0) || !(ofColumns > 0) || rows < 1 || columns < 1) return null;
  return { rows, columns, origin, across, down, spacingMm: [ofColumns, ofRows] };
}

export const minus = (a: Vector, b: Vector): Vector => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];

/** Whether two frames have one direction, size and scale, and lie in front of each other; what differs, in words that need no translation; null: nothing. */
export function differsInPlane(one: FramePlace, other: FramePlace): string | null {
  if (one.rows !== other.rows || one.columns !== other.columns) return `${one.columns}×${one.rows} ≠ ${other.columns}×${other.rows}`;
  if (dot(one.across, other.across) < 0.9999 || dot(one.down, other.down) < 0.9999) return `[${[...one.across, ...one.down].map(short)}] ≠ [${[...other.across, ...other.down].map(short)}]`;
  const [x, y] = [one.spacingMm[0] / other.spacingMm[0], one.spacingMm[1] / other.spacingMm[1]];
  if (Math.abs(x - 1) > 0.005 || Math.abs(y - 1) > 0.005) return `${short(one.spacingMm[0])}×${short(one.spacingMm[1])} mm ≠ ${short(other.spacingMm[0])}×${short(other.spacingMm[1])} mm`;
  const between = minus(one.origin, other.origin);
  const [right, low] = [dot(between, one.across), dot(between, one.down)];
  // A quarter of a pixel is what rounding of a file may do; more is another place.
  return Math.abs(right) > one.spacingMm[0] / 4 || Math.abs(low) > one.spacingMm[1] / 4 ? `Δ ${short(right)} × ${short(low)} mm` : null;
}

const short = (value: number): string => String(Math.round(value * 1000) / 1000);

/** The slices of a series as one grid, in the order of its frames; null: they are none. */
export function gridOf(series: Series): SliceGrid | null {
  const places = series.frames.map(({ sopUid, frame }) => placeOf(series.sets.get(sopUid) ?? {}, frame));
  const [first, second] = places;
  if (!first || !second) return null;
  const normal = cross(first.across, first.down);
  const heights = places.map((place) => (place === null ? Number.NaN : dot(minus(place.origin, first.origin), normal)));
  const step = (heights.at(-1) ?? 0) / (places.length - 1);
  const isEven = step !== 0 && heights.every((height, index) => Math.abs(height - index * step) <= Math.abs(step) * UNEVEN);
  if (!isEven || places.some((place) => place === null || differsInPlane(place, first) !== null)) return null;
  const through: Vector = step > 0 ? normal : [-normal[0], -normal[1], -normal[2]];
  return { rows: first.rows, columns: first.columns, count: places.length, origin: first.origin, across: first.across, down: first.down, through, spacingMm: [first.spacingMm[0], first.spacingMm[1], Math.abs(step)] };
}

/** Column, row and slice of a place in the patient, in voxels, whole numbers in the middle of each. */
export function voxelAt(grid: SliceGrid, world: Vector): Vector {
  const from = minus(world, grid.origin);
  return [dot(from, grid.across) / grid.spacingMm[0], dot(from, grid.down) / grid.spacingMm[1], dot(from, grid.through) / grid.spacingMm[2]];
}
