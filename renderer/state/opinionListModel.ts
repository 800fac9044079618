import { createStore, type StoreApi } from 'zustand/vanilla';
import type { CaseId, ConsultId, OpinionId } from '#shared/domain/ids';
import { DisposableStack } from '#shared/lib/disposable';
import { type AppError, toAppError } from '#shared/protocol/errors';
import type { OpinionSummary } from '#shared/protocol/opinions';
import type { RequestPort } from './ports.ts';

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
  let undos: DisposableStack | null = null;
  let run = 0;

  async function load(): Promise<void> {
    const { caseId } = store.getState();
    const mine = run;
    if (caseId === null) return;
    try {
      const { opinions } = await signaling.request('opinion.list', { caseId });
      if (mine === run) store.setState({ opinions, error: null });
    } catch (error) {
      if (mine === run) store.setState({ error: toAppError(error) });
    }
  }

  function close(): void {
    run += 1;
    undos?.dispose();
    undos = null;
    store.setState(CLOSED);
  }

  return {
    store,
    open(caseId) {
      if (store.getState().caseId === caseId) return;
      close();
      undos = new DisposableStack();
      undos.add(signaling.on('opinion.changed', (changed) => {
        if (changed.caseId === caseId) void load();
      }));
      undos.add(signaling.onStatus((status) => {
        if (status.step === 'connected') void load();
      }));
      store.setState({ ...CLOSED, caseId });
      void load();
    },
    close,
    refresh: () => void load(),
    async begin(consultId) {
      store.setState({ isWorking: true, error: null });
      try {
        return (await signaling.request('opinion.begin', { consultId })).opinionId;
      } catch (error) {
        store.setState({ error: toAppError(error) });
        return null;
      } finally {
        store.setState({ isWorking: false });
      }
    },
  };
}
