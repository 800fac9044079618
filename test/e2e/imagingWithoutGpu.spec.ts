import { expect, test } from '@playwright/test';
import type { Browser, Page } from 'playwright-core';
import { choosePassphrase } from '../helpers/cases/caseScreens.ts';
import { launchChromium } from '../helpers/chromium.ts';
import { joinFromList, openPerson } from '../helpers/client.ts';
import { keepEvidence } from '../helpers/evidence.ts';
import { ServerProcess } from '../helpers/serverProcess.ts';

/** A machine without WebGL2: slices are read, and the screen says plainly that planes cannot be cut. */
test.describe.configure({ mode: 'serial', timeout: 120_000 });

let browser: Browser;
let server: ServerProcess;
let page: Page;

test.beforeAll(async () => {
  [browser, server] = await Promise.all([launchChromium(['--disable-gpu', '--disable-software-rasterizer', '--disable-3d-apis']), ServerProcess.start()]);
});
test.afterEach(async () => keepEvidence(test.info(), { page }, server));
test.afterAll(async () => {
  await browser.close();
  await server.stop();
});

test('[IMG53] without WebGL2 a stack is drawn, scrolled, windowed and measured; planes are refused in words', async () => {
  page = await openPerson(browser, server, 'expert', { devices: [], viewport: { width: 1600, height: 900 } });
  expect(await page.evaluate(() => document.createElement('canvas').getContext('webgl2'))).toBeNull();
  await joinFromList(page, server.demo.liveConsultId);
  await page.getByTestId('imaging-button').click();
  await choosePassphrase(page);
  await page.getByTestId('imaging-studies').locator('.im-series').filter({ hasText: 'CT ·' }).click();
  const cell = page.getByTestId('imaging-cell-0');
  await expect(cell).toHaveAttribute('data-status', 'shown');
  await expect(cell.locator('.im-top-right')).toContainText('CT');
  const grey = () => cell.evaluate((element) => {
    const canvas = element.querySelector<HTMLCanvasElement>('.im-viewport canvas');
    const small = document.createElement('canvas');
    small.width = small.height = 24;
    const context = small.getContext('2d');
    if (!canvas || !context) return [];
    context.drawImage(canvas, 0, 0, 24, 24);
    return [...context.getImageData(0, 0, 24, 24).data].filter((_, at) => at % 4 === 0);
  });
  await expect.poll(async () => new Set(await grey()).size).toBeGreaterThan(8);
  const [first, picture] = [await cell.getByTestId('imaging-slice').textContent(), JSON.stringify(await grey())];
  await cell.hover();
  await page.mouse.wheel(0, 120);
  await expect(cell.getByTestId('imaging-slice')).not.toHaveText(first ?? '');
  await page.getByTestId('imaging-presets').click();
  await page.getByText('Bone', { exact: true }).click();
  await expect(cell.getByTestId('imaging-window')).toHaveText('W 2500  L 480');
  await expect.poll(async () => JSON.stringify(await grey())).not.toBe(picture);
  await expect(page.getByTestId('imaging-planes')).toBeDisabled();
  await expect(page.getByText('This machine has no WebGL2: slices can be read, planes cannot be cut.')).toBeVisible();
  await page.getByTestId('imaging-tool-length').click();
  const box = await cell.boundingBox();
  if (!box) throw new Error('no cell');
  await page.mouse.move(box.x + box.width / 2 - 60, box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 2 + 60, box.y + box.height / 2 + 10, { steps: 6 });
  await page.mouse.up();
  await expect(page.getByTestId('imaging-mark-length')).toContainText(/Length \d+(\.\d+)? mm/);
});
