import type { GuidanceCue } from '#shared/control/guidance';
import { frameTypeOf } from '#shared/control/frames/frame';
import type { ControlDevice, ControlStatus } from '#shared/control/status';
import type { PeerId } from '#shared/domain/ids';
import { hasPermission, type Role } from '#shared/domain/roles';
import type { Clock } from '#shared/lib/clock';
import { DisposableStack, type Undo } from '#shared/lib/disposable';
import { drop } from '#shared/lib/drop';
import { Emitter } from '#shared/lib/emitter';
import { type ControlChannels, type ControlOffer, type DataKind, MAX_CONTROL_BYTES } from '#shared/protocol/control';
import { type AppError, toAppError } from '#shared/protocol/errors';
import type { EventName, EventPayload } from '#shared/protocol/events';
import type { RequestName, RequestParams, RequestResult } from '#shared/protocol/requests';
import { fromBase64, toBase64 } from './seal.ts';

/** A frame on the socket that was not answered within this is not worth waiting for, ms: the next is on its way. */
const SOCKET_FRAME_MS = 1000;
/** A stop is worth waiting for a connection. */
const SOCKET_STOP_MS = 8000;
const LOOK_AGAIN_MS = 1000;
/** More in a second from one participant are not passed on, but for stops: four times what an operator sends. */
const MAX_FRAMES_PER_S = 480;

/** The data channels of the stay; `services/media` has them. */
export interface DataPort {
  readonly isOpen: boolean;
  setOwn(kind: DataKind | null): void;
  setTaken(channels: ControlChannels): void;
  send(bytes: Uint8Array<ArrayBuffer>): boolean;
  on(name: 'message', listener: (message: { readonly bytes: DataView; readonly from: PeerId; readonly kind: DataKind }) => void): Undo;
  on(name: 'open', listener: (isOpen: boolean) => void): Undo;
}

export interface ControlLinkOptions {
  readonly request: <N extends RequestName>(name: N, params: RequestParams<N>, options?: { timeoutMs?: number }) => Promise<RequestResult<N>>;
  readonly on: <N extends EventName>(name: N, listener: (payload: EventPayload<N>) => void) => Undo;
  /** The socket is connected at this moment. */
  readonly isReachable: () => boolean;
  readonly data: DataPort;
  readonly clock: Clock;
  readonly role: Role | null;
  readonly selfPeerId: () => PeerId | null;
}

/** A frame as it came, with its seal; the host beside the device judges it. */
export interface ArrivedFrame {
  readonly bytes: DataView;
  readonly from: PeerId;
  readonly path: 'channel' | 'socket';
}

interface ControlLinkEvents {
  /** What `view` says is another. */
  changed: undefined;
  frame: ArrivedFrame;
  asked: EventPayload<'control.asked'>;
  unasked: PeerId;
  granted: EventPayload<'control.granted'>;
  declined: undefined;
  released: EventPayload<'control.released'>;
  revealed: EventPayload<'control.revealed'>;
  cue: GuidanceCue;
  error: AppError;
}

export interface ControlLinkView {
  /** Who offers a device, and which; null: nobody. */
  readonly offer: ControlOffer | null;
  readonly isOffering: boolean;
  readonly status: ControlStatus | null;
  /** The fast path is there for what is sent. Without it stops, heartbeats and settings still go by the socket. */
  readonly isChannelOpen: boolean;
}

/**
 * Remote control for one stay in a room: the words over the socket, and frames over both paths. What the room has is asked again after each
 * joining, so that nothing depends on having heard an event; channels come back with the transports by themselves. Judges nothing.
 */
export class ControlLink {
  readonly #options: ControlLinkOptions;
  readonly #events = new Emitter<ControlLinkEvents>();
  readonly #disposables = new DisposableStack();
  readonly #counts = new Map<PeerId, number>();
  #countingSinceMs = 0;
  #offer: ControlOffer | null = null;
  #status: ControlStatus | null = null;
  #channels: ControlChannels = [];
  /** The device that this page offers, again after each joining. */
  #ownDevice: ControlDevice | null = null;
  #ownStatus: ControlStatus | null = null;
  /** Another had the room's device when this page's was offered last. */
  #isTaken = false;
  #cancelLook: Undo | null = null;
  #isClosed = false;

  constructor(options: ControlLinkOptions) {
    this.#options = options;
    const { on, data } = options;
    for (const undo of [
      on('control.offered', ({ offer }) => this.#setOffer(offer)),
      on('control.status', ({ status }) => this.#setStatus(status)),
      on('control.channels', ({ channels }) => this.#setChannels(channels)),
      on('control.asked', (asked) => this.#events.emit('asked', asked)),
      on('control.unasked', ({ peerId }) => this.#events.emit('unasked', peerId)),
      on('control.granted', (granted) => {
        if (granted.peerId === this.#offer?.peerId) this.#events.emit('granted', granted);
      }),
      on('control.declined', () => this.#events.emit('declined', undefined)),
      on('control.cue', ({ cue }) => this.#events.emit('cue', cue)),
      on('control.revealed', (revealed) => this.#events.emit('revealed', revealed)),
      on('control.released', (released) => this.#events.emit('released', released)),
      on('control.frame', ({ peerId, frame }) => this.#arrived(new DataView(fromBase64(frame).buffer), peerId, 'socket')),
      data.on('message', ({ bytes, from }) => this.#arrived(bytes, from, 'channel')),
      data.on('open', () => this.#changed()),
    ]) this.#disposables.add(undo);
  }

  on<K extends keyof ControlLinkEvents>(name: K, listener: (payload: ControlLinkEvents[K]) => void): Undo {
    return this.#events.on(name, listener);
  }

  get view(): ControlLinkView {
    return { offer: this.#offer, isOffering: this.#isOffering, status: this.#status, isChannelOpen: this.#options.data.isOpen };
  }

  /** After each joining, first or repeated. */
  handleJoined(): void {
    drop(this.#look(), 'looks again until it can');
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelLook?.();
    this.#disposables.dispose();
    this.#options.data.setOwn(null);
    this.#options.data.setTaken([]);
    this.#events.clear();
  }

  // ---- beside the patient ----

  /** Offers the host's device to the room, or takes the offer back. @throws AppError `control.taken` */
  async offer(device: ControlDevice | null): Promise<void> {
    this.#ownDevice = device;
    if (device === null) this.#ownStatus = null;
    await this.#offerOwn(device);
  }

  /** As the host says it, on each change. */
  sendStatus(status: ControlStatus): void {
    this.#ownStatus = status;
    this.#tell('control.status', { status });
  }

  /** The host has granted. @throws AppError `control.notAsked` */
  async grant(grant: RequestParams<'control.grant'>): Promise<void> {
    await this.#options.request('control.grant', grant);
  }

  async decline(peerId: PeerId): Promise<void> {
    await this.#options.request('control.decline', { peerId });
  }

  // ---- at the other end ----

  /** @throws AppError `control.notOffered` */
  async ask(wish: RequestParams<'control.ask'>): Promise<void> {
    await this.#options.request('control.ask', wish);
  }

  /** [CTL90] The key that was promised. @throws AppError `control.notOffered` */
  async reveal(shown: RequestParams<'control.reveal'>): Promise<void> {
    await this.#options.request('control.reveal', shown);
  }

  async unask(): Promise<void> {
    await this.#options.request('control.unask', {});
  }

  async release(epoch: number): Promise<void> {
    await this.#options.request('control.release', { epoch });
  }

  /** [CTL73] To whoever holds the probe. */
  sendCue(cue: GuidanceCue): void {
    this.#tell('control.cue', { cue });
  }

  // ---- frames ----

  /** The fast path only. False: it is not open, or what was sent before still waits. */
  sendMotion(bytes: Uint8Array<ArrayBuffer>): boolean {
    return this.#options.data.send(bytes);
  }

  sendState(bytes: Uint8Array<ArrayBuffer>): boolean {
    return this.#options.data.send(bytes);
  }

  /** [CTL54] Both paths: stops and heartbeats. A stop waits for the socket to come back, a heartbeat does not. */
  sendBoth(bytes: Uint8Array<ArrayBuffer>): void {
    this.#options.data.send(bytes);
    const isStop = frameTypeOf(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)) === 'stop';
    if (!isStop && !this.#options.isReachable()) return;
    drop(this.#options.request('control.frame', { frame: toBase64(bytes) }, { timeoutMs: isStop ? SOCKET_STOP_MS : SOCKET_FRAME_MS }), 'the next one, and the other path');
  }

  /** Settings. @throws AppError when it did not arrive */
  async sendReliable(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    await this.#options.request('control.frame', { frame: toBase64(bytes) });
  }

  // ---- within ----

  get #isOffering(): boolean {
    return this.#offer !== null && this.#offer.peerId === this.#options.selfPeerId();
  }

  async #look(): Promise<void> {
    this.#cancelLook?.();
    this.#cancelLook = null;
    try {
      await this.#offerAgain();
      const { offer, status, channels } = await this.#options.request('control.look', {});
      if (this.#isClosed) return;
      this.#offer = offer;
      this.#status = status;
      this.#setChannels(channels);
    } catch (error) {
      if (this.#isClosed) return;
      const failure = toAppError(error);
      if (failure.category !== 'network' && failure.code !== 'room.notJoined') this.#events.emit('error', failure);
      if (failure.code !== 'room.notJoined') this.#cancelLook = this.#options.clock.after(LOOK_AGAIN_MS, () => this.handleJoined()); // who is not in the room looks when they are
    }
  }

  async #offerOwn(device: ControlDevice | null): Promise<void> {
    this.#isTaken = false;
    try {
      await this.#options.request('control.offer', { device });
    } catch (error) {
      this.#isTaken = toAppError(error).code === 'control.taken';
      throw error;
    }
  }

  /** [CTL98] What another has taken waits until they have it no longer: often it is the page before this one, whose end was not noticed yet. */
  async #offerAgain(): Promise<void> {
    if (this.#ownDevice === null) return;
    try {
      await this.#offerOwn(this.#ownDevice);
    } catch (error) {
      if (this.#isTaken) return;
      throw error;
    }
    if (this.#ownStatus !== null) await this.#options.request('control.status', { status: this.#ownStatus });
  }

  #setOffer(offer: ControlOffer | null): void {
    if (offer?.peerId !== this.#offer?.peerId || offer?.device.id !== this.#offer?.device.id) this.#status = null;
    this.#offer = offer;
    if (offer === null && this.#isTaken) drop(this.#look(), 'looks again until it can');
    this.#wantChannels();
    this.#changed();
  }

  #setStatus(status: ControlStatus): void {
    this.#status = status;
    this.#changed();
  }

  #setChannels(channels: ControlChannels): void {
    this.#channels = channels;
    this.#wantChannels();
    this.#changed();
  }

  /** [CTL51] Beside the device: everybody's commands and stops, and a channel for the states. Elsewhere: the states, and a channel for the rest. */
  #wantChannels(): void {
    const { data, role, selfPeerId } = this.#options;
    const offering = this.#offer?.peerId;
    if (offering === undefined) return data.setTaken([]);
    data.setOwn(this.#isOffering ? 'state' : role !== null && hasPermission(role, 'control.steer') ? 'motion' : 'stop');
    data.setTaken(this.#channels.filter(({ peerId, kind }) => peerId !== selfPeerId() && (this.#isOffering ? kind === 'motion' || kind === 'stop' : kind === 'state' && peerId === offering)));
  }

  #arrived(bytes: DataView, from: PeerId, path: ArrivedFrame['path']): void {
    const type = frameTypeOf(bytes);
    if (type === null || bytes.byteLength > MAX_CONTROL_BYTES) return;
    if (type !== 'stop' && this.#isFlooded(from)) return;
    this.#events.emit('frame', { bytes, from, path });
  }

  #isFlooded(from: PeerId): boolean {
    const nowMs = this.#options.clock.monotonicMs();
    if (nowMs - this.#countingSinceMs >= 1000) {
      this.#countingSinceMs = nowMs;
      this.#counts.clear();
    }
    const count = (this.#counts.get(from) ?? 0) + 1;
    this.#counts.set(from, count);
    return count > MAX_FRAMES_PER_S;
  }

  #tell<N extends RequestName>(name: N, params: RequestParams<N>): void {
    this.#options.request(name, params).catch((error: unknown) => {
      if (!this.#isClosed) this.#events.emit('error', toAppError(error));
    });
  }

  #changed(): void {
    this.#events.emit('changed', undefined);
  }
}
