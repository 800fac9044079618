import type { DataProducer, Producer, Router } from 'mediasoup/types';
import type { Undo } from '#shared/lib/disposable';
import { AppError } from '#shared/protocol/errors';
import type { MediaWorker, WorkerPool } from './workerPool.ts';

interface Seat {
  readonly worker: MediaWorker;
  readonly router: Router;
}

/** Says when what it belongs to is closed. */
interface Ends {
  once(event: 'close', listener: () => void): unknown;
  off(event: 'close', listener: () => void): unknown;
}

/**
 * The routers of one room: one, as a rule, and one more on another worker when the room's own is full. A producer is piped to
 * another router at most once, when the first consumer there asks for it; the pipe goes with the producer.
 */
export class RoomRouters {
  readonly #pool: WorkerPool;
  readonly #seats: Seat[] = [];
  readonly #pipes = new Map<string, Promise<void>>();
  readonly #opening = new Map<MediaWorker, Promise<Seat>>();
  #isClosed = false;

  constructor(pool: WorkerPool) {
    this.#pool = pool;
  }

  get routers(): readonly Router[] {
    return this.#seats.map((seat) => seat.router);
  }

  /** A router for one more peer, and the worker that carries it. Rejects with `capacity.full`. */
  async seat(): Promise<Seat> {
    const worker = await this.#pool.place(this.#seats.map((seat) => seat.worker));
    const present = this.#seats.find((seat) => seat.worker === worker && !seat.router.closed);
    if (present) return present;
    const opening = this.#opening.get(worker);
    if (opening) return opening;
    const promise = this.#open(worker).finally(() => this.#opening.delete(worker));
    this.#opening.set(worker, promise);
    return promise;
  }

  async #open(worker: MediaWorker): Promise<Seat> {
    const router = await worker.createRouter().catch((error: unknown) => {
      throw new AppError('media.rebuilding', 'the media worker died while a router was made on it', { cause: error });
    });
    if (this.#isClosed) {
      router.close();
      throw new AppError('room.notJoined', 'the room closed while a router was made for it');
    }
    const seat = { worker, router };
    this.#seats.push(seat);
    router.observer.once('close', () => {
      const index = this.#seats.indexOf(seat);
      if (index >= 0) this.#seats.splice(index, 1);
    });
    return seat;
  }

  /** Makes `producer`, which lives on `from`, consumable on `to`. */
  async reach(producer: Producer, from: Router, to: Router): Promise<void> {
    await this.#pipe(producer.id, producer.observer, () => from.pipeToRouter({ producerId: producer.id, router: to }), from, to);
  }

  /** The same for a data channel. */
  async reachData(producer: DataProducer, from: Router, to: Router): Promise<void> {
    await this.#pipe(producer.id, producer.observer, () => from.pipeToRouter({ dataProducerId: producer.id, router: to }), from, to);
  }

  async #pipe(id: string, ends: Ends, make: () => Promise<unknown>, from: Router, to: Router): Promise<void> {
    if (from === to) return;
    const key = `${id}>${to.id}`;
    let pipe = this.#pipes.get(key);
    if (!pipe) {
      pipe = make().then(() => undefined);
      this.#pipes.set(key, pipe);
      const forget: Undo = () => {
        this.#pipes.delete(key);
        ends.off('close', forget);
        to.observer.off('close', forget);
      };
      pipe.catch(forget);
      ends.once('close', forget);
      to.observer.once('close', forget);
    }
    await pipe;
  }

  close(): void {
    this.#isClosed = true;
    for (const { router } of [...this.#seats]) router.close();
  }
}
