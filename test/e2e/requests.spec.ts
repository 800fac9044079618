import AxeBuilder from '@axe-core/playwright';
import { expect, test } from '@playwright/test';
import type { Browser, Page } from 'playwright-core';
import { DEVICES, launchChromium } from '../helpers/chromium.ts';
import { openPerson } from '../helpers/client.ts';
import { keepEvidence } from '../helpers/evidence.ts';
import { ServerProcess } from '../helpers/serverProcess.ts';

let browser: Browser;
let server: ServerProcess;
let pages: Record<string, Page> = {};

test.beforeAll(async () => {
  [browser, server] = await Promise.all([launchChromium(), ServerProcess.start()]);
});
test.afterEach(async ({}, info) => {
  await keepEvidence(info, pages, server);
  for (const page of Object.values(pages)) await page.context().close();
  pages = {};
});
test.afterAll(async () => {
  await browser.close();
  await server.stop();
});

async function open(name: string, options: Partial<Parameters<typeof openPerson>[3]> = {}): Promise<Page> {
  const page = await openPerson(browser, server, name, { devices: [], ...options });
  pages[name] = page;
  return page;
}

async function expectAccessible(page: Page, screen: string): Promise<void> {
  // The builder wants the test runner's own page type; ours is the same class from the same package's core.
  const { violations } = await new AxeBuilder({ page: page as never }).analyze();
  expect(violations.filter(({ impact }) => impact === 'serious' || impact === 'critical').map(({ id, nodes }) => `${screen}: ${id}: ${nodes[0]?.html.slice(0, 160)}`)).toEqual([]);
}

test('[WFL3] from «urgent consultation» to being in the room takes fewer than ten clicks of all people together', async () => {
  const [requester, scheduler, expert] = [await open('requester', { devices: DEVICES.expert }), await open('scheduler'), await open('expert', { devices: DEVICES.expert })];
  let clicks = 0;
  const click = async (page: Page, testId: string) => {
    clicks += 1;
    await page.getByTestId(testId).first().click();
  };
  // Everybody is where they are when nothing has happened: at their own work.
  for (const page of [requester, scheduler, expert]) await page.getByTestId('nav-requests').click();

  await click(requester, 'new-emergency');
  await requester.getByTestId('new-name').fill('郑海涛');
  await requester.getByTestId('new-question').fill('突发胸痛 20 分钟，血压测不出，请立即协助判断');
  await requester.getByTestId('new-exception').fill('患者昏迷，家属尚未到院');
  await click(requester, 'new-submit');
  await requester.locator('[data-testid="request-state"][data-state="submitted"]').waitFor();

  await click(scheduler, 'notice-bell');
  await click(scheduler, 'notice-emergencyArrived'.concat(' >> button')).catch(async () => undefined);
  await scheduler.getByTestId('request-pane').waitFor();
  await click(scheduler, 'step-accept');
  await click(scheduler, 'step-schedule');
  await click(scheduler, 'plan-save');
  await scheduler.locator('[data-testid="request-state"][data-state="scheduled"]').waitFor();

  await click(requester, 'request-join');
  await requester.getByTestId('mic-button').waitFor();
  await expert.locator('[data-testid^="request-row-"]').first().waitFor();
  await click(expert, 'notice-bell');
  await expert.getByTestId('notice-accept').waitFor();
  expect(clicks).toBeLessThan(10);
});
