import type { Device } from 'mediasoup-client';
import type { SctpStreamParameters, Transport } from 'mediasoup-client/types';
import type { Clock } from '#shared/lib/clock';
import { AppError, toAppError } from '#shared/protocol/errors';
import type { MediaOffer } from '#shared/protocol/media';
import type { RequestName, RequestParams, RequestResult } from '#shared/protocol/requests';
import { StatsReader, type TransportSample } from './statsReader.ts';

/** How media services ask the server; given by the composition root. */
export type Request = <N extends RequestName>(name: N, params: RequestParams<N>, options?: { timeoutMs?: number }) => Promise<RequestResult<N>>;

/** True for failures that the next generation or the next try heals by itself; anything else is told to the person. */
export function isPassing(error: AppError): boolean {
  return error.category === 'network' || ['media.rebuilding', 'room.notJoined', 'media.transportNotFound', 'media.sourceNotFound', 'server.stopping', 'auth.sessionEnded', 'input.rateLimited'].includes(error.code);
}

const CONNECT_LIMIT_MS = 4000;

class TransportWatch {
  #progressAtMs: number;
  #last: TransportSample | null = null;
  #connectingSinceMs: number | null = null;

  constructor(nowMs: number) {
    this.#progressAtMs = nowMs;
  }

  get sample(): TransportSample | null {
    return this.#last;
  }

  handleSample(sample: TransportSample, nowMs: number): void {
    if (!this.#last || sample.bytesReceived > this.#last.bytesReceived || sample.responsesReceived > this.#last.responsesReceived) this.#progressAtMs = nowMs;
    this.#last = sample;
  }

  /** For how long nothing has arrived, ms. */
  silentMs(nowMs: number): number {
    return nowMs - this.#progressAtMs;
  }

  /** A page that was held up has not seen progress either: start counting anew. */
  forgive(nowMs: number): void {
    this.#progressAtMs = nowMs;
  }

  /** `pending` while a first connection may still come. */
  health(transport: Transport, nowMs: number, silenceLimitMs: number): 'well' | 'pending' | 'ill' {
    const state = transport.connectionState;
    if (state === 'new') return 'well';
    if (state === 'connecting') {
      this.#connectingSinceMs ??= nowMs;
      return nowMs - this.#connectingSinceMs > CONNECT_LIMIT_MS ? 'ill' : 'pending';
    }
    this.#connectingSinceMs = null;
    if (state !== 'connected') return 'ill';
    return nowMs - this.#progressAtMs > silenceLimitMs ? 'ill' : 'well';
  }
}

/**
 * One generation of transports: built from a server's offer, thrown away as a whole. Requests made for it carry its epoch, so
 * an answer that comes late cannot touch the next one.
 */
export class Generation {
  readonly epoch: number;
  readonly device: Device;
  readonly send: Transport;
  readonly receive: Transport;
  readonly sendStats = new StatsReader();
  readonly receiveStats = new StatsReader();
  readonly sendWatch: TransportWatch;
  readonly receiveWatch: TransportWatch;
  #isClosed = false;

  constructor(options: { offer: MediaOffer; device: Device; request: Request; clock: Clock; onStateChange: () => void; produce: (appData: Record<string, unknown>, rtpParameters: unknown) => Promise<string>; produceData: (appData: Record<string, unknown>, stream: SctpStreamParameters) => Promise<string> }) {
    const { offer, device, request, clock } = options;
    this.epoch = offer.epoch;
    this.device = device;
    this.sendWatch = new TransportWatch(clock.monotonicMs());
    this.receiveWatch = new TransportWatch(clock.monotonicMs());
    const common = { iceServers: offer.iceServers.map((server) => ({ urls: [...server.urls], ...(server.username === undefined ? {} : { username: server.username }), ...(server.credential === undefined ? {} : { credential: server.credential }) })) };
    // The offer's schema bounds mediasoup's own structures; the library checks them once more.
    this.send = device.createSendTransport({ ...(offer.send as Parameters<Device['createSendTransport']>[0]), ...common });
    this.receive = device.createRecvTransport({ ...(offer.receive as Parameters<Device['createRecvTransport']>[0]), ...common });
    for (const transport of [this.send, this.receive]) {
      transport.on('connect', ({ dtlsParameters }, done, failed) => {
        request('media.connectTransport', { transportId: transport.id, dtlsParameters: dtlsParameters as RequestParams<'media.connectTransport'>['dtlsParameters'] }).then(() => done(), failed);
      });
      transport.on('connectionstatechange', options.onStateChange);
    }
    this.send.on('produce', ({ appData, rtpParameters }, done, failed) => {
      options.produce(appData, rtpParameters).then((id) => done({ id }), failed);
    });
    this.send.on('producedata', ({ appData, sctpStreamParameters }, done, failed) => {
      options.produceData(appData, sctpStreamParameters).then((id) => done({ id }), failed);
    });
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  async restartIce(request: Request): Promise<void> {
    const used = [this.send, this.receive].filter((transport) => transport.connectionState !== 'new');
    await Promise.all(
      used.map(async (transport) => {
        const { iceParameters } = await request('media.restartIce', { transportId: transport.id }, { timeoutMs: 3000 });
        if (!this.#isClosed) await transport.restartIce({ iceParameters: iceParameters as Parameters<Transport['restartIce']>[0]['iceParameters'] });
      }),
    );
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.send.close();
    this.receive.close();
  }
}

/** Runs a reconciling step again and again until nothing is left to do; a kick during a run makes it run once more. */
export class Reconciler {
  readonly #step: () => Promise<void>;
  readonly #onFailed: (error: AppError) => void;
  #isRunning = false;
  #isDirty = false;
  #isClosed = false;

  constructor(step: () => Promise<void>, onFailed: (error: AppError) => void) {
    this.#step = step;
    this.#onFailed = onFailed;
  }

  kick(): void {
    this.#isDirty = true;
    if (!this.#isRunning && !this.#isClosed) void this.#run();
  }

  close(): void {
    this.#isClosed = true;
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    while (this.#isDirty && !this.#isClosed) {
      this.#isDirty = false;
      try {
        await this.#step();
      } catch (error) {
        this.#onFailed(toAppError(error));
      }
    }
    this.#isRunning = false;
  }
}
