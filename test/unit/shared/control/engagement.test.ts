import { describe, expect, it } from 'vitest';
import { Engagement } from '#shared/control/engagement';
import { createMotionCommand } from '#shared/control/frames/motionFrame';
import { createPose } from '#shared/control/pose';

const HOME = createPose();

function command(isDeadManHeld: boolean, gesture: number) {
  return { ...createMotionCommand(), isDeadManHeld, gesture };
}

describe('the way into motion', () => {
  it('[CTL1] without a lease no gesture begins anything, and nothing holds', () => {
    const engagement = new Engagement(5);
    for (let nowMs = 0; nowMs < 1000; nowMs += 10) expect(engagement.wantsToEngage(command(nowMs > 0, 1), HOME, true, nowMs)).toBe(false);
    expect(engagement.phase).toBe('off');
    expect(engagement.holds(command(true, 0), 1000)).toBe(false);
    expect(engagement.phase).toBe('off');
  });

  it('[CTL30] what stops already goes on with its first reason', () => {
    const engagement = new Engagement(5);
    engagement.begin();
    engagement.wantsToEngage(command(false, 0), HOME, true, 0);
    for (let nowMs = 10; nowMs <= 310; nowMs += 10) engagement.wantsToEngage(command(true, 1), HOME, true, nowMs);
    expect(engagement.phase).toBe('engaged');
    expect(engagement.holds(command(true, 1), 320)).toBe(true);
    expect(engagement.holds(command(false, 1), 330)).toBe(false);
    engagement.stop('watchdog', 340);
    engagement.disengage('force');
    expect(engagement.stopReason).toBe('released');
    expect(engagement.phase).toBe('waiting');
    engagement.stop('watchdog', 350);
    expect(engagement.phase).toBe('waiting');
  });

  it('[CTL34] while motion is under way no gesture begins another', () => {
    const engagement = new Engagement(5);
    engagement.begin();
    engagement.wantsToEngage(command(false, 0), HOME, true, 0);
    for (let nowMs = 10; nowMs <= 310; nowMs += 10) engagement.wantsToEngage(command(true, 1), HOME, true, nowMs);
    expect(engagement.gesture).toBe(1);
    expect(engagement.wantsToEngage(command(true, 2), HOME, true, 320)).toBe(false);
    expect(engagement.gesture).toBe(1);
  });
});
