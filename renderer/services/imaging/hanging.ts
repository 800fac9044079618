import type { ImagingLayout } from '#shared/domain/imaging/presentation';
import { hasPictures, type SeriesSummary, type StudySummary } from './series.ts';

export interface Hanging {
  readonly layout: ImagingLayout;
  readonly series: readonly SeriesSummary[];
  /** Cells scroll together by place. */
  readonly isLinked: boolean;
}

/** Modalities whose pictures are read in pairs or fours rather than scrolled. */
const PROJECTIONS = new Set(['CR', 'DX', 'DR', 'MG', 'RG', 'IO', 'PX']);
const VOLUMES = new Set(['CT', 'MR', 'PT', 'NM']);

const likeness = (a: SeriesSummary, b: SeriesSummary): number => Number(a.modality === b.modality) * 4 + Number(a.bodyPart !== '' && a.bodyPart === b.bodyPart) * 2 + Number(a.description === b.description);

/** The series of an earlier study that is most like this one; null: none of its modality. */
function priorOf(studies: readonly StudySummary[], study: StudySummary, series: SeriesSummary): SeriesSummary | null {
  const earlier = studies.filter((other) => other.studyUid !== study.studyUid && (other.takenAtMs ?? 0) <= (study.takenAtMs ?? 0));
  for (const other of earlier) {
    const [best] = other.series.filter(({ modality }) => modality === series.modality).sort((a, b) => likeness(series, b) - likeness(series, a) || b.instanceCount - a.instanceCount);
    if (best) return best;
  }
  return null;
}

/**
 * How a study is hung when it is opened: slices beside the earlier study of their kind, linked; projections side by side, mammograms in
 * fours; anything else alone. `isTall`: the screen stands upright, and what would be side by side is one above the other.
 */
export function hang(studies: readonly StudySummary[], study: StudySummary, preferred: SeriesSummary | null, isTall: boolean): Hanging {
  const pair: ImagingLayout = isTall ? { rows: 2, columns: 1 } : { rows: 1, columns: 2 };
  const shown = study.series.filter(({ modality }) => hasPictures(modality));
  const first = preferred ?? [...shown].sort((a, b) => Number(VOLUMES.has(b.modality)) - Number(VOLUMES.has(a.modality)) || (a.number ?? 0) - (b.number ?? 0))[0];
  if (!first) return { layout: { rows: 1, columns: 1 }, series: [], isLinked: false };
  if (PROJECTIONS.has(first.modality)) {
    const same = [first, ...shown.filter((one) => one !== first && one.modality === first.modality)].slice(0, first.modality === 'MG' ? 4 : 2);
    return { layout: same.length > 2 ? { rows: 2, columns: 2 } : same.length === 2 ? pair : { rows: 1, columns: 1 }, series: same, isLinked: false };
  }
  const prior = VOLUMES.has(first.modality) ? priorOf(studies, study, first) : null;
  return prior ? { layout: pair, series: [first, prior], isLinked: true } : { layout: { rows: 1, columns: 1 }, series: [first], isLinked: false };
}
