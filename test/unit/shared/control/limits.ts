import type { MotionLimits } from '#shared/control/limits';

/** A box of 10 cm, 5 cm/s. */
export const LIMITS: MotionLimits = { workspaceMin: { xMm: -50, yMm: -50, zMm: -50 }, workspaceMax: { xMm: 50, yMm: 50, zMm: 50 }, maxTiltDeg: 40, maxSpeedMmPerS: 50, maxAngularSpeedDegPerS: 40, maxForceN: 10, maxForceRateNPerS: 8, maxSpinDeg: 90 };
