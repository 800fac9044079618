import { describe, expect, it } from 'vitest';
import { compareWithEarlier, type MeasuredSegment } from '../../../../../renderer/services/imaging/results/compare.ts';
import { type Cut, paintMasks } from '../../../../../renderer/services/imaging/results/paintMasks.ts';
import { masksOf, type SegmentMask } from '../../../../../renderer/services/imaging/results/mask.ts';
import type { PlacedSegmentation } from '../../../../../renderer/services/imaging/results/segmentation.ts';
import { areInOneRegion, regionsOf, type Vector } from '../../../../../renderer/services/imaging/series.ts';

const RED = [255, 0, 0] as const;
const BLUE = [0, 0, 255] as const;

/** A grid of 5 × 3 × 4 voxels of 2 × 3 × 5 mm that begins at (10, 20, 30); one frame for each voxel list. */
function masks(kind: 'binary' | 'occupancy', frames: readonly { readonly segment: number; readonly slice: number; readonly values: Readonly<Record<number, number>> }[]): SegmentMask[] {
  const grid = { rows: 3, columns: 5, count: 4, origin: [10, 20, 30] as Vector, across: [1, 0, 0] as Vector, down: [0, 1, 0] as Vector, through: [0, 0, 1] as Vector, spacingMm: [2, 3, 5] as Vector };
  const segments = [...new Set(frames.map(({ segment }) => segment))].map((number) => ({ number }));
  const placed = { head: { kind, segments }, grid, frames } as unknown as PlacedSegmentation; // the parts that are read
  const pixels = new Uint8Array(kind === 'binary' ? Math.ceil((15 * frames.length) / 8) : 15 * frames.length);
  for (const [index, { values }] of frames.entries()) for (const [at, value] of Object.entries(values)) {
    const place = index * 15 + Number(at);
    if (kind === 'binary') pixels[place >> 3] = (pixels[place >> 3] ?? 0) | (value << (place & 7));
    else pixels[place] = value;
  }
  const made = masksOf(placed, pixels, 100);
  if (!Array.isArray(made)) throw new Error(made.reason);
  return made;
}

/** One pixel a voxel, on the slice at that height. */
const axial = (z: number): Cut => ({ origin: [10, 20, z], right: [2, 0, 0], down: [0, 3, 0], width: 5, height: 3 });
const alphas = (picture: Uint8ClampedArray): number[] => [...picture].filter((_, at) => at % 4 === 3);
const mask = (made: readonly SegmentMask[], at = 0): SegmentMask => {
  const one = made[at];
  if (!one) throw new Error('no mask');
  return one;
};

describe('segments over a picture', () => {
  it('[IMG51] counts bits of frames that begin within bytes', () => {
    const made = masks('binary', [{ segment: 1, slice: 0, values: { 14: 1 } }, { segment: 1, slice: 2, values: { 0: 1, 7: 1, 14: 1 } }, { segment: 2, slice: 2, values: { 3: 1 } }]);
    expect(made.map(({ areas }) => [...areas])).toEqual([[1, 0, 3, 0], [0, 0, 1, 0]]);
    expect(mask(made).volumeMl).toBeCloseTo((4 * 2 * 3 * 5) / 1000, 10);
  });

  it('[IMG51] refuses pixels that are cut off', () => {
    const [one] = masks('binary', [{ segment: 1, slice: 0, values: { 3: 1 } }]);
    expect(one && masksOf(one.placed, new Uint8Array(1), 1)).toMatchObject({ reason: 'damaged', detail: '1 / 2' });
  });

  it('[IMG53] paints a voxel where it is on its own slice, and nothing on the next', () => {
    const made = masks('binary', [{ segment: 1, slice: 1, values: { 7: 1 } }]);
    const on = paintMasks([{ mask: mask(made), colour: RED }], axial(35), 0.3);
    expect(alphas(on).flatMap((alpha, at) => (alpha > 0 ? [at] : []))).toEqual([7]);
    expect([...on.subarray(28, 31)]).toEqual([255, 0, 0]);
    expect(alphas(paintMasks([{ mask: mask(made), colour: RED }], axial(40), 0.3)).every((alpha) => alpha === 0)).toBe(true);
    expect(alphas(paintMasks([{ mask: mask(made), colour: RED }], axial(60), 0.3)).every((alpha) => alpha === 0)).toBe(true);
  });

  it('[IMG53] cuts across the slices: each row of the cut is another slice', () => {
    const made = masks('binary', [{ segment: 1, slice: 0, values: { 6: 1 } }, { segment: 1, slice: 3, values: { 8: 1 } }]);
    // Coronal through the second row, from the first slice down.
    const picture = paintMasks([{ mask: mask(made), colour: RED }], { origin: [10, 23, 30], right: [2, 0, 0], down: [0, 0, 5], width: 5, height: 4 }, 0.3);
    expect(alphas(picture).flatMap((alpha, at) => (alpha > 0 ? [at] : []))).toEqual([1, 18]);
  });

  it('[IMG53] what overlaps is seen through, and a part of a voxel is as faint as it is small', () => {
    const made = masks('binary', [{ segment: 1, slice: 0, values: { 7: 1 } }, { segment: 2, slice: 0, values: { 7: 1 } }]);
    const both = paintMasks([{ mask: mask(made), colour: RED }, { mask: mask(made, 1), colour: BLUE }], axial(30), 0.05);
    expect(both[28]).toBeGreaterThan(60);
    expect(both[30]).toBeGreaterThan(120);
    const faded = masks('occupancy', [{ segment: 1, slice: 0, values: { 7: 100, 2: 25 } }]);
    const alpha = alphas(paintMasks([{ mask: mask(faded), colour: RED }], axial(30), 0.4));
    expect((alpha[2] ?? 0) / (alpha[7] ?? 1)).toBeCloseTo(0.25, 1);
    expect(mask(faded).volumeMl).toBeCloseTo((1.25 * 30) / 1000, 10);
  });
});

describe('comparing with an earlier study', () => {
  const of = (studyUid: string, takenAtMs: number | null, volumeMl: number, label = 'Nodule', typeCode = ''): MeasuredSegment => ({ key: `${studyUid} ${label}`, segment: { label, typeCode }, takenAtMs, studyUid, volumeMl });
  it('[IMG54] takes the newest earlier study with the same label, whatever its case and width', () => {
    const now = of('3', 3000, 6, 'Nodule １');
    expect(compareWithEarlier(now, [of('1', 1000, 1, 'nodule 1'), of('2', 2000, 4, ' NODULE 1 '), of('4', 4000, 9, 'Nodule 1'), now])).toMatchObject({ before: { studyUid: '2' }, differenceMl: 2, percent: 50 });
  });

  it('[IMG54] compares neither unnamed segments, nor other kinds of things, nor within one study, nor without a time', () => {
    expect(compareWithEarlier(of('2', 2000, 6, ''), [of('1', 1000, 1, '')])).toBeNull();
    expect(compareWithEarlier(of('2', 2000, 6, 'A', 'SCT 1'), [of('1', 1000, 1, 'A', 'SCT 2')])).toBeNull();
    expect(compareWithEarlier(of('2', 2000, 6), [of('2', 1000, 1)])).toBeNull();
    expect(compareWithEarlier(of('2', null, 6), [of('1', 1000, 1)])).toBeNull();
    expect(compareWithEarlier(of('2', 2000, 6), [of('1', 1000, 0)])?.percent).toBeNull();
  });
});

describe('regions of an ultrasound picture', () => {
  const region = (minX: number, minY: number, maxX: number, maxY: number, unitX: number, unitY: number) => ({ '00186018': { Value: [minX] }, '0018601A': { Value: [minY] }, '0018601C': { Value: [maxX] }, '0018601E': { Value: [maxY] }, '00186024': { Value: [unitX] }, '00186026': { Value: [unitY] } });
  const regions = regionsOf({ '00186011': { Value: [region(0, 0, 399, 199, 3, 3), region(0, 200, 399, 299, 4, 7), region(400, 0, 500, 199, 3, 3)] } });
  it('[IMG57] a measure lies within one region of one unit, or has no meaning', () => {
    expect(areInOneRegion(regions, [[10, 10], [399, 199]])).toBe(true);
    expect(areInOneRegion(regions, [[10, 10], [10, 210]])).toBe(false);
    // Seconds across, cm/s up: no distance within the spectrum either.
    expect(areInOneRegion(regions, [[10, 210], [20, 220]])).toBe(false);
    // Of one unit both, and calibrated each by itself.
    expect(areInOneRegion(regions, [[10, 10], [410, 10]])).toBe(false);
    expect(areInOneRegion(regions, [[10, 10], [600, 10]])).toBe(false);
    expect(areInOneRegion(regions, [[10, 10], null])).toBe(false);
  });
});
