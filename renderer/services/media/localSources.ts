import type { Producer, ProducerOptions } from 'mediasoup-client/types';
import { ceilingsInShortage } from '#shared/domain/bitrateAllocation';
import type { PeerId, SourceId } from '#shared/domain/ids';
import { audioProfile, type EncodingMode, isVideoProfile, videoProfile } from '#shared/domain/sourceProfiles';
import type { Clock } from '#shared/lib/clock';
import { drop } from '#shared/lib/drop';
import { AppError, type ErrorCode, toAppError } from '#shared/protocol/errors';
import type { SenderLimit } from '#shared/protocol/media';
import type { RequestParams } from '#shared/protocol/requests';
import type { RoomState } from '#shared/protocol/room';
import { chooseMode, encodingsFor, modeKey, totalBitrateBps } from './encodingChoice.ts';
import { type Generation, isPassing, Reconciler, type Request } from './generation.ts';
import type { LocalSource } from './localSource.ts';
import type { StreamSample } from './statsReader.ts';

const RETRY_MS = 500;
const SETTLING_S = 8;
/** Sources published within this time of the first belong together, ms. */
const STARTING_MS = 5000;
/** A shortage shorter than this is the estimate's own swinging. */
const SHORT_AFTER_S = 3;
/** What a source that is not held back may grow by before it counts as more. */
const NEED_MARGIN = 1.3;
const UNBEARABLE_AFTER_S = 10;
/** A limitation is told to the others when it has held this long, so that a blink is not an alarm. */
const LIMIT_HOLDS_S = 3;
/** Kept free of video for speech and control, in bit/s. */
const SPEECH_RESERVE_BPS = 150_000;

interface Published {
  readonly producer: Producer;
  readonly mode: EncodingMode | null;
  /** What the server last acknowledged; null from a change that was asked for until it is answered: either may hold then. */
  ackMuted: boolean | null;
  ceilingBps: number;
  slowSeconds: number;
  ageSeconds: number;
  limit: SenderLimit;
  pendingLimit: SenderLimit;
  pendingSeconds: number;
}

/**
 * What this client gives to the others. Wanted (its open sources and how they are muted) and actual (producers of the present
 * generation and what the server acknowledged) are compared after every change; the difference is mended one step at a time.
 */
export class LocalSources {
  readonly #request: Request;
  readonly #clock: Clock;
  readonly #onChanged: () => void;
  readonly #onFailed: (sourceId: SourceId, error: AppError) => void;
  readonly #onMutedByHost: (sourceId: SourceId) => void;
  readonly #reconciler: Reconciler;
  readonly #sources = new Map<SourceId, LocalSource>();
  readonly #published = new Map<SourceId, Published>();
  readonly #samples = new Map<SourceId, StreamSample>();
  readonly #unbearable = new Set<string>();
  readonly #closing = new Set<SourceId>();
  /** With which code a source was refused last, until it is taken. */
  readonly #refused = new Map<SourceId, ErrorCode>();
  /** What the room was last told of each source; see `detailsOf`. */
  readonly #told = new Map<SourceId, string>();
  #generation: Generation | null = null;
  #cancelRetry: (() => void) | null = null;
  #shortSeconds = 0;
  /** The present generation's start bitrate, and when its first picture was published. */
  #start: { bps: number; readonly atMs: number } | null = null;

  constructor(options: { request: Request; clock: Clock; onChanged: () => void; onFailed: (sourceId: SourceId, error: AppError) => void; onMutedByHost: (sourceId: SourceId) => void }) {
    this.#request = options.request;
    this.#clock = options.clock;
    this.#onChanged = options.onChanged;
    this.#onFailed = options.onFailed;
    this.#onMutedByHost = options.onMutedByHost;
    this.#reconciler = new Reconciler(
      () => this.#reconcile(),
      () => this.#retryLater(), // told where it is known whose failure it is
    );
  }

  get sources(): readonly LocalSource[] {
    return [...this.#sources.values()];
  }

  get(sourceId: SourceId): LocalSource | undefined {
    return this.#sources.get(sourceId);
  }

  sample(sourceId: SourceId): StreamSample | null {
    return this.#samples.get(sourceId) ?? null;
  }

  limit(sourceId: SourceId): SenderLimit {
    return this.#published.get(sourceId)?.limit ?? 'none';
  }

  /** True when packets of this source leave and the server passes them on. */
  isHeard(sourceId: SourceId): boolean {
    const published = this.#published.get(sourceId);
    const source = this.#sources.get(sourceId);
    return published !== undefined && source !== undefined && published.ackMuted === false && !source.isMuted && source.isAttached && this.#generation?.send.connectionState === 'connected';
  }

  isPublished(sourceId: SourceId): boolean {
    return this.#published.has(sourceId);
  }

  add(source: LocalSource): void {
    this.#sources.set(source.sourceId, source);
    this.#reconciler.kick();
  }

  remove(sourceId: SourceId): void {
    const source = this.#sources.get(sourceId);
    if (!source) return;
    source.close();
    this.#sources.delete(sourceId);
    this.#samples.delete(sourceId);
    this.#told.delete(sourceId);
    this.#refused.delete(sourceId);
    const published = this.#published.get(sourceId);
    this.#published.delete(sourceId);
    published?.producer.close();
    this.#closing.add(sourceId);
    this.#reconciler.kick();
    this.#onChanged();
  }

  /** Local effect at once; the server follows. */
  setMuted(sourceId: SourceId, isMuted: boolean): void {
    this.#sources.get(sourceId)?.setMuted(isMuted);
    this.#reconciler.kick();
    this.#onChanged();
  }

  /** Something about a source changed (device lost or replaced): tell the room. */
  kick(): void {
    this.#reconciler.kick();
  }

  handleGeneration(generation: Generation | null): void {
    for (const source of this.#sources.values()) source.handleSenderGone();
    this.#published.clear();
    this.#generation = generation;
    this.#start = null;
    this.#reconciler.kick();
  }

  /**
   * The server's picture of our own sources. [MUT4] One that the server holds muted although we acknowledged it live was muted
   * by the host: our switch follows. A producer the server no longer has is made anew.
   */
  handleRoomState(state: RoomState, selfPeerId: PeerId): void {
    const self = state.peers.find((peer) => peer.peerId === selfPeerId);
    if (!self) return;
    for (const [sourceId, published] of [...this.#published]) {
      const known = self.sources.find((source) => source.sourceId === sourceId);
      const source = this.#sources.get(sourceId);
      if (!source) continue;
      if (!known || known.producerId === null) {
        if (state.mediaEpoch !== this.#generation?.epoch) continue; // the whole generation is over; its rebuild brings all of them
        published.producer.close();
        this.#published.delete(sourceId);
        source.handleSenderGone();
      } else if (known.isMuted && published.ackMuted === false && !source.isMuted && known.producerId === published.producer.id) {
        published.ackMuted = true;
        this.#onMutedByHost(sourceId);
      }
    }
    this.#reconciler.kick();
  }

  /** Called by the generation's transport while a producer is made: asks the server for it. */
  async handleProduce(appData: Record<string, unknown>, rtpParameters: unknown): Promise<string> {
    const params = appData['params'] as Omit<RequestParams<'media.produce'>, 'rtpParameters' | 'isMuted'>; // put there by #publish
    const source = this.#sources.get(params.sourceId);
    if (!source) throw new AppError('media.sourceRefused', 'closed while it was opened');
    const isMuted = source.isMuted;
    const { producerId } = await this.#request('media.produce', { ...params, isMuted, rtpParameters: rtpParameters as RequestParams<'media.produce'>['rtpParameters'] });
    appData['ackMuted'] = isMuted;
    return producerId;
  }

  /** Once a second: measures the encoders, divides the uplink, tells limits, leaves modes this machine cannot bear. */
  handleSamples(outbound: ReadonlyMap<string, StreamSample>, availableOutgoingBps: number | null): void {
    for (const [sourceId, published] of this.#published) {
      const sample = outbound.get(`mid:${published.producer.rtpParameters.mid ?? ''}`);
      const source = this.#sources.get(sourceId);
      if (!sample || !source) continue;
      this.#samples.set(sourceId, sample);
      if (!published.mode || !isVideoProfile(source.profile)) continue;
      published.ageSeconds += 1;
      this.#judgeLimit(sourceId, published, sample);
      // Slow by the encoder's fault, not because the device delivers no more.
      const isSlow = sample.fps < Math.min(videoProfile(source.profile).bearableFps, 0.6 * sample.sourceFps) && sample.limitation !== 'bandwidth' && published.ceilingBps > 0 && source.isAttached;
      published.slowSeconds = isSlow ? published.slowSeconds + 1 : 0;
      if (published.slowSeconds >= UNBEARABLE_AFTER_S) this.#leaveMode(source, published);
    }
    this.#govern(availableOutgoingBps);
    this.#reconciler.kick();
  }

  close(): void {
    this.#reconciler.close();
    this.#cancelRetry?.();
    for (const source of this.#sources.values()) source.close();
    this.#sources.clear();
    this.#published.clear();
    this.#generation = null;
  }

  async #reconcile(): Promise<void> {
    const generation = this.#generation;
    if (!generation || generation.isClosed) return;
    for (const sourceId of [...this.#closing]) {
      await this.#request('media.closeSource', { sourceId });
      this.#closing.delete(sourceId);
    }
    for (const source of [...this.#sources.values()]) {
      if (generation.isClosed || generation !== this.#generation) return;
      try {
        await this.#settle(generation, source);
        this.#refused.delete(source.sourceId);
      } catch (thrown) {
        const error = toAppError(thrown);
        if (error.category === 'network') throw error;
        if (generation.isClosed || generation !== this.#generation) return; // the next one brings all of them
        this.#handleRefusal(source, error);
      }
    }
  }

  async #settle(generation: Generation, source: LocalSource): Promise<void> {
    if (!this.#published.has(source.sourceId) && source.track.readyState === 'live') await this.#publish(generation, source);
    const published = this.#published.get(source.sourceId);
    if (!published) return;
    if (published.ackMuted !== source.isMuted) {
      const wanted = source.isMuted;
      published.ackMuted = null;
      const { isMuted } = await this.#request('media.setMuted', { sourceId: source.sourceId, isMuted: wanted });
      published.ackMuted = isMuted;
      this.#onChanged();
      if (source.isMuted !== wanted) this.#reconciler.kick();
    }
    const details = detailsOf(source);
    const key = JSON.stringify(details);
    if (this.#told.get(source.sourceId) !== key) {
      await this.#request('media.updateSource', { sourceId: source.sourceId, ...details });
      this.#told.set(source.sourceId, key);
    }
  }

  /** One source that is refused does not hold up the others; it is tried again, and told once. */
  #handleRefusal(source: LocalSource, error: AppError): void {
    this.#retryLater();
    if (isPassing(error) || this.#published.has(source.sourceId) || !this.#sources.has(source.sourceId)) return;
    if (this.#refused.get(source.sourceId) === error.code) return;
    this.#refused.set(source.sourceId, error.code);
    this.#onFailed(source.sourceId, error);
  }

  async #publish(generation: Generation, source: LocalSource): Promise<void> {
    const { device, send } = generation;
    const options: ProducerOptions = { track: source.track, stopTracks: false, disableTrackOnPause: false, onRtpSender: (sender) => source.handleSender(sender) };
    let mode: EncodingMode | null = null;
    const capture = source.isVideo ? captureOf(source) : null;
    if (isVideoProfile(source.profile) && capture) {
      mode = await chooseMode(source.profile, capture, device.sendRtpCapabilities, this.#unbearable);
      if (!mode) throw new AppError('media.incompatible', 'no codec in common with the server');
      const chosen = mode;
      const profile = videoProfile(source.profile);
      const codec = device.sendRtpCapabilities.codecs?.find((candidate) => candidate.mimeType.toLowerCase() === chosen.mimeType.toLowerCase());
      if (codec) options.codec = codec;
      options.encodings = encodingsFor(mode, capture);
      options.codecOptions = { videoGoogleStartBitrate: Math.round(this.#startBitrate(profile.startBitrateBps) / 1000) };
      source.track.contentHint = profile.contentHint;
    } else if (!isVideoProfile(source.profile)) {
      const profile = audioProfile(source.profile);
      options.codecOptions = { opusStereo: profile.channels === 2, opusFec: profile.hasFec, opusDtx: profile.hasDtx, opusMaxAverageBitrate: profile.maxBitrateBps, opusNack: true };
      options.encodings = [{ maxBitrate: profile.maxBitrateBps, dtx: profile.hasDtx, priority: 'high', networkPriority: 'high' }];
      source.track.contentHint = source.profile === 'clinicalAudio' ? 'music' : 'speech';
    }
    const params = { epoch: generation.epoch, sourceId: source.sourceId, profile: source.profile, label: source.label.slice(0, 120), capture, scaleDownBy: mode ? mode.layers.map((layer) => layer.scaleDownBy) : [] };
    const appData: Record<string, unknown> = { params };
    let producer: Producer;
    try {
      producer = await send.produce({ ...options, appData });
    } catch (error) {
      source.handleSenderGone();
      throw error;
    }
    if (generation.isClosed || !this.#sources.has(source.sourceId)) {
      producer.close();
      return;
    }
    source.modeId = mode?.id ?? null;
    this.#told.set(source.sourceId, JSON.stringify(detailsOf(source)));
    const ceilingBps = mode ? totalBitrateBps(mode) : 0;
    this.#published.set(source.sourceId, { producer, mode, ackMuted: appData['ackMuted'] === true, ceilingBps, slowSeconds: 0, ageSeconds: 0, limit: 'none', pendingLimit: 'none', pendingSeconds: 0 });
    if (isVideoProfile(source.profile)) await preferOnLack(producer, videoProfile(source.profile).degradationPreference);
    this.#onChanged();
    this.#reconciler.kick();
  }

  /**
   * The browser sets its estimate of the line to this number whenever it differs from the one before: a face published after a
   * close-up would throw the close-up back. So the sources published together name the largest, and later ones repeat it,
   * which leaves alone what was measured meanwhile.
   */
  #startBitrate(wishBps: number): number {
    const nowMs = this.#clock.monotonicMs();
    this.#start ??= { bps: wishBps, atMs: nowMs };
    if (nowMs - this.#start.atMs < STARTING_MS) this.#start.bps = Math.max(this.#start.bps, wishBps);
    return this.#start.bps;
  }

  #judgeLimit(sourceId: SourceId, published: Published, sample: StreamSample): void {
    const now: SenderLimit = published.ceilingBps === 0 || sample.limitation === 'bandwidth' ? 'network' : sample.limitation === 'cpu' ? 'processor' : 'none';
    published.pendingSeconds = now === published.pendingLimit ? published.pendingSeconds + 1 : 1;
    published.pendingLimit = now;
    if (now === published.limit || published.pendingSeconds < LIMIT_HOLDS_S) return;
    published.limit = now;
    drop(this.#request('media.updateSource', { sourceId, limit: now }), 'told again when it changes again');
    this.#onChanged();
  }

  #leaveMode(source: LocalSource, published: Published): void {
    const { mode } = published;
    if (!mode || !isVideoProfile(source.profile)) return;
    const { profile } = source;
    const left = videoProfile(profile).modes.filter((candidate) => candidate !== mode && !this.#unbearable.has(modeKey(profile, candidate)));
    published.slowSeconds = 0;
    if (left.length === 0) return;
    this.#unbearable.add(modeKey(profile, mode));
    published.producer.close();
    this.#published.delete(source.sourceId);
    source.handleSenderGone();
  }

  /** Divides the uplink only while it is short: an estimate without shortage says what is sent, not what could be. */
  #govern(availableBps: number | null): void {
    const videos = [...this.#published].flatMap(([sourceId, published]) => {
      const source = this.#sources.get(sourceId);
      if (!published.mode || !source || !isVideoProfile(source.profile)) return [];
      const { priority, floorBitrateBps: floorBps, comfortBitrateBps: comfortBps } = videoProfile(source.profile);
      const ceilingBps = totalBitrateBps(published.mode);
      const sample = this.#samples.get(sourceId);
      const isHeldBack = published.ceilingBps < ceilingBps;
      const isShort = !isHeldBack && sample?.limitation === 'bandwidth';
      const needBps = isHeldBack || isShort || !sample ? ceilingBps : Math.min(ceilingBps, NEED_MARGIN * sample.bitrateBps + floorBps);
      return [{ id: sourceId, published, mode: published.mode, priority, floorBps, comfortBps, ceilingBps, needBps, isShort, isHeldBack }];
    });
    // While a new source is still finding its rate, everybody looks short of bandwidth.
    const isSettling = videos.some(({ published }) => published.ageSeconds < SETTLING_S);
    this.#shortSeconds = !isSettling && videos.some(({ isShort }) => isShort) ? this.#shortSeconds + 1 : 0;
    const isGoverning = availableBps !== null && (this.#shortSeconds >= SHORT_AFTER_S || videos.some(({ isHeldBack }) => isHeldBack));
    const ceilings = isGoverning ? ceilingsInShortage(Math.max(0, availableBps - SPEECH_RESERVE_BPS), videos) : null;
    for (const { id, published, mode, ceilingBps: full } of videos) {
      const ceilingBps = ceilings?.get(id) ?? full;
      const isSame = ceilingBps === published.ceilingBps || Math.abs(ceilingBps - published.ceilingBps) < 0.15 * Math.max(1, published.ceilingBps);
      if (isSame && ceilingBps !== full) continue;
      if (ceilingBps === published.ceilingBps) continue;
      published.ceilingBps = ceilingBps;
      drop(setCeiling(published.producer, mode, ceilingBps), 'a sender that closed meanwhile has no ceiling');
    }
  }

  #retryLater(): void {
    if (this.#cancelRetry) return;
    this.#cancelRetry = this.#clock.after(RETRY_MS, () => {
      this.#cancelRetry = null;
      this.#reconciler.kick();
    });
  }
}

/** What the others are told of a source besides its packets: told anew whenever it differs. */
function detailsOf(source: LocalSource): { isDeviceLost: boolean; label: string; capture: { width: number; height: number; fps: number } | null } {
  return { isDeviceLost: source.isDeviceLost, label: source.label.slice(0, 120), capture: source.isVideo ? captureOf(source) : null };
}

/** Full size of what the device delivers, in pixels and frames per second. */
export function captureOf(source: LocalSource): { width: number; height: number; fps: number } {
  const settings = source.track.getSettings();
  return { width: Math.round(settings.width ?? 0), height: Math.round(settings.height ?? 0), fps: Math.round(settings.frameRate ?? 30) };
}

async function preferOnLack(producer: Producer, degradationPreference: RTCDegradationPreference): Promise<void> {
  const sender = producer.rtpSender;
  if (!sender) return;
  const parameters = sender.getParameters();
  await sender.setParameters({ ...parameters, degradationPreference }).catch((error: unknown) => {
    if (!(error instanceof DOMException)) throw error; // a browser without the preference keeps its own
  });
}

/** Scales all layers' ceilings by the same share; 0 pauses the encodings. */
async function setCeiling(producer: Producer, mode: EncodingMode, ceilingBps: number): Promise<void> {
  const sender = producer.rtpSender;
  if (!sender) return;
  const share = ceilingBps / totalBitrateBps(mode);
  const parameters = sender.getParameters();
  for (const [index, encoding] of parameters.encodings.entries()) {
    const full = mode.kind === 'svc' ? totalBitrateBps(mode) : (mode.layers[index]?.maxBitrateBps ?? 0);
    encoding.active = ceilingBps > 0;
    encoding.maxBitrate = Math.max(30_000, Math.round(full * share));
  }
  await sender.setParameters(parameters);
}
