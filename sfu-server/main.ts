import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism, networkInterfaces } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { workerBin as mediasoupWorkerBin } from 'mediasoup';
import { createSystemClock } from '#shared/lib/clock';
import type { SetUpCode } from './auth/firstSetUp.ts';
import { ConfigError, loadConfig } from './config.ts';
import { createLog } from './observability/log.ts';
import { startServer } from './server.ts';
import { startLine } from './startFailures.ts';

/** How long an orderly stop may take before the process ends all the same, ms. */
const STOP_LIMIT_MS = 20_000;

/** The production server: configuration from outside, one process, stops in order on SIGTERM and SIGINT. */
async function main(): Promise<void> {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []).filter((address) => !address.internal).sort((a, b) => a.family.localeCompare(b.family)).map((address) => address.address);
  const config = loadConfig(process.env, { cores: availableParallelism(), addresses }, (path) => readFileSync(path, 'utf8'));
  const clock = createSystemClock(globalThis);
  const log = createLog(config.logLevel);
  const root = findRoot(dirname(fileURLToPath(import.meta.url)));
  const clientFolder = join(root, 'dist', 'client');
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }; // our own file
  const server = await startServer({
    config,
    workerBin: config.media.workerBinary ?? mediasoupWorkerBin,
    imagingProgram: join(dirname(fileURLToPath(import.meta.url)), 'imaging.mjs'),
    version,
    clientFolder: existsSync(clientFolder) ? clientFolder : null,
    clock,
    log,
  });
  if (server.fingerprint) log.info({ sha256: server.fingerprint }, 'the certificate is self-signed; compare its fingerprint where a client asks');
  // Not through the log: whoever keeps that, keeps no code.
  if (server.setUpCode) console.error(firstSetUpLine(server.reachableUrls, server.setUpCode));
  // A launcher that started us with a channel is told what to print.
  process.send?.({ type: 'ready', url: server.url, fingerprint: server.fingerprint, demo: server.demo });

  let signals = 0;
  const stop = (signal: string) => {
    signals += 1;
    if (signals > 1) process.exit(1); // asked twice: at once
    log.info({ signal }, 'stopping');
    clock.after(STOP_LIMIT_MS, () => process.exit(1));
    server.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error }, 'could not stop in order');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', () => stop('SIGTERM'));
  process.on('SIGINT', () => stop('SIGINT'));
  process.on('disconnect', () => stop('launcher gone'));
}

/** For the person at the machine: where to go, and with what. */
function firstSetUpLine(urls: readonly string[], { code, expiresAtMs }: SetUpCode): string {
  const until = new Date(expiresAtMs);
  const time = `${String(until.getHours()).padStart(2, '0')}:${String(until.getMinutes()).padStart(2, '0')}`;
  return `first set-up: nobody has an account yet; open ${urls.join(' or ')} and enter the code ${code} (once, until ${time}; each start gives a new one)`;
}

/** The folder that holds package.json, above this file whether it runs from source or from dist. */
function findRoot(from: string): string {
  if (existsSync(join(from, 'package.json'))) return from;
  const parent = dirname(from);
  if (parent === from) throw new ConfigError('package.json', 'is not in any folder above the program');
  return findRoot(parent);
}

main().catch((error: unknown) => {
  console.error(startLine(error));
  process.exit(1);
});
