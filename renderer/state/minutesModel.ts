import { createStore, type StoreApi } from 'zustand/vanilla';
import type { ConsultId } from '#shared/domain/ids';
import { type AppError, toAppError } from '#shared/protocol/errors';
import type { Agenda, AgendaItem, Stay } from '#shared/protocol/inSession';
import { createFollowing, type Following } from './following.ts';
import type { RequestPort } from './ports.ts';

export interface MinutesState {
  readonly consultId: ConsultId | null;
  /** Null until the first answer. */
  readonly agenda: Agenda | null;
  readonly stays: readonly Stay[] | null;
  readonly isWorking: boolean;
  /** Somebody else changed the agenda first: theirs is shown, and this person's change has to be made again. */
  readonly isOvertaken: boolean;
  readonly error: AppError | null;
}

/** What is kept of a session besides its talk: agenda and presence. The minutes' text is the case's note. */
export interface MinutesModel extends Following<ConsultId> {
  readonly store: StoreApi<MinutesState>;
  /** Adds at the end. */
  addItem(item: Omit<AgendaItem, 'id'>): Promise<boolean>;
  setItems(items: readonly AgendaItem[]): Promise<boolean>;
}

const CLOSED: MinutesState = { consultId: null, agenda: null, stays: null, isWorking: false, isOvertaken: false, error: null };

export function createMinutesModel({ signaling, newId }: { readonly signaling: RequestPort; readonly newId: () => string }): MinutesModel {
  const store = createStore<MinutesState>(() => CLOSED);
  const following = createFollowing<ConsultId, MinutesState, Pick<MinutesState, 'agenda' | 'stays'>>({
    signaling,
    store,
    closed: CLOSED,
    keyOf: String,
    opened: (consultId) => ({ consultId }),
    read: async (consultId) => {
      const [{ agenda }, { stays }] = await Promise.all([signaling.request('consult.agenda', { consultId }), signaling.request('consult.presence', { consultId })]);
      return { agenda, stays };
    },
    show: (found) => found,
    listen: (consultId, changed) => [signaling.on('consult.recordChanged', (record) => (record.consultId === consultId ? changed() : undefined))],
  });
  let run = 0;

  function close(): void {
    run += 1;
    following.close();
  }

  async function setItems(items: readonly AgendaItem[]): Promise<boolean> {
    const { consultId, agenda } = store.getState();
    if (consultId === null || agenda === null) return false;
    const mine = run;
    store.setState({ isWorking: true, isOvertaken: false, error: null });
    try {
      const answer = await signaling.request('consult.setAgenda', { consultId, baseVersion: agenda.version, items: [...items] });
      if (mine === run) store.setState({ agenda: answer.agenda, isOvertaken: answer.status === 'conflict' });
      return answer.status === 'saved';
    } catch (error) {
      if (mine === run) store.setState({ error: toAppError(error) });
      return false;
    } finally {
      if (mine === run) store.setState({ isWorking: false });
    }
  }

  return {
    store,
    open(consultId) {
      if (store.getState().consultId === consultId) return;
      run += 1;
      following.open(consultId);
    },
    close,
    refresh: following.refresh,
    addItem: (item) => setItems([...(store.getState().agenda?.items ?? []), { ...item, id: newId() }]),
    setItems,
  };
}
