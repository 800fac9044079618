import { Worker } from 'node:worker_threads';
import type { Clock } from '#shared/lib/clock';
import { drop } from '#shared/lib/drop';
import { AppError } from '#shared/protocol/errors';
import type { Job, JobName, JobReply, JobTable } from './jobs.ts';

export interface ImagingWorkersOptions {
  /** The thread's program, JavaScript. */
  readonly program: string;
  readonly clock: Clock;
  /** How many work at once. */
  readonly count: number;
  /** How long one job may take, ms. */
  readonly jobLimitMs?: number;
}

const JOB_LIMIT_MS = 60_000;
/** Jobs that wait; one more is refused, because whoever asks will have gone before it is done. */
const WAITING_LIMIT = 2000;
/** Objects of a thread, MiB; bytes of images are besides. A file that needs more is none that a camera made. */
const HEAP_MIB = 1024;

interface Waiting {
  readonly job: Job;
  resolve(result: unknown): void;
  reject(error: AppError): void;
}

interface Seat {
  thread: Worker | null;
  current: Waiting | null;
  stopTimer: () => void;
}

/**
 * Threads that read and decode images, so that neither the signalling nor the database waits for them. Whatever is in a file, what can
 * be lost is its own job: a thread that takes too long or too much memory is ended, and the next job gets a new one.
 */
export class ImagingWorkers {
  readonly #options: ImagingWorkersOptions;
  readonly #seats: readonly Seat[];
  #waiting: Waiting[] = [];
  #lastId = 0;
  #isClosed = false;

  constructor(options: ImagingWorkersOptions) {
    this.#options = options;
    this.#seats = Array.from({ length: options.count }, () => ({ thread: null, current: null, stopTimer: () => undefined }));
  }

  /** @throws AppError of the job; `imaging.damaged` when a thread was lost to it, `capacity.full` when too much waits */
  run<N extends JobName>(name: N, params: JobTable[N]['params']): Promise<JobTable[N]['result']> {
    if (this.#isClosed) return Promise.reject(new AppError('server.stopping', 'no more images are read'));
    if (this.#waiting.length >= WAITING_LIMIT) return Promise.reject(new AppError('capacity.full', 'too many images wait to be read', { retryAfterMs: 1000 }));
    this.#lastId += 1;
    const job = { id: this.#lastId, name, params } as Job; // the pair of one row of the table
    return new Promise((resolve, reject) => {
      // The thread answers a job with its own row's result.
      this.#waiting.push({ job, resolve: (result) => resolve(result as JobTable[N]['result']), reject });
      this.#next();
    });
  }

  /** Ends the threads; what waits is refused. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const stopping = new AppError('server.stopping', 'no more images are read');
    for (const waiting of this.#waiting.splice(0)) waiting.reject(stopping);
    for (const seat of this.#seats) this.#settle(seat)?.reject(stopping);
    await Promise.all(this.#seats.map(({ thread }) => thread?.terminate()));
  }

  #next(): void {
    for (const seat of this.#seats) {
      if (seat.current !== null) continue;
      const waiting = this.#waiting.shift();
      if (waiting === undefined) return;
      seat.current = waiting;
      seat.thread ??= this.#start(seat);
      seat.stopTimer = this.#options.clock.after(this.#options.jobLimitMs ?? JOB_LIMIT_MS, () => this.#lose(seat, 'reading the file takes too long'));
      seat.thread.postMessage(waiting.job);
    }
  }

  #start(seat: Seat): Worker {
    const thread = new Worker(this.#options.program, { resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB } });
    thread.unref();
    thread.on('message', (reply: JobReply) => {
      if (seat.thread !== thread || reply.id !== seat.current?.job.id) return;
      const waiting = this.#settle(seat);
      if (reply.type === 'done') waiting?.resolve(reply.result);
      else waiting?.reject(AppError.fromWire(reply.error));
      this.#next();
    });
    thread.on('error', (error) => {
      if (seat.thread === thread) this.#lose(seat, 'the thread that read the file has died', error);
    });
    thread.on('exit', () => {
      if (seat.thread === thread) this.#lose(seat, 'the thread that read the file has ended');
    });
    return thread;
  }

  #lose(seat: Seat, why: string, cause?: unknown): void {
    const { thread } = seat;
    seat.thread = null;
    if (thread !== null) drop(thread.terminate(), 'it may be gone already');
    this.#settle(seat)?.reject(new AppError('imaging.damaged', `the file cannot be read: ${why}`, { cause }));
    if (!this.#isClosed) this.#next();
  }

  #settle(seat: Seat): Waiting | null {
    const { current } = seat;
    seat.stopTimer();
    seat.current = null;
    return current;
  }
}
