import { nearestFrame, type Series } from '../../services/imaging/series.ts';

export interface LinkedCell {
  readonly series: Series;
  readonly index: number;
  /** Where it stood when the cells were linked, mm along its normal. */
  readonly startMm: number;
}

const positionOf = ({ series, index }: Pick<LinkedCell, 'series' | 'index'>): number | null => series.frames[index]?.positionMm ?? null;

/** How parallel two stacks have to be to scroll together. */
const PARALLEL = 0.9;

/**
 * Which slice a linked cell shows when another was scrolled: the same place in the patient where both are of one frame of reference,
 * otherwise as far from where it stood when they were linked. Null: it stays.
 */
export function linkedIndex(moved: LinkedCell, other: LinkedCell): number | null {
  const { normal: a } = moved.series;
  const { normal: b } = other.series;
  const at = positionOf(moved);
  if (!a || !b || at === null || Math.abs(a[0] * b[0] + a[1] * b[1] + a[2] * b[2]) < PARALLEL) return null;
  const isOneSpace = moved.series.frameOfReferenceUid !== null && moved.series.frameOfReferenceUid === other.series.frameOfReferenceUid;
  const target = nearestFrame(other.series, isOneSpace ? at : other.startMm + at - moved.startMm);
  return target === other.index ? null : target;
}
