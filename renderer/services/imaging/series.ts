import { type DataSet, itemAt, items, number, numbers, text, timeOf } from './dicomJson.ts';

/** One picture that can be shown: an instance, or a frame (from 1) of one. `positionMm`: along the series' normal; null: the file does not say. */
export interface Frame {
  readonly sopUid: string;
  readonly frame: number;
  readonly positionMm: number | null;
}

export interface SeriesSummary {
  readonly studyUid: string;
  readonly seriesUid: string;
  readonly modality: string;
  readonly number: number | null;
  readonly description: string;
  readonly bodyPart: string;
  readonly instanceCount: number;
}

export interface StudySummary {
  readonly studyUid: string;
  readonly description: string;
  readonly patientName: string;
  readonly patientId: string;
  /** Unix epoch, ms; null: the file does not say. */
  readonly takenAtMs: number | null;
  readonly accession: string;
  readonly series: readonly SeriesSummary[];
}

/** A calibrated area of an ultrasound picture (PS3.3 C.8.5.5), in pixels from 0, both ends within. Units: 3 is cm. */
export interface UltrasoundRegion {
  readonly minX: number;
  readonly minY: number;
  readonly maxX: number;
  readonly maxY: number;
  readonly unitX: number;
  readonly unitY: number;
}

/** A series with all that is known of it without its pixels. */
export interface Series extends SeriesSummary {
  readonly frames: readonly Frame[];
  readonly sets: ReadonlyMap<string, DataSet>;
  readonly frameOfReferenceUid: string | null;
  /** Patient coordinates across the slices; null: no slices in space. */
  readonly normal: readonly [number, number, number] | null;
  /** When each frame is shown after the first, ms, as FrameTime or FrameTimeVector says; null: no cine of its own. */
  readonly frameTimesMs: readonly number[] | null;
  /** Why no planes can be cut through it; null: they can. */
  readonly noVolume: 'fewSlices' | 'noGeometry' | 'colour' | null;
  /** «10:1» or empty: a lossy compression somewhere on its way; null: none is said. */
  readonly lossy: string | null;
}

/** What can be shown at all: documents and structured reports have no pixels. */
const WITHOUT_PICTURES = new Set(['SR', 'PR', 'KO', 'SEG', 'RTSTRUCT', 'RTPLAN', 'DOC', 'REG', 'FID', 'PLAN', 'ECG', 'AU']);
export const hasPictures = (modality: string): boolean => !WITHOUT_PICTURES.has(modality);

export function studyOf(set: DataSet, series: readonly SeriesSummary[]): StudySummary {
  return {
    studyUid: text(set, '0020000D'), description: text(set, '00081030'), patientName: text(set, '00100010'), patientId: text(set, '00100020'),
    takenAtMs: timeOf(text(set, '00080020'), text(set, '00080030')), accession: text(set, '00080050'), series,
  };
}

export function seriesSummaryOf(studyUid: string, set: DataSet): SeriesSummary {
  return {
    studyUid, seriesUid: text(set, '0020000E'), modality: text(set, '00080060'), number: number(set, '00200011'), description: text(set, '0008103E'), bodyPart: text(set, '00180015'),
    instanceCount: number(set, '00201209') ?? 0,
  };
}

export type Vector = readonly [number, number, number];
export const cross = (a: Vector, b: Vector): Vector => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
export const dot = (a: Vector, b: Vector): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
export const vector = ([x, y, z]: readonly number[]): Vector | null => (x === undefined || y === undefined || z === undefined ? null : [x, y, z]);

/** The normal of ImageOrientationPatient; null where there is none. */
function normalOf(set: DataSet): Vector | null {
  const cosines = numbers(set, '00200037');
  const [row, column] = [vector(cosines.slice(0, 3)), vector(cosines.slice(3, 6))];
  return row && column ? cross(row, column) : null;
}

/** A group of one frame (from 1) of an enhanced multi-frame object, where it lies for one: its own functional groups, else the shared ones (PS3.3 C.7.6.16). */
export function frameGroup(set: DataSet, frame: number, tag: string): DataSet | null {
  const own = itemAt(set, '52009230', frame - 1);
  const shared = itemAt(set, '52009229', 0);
  return (own && itemAt(own, tag, 0)) ?? (shared && itemAt(shared, tag, 0)) ?? null;
}

interface Placed {
  readonly frame: Frame;
  readonly order: number;
  readonly place: Vector | null;
}

/** How far a slice may lie from where even distances put it, in parts of the distance: files round, and one that is missing is half a distance at least. */
const UNEVEN = 0.1;
/** How far slices may slip aside from the first to the last, mm: more is a tilted gantry. */
const ASIDE_MM = 1;

/** Whether slices lie straight behind each other at even distances, as a volume is made of them whatever the files say. */
function isEven(placed: readonly Placed[]): boolean {
  const [first, last] = [placed[0], placed.at(-1)];
  if (!first?.place || !last?.place) return false;
  const heightOf = ({ frame }: Placed) => (frame.positionMm ?? 0) - (first.frame.positionMm ?? 0);
  const step = heightOf(last) / (placed.length - 1);
  const apart = Math.hypot(last.place[0] - first.place[0], last.place[1] - first.place[1], last.place[2] - first.place[2]);
  return placed.every((one, index) => Math.abs(heightOf(one) - index * step) <= Math.abs(step) * UNEVEN) && apart ** 2 - heightOf(last) ** 2 <= ASIDE_MM ** 2;
}

/**
 * A series from its instances' metadata, its pictures in the order of reading: along the normal where all have a place, else by instance
 * number. Instances without pixels are left out.
 */
export function seriesOf(summary: SeriesSummary, sets: readonly DataSet[]): Series {
  const pictures = sets.filter((set) => (number(set, '00280010') ?? 0) > 0);
  const [first] = pictures;
  const groupOf = first && frameGroup(first, 1, '00209116');
  const normal = first ? (normalOf(first) ?? (groupOf ? normalOf(groupOf) : null)) : null;
  const placed: Placed[] = pictures.flatMap((set) => {
    const count = Math.max(1, number(set, '00280008') ?? 1);
    return Array.from({ length: count }, (_, index): Placed => {
      const group = count > 1 ? frameGroup(set, index + 1, '00209113') : null;
      const place = vector(numbers(group ?? set, '00200032'));
      return {
        frame: { sopUid: text(set, '00080018'), frame: index + 1, positionMm: normal && place && (count === 1 || group) ? dot(normal, place) : null },
        order: (number(set, '00200013') ?? 0) * 100_000 + index,
        place,
      };
    });
  });
  const isInSpace = placed.length > 1 && placed.every(({ frame }) => frame.positionMm !== null) && new Set(placed.map(({ frame }) => frame.positionMm)).size === placed.length;
  placed.sort((a, b) => (isInSpace ? (a.frame.positionMm ?? 0) - (b.frame.positionMm ?? 0) : 0) || a.order - b.order);
  const isOneWay = pictures.every((set) => normal && dot(normalOf(set) ?? normal, normal) > 0.999);
  const isColour = (first ? (number(first, '00280002') ?? 1) : 1) > 1;
  return {
    ...summary,
    instanceCount: pictures.length,
    frames: placed.map(({ frame }) => frame),
    sets: new Map(pictures.map((set) => [text(set, '00080018'), set])),
    frameOfReferenceUid: first ? text(first, '00200052') || null : null,
    normal,
    frameTimesMs: first && pictures.length === 1 && placed.length > 1 ? frameTimes(first, placed.length) : null,
    noVolume: isColour ? 'colour' : placed.length < 4 ? 'fewSlices' : !isInSpace || !isEven(placed) || !isOneWay ? 'noGeometry' : null,
    lossy: first && text(first, '00282110') === '01' ? lossyRatio(first) : null,
  };
}

const lossyRatio = (set: DataSet): string => {
  const ratio = numbers(set, '00282112').at(-1);
  return ratio === undefined ? '' : `${Math.round(ratio * 10) / 10}:1`;
};

/** FrameTimeVector, else FrameTime, else the recommended or cine rate; null: the file says nothing. */
function frameTimes(set: DataSet, count: number): number[] | null {
  const increments = numbers(set, '00181065');
  if (increments.length === count) {
    let sum = 0;
    return increments.map((increment, index) => (sum += index === 0 ? 0 : increment));
  }
  const rate = number(set, '00082144') ?? number(set, '00180040');
  const frameMs = number(set, '00181063') ?? (rate ? 1000 / rate : null);
  return frameMs && frameMs > 0 ? Array.from({ length: count }, (_, index) => index * frameMs) : null;
}

/** The calibrated areas of an ultrasound picture. */
export function regionsOf(set: DataSet): UltrasoundRegion[] {
  return items(set, '00186011').map((region) => ({
    minX: number(region, '00186018') ?? 0, minY: number(region, '0018601A') ?? 0, maxX: number(region, '0018601C') ?? 0, maxY: number(region, '0018601E') ?? 0,
    unitX: number(region, '00186024') ?? 0, unitY: number(region, '00186026') ?? 0,
  }));
}

/**
 * Whether all places (column, row) lie within one region whose two axes have one unit. Outside or across regions a distance has no
 * meaning: a B-mode picture in cm may stand beside a spectrum in cm/s and seconds. Null: a place that is on no picture.
 */
export function areInOneRegion(regions: readonly UltrasoundRegion[], places: readonly (readonly [number, number] | null)[]): boolean {
  return regions.some(({ minX, minY, maxX, maxY, unitX, unitY }) => unitX === unitY && places.every((place) => place !== null && place[0] >= minX && place[0] <= maxX && place[1] >= minY && place[1] <= maxY));
}

/** The picture nearest to a place along the normal; null: the series has no places. */
export function nearestFrame(series: Series, positionMm: number): number | null {
  let best: number | null = null;
  let bestMm = Number.POSITIVE_INFINITY;
  for (const [index, frame] of series.frames.entries()) {
    if (frame.positionMm === null) return null;
    const distance = Math.abs(frame.positionMm - positionMm);
    if (distance < bestMm) [best, bestMm] = [index, distance];
  }
  return best;
}

/** The index of a picture; -1 when the series has no such. */
export const indexOfFrame = (series: Series, sopUid: string, frame: number): number => series.frames.findIndex((one) => one.sopUid === sopUid && one.frame === frame);
