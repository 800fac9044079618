import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { findCommand } from '../../../build/setup/programs.mjs';
import { compileImpairment } from './compileImpairment.ts';
import { ip, type NetworkPlace } from './namespace.ts';

/** A line's faults, the same in both directions; what is left out is a clean line's. */
export interface LineFaults {
  /** One way. */
  readonly delayMs?: number;
  /** Around `delayMs`, evenly spread; order is kept. */
  readonly jitterMs?: number;
  readonly lossPercent?: number;
  /** Mean length of a loss, in packets; 1: each packet for itself. */
  readonly burst?: number;
  readonly rateKbps?: number;
  /** How long the queue before the rate limit may become before it drops; 200 where not given. */
  readonly queueMs?: number;
  readonly blockUdp?: boolean;
}

export interface DirectionCounts {
  readonly arrived: number;
  readonly delivered: number;
  readonly lost: number;
  readonly overflowed: number;
  readonly blacked: number;
  readonly blocked: number;
  readonly bytes: number;
}

/** Packets since the start: `up` from the far place to the near one. */
export interface LineCounts {
  readonly up: DirectionCounts;
  readonly down: DirectionCounts;
}

const PREFIX = 'hzline';
const NEAR_ADDRESS = '10.77.0.1';
const farAddress = (number: number): string => `10.77.1.${number}`;
let opened = 0;

/** Why no line can be made on this machine; null when it can. */
export function whyNoImpairment(): string | null {
  if (process.platform !== 'linux') return 'bad lines are made with Linux’ network namespaces';
  if (process.getuid?.() !== 0) return 'making network namespaces needs root';
  if (!existsSync('/dev/net/tun')) return 'there is no /dev/net/tun';
  if (!findCommand('ip')) return 'iproute2 is not installed';
  try {
    execFileSync('unshare', ['--net', 'true'], { stdio: 'ignore' });
  } catch {
    return 'this container may not make network namespaces';
  }
  return null;
}

/**
 * Two network namespaces and a bad line between them, carried by our own program (`impairment.c`). Servers and well-connected
 * people live in `near`, the one with the bad line in `far`. Devices and program end with this process; namespaces that an
 * earlier run left behind when it was killed are removed by the next `open`.
 */
export class Impairment {
  readonly near: NetworkPlace;
  readonly #farNamespace: string;
  readonly #farDevice: string;
  readonly #program: ChildProcess;
  readonly #waiting = new Map<number, { readonly resolve: (counts: LineCounts) => void; readonly reject: (error: Error) => void }>();
  #lastId = 0;
  #farNumber = 1;
  #complaint = '';
  #end: Error | null = null;

  private constructor(binary: string, names: { near: string; far: string }, seed: number) {
    this.near = { namespace: names.near, address: NEAR_ADDRESS };
    this.#farNamespace = names.far;
    this.#farDevice = 'line-far';
    this.#program = spawn(binary, [`/run/netns/${names.near}`, 'line-near', `/run/netns/${names.far}`, this.#farDevice, String(seed)], { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#program.stderr?.on('data', (chunk: Buffer) => {
      this.#complaint += chunk.toString();
    });
    this.#program.stdin?.on('error', () => undefined); // its end is told by `exit`
    const ended = (why: string) => {
      this.#end = new Error(`the line ended (${why}) ${this.#complaint.trim()}`);
      for (const { reject } of this.#waiting.values()) reject(this.#end);
      this.#waiting.clear();
    };
    this.#program.once('error', (error) => ended(error.message));
    this.#program.once('close', (code, signal) => ended(String(code ?? signal)));
    if (this.#program.stdout) createInterface({ input: this.#program.stdout }).on('line', (line) => {
      const { id, ...counts } = JSON.parse(line) as LineCounts & { id: number }; // our own program's words
      this.#waiting.get(id)?.resolve(counts);
      this.#waiting.delete(id);
    });
  }

  /** A clean line. @param options.seed decides which packets are lost and how delays scatter */
  static async open(options: { seed?: number } = {}): Promise<Impairment> {
    const binary = await compileImpairment();
    await removeForgotten();
    const mark = `${PREFIX}-${process.pid}-${++opened}`;
    const names = { near: `${mark}-near`, far: `${mark}-far` };
    let line: Impairment | null = null;
    try {
      for (const name of Object.values(names)) {
        await ip('netns', 'add', name);
        await ip('-n', name, 'link', 'set', 'lo', 'up');
      }
      line = new Impairment(binary, names, options.seed ?? 1);
      await line.#answerTo(0);
      await ip('-n', names.near, 'address', 'add', `${NEAR_ADDRESS}/32`, 'dev', 'line-near');
      await ip('-n', names.near, 'link', 'set', 'line-near', 'up');
      await ip('-n', names.near, 'route', 'add', 'default', 'dev', 'line-near');
      await ip('-n', names.far, 'address', 'add', `${farAddress(1)}/32`, 'dev', 'line-far');
      await ip('-n', names.far, 'link', 'set', 'line-far', 'up');
      await ip('-n', names.far, 'route', 'add', 'default', 'dev', 'line-far');
      return line;
    } catch (error) {
      await line?.close();
      await removeNamespaces(Object.values(names));
      throw error;
    }
  }

  get far(): NetworkPlace {
    return { namespace: this.#farNamespace, address: farAddress(this.#farNumber) };
  }

  /** From the next packet on; what is under way keeps its delay. */
  set(faults: LineFaults): Promise<LineCounts> {
    const words = Object.entries(faults).map(([name, value]) => `${name}=${Number(value)}`);
    return this.#command(`set ${words.join(' ')}`);
  }

  /** Nothing passes for so long; resolves at its end. */
  blackout(durationMs: number): Promise<LineCounts> {
    return this.#command(`blackout ${durationMs}`);
  }

  counts(): Promise<LineCounts> {
    return this.#command('stats');
  }

  /** The far place moves to another network: its address goes, another comes. */
  async changeAddress(): Promise<void> {
    const old = farAddress(this.#farNumber);
    this.#farNumber += 1;
    await ip('-n', this.#farNamespace, 'address', 'del', `${old}/32`, 'dev', this.#farDevice);
    await ip('-n', this.#farNamespace, 'address', 'add', `${farAddress(this.#farNumber)}/32`, 'dev', this.#farDevice);
    await ip('-n', this.#farNamespace, 'route', 'replace', 'default', 'dev', this.#farDevice);
  }

  /** The far place loses its network, as by a pulled plug: programs there are told, and nothing can be sent. */
  async cut(): Promise<void> {
    await ip('-n', this.#farNamespace, 'link', 'set', this.#farDevice, 'down');
  }

  /** The plug is back; the way out went with the link. */
  async mend(): Promise<void> {
    await ip('-n', this.#farNamespace, 'link', 'set', this.#farDevice, 'up');
    await ip('-n', this.#farNamespace, 'route', 'replace', 'default', 'dev', this.#farDevice);
  }

  /** Ends what still runs inside, too. */
  async close(): Promise<void> {
    if (this.#program.exitCode === null && this.#program.signalCode === null && this.#program.pid !== undefined) {
      const ended = new Promise((resolve) => this.#program.once('close', resolve));
      this.#program.kill('SIGKILL');
      await ended;
    }
    await removeNamespaces([this.near.namespace, this.#farNamespace]);
  }

  #command(words: string): Promise<LineCounts> {
    this.#lastId += 1;
    const answer = this.#answerTo(this.#lastId);
    this.#program.stdin?.write(`${this.#lastId} ${words}\n`);
    return answer;
  }

  #answerTo(id: number): Promise<LineCounts> {
    if (this.#end) return Promise.reject(this.#end);
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }
}

async function removeNamespaces(names: readonly string[]): Promise<void> {
  for (const name of names) {
    if (!existsSync(`/run/netns/${name}`)) continue;
    const pids = await ip('netns', 'pids', name);
    for (const pid of pids.split('\n').filter((text) => text !== '')) {
      try {
        process.kill(Number(pid), 'SIGKILL');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // else it ended by itself meanwhile
      }
    }
    await ip('netns', 'del', name);
  }
}

/** Namespaces of test runs that are no more. */
async function removeForgotten(): Promise<void> {
  const names = existsSync('/run/netns') ? readdirSync('/run/netns').filter((name) => name.startsWith(`${PREFIX}-`)) : [];
  await removeNamespaces(names.filter((name) => !existsSync(`/proc/${name.split('-')[1]}`)));
}
