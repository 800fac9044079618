import type { RequestName } from '#shared/protocol/requests';
import type { Handlers } from '../handler.ts';

type AnnotationRequests = Extract<RequestName, `annotation.${string}`>;

/** Marks on live pictures; the room keeps them. */
export function createAnnotationHandlers(): Handlers<AnnotationRequests> {
  return {
    'annotation.look': async ({ room }) => ({ marks: [...room.marks.all], channels: room.control.look().channels }),
    'annotation.draw': async ({ room, peer }, { draft }) => ({ mark: room.marks.draw(peer, draft) }),
    'annotation.extend': async ({ room, peer }, params) => {
      room.marks.extend(peer, params);
      return {};
    },
    'annotation.change': async ({ room, peer }, params) => {
      room.marks.change(peer, params);
      return {};
    },
    'annotation.erase': async ({ room, peer }, { markIds }) => {
      room.marks.erase(peer, markIds);
      return {};
    },
    'annotation.restore': async ({ room, peer }, { markIds }) => {
      room.marks.restore(peer, markIds);
      return {};
    },
    'annotation.place': async ({ room, peer }, { markId, placement }) => {
      room.marks.place(peer, markId, placement);
      return {};
    },
    'annotation.point': async ({ room, peer }, { at }) => {
      room.marks.point(peer, at);
      return {};
    },
  };
}
