import { frameTypeOf } from '#shared/control/frames/frame';
import { createDeviceState, type DeviceState, readState } from '#shared/control/frames/stateFrame';
import type { ControlMode } from '#shared/control/modes';
import { BEDSIDE } from '#shared/control/patientSide';
import type { ControlStatus } from '#shared/control/status';
import type { PeerId } from '#shared/domain/ids';
import type { Clock } from '#shared/lib/clock';
import type { Undo } from '#shared/lib/disposable';
import { drop } from '#shared/lib/drop';
import { Emitter } from '#shared/lib/emitter';
import { AppError, toAppError } from '#shared/protocol/errors';
import type { HostBridge, HostFrames } from '../../bridge/hostBridge.ts';
import type { ControlLink } from './controlLink.ts';
import { RepeatedStop, type StopStanding } from './repeatedStop.ts';

/** The status goes to the room no oftener than this, ms; the newest does. */
const STATUS_EVERY_MS = 100;

/** What of the desktop host is needed: one that can carry frames. */
export type ControlHost = Pick<HostBridge, 'request' | 'on'> & { readonly frames: Pick<HostFrames, 'send' | 'onFrame'> };

export interface BedsideControlOptions {
  readonly link: Pick<ControlLink, 'view' | 'on' | 'offer' | 'sendStatus' | 'sendState' | 'grant' | 'decline'>;
  readonly host: ControlHost;
  readonly clock: Clock;
  /** A number below 2³², another each time. */
  readonly newStopId: () => number;
}

interface BedsideControlEvents {
  /** The status, or where a stop stands, is another. */
  changed: undefined;
  /** The device's newest state arrived, 50 a second. */
  state: Readonly<DeviceState>;
  error: AppError;
}

/**
 * The page beside the patient, in one stay: offers the device of this machine's host to the room and carries between the two. Decides
 * nothing; what a person here presses goes to the host, and only then to the room.
 */
export class BedsideControl {
  readonly #options: BedsideControlOptions;
  readonly #events = new Emitter<BedsideControlEvents>();
  readonly #undos: Undo[] = [];
  readonly #state = createDeviceState();
  readonly #incoming = createDeviceState();
  readonly #stop: RepeatedStop;
  /** The host has not answered to the last request to stop. */
  #isStopAsked = false;
  #stateAtMs: number | null = null;
  #status: ControlStatus | null = null;
  #cancelTell: Undo | null = null;
  #isTellingDue = false;
  #isClosed = false;

  constructor(options: BedsideControlOptions) {
    this.#options = options;
    const { link, host, clock, newStopId } = options;
    this.#stop = new RepeatedStop({ clock, newStopId, send: (bytes, stopId) => this.#sendStop(bytes, stopId), onChanged: () => this.#changed() });
    this.#undos.push(
      host.on('control.status', (status) => this.#setStatus(status)),
      host.frames.onFrame((bytes) => this.#handleState(bytes)),
      link.on('asked', ({ peerId, ...ask }) => this.#ask(host.request('control.ask', { ...ask, by: peerId }))),
      link.on('unasked', (peerId) => this.#ask(host.request('control.unask', { by: peerId }))),
      link.on('revealed', ({ peerId, ...shown }) => this.#ask(host.request('control.reveal', { ...shown, by: peerId }))),
      link.on('released', ({ peerId, epoch }) => {
        if (this.#status?.lease?.holder === peerId) this.#ask(host.request('control.release', { epoch })); // a lease is its holder's to give back
      }),
      link.on('changed', () => this.#tell()),
      link.on('frame', ({ bytes, from }) => {
        if (frameTypeOf(bytes) !== 'state') host.frames.send(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength), from);
      }),
    );
    drop(this.#begin(), 'told inside');
  }

  on<K extends keyof BedsideControlEvents>(name: K, listener: (payload: BedsideControlEvents[K]) => void): Undo {
    return this.#events.on(name, listener);
  }

  /** As the host says it; null: this machine has no device. */
  get status(): ControlStatus | null {
    return this.#status;
  }

  /** The device's newest state, written over by the next. */
  get state(): Readonly<DeviceState> {
    return this.#state;
  }

  /** ms; null: never heard. */
  get stateAgeMs(): number | null {
    return this.#stateAtMs === null ? null : this.#options.clock.monotonicMs() - this.#stateAtMs;
  }

  /** [CTL1] @throws AppError of the host, or of the room when who asked is gone: then the host takes it back */
  async grant(by: string, mode: ControlMode): Promise<void> {
    const { host, link } = this.#options;
    const grant = await host.request('control.grant', { by, mode });
    try {
      await link.grant({ ...grant, peerId: by as PeerId }); // the room's own word for who asked
    } catch (error) {
      await host.request('control.takeOver', {});
      throw error;
    }
  }

  async decline(by: string): Promise<void> {
    const { host, link } = this.#options;
    await host.request('control.decline', { by });
    await link.decline(by as PeerId); // as above
  }

  async takeOver(): Promise<void> {
    await this.#options.host.request('control.takeOver', {});
  }

  /** [CTL92] At once, by the way of frames and as a request, and again until the host says that it is latched. */
  stop(): void {
    this.#stop.stop();
  }

  /** Of the stop that was pressed here last. */
  get stopStanding(): StopStanding {
    return this.#stop.standing;
  }

  /** The person says that it is not needed any more. */
  takeBackStop(): void {
    this.#stop.end();
  }

  async resetStop(): Promise<void> {
    await this.#options.host.request('control.resetStop', {});
  }

  /** The stay is over: nobody steers a device that the room does not have. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#cancelTell?.();
    this.#stop.end();
    for (const undo of this.#undos) undo();
    if (this.#status !== null && this.#status.lease !== null) drop(this.takeOver(), 'without heartbeats it is over within a second');
    this.#events.clear();
  }

  async #begin(): Promise<void> {
    try {
      const { status, problem } = await this.#options.host.request('control.describe', {});
      if (this.#isClosed) return;
      if (problem !== null && status === null) this.#failed(new AppError('control.deviceProblem', problem));
      if (status === null) return;
      this.#setStatus(status);
      await this.#options.link.offer(status.device); // once it could not be, the link offers it again after the next joining
    } catch (error) {
      this.#failed(error);
    }
  }

  #sendStop(bytes: Uint8Array, stopId: number): void {
    const { host } = this.#options;
    host.frames.send(bytes, BEDSIDE);
    // One at a time: what hangs in a host that stands still is not made better by ten more a second.
    if (this.#isStopAsked) return;
    this.#isStopAsked = true;
    const hasFailedBefore = this.#stop.standing === 'unconfirmed';
    host
      .request('control.stop', { stopId })
      .catch((error: unknown) => {
        if (!hasFailedBefore) this.#failed(error); // the screen says it from then on
      })
      .finally(() => {
        this.#isStopAsked = false;
      });
  }

  #setStatus(status: ControlStatus): void {
    this.#status = status;
    if (status.isStopLatched) this.#stop.end();
    this.#isTellingDue = true;
    this.#tell();
    this.#changed();
  }

  #tell(): void {
    if (!this.#options.link.view.isOffering || !this.#isTellingDue || this.#cancelTell !== null || this.#status === null) return;
    this.#isTellingDue = false;
    this.#options.link.sendStatus(this.#status);
    this.#cancelTell = this.#options.clock.after(STATUS_EVERY_MS, () => {
      this.#cancelTell = null;
      this.#tell();
    });
  }

  #handleState(bytes: Uint8Array): void {
    const copy = bytes.slice();
    if (readState(new DataView(copy.buffer), this.#incoming) !== null) return;
    readState(new DataView(copy.buffer), this.#state);
    this.#stateAtMs = this.#options.clock.monotonicMs();
    if (this.#state.isStopLatched) this.#stop.end();
    if (this.#options.link.view.isOffering) this.#options.link.sendState(copy);
    this.#events.emit('state', this.#state);
  }

  #ask(request: Promise<unknown>): void {
    request.catch((error: unknown) => this.#failed(error));
  }

  #failed(error: unknown): void {
    if (!this.#isClosed) this.#events.emit('error', toAppError(error));
  }

  #changed(): void {
    this.#events.emit('changed', undefined);
  }
}
