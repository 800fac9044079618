import { createContext, type ReactNode, useContext } from 'react';
import { useStore } from 'zustand';
import type { CaseId } from '#shared/domain/ids';
import { required } from '#shared/lib/assert';
import type { ViewedItem } from '../../services/cases/caseView.ts';
import type { CaseModel, CaseState } from '../../state/cases/caseModel.ts';

/** Of a document: what its replay needs. */
export type ReplayedItem = Pick<Extract<ViewedItem['content'], { kind: 'document' }>['body'], 'title' | 'attachment' | 'control'>;

/** What every part of an open file may use. */
export interface FileContextValue {
  readonly model: CaseModel;
  readonly isOnline: boolean;
  /** In a side panel: one column, and as little as will do. */
  readonly isCompact: boolean;
  /** The reader may write in this case. */
  readonly canWrite: boolean;
  /** Gives the case as a FHIR Bundle; null where that is not offered. */
  readonly exportFhir: ((caseId: CaseId) => Promise<Blob>) | null;
  /** The signed opinions on the case, which are no part of the file; null: not shown here. */
  readonly opinions: ReactNode;
  /** The case's images and how they are read; null: not shown here. */
  readonly imaging: ReactNode;
  /** Plays a record of remote control over the whole window; null: not shown here. */
  readonly replay: ((item: ReplayedItem, onClose: () => void) => ReactNode) | null;
  /** Removes a change the server did not take, for good. */
  readonly throwAway: (entry: CaseState['outbox'][number]) => void;
}

export const FileContext = createContext<FileContextValue | null>(null);

export function useFile(): FileContextValue {
  return required(useContext(FileContext), 'a FileContext around this component');
}

/** A part of the file's state; the component is drawn anew only when that part changes. */
export function useCase<T>(select: (state: CaseState) => T): T {
  return useStore(useFile().model.store, select);
}
