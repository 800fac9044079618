import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import type { Browser, Page } from 'playwright-core';
import { bundleVerify } from '../../build/bundle/server.mjs';
import { untilStill } from '../helpers/accessible.ts';
import { choosePassphrase } from '../helpers/cases/caseScreens.ts';
import { launchChromium } from '../helpers/chromium.ts';
import { joinFromList, openPerson } from '../helpers/client.ts';
import { keepEvidence } from '../helpers/evidence.ts';
import { choose } from '../helpers/requests/routineSteps.ts';
import { ServerProcess } from '../helpers/serverProcess.ts';

/** What is drawn in a consult on the demo case's CT outlives it: in the case file, as a report, as a key image in the signed opinion. */
test.describe.configure({ mode: 'serial', timeout: 90_000 });

const SOFTWARE_GPU = ['--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'];

let browser: Browser;
let server: ServerProcess;
let expert: Page;
let host: Page;

test.beforeAll(async () => {
  [browser, server] = await Promise.all([launchChromium(SOFTWARE_GPU), ServerProcess.start()]);
});
test.afterEach(async () => keepEvidence(test.info(), { expert, host }, server));
test.afterAll(async () => {
  await browser.close();
  await server.stop();
});

const cell = () => expert.getByTestId('imaging-cell-0');
const seriesOf = (modality: string) => expert.getByTestId('imaging-studies').locator('.im-series').filter({ hasText: `${modality} ·` });
const lengths = () => expert.getByTestId('imaging-mark-length');

async function drawLength(): Promise<void> {
  await expert.getByTestId('imaging-tool-length').click();
  const box = await cell().boundingBox();
  if (!box) throw new Error('no cell');
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await expert.mouse.move(x - 60, y - 20);
  await expert.mouse.down();
  await expert.mouse.move(x, y, { steps: 5 });
  await expert.mouse.move(x + 60, y + 25, { steps: 5 });
  await expert.mouse.up();
}

let drawn = '';

test('[IMG30] [IMG36] [IMG38] in a consult: a length, a view by name, and a key image', async () => {
  host = await openPerson(browser, server, 'requester', { devices: [] });
  expert = await openPerson(browser, server, 'expert', { devices: [], viewport: { width: 1920, height: 1080 } });
  for (const page of [host, expert]) await joinFromList(page, server.demo.liveConsultId);
  await expert.getByTestId('imaging-button').click();
  await choosePassphrase(expert);
  if (!(await expert.getByTestId('imaging-side').isVisible())) await expert.getByTestId('imaging-tab').click();
  await seriesOf('CT').click();
  await expect(cell().locator('.im-top-right')).toContainText('CT');
  await expert.getByTestId('sharing-present').click();
  await drawLength();
  await expect(lengths()).toHaveCount(1);
  await expect.poll(() => lengths().locator('.im-values').textContent()).toMatch(/^Length \d+(\.\d+)? mm$/);
  await expert.getByTestId('imaging-view-name').fill('Right upper lobe');
  await expert.getByTestId('imaging-save-view').click();
  await expect(expert.getByTestId('imaging-view')).toContainText(['Right upper lobe']);
  await expert.getByTestId('imaging-capture').click();
  await expect(expert.getByTestId('imaging-key-images')).toContainText('CT Lung 2.5 mm');
  // Only now: the last move of the hand comes into the value after the first.
  drawn = (await lengths().locator('.im-values').textContent()) ?? '';
  await expert.screenshot({ path: test.info().outputPath('room.png') });
});

test('[IMG30] [IMG37] the consult ends, and in the case file the marks are there, and what was shown last', async () => {
  await host.getByTestId('leave-button').click();
  await host.getByTestId('leave-end-all').click();
  await host.getByTestId('end-confirm').click();
  await expert.getByTestId('closed-back').click();
  await expert.getByTestId('nav-cases').click();
  await expert.getByTestId(`open-case-${server.demo.liveConsultId}`).click();
  await expert.getByTestId('section-imaging').click();
  await expect(lengths()).toHaveCount(1);
  await expect(expert.getByTestId('imaging-view')).toHaveCount(2);
  await expert.getByTestId('imaging-view').filter({ hasText: 'Right upper lobe' }).click();
  await expect(cell()).toHaveAttribute('data-status', 'shown');
  await expect.poll(() => lengths().locator('.im-values').textContent()).toBe(drawn);
});

test('[IMG33] [IMG34] the length is written as DICOM SR, and reads the same', async () => {
  await expert.getByTestId('imaging-save-report').click();
  await expect(expert.getByTestId('imaging-report-saved')).toContainText('1');
  await seriesOf('SR').click();
  const report = expert.getByTestId('imaging-report');
  await expect(report).toContainText('Imaging Measurement Report');
  await expect(report).toContainText('林书远');
  // To the digits that the list shows.
  const value = Number(/Length: ([\d.]+) mm/.exec((await report.textContent()) ?? '')?.[1]);
  expect(Math.abs(value - Number(/[\d.]+/.exec(drawn)?.[0]))).toBeLessThanOrEqual(0.51);
  await untilStill(expert);
  await expert.screenshot({ path: test.info().outputPath('report.png') });
  await report.getByTestId('imaging-report-draw').click();
  await expect(lengths()).toHaveCount(1); // it is there already
  await expect(report).toBeHidden();
  await expert.screenshot({ path: test.info().outputPath('file.png') });
});

test('[IMG39] the key image is in the opinion’s signed file, with its caption and the picture it is of', async () => {
  await expert.getByTestId('section-opinion').click();
  await expert.getByTestId('begin-opinion').click();
  await expert.getByTestId('opinion-diagnosis').fill('右上肺结节');
  await expert.getByTestId('opinion-recommendations').fill('三月后复查 CT');
  await choose(expert, expert.getByTestId('opinion-add-image'), 'Key image');
  await choose(expert, expert.getByTestId('add-signer'), 'Lin Shuyuan');
  await expert.getByTestId('submit-opinion').click();
  await expert.getByTestId('sign-opinion').click();
  await expert.getByTestId('sign-password').fill(server.demo.password);
  await untilStill(expert);
  await expert.getByTestId('confirm-sign').click();
  await expert.getByTestId('opinion-signed').waitFor();
  const [download] = await Promise.all([expert.waitForEvent('download'), expert.getByTestId('download-zh').click()]);
  const file = test.info().outputPath('opinion.pdf');
  await download.saveAs(file);
  const valid = spawnSync(process.execPath, [await bundleVerify(), file, '--authority', join(server.dataFolder, 'authority.pem')], { encoding: 'utf8' });
  expect(valid.stdout).toMatch(/^有效.*VALID/);
  const text = spawnSync('pdftotext', ['-layout', file, '-'], { encoding: 'utf8' }).stdout.replaceAll(/\s/g, '');
  expect(text).toContain('CTLung2.5mm');
  expect(text).toMatch(/检查2\.25\.\d+，序列2\.25\.\d+，图像2\.25\.\d+，第1帧/);
  const images = spawnSync('pdfimages', ['-list', file], { encoding: 'utf8' }).stdout;
  const widths = images.split('\n').slice(2).map((line) => Number(line.trim().split(/\s+/)[3])).filter(Number.isFinite);
  expect(Math.max(...widths)).toBeGreaterThan(400);
  expect(Math.max(...widths)).toBeLessThanOrEqual(1600);
});
