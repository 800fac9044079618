import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type CaseId, caseIdSchema } from '#shared/domain/ids';
import { bundleProgram } from '../bundleProgram.ts';
import { putPreparedDatabase } from '../preparedDatabase.ts';
import { freePort } from '../serverProcess.ts';
import type { CaseServerSetting } from './caseServerMain.ts';

const here = dirname(fileURLToPath(import.meta.url));
const bundleServer = () => bundleProgram(join(here, 'caseServerMain.ts'), 'caseServer');

/** A process that was started ahead of its time. */
interface Loaded {
  readonly child: ChildProcess;
  readonly isLoaded: Promise<void>;
}

/**
 * The server's case files in a process of their own (`caseServerMain.ts`), to be killed and started again on the same address and
 * data, many times in a minute: the process that follows is loaded while the present one works.
 */
export class CaseServerProcess {
  readonly #file: string;
  readonly #setting: CaseServerSetting;
  readonly #folder: string;
  #next: Loaded | null = null;
  #child: ChildProcess | null = null;
  #caseId: CaseId | null = null;
  #errors = '';

  private constructor(file: string, setting: CaseServerSetting, folder: string) {
    this.#file = file;
    this.#setting = setting;
    this.#folder = folder;
  }

  /** @param databaseUrl of a PostgreSQL; null: PGlite in a folder, with every commit on the disk */
  static async start(databaseUrl: string | null): Promise<CaseServerProcess> {
    const folder = mkdtempSync(join(tmpdir(), 'huizhen-cases-'));
    const database = databaseUrl === null ? ({ type: 'folder', folder: join(folder, 'db') } as const) : ({ type: 'postgres', url: databaseUrl } as const);
    const server = new CaseServerProcess(
      await bundleServer(),
      {
        database,
        objectsFolder: join(folder, 'objects'),
        port: await freePort(),
      },
      folder,
    );
    if (database.type === 'folder') await putPreparedDatabase(database.folder);
    await server.run();
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#setting.port}`;
  }

  /** A case that `requester`, `nurse` and `expert` write in. */
  get caseId(): CaseId {
    if (this.#caseId === null) throw new Error('the server was never ready');
    return this.#caseId;
  }

  /** Starts (again) and resolves when it is ready. */
  async run(): Promise<void> {
    const { child, isLoaded } = this.#next ?? this.#load();
    this.#next = null;
    await isLoaded;
    this.#child = child;
    await new Promise<void>((resolve, reject) => {
      child.once('exit', (code, signal) => reject(new Error(`the server ended (${code ?? signal}):\n${this.#errors}`)));
      child.on('message', (message: { type: string; caseId: string }) => {
        if (message.type !== 'ready') return;
        this.#caseId = caseIdSchema.parse(message.caseId);
        resolve();
      });
      child.send(this.#setting);
    });
    this.#next = this.#load();
  }

  /** SIGKILL, and resolves when the process is gone. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    await end(child);
  }

  /** Ends it and removes its data. */
  async stop(): Promise<void> {
    await this.kill();
    await end(this.#next?.child ?? null);
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 10 });
  }

  #load(): Loaded {
    const child = fork(this.#file, {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      execArgv: [],
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      this.#errors = (this.#errors + chunk.toString()).slice(-20_000);
    });
    const isLoaded = new Promise<void>((resolve) => child.once('message', () => resolve()));
    return { child, isLoaded };
  }
}

function end(child: ChildProcess | null): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.removeAllListeners('exit');
    child.once('exit', () => resolve());
    child.kill('SIGKILL');
  });
}
