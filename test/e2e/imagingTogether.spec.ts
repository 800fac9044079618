import { expect, test } from '@playwright/test';
import type { Browser, Page } from 'playwright-core';
import type { CellView } from '#shared/domain/imaging/presentation';
import { choosePassphrase } from '../helpers/cases/caseScreens.ts';
import { launchChromium } from '../helpers/chromium.ts';
import { joinFromList, leaveToList, openPerson } from '../helpers/client.ts';
import { keepEvidence } from '../helpers/evidence.ts';
import { ServerProcess } from '../helpers/serverProcess.ts';

/** Three browsers read the demo case's CT and cine together, the pictures drawn by the software GPU. */
test.describe.configure({ mode: 'serial', timeout: 120_000 });

const SOFTWARE_GPU = ['--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'];

let browser: Browser;
let server: ServerProcess;
let presenter: Page;
let follower: Page;
let late: Page;

test.beforeAll(async () => {
  [browser, server] = await Promise.all([launchChromium(SOFTWARE_GPU), ServerProcess.start()]);
});

test.afterEach(async () => keepEvidence(test.info(), { presenter, follower, late }, server));

test.afterAll(async () => {
  await browser.close();
  await server.stop();
});

const cellOf = (page: Page, index = 0) => page.getByTestId(`imaging-cell-${index}`);
const seriesOf = (page: Page, modality: string) => page.getByTestId('imaging-studies').locator('.im-series').filter({ hasText: `${modality} ·` });
const stateOf = (page: Page) => page.getByTestId('sharing-banner').getAttribute('data-state');

async function viewOf(page: Page, index = 0): Promise<CellView> {
  return JSON.parse((await cellOf(page, index).getAttribute('data-view')) ?? 'null') as CellView; // the page's own
}

/** The cell's picture in 24 × 24 grey values, whatever its size on the screen. */
function pixelsOf(page: Page, index = 0): Promise<number[]> {
  return cellOf(page, index).evaluate((cell) => {
    const canvas = cell.querySelector<HTMLCanvasElement>('.im-viewport canvas');
    const small = document.createElement('canvas');
    small.width = small.height = 24;
    const context = small.getContext('2d');
    if (!canvas || !context) return [];
    const side = Math.min(canvas.width, canvas.height);
    context.drawImage(canvas, (canvas.width - side) / 2, (canvas.height - side) / 2, side, side, 0, 0, 24, 24);
    return [...context.getImageData(0, 0, 24, 24).data].filter((_, at) => at % 4 === 0);
  });
}

const apart = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, value, at) => sum + Math.abs(value - (b[at] ?? 0)), 0) / Math.max(1, a.length);

/** Waits until both show the same, by what they say of it and by their pixels. */
async function expectSame(one: Page, other: Page): Promise<void> {
  await expect.poll(async () => JSON.stringify(await viewOf(other)) === JSON.stringify(await viewOf(one))).toBe(true);
  await expect.poll(async () => apart(await pixelsOf(one), await pixelsOf(other))).toBeLessThan(6);
}

async function lookAlong(page: Page, hasToOpen: boolean): Promise<void> {
  await (hasToOpen ? page.getByTestId('imaging-button') : page.getByTestId('imaging-look')).click();
  await choosePassphrase(page);
}

async function wheel(page: Page, notches: number): Promise<void> {
  await cellOf(page).hover();
  for (let turned = 0; turned < Math.abs(notches); turned += 1) await page.mouse.wheel(0, Math.sign(notches) * 120);
}

test('[IMG20] [IMG29] the first who asks presents; the others are told, and look along by one press', async () => {
  presenter = await openPerson(browser, server, 'expert', { devices: [], viewport: { width: 1600, height: 900 } });
  follower = await openPerson(browser, server, 'requester', { devices: [] });
  for (const page of [presenter, follower]) await joinFromList(page, server.demo.liveConsultId);
  await lookAlong(presenter, true);
  // Two studies of one minute: which is the newest is no matter of this test.
  await seriesOf(presenter, 'CT').click();
  await expect(cellOf(presenter).locator('.im-top-right')).toContainText('CT');
  await presenter.getByTestId('sharing-present').click();
  await expect.poll(() => stateOf(presenter)).toBe('presenting');
  await lookAlong(follower, false);
  await expect.poll(() => stateOf(follower)).toBe('following');
  await expect(cellOf(follower)).toHaveAttribute('data-status', 'shown');
  await expectSame(presenter, follower);
});

test('[IMG23] slice, window, zoom, rotation, inversion and layout follow', async () => {
  const before = await viewOf(presenter);
  await wheel(presenter, 7);
  await expect.poll(async () => (await viewOf(presenter)).sopUid).not.toBe(before.sopUid);
  await expectSame(presenter, follower);
  await presenter.getByTestId('imaging-presets').click();
  await presenter.getByText('Lung', { exact: true }).click();
  await expect.poll(async () => (await viewOf(presenter)).window?.width).toBeCloseTo(1500, 0);
  await expectSame(presenter, follower);
  await presenter.getByTestId('imaging-rotate').click();
  await presenter.getByTestId('imaging-invert').click();
  await expectSame(presenter, follower);
  await presenter.getByTestId('imaging-reset').click();
  await presenter.getByTestId('imaging-layout').click();
  await presenter.getByTestId('imaging-layout-1-2').click();
  await expect(cellOf(follower, 1)).toBeVisible();
  await presenter.getByTestId('imaging-layout').click();
  await presenter.getByTestId('imaging-layout-1-1').click();
  await expect(cellOf(follower, 1)).toHaveCount(0);
  await expectSame(presenter, follower);
});

test('[IMG27] a length that the presenter draws has the same value on the other screen, and the other way round', async () => {
  const draw = async (page: Page) => {
    // A narrow toolbar has the tools in a menu.
    const menu = page.getByTestId('imaging-measure-menu');
    if (await menu.isVisible()) {
      await menu.click();
      await page.getByRole('menuitem', { name: 'Length' }).click();
    } else await page.getByTestId('imaging-tool-length').click();
    const box = await cellOf(page).boundingBox();
    if (!box) throw new Error('no cell');
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    await page.mouse.move(x - 60, y - 20);
    await page.mouse.down();
    await page.mouse.move(x, y, { steps: 5 });
    await page.mouse.move(x + 60, y + 25, { steps: 5 });
    await page.mouse.up();
  };
  const values = (page: Page) => page.getByTestId('imaging-mark-length').locator('.im-values').allTextContents();
  for (const page of [presenter, follower]) if (!(await page.getByTestId('imaging-side').isVisible())) await page.getByTestId('imaging-tab').click();
  await draw(presenter);
  await expect(presenter.getByTestId('imaging-mark-length')).toHaveCount(1);
  await expect.poll(async () => (await values(presenter))[0] ?? '').toMatch(/^Length \d+(\.\d+)? mm$/);
  // Both are read anew: the last move of the hand may still be on its way into the value.
  const isSame = async () => JSON.stringify((await values(follower)).sort()) === JSON.stringify((await values(presenter)).sort());
  await expect.poll(isSame).toBe(true);
  await draw(follower);
  // Drawing is no looking elsewhere.
  expect(await stateOf(follower)).toBe('following');
  await expect(presenter.getByTestId('imaging-mark-length')).toHaveCount(2);
  await expect.poll(isSame).toBe(true);
});

test('[IMG26] a wheel breaks away for oneself alone; one press returns', async () => {
  const shown = await viewOf(presenter);
  await wheel(follower, -5);
  await expect.poll(() => stateOf(follower)).toBe('away');
  await expect.poll(async () => (await viewOf(follower)).sopUid).not.toBe(shown.sopUid);
  expect(await viewOf(presenter)).toEqual(shown);
  await wheel(presenter, 3);
  await follower.getByTestId('sharing-return').click();
  await expect.poll(() => stateOf(follower)).toBe('following');
  await expectSame(presenter, follower);
});

test('[IMG25] who comes later sees the same at once, marks too', async () => {
  late = await openPerson(browser, server, 'nurse', { devices: [] });
  await joinFromList(late, server.demo.liveConsultId);
  await lookAlong(late, false);
  await expect.poll(() => stateOf(late)).toBe('following');
  await expect(cellOf(late)).toHaveAttribute('data-status', 'shown');
  await expectSame(presenter, late);
  await expect(late.getByTestId('imaging-mark-length')).toHaveCount(2);
});

test('[IMG23] a cine that the presenter plays plays on the other screens, and stops with it', async () => {
  await seriesOf(presenter, 'US').click();
  await expect.poll(async () => (await viewOf(presenter)).cine.framesPerSecond).toBe(25);
  await presenter.getByTestId('imaging-cine').click();
  await expect.poll(async () => (await viewOf(follower)).cine.isPlaying).toBe(true);
  const first = (await viewOf(follower)).frame;
  await expect.poll(async () => (await viewOf(follower)).frame).not.toBe(first);
  await presenter.getByTestId('imaging-cine').click();
  await expect.poll(async () => (await viewOf(follower)).cine.isPlaying).toBe(false);
  await expectSame(presenter, follower);
});

test('[IMG20] [IMG21] [IMG22] asking, giving, and a presenter who leaves: the picture stays, and the next presents', async () => {
  await late.getByTestId('sharing-present').click();
  await presenter.locator('[data-testid^="sharing-give-"]').click();
  await expect.poll(() => stateOf(late)).toBe('presenting');
  await expect.poll(() => stateOf(presenter)).toBe('following');
  await presenter.getByTestId('sharing-present').click();
  await expect(late.locator('[data-testid^="sharing-give-"]')).toBeVisible();
  const shown = await viewOf(presenter);
  await leaveToList(late);
  await expect.poll(() => stateOf(presenter)).toBe('presenting');
  expect((await viewOf(presenter)).seriesUid).toBe(shown.seriesUid);
  await expect.poll(() => stateOf(follower)).toBe('following');
  // The requester leads the room: presenting comes back to the host without asking.
  await follower.getByTestId('sharing-take-back').click();
  await expect.poll(() => stateOf(follower)).toBe('presenting');
  await expectSame(follower, presenter);
});

test('[IMG14] [IMG56] an observer reads copies without names, asks for nothing else, and follows all the same', async () => {
  const observer = await openPerson(browser, server, 'observer', { devices: [] });
  const asked: string[] = [];
  observer.on('request', (request) => request.url().includes('/dicomweb/') && asked.push(request.url()));
  await observer.getByTestId(`join-${server.demo.liveConsultId}`).click();
  // Of the case itself an observer gets nothing: no list of files, no panel, no copies that would want a passphrase.
  await expect(observer.getByTestId('case-tab')).toHaveCount(0);
  await observer.getByTestId('imaging-button').click();
  await expect(cellOf(observer)).toHaveAttribute('data-status', 'shown');
  await expect(observer.getByTestId('imaging-studies')).not.toContainText('陈建国');
  await expect(cellOf(observer)).not.toContainText('陈建国');
  expect(asked.length).toBeGreaterThan(0);
  expect(asked.filter((url) => !url.includes('/deidentified/'))).toEqual([]);
  await expect.poll(() => stateOf(observer)).toBe('following');
  const withoutUids = ({ studyUid: _study, seriesUid: _series, sopUid: _sop, ...view }: CellView) => JSON.stringify(view);
  const follows = () => expect.poll(async () => withoutUids(await viewOf(observer)) === withoutUids(await viewOf(follower))).toBe(true);
  await seriesOf(follower, 'CT').click();
  await expect(cellOf(follower).locator('.im-top-right')).toContainText('CT');
  await follows();
  await wheel(follower, 4);
  await follower.getByTestId('imaging-rotate').click();
  await follows();
  // The same picture, under another name; the marks on it too, without their authors.
  expect((await viewOf(observer)).sopUid).not.toBe((await viewOf(follower)).sopUid);
  await expect.poll(async () => apart(await pixelsOf(observer), await pixelsOf(follower))).toBeLessThan(6);
  if (!(await observer.getByTestId('imaging-side').isVisible())) await observer.getByTestId('imaging-tab').click();
  await expect(observer.getByTestId('imaging-mark-length')).toHaveCount(2);
  await observer.context().close();
});
