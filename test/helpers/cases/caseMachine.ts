import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from '@playwright/test';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { findBrowser } from '../../../build/setup/programs.mjs';
import { CHROMIUM_ARGUMENTS } from '../chromium.ts';
import { signIn } from '../client.ts';
import { browserInside, type NetworkPlace } from '../impairment/namespace.ts';
import type { ServerProcess } from '../serverProcess.ts';
import { choosePassphrase, panelOf, unlock } from './caseScreens.ts';

export interface CaseMachineOptions {
  /** Where it stands in the network; left out: beside the server. */
  readonly place?: NetworkPlace;
  readonly language?: 'zh-CN' | 'en';
  /** The browser's profile; left out: a new one that goes with the machine. */
  readonly profile?: string;
  readonly viewport?: { readonly width: number; readonly height: number };
}

/**
 * A machine that keeps copies of case files: a real browser with a profile on the disk, which can be switched off and on. What the
 * machine is to remember is in that profile and nowhere else.
 */
export class CaseMachine {
  readonly profile: string;
  readonly #server: ServerProcess;
  readonly #options: CaseMachineOptions;
  #context: BrowserContext | null = null;
  #page: Page | null = null;

  private constructor(server: ServerProcess, options: CaseMachineOptions) {
    this.#server = server;
    this.#options = options;
    this.profile = options.profile ?? mkdtempSync(join(tmpdir(), 'huizhen-machine-'));
  }

  /** Switched on, with the program's first screen. */
  static async start(server: ServerProcess, options: CaseMachineOptions = {}): Promise<CaseMachine> {
    const machine = new CaseMachine(server, options);
    try {
      await machine.switchOn();
    } catch (error) {
      await machine.close();
      throw error;
    }
    return machine;
  }

  get page(): Page {
    if (!this.#page) throw new Error('the machine is off');
    return this.#page;
  }

  async switchOn(): Promise<void> {
    const { place, language = 'en', viewport = { width: 1366, height: 768 } } = this.#options;
    const executablePath = findBrowser();
    if (!executablePath) throw new Error('no Chromium or Chrome is installed; run the set-up');
    this.#context = await chromium.launchPersistentContext(this.profile, {
      executablePath,
      headless: true,
      viewport: { ...viewport },
      locale: language,
      args: [...CHROMIUM_ARGUMENTS, '--ignore-certificate-errors'],
      ...(place ? browserInside(place.namespace, executablePath) : {}),
    });
    await this.#context.addInitScript(
      (settings) => {
        if (localStorage.getItem('huizhen.settings') === null) localStorage.setItem('huizhen.settings', JSON.stringify(settings));
      },
      {
        schemaVersion: 1,
        serverUrl: null,
        language,
        theme: null,
        devices: {},
        cartId: null,
      },
    );
    this.#page = this.#context.pages()[0] ?? (await this.#context.newPage());
    await this.#page.goto(this.#server.url);
  }

  /** The browser ends; what is not on the disk is gone. */
  async switchOff(): Promise<void> {
    const context = this.#context;
    this.#context = null;
    this.#page = null;
    await context?.close();
  }

  async close(): Promise<void> {
    await this.switchOff();
    if (this.#options.profile === undefined) rmSync(this.profile, { recursive: true, force: true, maxRetries: 5 });
  }

  /** Signs in, goes to the case files and chooses the passphrase: this machine's first day. */
  async setUp(signInName: string): Promise<void> {
    const { page } = this;
    await signIn(page, this.#server, signInName);
    await page.getByTestId('nav-cases').click();
    await choosePassphrase(page);
    await page.locator('[data-testid^="case-row-"]').first().waitFor();
    // Only what the service worker keeps can be started without a network.
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  }

  unlock(): Promise<void> {
    return unlock(this.page);
  }

  /** Without a network: to the copies on this machine, by the way the first screen offers. */
  async openOffline(): Promise<void> {
    await this.page.getByTestId('open-offline').click();
    await this.unlock();
    await this.page.locator('[data-testid^="case-row-"]').first().waitFor();
  }

  readonly openCase = async (patient: string): Promise<void> => {
    await this.page.getByRole('button', { name: patient, exact: true }).click();
    await this.page.getByTestId('case-file').waitFor();
  };

  readonly section = async (name: string): Promise<void> => {
    await this.page.getByTestId(`section-${name}`).click();
  };

  /** The section that is open. */
  get panel() {
    return panelOf(this.page);
  }

  /** Everything of the case is on this machine. */
  async isWhole(patient: string): Promise<void> {
    await expect(this.page.locator('[data-testid^="case-row-"]').filter({ hasText: patient })).toHaveAttribute('data-offline', 'whole');
  }
}
