import type { StoreApi } from 'zustand/vanilla';
import { type AppError, toAppError } from '#shared/protocol/errors';

/** What a model shows of the pieces of work a person starts in it. */
export interface WorkState {
  readonly isWorking: boolean;
  readonly error: AppError | null;
}

/** Runs one piece of work; true when it went well. Failures are shown, not thrown. Working is said until the last of several has ended. */
export function createWork(store: Pick<StoreApi<WorkState>, 'setState'>): (work: () => Promise<unknown>) => Promise<boolean> {
  let running = 0;
  return async (work) => {
    running += 1;
    store.setState({ isWorking: true, error: null });
    try {
      await work();
      return true;
    } catch (error) {
      store.setState({ error: toAppError(error) });
      return false;
    } finally {
      running -= 1;
      store.setState({ isWorking: running > 0 });
    }
  };
}
