import type { WebRtcServer, Worker } from 'mediasoup/types';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { toAppError } from '#shared/protocol/errors';
import { MediaWorker } from '../../../sfu-server/media/workerPool.ts';
import { ConsultHall } from '../../helpers/consultHall.ts';
import { MediaWatch } from '../../helpers/mediaWatch.ts';
import { TestServer } from '../../helpers/testServer.ts';

describe('a room over several workers', () => {
  let server: TestServer;
  let hall: ConsultHall;

  beforeAll(async () => {
    server = await TestServer.start({ workers: 2 });
    hall = new ConsultHall(server);
  });
  afterEach(async () => {
    server.fullWorkers.clear();
    await hall.close();
    server.clock.skip(15_000);
    expect(server.server.counts()).toMatchObject({ rooms: 0, peers: 0, transports: 0 });
    expect(server.pool.workers.map(({ peerCount }) => peerCount)).toEqual([0, 0]);
  });
  afterAll(() => server.stop());

  const carrying = () => server.pool.workers.filter(({ peerCount }) => peerCount > 0).map(({ index }) => index);

  it('[MED6] stays on one while that has room', async () => {
    const consultId = await hall.createConsult();
    for (const name of ['requester', 'expert', 'nurse']) await hall.enter(name, consultId);
    expect(carrying()).toHaveLength(1);
  });

  it('[MED6] puts the next peer on another when it is full; both take each other’s sources by pipe, each piped once', async () => {
    const watch = new MediaWatch(server.pool);
    const consultId = await hall.createConsult();
    const one = await hall.enter('requester', consultId);
    const voice = await one.publish('mic');
    const picture = await one.publish('ultrasound');
    const [full] = carrying();
    if (full === undefined) throw new Error('no worker carries the peer');
    server.fullWorkers.add(full);
    const [two, three] = [await hall.enter('expert', consultId), await hall.enter('nurse', consultId)];
    expect(carrying()).toHaveLength(2);
    expect(server.pool.workers.map(({ peerCount }) => peerCount).sort()).toEqual([1, 2]);
    const back = await two.publish('face');
    const state = (await two.signaling.request('room.sync', {})).state;
    const taken = await Promise.all([two.consumeAll(state), three.consumeAll(state), one.consumeAll(state)]);
    expect(taken.map(({ refused }) => refused)).toEqual([[], [], []]);
    expect(taken.map(({ consumers }) => consumers.map(({ producerId }) => producerId).sort())).toEqual([[voice.producerId, picture.producerId].sort(), [voice.producerId, picture.producerId, back.producerId].sort(), [back.producerId]]);
    // Three sources and, on the other side of a pipe, one copy of each that crosses.
    const isCopy = (id: string) => watch.producers.filter((producer) => producer.id === id).length - 1;
    expect([voice, picture, back].map(({ producerId }) => isCopy(producerId))).toEqual([1, 1, 1]);
    await one.signaling.request('media.closeSource', { sourceId: voice.sourceId });
    await expect.poll(() => watch.producers.filter(({ id }) => id === voice.producerId).length, { interval: 5 }).toBe(0);
    await expect.poll(() => server.server.counts(), { interval: 5 }).toMatchObject({ producers: 2, consumers: 4 });
  });

  it('[MED6] when all are full says so, and when to try again; whoever is inside stays', async () => {
    const consultId = await hall.createConsult();
    const one = await hall.enter('requester', consultId);
    server.fullWorkers.add(0).add(1);
    const late = await hall.connect('expert');
    const refusal = toAppError(await late.join(consultId).catch((error: unknown) => error));
    expect([refusal.code, refusal.retryAfterMs]).toEqual(['capacity.full', 5000]);
    expect((await one.signaling.request('room.sync', {})).state.peers).toHaveLength(1);
    expect(await late.codeOf('network.openEcho', {})).toBe('capacity.full');
    server.fullWorkers.delete(1);
    await late.enter(consultId);
  });

  it('[MED6] a rebuild that finds no room is refused, and its sources are announced as gone', async () => {
    const consultId = await hall.createConsult();
    const [one, two] = [await hall.enter('requester', consultId), await hall.enter('expert', consultId)];
    await one.publish('mic');
    await two.signaling.stateWhere(({ peers }) => peers.some(({ sources }) => typeof sources[0]?.producerId === 'string'));
    server.fullWorkers.add(0).add(1);
    expect(await one.signaling.codeOf('media.rebuild', {})).toBe('capacity.full');
    await two.signaling.stateWhere(({ peers }) => peers.some(({ sources }) => sources[0]?.producerId === null));
    server.fullWorkers.clear();
    await one.rebuild();
  });

  it('[MED6] a worker that dies takes only its own peers’ media with it', async () => {
    const consultId = await hall.createConsult();
    const one = await hall.enter('requester', consultId);
    const [full] = carrying();
    if (full === undefined) throw new Error('no worker carries the peer');
    server.fullWorkers.add(full);
    const two = await hall.enter('expert', consultId);
    const [mine, theirs] = [await one.publish('mic'), await two.publish('mic')];
    const state = (await two.signaling.request('room.sync', {})).state;
    await Promise.all([one.consumeAll(state), two.consumeAll(state)]);
    process.kill(server.pool.workers.find(({ index }) => index === full)?.worker.pid ?? 0, 'SIGKILL');
    const now = await two.signaling.stateWhere(({ peers }) => peers.some(({ sources }) => sources[0]?.producerId === null));
    expect(now.mediaEpoch).toBe(two.offer.epoch);
    expect(now.peers.flatMap(({ sources }) => sources.map(({ sourceId, producerId }) => [sourceId, producerId !== null])).sort()).toEqual([[mine.sourceId, false], [theirs.sourceId, true]].sort());
    // The consumer of the piped source is closed by its own worker, which is told of it.
    await expect.poll(() => server.server.counts(), { interval: 5 }).toMatchObject({ transports: 2, producers: 1, consumers: 0 });
    server.fullWorkers.clear();
    await one.rebuild();
    const { consumers } = await one.consumeAll((await one.signaling.request('room.sync', {})).state);
    expect(consumers.map(({ producerId }) => producerId)).toEqual([theirs.producerId]);
    await expect.poll(() => server.pool.workers.length, { interval: 5, timeout: 5000 }).toBe(2);
  });
});

describe('a worker’s measure', () => {
  /** After the last of the measurements, each [share of a core, ms to answer]. Neither the process nor its port is touched. */
  const isFullAfter = (measured: readonly (readonly [number, number])[]) => {
    const media = new MediaWorker(0, {} as Worker, {} as WebRtcServer);
    for (const [cpuShare, answerMs] of measured) media.handleMeasured(cpuShare, answerMs);
    return media.isFull;
  };
  const often = (times: number, cpuShare: number, answerMs: number) => Array.from({ length: times }, () => [cpuShare, answerMs] as const);

  it.each([
    [0, 0, false], [0.79, 149, false], [0.8, 0, true], [1, 0, true], [0, 170, true], [0, 400, true],
  ])('[MED7] that stays at %d of a core and %d ms to answer: full %s', (cpuShare, answerMs, isFull) => {
    expect(isFullAfter(often(12, cpuShare, answerMs))).toBe(isFull);
  });

  it('[MED7] a peak of two measurements refuses nobody, one of three does, until it is over', () => {
    expect(isFullAfter(often(2, 1, 0))).toBe(false);
    expect(isFullAfter(often(3, 1, 0))).toBe(true);
    expect(isFullAfter([...often(3, 1, 0), [0.5, 0]])).toBe(false);
    expect(isFullAfter([...often(2, 1, 0), [0.5, 0], ...often(2, 1, 0)])).toBe(false);
  });

  it('[MED7] one answer that took a second and more is not a worker that is slow', () => {
    for (const quick of [0, 1, 2, 3, 4]) expect(isFullAfter([[0, 3000], ...often(quick, 0, 10)])).toBe(false);
  });
});
