import { describe, expect, it } from 'vitest';
import { frameTypeOf } from '#shared/control/frames/frame';
import { createMotionCommand, MOTION_BYTES, readMotion } from '#shared/control/frames/motionFrame';
import { createSettingsCommand, readSettings, SETTINGS_BYTES } from '#shared/control/frames/settingsFrame';
import type { DeviceState } from '#shared/control/frames/stateFrame';
import { createPose } from '#shared/control/pose';
import { createSettings } from '#shared/control/settings';
import { type PeerId, peerIdSchema } from '#shared/domain/ids';
import { ManualClock } from '#shared/lib/clock';
import { AppError } from '#shared/protocol/errors';
import { ControlLink } from '../../../../renderer/services/control/controlLink.ts';
import { EmergencyStop } from '../../../../renderer/services/control/emergencyStop.ts';
import { OperatorControl } from '../../../../renderer/services/control/operatorControl.ts';
import { FakeData } from '../../../helpers/control/fakeLink.ts';
import { COMMITMENT, DEVICE, grantOf, leaseOf, LIMITS, PUBLIC_KEY, stateBytes, statusOf, stopBytes } from '../../../helpers/control/words.ts';
import { FakeSignaling, settle } from '../../../helpers/fakeSignaling.ts';

const CART: PeerId = peerIdSchema.parse('cart-1');
const EXPERT: PeerId = peerIdSchema.parse('expert-1');
const EPOCH = 12;
const OPEN_HAND = { pose: createPose(), forceN: 2, isDeadManHeld: false };
const HELD_HAND = { ...OPEN_HAND, isDeadManHeld: true };

/** The operator's page with a link whose network is the test, and a seal that adds a mark instead of a tag. */
function setUp() {
  const signaling = new FakeSignaling();
  signaling.setStatus({ step: 'connected' });
  for (const name of ['control.ask', 'control.reveal', 'control.unask', 'control.release', 'control.frame'] as const) signaling.answer(name, () => ({}));
  const data = new FakeData();
  const clock = new ManualClock();
  const link = new ControlLink({ request: (name, params) => signaling.request(name, params), on: signaling.on, isReachable: () => true, data, clock, role: 'expert', selfPeerId: () => EXPERT });
  const createKeyPair = async () => ({
    publicKey: PUBLIC_KEY, commitment: COMMITMENT,
    agree: async (_key: string, _device: string, epoch: number) => {
      if (epoch === EPOCH) await Promise.resolve().then(() => undefined); // the first that is asked for is not the first that is done
      return { checkCode: '0417', seal: async (frame: DataView) => new Uint8Array([...new Uint8Array(frame.buffer.slice(0)), 0xaa]) };
    },
  });
  const control = new OperatorControl({ link, clock, createKeyPair });
  const errors: string[] = [];
  control.on('error', ({ code }) => errors.push(code));
  signaling.say('control.offered', { offer: { peerId: CART, device: DEVICE } });
  let stampMs = 1000;
  const hear = (change: Partial<DeviceState> = {}) => {
    stampMs += 20;
    data.arrive(stateBytes({ stampMs, epoch: EPOCH, phase: 'waiting', ...change }), CART);
  };
  /** Time passes, with a state each 20 ms. */
  const pass = async (ms: number, change: Partial<DeviceState> | null = {}) => {
    for (let passed = 0; passed < ms; passed += 20) {
      clock.advance(20);
      if (change !== null) hear(change);
      await settle();
    }
  };
  const grant = async () => {
    await control.ask('full', LIMITS);
    signaling.say('control.granted', grantOf(CART, EPOCH));
    await settle();
    hear();
    await settle();
  };
  const motions = () => data.sent.filter((bytes) => frameTypeOf(new DataView(bytes.buffer as ArrayBuffer)) === 'motion').map((bytes) => {
    const command = createMotionCommand();
    expect(readMotion(new DataView(bytes.buffer as ArrayBuffer, 0, MOTION_BYTES), command)).toBeNull();
    return command;
  });
  const socketFrames = (type: string) => signaling.paramsOf('control.frame').map(({ frame }) => Buffer.from(frame, 'base64')).filter((bytes) => frameTypeOf(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)) === type);
  return { signaling, data, clock, link, control, errors, hear, pass, grant, motions, socketFrames };
}

describe('who steers, on their page', () => {
  it('[CTL57] asks, is granted, waits, moves, comes to rest', async () => {
    const { signaling, control, grant, hear } = setUp();
    const phases: string[] = [];
    control.on('changed', ({ phase }) => {
      if (phases.at(-1) !== phase) phases.push(phase);
    });
    await grant();
    expect(signaling.paramsOf('control.ask')).toEqual([{ mode: 'full', commitment: COMMITMENT, wanted: LIMITS }]);
    expect(control.view).toMatchObject({ mode: 'full', checkCode: '0417', ended: null });
    for (const phase of ['engaged', 'stopping', 'clutched', 'engaged', 'stopped', 'fault'] as const) hear({ phase });
    expect(phases).toEqual(['idle', 'asking', 'granted', 'waiting', 'engaged', 'stopping', 'waiting', 'engaged', 'stopped', 'fault']);
  });

  it('[CTL90] the key is shown to the first grant, after it came, and to no other', async () => {
    const { signaling, control, hear } = setUp();
    await control.ask('full', LIMITS);
    expect(signaling.paramsOf('control.reveal')).toEqual([]);
    for (const epoch of [EPOCH, EPOCH + 1]) signaling.say('control.granted', grantOf(CART, epoch));
    await settle();
    hear();
    signaling.say('control.granted', grantOf(CART, EPOCH + 2));
    await settle();
    expect(signaling.paramsOf('control.reveal')).toEqual([{ epoch: EPOCH, publicKey: PUBLIC_KEY }]);
    expect(control.view).toMatchObject({ phase: 'waiting', checkCode: '0417' });
  });

  it('[CTL90] a key that could not be shown ends the lease here at once', async () => {
    const { signaling, control, errors } = setUp();
    signaling.answer('control.reveal', () => Promise.reject(new AppError('control.notOffered', 'gone')));
    await control.ask('full', LIMITS);
    signaling.say('control.granted', grantOf(CART, EPOCH));
    await settle();
    expect([control.view.phase, control.view.ended, errors]).toEqual(['idle', 'ended', ['control.notOffered']]);
  });

  it('[CTL55] sends a sealed command every 10 ms by the channel, and a sealed heartbeat ten times a second by both', async () => {
    const { data, control, grant, pass, motions, socketFrames } = setUp();
    await grant();
    control.setHand(OPEN_HAND);
    const before = [motions().length, socketFrames('heartbeat').length];
    await pass(1000);
    expect([motions().length - (before[0] ?? 0), socketFrames('heartbeat').length - (before[1] ?? 0)]).toEqual([100, 10]);
    expect(data.sent.every((bytes) => bytes.at(-1) === 0xaa)).toBe(true);
    expect(motions().map(({ sequence }) => sequence)).toEqual(motions().map((_, index) => index));
    expect(socketFrames('motion')).toEqual([]);
  });

  it('[CTL57] a lease that was over before its grant arrived is not held here either', async () => {
    const { signaling, control, pass } = setUp();
    await control.ask('full', LIMITS);
    signaling.say('control.granted', grantOf(CART, EPOCH));
    signaling.say('control.status', { status: statusOf() });
    await pass(1900, { epoch: 0, phase: 'idle' });
    expect(control.view.phase).toBe('granted');
    await pass(200, { epoch: 0, phase: 'idle' });
    expect(control.view).toMatchObject({ phase: 'idle', ended: 'ended' });
  });

  it('[CTL55] a page that was held up sends what the hand does now, and not what it did', async () => {
    const { clock, control, grant, pass, motions } = setUp();
    await grant();
    control.setHand(OPEN_HAND);
    await pass(200);
    const before = motions().length;
    // The clock goes on while nothing runs: the next tick comes 400 ms late.
    const runLate = clock.monotonicMs.bind(clock);
    let lateMs = 0;
    clock.monotonicMs = () => runLate() + lateMs;
    lateMs = 400;
    clock.advance(20);
    await settle();
    expect(motions().length - before).toBeLessThanOrEqual(3);
  });

  it('[CTL57] a dead-man that was held as the lease came, or while the device was not heard, counts when it was let go', async () => {
    const { control, grant, pass, motions } = setUp();
    control.setHand(HELD_HAND);
    await grant();
    control.setHand(HELD_HAND);
    await pass(100);
    expect(motions().some(({ isDeadManHeld }) => isDeadManHeld)).toBe(false);
    control.setHand(OPEN_HAND);
    control.setHand(HELD_HAND);
    await pass(100);
    expect(motions().at(-1)?.isDeadManHeld).toBe(true);
    await pass(700, null);
    expect(control.view.phase).toBe('lost');
    await pass(100);
    expect([control.view.phase, motions().at(-1)?.isDeadManHeld]).toEqual(['waiting', false]);
  });

  it('[CTL57] deaf for two seconds the lease is over; a lease that the device says is another’s is over at once', async () => {
    const first = setUp();
    await first.grant();
    await first.pass(600, null);
    expect(first.control.view.phase).toBe('lost');
    await first.pass(2000, null);
    expect(first.control.view).toMatchObject({ phase: 'idle', ended: 'lost', checkCode: null });
    const sent = first.data.sent.length;
    await first.pass(500);
    expect(first.data.sent.length).toBe(sent);

    const second = setUp();
    await second.grant();
    second.hear({ epoch: EPOCH + 1 });
    expect(second.control.view).toMatchObject({ phase: 'idle', ended: 'ended' });
  });

  it('[CTL57] what the device said before the grant ends nothing, whichever path is late', async () => {
    const { signaling, control, hear } = setUp();
    await control.ask('full', null);
    signaling.say('control.granted', grantOf(CART, EPOCH));
    await settle();
    hear({ epoch: EPOCH - 1 });
    expect(control.view.phase).toBe('granted');
    hear();
    signaling.say('control.status', { status: statusOf() }); // of before
    expect(control.view.ended).toBeNull();
    signaling.say('control.status', { status: statusOf({ lease: leaseOf(EXPERT, EPOCH) }) });
    signaling.say('control.status', { status: statusOf() });
    expect(control.view.ended).toBe('ended');
  });

  it('[CTL57] declined, unanswered, withdrawn, not to be asked', async () => {
    const { signaling, clock, control } = setUp();
    await control.ask('full', null);
    signaling.say('control.declined', { peerId: CART });
    expect(control.view).toMatchObject({ phase: 'idle', ended: 'declined' });
    await control.ask('full', null);
    clock.advance(60_000);
    expect(control.view).toMatchObject({ phase: 'idle', ended: 'unanswered' });
    await control.ask('full', null);
    signaling.say('control.offered', { offer: null });
    expect(control.view).toMatchObject({ phase: 'idle', ended: 'withdrawn' });
    signaling.answer('control.ask', () => {
      throw new AppError('control.notOffered', 'no');
    });
    await expect(control.ask('full', null)).rejects.toMatchObject({ code: 'control.notOffered' });
    expect([control.view.phase, clock.pendingTimers]).toEqual(['idle', 0]);
  });

  it('[CTL57] a grant after the asking was taken back begins nothing', async () => {
    const { signaling, control, clock } = setUp();
    await control.ask('full', null);
    control.unask();
    signaling.say('control.granted', grantOf(CART, EPOCH));
    await settle();
    expect([control.view.phase, clock.pendingTimers]).toEqual(['idle', 0]);
    await control.ask('full', null);
    signaling.say('control.granted', grantOf(CART, EPOCH));
    control.unask(); // while the seal is being agreed on
    await settle();
    expect([control.view.phase, clock.pendingTimers]).toEqual(['idle', 0]);
  });

  it('[CTL57] giving back lets go first, and says so', async () => {
    const { signaling, clock, control, grant, pass, motions } = setUp();
    await grant();
    control.setHand(OPEN_HAND);
    control.setHand(HELD_HAND);
    await pass(100);
    expect(motions().at(-1)?.isDeadManHeld).toBe(true);
    control.release();
    await settle();
    expect([motions().at(-1)?.isDeadManHeld, signaling.paramsOf('control.release'), control.view.ended, clock.pendingTimers]).toEqual([false, [{ epoch: EPOCH }], 'released', 0]);
  });

  it('[CTL57] settings go one after another, ten a second at most, the newest of what waits; answered when the status says their number', async () => {
    const { signaling, clock, control, grant, socketFrames } = setUp();
    const waiting: (() => void)[] = []; // heartbeats are among them
    const release = () => {
      for (const answer of waiting.splice(0)) answer();
    };
    await grant();
    signaling.answer('control.frame', () => new Promise((ok) => {
      waiting.push(() => ok({}));
    }));
    for (const gainDb of [10, 20, 30]) control.setSettings({ ...createSettings(), gainDb });
    await settle();
    clock.advance(100);
    await settle();
    expect(socketFrames('settings').length).toBe(1); // the first is not answered
    release();
    await settle();
    expect(socketFrames('settings').length).toBe(2);
    release();
    await settle();
    control.setSettings({ ...createSettings(), gainDb: 40 });
    control.setSettings({ ...createSettings(), gainDb: 50 });
    await settle();
    expect(socketFrames('settings').length).toBe(2);
    clock.advance(100);
    await settle();
    const read = socketFrames('settings').map((bytes) => {
      const command = createSettingsCommand();
      expect(readSettings(new DataView(bytes.buffer, bytes.byteOffset, SETTINGS_BYTES), command)).toBeNull();
      return [command.sequence, command.settings.gainDb, command.epoch];
    });
    expect(read).toEqual([[1, 10, EPOCH], [2, 30, EPOCH], [3, 50, EPOCH]]);
    const settings = (sequence: number) => ({ applied: createSettings(), sequence, refusal: null });
    signaling.say('control.status', { status: statusOf({ lease: leaseOf(EXPERT, EPOCH), settings: settings(2) }) });
    expect(control.view.isAnswered).toBe(false);
    signaling.say('control.status', { status: statusOf({ lease: leaseOf(EXPERT, EPOCH), settings: settings(3) }) });
    expect(control.view).toMatchObject({ isAnswered: true, requested: { gainDb: 50 } });
  });

  it('[CTL57] a device’s host that began anew is heard again', async () => {
    const { data, clock, control } = setUp();
    data.arrive(stateBytes({ stampMs: 900_000, forceN: 1 }), CART);
    data.arrive(stateBytes({ stampMs: 20, forceN: 2 }), CART);
    expect(control.state.forceN).toBe(1); // an old one on its way
    clock.advance(600);
    data.arrive(stateBytes({ stampMs: 40, forceN: 3 }), CART);
    expect(control.state.forceN).toBe(3);
  });

  it('closes with nothing left behind', async () => {
    const { signaling, clock, link, control, grant } = setUp();
    await grant();
    control.close();
    link.close();
    expect([clock.pendingTimers, signaling.listenerCount]).toEqual([0, 0]);
  });
});

describe('the emergency stop', () => {
  const pressed = () => {
    const parts = setUp();
    let number = 40;
    const stop = new EmergencyStop({ link: parts.link, clock: parts.clock, newStopId: () => (number += 1), onChanged: () => undefined });
    return { ...parts, stop };
  };

  it('[CTL56] goes by both paths at once, the same again until a state says that it holds', async () => {
    const { data, clock, hear, socketFrames, stop } = pressed();
    stop.stop();
    expect([data.sent, socketFrames('stop').length]).toEqual([[stopBytes(41)], 1]);
    clock.advance(350);
    hear({ phase: 'engaged' });
    expect([data.sent, socketFrames('stop').length, stop.standing]).toEqual([Array.from({ length: 4 }, () => stopBytes(41)), 4, 'sending']);
    hear({ isStopLatched: true });
    clock.advance(1000);
    expect([data.sent.length, stop.standing]).toEqual([4, 'none']);
    stop.stop();
    expect(data.sent.at(-1)).toEqual(stopBytes(42));
    await settle();
  });

  it('[CTL56] or the status says it, or the person takes it back', async () => {
    const { signaling, clock, stop } = pressed();
    stop.stop();
    signaling.say('control.status', { status: statusOf({ isStopLatched: true }) });
    expect(stop.standing).toBe('none');
    signaling.say('control.status', { status: statusOf() });
    stop.stop();
    clock.advance(5000);
    expect(stop.standing).toBe('unconfirmed');
    stop.takeBack();
    expect([stop.standing, clock.pendingTimers]).toEqual(['none', 0]);
    await settle();
  });

  it('[CTL94] a device that is offered no longer, and again, finds the stop that was pressed before', async () => {
    const { signaling, clock, stop, socketFrames } = pressed();
    stop.stop();
    signaling.say('control.offered', { offer: null });
    clock.advance(10_000);
    const sentToNobody = socketFrames('stop').length;
    expect([stop.standing, sentToNobody]).toEqual(['unconfirmed', 11]); // one a second, if the room knows more than this page
    signaling.say('control.offered', { offer: { peerId: CART, device: DEVICE } });
    clock.advance(100);
    expect(socketFrames('stop').length - sentToNobody).toBe(1);
    signaling.say('control.status', { status: statusOf() });
    expect(stop.standing).toBe('unconfirmed');
    signaling.say('control.status', { status: statusOf({ isStopLatched: true }) });
    expect([stop.standing, clock.pendingTimers]).toEqual(['none', 0]);
    await settle();
  });
});
