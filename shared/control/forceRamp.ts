/**
 * [CTL95] The force that the device is told, tick by tick: more only at the limit's pace, beginning with what presses already; less at
 * once. N, N/s, ms.
 */
export function nextForceN(orderedN: number, targetN: number, measuredN: number, maxForceRateNPerS: number, passedMs: number): number {
  if (!(targetN > orderedN)) return targetN;
  // From no wish to one: a ramp from nothing would first lift a probe that lies on the patient.
  const fromN = orderedN > 0 || !(measuredN > 0) ? orderedN : measuredN;
  return Math.min(targetN, fromN + (maxForceRateNPerS * passedMs) / 1000);
}
