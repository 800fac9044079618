/**
 * The desktop host for a browser window, as a process of its own.
 *
 *   loopback --origin=http://127.0.0.1:7400 --folder=DIR [--kiosk]
 *   loopback --folder=DIR --set-kiosk-code            (code on standard input)
 *   loopback --folder=DIR --trust-certificate=HOST=SHA256
 *   loopback --folder=DIR --verify-control-record
 *
 * Speaks JSON lines on standard output, to the launcher that started it and nobody else: `listening` with the fragment for the first
 * window, `launch` with one more for each line `launch` on standard input, `kioskLeft`. Ends when standard input closes: a launcher
 * that dies must not leave a host behind.
 */
import { createInterface } from 'node:readline';
import { createSystemClock } from '#shared/lib/clock';
import { drop } from '#shared/lib/drop';
import { composeHost } from '../host/composeHost.ts';
import { createNoProtector } from '../host/noProtector.ts';
import { NO_POWER } from '../host/power.ts';
import { parseSetupCommand, runSetup } from '../host/setup.ts';
import { VERSION } from '../host/version.ts';
import { LoopbackServer } from './loopbackServer.ts';

const NO_VAULT_REASON = 'the browser window has no store of the operating system; the page keeps its keys in the browser instead';

function say(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function option(name: string): readonly string[] {
  const prefix = `--${name}=`;
  return process.argv.filter((argument) => argument.startsWith(prefix)).map((argument) => argument.slice(prefix.length));
}

async function main(): Promise<void> {
  const [folder] = option('folder');
  if (folder === undefined || folder === '') throw new Error('--folder=DIR is needed');
  const wantsKiosk = process.argv.includes('--kiosk');
  const parts = composeHost({
    folder,
    clock: createSystemClock(globalThis),
    kind: 'loopback',
    version: VERSION,
    isKiosk: wantsKiosk,
    protector: createNoProtector(NO_VAULT_REASON),
    power: NO_POWER,
    askPerson: null, // a process without a window has nothing but the page to ask with
    onKioskLeft: () => say({ type: 'kioskLeft' }),
  });
  const command = parseSetupCommand(process.argv);
  if (command) {
    say({ type: 'done', text: await runSetup(command, parts, process.stdin) });
    return;
  }
  if (wantsKiosk && (await parts.kiosk.status()) === 'unset') throw new Error('a kiosk needs an exit code first: run with --set-kiosk-code');
  const allowedOrigins = option('origin').map((text) => new URL(text).origin);
  if (allowedOrigins.length === 0) throw new Error('--origin=URL is needed, the page that may connect');
  const server = await LoopbackServer.open({ host: parts.host, allowedOrigins, clock: createSystemClock(globalThis), log: parts.log });
  say({ type: 'listening', fragment: server.createLaunchFragment() });

  drop(parts.control.open(), 'a device that cannot be had is told by control.describe');

  const lines = createInterface({ input: process.stdin });
  lines.on('line', (line) => {
    if (line.trim() === 'launch') say({ type: 'launch', fragment: server.createLaunchFragment() });
  });
  let isStopping = false;
  const stop = () => {
    if (isStopping) return; // closing the lines calls it again
    isStopping = true;
    lines.close();
    const stopped = server.close().then(() => parts.control.close()).then(() => parts.log.flush());
    drop(stopped.finally(() => process.exit(0)), 'the process ends either way');
  };
  lines.on('close', stop);
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

main().catch((error: unknown) => {
  process.stderr.write(`huizhen loopback host: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
