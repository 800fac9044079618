/**
 * `npm test`: sets up what is missing, builds, and runs everything: check, unit, contract, integration with the real worker and
 * databases, end-to-end in real Chromium. One step after another; stops at the first that fails unless told `--all`.
 * `node build/test/test.mjs NAME…` runs only the named steps. The last line says how many tests passed and failed.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setup } from '../setup/setup.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');
const results = join(root, 'test-results');
const bin = (name) => join(root, 'node_modules', '.bin', name);
const vitest = (project) => ({ command: bin('vitest'), args: ['run', '--config', 'build/config/vitest.config.ts', '--project', project, '--reporter=default', '--reporter=json', `--outputFile.json=test-results/${project}.json`], report: `${project}.json` });

const STEPS = {
  check: { command: process.execPath, args: ['build/check/check.mjs'], report: null },
  unit: vitest('unit'),
  // The core that moves a probe has 98 % of its branches seen by its own unit tests, or this fails.
  coverage: { command: bin('vitest'), args: ['run', '--config', 'build/config/vitest.control.config.ts', '--coverage', '--reporter=dot'], report: null },
  contract: vitest('contract'),
  integration: vitest('integration'),
  e2e: { command: bin('playwright'), args: ['test', '--config', 'build/config/playwright.config.ts'], report: 'e2e.json' },
};

function run(command, args) {
  return new Promise((done) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, FORCE_COLOR: '0', NO_COLOR: '1' } });
    child.on('error', () => done(127));
    child.on('close', (code, signal) => done(code ?? (signal ? 128 : 1)));
  });
}

/** Passed and failed tests of a step's report; null when it wrote none. */
function countsOf(report) {
  const path = report && join(results, report);
  if (!path || !existsSync(path)) return null;
  const data = JSON.parse(readFileSync(path, 'utf8'));
  if (typeof data.numPassedTests === 'number') return { passed: data.numPassedTests, failed: data.numFailedTests };
  return { passed: data.stats.expected + data.stats.flaky, failed: data.stats.unexpected };
}

const wanted = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const unknown = wanted.filter((name) => !(name in STEPS));
if (unknown.length > 0) {
  console.error(`test: no step ${unknown.join(', ')}; there are ${Object.keys(STEPS).join(', ')}`);
  process.exit(2);
}
const startedMs = performance.now();
await setup({ profile: 'test' });
const { buildAll } = await import('../bundle/buildAll.mjs');
await buildAll();
rmSync(results, { recursive: true, force: true });
mkdirSync(results, { recursive: true });
let passed = 0;
let failed = 0;
for (const [name, step] of Object.entries(STEPS)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const stepMs = performance.now();
  console.log(`\ntest: ${name} …`);
  const code = await run(step.command, step.args);
  const counts = countsOf(step.report);
  passed += counts?.passed ?? 0;
  failed += counts?.failed ?? 0;
  if (code !== 0 && (counts?.failed ?? 0) === 0) failed += 1; // it failed outside a single test
  console.log(`test: ${name} ${code === 0 ? 'ok' : `FAILED (exit ${code})`} in ${((performance.now() - stepMs) / 1000).toFixed(0)} s${counts ? `, ${counts.passed} passed, ${counts.failed} failed` : ''}`);
  if (code !== 0 && !process.argv.includes('--all')) break;
}
console.log(`\ntest: all in ${((performance.now() - startedMs) / 1000).toFixed(0)} s`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
