import { describe, expect, it, vi } from 'vitest';
import type { ControlStatus } from '#shared/control/status';
import { peerIdSchema } from '#shared/domain/ids';
import { ManualClock } from '#shared/lib/clock';
import { AppError } from '#shared/protocol/errors';
import type { ControlHost } from '../../../../renderer/services/control/bedsideControl.ts';
import { ControlLink } from '../../../../renderer/services/control/controlLink.ts';
import { createControlDesk } from '../../../../renderer/state/control/controlDesk.ts';
import { FakeData } from '../../../helpers/control/fakeLink.ts';
import { leaseOf, statusOf, stopBytes } from '../../../helpers/control/words.ts';
import { FakeSignaling, settle } from '../../../helpers/fakeSignaling.ts';

const CART = peerIdSchema.parse('cart-1');
const DEVICE = { id: 'arm-1', model: 'Arm', kind: 'serial' } as const;
function listenIn<L>(all: L[], listener: L): () => void {
  all.push(listener);
  return () => undefined;
}
const unexpected = () => {
  throw new Error('not beside the patient');
};

/** The page beside the patient, with a host that a test may take away. */
async function openBeside({ offeredBy = CART, isOfferLost = false, problem = null }: { offeredBy?: typeof CART; isOfferLost?: boolean; problem?: string | null } = {}) {
  const signaling = new FakeSignaling();
  signaling.setStatus({ step: 'connected' });
  for (const name of ['control.offer', 'control.status', 'control.frame'] as const) signaling.answer(name, () => ({}));
  if (isOfferLost) signaling.answer('control.offer', () => Promise.reject(new AppError('network.closed', 'gone')));
  const clock = new ManualClock();
  const link = new ControlLink({ request: (name, params) => signaling.request(name, params), on: signaling.on, isReachable: () => true, data: new FakeData(), clock, role: 'cart', selfPeerId: () => CART });
  const asked: string[] = [];
  let [isHostThere, isHostStill] = [true, false];
  const frames: { readonly bytes: number[]; readonly from: string }[] = [];
  const params: unknown[] = [];
  const request = async (name: string, with_: unknown) => {
    asked.push(name);
    if (name === 'control.stop') params.push(with_);
    if (isHostStill) return new Promise(() => undefined);
    if (!isHostThere) throw new AppError('host.unavailable', 'gone');
    return name === 'control.describe' ? { status: problem === null ? statusOf({ device: DEVICE }) : null, problem } : {};
  };
  const errors: string[] = [];
  const listeners: ((status: ControlStatus) => void)[] = [];
  const desk = createControlDesk({
    clock, link: () => link, onStay: () => () => undefined, onAway: () => () => undefined, mayOffer: () => true, maySteer: () => false, selfPeerId: () => CART, nameOf: String, newStopId: () => 5, onError: ({ code }) => errors.push(code),
    host: { request: request as ControlHost['request'], on: (_name, listener) => listenIn(listeners, listener as never), frames: { send: (bytes, from) => void frames.push({ bytes: [...bytes], from }), onFrame: () => () => undefined } },
    alarms: () => ({ set: vi.fn(), acknowledge: vi.fn() }) as never, // what a screen sounds is not asked here
    createHand: unexpected, createOperator: unexpected, createPicture: unexpected, publishPicture: unexpected,
  });
  await settle();
  if (!isOfferLost) signaling.say('control.offered', { offer: { peerId: offeredBy, device: DEVICE } });
  const say = (status: ControlStatus) => {
    for (const listener of listeners) listener(status);
  };
  return { say, signaling, clock, link, desk, asked, errors, stops: () => signaling.paramsOf('control.frame').length, loseHost: () => (isHostThere = false), holdHost: () => (isHostStill = true), frames, params };
}

describe('a stop on whatever screen is before the person beside the patient', () => {
  it('[CTL31] goes to the host of this machine, and needs no server', async () => {
    const { desk, asked, stops } = await openBeside();
    desk.stop();
    expect(asked.at(-1)).toBe('control.stop');
    expect(stops()).toBe(0);
  });

  it('[CTL92] goes by the way of frames at once and every 100 ms, and as one request at a time, until the host says that it holds', async () => {
    const { desk, clock, frames, params, say, asked } = await openBeside();
    desk.stop();
    await settle();
    clock.advance(100);
    await settle();
    clock.advance(100);
    await settle();
    expect(frames).toEqual(Array.from({ length: 3 }, () => ({ bytes: [...stopBytes(5)], from: 'bedside' })));
    expect(params).toEqual([{ stopId: 5 }, { stopId: 5 }, { stopId: 5 }]);
    expect(desk.store.getState().stopStanding).toBe('sending');
    say(statusOf({ device: DEVICE, isStopLatched: true, stoppedBy: 'bedside' }));
    expect(desk.store.getState().stopStanding).toBe('none');
    clock.advance(1000);
    expect([frames.length, asked.filter((name) => name === 'control.stop').length]).toEqual([3, 3]);
  });

  it('[CTL92] [CTL93] a host that stands still is asked on and on by frames, and the screen says that nobody may count on it', async () => {
    const { desk, clock, frames, params, holdHost, say, stops } = await openBeside();
    holdHost();
    desk.stop();
    clock.advance(500);
    expect([desk.store.getState().stopStanding, stops()]).toEqual(['sending', 0]);
    clock.advance(100);
    expect([desk.store.getState().stopStanding, stops()]).toEqual(['unconfirmed', 1]); // by way of the room as well
    clock.advance(10_000);
    expect([frames.length, params.length]).toEqual([107, 1]);
    say(statusOf({ device: DEVICE }));
    expect(desk.store.getState().stopStanding).toBe('unconfirmed');
    say(statusOf({ device: DEVICE, isStopLatched: true }));
    expect([desk.store.getState().stopStanding, clock.pendingTimers]).toEqual(['none', expect.any(Number)]);
    const sent = [frames.length, stops()];
    clock.advance(1000);
    expect([frames.length, stops()]).toEqual(sent);
  });

  it('[CTL94] is taken back by who pressed it, on every way', async () => {
    const { desk, clock, frames, stops, loseHost } = await openBeside();
    loseHost();
    desk.stop();
    clock.advance(700);
    await settle();
    desk.takeBackStop();
    const sent = [frames.length, stops()];
    clock.advance(2000);
    expect([desk.store.getState().stopStanding, frames.length, stops()]).toEqual(['none', ...sent]);
  });

  it('[CTL91] is looked for where it can be seen: a screen that goes leaves its place to the next', async () => {
    const { desk } = await openBeside();
    const place = () => desk.store.getState().stopPlace;
    expect(place()).toBeNull();
    const [banner, stage] = [desk.showsStop('banner'), desk.showsStop('stage')];
    expect(place()).toBe('stage');
    banner();
    expect(place()).toBe('stage');
    stage();
    expect(place()).toBeNull();
    desk.showsStop('banner');
    expect(place()).toBe('banner');
  });

  it('[CTL67] the key is a stop while somebody has a lease, beside the patient, and not otherwise', async () => {
    const { desk, say } = await openBeside();
    expect(desk.isKeyed()).toBe(false);
    say(statusOf({ device: DEVICE, lease: leaseOf('expert-1', 3) }));
    expect(desk.isKeyed()).toBe(true);
    say(statusOf({ device: DEVICE }));
    expect(desk.isKeyed()).toBe(false);
  });

  it('[CTL31] goes by way of the room too when the host is out of reach, or the device of the room is another', async () => {
    const { desk, clock, errors, stops, loseHost } = await openBeside();
    loseHost();
    desk.stop();
    await settle();
    clock.advance(600);
    await settle();
    expect([errors[0], new Set(errors).size, stops()]).toEqual(['host.unavailable', 1, 1]);
    const other = await openBeside({ offeredBy: peerIdSchema.parse('cart-2') });
    other.desk.stop();
    expect([other.asked.at(-1), other.stops()]).toEqual(['control.stop', 1]);
  });
});

describe('the page beside the patient', () => {
  it('[CTL48] says when the device of this machine cannot be used, and offers nothing', async () => {
    const { errors, signaling } = await openBeside({ problem: 'device.json: type' });
    expect(errors).toEqual(['control.deviceProblem']);
    expect(signaling.paramsOf('control.offer')).toEqual([]);
  });

  it('[CTL50] [CTL53] tells the status also when its device could be offered only after the next joining', async () => {
    const { signaling, link } = await openBeside({ isOfferLost: true });
    expect(signaling.paramsOf('control.status')).toEqual([]);
    signaling.answer('control.offer', () => ({}));
    signaling.answer('control.look', () => ({ offer: { peerId: CART, device: DEVICE }, status: null, channels: [] }));
    link.handleJoined();
    await settle();
    expect(signaling.paramsOf('control.status')).toHaveLength(1);
  });

  it('[CTL52] gives a lease back for its holder, and for nobody else', async () => {
    const { signaling, asked, say } = await openBeside();
    say(statusOf({ device: DEVICE, lease: leaseOf('expert-1', 3) }));
    signaling.say('control.released', { peerId: peerIdSchema.parse('expert-2'), epoch: 3 });
    expect(asked).not.toContain('control.release');
    signaling.say('control.released', { peerId: peerIdSchema.parse('expert-1'), epoch: 3 });
    expect(asked).toContain('control.release');
  });
});
