import type { Consumer, Producer, Router, Transport } from 'mediasoup/types';
import type { WorkerPool } from '../../sfu-server/media/workerPool.ts';

/** Everything mediasoup makes on a pool's present workers from now on, as mediasoup itself reports it; closed things are left out. */
export class MediaWatch {
  readonly #routers = new Set<Router>();
  readonly #transports = new Set<Transport>();
  readonly #producers = new Set<Producer>();
  readonly #consumers = new Set<Consumer>();

  constructor(pool: WorkerPool) {
    for (const { worker } of pool.workers) {
      worker.observer.on('newrouter', (router) => {
        keep(this.#routers, router, router.observer);
        router.observer.on('newtransport', (transport) => {
          keep(this.#transports, transport, transport.observer);
          transport.observer.on('newproducer', (producer) => keep(this.#producers, producer, producer.observer));
          transport.observer.on('newconsumer', (consumer) => keep(this.#consumers, consumer, consumer.observer));
        });
      });
    }
  }

  get routers(): readonly Router[] {
    return [...this.#routers];
  }

  get transports(): readonly Transport[] {
    return [...this.#transports];
  }

  get producers(): readonly Producer[] {
    return [...this.#producers];
  }

  get consumers(): readonly Consumer[] {
    return [...this.#consumers];
  }
}

/** In the set until it closes: a watch must not itself hold what it looks for. */
function keep<T>(set: Set<T>, thing: T, observer: { once(event: 'close', listener: () => void): unknown }): void {
  set.add(thing);
  observer.once('close', () => set.delete(thing));
}
