import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { VirtualDevice } from '../../build/demo/virtualDevices.mjs';
import { choosePassphrase } from './cases/caseScreens.ts';
import { openContext } from './chromium.ts';
import type { ServerProcess } from './serverProcess.ts';

/** Workstation by default. */
export interface ClientOptions {
  readonly viewport?: { readonly width: number; readonly height: number };
  readonly deviceScaleFactor?: number;
  readonly devices: readonly VirtualDevice[];
  /** Source profile → device label, as a machine would remember it. */
  readonly remembered?: Readonly<Record<string, string>>;
  readonly language?: 'zh-CN' | 'en';
  readonly theme?: 'light' | 'dark' | 'cart';
}

function rememberSettings(settings: object): void {
  if (localStorage.getItem('huizhen.settings') === null) localStorage.setItem('huizhen.settings', JSON.stringify(settings));
}

export async function openPage(browser: Browser, options: ClientOptions): Promise<Page> {
  const context: BrowserContext = await openContext(browser, options.devices, {
    viewport: { ...(options.viewport ?? { width: 1366, height: 768 }) },
    ...(options.deviceScaleFactor === undefined ? {} : { deviceScaleFactor: options.deviceScaleFactor }),
    locale: options.language ?? 'en',
  });
  await context.addInitScript(rememberSettings, { schemaVersion: 1, serverUrl: null, language: options.language ?? 'en', theme: options.theme ?? null, devices: options.remembered ?? {}, cartId: null });
  return context.newPage();
}

/** The real client, signed in through its screen. */
export async function openPerson(browser: Browser, server: ServerProcess, signInName: string, options: ClientOptions): Promise<Page> {
  const page = await openPage(browser, options);
  await page.goto(server.url);
  await signIn(page, server, signInName);
  return page;
}

/** Through the sign-in screen, which is shown. */
export async function signIn(page: Page, server: ServerProcess, signInName: string): Promise<void> {
  await page.getByTestId('sign-in-name').fill(signInName);
  await page.getByTestId('sign-in-password').fill(server.demo.password);
  await page.getByTestId('sign-in-submit').click();
  await page.getByTestId('nav-settings').waitFor();
}

/** The real client on a cart: enrolled with a code that an administrator makes on the administration page. */
export async function openCart(browser: Browser, server: ServerProcess, cartId: string, options: ClientOptions): Promise<Page> {
  const admin = await openPerson(browser, server, 'admin', { devices: [] });
  await admin.getByTestId('nav-admin').click();
  await admin.getByRole('tab', { name: 'Ward carts' }).click();
  await admin.getByTestId(`enrol-${cartId}`).click();
  const code = ((await admin.getByTestId('enrolment-code').textContent()) ?? '').replace(/\D/g, '');
  await admin.context().close();
  const page = await openPage(browser, options);
  await page.goto(server.url);
  await page.getByText('Ward cart', { exact: true }).click();
  await page.getByTestId('cart-code').fill(code);
  await page.getByTestId('cart-enrol').click();
  return page;
}

export async function joinFromList(page: Page, consultId: string): Promise<void> {
  await page.getByTestId(`join-${consultId}`).click();
  await page.getByTestId('mic-button').waitFor();
}

export async function leaveToList(page: Page): Promise<void> {
  await page.getByTestId('leave-button').click();
  await page.getByTestId('leave-confirm').click();
  await page.getByTestId('nav-worklist').waitFor();
}

/** The picture with this pattern's tag, wherever it is shown: its size and that it moves, read from decoded frames. */
export async function pictureOf(page: Page, tag: number, where: { readonly place?: string; readonly minHeight?: number; readonly maxHeight?: number } = {}, timeoutMs = 30_000): Promise<{ width: number; height: number }> {
  const found = await page.waitForFunction(
    ({ wanted, place, minHeight, maxHeight }) => {
      const videos = [...document.querySelectorAll<HTMLVideoElement>(place ? `video[data-place="${place}"]` : 'video[data-source-id]')];
      for (const video of videos) {
        const read = window.readPattern(video);
        if (read?.tag !== wanted || read.height < minHeight || read.height > maxHeight) continue;
        const key = `${read.height}:${video.dataset['sourceId']}`;
        const before = video.dataset['seen'];
        if (before?.startsWith(`${key}:`) && before !== `${key}:${read.frame}`) {
          delete video.dataset['seen'];
          return { width: read.width, height: read.height };
        }
        if (before === undefined || !before.startsWith(`${key}:`)) video.dataset['seen'] = `${key}:${read.frame}`;
      }
      return null;
    },
    { wanted: tag, place: where.place ?? null, minHeight: where.minHeight ?? 1, maxHeight: where.maxHeight ?? 99_999 },
    { timeout: timeoutMs, polling: 100 },
  );
  const value = await found.jsonValue();
  if (!value) throw new Error('no picture');
  return value;
}

/** To the case files of a machine that has none yet: the person chooses a passphrase. Resolves when the list is drawn. */
export async function openCaseFiles(page: Page): Promise<void> {
  await page.getByTestId('nav-cases').click();
  await choosePassphrase(page);
  await page.locator('[data-testid^="case-row-"]').first().waitFor();
}
