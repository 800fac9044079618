import { spawnSync } from 'node:child_process';
import { expect, test } from '@playwright/test';
import type { Browser, Page } from 'playwright-core';
import { bundleVerifyRecord } from '../../build/bundle/server.mjs';
import { openFirstCase } from '../helpers/cases/caseScreens.ts';
import { launchChromium } from '../helpers/chromium.ts';
import { joinFromList, leaveToList, openCaseFiles, openPage, openPerson, signIn } from '../helpers/client.ts';
import { SimulatorHost } from '../helpers/control/simulatorHost.ts';
import { keepEvidence } from '../helpers/evidence.ts';
import { ServerProcess } from '../helpers/serverProcess.ts';

let browser: Browser;
let server: ServerProcess;
let host: SimulatorHost;
let bedside: Page;
let expert: Page;

test.beforeAll(async () => {
  [browser, server] = await Promise.all([launchChromium(), ServerProcess.start()]);
  host = await SimulatorHost.start(new URL(server.url).origin);
});

test.afterAll(async () => {
  await browser.close();
  await Promise.all([host.stop(), server.stop()]);
});

// biome-ignore lint/correctness/noEmptyPattern: Playwright asks for the destructured fixtures
test.afterEach(async ({}, info) => keepEvidence(info, { bedside, expert }, server));

test('[CTL112] [CTL113] [CTL114] what was steered is in the case of who was not there, checked, to be played; its file passes the command', async () => {
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
  await expert.getByTestId('freeze').click();
  await expect(expert.locator('.ct-frozen')).toBeVisible();
  await bedside.getByTestId('take-over').click();

  // This machine keeps no copies yet: what waits is said until somebody opens them.
  await leaveToList(bedside);
  await expect(bedside.getByTestId('records-waiting')).toContainText('1');
  await openCaseFiles(bedside);
  await expect(bedside.getByTestId('records-waiting')).toHaveCount(0);

  await leaveToList(expert);
  await openCaseFiles(expert);
  await openFirstCase(expert);
  await expert.getByTestId('section-documents').click();
  await expert.locator('.cf-document', { hasText: 'Record of remote control' }).getByRole('button').first().click();
  await expect(expert.getByTestId('replay-verdict')).toHaveAttribute('data-good', 'true');
  await expect(expert.locator('.rp-events li')).toContainText([/was given control: Picture settings only/, /Picture: gain/, /the bedside took over/]);
  const granted = expert.getByRole('button', { name: /was given control/ });
  await granted.click();
  await expect(granted).toHaveAttribute('aria-current', 'true');
  await expert.keyboard.press('End');
  await expect(expert.locator('.rp-events li').last().getByRole('button')).toHaveAttribute('aria-current', 'true');
  await expert.keyboard.press('Home');
  await expect(expert.locator('.rp-events li').first().getByRole('button')).toHaveAttribute('aria-current', 'true');

  const download = expert.waitForEvent('download');
  await expert.getByTestId('replay-save').click();
  const path = await (await download).path();
  expect(spawnSync(process.execPath, [await bundleVerifyRecord(), path], { encoding: 'utf8' })).toMatchObject({ status: 0 });
});
