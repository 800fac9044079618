import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium } from 'playwright-core';
import { findBrowser } from '../../build/setup/programs.mjs';
import { CHROMIUM_ARGUMENTS } from './chromium.ts';
import { descendants, processes } from './pageProcesses.ts';

/**
 * A browser whose profile lies in a folder, as a person's does: databases, origin-private files, service worker and storage outlive
 * the browser. (The contexts of `launchChromium` keep all of that in memory.) The client in it speaks English.
 */
export class BrowserProfile {
  readonly folder = mkdtempSync(join(tmpdir(), 'huizhen-profile-'));
  #context: BrowserContext | null = null;
  #pid: number | null = null;

  /** Starts the browser on the profile, for the first time or again. */
  async open(): Promise<BrowserContext> {
    const executablePath = findBrowser();
    if (!executablePath) throw new Error('no Chromium or Chrome is installed; run the set-up');
    const context = await chromium.launchPersistentContext(this.folder, {
      executablePath,
      headless: true,
      args: [...CHROMIUM_ARGUMENTS],
      viewport: { width: 1366, height: 768 },
      locale: 'en',
    });
    this.#context = context;
    this.#pid = processes().find(({ command }) => command.includes(`--user-data-dir=${this.folder}`) && !command.includes('--type='))?.pid ?? null;
    // Functions sent to the page may carry a mark of the compiler that ran them; there it means nothing.
    await context.addInitScript('globalThis.__name ??= (value) => value');
    await context.addInitScript(() => {
      if (localStorage.getItem('huizhen.settings') === null)
        localStorage.setItem(
          'huizhen.settings',
          JSON.stringify({
            schemaVersion: 1,
            serverUrl: null,
            language: 'en',
            theme: null,
            devices: {},
            cartId: null,
          }),
        );
    });
    return context;
  }

  get context(): BrowserContext {
    if (this.#context === null) throw new Error('the browser is not running');
    return this.#context;
  }

  /** SIGKILL of the whole program, as a battery that is empty: nothing is flushed, nobody is asked. Resolves when it is gone. */
  async kill(): Promise<void> {
    const context = this.context;
    const closed = new Promise<void>((resolve) => context.once('close', () => resolve()));
    this.#context = null;
    // Children first noted, then all at once: none of them may go on writing for a dead browser.
    for (const { pid } of [...this.#descendants(), { pid: this.#pid }]) if (pid !== null) killIfThere(pid);
    await closed;
  }

  /** Where Chromium keeps the databases of an origin, but those of storage buckets. Only while the browser is not running. */
  get databases(): string {
    return join(this.folder, 'Default', 'IndexedDB');
  }

  /** Closes in order; the profile stays. */
  async close(): Promise<void> {
    const context = this.#context;
    this.#context = null;
    await context?.close();
  }

  /** Closes, and removes the profile. */
  async remove(): Promise<void> {
    await this.close();
    rmSync(this.folder, {
      recursive: true,
      force: true,
      maxRetries: 20,
      retryDelay: 100,
    });
  }

  #descendants() {
    return this.#pid === null ? [] : descendants(this.#pid);
  }
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it has ended already
  }
}
