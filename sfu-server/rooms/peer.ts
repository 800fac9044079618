import type { ClientInstanceId, PeerId, SourceId } from '#shared/domain/ids';
import type { Party } from '#shared/domain/people';
import type { Undo } from '#shared/lib/disposable';
import type { EventName, EventPayload } from '#shared/protocol/events';
import type { SourceState } from '#shared/protocol/media';
import type { PeerState } from '#shared/protocol/room';
import type { PeerMedia } from '../media/peerMedia.ts';

/** The way to one client. A peer gets another when its socket is made anew. */
export interface Connection {
  readonly id: string;
  send<N extends EventName>(name: N, payload: EventPayload<N>): void;
}

/** A source as the room keeps it: what is shown, and who muted it. */
export interface Source {
  state: SourceState;
  /** Cancels the removal of a source whose producer is gone and was not made anew. */
  cancelRemoval: Undo | null;
}

/** One participant in one room. Plain state; the room acts. */
export class Peer {
  readonly id: PeerId;
  readonly party: Party;
  /** Whose end is this peer's end; another one after a resume under a new sign-in. */
  sessionId: string;
  readonly clientInstanceId: ClientInstanceId;
  readonly media: PeerMedia;
  readonly joinedAtMs: number;
  readonly sources = new Map<SourceId, Source>();
  connection: Connection | null;
  isHandRaised = false;
  cancelGrace: Undo | null = null;

  constructor(init: { id: PeerId; party: Party; sessionId: string; clientInstanceId: ClientInstanceId; media: PeerMedia; joinedAtMs: number; connection: Connection }) {
    this.id = init.id;
    this.party = init.party;
    this.sessionId = init.sessionId;
    this.clientInstanceId = init.clientInstanceId;
    this.media = init.media;
    this.joinedAtMs = init.joinedAtMs;
    this.connection = init.connection;
  }

  describe(): PeerState {
    return {
      peerId: this.id,
      party: this.party,
      isConnected: this.connection !== null,
      isHandRaised: this.isHandRaised,
      sources: [...this.sources.values()].map((source) => source.state),
    };
  }
}
