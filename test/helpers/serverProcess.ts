import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { workerPath } from '../../build/worker/workerPath.mjs';
import { fetchInside, forkInside, type NetworkPlace } from './impairment/namespace.ts';
import { putPreparedDatabase } from './preparedDatabase.ts';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');

interface ReadyMessage {
  readonly type: 'ready';
  readonly url: string;
  readonly demo: { readonly type: 'seeded'; readonly password: string; readonly liveConsultId: string; readonly cartIds: readonly string[] } | null;
}

/** A free TCP port on loopback, so that a server that is killed can come back under the same address. */
export function freePort(): Promise<number> {
  return new Promise((ok, failed) => {
    const probe = createServer();
    probe.once('error', failed);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      probe.close(() => ok(port));
    });
  });
}

/** The real server program in its own process with its own data folder; can be killed and started again on the same address. */
export class ServerProcess {
  readonly port: number;
  readonly dataFolder: string;
  readonly #environment: Record<string, string>;
  readonly #place: NetworkPlace | null;
  #child: ChildProcess | null = null;
  #ready: ReadyMessage | null = null;
  output = '';

  private constructor(port: number, environment: Record<string, string>, place: NetworkPlace | null) {
    this.port = port;
    this.#place = place;
    this.dataFolder = mkdtempSync(join(tmpdir(), 'huizhen-test-'));
    this.#environment = environment;
  }

  /** @param place a network namespace to live in, where it serves with a certificate of its own; left out: loopback */
  static async start(environment: Record<string, string> = {}, place: NetworkPlace | null = null): Promise<ServerProcess> {
    const server = new ServerProcess(await freePort(), environment, place);
    if (!('DATABASE_URL' in environment)) await putPreparedDatabase(join(server.dataFolder, 'db'));
    await server.run();
    return server;
  }

  get url(): string {
    return this.#place ? `https://${this.#place.address}:${this.port}` : `http://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    const pid = this.#child?.pid;
    if (pid === undefined) throw new Error('the server is not running');
    return pid;
  }

  /** Process ids of its media workers; fault tests end them. */
  workerPids(): number[] {
    const children = readFileSync(`/proc/${this.pid}/task/${this.pid}/children`, 'utf8').split(' ').filter((text) => text.trim() !== '');
    return children.map(Number).filter((pid) => readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('mediasoup'));
  }

  get demo(): NonNullable<ReadyMessage['demo']> {
    const demo = this.#ready?.demo;
    if (!demo) throw new Error('the server was not seeded');
    return demo;
  }

  /** Starts (again) and resolves when it is ready. */
  run(): Promise<void> {
    const child = fork(join(root, 'dist', 'server', 'main.mjs'), {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      ...(this.#place ? forkInside(this.#place.namespace) : {}),
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: process.env['HOME'] ?? '',
        HUIZHEN_PORT: String(this.port),
        HUIZHEN_DATA_DIR: this.dataFolder,
        HUIZHEN_DEMO: '1',
        HUIZHEN_DEMO_PASSWORD: 'Pruefung-2026-lang',
        HUIZHEN_RTC_PORT_BASE: '0',
        HUIZHEN_WORKERS: '2',
        HUIZHEN_AUTH_REQUESTS_PER_MINUTE: '100000',
        MEDIASOUP_WORKER_BIN: workerPath(),
        ...(this.#place ? { HUIZHEN_HOST: this.#place.address, HUIZHEN_TLS: 'self-signed' } : {}),
        ...this.#environment,
      },
    });
    this.#child = child;
    const collect = (chunk: Buffer) => {
      this.output = (this.output + chunk.toString()).slice(-200_000);
    };
    child.stdout?.on('data', collect);
    child.stderr?.on('data', collect);
    return new Promise((ok, failed) => {
      child.once('exit', (code, signal) => failed(new Error(`the server ended (${code ?? signal}):\n${this.output}`)));
      child.on('message', (message: ReadyMessage) => {
        if (message.type !== 'ready') return;
        this.#ready = message;
        ok();
      });
    });
  }

  /** SIGKILL, and resolves when the process is gone. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Stops in order and starts again. */
  async restart(): Promise<void> {
    await this.#end('SIGTERM');
    await this.run();
  }

  /** Whoever reads what the server says goes away. */
  closeOutput(): void {
    this.#child?.stdout?.destroy();
    this.#child?.stderr?.destroy();
  }

  /** Resolves when the process has ended, with its exit code; null when by a signal. */
  ended(): Promise<number | null> {
    const child = this.#child;
    if (!child || child.exitCode !== null) return Promise.resolve(child?.exitCode ?? null);
    return new Promise((resolve) => child.once('exit', (code) => resolve(code)));
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  /** Stops in order and removes the data folder. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM');
    rmSync(this.dataFolder, { recursive: true, force: true, maxRetries: 10 });
  }

  #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (!child || child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
    return new Promise((ok) => {
      child.removeAllListeners('exit');
      child.once('exit', () => ok());
      child.kill(signal);
    });
  }

  /** Signs a demo account in and gives its token. */
  async signIn(signInName: string): Promise<string> {
    const url = `${this.url}/api/sign-in`;
    const init = {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-huizhen-protocol': '1.0' },
      body: JSON.stringify({ signInName, password: this.demo.password, client: 'test' }),
    };
    const response = await (this.#place ? fetchInside(this.#place.namespace, url, init) : fetch(url, init));
    if (!response.ok) throw new Error(`sign-in of ${signInName}: ${response.status} ${await response.text()}`);
    const { token } = (await response.json()) as { token: string }; // checked by the contract tests
    return token;
  }
}
