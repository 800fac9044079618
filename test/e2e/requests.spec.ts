import { expect, test } from '@playwright/test';
import type { Browser, Page } from 'playwright-core';
import { required } from '#shared/lib/assert';
import { expectAccessible } from '../helpers/accessible.ts';
import { DEVICES, launchChromium } from '../helpers/chromium.ts';
import { openPerson } from '../helpers/client.ts';
import { keepEvidence } from '../helpers/evidence.ts';
import { ServerProcess } from '../helpers/serverProcess.ts';

let browser: Browser;
let server: ServerProcess;
let pages: Record<string, Page> = {};

test.beforeAll(async () => {
  browser = await launchChromium();
});
// A session that one test leaves open would hold its people for the next.
test.beforeEach(async () => {
  server = await ServerProcess.start();
});
test.afterEach(async () => {
  await keepEvidence(test.info(), pages, server);
  for (const page of Object.values(pages)) await page.context().close();
  pages = {};
  await server.stop();
});
test.afterAll(() => browser.close());

async function open(name: string, options: Partial<Parameters<typeof openPerson>[3]> = {}): Promise<Page> {
  const page = await openPerson(browser, server, name, { devices: [], ...options });
  pages[name] = page;
  return page;
}

/** Presses Tab until what has this test id holds the focus: whoever has no mouse gets there. */
async function tabTo(page: Page, testId: string): Promise<void> {
  for (let press = 0; press < 250; press += 1) {
    if (await page.evaluate((id) => document.activeElement?.closest('[data-testid]')?.getAttribute('data-testid') === id, testId)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`no way by Tab to ${testId}`);
}

async function fillEmergency(page: Page): Promise<void> {
  await page.getByTestId('new-name').fill('郑海涛');
  await page.getByTestId('new-question').fill('突发胸痛 20 分钟，血压测不出，请立即协助判断');
  await page.getByTestId('new-exception').fill('患者昏迷，家属尚未到院');
}

const stateOf = (page: Page, state: string) => page.locator(`[data-testid="request-state"][data-state="${state}"]`);

test('[WFL3] from «urgent consultation» to all being in the room takes fewer than ten clicks of all people together', async () => {
  const requester = await open('requester', { devices: DEVICES.expert });
  const scheduler = await open('scheduler');
  // Before anything has happened both are at the requests; whoever is chosen is at the day's list.
  for (const page of [requester, scheduler]) await page.getByTestId('nav-requests').click();
  let clicks = 0;
  const click = async (page: Page, testId: string) => {
    clicks += 1;
    await page.getByTestId(testId).click();
  };

  await click(requester, 'new-emergency'); // 1
  await fillEmergency(requester);
  await click(requester, 'new-submit'); // 2
  await stateOf(requester, 'submitted').waitFor();
  const requestId = required(new URL(requester.url()).hash.split('/').pop(), 'the request in the address');
  await expect(requester.getByTestId('request-history')).toContainText('患者昏迷');

  await click(scheduler, `request-row-${requestId}`); // 3
  await click(scheduler, 'step-accept'); // 4
  await click(scheduler, 'step-schedule'); // 5
  await expect(scheduler.getByTestId('plan-book')).toBeEnabled();
  await click(scheduler, 'plan-book'); // 6
  await stateOf(scheduler, 'scheduled').waitFor();
  const chosen = required(await scheduler.locator('[data-testid^="panel-"]').first().getAttribute('data-testid'), 'an expert on the panel');
  const expert = await open(chosen.replace('panel-demo-', ''), { devices: DEVICES.expert });
  const consultId = required((await expert.locator('.wl-row', { hasText: '郑' }).getAttribute('data-testid'))?.replace('consult-row-', ''), 'the consult in the day\'s list');

  await click(requester, 'request-join'); // 7
  await requester.getByTestId('mic-button').waitFor();
  await click(expert, `join-${consultId}`); // 8
  await expert.getByTestId('mic-button').waitFor();
  await stateOf(scheduler, 'inSession').waitFor();
  expect(clicks).toBeLessThan(10);
  await expect(scheduler.getByTestId('approval')).toContainText('owed');
});

test('[WFL17] [WFL22] the desk by keyboard alone, an invitation declined from its notice, and axe on every request screen', async () => {
  const requester = await open('requester', { theme: 'light' });
  await requester.getByTestId('nav-requests').click();
  await tabTo(requester, 'new-emergency');
  await requester.keyboard.press('Enter');
  await requester.getByTestId('new-request').waitFor();
  await expectAccessible(requester, 'urgent request');
  await requester.keyboard.type('吴桂英');
  await tabTo(requester, 'new-question');
  await requester.keyboard.type('抽搐不止，请协助');
  await tabTo(requester, 'new-exception');
  await requester.keyboard.type('家属在途');
  await tabTo(requester, 'new-submit');
  await requester.keyboard.press('Enter');
  await stateOf(requester, 'submitted').waitFor();
  await expectAccessible(requester, 'request of a hospital');
  const requestId = required(new URL(requester.url()).hash.split('/').pop(), 'the request in the address');

  const scheduler = await open('scheduler', { theme: 'dark' });
  await scheduler.getByTestId('nav-requests').focus();
  await scheduler.keyboard.press('Enter');
  await scheduler.getByTestId(`request-row-${requestId}`).waitFor();
  await scheduler.getByTestId('nav-requests').blur();
  // J goes down, K up, until the mark is on it.
  for (let press = 0; press < 20 && (await scheduler.getByTestId(`request-row-${requestId}`).getAttribute('data-cursor')) !== 'true'; press += 1) await scheduler.keyboard.press('j');
  await scheduler.keyboard.press('Enter');
  await stateOf(scheduler, 'submitted').waitFor();
  await scheduler.keyboard.press('s');
  await stateOf(scheduler, 'screening').waitFor();
  await scheduler.getByTestId('screening').waitFor();
  await expectAccessible(scheduler, 'desk: screening');
  await scheduler.keyboard.press('r');
  await expect(scheduler.getByTestId('step-words')).toBeFocused();
  await scheduler.keyboard.type('请补充心电图');
  await expectAccessible(scheduler, 'desk: asking for material');
  await scheduler.keyboard.press('Control+Enter');
  await stateOf(scheduler, 'materialAsked').waitFor();

  await expect(requester.getByTestId('material-asked')).toHaveText('请补充心电图');
  await tabTo(requester, 'step-supply');
  await requester.keyboard.press('Enter');
  await stateOf(scheduler, 'screening').waitFor();
  await scheduler.keyboard.press('a');
  await stateOf(scheduler, 'accepted').waitFor();
  await tabTo(scheduler, 'step-schedule');
  await scheduler.keyboard.press('Enter');
  await expect(scheduler.getByTestId('plan-book')).toBeEnabled();
  await expectAccessible(scheduler, 'desk: planning');
  await tabTo(scheduler, 'plan-book');
  await scheduler.keyboard.press('Enter');
  await stateOf(scheduler, 'scheduled').waitFor();
  const panel = required(await scheduler.locator('[data-testid^="panel-"]').first().getAttribute('data-testid'), 'an expert on the panel');
  const invited = panel.replace('panel-demo-', '');

  const expert = await open(invited, { theme: 'light' });
  await tabTo(expert, 'notice-bell');
  await expert.keyboard.press('Enter');
  await expert.getByTestId('notice-list').waitFor();
  await expectAccessible(expert, 'notices');
  const invitation = expert.getByTestId('notice-invited').filter({ has: expert.getByTestId('notice-decline') }).first();
  await invitation.getByTestId('notice-decline').focus();
  await expert.keyboard.press('Enter');
  await expert.keyboard.type('正在手术');
  await expert.keyboard.press('Enter');
  await expect(scheduler.getByTestId(panel)).toContainText('正在手术');
  await expectAccessible(scheduler, 'desk: declined');

  const approver = await open('approver', { theme: 'light' });
  await approver.getByTestId('nav-requests').click();
  await approver.getByTestId(`request-row-${requestId}`).click();
  await approver.getByTestId('step-approve').click();
  await approver.getByTestId('step-confirm').click();
  await expect(approver.getByTestId('approval')).toContainText('afterwards');
  await expectAccessible(approver, 'approvals');
});
