import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import type { Page } from 'playwright-core';
import { required } from '#shared/lib/assert';
import { makeCine, makeCt } from '../../sfu-server/demo/images.ts';
import { CaseMachine } from '../helpers/cases/caseMachine.ts';
import { keepEvidence } from '../helpers/evidence.ts';
import { ServerProcess } from '../helpers/serverProcess.ts';

/** A folder of a disc comes into a case, a series of it stays on the machine, and is read when the server is dead. */
test.describe.configure({ mode: 'serial', timeout: 180_000 });

/** The patient of the demo's live case, as a scanner writes them; and somebody else. */
const OWN = { name: 'CHEN^JIANGUO=陈^建国', id: 'QH-2026-04417', dateText: '20261119' };
const STRANGER = { name: 'WANG^WU=王^五', id: 'XX-1', dateText: '20261119' };
const SLICES = 24;

let server: ServerProcess;
let machine: CaseMachine;
let folder: string;

test.beforeAll(async () => {
  server = await ServerProcess.start({ HUIZHEN_WORKERS: '1' });
  machine = await CaseMachine.start(server);
  folder = mkdtempSync(join(tmpdir(), 'huizhen-disc-'));
  mkdirSync(join(folder, 'CT'));
  const slices = [...makeCt('disc', OWN)].slice(0, SLICES);
  for (const [index, bytes] of slices.entries()) writeFileSync(join(folder, 'CT', `IM${index}`), bytes);
  writeFileSync(join(folder, 'CT', 'cut'), makeCine('disc cut', OWN).subarray(0, 200_000));
  writeFileSync(join(folder, 'readme.txt'), 'Viewer for Windows');
  writeFileSync(join(folder, 'head'), required(slices[0] ?? null, 'a slice').subarray(0, 350));
  writeFileSync(join(folder, 'other.dcm'), makeCine('disc stranger', STRANGER));
});

test.afterEach(async () => keepEvidence(test.info(), { machine: machine.page }, server));

test.afterAll(async () => {
  await machine.close();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

const listed = (page: Page) => page.getByTestId('imaging-studies').locator('.im-study');
const series = (page: Page) => listed(page).filter({ hasText: '2026-11-19' }).locator('.im-series');
const count = (page: Page, fate: string) => page.getByTestId(`import-count-${fate}`).locator('b');

/** The grey values in the middle of the first cell's picture. */
const pixels = (page: Page): Promise<number[]> =>
  page.getByTestId('imaging-cell-0').evaluate((cell) => {
    const canvas = cell.querySelector<HTMLCanvasElement>('.im-viewport canvas');
    const small = document.createElement('canvas');
    small.width = small.height = 24;
    const context = small.getContext('2d');
    if (!canvas || !context) return [];
    const side = Math.min(canvas.width, canvas.height);
    context.drawImage(canvas, (canvas.width - side) / 2, (canvas.height - side) / 2, side, side, 0, 0, 24, 24);
    return [...context.getImageData(0, 0, 24, 24).data].filter((_, at) => at % 4 === 0);
  });

async function openImages(page: Page): Promise<void> {
  await page.getByTestId(`open-case-${server.demo.liveConsultId}`).click();
  await page.getByTestId('case-file').waitFor();
  await page.getByTestId('section-imaging').click();
  await page.getByTestId('imaging-viewer').waitFor({ timeout: 30_000 });
}

async function chooseFolder(page: Page): Promise<void> {
  await page.getByTestId('import-folder').setInputFiles(folder);
  await page.getByTestId('import-review').waitFor();
}

test('[IMG40] [IMG41] [IMG42] [IMG43] a disc with images of two patients, damaged and other files comes in by screen', async () => {
  await machine.setUp('requester');
  const { page } = machine;
  await openImages(page);
  await page.getByTestId('imaging-add').click();
  await chooseFolder(page);
  const groups = page.getByTestId('import-group');
  await expect(groups).toHaveCount(2);
  await expect(groups.filter({ hasText: '王 五' })).toHaveAttribute('data-match', 'differs');
  await expect(groups.filter({ hasText: '陈 建国' })).toHaveAttribute('data-match', 'same');
  await expect(groups.filter({ hasText: '王 五' }).getByTestId('import-confirm')).not.toBeChecked();
  await page.screenshot({ path: test.info().outputPath('review.png') });
  await page.getByTestId('import-send').click();
  await page.getByTestId('import-result').waitFor();
  await expect(count(page, 'stored')).toHaveText(String(SLICES));
  await expect(count(page, 'refused')).toHaveText('1');
  await expect(count(page, 'left')).toHaveText('2');
  await expect(page.getByTestId('import-result').getByRole('row', { name: /CT\/cut/ })).toContainText('cut off');
  await page.screenshot({ path: test.info().outputPath('result.png') });

  // The same folder again: nothing of it is sent twice.
  await page.getByTestId('import-again').click();
  await chooseFolder(page);
  await page.getByTestId('import-send').click();
  await page.getByTestId('import-result').waitFor();
  await expect(count(page, 'there')).toHaveText(String(SLICES));
  await page.getByTestId('import-close').click();
  await expect(series(page)).toHaveCount(1);
  await series(page).click();
  await expect(page.getByTestId('imaging-cell-0')).toHaveAttribute('data-status', 'shown');
});

test('[IMG40] [IMG41] a folder dropped on the images is looked through, with what lies in its folders', async () => {
  const { page } = machine;
  const box = await page.getByTestId('imaging-drop').boundingBox();
  const place = { x: (box?.x ?? 0) + 400, y: (box?.y ?? 0) + 300, data: { items: [], files: [folder], dragOperationsMask: 1 } };
  const session = await page.context().newCDPSession(page);
  // As a hand drags it from the file manager: the browser makes the entries itself.
  await session.send('Input.dispatchDragEvent', { type: 'dragEnter', ...place });
  await session.send('Input.dispatchDragEvent', { type: 'dragOver', ...place });
  await expect(page.getByText('Let go to import into this case')).toBeVisible();
  await session.send('Input.dispatchDragEvent', { type: 'drop', ...place });
  await page.getByTestId('import-review').waitFor();
  await expect(page.getByTestId('import-group').filter({ hasText: '陈 建国' })).toContainText(`${SLICES + 1} files`);
  await expect(page.getByTestId('import-left')).toContainText('2');
  await page.getByRole('button', { name: 'Choose other files' }).click();
  await page.keyboard.press('Escape');
  await expect(page.getByTestId('import-drop')).toHaveCount(0);
});

test('[IMG46] [IMG47] a chosen series is fetched, and opens with its pixels when the server is dead', async () => {
  const { page } = machine;
  const mark = page.locator('[data-testid^="imaging-copy-"]');
  const own = listed(page).filter({ hasText: '2026-11-19' }).locator(mark);
  await own.click();
  await expect(own).toHaveAttribute('data-here', 'whole', { timeout: 60_000 });
  await expect.poll(() => pixels(page)).not.toEqual([]);
  const online = await pixels(page);
  expect(new Set(online).size).toBeGreaterThan(10);
  const view = await page.getByTestId('imaging-cell-0').getAttribute('data-view');

  await server.kill();
  await machine.switchOff();
  await machine.switchOn();
  await machine.openOffline();
  const { page: offline } = machine;
  await openImages(offline);
  await expect(listed(offline)).toHaveCount(1); // the others are not on this machine
  await series(offline).click();
  await expect(offline.getByTestId('imaging-cell-0')).toHaveAttribute('data-status', 'shown', { timeout: 60_000 });
  await expect.poll(async () => JSON.stringify(await pixels(offline)) === JSON.stringify(online)).toBe(true);
  expect(JSON.parse((await offline.getByTestId('imaging-cell-0').getAttribute('data-view')) ?? '{}')).toMatchObject({ sopUid: (JSON.parse(view ?? '{}') as { sopUid: string }).sopUid }); // the page's own
  await offline.screenshot({ path: test.info().outputPath('offline.png') });
});
