import { type ChildProcess, spawn } from 'node:child_process';
import { examplePath } from '../../../build/openIgtLink/examples.mjs';
import { commandInside } from '../impairment/namespace.ts';

/** One of OpenIGTLink's own example programs, and what it prints. */
export class ExampleProgram {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  #text = '';
  #wake: () => void = () => undefined;

  /** In `namespace`, when one is named: its servers listen on all addresses. */
  constructor(name: Parameters<typeof examplePath>[0], words: readonly string[], namespace: string | null) {
    const path = examplePath(name);
    const { command, words: all } = namespace === null ? { command: path, words } : commandInside(namespace, path, words);
    this.#child = spawn(command, all, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#ended = new Promise((done) => this.#child.once('exit', done));
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.#text = `${this.#text}${chunk.toString()}`.slice(-2_000_000);
        this.#wake();
      });
    }
  }

  get text(): string {
    return this.#text;
  }

  /** Resolves when what it has printed is as asked for. */
  async printed(isEnough: (text: string) => boolean): Promise<string> {
    while (!isEnough(this.#text)) {
      await new Promise<void>((wake) => {
        this.#wake = wake;
      });
    }
    return this.#text;
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGKILL'); // the examples know no other end
    await this.#ended;
  }
}
