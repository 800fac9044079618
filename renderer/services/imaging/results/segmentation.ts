import { type DataSet, items, number, text, timeOf } from '../dicomJson.ts';
import { dot, frameGroup, type Series, type SeriesSummary } from '../series.ts';
import { differsInPlane, gridOf, minus, placeOf, type SliceGrid } from './sliceGrid.ts';

/** One thing that was segmented (PS3.3 C.8.20.4), as whoever made it says. */
export interface Segment {
  readonly number: number;
  /** Empty: not said, or taken out with the names. */
  readonly label: string;
  /** The coded kind of thing, for comparing; empty: none. */
  readonly typeCode: string;
  readonly made: 'AUTOMATIC' | 'SEMIAUTOMATIC' | 'MANUAL' | '';
  readonly algorithm: string;
  readonly version: string;
}

/** A segmentation as its metadata describe it, without its pixels. */
export interface SegmentationHead {
  readonly summary: SeriesSummary;
  readonly sopUid: string;
  readonly takenAtMs: number | null;
  readonly title: string;
  readonly manufacturer: string;
  readonly segments: readonly Segment[];
  readonly kind: 'binary' | 'probability' | 'occupancy';
  /** Series it says it is of, and instances that it names; either may be empty. */
  readonly seriesUids: readonly string[];
  readonly sopUids: ReadonlySet<string>;
  readonly set: DataSet;
}

/** Why a segmentation is not drawn. */
export const REFUSALS = ['otherKind', 'notInCase', 'otherSpace', 'noGrid', 'otherGrid', 'offSlice', 'otherDistance', 'tooLarge', 'damaged'] as const;
/** `detail`: values, in words that need no translation. */
export interface Refusal {
  readonly reason: (typeof REFUSALS)[number];
  readonly detail: string;
}

/** A segmentation that lies on the slices of a series exactly. */
export interface PlacedSegmentation {
  readonly head: SegmentationHead;
  readonly series: Series;
  readonly grid: SliceGrid;
  /** Of each frame of the file, in its order: its segment and its slice from 0. */
  readonly frames: readonly { readonly segment: number; readonly slice: number }[];
}

const SEGMENTATION = '1.2.840.10008.5.1.4.1.1.66.4';

function segmentOf(item: DataSet): Segment {
  const made = text(item, '00620008');
  const [identified] = items(item, '00620007');
  const [type] = items(item, '0062000F');
  return {
    number: number(item, '00620004') ?? 0, label: text(item, '00620005').trim(), typeCode: type ? `${text(type, '00080102')} ${text(type, '00080100')}` : '',
    made: made === 'AUTOMATIC' || made === 'SEMIAUTOMATIC' || made === 'MANUAL' ? made : '',
    algorithm: text(item, '00620009') || (identified ? text(identified, '00660036') : ''), version: identified ? text(identified, '00660031') : '',
  };
}

/** Which instances and series the file speaks of (PS3.3 C.12.4 and each frame's source). */
function referencesOf(set: DataSet): Pick<SegmentationHead, 'seriesUids' | 'sopUids'> {
  const ofSeries = [...items(set, '00081115'), ...items(set, '00081200').flatMap((study) => items(study, '00081115'))];
  const named = ofSeries.flatMap((one) => items(one, '0008114A'));
  const sources = [...items(set, '52009229'), ...items(set, '52009230')].flatMap((group) => items(group, '00089124')).flatMap((derivation) => items(derivation, '00082112'));
  return { seriesUids: ofSeries.map((one) => text(one, '0020000E')), sopUids: new Set([...named, ...sources].map((one) => text(one, '00081155')).filter((uid) => uid !== '')) };
}

/** Reads what a segmentation says of itself; null: the instance is none. */
export function headOf(summary: SeriesSummary, set: DataSet): SegmentationHead | null {
  if (text(set, '00080060') !== 'SEG') return null;
  const isFractional = text(set, '00620001') === 'FRACTIONAL';
  return {
    summary, set, sopUid: text(set, '00080018'), takenAtMs: timeOf(text(set, '00080023') || text(set, '00080021') || text(set, '00080020'), text(set, '00080033') || text(set, '00080031') || text(set, '00080030')),
    title: text(set, '00700081') || summary.description, manufacturer: [text(set, '00080070'), text(set, '00081090')].filter((part) => part !== '').join(' '),
    segments: items(set, '00620002').map(segmentOf), kind: !isFractional ? 'binary' : text(set, '00620010') === 'OCCUPANCY' ? 'occupancy' : 'probability',
    ...referencesOf(set),
  };
}

/** Why the file cannot be read at all, whatever it refers to; null: it can. */
export function unreadable({ set, kind, segments }: SegmentationHead): Refusal | null {
  const classUid = text(set, '00080016');
  if (classUid !== SEGMENTATION) return { reason: 'otherKind', detail: classUid };
  if (kind === 'binary' ? text(set, '00620001') !== 'BINARY' : number(set, '00280100') !== 8) return { reason: 'otherKind', detail: `${text(set, '00620001')} ${number(set, '00280100') ?? ''}` };
  if (segments.length === 0 || new Set(segments.map((segment) => segment.number)).size !== segments.length) return { reason: 'damaged', detail: '(0062,0002)' };
  return null;
}

/**
 * Lays a segmentation on the slices of the series that it was made of; whatever does not fit is refused, since a mask that is drawn
 * elsewhere than it was meant misleads. Other grids in the same space are refused too: what lies between its slices nobody computed.
 */
export function place(head: SegmentationHead, series: Series): PlacedSegmentation | Refusal {
  const { set } = head;
  const missing = [...head.sopUids].filter((uid) => !series.sets.has(uid)).length;
  if (missing > 0) return { reason: 'notInCase', detail: `${missing} / ${head.sopUids.size}` };
  const space = text(set, '00200052');
  if (space === '' || space !== series.frameOfReferenceUid) return { reason: 'otherSpace', detail: '' };
  const grid = gridOf(series);
  const first = series.frames[0];
  const source = first && placeOf(series.sets.get(first.sopUid) ?? {}, first.frame);
  if (!grid || !source) return { reason: 'noGrid', detail: '' };
  const frames: { segment: number; slice: number }[] = [];
  const taken = new Set<string>();
  const numbers = new Set(head.segments.map((segment) => segment.number));
  for (let frame = 1; frame <= (number(set, '00280008') ?? 1); frame += 1) {
    const own = placeOf(set, frame);
    const segment = number(frameGroup(set, frame, '0062000A') ?? {}, '0062000B');
    if (!own) return { reason: 'noGrid', detail: `#${frame}` };
    if (segment === null || !numbers.has(segment)) return { reason: 'damaged', detail: `#${frame} (0062,000B)` };
    const difference = differsInPlane(own, source);
    if (difference !== null) return { reason: 'otherGrid', detail: difference };
    const height = dot(minus(own.origin, grid.origin), grid.through) / grid.spacingMm[2];
    const slice = Math.round(height);
    if (Math.abs(height - slice) > 0.1 || slice < 0 || slice >= grid.count) return { reason: 'offSlice', detail: `#${frame}: ${Math.round(height * grid.spacingMm[2] * 100) / 100} mm` };
    if (taken.has(`${segment} ${slice}`)) return { reason: 'damaged', detail: `#${frame}` };
    taken.add(`${segment} ${slice}`);
    frames.push({ segment, slice });
  }
  const measures = frameGroup(set, 1, '00289110');
  const said = measures === null ? null : number(measures, '00180088');
  if (said !== null && said > 0 && Math.abs(said / grid.spacingMm[2] - 1) > 0.01) return { reason: 'otherDistance', detail: `${said} mm ≠ ${Math.round(grid.spacingMm[2] * 1000) / 1000} mm` };
  return { head, series, grid, frames };
}

/** Which of the case's series the file was made of; null: none of them. */
export function referredSeries({ seriesUids, summary }: SegmentationHead, all: readonly SeriesSummary[]): readonly SeriesSummary[] {
  const named = all.filter(({ seriesUid }) => seriesUids.includes(seriesUid));
  // Who names no series is looked for by the instances of its own study.
  return seriesUids.length > 0 ? named : all.filter(({ studyUid, seriesUid, modality }) => studyUid === summary.studyUid && seriesUid !== summary.seriesUid && modality !== 'SEG');
}

