import type { Consumer, DataConsumer, DataProducer, DtlsParameters, IceParameters, Producer, Router, RtpCapabilities, RtpParameters, SctpStreamParameters, WebRtcTransport } from 'mediasoup/types';
import type { PeerId, SourceId } from '#shared/domain/ids';
import { type SourceProfileName, sourceProfile } from '#shared/domain/sourceProfiles';
import { Emitter } from '#shared/lib/emitter';
import { type DataKind, MAX_DATA_BYTES } from '#shared/protocol/control';
import { AppError, type ErrorCode } from '#shared/protocol/errors';
import type { ConsumerOffer, Layers, MediaOffer, TransportOptions } from '#shared/protocol/media';
import type { RequestResult } from '#shared/protocol/requests';
import { KEY_FRAME_INTERVAL_MS } from './codecs.ts';
import type { RoomRouters } from './roomRouters.ts';
import type { MediaWorker } from './workerPool.ts';

const MAX_CONSUMERS = 120;
const MAX_DATA_CONSUMERS = 40;
/** [CTL51] What waits longer on a slow line is dropped: behind it comes what is newer. */
const MAX_QUEUED_DATA_BYTES = 4 * MAX_DATA_BYTES;
/** Where the sender's estimate towards a viewer begins; a thin line is found within a second, a thick one is not kept waiting. */
const INITIAL_OUTGOING_BPS = 4_000_000;
const MAX_INCOMING_BPS = 80_000_000;

interface PeerMediaEvents {
  /** The transports are gone through no decision of ours (the worker died): the client has to rebuild. */
  lost: undefined;
  sourceClosed: SourceId;
  /** A data channel was opened, or is gone. */
  channels: undefined;
  layers: { readonly consumerId: string; readonly layers: Layers | null };
}

interface Transports {
  readonly worker: MediaWorker;
  readonly router: Router;
  readonly send: WebRtcTransport;
  readonly receive: WebRtcTransport;
}

export interface OpenSource {
  readonly producer: Producer;
  readonly router: Router;
}

export interface OpenChannel {
  readonly producer: DataProducer;
  readonly router: Router;
}

export type IceServers = MediaOffer['iceServers'];

/**
 * One peer's half of the SFU: two transports, its producers by source, its consumers. A generation (`epoch`) of transports is
 * replaced as a whole; what belonged to an older one is refused with `media.rebuilding`.
 */
export class PeerMedia {
  readonly #peerId: PeerId;
  readonly #routers: RoomRouters;
  readonly #iceServers: () => IceServers;
  readonly #events = new Emitter<PeerMediaEvents>();
  readonly #producers = new Map<SourceId, Producer>();
  readonly #consumers = new Map<string, Consumer>();
  readonly #dataProducers = new Map<DataKind, DataProducer>();
  /** By the data producer that is taken: each once. */
  readonly #dataConsumers = new Map<string, DataConsumer>();
  #transports: Transports | null = null;
  #epoch = 0;
  #isClosed = false;
  #opening: Promise<MediaOffer> | null = null;
  /** Consumers that are being made: they count towards the limit, or many at once would all pass it. */
  #consuming = 0;

  constructor(peerId: PeerId, routers: RoomRouters, iceServers: () => IceServers) {
    this.#peerId = peerId;
    this.#routers = routers;
    this.#iceServers = iceServers;
  }

  get epoch(): number {
    return this.#epoch;
  }

  get isOpen(): boolean {
    return this.#transports !== null;
  }

  get counts(): { readonly transports: number; readonly producers: number; readonly consumers: number } {
    return { transports: this.#transports ? 2 : 0, producers: this.#producers.size, consumers: this.#consumers.size };
  }

  get channels(): readonly { readonly kind: DataKind; readonly dataProducerId: string }[] {
    return [...this.#dataProducers].map(([kind, { id }]) => ({ kind, dataProducerId: id }));
  }

  get transports(): readonly WebRtcTransport[] {
    return this.#transports ? [this.#transports.send, this.#transports.receive] : [];
  }

  on<K extends keyof PeerMediaEvents>(name: K, listener: (payload: PeerMediaEvents[K]) => void): () => void {
    return this.#events.on(name, listener);
  }

  /** Closes what there is and opens a new generation. Calls that overlap share one. Rejects with `capacity.full`. */
  open(): Promise<MediaOffer> {
    this.#opening ??= this.#open().finally(() => {
      this.#opening = null;
    });
    return this.#opening;
  }

  async #open(): Promise<MediaOffer> {
    this.#closeTransports();
    this.#epoch += 1;
    const { worker, router } = await this.#routers.seat();
    const { send, receive } = await this.#createTransports(worker, router);
    if (this.#isClosed) {
      send.close();
      receive.close();
      throw new AppError('room.notJoined', 'the peer left while its transports were made');
    }
    this.#transports = { worker, router, send, receive };
    worker.peerCount += 1;
    const onLost = () => {
      if (this.#transports?.send !== send) return;
      this.#closeTransports();
      this.#epoch += 1;
      if (!this.#isClosed) this.#events.emit('lost', undefined);
    };
    send.once('routerclose', onLost);
    if (send.closed || receive.closed) onLost();
    return {
      epoch: this.#epoch,
      routerRtpCapabilities: router.rtpCapabilities as MediaOffer['routerRtpCapabilities'], // mediasoup's own, within the bounds of our schema
      send: describeTransport(send),
      receive: describeTransport(receive),
      iceServers: this.#iceServers(),
    };
  }

  async connect(transportId: string, dtlsParameters: DtlsParameters): Promise<void> {
    await this.#translate('media.incompatible', () => this.#transport(transportId).connect({ dtlsParameters }));
  }

  async restartIce(transportId: string): Promise<IceParameters> {
    return this.#translate('media.transportNotFound', () => this.#transport(transportId).restartIce());
  }

  /** Opens (or replaces) the producer of a source. */
  async produce(epoch: number, sourceId: SourceId, profile: SourceProfileName, isMuted: boolean, rtpParameters: RtpParameters): Promise<Producer> {
    const transports = this.#present(epoch);
    const kind = sourceProfile(profile).kind;
    const producer = await this.#translate('media.sourceRefused', () =>
      transports.send.produce({ kind, rtpParameters, paused: isMuted, ...(kind === 'video' ? { keyFrameRequestDelay: KEY_FRAME_INTERVAL_MS } : {}), appData: { sourceId, profile } }),
    );
    this.#producers.get(sourceId)?.close();
    this.#producers.set(sourceId, producer);
    producer.observer.once('close', () => {
      if (this.#producers.get(sourceId) !== producer) return;
      this.#producers.delete(sourceId);
      this.#events.emit('sourceClosed', sourceId);
    });
    if (producer.closed) throw new AppError('media.rebuilding', 'the transport closed while the source was opened');
    return producer;
  }

  source(sourceId: SourceId): OpenSource | null {
    const producer = this.#producers.get(sourceId);
    return producer && this.#transports ? { producer, router: this.#transports.router } : null;
  }

  closeSource(sourceId: SourceId): void {
    this.#producers.get(sourceId)?.close();
  }

  async setSourcePaused(sourceId: SourceId, isPaused: boolean): Promise<void> {
    const producer = this.#producers.get(sourceId);
    if (!producer) return;
    await this.#translate('media.rebuilding', () => (isPaused ? producer.pause() : producer.resume()));
  }

  /**
   * A paused consumer for a source. Numbered, because the order matters: 1. it is made paused; 2. its parameters go to the
   * client, which builds its half; 3. only then does the client ask to resume, which asks the source for one key frame: no packet
   * is spent on a client that cannot decode it yet.
   */
  async consume(epoch: number, source: OpenSource, from: { peerId: PeerId; sourceId: SourceId; profile: SourceProfileName }, layers: Layers | null, rtpCapabilities: RtpCapabilities): Promise<ConsumerOffer> {
    const transports = this.#present(epoch);
    if (this.#consumers.size + this.#consuming >= MAX_CONSUMERS) throw new AppError('capacity.tooManySources', `more than ${MAX_CONSUMERS} consumers`);
    const { producer } = source;
    let consumer: Consumer;
    this.#consuming += 1;
    try {
      // A pipe breaks only with one of its ends: the next try finds the new one.
      await this.#translate('media.rebuilding', () => this.#routers.reach(producer, source.router, transports.router));
      if (producer.closed) throw new AppError('media.sourceNotFound', 'the source closed meanwhile');
      consumer = await this.#translate('media.incompatible', () =>
        transports.receive.consume({
          producerId: producer.id,
          rtpCapabilities,
          paused: true,
          enableRtx: true,
          ...(layers ? { preferredLayers: { spatialLayer: layers.spatial, temporalLayer: layers.temporal } } : {}),
          appData: { sourceId: from.sourceId },
        }),
      );
    } finally {
      this.#consuming -= 1;
    }
    this.#consumers.set(consumer.id, consumer);
    consumer.observer.once('close', () => this.#consumers.delete(consumer.id));
    if (consumer.closed) throw new AppError('media.rebuilding', 'the transport closed while the source was taken');
    if (consumer.kind === 'video') {
      await this.#translate('media.sourceNotFound', () => consumer.setPriority(sourceProfile(from.profile).priority));
      consumer.on('layerschange', (now) => {
        this.#events.emit('layers', { consumerId: consumer.id, layers: now ? { spatial: now.spatialLayer, temporal: now.temporalLayer ?? 0 } : null });
      });
    }
    return {
      consumerId: consumer.id,
      producerId: producer.id,
      peerId: from.peerId,
      sourceId: from.sourceId,
      kind: consumer.kind,
      rtpParameters: consumer.rtpParameters as ConsumerOffer['rtpParameters'], // mediasoup's own, within the bounds of our schema
    };
  }

  /** [CTL51] Opens (or replaces) the data channel of a kind. */
  async produceData(epoch: number, kind: DataKind, sctpStreamParameters: SctpStreamParameters): Promise<DataProducer> {
    const transports = this.#present(epoch);
    const producer = await this.#translate('media.incompatible', () => transports.send.produceData({ sctpStreamParameters, label: kind, appData: { kind } }));
    if (producer.closed) throw new AppError('media.rebuilding', 'the transport closed while the channel was opened');
    this.#dataProducers.get(kind)?.close();
    this.#dataProducers.set(kind, producer);
    producer.observer.once('close', () => {
      if (this.#dataProducers.get(kind) !== producer) return;
      this.#dataProducers.delete(kind);
      this.#events.emit('channels', undefined);
    });
    this.#events.emit('channels', undefined);
    return producer;
  }

  channel(kind: DataKind): OpenChannel | null {
    const producer = this.#dataProducers.get(kind);
    return producer && this.#transports ? { producer, router: this.#transports.router } : null;
  }

  /** [CTL51] Takes another participant's data channel. Taken again, the first is closed. */
  async consumeData(epoch: number, { producer, router }: OpenChannel): Promise<RequestResult<'media.consumeData'>> {
    const transports = this.#present(epoch);
    if (this.#dataConsumers.size >= MAX_DATA_CONSUMERS) throw new AppError('capacity.tooManySources', `more than ${MAX_DATA_CONSUMERS} data channels`);
    await this.#translate('media.rebuilding', () => this.#routers.reachData(producer, router, transports.router));
    if (producer.closed) throw new AppError('media.sourceNotFound', 'the channel closed meanwhile');
    const consumer = await this.#translate('media.incompatible', () => transports.receive.consumeData({ dataProducerId: producer.id }));
    if (consumer.closed || !consumer.sctpStreamParameters) throw new AppError('media.rebuilding', 'the transport closed while the channel was taken');
    this.#dataConsumers.get(producer.id)?.close();
    this.#dataConsumers.set(producer.id, consumer);
    consumer.observer.once('close', () => {
      if (this.#dataConsumers.get(producer.id) === consumer) this.#dataConsumers.delete(producer.id);
    });
    const { streamId, ordered } = consumer.sctpStreamParameters;
    // It takes both over from the producer. Of no retransmissions the worker says nothing back: it cannot tell them from none given, and keeps none.
    if (ordered !== false) throw new AppError('internal.bug', 'a data consumer that orders');
    return { dataConsumerId: consumer.id, dataProducerId: producer.id, sctpStreamParameters: { streamId, ordered, maxRetransmits: 0 } };
  }

  /** Applies a wish to a consumer. One that closed meanwhile is no error: its source went while the wish was on its way. */
  async setConsumer(consumerId: string, wish: { isPaused?: boolean | undefined; layers?: Layers | undefined; isClosed?: boolean | undefined }): Promise<void> {
    const consumer = this.#consumers.get(consumerId);
    if (!consumer || consumer.closed) return;
    if (wish.isClosed) {
      consumer.close();
      return;
    }
    const { layers, isPaused } = wish;
    try {
      if (layers && consumer.kind === 'video' && (consumer.type === 'simulcast' || consumer.type === 'svc')) {
        await consumer.setPreferredLayers({ spatialLayer: layers.spatial, temporalLayer: layers.temporal });
      }
      if (isPaused === true) await consumer.pause();
      if (isPaused === false) await consumer.resume();
    } catch (error) {
      // The worker forgets a consumer with its source a moment before we hear of it: until then its word for it is "not found".
      const isGone = consumer.closed || (error instanceof Error && error.name === 'NotFoundError');
      if (!isGone) throw error;
    }
  }

  async requestKeyFrame(consumerId: string): Promise<void> {
    const consumer = this.#consumers.get(consumerId);
    if (!consumer || consumer.closed) throw new AppError('media.consumerNotFound', 'no such consumer');
    if (consumer.kind === 'video') await this.#translate('media.consumerNotFound', () => consumer.requestKeyFrame());
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#closeTransports();
    this.#events.clear();
  }

  #closeTransports(): void {
    const transports = this.#transports;
    if (!transports) return;
    this.#transports = null;
    transports.worker.peerCount -= 1;
    this.#producers.clear(); // before they close, so that none is reported as given up by its owner
    const hadChannels = this.#dataProducers.size > 0;
    this.#dataProducers.clear();
    transports.send.close();
    transports.receive.close();
    this.#consumers.clear();
    this.#dataConsumers.clear();
    if (hadChannels && !this.#isClosed) this.#events.emit('channels', undefined);
  }

  #present(epoch: number): Transports {
    if (!this.#transports || epoch !== this.#epoch) throw new AppError('media.rebuilding', `media generation ${epoch} is over`);
    return this.#transports;
  }

  #transport(id: string): WebRtcTransport {
    const found = this.transports.find((transport) => transport.id === id);
    if (!found) throw new AppError('media.transportNotFound', 'no such transport in the present generation');
    return found;
  }

  /**
   * mediasoup refuses bad parameters with errors of its own; here they get a code. A failure because the generation ended under
   * the request's feet (its worker died, it was rebuilt) is no fault of the parameters and is named as what it is.
   */
  async #translate<T>(code: Extract<ErrorCode, `media.${string}`>, act: () => Promise<T>): Promise<T> {
    const transports = this.#transports;
    try {
      return await act();
    } catch (error) {
      if (error instanceof AppError) throw error;
      const isOver = this.#transports !== transports;
      throw new AppError(isOver ? 'media.rebuilding' : code, error instanceof Error ? error.message : String(error), { cause: error });
    }
  }

  /** Both or none. */
  async #createTransports(worker: MediaWorker, router: Router): Promise<{ readonly send: WebRtcTransport; readonly receive: WebRtcTransport }> {
    const made = await Promise.allSettled([this.#createTransport(worker, router), this.#createTransport(worker, router)]);
    const [send, receive] = made.map((result) => (result.status === 'fulfilled' ? result.value : null));
    try {
      if (!send || !receive) throw new AppError('media.rebuilding', 'the router closed while transports were made on it');
      await this.#translate('media.rebuilding', () => send.setMaxIncomingBitrate(MAX_INCOMING_BPS));
      return { send, receive };
    } catch (error) {
      send?.close();
      receive?.close();
      throw error;
    }
  }

  async #createTransport(worker: MediaWorker, router: Router): Promise<WebRtcTransport> {
    return router.createWebRtcTransport({
      webRtcServer: worker.server,
      enableUdp: true,
      enableTcp: true,
      preferUdp: true,
      enableSctp: true,
      maxSendMessageSize: MAX_DATA_BYTES,
      maxReceiveMessageSize: MAX_DATA_BYTES,
      sctpPerStreamSendQueueLimit: MAX_QUEUED_DATA_BYTES,
      initialAvailableOutgoingBitrate: INITIAL_OUTGOING_BPS,
      appData: { peerId: this.#peerId },
    });
  }
}

/** The wire form of a transport. */
export function describeTransport(transport: WebRtcTransport): TransportOptions {
  const base = { id: transport.id, iceParameters: transport.iceParameters, iceCandidates: transport.iceCandidates, dtlsParameters: transport.dtlsParameters };
  return (transport.sctpParameters ? { ...base, sctpParameters: transport.sctpParameters } : base) as TransportOptions; // mediasoup's own, within our bounds
}

