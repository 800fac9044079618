import { createContext, useContext } from 'react';
import { useStore } from 'zustand';
import { required } from '#shared/lib/assert';
import type { AnalysisModel } from '../../state/imaging/analysisModel.ts';
import type { CopiesModel } from '../../state/imaging/copiesModel.ts';
import type { ImagingModel } from '../../state/imaging/imagingModel.ts';
import type { KeptModel } from '../../state/imaging/keptModel.ts';
import type { ReportModel } from '../../state/imaging/reportModel.ts';
import type { ImagingState } from '../../state/imaging/imagingState.ts';

/** What a hand on a picture does: looking another way ends following, drawing does not. */
export type HandKind = 'look' | 'draw';

export interface ImagingContextValue {
  readonly model: ImagingModel;
  readonly analysis: AnalysisModel;
  readonly kept: KeptModel;
  readonly reports: ReportModel;
  /** Told before the hand has an effect. */
  readonly onHand: (kind: HandKind) => void;
  /** Opens the ways by which images come into the case; null: not for this account. */
  readonly onAdd: (() => void) | null;
  /** Which series belong to the copies on machines; null: nothing is kept on this machine, or not for this account. */
  readonly copies: { readonly model: CopiesModel; readonly canChoose: boolean; readonly isOnline: boolean } | null;
  /** Where somebody else points; null: nowhere. */
  readonly pointer: { readonly cell: number; readonly world: readonly [number, number, number]; readonly colour: string } | null;
}

export const ImagingContext = createContext<ImagingContextValue | null>(null);

export function useViewer(): ImagingContextValue {
  return required(useContext(ImagingContext), 'an ImagingContext around this component');
}

/** A part of the viewer's state; the component is drawn anew only when that part changes. */
export function useImaging<T>(select: (state: ImagingState) => T): T {
  return useStore(useViewer().model.store, select);
}
