import { beforeEach, describe, expect, it } from 'vitest';
import { Engagement } from '#shared/control/engagement';
import { createMotionCommand, type MotionCommand } from '#shared/control/frames/motionFrame';
import { createPose, type Pose } from '#shared/control/pose';

const HOME = createPose();
const turned = (deg: number): Pose => ({ ...createPose(), qw: Math.cos((deg * Math.PI) / 360), qz: Math.sin((deg * Math.PI) / 360) });
const command = (change: Partial<MotionCommand> = {}): MotionCommand => ({ ...createMotionCommand(), isDeadManHeld: true, gesture: 1, ...change });

let engagement: Engagement;
beforeEach(() => {
  engagement = new Engagement(5);
  engagement.begin();
  engagement.wantsToEngage(command({ isDeadManHeld: false, gesture: 0 }), HOME, true, 0);
});
/** Held from `fromMs` on, ten milliseconds apart; the first instant at which it engages. */
function engagedAt(fromMs: number, untilMs: number, change: Partial<MotionCommand> = {}): number | null {
  for (let nowMs = fromMs; nowMs <= untilMs; nowMs += 10) if (engagement.wantsToEngage(command(change), HOME, true, nowMs)) return nowMs;
  return null;
}

describe('the edges of the way into motion', () => {
  it('[CTL34] a dead-man that was held when the lease began is no gesture, whatever its number', () => {
    engagement.begin();
    expect(engagedAt(0, 1000, { gesture: 9 })).toBeNull();
    expect(engagement.waitReason).toBe('gesture');
    expect(engagedAt(1010, 1400, { gesture: 10 })).toBe(1310);
  });

  it('[CTL34] a gap of 100 ms is none, a longer one begins the holding anew', () => {
    expect(engagedAt(10, 110)).toBeNull();
    expect(engagedAt(210, 500)).toBe(310);
    engagement.begin();
    engagement.wantsToEngage(command({ isDeadManHeld: false, gesture: 0 }), HOME, true, 0);
    expect(engagedAt(10, 110)).toBeNull();
    expect(engagedAt(211, 600)).toBe(511);
  });

  it('[CTL34] what is spent is a press, not the command of a hand that let go', () => {
    engagement.spend(command({ isDeadManHeld: false }));
    expect(engagedAt(10, 400)).toBe(310);
    engagement.begin();
    engagement.wantsToEngage(command({ isDeadManHeld: false, gesture: 0 }), HOME, true, 0);
    engagement.spend(command());
    expect(engagedAt(10, 400)).toBeNull();
  });

  it('[CTL33] [CTL34] says what is lacking: the match, the stillness, the permission', () => {
    const reason = (change: Partial<MotionCommand>, isPermitted = true) => {
      engagement.wantsToEngage(command({ gesture: 5, ...change }), HOME, isPermitted, 10);
      return engagement.waitReason;
    };
    expect(reason({ hand: turned(5.01) })).toBe('match');
    expect(reason({ hand: turned(4.99) })).toBe('hold');
    expect(reason({ target: { ...createPose(), yMm: 0.051 } })).toBe('still');
    expect(reason({ target: turned(0.051) })).toBe('still');
    expect(reason({ target: { ...turned(0.049), yMm: 0.049 } })).toBe('hold');
    expect(reason({ target: { ...createPose(), yMm: 0.05 } })).toBe('hold');
    expect(reason({}, false)).toBe('notPermitted');
  });

  it('[CTL34] a hand that does not hold still begins the holding anew', () => {
    expect(engagedAt(10, 200)).toBeNull();
    expect(engagement.wantsToEngage(command({ target: { ...createPose(), xMm: 1 } }), HOME, true, 210)).toBe(false);
    expect(engagedAt(220, 600)).toBe(520);
  });

  it('[CTL21] the ramp begins two ticks before 100 ms, and ends one before 300', () => {
    for (const tickMs of [2, 5, 10]) {
      engagement = new Engagement(tickMs);
      engagement.begin();
      engagement.wantsToEngage(command({ isDeadManHeld: false, gesture: 0 }), HOME, true, 0);
      const startMs = engagedAt(10, 400) ?? Number.NaN;
      engagement.handleValid(startMs);
      engagement.tick(false, startMs + 100 - 2 * tickMs - 1);
      expect(engagement.phase).toBe('engaged');
      const rampMs = startMs + 100 - 2 * tickMs;
      engagement.tick(false, rampMs);
      expect(engagement).toMatchObject({ phase: 'stopping', stopReason: 'watchdog' });
      engagement.tick(false, rampMs + 200 - tickMs - 1);
      expect(engagement.phase).toBe('stopping');
      engagement.tick(false, rampMs + 200 - tickMs);
      expect(engagement.phase).toBe('waiting');
    }
  });

  it('what came to rest waits; only a hand that let go has clutched', () => {
    engagedAt(10, 400);
    engagement.stop('latency', 320);
    engagement.tick(true, 321);
    expect(engagement.phase).toBe('waiting');
    expect(engagedAt(330, 700, { gesture: 2 })).toBe(630);
    engagement.holds(command({ isDeadManHeld: false, gesture: 2 }), 640);
    engagement.tick(true, 641);
    expect(engagement.phase).toBe('clutched');
  });

  it('keeps the first reason, whatever disengages meanwhile; one that never moved has none', () => {
    engagement.disengage('force');
    expect(engagement).toMatchObject({ phase: 'waiting', stopReason: null });
    engagedAt(10, 400);
    engagement.disengage('force');
    expect(engagement).toMatchObject({ phase: 'waiting', stopReason: 'force' });
  });

  it('[CTL1] is off when the lease is over', () => {
    engagedAt(10, 400);
    engagement.end();
    expect(engagement.phase).toBe('off');
    expect(engagedAt(410, 900, { gesture: 2 })).toBeNull();
  });
});
