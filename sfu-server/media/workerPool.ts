import * as mediasoup from 'mediasoup';
import type { Router, TransportListenInfo, WebRtcServer, Worker } from 'mediasoup/types';
import type { Clock } from '#shared/lib/clock';
import type { Undo } from '#shared/lib/disposable';
import { drop } from '#shared/lib/drop';
import { Emitter } from '#shared/lib/emitter';
import { AppError } from '#shared/protocol/errors';
import type { RtpCapabilities } from '#shared/protocol/media';
import { ROUTER_CODECS } from './codecs.ts';

/** A core carries no more than this share: beyond it mediasoup queues packets for hundreds of ms instead of dropping them. */
const FULL_CPU_SHARE = 0.8;
/**
 * An answer from the worker's own loop that takes this long (smoothed) says it is behind, whatever its CPU share: a saturated
 * worker was measured at 170–400 ms, one on a machine that is merely busy stays well below.
 */
const FULL_LOOP_DELAY_MS = 150;
const MEASURE_EVERY_MS = 1000;
/**
 * A worker is full when so many measurements in a row say so. Three handshakes at once, or a busy moment of the machine, pass
 * within two; a worker that is saturated stays so.
 */
const FULL_AFTER_MEASUREMENTS = 3;
/** When a person who was refused may ask again: by then a peak has been measured to be over. */
const RETRY_WHEN_FULL_MS = 5000;
const RESPAWN_FIRST_MS = 50;
const RESPAWN_MAX_MS = 5000;

export interface WorkerPoolOptions {
  readonly workerBin: string;
  readonly count: number;
  readonly listenIp: string;
  readonly announcedAddress: string | null;
  /** First port; worker i takes `portBase + i` for UDP and TCP. Null: any free port. */
  readonly portBase: number | null;
  readonly clock: Clock;
  readonly onWarning: (message: string, details: Record<string, unknown>) => void;
}

interface WorkerPoolEvents {
  died: MediaWorker;
  ready: MediaWorker;
}

/** One mediasoup worker process with its port and its measured load. */
export class MediaWorker {
  readonly index: number;
  readonly worker: Worker;
  readonly server: WebRtcServer;
  /** Share of one core, 0–1, over the last second. */
  cpuShare = 0;
  /** Smoothed time the worker takes to answer, in ms: its event loop's delay as seen from here. */
  loopDelayMs = 0;
  /** Measurements in a row that found it at its limit. */
  #atLimit = 0;
  /** Peers placed here since the last measurement: load that is on its way but not yet seen. */
  placedSinceMeasured = 0;
  peerCount = 0;

  constructor(index: number, worker: Worker, server: WebRtcServer) {
    this.index = index;
    this.worker = worker;
    this.server = server;
  }

  get isFull(): boolean {
    return this.#atLimit >= FULL_AFTER_MEASUREMENTS;
  }

  /** One measurement: the share of a core (0–1) since the last, and the time to answer in ms. */
  handleMeasured(cpuShare: number, answerMs: number): void {
    this.cpuShare = cpuShare;
    this.loopDelayMs = 0.7 * this.loopDelayMs + 0.3 * answerMs;
    this.placedSinceMeasured = 0;
    // The latest answer counts too, so that one slow answer is not taken for several while its smoothed trace fades.
    const isSlow = this.loopDelayMs >= FULL_LOOP_DELAY_MS && answerMs >= FULL_LOOP_DELAY_MS / 2;
    this.#atLimit = cpuShare >= FULL_CPU_SHARE || isSlow ? this.#atLimit + 1 : 0;
  }

  /** What placement compares: measured share, plus a guess for peers too new to be measured. */
  get load(): number {
    return this.cpuShare + 0.02 * this.placedSinceMeasured + 0.001 * this.peerCount;
  }

  createRouter(): Promise<Router> {
    return this.worker.createRouter({ mediaCodecs: ROUTER_CODECS });
  }
}

/**
 * The mediasoup workers, one a core. A worker that dies is reported with `died` (its routers are closed by then) and replaced;
 * while there is none to take a room, placement waits for the replacement instead of failing.
 */
export class WorkerPool {
  readonly #options: WorkerPoolOptions;
  readonly #workers = new Map<number, MediaWorker>();
  readonly #events = new Emitter<WorkerPoolEvents>();
  #cancelMeasure: Undo | null = null;
  #cancelRespawns = new Set<Undo>();
  /** Placements that wait for a worker; told when the pool closes instead. */
  readonly #waiting = new Set<Undo>();
  #isClosed = false;
  #died = 0;

  private constructor(options: WorkerPoolOptions) {
    this.#options = options;
  }

  /** Starts all workers; rejects when one cannot start. */
  static async create(options: WorkerPoolOptions): Promise<WorkerPool> {
    const pool = new WorkerPool(options);
    try {
      await Promise.all(Array.from({ length: options.count }, (_, index) => pool.#spawn(index)));
    } catch (error) {
      pool.close();
      throw error;
    }
    pool.#scheduleMeasure();
    return pool;
  }

  on<K extends keyof WorkerPoolEvents>(name: K, listener: (worker: WorkerPoolEvents[K]) => void): Undo {
    return this.#events.on(name, listener);
  }

  get workers(): readonly MediaWorker[] {
    return [...this.#workers.values()];
  }

  /** Workers that died since the start. */
  get deathCount(): number {
    return this.#died;
  }

  /**
   * The least loaded worker that is not full; `prefer` wins when it is one of them and not full (a room stays together).
   * Rejects with `capacity.full` when all are full, `server.stopping` when closed.
   */
  async place(prefer: readonly MediaWorker[] = []): Promise<MediaWorker> {
    if (this.#workers.size === 0 && !this.#isClosed) await this.#nextReady();
    if (this.#isClosed) throw new AppError('server.stopping', 'the media workers are closed');
    const open = this.workers.filter((worker) => !worker.isFull);
    const preferred = open.filter((worker) => prefer.includes(worker));
    const [best] = (preferred.length > 0 ? preferred : open).sort((a, b) => a.load - b.load);
    if (!best) throw new AppError('capacity.full', 'every media worker is at its limit', { retryAfterMs: RETRY_WHEN_FULL_MS });
    best.placedSinceMeasured += 1;
    return best;
  }

  /** What every router here offers: clients prepare with it before they join. */
  async readRouterCapabilities(): Promise<RtpCapabilities> {
    const router = await (await this.place()).createRouter();
    const capabilities = router.rtpCapabilities as RtpCapabilities; // mediasoup's own, within the bounds of our schema
    router.close();
    return capabilities;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#cancelMeasure?.();
    for (const cancel of this.#cancelRespawns) cancel();
    for (const giveUp of [...this.#waiting]) giveUp();
    for (const { worker } of this.#workers.values()) worker.close();
    this.#workers.clear();
  }

  async #spawn(index: number): Promise<void> {
    const { workerBin, listenIp, announcedAddress, portBase } = this.#options;
    const worker = await mediasoup.createWorker({ workerBin, logLevel: 'warn', logTags: ['dtls', 'ice', 'srtp', 'sctp'] });
    const address = announcedAddress === null ? {} : { announcedAddress };
    const listenInfos: TransportListenInfo[] = (['udp', 'tcp'] as const).map((protocol) => ({
      protocol,
      ip: listenIp,
      ...address,
      ...(portBase === null ? {} : { port: portBase + index }),
      ...(protocol === 'udp' ? { sendBufferSize: 4_000_000, recvBufferSize: 4_000_000 } : {}),
    }));
    let server: WebRtcServer;
    try {
      server = await worker.createWebRtcServer({ listenInfos });
    } catch (error) {
      worker.close();
      throw error;
    }
    if (this.#isClosed) {
      worker.close();
      return;
    }
    const media = new MediaWorker(index, worker, server);
    worker.on('died', (error) => {
      this.#workers.delete(index);
      if (this.#isClosed) return;
      this.#died += 1;
      this.#options.onWarning('a media worker died; its rooms are rebuilt elsewhere', { index, error: error?.message });
      this.#respawn(index, RESPAWN_FIRST_MS);
      this.#events.emit('died', media);
    });
    this.#workers.set(index, media);
    this.#events.emit('ready', media);
  }

  #respawn(index: number, waitMs: number): void {
    const cancel = this.#options.clock.after(waitMs, () => {
      this.#cancelRespawns.delete(cancel);
      if (this.#isClosed) return;
      this.#spawn(index).catch((error: unknown) => {
        this.#options.onWarning('a media worker could not be started again; trying on', { index, error: String(error) });
        this.#respawn(index, Math.min(RESPAWN_MAX_MS, waitMs * 2));
      });
    });
    this.#cancelRespawns.add(cancel);
  }

  #nextReady(): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (settle: () => void) => () => {
        undo();
        cancel();
        this.#waiting.delete(giveUp);
        settle();
      };
      const undo = this.#events.on('ready', end(resolve));
      const cancel = this.#options.clock.after(RESPAWN_MAX_MS, end(() => reject(new AppError('capacity.full', 'no media worker is running', { retryAfterMs: RETRY_WHEN_FULL_MS }))));
      const giveUp = end(() => reject(new AppError('server.stopping', 'the media workers are closed')));
      this.#waiting.add(giveUp);
    });
  }

  #scheduleMeasure(): void {
    this.#cancelMeasure = this.#options.clock.after(MEASURE_EVERY_MS, () => {
      drop(Promise.all(this.workers.map((worker) => this.#measure(worker))), 'a worker that dies while it is measured is reported by its own event');
      if (!this.#isClosed) this.#scheduleMeasure();
    });
  }

  readonly #lastUsage = new WeakMap<MediaWorker, { cpuMs: number; atMs: number }>();

  async #measure(media: MediaWorker): Promise<void> {
    const { clock } = this.#options;
    const askedAtMs = clock.monotonicMs();
    // How late this process itself is at the moment: a held-up listener is not a slow worker.
    let ownDelayMs = 0;
    clock.after(0, () => {
      ownDelayMs = clock.monotonicMs() - askedAtMs;
    });
    const usage = await media.worker.getResourceUsage();
    const atMs = clock.monotonicMs();
    const cpuMs = usage.ru_utime + usage.ru_stime;
    const last = this.#lastUsage.get(media);
    const cpuShare = last && atMs > last.atMs ? Math.max(0, Math.min(1, (cpuMs - last.cpuMs) / (atMs - last.atMs))) : media.cpuShare;
    media.handleMeasured(cpuShare, Math.max(0, atMs - askedAtMs - ownDelayMs));
    this.#lastUsage.set(media, { cpuMs, atMs });
  }
}
