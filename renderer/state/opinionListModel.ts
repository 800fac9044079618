import { createStore, type StoreApi } from 'zustand/vanilla';
import type { CaseId, ConsultId, OpinionId } from '#shared/domain/ids';
import type { AppError } from '#shared/protocol/errors';
import type { OpinionSummary } from '#shared/protocol/opinions';
import { createFollowing, type Following } from './following.ts';
import type { RequestPort } from './ports.ts';
import { createWork } from './work.ts';

export interface OpinionListState {
  readonly caseId: CaseId | null;
  /** Null until the first answer. */
  readonly opinions: readonly OpinionSummary[] | null;
  readonly isWorking: boolean;
  readonly error: AppError | null;
}

/** The opinions on a case, and beginning one. */
export interface OpinionListModel extends Following<CaseId> {
  readonly store: StoreApi<OpinionListState>;
  /** @returns the consult's opinion, begun now or before; null: it failed, and the state says why */
  begin(consultId: ConsultId): Promise<OpinionId | null>;
}

const CLOSED: OpinionListState = { caseId: null, opinions: null, isWorking: false, error: null };

export function createOpinionListModel(signaling: RequestPort): OpinionListModel {
  const store = createStore<OpinionListState>(() => CLOSED);
  const run = createWork(store);
  const following = createFollowing<CaseId, OpinionListState, { readonly opinions: readonly OpinionSummary[] }>({
    signaling,
    store,
    closed: CLOSED,
    keyOf: String,
    opened: (caseId) => ({ caseId }),
    read: (caseId) => signaling.request('opinion.list', { caseId }),
    show: ({ opinions }) => ({ opinions }),
    listen: (caseId, changed) => [signaling.on('opinion.changed', (opinion) => (opinion.caseId === caseId ? changed() : undefined))],
  });

  return {
    store,
    ...following,
    async begin(consultId) {
      let begun: OpinionId | null = null;
      await run(async () => {
        begun = (await signaling.request('opinion.begin', { consultId })).opinionId;
      });
      return begun;
    },
  };
}
