import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findCommand } from '../../../build/setup/programs.mjs';
import { commandInside, type NetworkPlace } from './namespace.ts';

const PORT = 3478;

/** A real coturn inside a namespace: UDP and TCP, credentials made from a shared secret, nothing kept. */
export class TurnServer {
  readonly secret = 'a secret shared by two programs of a test';
  readonly urls: { readonly udp: string; readonly tcp: string };
  readonly #folder = mkdtempSync(join(tmpdir(), 'huizhen-turn-'));
  readonly #child: ChildProcess;
  output = '';

  private constructor(place: NetworkPlace) {
    const address = `turn:${place.address}:${PORT}`;
    this.urls = { udp: `${address}?transport=udp`, tcp: `${address}?transport=tcp` };
    const program = findCommand('turnserver');
    if (!program) throw new Error('coturn is not installed; run the set-up');
    const { command, words } = commandInside(place.namespace, program, [
      '-n', '--log-file=stdout', '--simple-log', '--verbose', '--no-cli', '--no-tls', '--no-dtls', `--pidfile=${join(this.#folder, 'pid')}`, `--userdb=${join(this.#folder, 'db')}`,
      `--listening-ip=${place.address}`, `--relay-ip=${place.address}`, `--listening-port=${PORT}`, '--realm=huizhen', '--use-auth-secret', `--static-auth-secret=${this.secret}`,
    ]);
    this.#child = spawn(command, words, { stdio: ['ignore', 'pipe', 'pipe'] });
  }

  /** Resolves when it listens. */
  static async start(place: NetworkPlace): Promise<TurnServer> {
    const server = new TurnServer(place);
    await new Promise<void>((ok, failed) => {
      const collect = (chunk: Buffer) => {
        server.output = (server.output + chunk.toString()).slice(-100_000);
        if (['UDP', 'TCP'].every((protocol) => new RegExp(`${protocol} listener opened on\\s*:?\\s*${place.address.replaceAll('.', '\\.')}:${PORT}`).test(server.output))) ok();
      };
      server.#child.stdout?.on('data', collect);
      server.#child.stderr?.on('data', collect);
      server.#child.once('error', failed);
      server.#child.once('exit', (code, signal) => failed(new Error(`coturn ended (${code ?? signal}):\n${server.output}`)));
    });
    return server;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const ended = new Promise((ok) => this.#child.once('exit', ok));
      this.#child.kill('SIGKILL'); // it has nothing to put in order, and takes seconds to do so
      await ended;
    }
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 10 });
  }
}
