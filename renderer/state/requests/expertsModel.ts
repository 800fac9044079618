import { createStore, type StoreApi } from 'zustand/vanilla';
import type { Expert } from '#shared/domain/scheduling';
import { type AppError, toAppError } from '#shared/protocol/errors';
import type { RequestPort } from '../ports.ts';

export interface ExpertsModel {
  /** Experts who can be asked, the least loaded first; null: not answered yet. */
  readonly store: StoreApi<{ readonly experts: readonly Expert[] | null; readonly error: AppError | null }>;
  load(): void;
}

/** Whom a scheduler can put on a panel. */
export function createExpertsModel(signaling: Pick<RequestPort, 'request'>): ExpertsModel {
  const store: ExpertsModel['store'] = createStore(() => ({ experts: null, error: null }));
  return {
    store,
    load() {
      signaling.request('schedule.experts', { specialty: null, leastGrade: 'resident' }).then(
        ({ experts }) => store.setState({ experts, error: null }),
        (error: unknown) => store.setState({ error: toAppError(error) }),
      );
    },
  };
}
