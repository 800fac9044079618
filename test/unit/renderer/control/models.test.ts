import { describe, expect, it, vi } from 'vitest';
import { createStore } from 'zustand/vanilla';
import { createSettings } from '#shared/control/settings';
import { ManualClock } from '#shared/lib/clock';
import { PAUSE_MS } from '../../../../renderer/services/control/alarms.ts';
import type { GamepadLike } from '../../../../renderer/services/control/inputs/gamepadInput.ts';
import { HandInput } from '../../../../renderer/services/control/inputs/handInput.ts';
import type { StopStanding } from '../../../../renderer/services/control/repeatedStop.ts';
import { type AlarmSource, createAlarmModel } from '../../../../renderer/state/control/alarmModel.ts';
import { type Check, checksFor, createBedsideModel } from '../../../../renderer/state/control/bedsideModel.ts';
import { createConsoleModel } from '../../../../renderer/state/control/consoleModel.ts';
import type { OperatorStanding } from '../../../../renderer/state/control/controlPorts.ts';
import { CUE_SHOWN_MS, type GuidanceCue } from '#shared/control/guidance';
import { nextMove } from '../../../../renderer/state/control/liveView.ts';
import { createWarmUpModel, WARM_UP_TARGETS } from '../../../../renderer/state/control/warmUpModel.ts';
import { controlScene, staticLink, staticOperator } from '../../../helpers/preview/staticControl.ts';

const newHand = (gamepads: () => GamepadLike[] = () => []) => new HandInput({ window: new EventTarget(), document: Object.assign(new EventTarget(), { visibilityState: 'visible' }), gamepads, isTyping: () => false });

function listenIn<L>(listeners: L[], listener: L): () => void {
  listeners.push(listener);
  return () => undefined;
}

function openConsole(scene: string) {
  const clock = new ManualClock();
  const { operator: standing, ...rest } = controlScene(scene, 'en');
  const changed: (() => void)[] = [];
  const operator = { ...staticOperator({ operator: standing, ...rest }), view: standing as OperatorStanding, ask: vi.fn(async () => undefined), setHand: vi.fn(), setScale: vi.fn(), setSettings: vi.fn(), on: (_: 'changed', listener: () => void) => listenIn(changed, listener) };
  const emergency = { standing: 'none' as const, stop: vi.fn() };
  const hand = newHand();
  const model = createConsoleModel({ link: staticLink({ operator: standing, ...rest }), operator, emergency, hand, guidance: { send: vi.fn(), on: () => () => undefined }, clock, selfPeerId: () => 'peer-self', nameOf: String });
  const tell = () => {
    for (const listener of changed) listener();
  };
  return { clock, operator, emergency, hand, model, tell, live: rest.state };
}

describe('the console', () => {
  it('[CTL72] asks for a mode that moves the probe only after the warm-up', async () => {
    const { model, operator } = openConsole('free');
    await model.ask('full');
    expect(operator.ask).not.toHaveBeenCalled();
    expect(model.store.getState().error?.code).toBe('control.notWarmedUp');
    await model.ask('settings');
    model.handleWarmedUp();
    await model.ask('orientation');
    expect(operator.ask.mock.calls.map((call: unknown[]) => call[0])).toEqual(['settings', 'orientation']);
    expect(model.store.getState().error).toBeNull();
  });

  it('[CTL65] reads the hand a hundred times a second with a lease that moves the probe, and not otherwise', () => {
    const { model, operator, clock, tell } = openConsole('waiting');
    const before = operator.setHand.mock.calls.length;
    for (let step = 0; step < 50; step += 1) clock.advance(10);
    expect(operator.setHand.mock.calls.length - before).toBe(50);
    operator.view = { ...operator.view, phase: 'idle', mode: null };
    tell();
    for (let step = 0; step < 5; step += 1) clock.advance(10);
    const after = operator.setHand.mock.calls.length;
    for (let step = 0; step < 50; step += 1) clock.advance(10);
    expect(operator.setHand.mock.calls.length).toBe(after);
    model.close();
  });

  it('[CTL65] a console that goes from the screen lets go what was held there, and takes nothing until it is back', () => {
    const { model, operator, hand, clock } = openConsole('engaged');
    expect(hand.press('move', 1, 'mouse')).toBe(true);
    clock.advance(10);
    expect(operator.setHand).toHaveBeenLastCalledWith(expect.objectContaining({ isDeadManHeld: true }));
    model.setShown(false); // the pad is gone, and nobody is told when its pointer goes up
    clock.advance(10);
    expect(operator.setHand).toHaveBeenLastCalledWith(expect.objectContaining({ isDeadManHeld: false }));
    expect(hand.press('move', 2, 'mouse')).toBe(false);
    model.setShown(true);
    clock.advance(10);
    expect(hand.view.isHeld).toBe(false);
    expect(hand.press('move', 3, 'mouse')).toBe(true);
    model.close();
  });

  it('[CTL65] a pad that gives way to cues while a finger is on it holds nothing, then or when it is back', () => {
    const { model, operator, hand, clock, live } = openConsole('engaged');
    expect(hand.press('move', 1, 'touch') && hand.press('hold', 2, 'touch')).toBe(true);
    clock.advance(10);
    expect(operator.setHand).toHaveBeenLastCalledWith(expect.objectContaining({ isDeadManHeld: true }));
    live.grade = 'refused';
    clock.advance(110);
    expect(model.store.getState().line.what).toBe('lineRefused');
    expect(operator.setHand).toHaveBeenLastCalledWith(expect.objectContaining({ isDeadManHeld: false }));
    live.grade = 'green';
    clock.advance(110);
    expect(operator.setHand).toHaveBeenLastCalledWith(expect.objectContaining({ isDeadManHeld: false }));
    expect(hand.press('hold', 3, 'touch')).toBe(true);
    clock.advance(10);
    expect(operator.setHand).toHaveBeenLastCalledWith(expect.objectContaining({ isDeadManHeld: true }));
    model.close();
  });

  it('[CTL95] a lease begins without a wish for a force, whatever the last one pressed with', () => {
    const { model, operator, hand, tell } = openConsole('waiting');
    model.setForceN(8);
    tell();
    expect(hand.view.forceN).toBe(8);
    operator.view = { ...operator.view, phase: 'idle', mode: null };
    tell();
    operator.view = { ...operator.view, phase: 'granted', mode: 'full' };
    tell();
    expect(hand.view.forceN).toBe(0);
    model.close();
  });

  it('[CTL68] asks for settings from those asked for last, with the focus within the depth', () => {
    const { model, operator } = openConsole('engaged');
    model.setSettings({ depthMm: 60 });
    expect(operator.setSettings).toHaveBeenLastCalledWith({ ...createSettings(), gainDb: 58, depthMm: 60, focusMm: 60 });
  });

  it('[CTL67] stops at once, in any state', () => {
    const { model, emergency } = openConsole('free');
    model.stop();
    expect(emergency.stop).toHaveBeenCalledTimes(1);
  });

  it('[CTL66] changes the scale at both ends together, and never asks for more force than the limit', () => {
    const { model, operator, hand } = openConsole('waiting');
    model.setScale(0.2);
    expect(operator.setScale).toHaveBeenCalledWith(0.2);
    expect(hand.view.scale).toBe(0.2);
    model.setForceN(99);
    expect(hand.view.forceN).toBe(15);
  });
});

describe('the bedside', () => {
  function open(scene: string) {
    const clock = new ManualClock();
    const { status, state } = controlScene(scene, 'en');
    const bedside = { state, stateAgeMs: 10, status, on: () => () => undefined, grant: vi.fn(async () => undefined), decline: vi.fn(async () => undefined), takeOver: vi.fn(async () => undefined), stopStanding: 'none' as StopStanding, stop: vi.fn(), resetStop: vi.fn(async () => undefined) };
    const cues: ((cue: GuidanceCue) => void)[] = [];
    const model = createBedsideModel({ bedside, guidance: { send: () => undefined, on: (_, listener) => listenIn(cues, listener) }, clock });
    return { clock, bedside, model, cue: (cue: GuidanceCue) => cues.forEach((listener) => listener(cue)) };
  }

  it('[CTL70] grants only when every check is ticked; consent is asked once in a session', async () => {
    const { model, bedside } = open('asking');
    const all: Check[] = checksFor('full', false);
    expect(all).toEqual(['consent', 'gel', 'clear', 'watch']);
    for (const missing of all) {
      expect(await model.grant('peer-self', 'full', all.filter((check) => check !== missing))).toBe(false);
      expect(model.store.getState().error?.code).toBe('control.notChecked');
    }
    expect(bedside.grant).not.toHaveBeenCalled();
    expect(await model.grant('peer-self', 'full', all)).toBe(true);
    expect(bedside.grant).toHaveBeenCalledWith('peer-self', 'full');
    expect(checksFor('full', model.store.getState().hasConsent)).toEqual(['gel', 'clear', 'watch']);
    expect(checksFor('settings', true)).toEqual([]);
    expect(checksFor('manual', false)).toEqual(['consent', 'gel']);
  });

  it('[CTL73] shows a cue for its time, the newest in the place of the last', () => {
    const { model, clock, cue } = open('manual');
    cue('tiltLeft');
    clock.advance(CUE_SHOWN_MS / 2);
    cue('pressMore');
    clock.advance(CUE_SHOWN_MS / 2);
    expect(model.store.getState().cue).toBe('pressMore');
    clock.advance(CUE_SHOWN_MS / 2);
    expect(model.store.getState().cue).toBeNull();
  });

  it('[CTL71] tells the host what was pressed, and shows what failed', async () => {
    const { model, bedside } = open('engaged');
    await model.takeOver();
    model.stop();
    await model.resetStop();
    expect([bedside.takeOver, bedside.stop, bedside.resetStop].map((call) => call.mock.calls.length)).toEqual([1, 1, 1]);
    bedside.takeOver.mockRejectedValueOnce(new Error('the host is gone'));
    expect(await model.takeOver()).toBe(false);
    expect(model.store.getState().error).not.toBeNull();
  });
});

describe('the alarms of a screen', () => {
  it('[CTL69] follow what is there, and say for how long a person paused their sound', () => {
    const clock = new ManualClock();
    const { status } = controlScene('stopped', 'en');
    const source = createStore<AlarmSource>(() => ({ status: null, live: null }));
    const alarms = { set: vi.fn(), acknowledge: vi.fn() };
    const model = createAlarmModel({ source, isBedside: true, clock, alarms });
    expect(model.store.getState()).toEqual({ causes: [], isPaused: false });
    source.setState({ status });
    expect(alarms.set).toHaveBeenLastCalledWith([{ cause: 'stopped', priority: 'high' }, { cause: 'deaf', priority: 'medium' }]);
    source.setState({ live: null }); // nothing else: nothing is told again
    expect(alarms.set).toHaveBeenCalledTimes(1);
    model.acknowledge();
    expect(alarms.acknowledge).toHaveBeenCalledTimes(1);
    expect(model.store.getState()).toEqual({ causes: ['stopped', 'deaf'], isPaused: true });
    clock.advance(PAUSE_MS);
    expect(model.store.getState().isPaused).toBe(false);
    model.acknowledge();
    source.setState({ status: { ...status, fault: 'x' } });
    expect(model.store.getState().isPaused).toBe(false); // a new sign sounds
    model.close();
    expect(alarms.set).toHaveBeenLastCalledWith([]);
  });
});

describe('the warm-up', () => {
  it('[CTL72] is passed by whoever reaches and holds the three places with the dead-man held, under the same rules', () => {
    const clock = new ManualClock();
    const axes = [0, 0, 0, 0];
    const buttons = Array.from({ length: 17 }, () => ({ pressed: false, value: 0 }));
    const pad: GamepadLike = { id: 'Controller', index: 0, connected: true, mapping: 'standard', axes, buttons };
    const hand = newHand(() => [pad]);
    hand.choose('gamepad');
    const running: boolean[] = [];
    const onDone = vi.fn();
    const model = createWarmUpModel({ hand, clock, onState: () => undefined, onDone, onRunning: (is) => {
      running.push(is);
      hand.setActive(is);
    } });
    model.start();
    // Nothing moves without the dead-man, whatever the sticks do.
    axes[0] = 0.6;
    for (let step = 0; step < 100; step += 1) clock.advance(20);
    expect(Math.abs(model.store.getState().live?.measured.xMm ?? 99)).toBeLessThan(0.2);
    axes[0] = 0;
    clock.advance(20);
    buttons[4] = { pressed: true, value: 1 };
    // A calm hand: towards the goal, slower when near.
    const push = (left: number) => (Math.abs(left) < 0.4 ? 0 : Math.sign(left) * Math.min(1, 0.3 + Math.abs(left) / 20));
    for (let step = 0; step < 3000 && model.store.getState().phase === 'running'; step += 1) {
      const { live, target } = model.store.getState();
      const goal = WARM_UP_TARGETS[target];
      if (live?.phase === 'engaged' && goal) {
        axes[0] = push(goal.xMm - live.measured.xMm);
        axes[1] = push(goal.yMm - live.measured.yMm);
        buttons[7] = { pressed: false, value: Math.max(0, push(goal.zMm - live.measured.zMm)) };
        buttons[6] = { pressed: false, value: Math.max(0, push(live.measured.zMm - goal.zMm)) };
        const { turn } = nextMove(live.measured, goal);
        axes[2] = turn === null ? 0 : (turn.turning === 'tiltRight' ? 1 : turn.turning === 'tiltLeft' ? -1 : 0) * Math.min(1, 0.3 + turn.deg / 20);
      }
      clock.advance(20);
    }
    expect(model.store.getState()).toMatchObject({ phase: 'done', breaks: 0 });
    expect(onDone).toHaveBeenCalledTimes(1);
    expect(running).toEqual([true, false]);
    expect(model.store.getState().seconds).toBeGreaterThan(3);
  });

  it('[CTL72] left before its end it counts for nothing, and gives the hand back', () => {
    const clock = new ManualClock();
    const running: boolean[] = [];
    const onDone = vi.fn();
    const model = createWarmUpModel({ hand: newHand(), clock, onState: () => undefined, onRunning: (is) => running.push(is), onDone });
    model.start();
    clock.advance(100);
    model.close();
    clock.advance(60_000);
    expect(model.store.getState().phase).toBe('off');
    expect(running).toEqual([true, false]);
    expect(onDone).not.toHaveBeenCalled();
  });
});
