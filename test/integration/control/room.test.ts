import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ConsultId } from '#shared/domain/ids';
import { ConsultHall } from '../../helpers/consultHall.ts';
import { ASK, DEVICE, grantOf, heartbeatBytes, inBase64, leaseOf, LIMITS, motionBytes, PUBLIC_KEY, settingsBytes, stateBytes, statusOf, stopBytes } from '../../helpers/control/words.ts';
import type { SignalingPeer } from '../../helpers/signalingPeer.ts';
import { TestServer } from '../../helpers/testServer.ts';

describe('remote control in a real room', () => {
  let server: TestServer;
  let hall: ConsultHall;
  let consultId: ConsultId;

  beforeAll(async () => {
    server = await TestServer.start();
    hall = new ConsultHall(server);
  });
  beforeEach(async () => {
    consultId = await hall.createConsult('requester');
  });
  afterEach(async () => {
    await hall.close();
    server.clock.skip(15_000);
  });
  afterAll(() => server.stop());

  const seat = async (name: string): Promise<SignalingPeer> => (await hall.enter(name, consultId)).signaling;
  const seats = async (...names: string[]): Promise<SignalingPeer[]> => {
    const taken: SignalingPeer[] = [];
    for (const name of names) taken.push(await seat(name));
    return taken;
  };
  const offer = (peer: SignalingPeer) => peer.request('control.offer', { device: DEVICE });
  const send = (peer: SignalingPeer, bytes: Uint8Array) => peer.request('control.frame', { frame: inBase64(bytes) });
  const heardBy = (peer: SignalingPeer, name: string) => peer.heard.filter((event) => event.name === name);
  /** What the audit log holds of this consult, oldest first. */
  const audited = async (): Promise<string[]> => {
    const auditor = await hall.connect('auditor');
    const { entries } = await auditor.request('admin.audit', { beforeSequence: null, limit: 60, outcome: null });
    await auditor.close();
    return entries.filter(({ action, subject }) => action.startsWith('control.') && subject?.startsWith(consultId)).map(({ action, subject }) => `${action} ${subject?.slice(consultId.length + 1)}`).reverse();
  };

  it('[CTL50] one device a room: everybody hears of it, also who comes late; another is refused; it goes with who offered it', async () => {
    const [cart, nurse, expert] = await seats('cart', 'nurse', 'expert') as [SignalingPeer, SignalingPeer, SignalingPeer];
    expect(await expert.codeOf('control.ask', ASK)).toBe('control.notOffered');
    await offer(cart);
    expect((await expert.next('control.offered', ({ offer: offered }) => offered !== null)).offer).toEqual({ peerId: cart.peerId, device: DEVICE });
    expect(await nurse.codeOf('control.offer', { device: { ...DEVICE, id: 'another' } })).toBe('control.taken');
    expect(await nurse.codeOf('control.status', { status: statusOf() })).toBe('control.notOffered');
    await cart.request('control.status', { status: statusOf() });
    const observer = await seat('observer');
    expect(await observer.request('control.look', {})).toEqual({ offer: { peerId: cart.peerId, device: DEVICE }, status: statusOf(), channels: [] });
    await cart.request('room.leave', {});
    await expert.next('control.offered', ({ offer: offered }) => offered === null);
    expect(await observer.request('control.look', {})).toEqual({ offer: null, status: null, channels: [] });
    await expect.poll(audited).toEqual([`control.offer ${DEVICE.id}`, `control.withdraw ${DEVICE.id}`]);
  });

  it('[CTL50] offered again by the same page it is the same; by the same cart with a new page it is taken over', async () => {
    const [cart, expert] = await seats('cart', 'expert') as [SignalingPeer, SignalingPeer];
    await offer(cart);
    await expert.request('control.ask', ASK);
    await offer(cart);
    await cart.request('control.decline', { peerId: expert.peerId }); // still known to ask
    const reloaded = await seat('cart');
    expect(await reloaded.codeOf('control.offer', { device: DEVICE })).toBe('control.taken');
    await cart.close();
    await expert.stateWhere(({ peers }) => peers.some(({ peerId, isConnected }) => peerId === cart.peerId && !isConnected));
    await offer(reloaded);
    await expert.next('control.offered', ({ offer: offered }) => offered?.peerId === reloaded.peerId);
  });

  it('[CTL53] asking, declining, granting, releasing: each goes to whom it is for, and is audited', async () => {
    const [cart, expert, second] = await seats('cart', 'expert', 'expert2') as [SignalingPeer, SignalingPeer, SignalingPeer];
    await offer(cart);
    expect(await cart.codeOf('control.grant', grantOf(expert.peerId, 1))).toBe('control.notAsked');
    await expert.request('control.ask', { ...ASK, wanted: LIMITS });
    expect(await cart.next('control.asked', ({ peerId }) => peerId === expert.peerId)).toMatchObject({ mode: 'full', commitment: ASK.commitment, wanted: LIMITS });
    await second.request('control.ask', ASK);
    await cart.request('control.decline', { peerId: second.peerId });
    await second.next('control.declined', ({ peerId }) => peerId === cart.peerId);
    expect(await cart.codeOf('control.grant', { ...grantOf(expert.peerId, 8), deviceId: 'another' })).toBe('input.notAcceptable');
    await cart.request('control.grant', grantOf(expert.peerId, 8));
    expect(await expert.next('control.granted', ({ epoch }) => epoch === 8)).toEqual({ ...grantOf(cart.peerId, 8) });
    expect(await cart.codeOf('control.grant', grantOf(expert.peerId, 9))).toBe('control.notAsked');
    await expert.request('control.reveal', { epoch: 8, publicKey: PUBLIC_KEY });
    expect(await cart.next('control.revealed', ({ epoch }) => epoch === 8)).toEqual({ peerId: expert.peerId, epoch: 8, publicKey: PUBLIC_KEY });
    await cart.request('control.status', { status: statusOf({ lease: leaseOf(expert.peerId, 8) }) });
    await second.next('control.status', ({ status }) => status.lease?.holder === expert.peerId);
    await expert.request('control.release', { epoch: 8 });
    await cart.next('control.released', ({ peerId, epoch }) => peerId === expert.peerId && epoch === 8);
    await cart.request('control.status', { status: statusOf() });
    expect([heardBy(second, 'control.granted'), heardBy(second, 'control.revealed'), heardBy(expert, 'control.declined'), heardBy(second, 'control.asked')]).toEqual([[], [], [], []]);
    const expertId = (await expert.self()).id;
    await expect.poll(audited).toEqual([
      `control.offer ${DEVICE.id}`, `control.ask ${DEVICE.id} full`, `control.ask ${DEVICE.id} full`, `control.decline ${DEVICE.id} ${(await second.self()).id}`,
      `control.grant ${DEVICE.id} 8 full ${expertId}`, `control.release ${DEVICE.id} 8`,
    ]);
  });

  it('[CTL53] a lease that ends otherwise is audited as ended', async () => {
    const [cart, expert] = await seats('cart', 'expert') as [SignalingPeer, SignalingPeer];
    await offer(cart);
    await cart.request('control.status', { status: statusOf({ lease: leaseOf(expert.peerId, 8) }) });
    await cart.request('control.status', { status: statusOf() });
    await expect.poll(audited).toEqual([`control.offer ${DEVICE.id}`, `control.leaseEnded ${DEVICE.id} 8`]);
  });

  it('[CTL54] a stop is anybody’s and its copies are one in the log; heartbeats and settings are the expert’s; nothing else goes this way', async () => {
    const [cart, expert, observer] = await seats('cart', 'expert', 'observer') as [SignalingPeer, SignalingPeer, SignalingPeer];
    expect(await observer.codeOf('control.frame', { frame: inBase64(stopBytes(5)) })).toBe('control.notOffered');
    await offer(cart);
    for (let copy = 0; copy < 3; copy += 1) await send(observer, stopBytes(5));
    await send(observer, stopBytes(6));
    await send(expert, heartbeatBytes(3, 0));
    await send(expert, settingsBytes(3, 1));
    await send(expert, settingsBytes(3, 2));
    await cart.next('control.frame', ({ frame }) => frame === inBase64(settingsBytes(3, 2)));
    expect(heardBy(cart, 'control.frame').length).toBe(7);
    for (const bytes of [heartbeatBytes(3, 1), settingsBytes(3, 3)]) expect(await observer.codeOf('control.frame', { frame: inBase64(bytes) })).toBe('auth.forbidden');
    for (const bytes of [motionBytes(3, 1), stateBytes({}), new Uint8Array(40), stopBytes(7).with(9, 1)]) expect(await expert.codeOf('control.frame', { frame: inBase64(bytes) })).toBe('input.notAcceptable');
    expect(heardBy(expert, 'control.frame')).toEqual([]);
    server.clock.skip(1000);
    const told = [`control.offer ${DEVICE.id}`, `control.stop ${DEVICE.id} 5`, `control.stop ${DEVICE.id} 6`, `control.settings ${DEVICE.id}`];
    await expect.poll(audited).toEqual(told);
    await send(expert, settingsBytes(3, 4));
    await cart.request('control.offer', { device: null });
    await expect.poll(audited).toEqual([...told, `control.settings ${DEVICE.id}`, `control.withdraw ${DEVICE.id}`]);
  });

  it('[CTL52] with somebody who leaves go what they asked and what they held', async () => {
    const [cart, expert, second] = await seats('cart', 'expert', 'expert2') as [SignalingPeer, SignalingPeer, SignalingPeer];
    await offer(cart);
    await expert.request('control.ask', ASK);
    await second.request('control.ask', ASK);
    await cart.request('control.grant', grantOf(expert.peerId, 4));
    await cart.request('control.status', { status: statusOf({ lease: leaseOf(expert.peerId, 4) }) });
    await Promise.all([expert.request('room.leave', {}), second.request('room.leave', {})]);
    await cart.next('control.released', ({ peerId, epoch }) => peerId === expert.peerId && epoch === 4);
    await cart.next('control.unasked', ({ peerId }) => peerId === second.peerId);
  });
});

describe.each([1, 2] as const)('data channels over %i media workers', (workers) => {
  let server: TestServer;
  let hall: ConsultHall;
  let consultId: ConsultId;
  const STREAM = { streamId: 1, ordered: false, maxRetransmits: 0 } as const;

  beforeAll(async () => {
    server = await TestServer.start({ workers });
    hall = new ConsultHall(server);
  });
  beforeEach(async () => {
    consultId = await hall.createConsult('requester');
  });
  afterEach(async () => {
    await hall.close();
    server.clock.skip(15_000);
    await expect.poll(() => server.pool.workers.length, { interval: 5, timeout: 10_000 }).toBe(workers);
  });
  afterAll(() => server.stop());

  it('[CTL51] each kind is for whom it is for, taken by whom it is for, and neither ordered nor repeated', async () => {
    const [cart, expert, observer] = [await hall.enter('cart', consultId), await hall.enter('expert', consultId), await hall.enter('observer', consultId)];
    await cart.signaling.request('control.offer', { device: DEVICE });
    const open = (peer: typeof cart, kind: 'motion' | 'state' | 'stop') => peer.signaling.request('media.produceData', { epoch: peer.offer.epoch, kind, sctpStreamParameters: STREAM });
    await expect(open(observer, 'motion')).rejects.toMatchObject({ code: 'auth.forbidden' });
    await expect(open(expert, 'state')).rejects.toMatchObject({ code: 'auth.forbidden' });
    const [state, motion, stop] = [await open(cart, 'state'), await open(expert, 'motion'), await open(observer, 'stop')];
    const { channels } = await cart.signaling.next('control.channels', ({ channels: open }) => open.length === 3);
    expect(channels.map(({ peerId, kind, dataProducerId }) => [peerId, kind, dataProducerId]).sort()).toEqual([
      [cart.signaling.peerId, 'state', state.dataProducerId], [expert.signaling.peerId, 'motion', motion.dataProducerId], [observer.signaling.peerId, 'stop', stop.dataProducerId],
    ].sort());
    const take = (peer: typeof cart, from: typeof cart, kind: 'motion' | 'state' | 'stop') => peer.signaling.request('media.consumeData', { epoch: peer.offer.epoch, peerId: from.signaling.peerId, kind });
    for (const [peer, from, kind] of [[cart, expert, 'motion'], [cart, observer, 'stop'], [expert, cart, 'state'], [observer, cart, 'state']] as const) {
      expect((await take(peer, from, kind)).sctpStreamParameters).toMatchObject({ ordered: false, maxRetransmits: 0 });
    }
    await expect(take(observer, expert, 'motion')).rejects.toMatchObject({ code: 'auth.forbidden' });
    await expect(take(expert, observer, 'stop')).rejects.toMatchObject({ code: 'auth.forbidden' });
    await expect(take(cart, expert, 'stop')).rejects.toMatchObject({ code: 'media.sourceNotFound' });
    await expect(take(cart, cart, 'state')).rejects.toMatchObject({ code: 'media.sourceNotFound' });
    await expert.signaling.request('room.leave', {});
    await observer.signaling.next('control.channels', ({ channels: left }) => left.length === 2);
  });

  it('[CTL51] a media worker killed: the channels are gone for all, and are opened anew in the next epoch', async () => {
    const [cart, expert] = [await hall.enter('cart', consultId), await hall.enter('expert', consultId)];
    await cart.signaling.request('control.offer', { device: DEVICE });
    const open = () => expert.signaling.request('media.produceData', { epoch: expert.offer.epoch, kind: 'motion', sctpStreamParameters: STREAM });
    await open();
    await cart.signaling.next('control.channels', ({ channels }) => channels.length === 1);
    for (const { worker, peerCount } of server.pool.workers) if (peerCount > 0) process.kill(worker.pid, 'SIGKILL');
    await cart.signaling.next('control.channels', ({ channels }) => channels.length === 0);
    await expect(open()).rejects.toMatchObject({ code: 'media.rebuilding' });
    await Promise.all([cart.rebuild(), expert.rebuild()]);
    const { dataProducerId } = await open();
    expect((await cart.signaling.request('media.consumeData', { epoch: cart.offer.epoch, peerId: expert.signaling.peerId, kind: 'motion' })).dataProducerId).toBe(dataProducerId);
  });
});
