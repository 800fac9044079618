import { expect, test } from '@playwright/test';
import type { Browser, Page } from 'playwright-core';
import { choosePassphrase } from '../helpers/cases/caseScreens.ts';
import { launchChromium } from '../helpers/chromium.ts';
import { joinFromList, openPerson } from '../helpers/client.ts';
import { keepEvidence } from '../helpers/evidence.ts';
import { type AnalysisFile, makeAnalysis } from '../helpers/imaging/analysisFiles.ts';
import { DicomwebClient } from '../helpers/imaging/dicomwebClient.ts';
import { ServerProcess } from '../helpers/serverProcess.ts';

/** Segmentations that pydicom wrote, over the CT they are of, in a real browser: each mask has to lie on the bright thing it is of. */
test.describe.configure({ mode: 'serial', timeout: 120_000 });

let browser: Browser;
let server: ServerProcess;
let page: Page;
let files: ReadonlyMap<string, AnalysisFile>;

const cellOf = (index = 0) => page.getByTestId(`imaging-cell-${index}`);
const resultOf = (name: string) => page.getByTestId(`analysis-${files.get(name)?.sopUid}`);
const seriesOf = (text: string) => page.getByTestId('imaging-studies').locator('.im-series').filter({ hasText: text });

test.beforeAll(async () => {
  files = makeAnalysis();
  [browser, server] = await Promise.all([launchChromium(['--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader']), ServerProcess.start()]);
});
test.afterEach(async () => keepEvidence(test.info(), { page }, server));
test.afterAll(async () => {
  await browser.close();
  await server.stop();
});

/** Where the picture is bright and where the mask is drawn, as middles and areas in parts of the cell. */
function shapes(index: number): Promise<{ readonly bright: readonly number[]; readonly mask: readonly number[]; readonly shared: number }> {
  return cellOf(index).evaluate((cell) => {
    const side = 200;
    const read = (canvas: HTMLCanvasElement | null): Uint8ClampedArray => {
      const small = document.createElement('canvas');
      small.width = small.height = side;
      const context = small.getContext('2d');
      if (!canvas || canvas.hidden || !context) return new Uint8ClampedArray(side * side * 4);
      context.drawImage(canvas, 0, 0, side, side);
      return context.getImageData(0, 0, side, side).data;
    };
    const picture = read(cell.querySelector<HTMLCanvasElement>('.im-viewport canvas:not(.im-mask)'));
    const mask = read(cell.querySelector<HTMLCanvasElement>('.im-mask'));
    const [bright, masked] = [[0, 0, 0], [0, 0, 0]] as [number[], number[]];
    let shared = 0;
    const add = (sums: number[], x: number, y: number) => {
      sums[0] = (sums[0] ?? 0) + 1;
      sums[1] = (sums[1] ?? 0) + x;
      sums[2] = (sums[2] ?? 0) + y;
    };
    for (let at = 0; at < side * side; at += 1) {
      const [isBright, isMasked] = [(picture[at * 4] ?? 0) > 150, (mask[at * 4 + 3] ?? 0) > 20];
      if (isBright) add(bright, at % side, Math.floor(at / side));
      if (isMasked) add(masked, at % side, Math.floor(at / side));
      if (isBright && isMasked) shared += 1;
    }
    const middle = ([count = 0, x = 0, y = 0]: number[]) => [count, x / Math.max(1, count), y / Math.max(1, count)];
    return { bright: middle(bright), mask: middle(masked), shared };
  });
}

/** Whether mask and bright thing are one: most of both together is both, and their middles are closer than half a voxel. */
async function areOne(index: number): Promise<string> {
  const { bright, mask, shared } = await shapes(index);
  const part = shared / Math.max(1, (bright[0] ?? 0) + (mask[0] ?? 0) - shared);
  const apart = Math.hypot((bright[1] ?? 0) - (mask[1] ?? 0), (bright[2] ?? 0) - (mask[2] ?? 0));
  return part > 0.6 && apart < 2 ? 'one' : `${Math.round(part * 100)} % in common, ${apart.toFixed(1)} apart; bright ${bright[0]}, mask ${mask[0]}`;
}

test('[IMG50] [IMG52] results are listed as assistance, with what made them; what does not fit says why', async () => {
  page = await openPerson(browser, server, 'expert', { devices: [], viewport: { width: 1600, height: 1000 } });
  await joinFromList(page, server.demo.liveConsultId);
  const asked = page.waitForRequest((request) => request.url().includes('/dicomweb/cases/'));
  await page.getByTestId('imaging-button').click();
  await choosePassphrase(page);
  const request = await asked;
  const caseId = decodeURIComponent(/\/dicomweb\/cases\/([^/]+)/.exec(request.url())?.[1] ?? '');
  const token = ((await request.allHeaders())['authorization'] ?? '').replace('Bearer ', '');
  const { status } = await new DicomwebClient(server.url, caseId, token).store([...files.values()].map(({ bytes }) => bytes));
  expect(status).toBe(200);
  await page.getByTestId('imaging-studies').getByRole('button', { name: 'Refresh the list of studies' }).click();
  await expect(page.getByTestId('analysis-assistance')).toHaveText('Assistance, not a diagnosis');
  await expect(resultOf('binary.dcm')).toHaveAttribute('data-status', 'ready', { timeout: 30_000 });
  await expect(resultOf('binary.dcm')).toContainText('Outside Ltd Finder · LungFinder 2.4.1 automatic');
  await expect(resultOf('binary.dcm').getByTestId('analysis-volume')).toHaveText(['2.93 ml', '12.6 ml']);
  await expect(resultOf('shifted.dcm').getByTestId('analysis-refusal')).toContainText('Its grid is not that of the images (Δ 3.75 × 0 mm)');
  await expect(resultOf('shifted.dcm').getByRole('button').first()).toBeDisabled();
});

test('[IMG53] a segment lies on the thing it is of: on the stack, and on each plane', async () => {
  await seriesOf('Lung 3 mm').first().click();
  await expect(cellOf()).toHaveAttribute('data-status', 'shown');
  await expect(cellOf().locator('.im-top-right')).toContainText('Lung 3 mm');
  await expect(cellOf().getByTestId('imaging-mask')).toBeHidden();
  const nodule = resultOf('binary.dcm').getByTestId('analysis-segment-1');
  await expect(page.getByTestId('imaging-assistance')).toHaveCount(0);
  await nodule.getByTestId('analysis-go').click();
  await expect(page.getByTestId('imaging-assistance').first()).toHaveText('Assistance, not a diagnosis');
  await expect.poll(() => areOne(0)).toBe('one');
  await page.getByTestId('imaging-planes').click();
  for (const index of [0, 1, 2]) {
    await expect(cellOf(index)).toHaveAttribute('data-status', 'shown');
    await expect.poll(() => areOne(index), { message: `plane ${index}` }).toBe('one');
  }
  await page.screenshot({ path: test.info().outputPath('planes.png') });
});

test('[IMG53] the crosshair brings the other planes to where a hand points', async () => {
  await page.getByTestId('imaging-tool-crosshair').click();
  const places = async () => Promise.all([1, 2].map(async (index) => (JSON.parse((await cellOf(index).getAttribute('data-view')) ?? '{}') as { planeMm: number }).planeMm));
  const before = await places();
  const own = await cellOf(0).getAttribute('data-view');
  const box = await cellOf(0).boundingBox();
  if (!box) throw new Error('no cell');
  await page.mouse.click(box.x + box.width * 0.42, box.y + box.height * 0.58);
  await expect.poll(async () => JSON.stringify(await places())).not.toBe(JSON.stringify(before));
  // The plane that was pointed in stays.
  expect(await cellOf(0).getAttribute('data-view')).toBe(own);
  await page.screenshot({ path: test.info().outputPath('crosshair.png') });
});

test('[IMG23] scout lines stand on the other planes, and the magnifier under the hand', async () => {
  await page.getByTestId('imaging-tool-window').click();
  await page.getByTestId('imaging-scout').click();
  for (const index of [1, 2]) await expect(cellOf(index).locator('svg line').first()).toBeAttached();
  await page.getByTestId('imaging-scout').click();
  await page.getByTestId('imaging-tool-magnify').click();
  const box = await cellOf(3).boundingBox();
  if (!box) throw new Error('no cell');
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 2 + 4, box.y + box.height / 2 + 4);
  await expect(cellOf(3).locator('.magnifyTool')).toBeVisible();
  await page.mouse.up();
  await expect(cellOf(3).locator('.magnifyTool')).toHaveCount(0);
  await page.getByTestId('imaging-tool-window').click();
});

test('[IMG54] the earlier study beside: volumes, difference, percent, and both pictures with their masks', async () => {
  await expect(resultOf('binary.dcm').getByTestId('analysis-compare')).toContainText('2.93 ml');
  await expect(resultOf('binary.dcm').getByTestId('analysis-compare')).toContainText('+1.47 ml');
  await expect(resultOf('binary.dcm').getByTestId('analysis-compare')).toContainText('+101 %');
  await resultOf('binary.dcm').getByTestId('analysis-side-by-side').click();
  await expect(cellOf(1)).toHaveAttribute('data-status', 'shown');
  await expect(cellOf(2)).toHaveCount(0);
  await expect(cellOf(1)).toContainText('Prior');
  for (const index of [0, 1]) await expect.poll(async () => (await shapes(index)).mask[0], { message: `cell ${index}` }).toBeGreaterThan(50);
  await page.screenshot({ path: test.info().outputPath('side-by-side.png') });
});

test('[IMG23] an arrow takes a word, which stands in the list', async () => {
  await page.getByTestId('imaging-layout').click();
  await page.getByTestId('imaging-layout-1-1').click();
  const menu = page.getByTestId('imaging-measure-menu');
  if (await menu.isVisible()) {
    await menu.click();
    await page.getByRole('menuitem', { name: 'Arrow' }).click();
  } else await page.getByTestId('imaging-tool-arrow').click();
  const box = await cellOf().boundingBox();
  if (!box) throw new Error('no cell');
  await page.mouse.move(box.x + box.width / 2 - 60, box.y + box.height / 2 - 40);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2, { steps: 6 });
  await page.mouse.up();
  await page.getByTestId('imaging-word').getByRole('textbox').fill('结节？');
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('imaging-mark-arrow')).toContainText('结节？');
  await expect(cellOf().locator('svg.svg-layer')).toContainText('结节？');
});

test('[IMG57] a length across the edge of an ultrasound region is taken off, with the reason', async () => {
  await seriesOf('US ·').click();
  await expect(cellOf().locator('.im-top-right')).toContainText('US');
  const menu = page.getByTestId('imaging-measure-menu');
  if (await menu.isVisible()) {
    await menu.click();
    await page.getByRole('menuitem', { name: 'Length' }).click();
  } else await page.getByTestId('imaging-tool-length').click();
  const box = await cellOf().boundingBox();
  if (!box) throw new Error('no cell');
  const drag = async (fromY: number, toY: number) => {
    await page.mouse.move(box.x + box.width / 2, box.y + box.height * fromY);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width / 2 + 5, box.y + (box.height * (fromY + toY)) / 2, { steps: 4 });
    await page.mouse.move(box.x + box.width / 2 + 9, box.y + box.height * toY, { steps: 4 });
    await page.mouse.up();
  };
  await drag(0.4, 0.6);
  await expect(page.getByTestId('imaging-mark-length')).toHaveCount(1);
  await expect(page.getByTestId('imaging-notice')).toHaveCount(0);
  // The region ends above the lowest lines of the frame.
  await drag(0.5, 0.985);
  await expect(page.getByTestId('imaging-notice')).toContainText('crossed ultrasound regions');
  await expect(page.getByTestId('imaging-mark-length')).toHaveCount(1);
});
