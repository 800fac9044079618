import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LATENCY_BOUNDS_MS } from '#shared/control/latencyGate';
import { PatientSide } from '#shared/control/patientSide';
import type { Row } from './benchReport.ts';
import { loadAltered } from './controlFaults/weakenings.ts';
import { drawPlot } from './controlLoop/plot.ts';
import { runTrial } from './controlLoop/trial.ts';
import { median } from './statistics.ts';

export const description = 'Remote control over lines of 0 to 400 ms: how far the probe is from what the operator follows, plotted';

const ROUND_TRIPS_MS = [0, 25, 50, 75, 100, 125, 150, 175, 200, 225, 250, 275, 300, 325, 350, 375, 400];
const TRIALS = { quick: 3, full: 15 } as const;
/** What stops a slow line is taken out, to see what it stops. */
const PATIENT_CORE = [
  { file: 'guard.ts', from: 'export const MAX_AGE_MS = 100;', to: 'export const MAX_AGE_MS = 10_000;' },
  { file: 'guard.ts', from: 'export const MAX_ECHO_AGE_MS = 500;', to: 'export const MAX_ECHO_AGE_MS = 10_000;' },
  { file: 'latencyGate.ts', from: 'red: 300 }', to: 'red: 10_000 }' },
] as const;

export async function run({ quick }: { readonly quick: boolean }): Promise<readonly Row[]> {
  const Patient = await loadAltered('obeys over any line', PATIENT_CORE);
  const trials = TRIALS[quick ? 'quick' : 'full'];
  const seeds = Array.from({ length: trials }, (_, index) => index + 1);
  const points = ROUND_TRIPS_MS.map((roundTripMs) => {
    const open = seeds.map((seed) => runTrial(Patient, roundTripMs, seed));
    const guarded = seeds.map((seed) => runTrial(PatientSide, roundTripMs, seed));
    const point = {
      roundTripMs,
      openRmsMm: median(open.map(({ followRmsMm }) => followRmsMm)),
      guardedRmsMm: median(guarded.map(({ followRmsMm }) => followRmsMm)),
      steeredShare: median(guarded.map(({ steeredShare }) => steeredShare)),
      stillRmsMm: median(open.map(({ stillRmsMm }) => stillRmsMm)),
    };
    console.log(`${String(roundTripMs).padStart(4)} ms: ${point.openRmsMm.toFixed(2)} mm if all is obeyed; as it is ${point.guardedRmsMm.toFixed(2)} mm, steering ${(point.steeredShare * 100).toFixed(0)} % of the time`);
    return point;
  });
  const folder = resolve(fileURLToPath(import.meta.url), '..', '..', '..', 'bench-results');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'control-loop.svg'), drawPlot(points, LATENCY_BOUNDS_MS));
  const note = `median of ${trials} trials of 30 s; following a target of up to 19 mm/s`;
  return [
    ...points.filter(({ roundTripMs }) => roundTripMs % 100 === 0).flatMap(({ roundTripMs, openRmsMm, steeredShare }) => [
      { metric: `follow_rms_mm_rtt${roundTripMs}`, value: openRmsMm, unit: 'mm', note },
      { metric: `steered_percent_rtt${roundTripMs}`, value: steeredShare * 100, unit: '%', note: 'of the time, as the guard is' },
    ]),
    { metric: 'still_rms_mm', value: median(points.map(({ stillRmsMm }) => stillRmsMm)), unit: 'mm', note: 'a probe that is not moved at all' },
  ];
}
