import { expect, test } from '@playwright/test';
import type { Browser, Page } from 'playwright-core';
import { launchChromium } from '../helpers/chromium.ts';
import { joinFromList, openPage, openPerson, signIn } from '../helpers/client.ts';
import { SimulatorHost } from '../helpers/control/simulatorHost.ts';
import { keepEvidence } from '../helpers/evidence.ts';
import { ServerProcess } from '../helpers/serverProcess.ts';

test.describe.configure({ mode: 'serial' });
let browser: Browser;
let server: ServerProcess;
let host: SimulatorHost;
let bedside: Page;
let expert: Page;
let second: Page;

test.beforeAll(async () => {
  [browser, server] = await Promise.all([launchChromium(), ServerProcess.start()]);
  host = await SimulatorHost.start(new URL(server.url).origin);
});

test.afterAll(async () => {
  await browser.close();
  await Promise.all([host.stop(), server.stop()]);
});

// biome-ignore lint/correctness/noEmptyPattern: Playwright asks for the destructured fixtures
test.afterEach(async ({}, info) => keepEvidence(info, { bedside, expert, second }, server));

const lineOf = (page: Page) => page.getByTestId('control-line');

/** Every number that a screen shows cannot be shown any more: console and bedside screen fail while they are drawn. */
const breakNumbers = (page: Page) => page.evaluate(() => {
  Number.prototype.toFixed = () => {
    throw new Error('broken on purpose');
  };
});

async function reset(): Promise<void> {
  await bedside.getByTestId('reset-stop').click();
  await bedside.getByTestId('reset-confirm').click();
  await expect(bedside.getByTestId('take-over')).toBeVisible();
}

test('[CTL91] a console that does not come leaves the stop in the line above the pictures', async () => {
  bedside = await openPage(browser, { devices: [] });
  await bedside.goto(`${server.url}/${host.fragment}`);
  await signIn(bedside, server, 'nurse');
  await joinFromList(bedside, server.demo.liveConsultId);
  expert = await openPerson(browser, server, 'expert', { devices: [] });
  await joinFromList(expert, server.demo.liveConsultId);
  await expert.getByTestId('steering-button').click();
  await expert.getByTestId('mode-settings').check();
  await expert.getByTestId('ask').click();
  const card = bedside.getByTestId('grant-card');
  await expect(card).toBeVisible();
  for (const check of await card.getByRole('checkbox').all()) await check.check();
  await bedside.getByTestId('grant').click();
  await expect(expert.getByTestId('release')).toBeVisible();
  await expect(expert.locator('.ct-code strong')).toHaveText(/^\d{4}$/);

  second = await openPerson(browser, server, 'expert2', { devices: [] });
  await second.route(/\/Console-[^/]*\.js/, (route) => route.abort());
  await joinFromList(second, server.demo.liveConsultId);
  await expect(second.getByTestId('control-banner')).toBeVisible();
  await second.getByTestId('steering-button').click();
  await expect(second.locator('.hz-empty')).toBeVisible(); // it says that it failed
  await expect(second.getByTestId('control-stop')).toHaveCount(0);
  await second.getByTestId('banner-stop').click();
  await expect(lineOf(expert)).toHaveAttribute('data-what', 'stopped');
  await reset();
});

test('[CTL91] [CTL67] a console that fails while somebody steers leaves stop and key', async () => {
  await expect(expert.getByTestId('control-banner')).toHaveCount(0); // its own is there
  await breakNumbers(expert);
  await expect(expert.getByTestId('control-stop')).toHaveCount(0);
  await expect(expert.getByTestId('banner-stop').first()).toBeVisible();
  await expert.keyboard.press('Escape');
  await expect(bedside.getByTestId('reset-stop')).toBeVisible();
  await reset();
  await expert.getByTestId('banner-stop').first().click();
  await expect(bedside.getByTestId('reset-stop')).toBeVisible();
  await reset();
});

test('[CTL91] [CTL92] a bedside screen that fails leaves stop and key, and the host beside it stops', async () => {
  await breakNumbers(bedside);
  await expect(bedside.getByTestId('control-stop')).toHaveCount(0);
  await expect(bedside.getByTestId('banner-stop').first()).toBeVisible();
  await bedside.keyboard.press('Escape');
  await expect(second.getByTestId('control-banner')).toHaveAttribute('data-stopped', 'true');
});
