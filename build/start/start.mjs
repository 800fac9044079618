/**
 * `npm start`: the production server from its configuration (environment, or a JSON file named by HUIZHEN_CONFIG; the README lists
 * the settings). Sets up and builds what is missing first; signals are passed on, so that it stops in order.
 */
import { spawn } from 'node:child_process';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readOptions } from '../options/readOptions.mjs';
import { setup } from '../setup/setup.mjs';

readOptions('npm start', {}, 'settings come from the environment or from the file that HUIZHEN_CONFIG names (README.md lists them)');
const root = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');
const { workerPath } = await setup({ profile: 'run', quietWhenDone: true });
const { buildAll } = await import('../bundle/buildAll.mjs');
await buildAll();
const child = spawn(process.execPath, ['--enable-source-maps', join(root, 'dist/server/main.mjs')], { stdio: 'inherit', env: { MEDIASOUP_WORKER_BIN: workerPath, NODE_ENV: 'production', ...process.env } });
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('exit', (code) => {
  process.exitCode = code ?? 1;
});
