import type { ClientInstanceId, PeerId } from '#shared/domain/ids';
import type { AsyncQueue } from '#shared/lib/asyncQueue';
import type { EventName, EventPayload } from '#shared/protocol/events';
import type { Identity } from '../auth/sessions.ts';
import type { EchoCheck } from '../media/echo.ts';
import type { Connection, Peer } from '../rooms/peer.ts';
import type { Room } from '../rooms/room.ts';
import type { TokenBucket } from './rateLimit.ts';

/** What a connection is seated as: a peer in a room, or somebody who waits at its door. */
export type Seat = { readonly room: Room; readonly clientInstanceId: ClientInstanceId } & ({ readonly kind: 'peer'; readonly peer: Peer } | { readonly kind: 'waiting'; readonly peerId: PeerId });

/**
 * One socket. Kept small: thousands of idle carts hold one each, so what only a busy connection needs is made on first use.
 */
export class ClientConnection implements Connection {
  readonly id: string;
  readonly identity: Identity;
  readonly #emit: (name: string, payload: unknown) => void;
  seat: Seat | null = null;
  /** Set when the socket is gone: a join still under way then ends as disconnected. */
  isClosed = false;
  buckets: Map<string, TokenBucket> | null = null;
  /** Joining and leaving one after another: two at once would seat one connection twice. */
  doors: AsyncQueue | null = null;
  echo: EchoCheck | null = null;
  /** Malformed, unknown or too frequent messages so far; decays. */
  offences = 0;
  lastOffenceMs = 0;

  constructor(id: string, identity: Identity, emit: (name: string, payload: unknown) => void) {
    this.id = id;
    this.identity = identity;
    this.#emit = emit;
  }

  send<N extends EventName>(name: N, payload: EventPayload<N>): void {
    this.#emit(name, payload);
  }
}
