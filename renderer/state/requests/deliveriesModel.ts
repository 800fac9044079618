import { createStore, type StoreApi } from 'zustand/vanilla';
import type { DeliveryChannel } from '#shared/domain/delivery';
import type { ConsultRequestId } from '#shared/domain/ids';
import { DisposableStack } from '#shared/lib/disposable';
import { type AppError, toAppError } from '#shared/protocol/errors';
import type { DeliveryRecord } from '#shared/protocol/notices';
import type { RequestPort } from '../ports.ts';

export interface DeliveriesState {
  readonly requestId: ConsultRequestId | null;
  /** The newest first; null until the first answer. */
  readonly deliveries: readonly DeliveryRecord[] | null;
  /** By which ways this server sends at all. */
  readonly channels: readonly DeliveryChannel[];
  readonly error: AppError | null;
}

/** Who was told what of one request, and whether it reached them [NTC10]. */
export interface DeliveriesModel {
  readonly store: StoreApi<DeliveriesState>;
  open(requestId: ConsultRequestId): void;
  close(): void;
  /** Letters go out after the step that makes them, and nobody tells of it: whoever waits for one looks again. */
  refresh(): void;
}

const CLOSED: DeliveriesState = { requestId: null, deliveries: null, channels: [], error: null };

export function createDeliveriesModel(signaling: RequestPort): DeliveriesModel {
  const store = createStore<DeliveriesState>(() => CLOSED);
  let undos: DisposableStack | null = null;
  let run = 0;

  function load(): void {
    const { requestId } = store.getState();
    if (requestId === null) return;
    run += 1;
    const mine = run;
    signaling.request('notice.deliveries', { requestId }).then(
      ({ deliveries, channels }) => {
        if (mine === run) store.setState({ deliveries, channels, error: null });
      },
      (error: unknown) => {
        if (mine === run) store.setState({ error: toAppError(error) });
      },
    );
  }

  function close(): void {
    run += 1;
    undos?.dispose();
    undos = null;
    store.setState(CLOSED);
  }

  return {
    store,
    open(requestId) {
      if (store.getState().requestId === requestId) return;
      close();
      undos = new DisposableStack();
      undos.add(signaling.on('request.changed', (changed) => (changed.requestId === requestId ? load() : undefined)));
      undos.add(signaling.onStatus((status) => (status.step === 'connected' ? load() : undefined)));
      store.setState({ ...CLOSED, requestId });
      load();
    },
    close,
    refresh: load,
  };
}

/** Something the reader should act on: it will not arrive by itself any more, and the person has no other word of it. */
export function isLost({ state, reason }: Pick<DeliveryRecord, 'state' | 'reason'>): boolean {
  return state === 'givenUp' || (state === 'failed' && reason === 'refused');
}
