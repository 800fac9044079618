import { createStore, type StoreApi } from 'zustand/vanilla';
import type { CaseId, ConsultId, OpinionId } from '#shared/domain/ids';
import type { AppError } from '#shared/protocol/errors';
import type { OpinionSummary } from '#shared/protocol/opinions';
import { createLiveReading } from './liveReading.ts';
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
export interface OpinionListModel {
  readonly store: StoreApi<OpinionListState>;
  open(caseId: CaseId): void;
  close(): void;
  refresh(): void;
  /** @returns the consult's opinion, begun now or before; null: it failed, and the state says why */
  begin(consultId: ConsultId): Promise<OpinionId | null>;
}

const CLOSED: OpinionListState = { caseId: null, opinions: null, isWorking: false, error: null };

export function createOpinionListModel(signaling: RequestPort): OpinionListModel {
  const store = createStore<OpinionListState>(() => CLOSED);
  const run = createWork(store);
  const reading = createLiveReading({
    signaling,
    delay: null,
    read: () => {
      const { caseId } = store.getState();
      return caseId === null ? null : signaling.request('opinion.list', { caseId });
    },
    show: ({ opinions }) => store.setState({ opinions, error: null }),
    fail: (error) => store.setState({ error }),
  });

  function close(): void {
    reading.stop();
    store.setState(CLOSED);
  }

  return {
    store,
    open(caseId) {
      if (store.getState().caseId === caseId) return;
      close();
      store.setState({ ...CLOSED, caseId });
      reading.start((changed) => [signaling.on('opinion.changed', (opinion) => (opinion.caseId === caseId ? changed() : undefined))]);
    },
    close,
    refresh: reading.now,
    async begin(consultId) {
      let begun: OpinionId | null = null;
      await run(async () => {
        begun = (await signaling.request('opinion.begin', { consultId })).opinionId;
      });
      return begun;
    },
  };
}
