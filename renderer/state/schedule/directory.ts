import { createStore, type StoreApi } from 'zustand/vanilla';
import type { Organisation, Party } from '#shared/domain/people';
import type { Venue } from '#shared/domain/scheduling';
import { type AppError, toAppError } from '#shared/protocol/errors';
import type { RequestPort } from '../ports.ts';

export interface DirectoryState {
  /** People and carts that can be invited; empty for those who arrange nothing. */
  readonly parties: readonly Party[];
  readonly venues: readonly Venue[];
  readonly organisations: readonly Organisation[];
  readonly isLoaded: boolean;
  readonly error: AppError | null;
}

/** Names for ids: shared by calendar, planner and rosters, fetched once a session. */
export interface Directory {
  readonly store: StoreApi<DirectoryState>;
  /** Fetches what is not there yet; `again` also what is. */
  load(again?: boolean): Promise<void>;
  /** Forgets everything; called on sign-out. */
  clear(): void;
}

const EMPTY: DirectoryState = { parties: [], venues: [], organisations: [], isLoaded: false, error: null };

export function createDirectory(signaling: RequestPort, mayArrange: () => boolean): Directory {
  const store = createStore<DirectoryState>(() => EMPTY);
  let generation = 0;
  return {
    store,
    async load(again = false) {
      if (store.getState().isLoaded && !again) return;
      const mine = generation;
      try {
        const [{ organisations }, { venues }, { parties }] = await Promise.all([
          signaling.request('admin.organisations', {}),
          signaling.request('schedule.venues', {}),
          mayArrange() ? signaling.request('admin.directory', {}) : { parties: [] },
        ]);
        if (mine === generation) store.setState({ organisations, venues, parties, isLoaded: true, error: null });
      } catch (error) {
        if (mine === generation) store.setState({ error: toAppError(error) });
      }
    },
    clear() {
      generation += 1;
      store.setState(EMPTY);
    },
  };
}
