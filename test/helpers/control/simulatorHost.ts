import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

const program = resolve(import.meta.dirname, '..', '..', '..', 'dist', 'electron', 'loopback.mjs');

/** The desktop host as the launcher starts it, on a machine with a simulated probe: what a page opened with its fragment is beside. */
export class SimulatorHost {
  readonly fragment: string;
  readonly #child: ChildProcess;
  readonly #folder: string;

  private constructor(child: ChildProcess, folder: string, fragment: string) {
    this.#child = child;
    this.#folder = folder;
    this.fragment = fragment;
  }

  /** @param origin of the page that may connect */
  static async start(origin: string): Promise<SimulatorHost> {
    const folder = mkdtempSync(join(tmpdir(), 'huizhen-host-'));
    writeFileSync(join(folder, 'device.json'), JSON.stringify({ schemaVersion: 1, type: 'simulator' }));
    const child = spawn(process.execPath, [program, `--origin=${origin}`, `--folder=${folder}`], { stdio: ['pipe', 'pipe', 'inherit'] });
    for await (const line of createInterface({ input: child.stdout })) {
      const said: unknown = JSON.parse(line);
      if (typeof said === 'object' && said !== null && 'fragment' in said && typeof said.fragment === 'string') return new SimulatorHost(child, folder, said.fragment);
    }
    throw new Error('the host ended before it listened');
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolveEnd) => this.#child.once('exit', resolveEnd));
    this.#child.stdin?.end();
    await ended;
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
