import type { Consumer } from 'mediasoup-client/types';
import type { PeerId, SourceId } from '#shared/domain/ids';
import { chooseSpatialLayer, type LimitReason, type QualityChoice } from '#shared/domain/layerChoice';
import { isVideoProfile } from '#shared/domain/sourceProfiles';
import type { Clock } from '#shared/lib/clock';
import type { AppError } from '#shared/protocol/errors';
import type { Layers, SourceState } from '#shared/protocol/media';
import type { RequestParams } from '#shared/protocol/requests';
import type { RoomState } from '#shared/protocol/room';
import { type Generation, isPassing, Reconciler, type Request } from './generation.ts';
import type { StreamSample } from './statsReader.ts';

/** A lower layer, or none, is asked for only after the tile has wanted it this long: scrolling and resizing do not make layers flap. */
const STEP_DOWN_AFTER_MS = 1000;
const PAUSE_AFTER_MS = 700;
const RETRY_MS = 700;
/** Consumers in one request. */
const MOST_AT_ONCE = 60;
/** A live picture without a new frame for this long is called frozen, in ms. */
const FROZEN_AFTER_MS = 2500;

type ConsumerChange = RequestParams<'media.setConsumers'>['changes'][number];

interface Tile {
  readonly sourceId: SourceId;
  readonly heightPx: number;
  readonly isVisible: boolean;
}

interface Taken {
  readonly consumer: Consumer;
  readonly producerId: string;
  readonly stream: MediaStream;
  isPaused: boolean;
  layers: Layers | null;
  /** What the SFU says it sends; undefined before its first word. */
  current: Layers | null | undefined;
}

interface Wish {
  isPaused: boolean;
  layers: Layers | null;
  downSinceMs: number | null;
  hiddenSinceMs: number | null;
}

/** What is known of a remote source's arrival. */
export interface Arrival {
  readonly stream: MediaStream | null;
  readonly sample: StreamSample | null;
  readonly limit: LimitReason;
  readonly layer: string;
  readonly frozenSinceMs: number | null;
}

/**
 * What this client takes from the others: all sound, and of pictures those that are visible, in the layer their tile needs.
 * Wanted and actual are compared after every change of the room, the tiles or the transports; the difference is asked of the
 * server in one or two requests. Nothing depends on having seen a particular event.
 */
export class RemoteSources {
  readonly #request: Request;
  readonly #clock: Clock;
  readonly #onChanged: () => void;
  readonly #onTrack: (sourceId: SourceId, track: MediaStreamTrack | null) => void;
  readonly #reconciler: Reconciler;
  readonly #tiles = new Map<string, Tile>();
  readonly #choices = new Map<SourceId, QualityChoice>();
  readonly #taken = new Map<SourceId, Taken>();
  readonly #wishes = new Map<SourceId, Wish>();
  readonly #samples = new Map<SourceId, StreamSample>();
  readonly #progress = new Map<SourceId, { frames: number; atMs: number }>();
  readonly #sources = new Map<SourceId, { readonly peerId: PeerId; readonly state: SourceState }>();
  #generation: Generation | null = null;
  #cancelRetry: (() => void) | null = null;

  constructor(options: { request: Request; clock: Clock; onChanged: () => void; onTrack: (sourceId: SourceId, track: MediaStreamTrack | null) => void; onError: (error: AppError) => void }) {
    this.#request = options.request;
    this.#clock = options.clock;
    this.#onChanged = options.onChanged;
    this.#onTrack = options.onTrack;
    this.#reconciler = new Reconciler(
      () => this.#reconcile(),
      (error) => {
        if (!isPassing(error)) options.onError(error);
        this.#retryLater();
      },
    );
  }

  handleGeneration(generation: Generation | null): void {
    this.#forgetTaken();
    this.#generation = generation;
    this.#reconciler.kick();
  }

  handleRoomState(state: RoomState, selfPeerId: PeerId): void {
    this.#sources.clear();
    for (const peer of state.peers) {
      if (peer.peerId === selfPeerId) continue;
      for (const source of peer.sources) this.#sources.set(source.sourceId, { peerId: peer.peerId, state: source });
    }
    for (const sourceId of [...this.#wishes.keys()]) if (!this.#sources.has(sourceId)) this.#wishes.delete(sourceId);
    this.#reconciler.kick();
  }

  handleLayers(consumerId: string, layers: Layers | null): void {
    for (const taken of this.#taken.values()) {
      if (taken.consumer.id === consumerId) taken.current = layers;
    }
    this.#onChanged();
  }

  reportTile(key: string, tile: Tile | null): void {
    if (tile) this.#tiles.set(key, tile);
    else this.#tiles.delete(key);
    this.#reconciler.kick();
  }

  choice(sourceId: SourceId): QualityChoice {
    return this.#choices.get(sourceId) ?? 'auto';
  }

  setChoice(sourceId: SourceId, choice: QualityChoice): void {
    this.#choices.set(sourceId, choice);
    this.#reconciler.kick();
    this.#onChanged();
  }

  get hasLiveAudio(): boolean {
    return [...this.#taken].some(([sourceId, taken]) => taken.consumer.kind === 'audio' && !taken.isPaused && this.#sources.get(sourceId)?.state.isMuted === false);
  }

  /** Once a second, with the receive transport's samples by track. */
  handleSamples(inbound: ReadonlyMap<string, StreamSample>): void {
    const nowMs = this.#clock.monotonicMs();
    for (const [sourceId, taken] of this.#taken) {
      const sample = inbound.get(`track:${taken.consumer.track.id}`);
      if (sample) this.#samples.set(sourceId, sample);
      const before = this.#progress.get(sourceId);
      const frames = sample?.framesDecoded ?? -1;
      // Expected is what is wanted: a server that does not answer leaves it paused, and the last picture hanging.
      const isExpected = this.#wishes.get(sourceId)?.isPaused === false && this.#sources.get(sourceId)?.state.isMuted === false;
      if (!before || frames !== before.frames || !isExpected) this.#progress.set(sourceId, { frames, atMs: nowMs });
    }
    this.#reconciler.kick(); // damped wishes fall due with time
  }

  /** Loudness 0–1 of what arrives for an audio source now. */
  audioLevel(sourceId: SourceId): number {
    const [source] = this.#taken.get(sourceId)?.consumer.rtpReceiver?.getSynchronizationSources() ?? [];
    return source?.audioLevel ?? 0;
  }

  arrival(sourceId: SourceId): Arrival {
    const taken = this.#taken.get(sourceId);
    const sample = this.#samples.get(sourceId) ?? null;
    const progress = this.#progress.get(sourceId);
    const nowMs = this.#clock.monotonicMs();
    const state = this.#sources.get(sourceId)?.state;
    // Frozen: frames came and stopped, or the whole transport went and the old picture still hangs on the screen.
    const isStill = progress !== undefined && nowMs - progress.atMs > FROZEN_AFTER_MS && state?.isMuted === false && isVideoProfile(state.profile) && (taken ? this.#wishes.get(sourceId)?.isPaused === false : this.#generation === null);
    return {
      stream: taken?.stream ?? null,
      sample,
      limit: this.#limit(sourceId),
      layer: taken?.current ? `${taken.current.spatial}/${taken.current.temporal}` : '–',
      frozenSinceMs: isStill && progress ? progress.atMs : null,
    };
  }

  close(): void {
    this.#reconciler.close();
    this.#cancelRetry?.();
    this.#forgetTaken();
    this.#generation = null;
    this.#tiles.clear();
    this.#sources.clear();
    this.#wishes.clear();
    this.#samples.clear();
    this.#progress.clear();
  }

  #limit(sourceId: SourceId): LimitReason {
    const state = this.#sources.get(sourceId)?.state;
    const taken = this.#taken.get(sourceId);
    const wish = this.#wishes.get(sourceId);
    if (!state || !isVideoProfile(state.profile)) return 'none';
    if (state.isMuted) return 'senderPaused';
    if (!taken || !wish?.layers) return 'none';
    const choice = this.choice(sourceId);
    if ((choice === 'low' || choice === 'medium') && wish.layers.spatial < state.scaleDownBy.length - 1) return 'ownChoice';
    const sample = this.#samples.get(sourceId);
    const wantedHeight = (state.capture?.height ?? 0) / (state.scaleDownBy[wish.layers.spatial] ?? 1);
    const isSmall = sample !== undefined && sample.height > 0 && sample.height < wantedHeight * 0.9;
    const isBelowWish = taken.current === null || (taken.current !== undefined && taken.current.spatial < wish.layers.spatial);
    if (state.limit === 'network' && (isSmall || isBelowWish)) return 'senderNetwork';
    if (state.limit === 'processor' && (isSmall || isBelowWish || (sample?.fps ?? 30) < 12)) return 'senderProcessor';
    if (isBelowWish && isSmall) return 'ownNetwork';
    if (sample && sample.framesDropped > 5 && sample.framesDropped > 0.3 * sample.fps) return 'ownProcessor';
    if (state.limit === 'device') return 'senderDevice';
    return 'none';
  }

  #updateWish(sourceId: SourceId, state: SourceState): Wish {
    const nowMs = this.#clock.monotonicMs();
    const before = this.#wishes.get(sourceId);
    if (!isVideoProfile(state.profile)) {
      const wish: Wish = before ?? { isPaused: false, layers: null, downSinceMs: null, hiddenSinceMs: null };
      this.#wishes.set(sourceId, wish);
      return wish;
    }
    let tallest = 0;
    let isVisible = false;
    for (const tile of this.#tiles.values()) {
      if (tile.sourceId !== sourceId || !tile.isVisible) continue;
      isVisible = true;
      tallest = Math.max(tallest, tile.heightPx);
    }
    const top = Math.max(0, state.scaleDownBy.length - 1);
    const current = before?.layers?.spatial ?? null;
    const spatial = Math.min(top, chooseSpatialLayer({ height: state.capture?.height ?? 720, scaleDownBy: state.scaleDownBy }, tallest, this.choice(sourceId), current));
    const wish: Wish = before ?? { isPaused: !isVisible, layers: { spatial, temporal: 2 }, downSinceMs: null, hiddenSinceMs: null };
    this.#wishes.set(sourceId, wish);
    if (isVisible) {
      wish.hiddenSinceMs = null;
      wish.isPaused = false;
      if (current === null || spatial >= current || this.choice(sourceId) !== 'auto') {
        wish.layers = { spatial, temporal: 2 };
        wish.downSinceMs = null;
      } else {
        wish.downSinceMs ??= nowMs;
        if (nowMs - wish.downSinceMs >= STEP_DOWN_AFTER_MS) {
          wish.layers = { spatial, temporal: 2 };
          wish.downSinceMs = null;
        } else this.#retryLater();
      }
    } else {
      wish.hiddenSinceMs ??= nowMs;
      if (nowMs - wish.hiddenSinceMs >= PAUSE_AFTER_MS) wish.isPaused = true;
      else this.#retryLater();
    }
    return wish;
  }

  async #reconcile(): Promise<void> {
    const generation = this.#generation;
    if (!generation || generation.isClosed) return;
    const changes: ConsumerChange[] = [];
    const asked: { readonly taken: Taken; readonly isPaused: boolean; readonly layers: Layers | null }[] = [];
    for (const [sourceId, taken] of [...this.#taken]) {
      const source = this.#sources.get(sourceId);
      if (source && (source.state.producerId === taken.producerId || source.state.producerId === null) && !taken.consumer.closed) continue;
      this.#taken.delete(sourceId);
      taken.consumer.close();
      this.#onTrack(sourceId, null);
      changes.push({ consumerId: taken.consumer.id, isClosed: true });
    }
    const missing: RequestParams<'media.consume'>['sources'] = [];
    for (const [sourceId, { peerId, state }] of this.#sources) {
      const wish = this.#updateWish(sourceId, state);
      const taken = this.#taken.get(sourceId);
      if (!taken) {
        if (state.producerId !== null && !wish.isPaused) missing.push({ peerId, sourceId, layers: wish.layers });
        continue;
      }
      const hasOtherLayers = wish.layers !== null && (taken.layers?.spatial !== wish.layers.spatial || taken.layers.temporal !== wish.layers.temporal);
      if (taken.isPaused === wish.isPaused && !hasOtherLayers) continue;
      changes.push({ consumerId: taken.consumer.id, ...(taken.isPaused === wish.isPaused ? {} : { isPaused: wish.isPaused }), ...(hasOtherLayers && wish.layers ? { layers: wish.layers } : {}) });
      asked.push({ taken, isPaused: wish.isPaused, layers: wish.layers });
    }
    await Promise.all([
      changes.length > 0 && this.#change(changes, asked),
      missing.length > 0 && this.#take(generation, missing.slice(0, MOST_AT_ONCE)),
    ]);
    this.#onChanged();
  }

  /** What was asked holds only once the server has said so; a refusal leaves the difference, which the next round finds again. */
  async #change(changes: readonly ConsumerChange[], asked: readonly { readonly taken: Taken; readonly isPaused: boolean; readonly layers: Layers | null }[]): Promise<void> {
    for (let start = 0; start < changes.length; start += MOST_AT_ONCE) await this.#request('media.setConsumers', { changes: changes.slice(start, start + MOST_AT_ONCE) });
    for (const { taken, isPaused, layers } of asked) Object.assign(taken, { isPaused, layers });
  }

  async #take(generation: Generation, sources: RequestParams<'media.consume'>['sources']): Promise<void> {
    const { consumers, refused } = await this.#request('media.consume', { epoch: generation.epoch, rtpCapabilities: generation.device.recvRtpCapabilities as RequestParams<'media.consume'>['rtpCapabilities'], sources });
    if (generation.isClosed) return;
    await Promise.all(
      consumers.map(async (offer) => {
        const consumer = await generation.receive.consume({
          id: offer.consumerId,
          producerId: offer.producerId,
          kind: offer.kind,
          rtpParameters: offer.rtpParameters as Consumer['rtpParameters'],
          streamId: offer.kind === 'audio' ? `a-${offer.peerId}` : `v-${offer.sourceId}`, // sound and picture of a source are not held back for each other
        });
        const layers = sources.find((source) => source.sourceId === offer.sourceId)?.layers ?? null;
        const item: Taken = { consumer, producerId: offer.producerId, stream: new MediaStream([consumer.track]), isPaused: true, layers, current: undefined };
        this.#taken.set(offer.sourceId, item);
        this.#progress.set(offer.sourceId, { frames: -1, atMs: this.#clock.monotonicMs() });
        this.#onTrack(offer.sourceId, consumer.track);
      }),
    );
    if (consumers.length > 0) this.#reconciler.kick(); // they come paused: the next round lets them flow, and may ask for more meanwhile
    if (refused.length > 0) this.#retryLater();
  }

  #retryLater(): void {
    if (this.#cancelRetry) return;
    this.#cancelRetry = this.#clock.after(RETRY_MS, () => {
      this.#cancelRetry = null;
      this.#reconciler.kick();
    });
  }

  #forgetTaken(): void {
    for (const [sourceId, taken] of this.#taken) {
      taken.consumer.close();
      this.#onTrack(sourceId, null);
    }
    this.#taken.clear();
  }
}
