/**
 * `npm run demo [-- --seconds N] [--headless]`: a real consult on this machine. Sets up what is missing, starts the server with the
 * synthetic demo hospital on an embedded database, and brings participants together: a simulated ward cart with a 4K close-up, an
 * ultrasound-like picture and sound, a requesting physician, and an expert. With a display the expert is you, in the desktop
 * client's window; without one all run headless and a screenshot shows what the expert sees. One line a second tells how it goes.
 * Ends when interrupted or after N seconds; exit code 0 only if media really flowed.
 */
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { setup } from '../setup/setup.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');
const { values } = parseArgs({ options: { seconds: { type: 'string' }, headless: { type: 'boolean' }, port: { type: 'string' } } });
const seconds = values.seconds === undefined ? null : Number(values.seconds);
if (seconds !== null && !(seconds > 0)) {
  console.error('demo: --seconds wants a number above 0');
  process.exit(2);
}

const { workerPath } = await setup({ profile: 'run', quietWhenDone: false });
const { buildAll } = await import('../bundle/buildAll.mjs');
await buildAll({ write: (line) => console.log(line) });
const { startDemoServer } = await import('./demoServer.mjs');
const { openParticipants } = await import('./participants.mjs');

const controller = new AbortController();
let isWatching = false;
// Before there is anything to sum up, and when asked twice: at once. The server ends with its launcher, the browsers with this process.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => (isWatching && !controller.signal.aborted ? controller.abort() : process.exit(130)));
const closers = [];
let exitCode = 1;
try {
  const server = await startDemoServer({ root, workerPath, port: Number(values.port ?? 7400) });
  closers.push(() => server.stop());
  console.log(`demo: server at ${server.url} (embedded database)`);
  console.log(`demo: accounts, all with password ${server.demo.password}`);
  for (const account of server.demo.accounts) console.log(`demo:   ${account.signInName.padEnd(10)} ${account.role.padEnd(14)} ${account.name.zh} ${account.name.en}`);

  const hasDisplay = Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY || process.platform === 'darwin' || process.platform === 'win32') && !values.headless;
  const participants = await openParticipants({ server, outputFolder: join(root, 'demo-output') });
  closers.push(() => participants.close());
  if (hasDisplay) {
    const { openSignedInDesktop } = await import('./desktopWindow.mjs');
    const desktop = await openSignedInDesktop({ server, signInName: 'expert2', profileDir: join(root, 'data/demo-desktop') });
    closers.push(() => desktop.close());
    console.log(`demo: your window: ${desktop.name}; you are the second expert`);
  }
  isWatching = true;
  exitCode = await participants.watch({ seconds, signal: controller.signal });
} catch (error) {
  console.error(`demo: ${error instanceof Error ? error.message : error}`);
} finally {
  for (const close of closers.reverse()) await close();
}
process.exit(exitCode);
