import { PatientSide } from '#shared/control/patientSide';
import type { Row } from './benchReport.ts';
import { drawScenario } from './controlFaults/scenario.ts';
import { isShownBy, loadWeakened, WEAKENINGS } from './controlFaults/weakenings.ts';
import { type PatientSideClass, World } from './controlFaults/world.ts';

export const description = 'Remote control under seeded faults: motion that nobody rightly asked for, and whether a weakened core is found out';

const SCENARIOS = { quick: 400, full: 10_000 } as const;
/** A weakening that was not found in so many scenarios is not found. */
const MOST_FOR_ONE = 5000;
const LATE = new Set<string>(['lateRamp', 'lateStop', 'notDisengaged']);

interface Tally {
  unsafe: number;
  late: number;
  movedMs: number;
  scenariosWithMotion: number;
  rejected: number;
}

function play(seed: number, Core: PatientSideClass, tally: Tally, say: boolean): boolean {
  const { violations, movedMs, rejected } = new World(drawScenario(seed), Core).run();
  tally.movedMs += movedMs;
  tally.rejected += rejected;
  if (movedMs > 100) tally.scenariosWithMotion += 1;
  const [first] = violations;
  if (first === undefined) return true;
  if (violations.some(({ type }) => LATE.has(type))) tally.late += 1;
  if (violations.some(({ type }) => !LATE.has(type))) tally.unsafe += 1;
  if (say) console.log(`scenario ${seed}: ${first.type} at ${first.atMs} ms: ${first.detail}`);
  return false;
}

const newTally = (): Tally => ({ unsafe: 0, late: 0, movedMs: 0, scenariosWithMotion: 0, rejected: 0 });

export async function run({ quick }: { readonly quick: boolean }): Promise<readonly Row[]> {
  const count = SCENARIOS[quick ? 'quick' : 'full'];
  const tally = newTally();
  for (let seed = 1; seed <= count; seed += 1) {
    play(seed, PatientSide, tally, true);
    if (seed % 1000 === 0) console.log(`${seed} of ${count} scenarios, ${tally.unsafe} unsafe, ${tally.late} late`);
  }
  let found = 0;
  for (const weakening of WEAKENINGS) {
    const Weak = await loadWeakened(weakening);
    const seeds = Array.from({ length: MOST_FOR_ONE }, (_, index) => index + 1).filter((seed) => isShownBy(drawScenario(seed), weakening));
    const foundIn = seeds.find((seed) => !play(seed, Weak, newTally(), false));
    if (foundIn !== undefined) found += 1;
    console.log(`a core that ${weakening.name}: ${foundIn === undefined ? `NOT found in ${seeds.length} scenarios` : `found in scenario ${foundIn}`}`);
  }
  return [
    { metric: 'scenarios', value: count, unit: '', note: `${tally.scenariosWithMotion} with motion, ${Math.round(tally.movedMs / 1000)} s of it; ${tally.rejected} packets refused` },
    { metric: 'unsafe_motions', value: tally.unsafe, unit: '', note: 'scenarios with motion on a stale, foreign or out-of-limit command, after a stop, or without a lease' },
    { metric: 'late_stops', value: tally.late, unit: '', note: 'no ramp 100 ms, or not at rest and disengaged 300 ms, after the last good command' },
    { metric: 'weakenings_tried', value: WEAKENINGS.length, unit: '' },
    { metric: 'weakenings_found', value: found, unit: '' },
  ];
}
