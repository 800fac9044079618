import type { AppError } from '#shared/protocol/errors';
import type { Comparison } from '../../services/imaging/results/compare.ts';
import type { DeviceReport } from '../../services/imaging/results/deviceReport.ts';
import type { Refusal, Segment, SegmentationHead } from '../../services/imaging/results/segmentation.ts';

/** A segment in the list. `volumeMl` null: its pixels are not read yet. */
export interface SegmentResult extends Segment {
  readonly key: string;
  readonly volumeMl: number | null;
  readonly isShown: boolean;
  /** As it is drawn, `#rrggbb`; one label has one colour in all studies. */
  readonly colour: string;
  readonly comparison: Comparison | null;
}

/** A segmentation in the list; what is refused says why, and is not drawn. */
export interface SegmentationResult {
  readonly head: SegmentationHead;
  readonly status: 'waiting' | 'reading' | 'ready' | 'refused' | 'failed';
  readonly refusal: Refusal | null;
  /** Could not be fetched; asked again by `retry`. */
  readonly error: AppError | null;
  readonly segments: readonly SegmentResult[];
}

/** What came from outside for one study. */
export interface StudyResults {
  readonly studyUid: string;
  readonly takenAtMs: number | null;
  readonly segmentations: readonly SegmentationResult[];
  readonly reports: readonly DeviceReport[];
}

export interface AnalysisState {
  readonly studies: readonly StudyResults[];
  /** Lists are being read. */
  readonly isReading: boolean;
  /** Some could not be listed. */
  readonly error: AppError | null;
  /** 0.1 to 0.9. */
  readonly opacity: number;
  /** Pixels read, of how many segmentations. */
  readonly progress: { readonly done: number; readonly total: number };
}

export const NO_ANALYSIS: AnalysisState = { studies: [], isReading: false, error: null, opacity: 0.3, progress: { done: 0, total: 0 } };
