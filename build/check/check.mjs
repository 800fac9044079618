/**
 * `npm run check`: types, lint, the law of arrows, unused code, Electron's security rules. Every step says how long it took; all
 * run even when one fails, so that one run shows everything. Types take longest, and go beside the others. `node build/check/check.mjs NAME…` runs only the named ones.
 */
import { spawn } from 'node:child_process';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');
const bin = (name) => join(root, 'node_modules', '.bin', name);

/** @type {{ name: string, command: string, args: string[] }[]} */
const STEPS = [
  { name: 'types', command: bin('tsc'), args: ['-b'] },
  { name: 'lint', command: bin('biome'), args: ['lint', '--config-path=build/config/lint-rules.json', '--error-on-warnings', '.'] },
  { name: 'arrows', command: bin('depcruise'), args: ['--config', 'build/config/dependency-rules.cjs', 'shared', 'renderer', 'electron', 'sfu-server', 'build'] },
  { name: 'unused', command: bin('knip'), args: ['--config', 'build/config/knip.json', '--no-progress'] },
  { name: 'electron', command: process.execPath, args: ['build/desktop/checkElectron.mjs'] },
];

function run({ command, args }) {
  return new Promise((done) => {
    let output = '';
    const child = spawn(command, args, { cwd: root, env: { ...process.env, NO_COLOR: '1' }, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        output += chunk;
      });
    }
    child.on('error', (error) => done({ ok: false, output: String(error) }));
    child.on('close', (code) => done({ ok: code === 0, output }));
  });
}

const wanted = process.argv.slice(2);
let failed = 0;
async function check(step) {
  if (wanted.length > 0 && !wanted.includes(step.name)) return;
  const startedMs = performance.now();
  const { ok, output } = await run(step);
  console.log(`check: ${step.name.padEnd(9)} ${ok ? 'ok' : 'FAILED'} (${((performance.now() - startedMs) / 1000).toFixed(1)} s)`);
  if (!ok) {
    failed += 1;
    console.log(output.trim());
  }
}
const [types, ...others] = STEPS;
await Promise.all([
  check(types),
  (async () => {
    for (const step of others) await check(step);
  })(),
]);
process.exitCode = failed === 0 ? 0 : 1;
