/**
 * `npm run bench` lists the benches; `npm run bench -- NAME [--quick]` sets up what is missing, brings the bundles up to date and
 * runs one: a table on the screen, and bench-results/NAME.json. A bench is a file test/bench/NAME.bench.ts.
 */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setup } from '../setup/setup.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');
const folder = join(root, 'test', 'bench');
const suffix = '.bench.ts';

/** Names and descriptions, read from the text: listing has to work before anything is installed. */
function listBenches() {
  return readdirSync(folder)
    .filter((file) => file.endsWith(suffix))
    .sort()
    .map((file) => ({ name: file.slice(0, -suffix.length), description: /^export const description = '(.*)';$/m.exec(readFileSync(join(folder, file), 'utf8'))?.[1] ?? '' }));
}

const benches = listBenches();
const words = process.argv.slice(2);
const [name, ...tooMany] = words.filter((word) => !word.startsWith('--'));
const unknownFlag = words.find((word) => word.startsWith('--') && word !== '--quick');
if (name === undefined && words.length === 0) {
  console.log('npm run bench -- NAME [--quick]\n');
  for (const { name: known, description } of benches) console.log(`  ${known.padEnd(14)} ${description}`);
} else if (name === undefined || tooMany.length > 0 || unknownFlag || !benches.some((bench) => bench.name === name)) {
  console.error(`bench: ${unknownFlag ? `no option ${unknownFlag}` : `give one of ${benches.map((bench) => bench.name).join(', ')}`}`);
  process.exitCode = 2;
} else {
  try {
    await setup({ profile: name === 'tracking' ? 'bench' : 'test', quietWhenDone: true });
    const { buildAll } = await import('../bundle/buildAll.mjs');
    await buildAll({ write: (line) => line.endsWith('up to date') || console.log(line) });
    // In a session of its own: Linux shares a CPU out by session first, and a bench may then raise the priority of its own alone.
    const child = spawn(join(root, 'node_modules', '.bin', 'tsx'), [join(folder, 'runBench.ts'), ...words], { cwd: root, stdio: 'inherit', detached: true, env: { ...process.env, HUIZHEN_BENCH_SESSION: '1' } });
    // The terminal's interrupt does not reach that session, so it is passed on, to all in it.
    for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.pid && process.kill(-child.pid, signal));
    process.exitCode = await new Promise((done) => {
      child.on('error', (error) => {
        console.error(`bench: ${error.message}`);
        done(1);
      });
      child.on('close', (code) => done(code ?? 1));
    });
  } catch (error) {
    console.error(`bench: ${error instanceof Error ? error.message : error}`);
    process.exitCode = 1;
  }
}
