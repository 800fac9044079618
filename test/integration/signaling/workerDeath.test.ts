import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ConsultHall } from '../../helpers/consultHall.ts';
import type { FakeRtpPeer } from '../../helpers/fakeRtpPeer.ts';
import { peerIn } from '../../helpers/signalingPeer.ts';
import { TestServer } from '../../helpers/testServer.ts';
import type { SourceId } from '#shared/domain/ids';
import { toAppError } from '#shared/protocol/errors';
import type { RoomState } from '#shared/protocol/room';

describe.each([1, 2] as const)('a media worker killed, of %i', (workers) => {
  let server: TestServer;
  let hall: ConsultHall;

  beforeAll(async () => {
    server = await TestServer.start({ workers });
    hall = new ConsultHall(server);
  });
  afterEach(async () => {
    await hall.close();
    server.clock.skip(15_000);
    await wholePool();
    expect(server.server.counts()).toMatchObject({ rooms: 0, peers: 0, transports: 0, producers: 0, consumers: 0 });
  });
  afterAll(() => server.stop());

  const wholePool = () => expect.poll(() => server.pool.workers.length, { interval: 5, timeout: 10_000 }).toBe(workers);
  /** The process that carries the room's peers. */
  const pidOfRoom = () => {
    const [media] = server.pool.workers.filter(({ peerCount }) => peerCount > 0);
    if (!media) throw new Error('no worker carries a peer');
    return media.worker.pid;
  };
  const sourceOf = (state: RoomState, peer: FakeRtpPeer, sourceId: SourceId) => peerIn(state, peer.signaling.peerId)?.sources.find((source) => source.sourceId === sourceId);

  it('[MED4] gives its peers another epoch and transports elsewhere; their sources stay announced and return', async () => {
    const consultId = await hall.createConsult();
    const [one, two] = [await hall.enter('requester', consultId), await hall.enter('expert', consultId)];
    const { sourceId } = await one.publish('mic', 'the-microphone');
    await two.consumeAll(await two.signaling.stateWhere((state) => typeof sourceOf(state, one, sourceId)?.producerId === 'string'));
    const killed = pidOfRoom();
    const deaths = server.pool.deathCount;
    process.kill(killed, 'SIGKILL');
    const lost = await two.signaling.stateWhere((state) => state.mediaEpoch > two.offer.epoch && sourceOf(state, one, sourceId)?.producerId === null);
    expect(lost.peers.map(({ isConnected }) => isConnected)).toEqual([true, true]);
    expect(server.server.counts()).toMatchObject({ peers: 2, transports: 0, producers: 0, consumers: 0 });
    expect(await one.signaling.codeOf('media.produce', one.produceParams('face'))).toBe('media.rebuilding');

    const offers = await Promise.all([one.rebuild(), two.rebuild()]);
    for (const offer of offers) expect(offer.epoch).toBeGreaterThan(1);
    expect(pidOfRoom()).not.toBe(killed);
    await one.publish('mic', sourceId);
    const { consumers, refused } = await two.consumeAll(await two.signaling.stateWhere((state) => typeof sourceOf(state, one, sourceId)?.producerId === 'string'));
    expect([consumers.length, refused]).toEqual([1, []]);
    await wholePool();
    expect(server.pool.deathCount).toBe(deaths + 1);
    expect(server.server.workerPids()).not.toContain(killed);
    expect((await fetch(`${server.url}/readyz`)).ok).toBe(true);
  });

  it('[MED4] a source that does not come back goes after its time', async () => {
    const consultId = await hall.createConsult();
    const [one, two] = [await hall.enter('requester', consultId), await hall.enter('expert', consultId)];
    const { sourceId } = await one.publish('mic');
    await two.signaling.stateWhere((state) => sourceOf(state, one, sourceId) !== undefined);
    process.kill(pidOfRoom(), 'SIGKILL');
    await two.signaling.stateWhere((state) => sourceOf(state, one, sourceId)?.producerId === null);
    server.clock.skip(15_000);
    await two.signaling.stateWhere((state) => sourceOf(state, one, sourceId) === undefined);
  });

  it('[MED4] whoever joins while the worker is away is let in as soon as there is one', async () => {
    const consultId = await hall.createConsult();
    await hall.enter('requester', consultId);
    const late = await hall.connect('expert');
    process.kill(pidOfRoom(), 'SIGKILL');
    await expect.poll(() => server.pool.workers.length, { interval: 1, timeout: 5000 }).toBe(workers - 1);
    expect(await late.enter(consultId)).toMatchObject({ status: 'admitted', isResumed: false });
  });

  it('[MED5] names what it cut short as a rebuild, not as the client’s fault or a bug', async () => {
    const consultId = await hall.createConsult();
    const [one, two] = [await hall.enter('requester', consultId), await hall.enter('expert', consultId)];
    const { sourceId } = await one.publish('face');
    const state = await two.signaling.stateWhere((now) => typeof sourceOf(now, one, sourceId)?.producerId === 'string');
    const { consumers } = await two.consumeAll(state);
    const [consumer] = consumers;
    if (!consumer) throw new Error('no consumer');
    const pid = pidOfRoom();
    const { peer: third, joining } = { peer: await hall.connect('nurse'), joining: (connection: Awaited<ReturnType<typeof hall.connect>>) => connection.enter(consultId).then(() => 'done', (error: unknown) => toAppError(error).code) };
    process.kill(pid, 'SIGSTOP'); // it takes requests and answers none
    const underWay = {
      produce: one.signaling.codeOf('media.produce', one.produceParams('mic')),
      setMuted: one.signaling.codeOf('media.setMuted', { sourceId, isMuted: true }),
      restartIce: one.signaling.codeOf('media.restartIce', { transportId: one.offer.send.id }),
      connect: one.signaling.codeOf('media.connectTransport', { transportId: one.offer.send.id, dtlsParameters: { fingerprints: [{ algorithm: 'sha-256', value: Array.from({ length: 32 }, () => 'AB').join(':') }] } }),
      keyFrame: two.signaling.codeOf('media.requestKeyFrame', { consumerId: consumer.consumerId }),
      setConsumers: two.signaling.codeOf('media.setConsumers', { changes: [{ consumerId: consumer.consumerId, isPaused: true }] }),
      consume: two.signaling.request('media.consume', two.consumeParams(state)).then(({ refused }) => refused[0]?.error.code),
      join: joining(third),
    };
    // Answered after all of the above were taken in: one connection's requests are begun in the order of their coming.
    await Promise.all([one, two].map((peer) => peer.signaling.request('network.ping', {})));
    await third.request('network.ping', {});
    process.kill(pid, 'SIGKILL');
    const codes = Object.fromEntries(await Promise.all(Object.entries(underWay).map(async ([name, work]) => [name, await work] as const)));
    expect(codes).toEqual({
      produce: 'media.rebuilding', setMuted: 'media.rebuilding', restartIce: 'media.rebuilding', connect: 'media.rebuilding', keyFrame: 'media.rebuilding',
      setConsumers: 'done', consume: 'media.rebuilding', join: expect.stringMatching(/^(media\.rebuilding|done)$/),
    });
  });
});
