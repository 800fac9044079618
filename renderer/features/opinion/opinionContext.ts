import { createContext, type ReactNode, useContext } from 'react';
import { useStore } from 'zustand';
import type { Attachment, PictureRef } from '#shared/domain/caseFile';
import type { Bilingual, Party } from '#shared/domain/people';
import { required } from '#shared/lib/assert';
import type { OpinionModel, OpinionState } from '../../state/opinionModel.ts';

/** Whom and what an opinion is about, as the case file says now. A submitted version holds what it said then. */
export interface OpinionSubject {
  readonly patientName: string;
  readonly sex: 'female' | 'male' | 'other' | 'unknown';
  readonly ageYears: number | null;
  readonly recordNumber: string | null;
  readonly hospital: Bilingual;
  readonly question: string;
  readonly diagnosis: string;
}

export interface OpinionContextValue {
  readonly model: OpinionModel;
  readonly self: Party;
  /** Null: the case file is not here. */
  readonly subject: OpinionSubject | null;
  /** The way to open this machine's case files, while they are closed; null: they are open. */
  readonly caseDoor: ReactNode;
  /** Pictures of the case that can be shown in the opinion. */
  readonly images: readonly { readonly title: string; readonly attachment: Attachment; /** Of a key image, its picture. */ readonly source: PictureRef | null }[];
}

export const OpinionContext = createContext<OpinionContextValue | null>(null);

export function useOpinionScreen(): OpinionContextValue {
  return required(useContext(OpinionContext), 'an OpinionContext around this component');
}

export function useOpinion<T>(select: (state: OpinionState) => T): T {
  return useStore(useOpinionScreen().model.store, select);
}
