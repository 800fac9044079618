import type { Segment } from './segmentation.ts';

/** A segment with its volume, of one study. */
export interface MeasuredSegment {
  readonly key: string;
  readonly segment: Pick<Segment, 'label' | 'typeCode'>;
  readonly takenAtMs: number | null;
  readonly studyUid: string;
  readonly volumeMl: number;
}

/** The same thing at two times. `percent` null: there was nothing before. */
export interface Comparison {
  readonly now: MeasuredSegment;
  readonly before: MeasuredSegment;
  readonly differenceMl: number;
  readonly percent: number | null;
}

const nameOf = (label: string): string => label.normalize('NFKC').trim().toLowerCase();

/** One label and no other kind of thing; what is unnamed is like nothing. */
const isSame = (a: MeasuredSegment['segment'], b: MeasuredSegment['segment']): boolean => nameOf(a.label) !== '' && nameOf(a.label) === nameOf(b.label) && (a.typeCode === '' || b.typeCode === '' || a.typeCode === b.typeCode);

/** The same segment in the newest of the earlier studies that have it; null: none has. */
export function compareWithEarlier(now: MeasuredSegment, all: readonly MeasuredSegment[]): Comparison | null {
  const { takenAtMs } = now;
  if (takenAtMs === null) return null;
  const earlier = all.filter((other) => other.studyUid !== now.studyUid && other.takenAtMs !== null && other.takenAtMs < takenAtMs && isSame(now.segment, other.segment));
  const before = earlier.sort((a, b) => (b.takenAtMs ?? 0) - (a.takenAtMs ?? 0))[0];
  if (before === undefined) return null;
  const differenceMl = now.volumeMl - before.volumeMl;
  return { now, before, differenceMl, percent: before.volumeMl > 0 ? (differenceMl / before.volumeMl) * 100 : null };
}
