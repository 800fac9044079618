import type { REQUESTS, RequestName, RequestParams, RequestResult } from '#shared/protocol/requests';
import type { Identity } from '../auth/sessions.ts';
import type { Peer } from '../rooms/peer.ts';
import type { Room } from '../rooms/room.ts';
import type { ClientConnection } from './connection.ts';

/** What a handler of scope `identity` gets: who asks, over which connection. */
export interface IdentityContext {
  readonly identity: Identity;
  readonly connectionId: string;
  readonly connection: ClientConnection;
}

/** What handlers of the scopes `peer` and `host` get besides: where the asker sits. Checked by the dispatcher before they run. */
export interface PeerContext extends IdentityContext {
  readonly room: Room;
  readonly peer: Peer;
}

export type RequestContext = IdentityContext | PeerContext;

type ContextOf<N extends RequestName> = (typeof REQUESTS)[N]['scope'] extends 'identity' ? IdentityContext : PeerContext;

/** One function for each of the named requests: parameters are parsed and permission is given before it is called. */
export type Handlers<N extends RequestName> = { readonly [K in N]: (context: ContextOf<K>, params: RequestParams<K>) => Promise<RequestResult<K>> };

export type AllHandlers = Handlers<RequestName>;
