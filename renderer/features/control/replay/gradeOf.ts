import { LATENCY_BOUNDS_MS, type LatencyGrade } from '#shared/control/latencyGate';

/** [CTL36] The colour of a single value; the gate itself goes by the median, and by where it came from. */
export function gradeOf(roundTripMs: number | null): LatencyGrade {
  if (roundTripMs === null || roundTripMs > LATENCY_BOUNDS_MS.red) return 'refused';
  return roundTripMs <= LATENCY_BOUNDS_MS.green ? 'green' : roundTripMs <= LATENCY_BOUNDS_MS.amber ? 'amber' : 'red';
}
