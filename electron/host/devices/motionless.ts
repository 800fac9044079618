import type { MotionLimits } from '#shared/control/limits';

/** [CTL84] The limits of a device that cannot say what it presses with: where it is may be shown, and nothing moves it. */
export const withoutMotion = (limits: MotionLimits): MotionLimits => ({ ...limits, maxSpeedMmPerS: 0, maxAngularSpeedDegPerS: 0, maxForceN: 0 });
