import { expect, test } from '@playwright/test';
import type { Browser, Page } from 'playwright-core';
import { addVitals, openFirstCase, unlock } from '../helpers/cases/caseScreens.ts';
import { launchChromium } from '../helpers/chromium.ts';
import { openCaseFiles, openPerson } from '../helpers/client.ts';
import { ServerProcess } from '../helpers/serverProcess.ts';

/** A nurse's machine keeps case files, the server goes away, the program is started cold, and everything written meanwhile arrives. */

let server: ServerProcess;
let browser: Browser;

test.beforeAll(async () => {
  server = await ServerProcess.start();
  browser = await launchChromium();
});

test.afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

/** Starts the program without a server, from what the machine keeps, and opens the case. */
async function reopen(page: Page): Promise<void> {
  await page.goto('about:blank');
  await page.goto(server.url);
  await page.getByTestId('open-offline').click();
  await unlock(page);
  await openFirstCase(page);
}

/** The measurement in the section that is open. */
const shown = (page: Page) => page.locator('[role="tabpanel"]:not([hidden]) td').getByText('111', { exact: true });

test('[OFF1] [OFF2] [OFF4] a case opens and is written in without a server, cold; what was written arrives once', async () => {
  const page = await openPerson(browser, server, 'nurse', { devices: [] });
  await openCaseFiles(page);
  await expect(page.locator('[data-testid^="case-row-"]').first()).toContainText('Available offline');
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));

  await server.kill();
  await reopen(page);
  await addVitals(page, 111);
  await page.getByTestId('section-changes').click();
  await expect(page.getByTestId('changes')).toContainText('On this machine only');
  // What is on the disk and not on the screen: the page is thrown away and opened again.
  await reopen(page);
  await page.getByTestId('section-vitals').click();
  await expect(shown(page)).toHaveCount(1);

  await server.run();
  await page.getByTestId('section-changes').click();
  await expect(page.getByTestId('changes')).toContainText('Held by the server', { timeout: 30_000 });
  const colleague = await openPerson(browser, server, 'requester', { devices: [] });
  await openCaseFiles(colleague);
  await openFirstCase(colleague);
  await colleague.getByTestId('section-vitals').click();
  await expect(shown(colleague)).toHaveCount(1);
});
