import { describe, expect, it } from 'vitest';
import { createDeviceState } from '#shared/control/frames/stateFrame';
import { createPose, type Pose } from '#shared/control/pose';
import { SIMULATOR_LIMITS } from '#shared/simulator/arm';
import { createLiveView, limitNear, nextMove, turnLeft } from '../../../../renderer/state/control/liveView.ts';
import { alarmsOf, type LineFacts, PRIORITY_OF, stateLineOf } from '../../../../renderer/state/control/stateLine.ts';
import { controlScene } from '../../../helpers/preview/staticControl.ts';

const about = (axis: 'qx' | 'qy' | 'qz', deg: number): Pose => ({ ...createPose(), qw: Math.cos((deg * Math.PI) / 360), [axis]: Math.sin((deg * Math.PI) / 360) });

/** The scene of a preview, as the line's facts. */
function facts(name: string, change: Partial<LineFacts> = {}): LineFacts {
  const { status, state, operator, isHeard } = controlScene(name, 'en');
  return { hasDevice: true, status, operator, live: createLiveView(state, isHeard ? 10 : 900), dropped: null, matchDeg: 10.2, self: 'peer-self', nameOf: (peerId) => `<${peerId}>`, ...change };
}
const line = (name: string, change?: Partial<LineFacts>) => stateLineOf(facts(name, change));

describe('how the probe stands', () => {
  it('[CTL68] says by how much, and which way, a hand is to be turned to be like the probe', () => {
    expect(turnLeft(createPose(), about('qy', 12))).toMatchObject({ turning: 'tiltRight' });
    expect(turnLeft(createPose(), about('qy', 12)).deg).toBeCloseTo(12);
    expect(turnLeft(about('qx', 20), createPose())).toMatchObject({ turning: 'tiltDown' });
    expect(turnLeft(createPose(), about('qz', -7)).turning).toBe('turnLeft');
    const flipped = about('qz', 9);
    expect(turnLeft(createPose(), { ...flipped, qw: -flipped.qw, qz: -flipped.qz }).turning).toBe('turnRight'); // the same rotation
  });

  it('[CTL71] says what the probe is about to do, in its own frame; nothing when it is there', () => {
    expect(nextMove(createPose(), { ...createPose(), xMm: 5, zMm: 2 })).toMatchObject({ move: { direction: 'right' }, turn: null });
    expect(nextMove(createPose(), { ...createPose(), zMm: -4 }).move).toEqual({ direction: 'out', mm: 4 });
    // A probe turned by a quarter: the base's x is its own forward.
    const quarter = about('qz', 90);
    expect(nextMove(quarter, { ...quarter, xMm: 6 }).move?.direction).toBe('up');
    expect(nextMove(createPose(), { ...createPose(), xMm: 0.5 })).toEqual({ move: null, turn: null });
    expect(nextMove(createPose(), about('qx', 6)).turn?.turning).toBe('tiltUp');
  });

  it('[CTL68] names the limit that is near', () => {
    const live = (change: object, pose: Partial<Pose> = {}) => {
      const state = Object.assign(createDeviceState(), change);
      Object.assign(state.measured, { zMm: 40 }, pose);
      return limitNear(createLiveView(state, 0), SIMULATOR_LIMITS);
    };
    expect(live({})).toBeNull();
    expect(live({ forceN: 14 })).toBe('force');
    expect(live({}, about('qx', 48))).toBe('tilt');
    expect(live({}, { xMm: -117 })).toBe('edge');
  });
});

describe('the line of state', () => {
  it('[CTL68] says what matters most', () => {
    expect(line('free', { hasDevice: false }).what).toBe('noDevice');
    expect(line('free', { status: null }).what).toBe('waitingStatus');
    expect(line('free').what).toBe('free');
    expect(line('otherSteers').what).toBe('otherSteers');
    expect(line('asking').what).toBe('asking');
    expect(line('settings').what).toBe('settings');
    expect(line('manual').what).toBe('manual');
    expect(line('engaged')).toMatchObject({ what: 'moving', tone: 'moving' });
    expect(line('near')).toMatchObject({ what: 'near', near: 'edge' });
    expect(line('refused')).toMatchObject({ what: 'lineRefused', tone: 'bad' });
    expect(line('lost').what).toBe('lost');
    expect(line('fault')).toMatchObject({ what: 'fault', reason: 'a motor is too hot' });
  });

  it('[CTL68] says what a waiting hand lacks, and why motion ended', () => {
    expect(line('waiting').what).toBe('deadMan');
    expect(line('match')).toMatchObject({ what: 'match', deg: 11 });
    expect(line('waiting', { dropped: 'blur' })).toMatchObject({ what: 'dropped', reason: 'blur' });
    const { state } = controlScene('waiting', 'en');
    expect(line('waiting', { live: createLiveView({ ...state, stopReason: 'force' }, 10) })).toMatchObject({ what: 'deadMan', reason: 'force' });
    expect(line('waiting', { live: createLiveView({ ...state, stopReason: 'released' }, 10) }).reason).toBeUndefined();
    expect(line('waiting', { live: createLiveView({ ...state, roundTripMs: null, grade: 'refused' }, 10) }).what).toBe('lineUnknown');
  });

  it('[CTL68] puts a stop before everything, and says whose it was', () => {
    expect(line('stopped')).toMatchObject({ what: 'stopped', name: '<bedside>' });
    const { status } = facts('stopped');
    expect(line('stopped', { status: status && { ...status, stoppedBy: 'peer-self', fault: 'x' } }).what).toBe('stoppedByYou');
  });
});

describe('signs', () => {
  const causes = (name: string, isBedside = true) => {
    const { status, live } = facts(name);
    return alarmsOf(status, live, isBedside);
  };

  it('[CTL69] are raised by what asks for attention, each with its priority', () => {
    expect(causes('engaged')).toEqual([]);
    expect(causes('free')).toEqual([]);
    expect(causes('stopped')).toContain('stopped');
    expect(causes('fault')).toContain('fault');
    expect(causes('forceHigh')).toEqual(['force']);
    expect(causes('lost')).toEqual(['deaf']);
    expect(causes('refused')).toEqual(['lineRefused', 'brokenOff']);
    expect(causes('red')).toEqual(['lineRed']);
    expect(causes('asking')).toEqual(['asked']);
    expect(causes('asking', false)).toEqual([]);
    expect([PRIORITY_OF.stopped, PRIORITY_OF.deaf, PRIORITY_OF.asked]).toEqual(['high', 'medium', 'low']);
  });

  it('[CTL69] a force that is no number, or was too much in a lease that is over, is no sign where nobody steers', () => {
    const { state, status } = controlScene('free', 'en');
    for (const change of [{ forceN: Number.NaN }, { stopReason: 'force' }] as const) expect(alarmsOf(status, createLiveView({ ...state, ...change }, 10), true)).toEqual([]);
    expect(alarmsOf(status, createLiveView({ ...state, forceN: 20 }, 10), true)).toEqual(['force']);
  });

  it('[CTL69] a force that is no number is too much', () => {
    const { status } = facts('engaged');
    const { state } = controlScene('engaged', 'en');
    expect(alarmsOf(status, createLiveView({ ...state, forceN: Number.NaN }, 10), false)).toEqual(['force']);
  });
});
