import type { types } from 'mediasoup-client';
import type { PeerId } from '#shared/domain/ids';
import type { Clock } from '#shared/lib/clock';
import type { Undo } from '#shared/lib/disposable';
import { Emitter } from '#shared/lib/emitter';
import type { ControlChannels, DataKind } from '#shared/protocol/control';
import type { AppError } from '#shared/protocol/errors';
import type { RequestParams } from '#shared/protocol/requests';
import { type Generation, isPassing, Reconciler, type Request } from './generation.ts';

const RETRY_MS = 300;
/** With more than this not yet on the wire a message is not sent, bytes: the next is newer than this one would be on its arrival. */
const MAX_BUFFERED_BYTES = 512;

interface DataChannelsEvents {
  message: { readonly bytes: DataView; readonly from: PeerId; readonly kind: DataKind };
  /** Whether the own channel is open. */
  open: boolean;
}

interface Taken {
  readonly consumer: types.DataConsumer;
  readonly from: PeerId;
}

/**
 * [CTL51] Data channels through the SFU that neither order nor repeat. What is wanted is said once, and is held over every generation of
 * transports: one channel of one's own, and those of others.
 */
export class DataChannels {
  readonly #request: Request;
  readonly #clock: Clock;
  readonly #reconciler: Reconciler;
  readonly #events = new Emitter<DataChannelsEvents>();
  readonly #taken = new Map<string, Taken>();
  #generation: Generation | null = null;
  #kind: DataKind | null = null;
  #wanted: ControlChannels = [];
  #own: types.DataProducer | null = null;
  #isOpen = false;
  #isClosed = false;
  #cancelRetry: Undo | null = null;

  constructor(options: { request: Request; clock: Clock; onError: (error: AppError) => void }) {
    this.#request = options.request;
    this.#clock = options.clock;
    this.#reconciler = new Reconciler(
      () => this.#reconcile(),
      (error) => {
        if (!isPassing(error)) options.onError(error);
        this.#retryLater();
      },
    );
  }

  on<K extends keyof DataChannelsEvents>(name: K, listener: (payload: DataChannelsEvents[K]) => void): Undo {
    return this.#events.on(name, listener);
  }

  /** Messages that are sent now leave this machine. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** The kind of the own channel; null: none is wanted. */
  setOwn(kind: DataKind | null): void {
    if (this.#kind === kind) return;
    this.#kind = kind;
    this.#reconciler.kick();
  }

  /** The channels of others that are wanted, all of them. */
  setTaken(wanted: ControlChannels): void {
    this.#wanted = wanted;
    this.#reconciler.kick();
  }

  /** False: not sent, and gone. */
  send(bytes: Uint8Array<ArrayBuffer>): boolean {
    const own = this.#own;
    if (own === null || own.readyState !== 'open' || own.bufferedAmount > MAX_BUFFERED_BYTES) return false;
    own.send(bytes);
    return true;
  }

  handleGeneration(generation: Generation | null): void {
    this.#forget();
    this.#generation = generation;
    this.#reconciler.kick();
  }

  /** The server's half of the own channel; called by the transport as it opens one. */
  async handleProduce(epoch: number, kind: DataKind, stream: types.SctpStreamParameters): Promise<string> {
    const sctpStreamParameters = stream as RequestParams<'media.produceData'>['sctpStreamParameters']; // asked for so below; the server checks it
    return (await this.#request('media.produceData', { epoch, kind, sctpStreamParameters })).dataProducerId;
  }

  close(): void {
    this.#isClosed = true;
    this.#reconciler.close();
    this.#cancelRetry?.();
    this.#forget();
    this.#generation = null;
    this.#events.clear();
  }

  async #reconcile(): Promise<void> {
    const generation = this.#generation;
    if (!generation || generation.isClosed) return;
    for (const [id, { consumer }] of [...this.#taken]) {
      if (!consumer.closed && this.#wanted.some(({ dataProducerId }) => dataProducerId === id)) continue;
      this.#taken.delete(id);
      consumer.close();
    }
    const missing = this.#wanted.filter(({ dataProducerId }) => !this.#taken.has(dataProducerId));
    const done = await Promise.allSettled([this.#openOwn(generation), ...missing.map((channel) => this.#take(generation, channel))]);
    for (const result of done) if (result.status === 'rejected') throw result.reason;
  }

  async #openOwn(generation: Generation): Promise<void> {
    const kind = this.#kind;
    if (this.#own !== null && (this.#own.closed || this.#own.appData['kind'] !== kind)) this.#dropOwn();
    if (kind === null || this.#own !== null) return;
    const own = await generation.send.produceData({ ordered: false, maxRetransmits: 0, label: kind, appData: { kind } });
    if (generation !== this.#generation || this.#isClosed) {
      own.close();
      return;
    }
    this.#own = own;
    own.on('open', () => this.#judgeOpen());
    own.observer.on('close', () => {
      this.#judgeOpen();
      if (own === this.#own) this.#retryLater();
    });
    this.#judgeOpen();
  }

  async #take(generation: Generation, { peerId, kind }: ControlChannels[number]): Promise<void> {
    const answer = await this.#request('media.consumeData', { epoch: generation.epoch, peerId, kind });
    if (generation !== this.#generation || this.#isClosed) return;
    const consumer = await generation.receive.consumeData({ id: answer.dataConsumerId, dataProducerId: answer.dataProducerId, sctpStreamParameters: answer.sctpStreamParameters });
    if (generation !== this.#generation || this.#isClosed) {
      consumer.close();
      return;
    }
    this.#taken.get(answer.dataProducerId)?.consumer.close();
    this.#taken.set(answer.dataProducerId, { consumer, from: peerId });
    consumer.on('message', (data: unknown) => {
      if (data instanceof ArrayBuffer) this.#events.emit('message', { bytes: new DataView(data), from: peerId, kind });
    });
    consumer.observer.on('close', () => {
      if (this.#taken.get(answer.dataProducerId)?.consumer === consumer) this.#retryLater();
    });
  }

  #judgeOpen(): void {
    const isOpen = this.#own?.readyState === 'open' && !this.#own.closed;
    if (isOpen === this.#isOpen) return;
    this.#isOpen = isOpen;
    this.#events.emit('open', isOpen);
  }

  #dropOwn(): void {
    const own = this.#own;
    this.#own = null;
    own?.close();
    this.#judgeOpen();
  }

  #forget(): void {
    this.#dropOwn();
    const taken = [...this.#taken.values()];
    this.#taken.clear();
    for (const { consumer } of taken) consumer.close();
  }

  #retryLater(): void {
    if (this.#cancelRetry || this.#isClosed) return;
    this.#cancelRetry = this.#clock.after(RETRY_MS, () => {
      this.#cancelRetry = null;
      this.#reconciler.kick();
    });
  }
}
