import type { ConsultId } from '#shared/domain/ids';
import { AsyncQueue } from '#shared/lib/asyncQueue';
import { AppError } from '#shared/protocol/errors';
import type { RequestName } from '#shared/protocol/requests';
import type { ChatMessage } from '#shared/protocol/room';
import type { ClientConnection, Seat } from '../connection.ts';
import type { JoinDecision } from '../../rooms/admission.ts';
import type { Room } from '../../rooms/room.ts';
import type { Handlers } from '../handler.ts';

type RoomRequests = Extract<RequestName, 'consult.join' | `room.${string}` | `chat.${string}` | `host.${string}`>;

export interface RoomHandlerDependencies {
  /** Decides by the consult's record whether and how the party may enter, and opens its room. */
  readonly admit: (connection: ClientConnection, consultId: ConsultId) => Promise<JoinDecision>;
  readonly onEntered: (connection: ClientConnection, room: Room) => Promise<void>;
  readonly endConsult: (connection: ClientConnection, room: Room) => Promise<void>;
  readonly audit: (connection: ClientConnection, action: string, subject: string) => Promise<void>;
  readonly appendChat: (message: Omit<ChatMessage, 'atMs'>) => Promise<ChatMessage>;
  readonly chatHistory: (consultId: ConsultId) => Promise<readonly ChatMessage[]>;
}

export function createRoomHandlers(deps: RoomHandlerDependencies): Handlers<RoomRequests> {
  return {
    'consult.join': ({ connection }, params) => inTurn(connection, async () => {
      const seat = standingSeat(connection);
      if (seat && (seat.room.consultId !== params.consultId || seat.clientInstanceId !== params.clientInstanceId)) throw new AppError('room.alreadyJoined', 'this connection has a seat already; leave it first');
      let decision = await deps.admit(connection, params.consultId);
      if (decision.room.isClosed) decision = await deps.admit(connection, params.consultId); // its last peer left in this very turn: open it anew
      const answer = await decision.room.join({
        party: connection.identity.party,
        sessionId: connection.identity.sessionId,
        connection,
        clientInstanceId: params.clientInstanceId,
        resume: params.resume,
        mayEnterFreely: decision.mayEnterFreely,
        wasInside: decision.wasInside,
      });
      const { clientInstanceId } = params;
      if (answer.status === 'waiting') {
        connection.seat = { kind: 'waiting', room: decision.room, peerId: answer.peerId, clientInstanceId };
        if (connection.isClosed) decision.room.handleDisconnected(answer.peerId, connection);
        return answer;
      }
      const peer = decision.room.peer(answer.peerId);
      if (!peer) throw new AppError('room.notJoined', 'left while joining');
      connection.seat = { kind: 'peer', room: decision.room, peer, clientInstanceId };
      if (connection.isClosed) decision.room.handleDisconnected(peer.id, connection);
      if (answer.isResumed) return answer;
      try {
        await deps.onEntered(connection, decision.room);
      } catch (error) {
        // Who hears that the join failed must not be left sitting in the room.
        connection.seat = null;
        decision.room.leave(peer);
        throw error;
      }
      return answer;
    }),

    'room.leave': ({ connection }) => inTurn(connection, async () => {
      const seat = standingSeat(connection);
      connection.seat = null;
      if (seat?.kind === 'peer') seat.room.leave(seat.peer);
      if (seat?.kind === 'waiting') seat.room.handleDisconnected(seat.peerId, connection);
      return {};
    }),
    'room.raiseHand': async ({ room, peer }, { isRaised }) => {
      room.raiseHand(peer, isRaised);
      return {};
    },
    'room.sync': async ({ room, peer }) => ({ state: room.state(peer) }),

    'chat.send': async ({ room, peer }, { messageId, text }) => {
      const message = await deps.appendChat({ id: messageId, consultId: room.consultId, author: peer.party, text });
      room.broadcast('chat.message', message);
      return { message };
    },
    'chat.history': async ({ room }) => ({ messages: [...(await deps.chatHistory(room.consultId))] }),

    'host.admit': async ({ connection, room, peer }, { peerId }) => {
      room.admit(peerId, peer);
      await deps.audit(connection, 'consult.admit', room.consultId);
      return {};
    },
    'host.turnAway': async ({ connection, room }, { peerId }) => {
      room.turnAway(peerId);
      await deps.audit(connection, 'consult.turnAway', room.consultId);
      return {};
    },
    'host.mute': async ({ room }, { peerId, sourceId }) => {
      await room.muteByHost(peerId, sourceId);
      return {};
    },
    'host.askToUnmute': async ({ room }, { peerId }) => {
      room.askToUnmute(peerId);
      return {};
    },
    'host.remove': async ({ connection, room }, { peerId }) => {
      const party = room.removeByHost(peerId);
      await deps.audit(connection, 'consult.remove', `${room.consultId} ${party.id}`);
      return {};
    },
    'host.lock': async ({ connection, room }, { isLocked }) => {
      room.setLocked(isLocked);
      await deps.audit(connection, isLocked ? 'consult.lock' : 'consult.unlock', room.consultId);
      return {};
    },
    'host.handOver': async ({ connection, room }, { peerId }) => {
      room.handOver(peerId);
      await deps.audit(connection, 'consult.handOver', room.consultId);
      return {};
    },
    'host.end': async ({ connection, room }) => {
      await deps.endConsult(connection, room);
      return {};
    },
  };
}

/** More than the bursts of both requests together: the queue is never what refuses. */
const DOOR_LIMIT = 64;

/** A connection's joins and leaves one after another, in the order in which they came. */
function inTurn<T>(connection: ClientConnection, act: () => Promise<T>): Promise<T> {
  connection.doors ??= new AsyncQueue(DOOR_LIMIT);
  return connection.doors.push(act);
}

/** The connection's seat, unless the room gave it up meanwhile: removed, turned away or admitted, ended, taken over. */
function standingSeat(connection: ClientConnection): Seat | null {
  const { seat } = connection;
  if (!seat) return null;
  return seat.room.holds(seat.kind === 'peer' ? seat.peer.id : seat.peerId, connection) ? seat : null;
}
