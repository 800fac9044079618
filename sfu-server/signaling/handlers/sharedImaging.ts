import type { RequestName } from '#shared/protocol/requests';
import type { Handlers } from '../handler.ts';

type SharedImagingRequests = Extract<RequestName, 'imaging.join' | 'imaging.leave' | 'imaging.ask' | 'imaging.give' | 'imaging.release' | 'imaging.takeBack' | 'imaging.present' | 'imaging.mark'>;

/** Reading images together; the room keeps who presents and what. */
export function createSharedImagingHandlers(): Handlers<SharedImagingRequests> {
  return {
    'imaging.join': async ({ room, peer }) => room.imaging.join(peer),
    'imaging.leave': async ({ room, peer }) => {
      room.imaging.leave(peer);
      return {};
    },
    'imaging.ask': async ({ room, peer }, { isAsking }) => {
      room.imaging.ask(peer, isAsking);
      return {};
    },
    'imaging.give': async ({ room, peer }, { peerId }) => {
      room.imaging.give(peer, peerId);
      return {};
    },
    'imaging.release': async ({ room, peer }) => {
      room.imaging.release(peer);
      return {};
    },
    'imaging.takeBack': async ({ room, peer }) => {
      room.imaging.takeBack(peer);
      return {};
    },
    'imaging.present': async ({ room, peer }, params) => ({ sequence: room.imaging.present(peer, params) }),
    'imaging.mark': async ({ room, peer }, { update }) => {
      room.imaging.mark(peer, update);
      return {};
    },
  };
}
