import { mkdirSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Row } from './benchReport.ts';
import { median, percentile } from './statistics.ts';
import { openBenchPage } from './tracking/benchPage.ts';
import { driftPicture } from './tracking/driftPicture.ts';
import { describe, type Figures, figuresOf } from './tracking/evaluate.ts';
import type { RunOptions, Trace } from './tracking/page.ts';
import { type Scene, SCENES } from './tracking/scenes.ts';

export const description = 'Marks on moving pictures with known truth: drift, loss, wrong and sure, time to come back, time a frame; beside static overlay and plain optical flow';

const BITRATE_BPS = 1_500_000;
const SIZES: readonly (readonly [1920 | 1280 | 640, number])[] = [[1920, 1080], [1280, 720], [640, 360]];
/** Seconds of each scene at each width. HUIZHEN_BENCH_SCENES (names, by comma) and HUIZHEN_BENCH_SECONDS narrow the full run. */
const FULL_S = { 1920: 30, 1280: 10, 640: 10 } as const;
const QUICK_S: Readonly<Record<string, number>> = { pan: 1.5, 'two layers': 1.5, relief: 1.5, 'cut and cover': 3.4 };

interface Done {
  readonly scene: Scene;
  readonly width: number;
  readonly trace: Trace;
  readonly figures: Figures;
}

export async function run({ quick }: { readonly quick: boolean }): Promise<readonly Row[]> {
  const only = process.env.HUIZHEN_BENCH_SCENES?.split(',');
  const secondsOf = (name: string, width: (typeof SIZES)[number][0]) => {
    if (quick) return width === 1920 ? (QUICK_S[name] ?? 0) : 0;
    if (only && !only.includes(name)) return 0;
    return Math.min(FULL_S[width], Number(process.env.HUIZHEN_BENCH_SECONDS ?? 60));
  };
  const { page, close } = await openBenchPage();
  const done: Done[] = [];
  try {
    for (const [width, height] of SIZES) {
      for (const scene of SCENES) {
        const seconds = secondsOf(scene.name, width);
        if (seconds === 0) continue;
        const options: RunOptions = { scene: scene.name, width, height, seconds, bitrateBps: BITRATE_BPS, ...(quick ? { drawnFrame: 15, anchorFrame: 24 } : { drawnFrame: 30, anchorFrame: 45 }) };
        const trace = await page.evaluate((given) => (globalThis as unknown as { runScene: (options: RunOptions) => Promise<Trace> }).runScene(given), options); // put there by page.ts
        console.log(`tracking: ${width}×${height}, ${seconds} s, ${describe(scene.name, trace)}`);
        done.push({ scene, width, trace, figures: figuresOf(trace.marks) });
      }
    }
  } finally {
    await close();
  }
  const folder = resolve(import.meta.dirname, '..', '..', 'bench-results');
  mkdirSync(folder, { recursive: true });
  writeFileSync(resolve(folder, 'tracking.svg'), driftPicture(new Map(done.filter(({ width }) => width === 1920).map(({ scene, trace }) => [scene.name, trace]))));
  return rowsOf(done);
}

/** A figure, or the reason why there is none. */
const row = (metric: string, values: readonly number[], pick: (values: readonly number[]) => number, unit: string, note: string): Row => {
  const known = values.filter(Number.isFinite);
  return known.length === 0 ? { metric, missing: 'no such frame in this run' } : { metric, value: pick(known), unit, note };
};
const p95 = (values: readonly number[]) => percentile(values, 0.95);
const most = (values: readonly number[]) => Math.max(...values);

function rowsOf(done: readonly Done[]): readonly Row[] {
  const large = done.filter(({ width }) => width === 1920);
  const of = (kind: Scene['kind']) => large.filter(({ scene }) => scene.kind === kind).flatMap(({ figures }) => figures.errors);
  const back = large.flatMap(({ figures }) => figures.backMs);
  const worst = (pick: (figures: Figures) => number) => [...done].filter(({ figures }) => Number.isFinite(pick(figures))).sort((a, b) => pick(b.figures) - pick(a.figures))[0];
  const named = (one: Done | undefined) => (one ? `the worst scene: ${one.scene.name} at ${one.width}` : '');
  return [
    row('drift_median_px_1080', of('flat'), median, 'px', 'flat or far scenes, middle and corners of marks shown as sure; aim ≤ 0.5'),
    row('drift_p95_px_1080', of('flat'), p95, 'px', 'aim ≤ 1.5'),
    row('relief_drift_median_px_1080', of('relief'), median, 'px', 'aim ≤ 2'),
    row('wrong_confident_pct', done.map(({ figures }) => figures.wrongPct), most, '%', `shown as sure, more than 10 px off; ${named(worst(({ wrongPct }) => wrongPct))}; aim ≤ 0.5`),
    row('lost_pct', done.map(({ figures }) => figures.lostPct), most, '%', `visible and not shown as sure, faded ones included; ${named(worst(({ lostPct }) => lostPct))}; aim ≤ 10`),
    row('reacquire_p95_ms', back, p95, 'ms', `${back.length} returns into sight; 5000 = not within 5 s; aim ≤ 300`),
    row('reacquired_within_300_ms_pct', back.length === 0 ? [] : [(100 * back.filter((ms) => ms <= 300).length) / back.length], median, '%', 'aim ≥ 95'),
    row('frame_ms_1080', large.flatMap(({ trace }) => trace.frameMs), median, 'ms', 'grabbing and following one to three marks; aim ≤ 15'),
    row('frame_p95_ms_1080', large.flatMap(({ trace }) => trace.frameMs), p95, 'ms', 'of all frames'),
    row('search_ms', large.flatMap(({ trace }) => trace.searchMs), median, 'ms', 'in the worker beside'),
    row('static_drift_median_px_1080', large.flatMap(({ figures }) => figures.staticErrors), median, 'px', 'marks that stay where they were drawn'),
    row('plain_lk_drift_p95_px_1080', large.flatMap(({ figures }) => figures.plainErrors), p95, 'px', 'optical flow from frame to frame, added up'),
    ...done.flatMap(({ scene, width, figures }) => {
      const name = `${scene.name.replaceAll(' ', '_')}_${width}`;
      return [row(`${name}_median_px`, figures.errors, median, 'px', ''), row(`${name}_p95_px`, figures.errors, p95, 'px', ''), row(`${name}_wrong_pct`, [figures.wrongPct], most, '%', ''), row(`${name}_lost_pct`, [figures.lostPct], most, '%', figures.refused.length === 0 ? '' : `refused: ${figures.refused.join(', ')}`)];
    }),
  ];
}
