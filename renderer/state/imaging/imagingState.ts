import type { CaseId } from '#shared/domain/ids';
import type { CellView, ImagingLayout, ImagingPointer } from '#shared/domain/imaging/presentation';
import type { AppError } from '#shared/protocol/errors';
import { isOfDevice, type Mark, type ToolName } from '#shared/domain/imaging/marks';
import type { Series, StudySummary } from '../../services/imaging/series.ts';

/** One cell as the screen draws it. `index` and `count` from 0; `loaded`: pictures of the series that are here. */
export interface CellState {
  readonly status: 'empty' | 'loading' | 'shown' | 'failed';
  readonly series: Series | null;
  readonly view: CellView | null;
  readonly index: number;
  readonly count: number;
  readonly loaded: number;
  readonly error: AppError | null;
}

export const EMPTY_CELL: CellState = { status: 'empty', series: null, view: null, index: 0, count: 0, loaded: 0, error: null };

export interface ImagingState {
  readonly phase: 'closed' | 'loading' | 'ready' | 'failed';
  readonly caseId: CaseId | null;
  readonly error: AppError | null;
  /** Newest first. */
  readonly studies: readonly StudySummary[];
  readonly layout: ImagingLayout;
  readonly active: number;
  /** As many as the layout has places. */
  readonly cells: readonly CellState[];
  readonly tool: ToolName;
  readonly isLinked: boolean;
  readonly hasScout: boolean;
  /** False: no WebGL2, stacks only. */
  readonly hasVolumes: boolean;
  readonly marks: readonly Mark[];
  /** Series over which results of outside analysis are drawn. */
  readonly overlaid: ReadonlySet<string>;
  /** Rises when values of marks were computed anew. */
  readonly measuredCount: number;
  readonly notice: 'acrossRegions' | 'locked' | 'onPlane' | null;
  /** The arrow that a word is asked for. */
  readonly naming: string | null;
  readonly canUndo: boolean;
  /** Own mouse on a picture; shared while presenting. */
  readonly pointer: ImagingPointer | null;
}

/** Whether something that a device or an algorithm found is drawn on what a cell shows: that is assistance, and has to be said on the picture [IMG50]. */
export function showsAssistance({ marks, overlaid }: Pick<ImagingState, 'marks' | 'overlaid'>, { view }: Pick<CellState, 'view'>): boolean {
  if (view === null) return false;
  // On a plane marks of all its pictures may be seen.
  const isOnIt = (mark: Mark) => mark.seriesUid === view.seriesUid && (view.plane !== 'stack' || (mark.sopUid === view.sopUid && mark.frame === view.frame));
  return overlaid.has(view.seriesUid) || marks.some((mark) => isOfDevice(mark) && isOnIt(mark));
}

export const CLOSED_IMAGING: ImagingState = {
  phase: 'closed', caseId: null, error: null, studies: [], layout: { rows: 1, columns: 1 }, active: 0, cells: [EMPTY_CELL], tool: 'window', isLinked: false, hasScout: false, hasVolumes: true, marks: [], overlaid: new Set(), measuredCount: 0, notice: null, naming: null, canUndo: false,
  pointer: null,
};
