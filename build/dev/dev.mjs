/**
 * `npm run dev`: the server with demo data, started anew whenever its sources change, and Vite in front of it with hot reloading.
 * Ends with Ctrl-C.
 */
import { fork } from 'node:child_process';
import { watch } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setup } from '../setup/setup.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');
const { workerPath } = await setup({ profile: 'run', quietWhenDone: true });
const { bundleServer } = await import('../bundle/server.mjs');
const { createServer } = await import('vite');

let child = null;
let isBusy = false;
let isWanted = false;
async function restart() {
  isWanted = true;
  if (isBusy) return;
  isBusy = true;
  while (isWanted) {
    isWanted = false;
    try {
      const main = await bundleServer();
      if (child) {
        const gone = new Promise((done) => child.once('exit', done));
        child.kill('SIGTERM');
        await gone;
      }
      child = fork(main, { env: { ...process.env, MEDIASOUP_WORKER_BIN: workerPath, HUIZHEN_DEMO: '1', HUIZHEN_DATA_DIR: join(root, 'data/dev'), HUIZHEN_ALLOWED_ORIGINS: 'app://huizhen,http://localhost:5173,http://127.0.0.1:5173' } });
      child.on('message', (message) => {
        if (message.type === 'ready' && message.demo) console.log(`dev: server ready at ${message.url}; sign in as expert, nurse, scheduler … with ${message.demo.password}`);
      });
    } catch {
      console.log('dev: the server does not build; waiting for the next change');
    }
  }
  isBusy = false;
}
for (const folder of ['sfu-server', 'shared']) watch(join(root, folder), { recursive: true }, () => void restart());
await restart();
const vite = await createServer({ configFile: join(root, 'build/client/vite.config.ts'), server: { host: '127.0.0.1', port: 5173 } });
await vite.listen();
vite.printUrls();
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, async () => {
    child?.kill('SIGTERM');
    await vite.close();
    process.exit(0);
  });
}
