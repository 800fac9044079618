import { z } from 'zod';

const positive = (max: number) => z.number().positive().max(max);
const atMost = (max: number) => z.number().min(0).max(max);
const millimetres = z.number().min(-2000).max(2000);
/** [CTL95] What holds where `device.json` or `siteLimits.json` does not name it. */
const USUAL_FORCE_RATE_N_PER_S = 5;
const corner = z.object({ xMm: millimetres, yMm: millimetres, zMm: millimetres });

/**
 * What a probe may do, in the base frame of its arm (origin at the arm's home above the patient, z straight into the patient, mm). Three
 * parties have a say: the device, the site's policy, and the operator who asks for less.
 */
export const motionLimitsSchema = z
  .object({
    /** The box that the probe's tip stays in. */
    workspaceMin: corner,
    workspaceMax: corner,
    /** How far the probe's axis may lean away from z, degrees. */
    maxTiltDeg: positive(180),
    maxSpeedMmPerS: positive(500),
    maxAngularSpeedDegPerS: positive(360),
    /** Along the probe's axis on the patient, N. */
    maxForceN: positive(60),
    /** [CTL95] How fast that force may rise, N/s. */
    maxForceRateNPerS: positive(100).default(USUAL_FORCE_RATE_N_PER_S),
    /** [CTL96] How far the probe may be turned about its own axis, either way from where its marker is at home, degrees; 180: as far as one likes. */
    maxSpinDeg: positive(180).default(180),
  })
  .refine(({ workspaceMin: min, workspaceMax: max }) => min.xMm <= max.xMm && min.yMm <= max.yMm && min.zMm <= max.zMm, { message: 'the workspace is empty' });
export type MotionLimits = z.infer<typeof motionLimitsSchema>;

/** Limits on their way: what somebody wishes, or what came of several wishes. Nothing may be left of them: then nothing moves. */
export const sentLimitsSchema = z.object({
  workspaceMin: corner, workspaceMax: corner, maxTiltDeg: atMost(180), maxSpeedMmPerS: atMost(500), maxAngularSpeedDegPerS: atMost(360), maxForceN: atMost(60),
  maxForceRateNPerS: atMost(100), maxSpinDeg: atMost(180),
});

/** [CTL14] The smallest of several: each party may narrow, none may widen. A workspace may come out empty: then nothing moves. */
export function smallestLimits(first: MotionLimits, ...others: readonly MotionLimits[]): MotionLimits {
  return others.reduce<MotionLimits>(
    (a, b) => ({
      workspaceMin: { xMm: Math.max(a.workspaceMin.xMm, b.workspaceMin.xMm), yMm: Math.max(a.workspaceMin.yMm, b.workspaceMin.yMm), zMm: Math.max(a.workspaceMin.zMm, b.workspaceMin.zMm) },
      workspaceMax: { xMm: Math.min(a.workspaceMax.xMm, b.workspaceMax.xMm), yMm: Math.min(a.workspaceMax.yMm, b.workspaceMax.yMm), zMm: Math.min(a.workspaceMax.zMm, b.workspaceMax.zMm) },
      maxTiltDeg: Math.min(a.maxTiltDeg, b.maxTiltDeg),
      maxSpeedMmPerS: Math.min(a.maxSpeedMmPerS, b.maxSpeedMmPerS),
      maxAngularSpeedDegPerS: Math.min(a.maxAngularSpeedDegPerS, b.maxAngularSpeedDegPerS),
      maxForceN: Math.min(a.maxForceN, b.maxForceN),
      maxForceRateNPerS: Math.min(a.maxForceRateNPerS, b.maxForceRateNPerS),
      maxSpinDeg: Math.min(a.maxSpinDeg, b.maxSpinDeg),
    }),
    first,
  );
}
