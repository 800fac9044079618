// Longer than most: who is in a room, what they send and what the host may do change together, and each step tells all the others.
import type { Producer, RtpCapabilities, RtpParameters } from 'mediasoup/types';
import { actingHost } from '#shared/domain/hosting';
import type { ClientInstanceId, ConsultId, PeerId, PersonId, SourceId } from '#shared/domain/ids';
import type { Bilingual, Party } from '#shared/domain/people';
import { hasPermission } from '#shared/domain/roles';
import { type SourceProfileName, sourceProfile } from '#shared/domain/sourceProfiles';
import type { Clock } from '#shared/lib/clock';
import type { Undo } from '#shared/lib/disposable';
import { AppError, toAppError } from '#shared/protocol/errors';
import type { EventPayload } from '#shared/protocol/events';
import type { MediaOffer, SourceState } from '#shared/protocol/media';
import type { RequestParams, RequestResult } from '#shared/protocol/requests';
import type { RoomState } from '#shared/protocol/room';
import { type IceServers, PeerMedia } from '../media/peerMedia.ts';
import { RoomRouters } from '../media/roomRouters.ts';
import type { WorkerPool } from '../media/workerPool.ts';
import { type ControlAction, RoomControl } from './control.ts';
import { RoomMarks } from './marks.ts';
import { type Connection, Peer } from './peer.ts';
import { type LastShown, SharedImaging } from './sharedImaging.ts';

/** How long a peer whose socket is gone keeps its place and its media, in ms: longer than a Wi-Fi hand-over or a server's stall. */
export const GRACE_MS = 15_000;
/** How long a source stays announced while its owner rebuilds, in ms. */
const SOURCE_GRACE_MS = 15_000;
/** What whoever opens a channel of a kind may do besides. */
const CHANNEL_NEEDS = { motion: 'control.steer', stop: 'control.stop', marks: 'media.publish' } as const;
/** As many as a room's state can name to its host. */
const MAX_WAITING = 100;

export interface RoomOptions {
  readonly consultId: ConsultId;
  readonly title: string;
  readonly organisationName: Bilingual;
  readonly appointedHostPartyId: string;
  readonly isLocked: boolean;
  readonly hasWaitingRoom: boolean;
  readonly serverEpoch: string;
  readonly maxPeers: number;
  readonly pool: WorkerPool;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly iceServers: (party: Party) => IceServers;
  /** The UID under which an observer has what others have under that one. */
  readonly mapUid: (uid: string) => string;
  readonly onEmpty: () => void;
  readonly onPresence: (count: number) => void;
  /** A peer is gone for good, for whatever reason; said once of each. */
  readonly onLeft: (peer: Peer) => void;
  /** The host changed the lock or who is appointed: kept over a restart of the server. */
  readonly onSettings: (change: { isLocked?: boolean; hostPersonId?: PersonId }) => void;
  readonly onAdmitted: (party: Party, by: Party) => void;
  readonly onRemoved: (party: Party) => void;
  /** What was done about the control of a probe, for the audit log. */
  readonly onControl: (party: Party, action: ControlAction, subject: string) => void;
  /** Somebody ended presenting images. */
  readonly onShown: (shown: LastShown) => void;
}

interface Waiting {
  readonly peerId: PeerId;
  readonly party: Party;
  readonly clientInstanceId: ClientInstanceId;
  readonly sinceMs: number;
  readonly connection: Connection;
}

export interface JoinWish {
  readonly party: Party;
  readonly sessionId: string;
  readonly connection: Connection;
  readonly clientInstanceId: ClientInstanceId;
  readonly resume: RequestParams<'consult.join'>['resume'];
  /** By membership, an earlier admission, or the right to lead: does not wait at the door. */
  readonly mayEnterFreely: boolean;
  /** See `JoinDecision`. */
  readonly wasInside: boolean;
}

/**
 * One consult going on: who is there, what they send, who leads, who waits. Its whole visible state is broadcast after each
 * change, gathered once a turn of the event loop. Media are each peer's own; a worker's death reaches the room as `lost` of the
 * peers that lived there.
 */
export class Room {
  readonly consultId: ConsultId;
  /** Reading images together. */
  readonly imaging: SharedImaging;
  /** Remote control of a probe. */
  readonly control: RoomControl;
  /** Marks on live pictures. */
  readonly marks: RoomMarks;
  readonly #options: RoomOptions;
  readonly #routers: RoomRouters;
  readonly #peers = new Map<PeerId, Peer>();
  readonly #waiting = new Map<PeerId, Waiting>();
  /** Removed by the host: they knock again before they enter. */
  readonly #removedPartyIds = new Set<string>();
  /** Let in by a host, or inside, since this room opened (the longer memory is the consult's record). */
  readonly #insidePartyIds = new Set<string>();
  readonly #startedAtMs: number;
  /** Sources whose producers are being made: two at once must not both pass the limits. */
  readonly #opening = new Map<SourceId, { readonly peer: Peer; readonly profile: SourceProfileName }>();
  #appointedHostPartyId: string;
  #isLocked: boolean;
  #revision = 0;
  #cancelBroadcast: Undo | null = null;
  #isClosed = false;

  constructor(options: RoomOptions) {
    this.#options = options;
    this.imaging = new SharedImaging({ peers: () => this.peers, mapUid: options.mapUid, onShown: options.onShown });
    this.control = new RoomControl({ peers: () => this.peers, clock: options.clock, onAction: options.onControl });
    this.marks = new RoomMarks({ peers: () => this.peers, isHost: (peer) => peer.id === this.hostPeerId, clock: options.clock });
    this.consultId = options.consultId;
    this.#routers = new RoomRouters(options.pool);
    this.#appointedHostPartyId = options.appointedHostPartyId;
    this.#isLocked = options.isLocked;
    this.#startedAtMs = options.clock.wallMs();
  }

  get peers(): readonly Peer[] {
    return [...this.#peers.values()];
  }

  get waitingCount(): number {
    return this.#waiting.size;
  }

  get isEmpty(): boolean {
    return this.#peers.size === 0 && this.#waiting.size === 0;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  get hostPeerId(): PeerId | null {
    return actingHost(
      this.#appointedHostPartyId,
      this.peers.map((peer) => ({ peerId: peer.id, partyId: peer.party.id, role: peer.party.role, isConnected: peer.connection !== null, joinedAtMs: peer.joinedAtMs })),
    );
  }

  peer(peerId: PeerId): Peer | undefined {
    return this.#peers.get(peerId);
  }

  /** Whether the peer, inside or at the door, is there by this connection and no later one. */
  holds(peerId: PeerId, connection: Connection): boolean {
    return (this.#peers.get(peerId) ?? this.#waiting.get(peerId))?.connection === connection;
  }

  /**
   * Lets a party in, to the waiting room, or back to the place it had. Errors: `consult.locked`, `capacity.full`.
   * A join of the same client instance takes over its older self, so that a reconnect never leaves a ghost.
   */
  async join(wish: JoinWish): Promise<RequestResult<'consult.join'>> {
    try {
      return await this.#enter(wish);
    } catch (error) {
      this.#settleEmpty(); // the room may have been opened for this join alone
      throw error;
    }
  }

  async #enter(wish: JoinWish): Promise<RequestResult<'consult.join'>> {
    if (this.#isClosed) throw new AppError('consult.ended', 'the room is closed');
    const older = this.peers.find((peer) => peer.clientInstanceId === wish.clientInstanceId && peer.party.id === wish.party.id);
    if (older) {
      const resumed = this.#resume(older, wish);
      if (resumed) return resumed;
      if (older.connection !== wish.connection) older.connection?.send('room.closed', { reason: 'takenOver' });
      this.#drop(older);
    }
    for (const waiting of [...this.#waiting.values()]) {
      if (waiting.clientInstanceId === wish.clientInstanceId && waiting.party.id === wish.party.id) this.#waiting.delete(waiting.peerId);
    }
    const isRemoved = this.#removedPartyIds.has(wish.party.id);
    const isAppointed = wish.party.id === this.#appointedHostPartyId;
    const wasInside = isAppointed || older !== undefined || (!isRemoved && (wish.wasInside || this.#insidePartyIds.has(wish.party.id)));
    if (this.#isLocked && !wasInside) throw new AppError('consult.locked', 'the host has locked the room');
    if (!wasInside && (isRemoved || !wish.mayEnterFreely)) return this.#wait(wish);
    if (this.#peers.size >= this.#options.maxPeers) throw new AppError('capacity.full', `the room holds ${this.#options.maxPeers} participants`);
    return this.#admit(wish);
  }

  /** The socket of a peer is gone: the place and the media stay for `GRACE_MS`. */
  handleDisconnected(peerId: PeerId, connection: Connection): void {
    const waiting = this.#waiting.get(peerId);
    if (waiting?.connection === connection) {
      this.#waiting.delete(peerId);
      this.#changed();
      this.#settleEmpty();
      return;
    }
    const peer = this.#peers.get(peerId);
    if (!peer || peer.connection !== connection) return;
    peer.connection = null;
    peer.cancelGrace?.();
    peer.cancelGrace = this.#options.clock.after(GRACE_MS, () => this.leave(peer));
    this.imaging.handlePresence();
    this.#changed();
  }

  leave(peer: Peer): void {
    if (this.#peers.get(peer.id) !== peer) return;
    this.#drop(peer);
    this.#changed();
    this.#settleEmpty();
  }

  /** The session is over: its peers go at once, also one whose socket is lost and whose media still flow. */
  endSession(sessionId: string): void {
    for (const peer of this.peers) if (peer.sessionId === sessionId) this.leave(peer);
  }

  state(forPeer: Peer): RoomState {
    return this.#describe(forPeer, this.hostPeerId);
  }

  // ---- what peers do ----

  raiseHand(peer: Peer, isRaised: boolean): void {
    peer.isHandRaised = isRaised;
    this.#changed();
  }

  broadcast(name: 'chat.message', payload: EventPayload<'chat.message'>): void {
    for (const peer of this.#peers.values()) peer.connection?.send(name, payload);
  }

  async rebuildMedia(peer: Peer): Promise<MediaOffer> {
    try {
      return await peer.media.open();
    } finally {
      // Also when no transports could be had: the producers are gone either way.
      if (this.#peers.get(peer.id) === peer) {
        this.#orphanSources(peer);
        this.#changed();
      }
    }
  }

  async produce(peer: Peer, params: RequestParams<'media.produce'>): Promise<{ producerId: string }> {
    this.#checkSource(peer, params);
    this.#opening.set(params.sourceId, { peer, profile: params.profile });
    let producer: Producer;
    try {
      // The rtp schema bounds what may come; mediasoup checks the rest and is the one that knows.
      producer = await peer.media.produce(params.epoch, params.sourceId, params.profile, params.isMuted, params.rtpParameters as RtpParameters);
    } finally {
      this.#opening.delete(params.sourceId);
    }
    const known = peer.sources.get(params.sourceId);
    if (this.#peers.get(peer.id) !== peer) {
      producer.close();
      throw new AppError('room.notJoined', 'left while the source was opened');
    }
    const state: SourceState = {
      sourceId: params.sourceId,
      profile: params.profile,
      label: params.label,
      producerId: producer.id,
      isMuted: params.isMuted,
      isDeviceLost: false,
      capture: params.capture,
      scaleDownBy: params.scaleDownBy,
      codec: params.rtpParameters.codecs[0]?.mimeType.split('/')[1] ?? '',
      limit: 'none',
    };
    known?.cancelRemoval?.();
    peer.sources.set(params.sourceId, { state, cancelRemoval: null });
    this.#changed();
    return { producerId: producer.id };
  }

  /** What a source has to satisfy, counting those that are being opened at this moment. */
  #checkSource(peer: Peer, { sourceId, profile }: RequestParams<'media.produce'>): void {
    const opening = this.#opening.get(sourceId);
    const isOwnedElsewhere = (opening && opening.peer !== peer) || this.peers.some((other) => other !== peer && other.sources.has(sourceId));
    if (isOwnedElsewhere) throw new AppError('media.sourceRefused', 'this source id belongs to another participant');
    if (opening) throw new AppError('media.rebuilding', 'this source is being opened already');
    const known = peer.sources.get(sourceId);
    if (known && known.state.profile !== profile) throw new AppError('media.sourceRefused', 'a source keeps its profile');
    const others = new Set([...peer.sources.values()].filter(({ state }) => state.profile === profile).map(({ state }) => state.sourceId));
    for (const [openingId, one] of this.#opening) if (one.peer === peer && one.profile === profile) others.add(openingId);
    others.delete(sourceId);
    const { maxPerPeer } = sourceProfile(profile);
    if (others.size >= maxPerPeer) throw new AppError('capacity.tooManySources', `at most ${maxPerPeer} sources of profile ${profile}`);
  }

  closeSource(peer: Peer, sourceId: SourceId): void {
    const source = peer.sources.get(sourceId);
    if (!source) return;
    source.cancelRemoval?.();
    peer.sources.delete(sourceId);
    peer.media.closeSource(sourceId);
    this.#changed();
  }

  /** The owner's wish. The answer says what holds at the server now. */
  async setMuted(peer: Peer, sourceId: SourceId, isMuted: boolean): Promise<{ isMuted: boolean }> {
    const source = peer.sources.get(sourceId);
    if (!source) throw new AppError('media.sourceNotFound', 'no such source of this participant');
    source.state = { ...source.state, isMuted };
    this.#changed();
    await peer.media.setSourcePaused(sourceId, isMuted);
    return { isMuted };
  }

  updateSource(peer: Peer, params: RequestParams<'media.updateSource'>): void {
    const source = peer.sources.get(params.sourceId);
    if (!source) throw new AppError('media.sourceNotFound', 'no such source of this participant');
    const { capture, limit, isDeviceLost, label } = params;
    source.state = {
      ...source.state,
      ...(capture === undefined ? {} : { capture }),
      ...(limit === undefined ? {} : { limit }),
      ...(isDeviceLost === undefined ? {} : { isDeviceLost }),
      ...(label === undefined ? {} : { label }),
    };
    this.#changed();
  }

  /** Consumers for many sources at once; each that cannot be had is named with its reason, the others are not held up. */
  async consume(peer: Peer, params: RequestParams<'media.consume'>): Promise<RequestResult<'media.consume'>> {
    const consumers: RequestResult<'media.consume'>['consumers'] = [];
    const refused: RequestResult<'media.consume'>['refused'] = [];
    await Promise.all(
      params.sources.map(async ({ peerId, sourceId, layers }) => {
        try {
          const owner = this.#peers.get(peerId);
          const state = owner?.sources.get(sourceId)?.state;
          const open = owner?.media.source(sourceId);
          if (!owner || !state || !open || owner === peer) throw new AppError('media.sourceNotFound', 'no such source to take');
          const capabilities = params.rtpCapabilities as RtpCapabilities; // bounded by the schema, checked by mediasoup
          consumers.push(await peer.media.consume(params.epoch, open, { peerId, sourceId, profile: state.profile }, layers, capabilities));
        } catch (error) {
          refused.push({ sourceId, error: toAppError(error).toWire() });
        }
      }),
    );
    return { consumers, refused };
  }

  /** [CTL51] @throws AppError `auth.forbidden` for a kind that is not this participant's; what media say */
  async produceData(peer: Peer, { epoch, kind, sctpStreamParameters }: RequestParams<'media.produceData'>): Promise<RequestResult<'media.produceData'>> {
    const isAllowed = kind === 'state' ? this.control.isOffering(peer) : hasPermission(peer.party.role, CHANNEL_NEEDS[kind]);
    if (!isAllowed) throw new AppError('auth.forbidden', `a channel of kind ${kind} is not this participant's`);
    return { dataProducerId: (await peer.media.produceData(epoch, kind, sctpStreamParameters)).id };
  }

  /** [CTL51] Commands and stops go to who offers the device only, the rest to anybody. @throws AppError `auth.forbidden`, `media.sourceNotFound`; what media say */
  async consumeData(peer: Peer, { epoch, peerId, kind }: RequestParams<'media.consumeData'>): Promise<RequestResult<'media.consumeData'>> {
    if ((kind === 'motion' || kind === 'stop') && !this.control.isOffering(peer)) throw new AppError('auth.forbidden', `a channel of kind ${kind} is taken by who offers the device`);
    const channel = peerId === peer.id ? null : this.#peers.get(peerId)?.media.channel(kind);
    if (!channel) throw new AppError('media.sourceNotFound', 'no such channel to take');
    return peer.media.consumeData(epoch, channel);
  }

  // ---- what the host does ----

  admit(peerId: PeerId, by: Peer): void {
    const waiting = this.#waitingOr404(peerId);
    this.#waiting.delete(peerId);
    this.#removedPartyIds.delete(waiting.party.id);
    this.#insidePartyIds.add(waiting.party.id);
    this.#options.onAdmitted(waiting.party, by.party);
    waiting.connection.send('room.admission', { peerId, decision: 'admitted' });
    this.#changed();
  }

  turnAway(peerId: PeerId): void {
    const waiting = this.#waitingOr404(peerId);
    this.#waiting.delete(peerId);
    waiting.connection.send('room.admission', { peerId, decision: 'turnedAway' });
    this.#changed();
    this.#settleEmpty();
  }

  /** Silences a source at the server at once and tells its owner, whose own switch follows. There is no remote unmuting. */
  async muteByHost(peerId: PeerId, sourceId: SourceId): Promise<void> {
    const peer = this.#peerOr404(peerId);
    await this.setMuted(peer, sourceId, true);
    peer.connection?.send('room.muteRequested', { sourceId });
  }

  askToUnmute(peerId: PeerId): void {
    this.#peerOr404(peerId).connection?.send('room.unmuteAsked', {});
  }

  removeByHost(peerId: PeerId): Party {
    const peer = this.#peerOr404(peerId);
    this.#removedPartyIds.add(peer.party.id);
    this.#insidePartyIds.delete(peer.party.id);
    this.#options.onRemoved(peer.party);
    peer.connection?.send('room.closed', { reason: 'removed' });
    this.leave(peer);
    return peer.party;
  }

  setLocked(isLocked: boolean): void {
    this.#isLocked = isLocked;
    this.#options.onSettings({ isLocked });
    this.#changed();
  }

  handOver(peerId: PeerId): void {
    const peer = this.#peerOr404(peerId);
    if (peer.party.kind !== 'person' || !hasPermission(peer.party.role, 'room.host')) throw new AppError('auth.forbidden', 'this participant may not lead');
    this.#appointedHostPartyId = peer.party.id;
    this.#options.onSettings({ hostPersonId: peer.party.id as PersonId }); // its kind says so
    this.#changed();
  }

  /** Ends the room for all, telling them why. */
  close(reason: EventPayload<'room.closed'>['reason'] | null): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#cancelBroadcast?.();
    const connections = [...this.#peers.values(), ...this.#waiting.values()].map((peer) => peer.connection);
    if (reason) for (const connection of connections) connection?.send('room.closed', { reason });
    for (const peer of this.peers) this.#drop(peer);
    this.#waiting.clear();
    this.#routers.close();
  }

  // ---- within ----

  #resume(peer: Peer, wish: JoinWish): RequestResult<'consult.join'> | null {
    const { resume } = wish;
    const canResume = resume !== null && resume.peerId === peer.id && resume.serverEpoch === this.#options.serverEpoch && resume.mediaEpoch === peer.media.epoch && peer.media.isOpen;
    if (!canResume) return null;
    if (peer.connection && peer.connection !== wish.connection) peer.connection.send('room.closed', { reason: 'takenOver' });
    peer.cancelGrace?.();
    peer.cancelGrace = null;
    peer.connection = wish.connection;
    peer.sessionId = wish.sessionId;
    this.imaging.handlePresence();
    this.#changed();
    return { status: 'admitted', peerId: peer.id, isResumed: true, state: this.state(peer), media: null };
  }

  #wait(wish: JoinWish): RequestResult<'consult.join'> {
    if (this.#waiting.size >= MAX_WAITING) throw new AppError('capacity.full', `${MAX_WAITING} wait at the door already`);
    const peerId = this.#options.newId() as PeerId; // ids are made by newId alone
    this.#waiting.set(peerId, { peerId, party: wish.party, clientInstanceId: wish.clientInstanceId, sinceMs: this.#options.clock.wallMs(), connection: wish.connection });
    this.#changed();
    return { status: 'waiting', peerId };
  }

  async #admit(wish: JoinWish): Promise<RequestResult<'consult.join'>> {
    const { clock, newId } = this.#options;
    const id = newId() as PeerId; // ids are made by newId alone
    const media = new PeerMedia(id, this.#routers, () => this.#options.iceServers(wish.party));
    const peer = new Peer({ id, party: wish.party, sessionId: wish.sessionId, clientInstanceId: wish.clientInstanceId, media, joinedAtMs: clock.monotonicMs(), connection: wish.connection });
    this.#peers.set(id, peer);
    let offer: MediaOffer;
    try {
      offer = await media.open();
    } catch (error) {
      this.leave(peer);
      throw error;
    }
    if (this.#peers.get(id) !== peer) throw new AppError('room.notJoined', 'left while joining');
    this.#insidePartyIds.add(wish.party.id);
    media.on('lost', () => {
      this.#orphanSources(peer);
      this.#changed();
    });
    media.on('channels', () => this.control.handleChannels());
    media.on('sourceClosed', (sourceId) => this.#orphanSource(peer, sourceId));
    media.on('layers', (payload) => peer.connection?.send('media.layers', payload));
    this.imaging.handlePresence(); // who comes late hears that somebody presents [IMG25]
    this.#changed();
    return { status: 'admitted', peerId: id, isResumed: false, state: this.state(peer), media: offer };
  }

  #orphanSources(peer: Peer): void {
    for (const sourceId of peer.sources.keys()) this.#orphanSource(peer, sourceId);
  }

  /** Keeps a source announced without a producer while its owner rebuilds; after `SOURCE_GRACE_MS` it goes. */
  #orphanSource(peer: Peer, sourceId: SourceId): void {
    const source = peer.sources.get(sourceId);
    if (!source || peer.media.source(sourceId)) return;
    source.state = { ...source.state, producerId: null };
    source.cancelRemoval?.();
    source.cancelRemoval = this.#options.clock.after(SOURCE_GRACE_MS, () => {
      if (peer.sources.get(sourceId) === source) peer.sources.delete(sourceId);
      this.#changed();
    });
    this.#changed();
  }

  #drop(peer: Peer): void {
    peer.cancelGrace?.();
    for (const source of peer.sources.values()) source.cancelRemoval?.();
    this.#peers.delete(peer.id);
    this.imaging.handleLeft(peer.id);
    this.control.handleLeft(peer);
    this.marks.handleLeft(peer);
    peer.connection = null;
    peer.media.close();
    this.#options.onLeft(peer);
    this.#options.onPresence(this.#peers.size);
  }

  #peerOr404(peerId: PeerId): Peer {
    const peer = this.#peers.get(peerId);
    if (!peer) throw new AppError('room.peerNotFound', 'no such participant in this room');
    return peer;
  }

  #waitingOr404(peerId: PeerId): Waiting {
    const waiting = this.#waiting.get(peerId);
    if (!waiting) throw new AppError('room.peerNotFound', 'nobody of this id waits');
    return waiting;
  }

  #settleEmpty(): void {
    if (this.isEmpty && !this.#isClosed) this.#options.onEmpty();
  }

  /** Broadcasts the state once after all changes of this turn. */
  #changed(): void {
    if (this.#isClosed || this.#cancelBroadcast) return;
    this.#options.onPresence(this.#peers.size);
    this.#cancelBroadcast = this.#options.clock.after(0, () => {
      this.#cancelBroadcast = null;
      this.#revision += 1;
      const hostPeerId = this.hostPeerId;
      for (const peer of this.#peers.values()) peer.connection?.send('room.state', this.#describe(peer, hostPeerId));
    });
  }

  #describe(forPeer: Peer, hostPeerId: PeerId | null): RoomState {
    return {
      consultId: this.consultId,
      serverEpoch: this.#options.serverEpoch,
      revision: this.#revision,
      title: this.#options.title,
      organisationName: this.#options.organisationName,
      hostPeerId,
      appointedHostPartyId: this.#appointedHostPartyId,
      isLocked: this.#isLocked,
      hasWaitingRoom: this.#options.hasWaitingRoom,
      startedAtMs: this.#startedAtMs,
      peers: this.peers.map((peer) => peer.describe()),
      waiting: forPeer.id === hostPeerId ? [...this.#waiting.values()].map(({ peerId, party, sinceMs }) => ({ peerId, party, sinceMs })) : [],
      mediaEpoch: forPeer.media.epoch,
    };
  }
}
