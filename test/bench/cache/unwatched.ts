import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BrowserContext, chromium } from 'playwright-core';
import { findBrowser } from '../../../build/setup/programs.mjs';
import { required } from '#shared/lib/assert';
import { CHROMIUM_ARGUMENTS } from '../../helpers/chromium.ts';
import { PageProcesses } from '../../helpers/pageProcesses.ts';

const POLL_MS = 50;
const START_MS = 20_000;
const PATIENCE_MS = 60_000;
/** Until the page is at rest after the watching. */
const SETTLE_MS = 500;
const DONE = 'measured';

/**
 * A browser that is steered only now and then: whoever watches it has every answer of the network kept for the watcher in the page's own
 * memory, up to 200 MB, and each of them told, which halves the speed. What is measured runs while nobody watches.
 */
export class UnwatchedBrowser {
  readonly processes: PageProcesses;
  readonly #child: ChildProcess;
  /** Host and port of its remote control. */
  readonly #host: string;
  readonly #path: string;

  private constructor(child: ChildProcess, port: string, path: string) {
    this.#child = child;
    this.#host = `127.0.0.1:${port}`;
    this.#path = path;
    this.processes = new PageProcesses(required(child.pid, 'the browser has a process'));
  }

  /** @param folder of the profile */
  static async start(folder: string): Promise<UnwatchedBrowser> {
    const program = findBrowser();
    if (!program) throw new Error('no Chromium or Chrome is installed; run the set-up');
    const child = spawn(program, ['--headless=new', '--remote-debugging-port=0', '--no-first-run', '--window-size=1366,768', '--lang=en', `--user-data-dir=${folder}`, ...CHROMIUM_ARGUMENTS], { stdio: 'ignore' });
    const until = performance.now() + START_MS;
    for (;;) {
      const [port, path] = portOf(folder);
      if (port !== undefined && path !== undefined) return new UnwatchedBrowser(child, port, path);
      if (performance.now() > until || child.exitCode !== null) throw new Error('the browser did not say where it listens');
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  /** Watches while `work` runs. */
  async watch<T>(work: (context: BrowserContext) => Promise<T>): Promise<T> {
    const browser = await chromium.connectOverCDP(`ws://${this.#host}${this.#path}`);
    try {
      return await work(required(browser.contexts()[0], 'the profile’s own context'));
    } finally {
      await browser.close(); // ends the watching only
    }
  }

  /** Runs a function in the page whose address begins with `url`, a moment after the watching has ended, and watches again when it is done. */
  async measure<A>(url: string, work: (argument: A) => Promise<number>, argument: A): Promise<number> {
    const pageOf = (context: BrowserContext) => required(context.pages().find((page) => page.url().startsWith(url)), url);
    // Titles are told to anybody, without watching.
    await this.watch((context) => pageOf(context).evaluate(`{
      globalThis.__name ??= (value) => value;
      const say = () => { document.title = '${DONE}'; };
      window.measured = new Promise((resolve) => setTimeout(resolve, ${SETTLE_MS})).then(() => (${work.toString()})(${JSON.stringify(argument)}));
      window.measured.then(say, say);
    }`));
    await this.#untilTitled();
    return this.watch((context) => pageOf(context).evaluate<number>("document.title = ''; window.measured"));
  }

  async #untilTitled(): Promise<void> {
    for (const until = performance.now() + PATIENCE_MS; performance.now() < until; await new Promise((resolve) => setTimeout(resolve, POLL_MS))) {
      const pages = (await (await fetch(`http://${this.#host}/json/list`)).json()) as readonly { readonly title: string }[]; // what Chromium documents
      if (pages.some(({ title }) => title === DONE)) return;
    }
    throw new Error('what was measured did not end');
  }

  async close(): Promise<void> {
    const gone = new Promise<void>((resolve) => this.#child.once('exit', () => resolve()));
    this.#child.kill('SIGTERM');
    await gone;
  }
}

/** Chromium writes where it listens into a file of its profile. */
function portOf(folder: string): readonly string[] {
  try {
    return readFileSync(join(folder, 'DevToolsActivePort'), 'utf8').split('\n');
  } catch {
    return [];
  }
}
