import type { RequestName } from '#shared/protocol/requests';
import type { Handlers } from '../handler.ts';

type ControlRequests = Extract<RequestName, `control.${string}`>;

/** Remote control of a probe; the room carries it. */
export function createControlHandlers(): Handlers<ControlRequests> {
  return {
    'control.look': async ({ room }) => room.control.look(),
    'control.offer': async ({ room, peer }, { device }) => {
      room.control.offer(peer, device);
      return {};
    },
    'control.status': async ({ room, peer }, { status }) => {
      room.control.setStatus(peer, status);
      return {};
    },
    'control.ask': async ({ room, peer }, params) => {
      room.control.ask(peer, params);
      return {};
    },
    'control.unask': async ({ room, peer }) => {
      room.control.unask(peer);
      return {};
    },
    'control.cue': async ({ room, peer }, { cue }) => {
      room.control.cue(peer, cue);
      return {};
    },
    'control.release': async ({ room, peer }, { epoch }) => {
      room.control.release(peer, epoch);
      return {};
    },
    'control.grant': async ({ room, peer }, params) => {
      room.control.grant(peer, params);
      return {};
    },
    'control.reveal': async ({ room, peer }, params) => {
      room.control.reveal(peer, params);
      return {};
    },
    'control.decline': async ({ room, peer }, { peerId }) => {
      room.control.decline(peer, peerId);
      return {};
    },
    'control.frame': async ({ room, peer }, { frame }) => {
      room.control.frame(peer, frame);
      return {};
    },
  };
}
