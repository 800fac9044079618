import { createStore, type StoreApi } from 'zustand/vanilla';
import type { CaseId } from '#shared/domain/ids';
import type { Undo } from '#shared/lib/disposable';
import { toAppError } from '#shared/protocol/errors';
import { number } from '../../services/imaging/dicomJson.ts';
import type { DicomWeb } from '../../services/imaging/dicomWeb.ts';
import type { Overlay } from '../../services/imaging/engine/overlayBoard.ts';
import { compareWithEarlier, type Comparison, type MeasuredSegment } from '../../services/imaging/results/compare.ts';
import { fullestSlice, masksOf, type SegmentMask } from '../../services/imaging/results/mask.ts';
import type { PaintedSegment } from '../../services/imaging/results/paintMasks.ts';
import { deviceReportOf } from '../../services/imaging/results/deviceReport.ts';
import { headOf, place, type PlacedSegmentation, referredSeries, type Refusal, type SegmentationHead, unreadable } from '../../services/imaging/results/segmentation.ts';
import type { SeriesSummary, StudySummary } from '../../services/imaging/series.ts';
import { type AnalysisState, NO_ANALYSIS, type SegmentationResult, type SegmentResult, type StudyResults } from './analysisState.ts';
import type { ImagingModel } from './imagingModel.ts';

export interface AnalysisOptions {
  readonly web: Pick<DicomWeb, 'metadata' | 'pixels'>;
  readonly imaging: Pick<ImagingModel, 'store' | 'seriesOf' | 'showOverlays' | 'hangSideBySide' | 'goToPicture'>;
}

export type AnalysisModel = ReturnType<typeof createAnalysisModel>;

/** Told apart without all colours, and from the marks' by being filled. */
const COLOURS = ['#56b4e9', '#e69f00', '#2fd6a4', '#f0e442', '#ff8a5c', '#e79ac6', '#9fb4ff', '#c2e06a'] as const;
/** Pixels of all segmentations together that are kept, bytes; the rest is listed without a volume. */
const MAX_BYTES = 400_000_000;
const keyOf = (sopUid: string, segment: number): string => `${sopUid} ${segment}`;

/**
 * What analysis services outside made of a case's images: segmentations and reports. They are assistance: nothing of them is drawn until
 * a person switches it on, so that the reader's own eye is first.
 */
export function createAnalysisModel({ web, imaging }: AnalysisOptions) {
  const store: StoreApi<AnalysisState> = createStore<AnalysisState>(() => NO_ANALYSIS);
  const masks = new Map<string, SegmentMask>();
  const shown = new Set<string>();
  const known = new Map<string, readonly (SegmentationHead | ReturnType<typeof deviceReportOf>)[]>();
  const outcomes = new Map<string, Pick<SegmentationResult, 'status' | 'refusal' | 'error'>>();
  let caseId: CaseId | null = null;
  let studies: readonly StudySummary[] = [];
  let reading: Promise<void> | null = null;
  let bytes = 0;

  const imagingChanged = (): void => {
    const now = imaging.store.getState();
    if (now.caseId !== caseId) forget(now.caseId);
    if (now.phase !== 'ready' || now.studies === studies) return;
    studies = now.studies;
    read();
  };

  function forget(next: CaseId | null): void {
    caseId = next;
    studies = [];
    bytes = 0;
    for (const one of [masks, known, outcomes]) one.clear();
    shown.clear();
    store.setState(NO_ANALYSIS);
  }

  /** One after the other: pictures that somebody looks at come first. */
  function read(): void {
    if (reading !== null || caseId === null) return;
    const mine = caseId;
    reading = readAll(mine).finally(() => {
      reading = null;
      if (caseId !== null && (caseId !== mine || hasUnread())) read();
    });
  }

  const fromOutside = (): { readonly study: StudySummary; readonly summary: SeriesSummary }[] => studies.flatMap((study) => study.series.filter(({ modality }) => modality === 'SEG' || modality === 'SR').map((summary) => ({ study, summary })));
  const hasUnread = (): boolean => fromOutside().some(({ summary }) => known.get(summary.seriesUid) === undefined) && store.getState().error === null;

  async function readAll(mine: CaseId): Promise<void> {
    store.setState({ isReading: true, error: null });
    for (const { summary } of fromOutside()) {
      if (known.has(summary.seriesUid)) continue;
      try {
        const sets = await web.metadata(mine, summary);
        if (mine !== caseId) return;
        known.set(summary.seriesUid, sets.map((set) => headOf(summary, set) ?? deviceReportOf(summary, set)));
      } catch (error) {
        if (mine === caseId) store.setState({ error: toAppError(error) });
      }
      if (mine !== caseId) return;
      tell();
    }
    store.setState({ isReading: false });
    for (const head of heads()) {
      if (mine !== caseId) return;
      if (outcomes.has(head.sopUid)) continue;
      await readPixels(mine, head);
    }
  }

  const heads = (): SegmentationHead[] => [...known.values()].flat().filter((one): one is SegmentationHead => one !== null && 'segments' in one);

  async function readPixels(mine: CaseId, head: SegmentationHead): Promise<void> {
    const end = (outcome: Pick<SegmentationResult, 'status' | 'refusal' | 'error'>) => {
      if (mine !== caseId) return;
      outcomes.set(head.sopUid, outcome);
      tell();
    };
    const refuse = (refusal: Refusal) => end({ status: 'refused', refusal, error: null });
    end({ status: 'reading', refusal: null, error: null });
    try {
      const refusal = unreadable(head);
      if (refusal !== null) return refuse(refusal);
      const placed = await findPlace(head);
      if (!('grid' in placed)) return refuse(placed);
      const size = placed.grid.rows * placed.grid.columns;
      const expected = head.kind === 'binary' ? Math.ceil((size * placed.frames.length) / 8) : size * placed.frames.length;
      if (bytes + expected > MAX_BYTES) return refuse({ reason: 'tooLarge', detail: `${Math.round(expected / 1e6)} MB` });
      bytes += expected;
      // Said of those that the server decodes, and of no others.
      const isCompressed = head.set['00083002'] !== undefined;
      const pixels = await web.pixels(mine, head.summary, head.sopUid, isCompressed ? { frames: placed.frames.length, frameBytes: size } : null);
      if (mine !== caseId) return;
      const made = masksOf(placed, pixels, number(head.set, '0062000E') ?? (head.kind === 'binary' ? 1 : 255));
      if (!Array.isArray(made)) return refuse(made);
      for (const mask of made) masks.set(keyOf(head.sopUid, mask.segment), mask);
      end({ status: 'ready', refusal: null, error: null });
    } catch (error) {
      end({ status: 'failed', refusal: null, error: toAppError(error) });
    }
  }

  /** The series it lies on exactly, or why there is none. */
  async function findPlace(head: SegmentationHead): Promise<PlacedSegmentation | Refusal> {
    const series = referredSeries(head, studies.flatMap((study) => study.series));
    let refusal: Refusal = { reason: 'notInCase', detail: '' };
    for (const summary of series) {
      const placed = place(head, await imaging.seriesOf(summary));
      if ('grid' in placed) return placed;
      refusal = placed;
    }
    return refusal;
  }

  // ---- what the list shows ----

  function measured(): MeasuredSegment[] {
    return heads().flatMap((head) => head.segments.flatMap((segment): MeasuredSegment[] => {
      const key = keyOf(head.sopUid, segment.number);
      const mask = masks.get(key);
      const study = studies.find(({ studyUid }) => studyUid === mask?.placed.series.studyUid);
      return mask && study ? [{ key, segment, takenAtMs: study.takenAtMs, studyUid: study.studyUid, volumeMl: mask.volumeMl }] : [];
    }));
  }

  function tell(): void {
    const all = measured();
    const labels = [...new Set(heads().flatMap(({ segments, sopUid }) => segments.map((segment) => segment.label || keyOf(sopUid, segment.number))))];
    const colourOf = (head: SegmentationHead, label: string, segment: number) => COLOURS[labels.indexOf(label || keyOf(head.sopUid, segment)) % COLOURS.length] ?? COLOURS[0];
    const segmentation = (head: SegmentationHead): SegmentationResult => ({
      head, ...(outcomes.get(head.sopUid) ?? { status: 'waiting', refusal: null, error: null }),
      segments: head.segments.map((segment): SegmentResult => {
        const key = keyOf(head.sopUid, segment.number);
        const own = all.find((one) => one.key === key);
        return { ...segment, key, volumeMl: own?.volumeMl ?? null, isShown: shown.has(key), colour: colourOf(head, segment.label, segment.number), comparison: own ? compareWithEarlier(own, all) : null };
      }),
    });
    const results = studies.map((study): StudyResults => {
      const own = study.series.flatMap(({ seriesUid }) => known.get(seriesUid) ?? []).filter((one) => one !== null);
      return { studyUid: study.studyUid, takenAtMs: study.takenAtMs, segmentations: own.flatMap((one) => ('segments' in one ? [segmentation(one)] : [])), reports: own.flatMap((one) => ('lines' in one ? [one] : [])) };
    });
    const total = heads().length;
    const done = heads().filter(({ sopUid }) => !['reading', undefined].includes(outcomes.get(sopUid)?.status)).length;
    store.setState({ studies: results.filter(({ segmentations, reports }) => segmentations.length + reports.length > 0), progress: { done, total } });
    draw();
  }

  function draw(): void {
    const { studies: results, opacity } = store.getState();
    const bySeries = new Map<string, PaintedSegment[]>();
    for (const { key, colour, isShown } of results.flatMap(({ segmentations }) => segmentations.flatMap(({ segments }) => segments))) {
      const mask = masks.get(key);
      if (!mask || !isShown) continue;
      const { seriesUid } = mask.placed.series;
      bySeries.set(seriesUid, [...(bySeries.get(seriesUid) ?? []), { mask, colour: [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16)) as [number, number, number] }]); // three in, three out
    }
    imaging.showOverlays(new Map([...bySeries].map(([seriesUid, segments]): [string, Overlay] => [seriesUid, { segments, opacity }])));
  }

  function setShown(keys: readonly string[], isShown: boolean): void {
    for (const key of keys) if (isShown && masks.has(key)) shown.add(key);
    else shown.delete(key);
    tell();
  }

  function pictureOf(key: string) {
    const mask = masks.get(key);
    const slice = mask ? fullestSlice(mask) : null;
    const frame = mask && slice !== null ? mask.placed.series.frames[slice] : undefined;
    return mask && frame ? { summary: mask.placed.series, sopUid: frame.sopUid, frame: frame.frame } : null;
  }

  /** Follows the viewer from here on. */
  function start(): Undo {
    imagingChanged();
    return imaging.store.subscribe(imagingChanged);
  }

  return {
    store, start, setShown,
    setOpacity(opacity: number) {
      store.setState({ opacity: Math.max(0.1, Math.min(0.9, opacity)) });
      draw();
    },
    /** Reads again what could not be read. */
    retry() {
      for (const [sopUid, { status }] of outcomes) if (status === 'failed') outcomes.delete(sopUid);
      store.setState({ error: null });
      read();
    },
    /** Goes to the slice with the most of a segment, and shows it there. */
    goTo(key: string) {
      const picture = pictureOf(key);
      setShown([key], true);
      if (picture) imaging.goToPicture({ seriesUid: picture.summary.seriesUid, sopUid: picture.sopUid, frame: picture.frame });
    },
    /** The same segment now and before, beside each other, each on its fullest slice. */
    compare({ now, before }: Comparison) {
      setShown([now.key, before.key], true);
      imaging.hangSideBySide([now.key, before.key].flatMap((key) => pictureOf(key) ?? []));
    },
  };
}
