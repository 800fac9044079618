import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { Stryker } from '@stryker-mutator/core';
import type { Row } from './benchReport.ts';

export const description = 'Remote control’s core with each small fault that a program can put into it: how many its unit tests find (--quick: two files)';

type Mutant = Awaited<ReturnType<Stryker['runMutationTest']>>[number];

const root = resolve(import.meta.dirname, '..', '..');
const FILES = { quick: ['shared/control/clockOffset.ts', 'shared/control/line.ts'], full: ['shared/control/**/*.ts'] } as const;
/** What a mutant may end as and count as found: a test fails, or nothing ends any more. */
const FOUND = new Set<Mutant['status']>(['Killed', 'Timeout']);
/** A mutant that no test reaches is missed as well. */
const MISSED = new Set<Mutant['status']>(['Survived', 'NoCoverage']);

const count = (mutants: readonly Mutant[], statuses: ReadonlySet<Mutant['status']>): number => mutants.filter(({ status }) => statuses.has(status)).length;
const placeOf = ({ fileName, location }: Mutant): string => `${fileName.slice(fileName.indexOf('shared/control/'))}:${location.start.line}:${location.start.column}`;

/** One row for each file, its worst first; the mutants that no test found lie beside the figures. */
export async function run({ quick }: { readonly quick: boolean }): Promise<readonly Row[]> {
  process.chdir(root);
  const mutants = await new Stryker({
    testRunner: 'vitest',
    plugins: ['@stryker-mutator/vitest-runner'],
    // Only tests of this folder: `related` would look for others through the import graph.
    vitest: { configFile: 'build/config/vitest.control.config.ts', related: false },
    mutate: [...FILES[quick ? 'quick' : 'full']],
    reporters: ['progress-append-only'],
    coverageAnalysis: 'perTest',
    concurrency: availableParallelism(),
    tempDirName: 'dist/stryker',
    ignorePatterns: ['/dist', '/bench-results', '/test-results', '/demo-output', '/data', '/renderer', '/sfu-server', '/electron', '/test/e2e', '/test/integration'],
    timeoutMS: 20_000,
    allowConsoleColors: false,
  }).runMutationTest();
  const missed = mutants.filter(({ status }) => MISSED.has(status));
  const folder = join(root, 'bench-results');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'mutation-missed.json'), `${JSON.stringify(missed.map((mutant) => ({ place: placeOf(mutant), mutator: mutant.mutatorName, put: mutant.replacement, status: mutant.status })), null, 2)}\n`);
  const rowOf = (metric: string, of: readonly Mutant[]) => {
    const [found, all] = [count(of, FOUND), count(of, FOUND) + count(of, MISSED)];
    return { metric, value: all === 0 ? 100 : (100 * found) / all, unit: '%', note: `found ${found} of ${all}` };
  };
  const files = [...new Set(mutants.map(({ fileName }) => fileName))].map((fileName) => rowOf(fileName.slice(fileName.indexOf('shared/control/') + 'shared/control/'.length), mutants.filter((mutant) => mutant.fileName === fileName)));
  return [rowOf('found', mutants), ...files.sort((a, b) => a.value - b.value), { metric: 'missed', value: missed.length, unit: '', note: 'each with its place in bench-results/mutation-missed.json' }];
}
