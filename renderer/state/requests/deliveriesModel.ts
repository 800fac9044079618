import { createStore, type StoreApi } from 'zustand/vanilla';
import type { DeliveryChannel } from '#shared/domain/delivery';
import type { ConsultRequestId } from '#shared/domain/ids';
import type { AppError } from '#shared/protocol/errors';
import type { DeliveryRecord } from '#shared/protocol/notices';
import { createLiveReading } from '../liveReading.ts';
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
  const reading = createLiveReading({
    signaling,
    delay: null,
    read: () => {
      const { requestId } = store.getState();
      return requestId === null ? null : signaling.request('notice.deliveries', { requestId });
    },
    show: ({ deliveries, channels }) => store.setState({ deliveries, channels, error: null }),
    fail: (error) => store.setState({ error }),
  });

  function close(): void {
    reading.stop();
    store.setState(CLOSED);
  }

  return {
    store,
    open(requestId) {
      if (store.getState().requestId === requestId) return;
      close();
      store.setState({ ...CLOSED, requestId });
      reading.start((changed) => [signaling.on('request.changed', (request) => (request.requestId === requestId ? changed() : undefined))]);
    },
    close,
    refresh: reading.now,
  };
}

/** Something the reader should act on: it will not arrive by itself any more, and the person has no other word of it. */
export function isLost({ state, reason }: Pick<DeliveryRecord, 'state' | 'reason'>): boolean {
  return state === 'givenUp' || (state === 'failed' && reason === 'refused');
}
