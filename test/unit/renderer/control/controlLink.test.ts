import { describe, expect, it } from 'vitest';
import { type PeerId, peerIdSchema } from '#shared/domain/ids';
import type { Role } from '#shared/domain/roles';
import { ManualClock } from '#shared/lib/clock';
import { AppError } from '#shared/protocol/errors';
import { type ArrivedFrame, ControlLink } from '../../../../renderer/services/control/controlLink.ts';
import { FakeData } from '../../../helpers/control/fakeLink.ts';
import { DEVICE, grantOf, heartbeatBytes, inBase64, motionBytes, stateBytes, statusOf, stopBytes } from '../../../helpers/control/words.ts';
import { FakeSignaling, settle } from '../../../helpers/fakeSignaling.ts';

const peer = (id: string): PeerId => peerIdSchema.parse(id);
const [CART, EXPERT, NURSE] = [peer('cart-1'), peer('expert-1'), peer('nurse-1')];

function setUp(self: PeerId, role: Role) {
  const signaling = new FakeSignaling();
  signaling.setStatus({ step: 'connected' });
  for (const name of ['control.offer', 'control.status', 'control.frame'] as const) signaling.answer(name, () => ({}));
  signaling.answer('control.look', () => ({ offer: null, status: null, channels: [] }));
  const data = new FakeData();
  const clock = new ManualClock();
  const link = new ControlLink({
    request: (name, params) => signaling.request(name, params), on: signaling.on, isReachable: () => signaling.status.step === 'connected', data, clock, role, selfPeerId: () => self,
  });
  const frames: ArrivedFrame[] = [];
  const errors: string[] = [];
  link.on('frame', (frame) => frames.push(frame));
  link.on('error', ({ code }) => errors.push(code));
  return { signaling, data, clock, link, frames, errors };
}

const OFFER = { offer: { peerId: CART, device: DEVICE } };
const CHANNELS = [
  { peerId: CART, kind: 'state' as const, dataProducerId: 'd1' }, { peerId: EXPERT, kind: 'motion' as const, dataProducerId: 'd2' }, { peerId: NURSE, kind: 'stop' as const, dataProducerId: 'd3' },
  { peerId: peer('nurse-2'), kind: 'state' as const, dataProducerId: 'd4' }, // of an offer that is over
];

describe('the link of a stay', () => {
  it.each([
    ['cart', CART, 'state', ['d2', 'd3']],
    ['expert', EXPERT, 'motion', ['d1']],
    ['bedside', NURSE, 'stop', ['d1']],
  ] as const)('[CTL51] %s has its own channel and takes what is for it, once a device is offered', (role, self, own, taken) => {
    const { signaling, data } = setUp(self, role);
    signaling.say('control.channels', { channels: CHANNELS });
    expect([data.own, data.taken]).toEqual([null, []]);
    signaling.say('control.offered', OFFER);
    expect([data.own, data.taken.map(({ dataProducerId }) => dataProducerId)]).toEqual([own, taken]);
    signaling.say('control.offered', { offer: null });
    expect(data.taken).toEqual([]);
  });

  it('[CTL52] asks what there is after each joining, and again when nobody answers', async () => {
    const { signaling, clock, link, errors } = setUp(EXPERT, 'expert');
    signaling.answer('control.look', () => {
      throw new AppError('server.timeout', 'no answer');
    });
    link.handleJoined();
    await settle();
    signaling.answer('control.look', () => ({ offer: OFFER.offer, status: statusOf(), channels: [] }));
    clock.advance(1000);
    await settle();
    expect([link.view.offer?.peerId, link.view.status?.device.id, errors]).toEqual([CART, DEVICE.id, []]);
    link.close();
    clock.advance(60_000);
    expect(signaling.listenerCount).toBe(0);
  });

  it('[CTL52] offers its device again after each joining, with what the host said last', async () => {
    const { signaling, link } = setUp(CART, 'cart');
    await link.offer(DEVICE);
    link.sendStatus(statusOf({ isStopLatched: true }));
    link.handleJoined();
    await settle();
    expect(signaling.asked.map(({ name }) => name)).toEqual(['control.offer', 'control.status', 'control.offer', 'control.status', 'control.look']);
    expect(signaling.paramsOf('control.status').at(-1)?.status.isStopLatched).toBe(true);
    await link.offer(null);
    link.handleJoined();
    await settle();
    expect(signaling.paramsOf('control.offer').map(({ device }) => device?.id ?? null)).toEqual([DEVICE.id, DEVICE.id, null]);
  });

  it('[CTL98] a device that another has taken the place of is offered when the place is free, and after each joining', async () => {
    const { signaling, link } = setUp(CART, 'cart');
    signaling.answer('control.offer', () => {
      throw new AppError('control.taken', 'another');
    });
    signaling.answer('control.look', () => ({ offer: { peerId: EXPERT, device: DEVICE }, status: null, channels: [] }));
    const errors: string[] = [];
    link.on('error', ({ code }) => errors.push(code));
    const offers = () => signaling.paramsOf('control.offer').length;
    await expect(link.offer(DEVICE)).rejects.toMatchObject({ code: 'control.taken' });
    link.handleJoined();
    await settle();
    expect([offers(), errors]).toEqual([2, []]);
    signaling.answer('control.offer', () => ({}));
    signaling.answer('control.look', () => ({ offer: { peerId: CART, device: DEVICE }, status: null, channels: [] }));
    signaling.say('control.offered', { offer: null });
    await settle();
    expect([offers(), link.view.isOffering]).toEqual([3, true]);
    signaling.say('control.offered', { offer: null });
    await settle();
    expect(offers()).toBe(3); // taken back by the room: not for this page to offer again
  });

  it('[CTL54] stops and heartbeats go by both paths, motion by the channel alone; a heartbeat does not wait for the socket, a stop does', async () => {
    const { signaling, data, link } = setUp(EXPERT, 'expert');
    link.sendMotion(motionBytes(1, 1));
    link.sendBoth(heartbeatBytes(1, 1));
    link.sendBoth(stopBytes(9));
    expect([data.sent.length, signaling.paramsOf('control.frame').map(({ frame }) => frame)]).toEqual([3, [inBase64(heartbeatBytes(1, 1)), inBase64(stopBytes(9))]]);
    signaling.setStatus({ step: 'connecting', attempt: 0, sinceMs: 0 });
    link.sendBoth(heartbeatBytes(1, 2));
    link.sendBoth(stopBytes(9));
    expect(signaling.paramsOf('control.frame').map(({ frame }) => frame).slice(2)).toEqual([inBase64(stopBytes(9))]);
    data.isOpen = false;
    expect(link.sendMotion(motionBytes(1, 2))).toBe(false);
    await settle();
  });

  it('[CTL54] passes on frames of both paths with who sent them and which way they came, and nothing that is none', () => {
    const { signaling, data, link, frames } = setUp(CART, 'cart');
    data.arrive(motionBytes(1, 1), EXPERT, 'motion');
    signaling.say('control.frame', { peerId: NURSE, name: '护士', frame: inBase64(stopBytes(4)) });
    data.arrive(new Uint8Array(40), EXPERT, 'motion');
    data.arrive(new Uint8Array([...motionBytes(1, 2), ...new Uint8Array(200)]), EXPERT, 'motion');
    expect(frames.map(({ from, path, bytes }) => [from, path, bytes.byteLength])).toEqual([[EXPERT, 'channel', 92], [NURSE, 'socket', 16]]);
    link.close();
    data.arrive(motionBytes(1, 3), EXPERT, 'motion');
    expect(frames.length).toBe(2);
  });

  it('[CTL58] one who floods is not passed on, but their stops are, and the others', () => {
    const { data, clock, frames } = setUp(CART, 'cart');
    for (let sequence = 0; sequence < 2000; sequence += 1) data.arrive(motionBytes(1, sequence), EXPERT, 'motion');
    const passed = frames.length;
    expect(passed).toBeLessThan(500);
    data.arrive(stopBytes(1), EXPERT, 'motion');
    data.arrive(motionBytes(1, 1), NURSE, 'motion');
    expect(frames.length).toBe(passed + 2);
    clock.advance(1000);
    data.arrive(motionBytes(1, 3000), EXPERT, 'motion');
    expect(frames.length).toBe(passed + 3);
  });

  it('[CTL53] hears a grant from who offers the device only', () => {
    const { signaling, link } = setUp(EXPERT, 'expert');
    const granted: number[] = [];
    link.on('granted', ({ epoch }) => granted.push(epoch));
    signaling.say('control.granted', grantOf(CART, 1));
    signaling.say('control.offered', OFFER);
    signaling.say('control.granted', grantOf(NURSE, 2));
    signaling.say('control.granted', grantOf(CART, 3));
    expect(granted).toEqual([3]);
  });

  it('forgets the status with the device that it was of', () => {
    const { signaling, data, link } = setUp(EXPERT, 'expert');
    signaling.say('control.offered', OFFER);
    signaling.say('control.status', { status: statusOf() });
    signaling.say('control.offered', { offer: { peerId: CART, device: { ...DEVICE, id: 'another' } } });
    expect(link.view.status).toBeNull();
    data.arrive(stateBytes({}), CART);
  });
});
