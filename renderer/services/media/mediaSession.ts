import { Device } from 'mediasoup-client';
import type { PeerId, SourceId } from '#shared/domain/ids';
import type { Clock } from '#shared/lib/clock';
import type { Undo } from '#shared/lib/disposable';
import { drop } from '#shared/lib/drop';
import { Emitter } from '#shared/lib/emitter';
import { dataKindSchema } from '#shared/protocol/control';
import { AppError, toAppError } from '#shared/protocol/errors';
import type { Layers, MediaOffer, RtpCapabilities } from '#shared/protocol/media';
import type { RoomState } from '#shared/protocol/room';
import { DataChannels } from './dataChannels.ts';
import { Generation, type Request } from './generation.ts';
import { type LadderView, LinkLadder } from './linkLadder.ts';
import { LocalSources } from './localSources.ts';
import { RemoteSources } from './remoteSources.ts';
import type { TransportSample } from './statsReader.ts';

interface MediaSessionEvents {
  /** Something a screen shows has changed. */
  changed: undefined;
  error: AppError;
  sourceFailed: { readonly sourceId: SourceId; readonly error: AppError };
  mutedByHost: SourceId;
  /** Nothing has arrived for longer than a good line leaves between two packets; told every second while it lasts. */
  silent: undefined;
  /** A remote sound has come (track) or gone (null). */
  remoteTrack: { readonly sourceId: SourceId; readonly track: MediaStreamTrack | null };
}

const HEALTH_EVERY_MS = 1000;
/** Without a packet or an answer for this long a connected transport is called ill, in ms: with sound under way, and without. */
const SILENCE_WITH_SOUND_MS = 3000;
const SILENCE_MS = 7000;
/** The same, before the server is asked whether it is still there. */
const DOUBT_MS = { withSound: 2000, without: 4000 } as const;

/**
 * The media of one stay in one room: local sources, remote sources, and the transports they go over, which come and go by
 * generations. Input by `handle*`, output by events; asks the server through the function it is given and knows no socket.
 */
export class MediaSession {
  readonly local: LocalSources;
  readonly remote: RemoteSources;
  readonly data: DataChannels;
  /** Where the marks on pictures lie: one's own channel, and those of others. */
  readonly marks: DataChannels;
  readonly #request: Request;
  readonly #clock: Clock;
  readonly #ladder: LinkLadder;
  readonly #events = new Emitter<MediaSessionEvents>();
  #device: Device;
  #generation: Generation | null = null;
  #selfPeerId: PeerId | null = null;
  #state: RoomState | null = null;
  #cancelHealth: Undo | null = null;
  #lastHealthMs = 0;
  #isClosed = false;

  /** @param options.rejoin joins the consult anew (with `resume` when there is something to resume) and calls `handleJoined`. */
  constructor(options: { request: Request; clock: Clock; device: Device; rejoin: () => Promise<void> }) {
    this.#request = options.request;
    this.#clock = options.clock;
    this.#device = options.device;
    const onChanged = () => this.#events.emit('changed', undefined);
    this.local = new LocalSources({
      request: options.request,
      clock: options.clock,
      onChanged,
      onFailed: (sourceId, error) => this.#events.emit('sourceFailed', { sourceId, error }),
      onMutedByHost: (sourceId) => this.#events.emit('mutedByHost', sourceId),
    });
    this.remote = new RemoteSources({
      request: options.request,
      clock: options.clock,
      onChanged,
      onTrack: (sourceId, track) => this.#events.emit('remoteTrack', { sourceId, track }),
      onError: (error) => this.#events.emit('error', error),
    });
    const channels = { request: options.request, clock: options.clock, onError: (error: AppError) => this.#events.emit('error', error) };
    this.data = new DataChannels(channels);
    this.marks = new DataChannels(channels);
    this.#ladder = new LinkLadder({
      clock: options.clock,
      onChanged,
      actions: {
        restartIce: async () => {
          if (!this.#generation) throw new AppError('media.rebuilding', 'no transports to restart');
          await this.#generation.restartIce(this.#request);
        },
        rebuildTransports: async () => {
          const { media } = await this.#request('media.rebuild', {}, { timeoutMs: 4000 });
          await this.#begin(media);
        },
        rejoin: options.rejoin,
      },
    });
    this.#scheduleHealth();
  }

  on<K extends keyof MediaSessionEvents>(name: K, listener: (payload: MediaSessionEvents[K]) => void): Undo {
    return this.#events.on(name, listener);
  }

  get link(): LadderView {
    return this.#ladder.view;
  }

  get epoch(): number | null {
    return this.#generation && !this.#generation.isClosed ? this.#generation.epoch : null;
  }

  get sendSample(): TransportSample | null {
    return this.#generation?.sendWatch.sample ?? null;
  }

  get receiveSample(): TransportSample | null {
    return this.#generation?.receiveWatch.sample ?? null;
  }

  /** The answer to a join, first or repeated. */
  async handleJoined(join: { peerId: PeerId; isResumed: boolean; state: RoomState; media: MediaOffer | null }): Promise<void> {
    this.#selfPeerId = join.peerId;
    if (join.isResumed) this.#ladder.handleResumed();
    if (join.media) await this.#begin(join.media);
    this.handleRoomState(join.state, true);
    this.#judgeMedia();
  }

  /** States of older revisions are ignored; `isFresh` says that it answers a join and counts whatever its revision. */
  handleRoomState(state: RoomState, isFresh = false): void {
    if (!this.#selfPeerId || this.#isClosed) return;
    if (!isFresh && this.#state && state.serverEpoch === this.#state.serverEpoch && state.revision < this.#state.revision) return;
    this.#state = state;
    this.remote.handleRoomState(state, this.#selfPeerId);
    this.local.handleRoomState(state, this.#selfPeerId);
    if (this.#generation && state.mediaEpoch > this.#generation.epoch) this.#ladder.handleTransportsVoid();
    this.#events.emit('changed', undefined);
  }

  handleLayers(consumerId: string, layers: Layers | null): void {
    this.remote.handleLayers(consumerId, layers);
  }

  handleServerReachable(isReachable: boolean): void {
    this.#ladder.handleServerReachable(isReachable);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#cancelHealth?.();
    this.#ladder.close();
    this.data.close();
    this.marks.close();
    this.remote.close();
    this.local.close();
    this.#generation?.close();
    this.#generation = null;
    this.#events.clear();
  }

  async #begin(offer: MediaOffer): Promise<void> {
    if (!this.#device.loaded) await loadDevice(this.#device, offer.routerRtpCapabilities);
    if (this.#isClosed) return;
    const old = this.#generation;
    const generation: Generation = new Generation({
      offer,
      device: this.#device,
      request: this.#request,
      clock: this.#clock,
      onStateChange: () => {
        if (generation === this.#generation) this.#judgeMedia();
      },
      produce: (appData, rtpParameters) => this.local.handleProduce(appData, rtpParameters),
      produceData: (appData, stream) => this.data.handleProduce(offer.epoch, dataKindSchema.parse(appData['kind']), stream),
    });
    this.#generation = generation;
    this.local.handleGeneration(generation);
    this.remote.handleGeneration(generation);
    this.data.handleGeneration(generation);
    this.marks.handleGeneration(generation);
    old?.close();
    this.#judgeMedia();
  }

  #judgeMedia(): void {
    const generation = this.#generation;
    if (!generation || this.#isClosed) return;
    const nowMs = this.#clock.monotonicMs();
    const verdicts = [
      generation.receiveWatch.health(generation.receive, nowMs, this.remote.hasLiveAudio ? SILENCE_WITH_SOUND_MS : SILENCE_MS),
      generation.sendWatch.health(generation.send, nowMs, SILENCE_MS),
    ];
    if (verdicts.includes('ill')) this.#ladder.handleMedia(false);
    else if (!verdicts.includes('pending')) this.#ladder.handleMedia(true);
    this.#events.emit('changed', undefined);
  }

  #scheduleHealth(): void {
    this.#lastHealthMs = this.#clock.monotonicMs();
    this.#cancelHealth = this.#clock.after(HEALTH_EVERY_MS, () => {
      drop(
        this.#checkHealth().finally(() => {
          if (!this.#isClosed) this.#scheduleHealth();
        }),
        'reported inside',
      );
    });
  }

  async #checkHealth(): Promise<void> {
    const generation = this.#generation;
    if (!generation || generation.isClosed) return;
    try {
      const [send, receive] = await Promise.all([generation.send.getStats(), generation.receive.getStats()]);
      if (generation !== this.#generation) return;
      const nowMs = this.#clock.monotonicMs();
      const sent = generation.sendStats.read(send);
      const received = generation.receiveStats.read(receive);
      generation.sendWatch.handleSample(sent.transport, nowMs);
      generation.receiveWatch.handleSample(received.transport, nowMs);
      if (nowMs - this.#lastHealthMs > 4 * HEALTH_EVERY_MS) {
        generation.sendWatch.forgive(nowMs);
        generation.receiveWatch.forgive(nowMs);
      }
      this.local.handleSamples(sent.outbound, sent.transport.availableOutgoingBps);
      this.remote.handleSamples(received.inbound);
      if (generation.receive.connectionState !== 'new' && generation.receiveWatch.silentMs(nowMs) >= (this.remote.hasLiveAudio ? DOUBT_MS.withSound : DOUBT_MS.without)) this.#events.emit('silent', undefined);
      this.#judgeMedia();
    } catch (error) {
      if (!generation.isClosed) this.#events.emit('error', toAppError(error));
    }
  }
}

/** Loads a device with the router's abilities; done ahead of a join where possible, because it takes tens of ms. */
export async function loadDevice(device: Device, routerRtpCapabilities: RtpCapabilities): Promise<void> {
  try {
    // Bounded by our schema; the library checks its own structure again.
    await device.load({ routerRtpCapabilities: routerRtpCapabilities as Parameters<Device['load']>[0]['routerRtpCapabilities'] });
  } catch (error) {
    if (device.loaded) return; // loaded by an overlapping call
    throw new AppError('media.incompatible', 'this browser cannot take part in a consult', { cause: error });
  }
}

/** A device for this browser; rejects with `media.incompatible` where there is none. */
export async function createDevice(): Promise<Device> {
  try {
    return await Device.factory();
  } catch (error) {
    throw new AppError('media.incompatible', 'this browser has no usable WebRTC', { cause: error });
  }
}
