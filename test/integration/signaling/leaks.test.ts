import type { EventEmitter } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ConsultId } from '#shared/domain/ids';
import { ConsultHall } from '../../helpers/consultHall.ts';
import { MediaWatch } from '../../helpers/mediaWatch.ts';
import { liveHeapBytes } from '../../helpers/memory.ts';
import { TestServer } from '../../helpers/testServer.ts';

const JOINS = 200;
const AT_ONCE = 4;

describe('two hundred joins and leaves', () => {
  let server: TestServer;
  let hall: ConsultHall;
  let watch: MediaWatch;
  let consultId: ConsultId;

  beforeAll(async () => {
    server = await TestServer.start({ workers: 2 });
    hall = new ConsultHall(server);
    watch = new MediaWatch(server.pool);
    consultId = await hall.createConsult('requester');
    for (const name of ['expert', 'expert2', 'nurse', 'approver']) await hall.token(name);
  });
  afterAll(async () => {
    await hall.close();
    await server.stop();
  });

  /** One stays for all of it; the others come, publish, take, and go: by leaving, by closing, by being cut off without a word. */
  const comeAndGo = async (round: number, name: string): Promise<void> => {
    const peer = await hall.enter(name, consultId);
    await peer.connect();
    await peer.publish('mic');
    await peer.publish('face');
    await peer.consumeAll((await peer.signaling.request('room.sync', {})).state);
    if (round % 5 === 0) await peer.rebuild();
    if (round % 7 === 0) await peer.signaling.request('network.openEcho', {});
    if (round % 3 === 0) await peer.signaling.request('room.leave', {});
    if (round % 3 === 2) peer.signaling.socket.io.engine.close();
    await peer.signaling.close();
  };
  const rounds = async (count: number, from: number) => {
    for (let round = from; round < from + count / AT_ONCE; round += 1) {
      await Promise.all(['expert', 'expert2', 'nurse', 'approver'].map((name) => comeAndGo(round, name)));
      if (round % 5 !== 4) continue;
      // Those who went without a word keep their places for the grace time; it ends here, or the room would fill up.
      await hall.settle(1);
      server.clock.skip(15_000);
    }
    await hall.settle(1);
    server.clock.skip(15_000);
  };
  const isOfOurs = (resource: string) => resource !== 'Immediate' && resource !== 'TickObject';
  const inventory = async () => {
    const dumps = await Promise.all(server.pool.workers.map(async ({ worker, server: port }) => ({ routers: (await worker.dump()).routerIds.length, servers: (await worker.dump()).webRtcServerIds.length, transports: (await port.dump()).webRtcTransportIds.length })));
    const routers = await Promise.all(watch.routers.map(async (router) => {
      const dump = await router.dump();
      return { transports: dump.transportIds.length, producers: dump.mapProducerIdConsumerIds.length, consumers: dump.mapConsumerIdProducerId.length };
    }));
    return {
      counts: server.server.counts(),
      workers: dumps,
      routers,
      open: { routers: watch.routers.length, transports: watch.transports.length, producers: watch.producers.length, consumers: watch.consumers.length },
      clockTimers: server.clock.pendingTimers,
      listeners: [...server.pool.workers.flatMap(({ worker, server: port }) => [worker, worker.observer, port, port.observer]), ...watch.routers.flatMap((router) => [router, router.observer]), process].map((emitter) => listenersOf(emitter)),
    };
  };
  const resources = () => {
    const counted: Record<string, number> = {};
    for (const resource of process.getActiveResourcesInfo().filter(isOfOurs)) counted[resource] = (counted[resource] ?? 0) + 1;
    return counted;
  };

  it('[MED9] end with as many transports, producers, consumers, timers, listeners and sockets as before', async () => {
    const host = await hall.enter('requester', consultId);
    await host.connect();
    const voice = await host.publish('mic');
    await host.publish('ultrasound');
    // Both workers are in use, and a pipe lies between them.
    const [carrying] = server.pool.workers.filter(({ peerCount }) => peerCount > 0).map(({ index }) => index);
    if (carrying === undefined) throw new Error('no worker carries the host');
    server.fullWorkers.add(carrying);
    await rounds(2 * AT_ONCE, 0); // what is made once, on first use, is no leak
    await host.signaling.stateWhere(({ peers }) => peers.length === 1);
    // The host's two sources lie ready on the other worker, and stay there as long as they last.
    await expect.poll(() => watch.consumers.map(({ type }) => type), { interval: 5, timeout: 10_000 }).toEqual(['pipe', 'pipe']);
    const before = await inventory();
    const resourcesBefore = resources();
    const heapBefore = await liveHeapBytes();

    await rounds(JOINS, 100);

    await expect.poll(inventory, { interval: 20, timeout: 10_000 }).toEqual(before);
    expect(before.counts).toMatchObject({ rooms: 1, peers: 1, connections: 1, transports: 2, producers: 2, consumers: 0 });
    await expect.poll(() => excess(resources(), resourcesBefore), { interval: 20, timeout: 10_000 }).toEqual({});
    host.signaling.heard.length = 0; // the test's own memory
    server.clock.skip(61_000); // answers are remembered for a minute, and the next request makes it known that it is over
    await host.signaling.request('media.setMuted', { sourceId: voice.sourceId, isMuted: false });
    const grown = (await liveHeapBytes()) - heapBefore;
    expect(grown).toBeLessThan(8_000_000);

    await host.signaling.request('room.leave', {});
    await expect.poll(async () => (await inventory()).workers.map(({ routers, transports }) => [routers, transports]), { interval: 20, timeout: 10_000 }).toEqual([[0, 0], [0, 0]]);
    expect(server.pool.workers.map(({ peerCount }) => peerCount)).toEqual([0, 0]);
  });
});

/** mediasoup's emitters are Node's under a type that names their events; here every event counts. */
function listenersOf(emitter: unknown): number {
  const plain = emitter as EventEmitter;
  return plain.eventNames().reduce((sum, event) => sum + plain.listenerCount(event), 0);
}

/** Kinds of which there are more now. */
function excess(now: Readonly<Record<string, number>>, before: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(now).flatMap(([kind, count]) => (count > (before[kind] ?? 0) ? [[kind, count - (before[kind] ?? 0)]] : [])));
}
