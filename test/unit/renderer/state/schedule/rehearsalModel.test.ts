import { describe, expect, it } from 'vitest';
import { createStore } from 'zustand/vanilla';
import { rehearsalFailures } from '#shared/domain/consultation/rehearsalLimits';
import { ManualClock } from '#shared/lib/clock';
import type { DeviceModel, DeviceState } from '../../../../../renderer/state/deviceModel.ts';
import { createRehearsalModel } from '../../../../../renderer/state/schedule/rehearsalModel.ts';
import { settle } from '../../../../helpers/fakeSignaling.ts';
import { createScheduleSocket, REQUEST_ID } from '../../../../helpers/schedule/staticSchedule.ts';
import { PARTIES } from '../../../../helpers/staticConsultModel.ts';

const noon = new Date(2026, 10, 18, 12, 0).getTime();
const GOOD = { hasPicture: true, hasSound: true, upBps: 4_000_000, downBps: 9_000_000, roundTripMs: 40, lossRatio: 0.001 };

function fakeDevices(onTone: (store: DeviceModel['store']) => void): DeviceModel {
  const nothing = () => undefined;
  const store = createStore<DeviceState>(() => ({ permission: 'granted', cameras: [], microphones: [], speakers: [], chosen: {}, preview: null, micLevel: 0.01, error: null, network: { step: 'idle' } }));
  return { store, refresh: nothing, choose: nothing, startPreview: nothing, stopPreview: nothing, startMicTest: nothing, stopMicTest: nothing, playTestTone: () => onTone(store), runNetworkCheck: nothing };
}

async function open(toneLevel: number) {
  const signaling = createScheduleSocket(noon);
  signaling.answer('request.step', () => ({ version: 5, state: 'scheduled' }));
  const clock = new ManualClock(noon);
  const devices = fakeDevices((store) => store.setState({ micLevel: toneLevel }));
  const model = createRehearsalModel({ signaling, clock, devices });
  const undo = model.open(REQUEST_ID, PARTIES.cart.id);
  await settle();
  return { signaling, clock, devices, model, undo, state: model.store.getState };
}

function tryEcho(clock: ManualClock): void {
  for (let step = 0; step < 50; step += 1) clock.advance(80);
}

describe('rehearsal', () => {
  it('[WFL24] passes at the limits and fails beyond them, each by name; what was not measured fails', () => {
    expect(rehearsalFailures(GOOD)).toEqual([]);
    expect(rehearsalFailures({ ...GOOD, upBps: 1_000_000, downBps: 2_000_000, roundTripMs: 300, lossRatio: 0.03 })).toEqual([]);
    expect(rehearsalFailures({ ...GOOD, upBps: 999_999, downBps: 1_999_999, roundTripMs: 301, lossRatio: 0.031 })).toEqual(['up', 'down', 'roundTrip', 'loss']);
    expect(rehearsalFailures({ hasPicture: false, hasSound: false, upBps: null, downBps: null, roundTripMs: null, lossRatio: null })).toEqual(['picture', 'sound', 'up', 'down', 'roundTrip', 'loss']);
  });

  it('hears an echo when the tone comes back, and none when it does not; the tone is not somebody speaking', async () => {
    const echoing = await open(0.4);
    echoing.model.startEchoTest();
    tryEcho(echoing.clock);
    expect(echoing.state()).toMatchObject({ echo: 'heard', loudest: 0 });
    const clear = await open(0.02);
    clear.model.startEchoTest();
    tryEcho(clear.clock);
    expect(clear.state().echo).toBe('clear');
  });

  it('[WFL24] keeps the figures of this site as evidence, passed only when all of it is there', async () => {
    const { signaling, clock, devices, model, state, undo } = await open(0.01);
    expect(state().partyId).toBe(PARTIES.cart.id);
    await model.save();
    expect(signaling.paramsOf('request.step')).toMatchObject([{ step: { type: 'rehearse', rehearsal: { partyId: PARTIES.cart.id, hasPicture: false, hasPassed: false, roundTripMs: null } } }]);
    model.pictureSeen();
    devices.store.setState({ micLevel: 0.3 });
    devices.store.setState({ micLevel: 0.01 });
    model.startEchoTest();
    tryEcho(clock);
    model.setHeardTone(true);
    devices.store.setState({ network: { step: 'done', advice: 'good', result: { roundTripMs: 40, jitterMs: 2, lossPercent: 0.5, upBps: 4_000_000, downBps: 9_000_000, transport: 'udp' } } });
    await model.save();
    expect(signaling.paramsOf('request.step')[1]).toMatchObject({ step: { rehearsal: { hasPicture: true, hasSound: true, upBps: 4_000_000, roundTripMs: 40, lossRatio: 0.005, hasPassed: true } } });
    expect(state().isSaved).toBe(true);
    undo();
    expect(clock.pendingTimers).toBe(0);
  });

  it('who is not a site says for which one they check', async () => {
    const { signaling, model, state } = await open(0);
    model.open(REQUEST_ID, PARTIES.scheduler.id);
    await settle();
    expect(state().partyId).toBeNull();
    expect(await model.save()).toBe(false);
    expect(signaling.paramsOf('request.step')).toHaveLength(0);
    model.chooseSite(PARTIES.cart.id);
    expect(await model.save()).toBe(true);
  });
});
