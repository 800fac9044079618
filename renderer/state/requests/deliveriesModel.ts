import { createStore, type StoreApi } from 'zustand/vanilla';
import type { DeliveryChannel } from '#shared/domain/delivery';
import type { AppError } from '#shared/protocol/errors';
import type { DeliveryRecord, NoticeAbout } from '#shared/protocol/notices';
import { createFollowing, type Following } from '../following.ts';
import type { RequestPort } from '../ports.ts';
import { matterOf } from './noticesModel.ts';

export interface DeliveriesState {
  readonly about: NoticeAbout | null;
  /** The newest first; null until the first answer. */
  readonly deliveries: readonly DeliveryRecord[] | null;
  /** By which ways this server sends at all. */
  readonly channels: readonly DeliveryChannel[];
  readonly error: AppError | null;
}

/**
 * Who was told what of one request, or of a session that nobody applied for, and whether it reached them [NTC10]. Letters go out after
 * the step that makes them, and nobody tells of it: whoever waits for one looks again.
 */
export interface DeliveriesModel extends Following<NoticeAbout> {
  readonly store: StoreApi<DeliveriesState>;
}

const CLOSED: DeliveriesState = { about: null, deliveries: null, channels: [], error: null };

export function createDeliveriesModel(signaling: RequestPort): DeliveriesModel {
  const store = createStore<DeliveriesState>(() => CLOSED);
  const following = createFollowing<NoticeAbout, DeliveriesState, Pick<DeliveriesState, 'channels'> & { readonly deliveries: readonly DeliveryRecord[] }>({
    signaling,
    store,
    closed: CLOSED,
    keyOf: matterOf,
    opened: (about) => ({ about }),
    read: (about) => signaling.request('notice.deliveries', { about }),
    show: ({ deliveries, channels }) => ({ deliveries, channels }),
    listen: (about, changed) => [
      about.type === 'request' ? signaling.on('request.changed', ({ requestId }) => (requestId === about.requestId ? changed() : undefined)) : signaling.on('schedule.changed', ({ consultId }) => (consultId === about.consultId ? changed() : undefined)),
    ],
  });
  return { store, ...following };
}

/** Something the reader should act on: it will not arrive by itself any more, and the person has no other word of it. */
export function isLost({ state, reason }: Pick<DeliveryRecord, 'state' | 'reason'>): boolean {
  return state === 'givenUp' || (state === 'failed' && reason === 'refused');
}
