/** The server of the demo in its own process, with its data in the checkout's `data/demo`. */
import { fork } from 'node:child_process';
import { join } from 'node:path';

/**
 * @returns {Promise<{ url: string, demo: { password: string, liveConsultId: string, accounts: { signInName: string, role: string, name: { zh: string, en: string } }[], cartIds: string[] }, stop(): Promise<void> }>}
 */
export function startDemoServer({ root, workerPath, port }) {
  const child = fork(join(root, 'dist/server/main.mjs'), {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      HUIZHEN_PORT: String(port),
      HUIZHEN_DEMO: '1',
      HUIZHEN_DATA_DIR: process.env.HUIZHEN_DATA_DIR ?? join(root, 'data/demo'),
      HUIZHEN_RTC_PORT_BASE: '0',
      MEDIASOUP_WORKER_BIN: workerPath,
    },
  });
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors = (errors + chunk).slice(-4000);
  });
  const gone = new Promise((done) => child.once('exit', done));
  return new Promise((ready, failed) => {
    child.once('exit', (code) => failed(new Error(`the server ended with ${code}: ${errors.trim() || 'no reason given'}`)));
    child.on('message', (message) => {
      if (message.type !== 'ready') return;
      if (message.demo?.type !== 'seeded') {
        child.kill('SIGTERM');
        failed(new Error(message.demo?.reason ?? 'the demo hospital could not be set up'));
        return;
      }
      ready({
        url: message.url,
        demo: message.demo,
        stop: async () => {
          child.kill('SIGTERM');
          await gone;
        },
      });
    });
  });
}
