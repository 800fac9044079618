import { createStore, type StoreApi } from 'zustand/vanilla';
import type { ConsultId } from '#shared/domain/ids';
import { DisposableStack } from '#shared/lib/disposable';
import { type AppError, toAppError } from '#shared/protocol/errors';
import type { Agenda, AgendaItem, Stay } from '#shared/protocol/inSession';
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
export interface MinutesModel {
  readonly store: StoreApi<MinutesState>;
  open(consultId: ConsultId): void;
  close(): void;
  refresh(): void;
  /** Adds at the end. */
  addItem(item: Omit<AgendaItem, 'id'>): Promise<boolean>;
  setItems(items: readonly AgendaItem[]): Promise<boolean>;
}

const CLOSED: MinutesState = { consultId: null, agenda: null, stays: null, isWorking: false, isOvertaken: false, error: null };

export function createMinutesModel({ signaling, newId }: { readonly signaling: RequestPort; readonly newId: () => string }): MinutesModel {
  const store = createStore<MinutesState>(() => CLOSED);
  let undos: DisposableStack | null = null;
  let run = 0;

  async function load(): Promise<void> {
    const { consultId } = store.getState();
    const mine = run;
    if (consultId === null) return;
    try {
      const [{ agenda }, { stays }] = await Promise.all([signaling.request('consult.agenda', { consultId }), signaling.request('consult.presence', { consultId })]);
      if (mine === run) store.setState({ agenda, stays, error: null });
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
      close();
      undos = new DisposableStack();
      undos.add(signaling.on('consult.recordChanged', (changed) => {
        if (changed.consultId === consultId) void load();
      }));
      undos.add(signaling.onStatus((status) => {
        if (status.step === 'connected') void load();
      }));
      store.setState({ ...CLOSED, consultId });
      void load();
    },
    close,
    refresh: () => void load(),
    addItem: (item) => setItems([...(store.getState().agenda?.items ?? []), { ...item, id: newId() }]),
    setItems,
  };
}
