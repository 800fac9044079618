import { expect, test } from '@playwright/test';
import type { Browser, Page } from 'playwright-core';
import { launchChromium } from '../helpers/chromium.ts';
import { joinFromList, openPage, openPerson, signIn } from '../helpers/client.ts';
import { SimulatorHost } from '../helpers/control/simulatorHost.ts';
import { keepEvidence } from '../helpers/evidence.ts';
import { ServerProcess } from '../helpers/serverProcess.ts';

const KEYS: Readonly<Record<string, string>> = { left: 'a', right: 'd', up: 'w', down: 's', in: 'f', out: 'r', tiltLeft: 'ArrowLeft', tiltRight: 'ArrowRight', tiltUp: 'ArrowUp', tiltDown: 'ArrowDown', turnLeft: 'q', turnRight: 'e' };

test.describe.configure({ mode: 'serial' });
let browser: Browser;
let server: ServerProcess;
let host: SimulatorHost;
let bedside: Page;
let expert: Page;
let second: Page | undefined;
let requester: Page | undefined;

test.beforeAll(async () => {
  [browser, server] = await Promise.all([launchChromium(), ServerProcess.start()]);
  host = await SimulatorHost.start(new URL(server.url).origin);
});

test.afterAll(async () => {
  await browser.close();
  await Promise.all([host.stop(), server.stop()]);
});

// biome-ignore lint/correctness/noEmptyPattern: Playwright asks for the destructured fixtures
test.afterEach(async ({}, info) => keepEvidence(info, { bedside, expert, ...(second && { second }), ...(requester && { requester }) }, server));

/** The server with its media workers: neither path carries anything meanwhile. */
function holdServer(signal: 'SIGSTOP' | 'SIGCONT'): void {
  server.signal(signal);
  for (const pid of server.workerPids()) process.kill(pid, signal);
}

const lineOf = (page: Page) => page.getByTestId('control-line');
const isMoving = async (page: Page): Promise<boolean> => (await page.locator('.ct-console').getAttribute('data-moving')) === 'true';
const phaseOf = (page: Page) => lineOf(page).getAttribute('data-what');

/** Presses what the practice says, as a person does who reads it, until its last place is reached. */
async function practise(page: Page): Promise<void> {
  await page.getByTestId('warm-up').click();
  await page.getByTestId('input-kind').click();
  await page.getByText('Keyboard', { exact: true }).click();
  const line = page.getByTestId('practice-line');
  const done = page.getByTestId('warm-up-close');
  await page.keyboard.down('Space');
  await expect(line).toHaveAttribute('data-phase', 'engaged');
  while (!(await done.isVisible())) {
    const [move, mm, turning, deg, phase] = await Promise.all(['data-move', 'data-mm', 'data-turning', 'data-deg', 'data-phase'].map((name) => line.getAttribute(name).catch(() => null)));
    if (phase !== 'engaged') {
      await page.keyboard.up('Space');
      await page.keyboard.down('Space');
      await expect(line.or(done)).toBeVisible();
      await page.waitForFunction(() => document.querySelector('[data-testid=practice-line]')?.getAttribute('data-phase') !== 'waiting');
      continue;
    }
    const [name, attribute, left] = Number(deg ?? 0) > 4 ? [turning, 'data-deg', 3] : Number(mm ?? 0) > 3 ? [move, 'data-mm', 2] : [null, '', 0];
    const key = KEYS[name ?? ''];
    if (key === undefined) {
      await page.waitForFunction(() => { // on the place: it has to be held, until there is another or it is left
        const now = document.querySelector('[data-testid=practice-line]');
        return now === null || Number(now.getAttribute('data-mm') ?? 0) > 3 || Number(now.getAttribute('data-deg') ?? 0) > 4 || now.getAttribute('data-phase') !== 'engaged';
      });
      continue;
    }
    await page.keyboard.down(key);
    // Until it is near, or another way is the longer one.
    await page.waitForFunction(
      ({ direction, of, near }) => {
        const now = document.querySelector('[data-testid=practice-line]');
        if (now === null) return true;
        const says = of === 'data-mm' ? now.getAttribute('data-move') : now.getAttribute('data-turning');
        return says !== direction || Number(now.getAttribute(of) ?? 0) <= near;
      },
      { direction: name, of: attribute, near: left },
      { polling: 30, timeout: 10_000 },
    );
    await page.keyboard.up(key);
  }
  await page.keyboard.up('Space');
  await done.click();
}

async function ask(page: Page, mode: string): Promise<void> {
  await page.getByTestId(`mode-${mode}`).check();
  await page.getByTestId('ask').click();
}

async function grant(): Promise<void> {
  const card = bedside.getByTestId('grant-card');
  await expect(card).toBeVisible();
  for (const check of await card.getByRole('checkbox').all()) await check.check();
  await bedside.getByTestId('grant').click();
  await expect(card).toHaveCount(0);
}

/** Presses and holds until the probe moves with the hand; a press that came too early is let go and made anew, as the line says. */
async function engage(page: Page): Promise<void> {
  await expect
    .poll(async () => {
      const what = await phaseOf(page);
      if (what === 'gesture' || what === 'dropped') await page.keyboard.up('Space');
      if (what === 'deadMan' || what === 'dropped') await page.keyboard.down('Space');
      return isMoving(page);
    }, { intervals: [300] })
    .toBe(true);
}

test('[CTL63] [CTL72] the simulated scanner is seen at the other end, and practice comes first', async () => {
  bedside = await openPage(browser, { devices: [] });
  await bedside.goto(`${server.url}/${host.fragment}`);
  await signIn(bedside, server, 'nurse');
  await joinFromList(bedside, server.demo.liveConsultId);
  expert = await openPerson(browser, server, 'expert', { devices: [] });
  await joinFromList(expert, server.demo.liveConsultId);
  await expert.getByTestId('steering-button').click();
  await expect(expert.locator('.ct-picture video')).toBeVisible();
  await expect.poll(() => expert.locator('.ct-picture video').evaluate((video: HTMLVideoElement) => video.videoWidth)).toBeGreaterThan(0);
  await expect(expert.getByTestId('ask')).toHaveCount(0);
  await practise(expert);
  await expect(expert.getByTestId('ask')).toBeVisible();
});

test('[CTL1] [CTL53] [CTL70] asked for, given after the checks, with the same four digits at both ends', async () => {
  await ask(expert, 'full');
  await grant();
  await expect(expert.locator('.ct-code strong')).toHaveText(/^\d{4}$/);
  await expect(bedside.locator('.ct-code strong')).toHaveText((await expert.locator('.ct-code strong').textContent()) ?? '-');
});

test('[CTL33] [CTL34] [CTL71] the probe moves with the hand, and stands when the hand lets go', async () => {
  await engage(expert);
  await expect(bedside.locator('.ct-bedside')).toHaveAttribute('data-moving', 'true');
  await expert.keyboard.down('d');
  await expect(bedside.locator('.ct-next')).toHaveAttribute('data-moving', 'true');
  await expert.keyboard.up('d');
  await expert.keyboard.up('Space');
  await expect.poll(() => isMoving(expert)).toBe(false);
  await expect(bedside.locator('.ct-bedside')).toHaveAttribute('data-moving', 'false');
});

test('[CTL41] [CTL60] settings are asked for and applied, and the picture follows', async () => {
  await expert.getByTestId('tab-picture').click();
  await expert.getByTestId('freeze').click();
  await expect(expert.locator('.ct-frozen')).toBeVisible();
  await expert.getByTestId('freeze').click();
  await expect(expert.locator('.ct-frozen')).toHaveCount(0);
  await expert.getByText('Move', { exact: true }).click();
});

test('[CTL31] [CTL32] [CTL74] a third participant stops it; it is reset at the bedside only, and needs a new press', async () => {
  requester = await openPerson(browser, server, 'requester', { devices: [] });
  await joinFromList(requester, server.demo.liveConsultId);
  await engage(expert);
  await requester.getByTestId('banner-stop').click();
  await expect(lineOf(expert)).toHaveAttribute('data-what', 'stopped');
  await expect(bedside.getByTestId('reset-stop')).toBeVisible();
  await expect(expert.getByTestId('reset-stop')).toHaveCount(0);
  await bedside.getByTestId('reset-stop').click();
  await bedside.getByTestId('reset-confirm').click();
  await expect(bedside.getByTestId('take-over')).toBeEnabled();
  // The press that had moved it is still held, and moves nothing.
  await expect(lineOf(expert)).toHaveAttribute('data-what', 'gesture');
  await engage(expert);
  await expert.keyboard.up('Space');
});

test('[CTL1] handed over to another expert: who steered does so no longer', async () => {
  second = await openPerson(browser, server, 'expert2', { devices: [] });
  await joinFromList(second, server.demo.liveConsultId);
  await second.getByTestId('steering-button').click();
  await ask(second, 'settings');
  await grant();
  await expect(lineOf(expert)).toHaveAttribute('data-what', 'otherSteers');
  await expect(second.locator('.ct-code strong')).toHaveText(/^\d{4}$/);
  await bedside.getByTestId('take-over').click();
  await expect(lineOf(second)).toHaveAttribute('data-what', 'ended');
});

test('[CTL2] [CTL21] a server that stands still until the lease has ended ends it at the bedside; the other end says so, and asks anew', async () => {
  await ask(expert, 'full');
  await grant();
  await engage(expert);
  holdServer('SIGSTOP');
  await expect(bedside.locator('.ct-bedside')).toHaveAttribute('data-moving', 'false');
  await expect(bedside.getByTestId('take-over')).toBeDisabled(); // nobody has the lease
  holdServer('SIGCONT');
  await expect(lineOf(expert)).toHaveAttribute('data-what', 'ended');
  await expert.keyboard.up('Space');
  await ask(expert, 'full');
  await grant();
  await engage(expert);
  await expert.keyboard.up('Space');
});

test('[CTL67] [CTL74] Escape stops while somebody steers, wherever the focus is; without a lease it is for dialogs', async () => {
  await engage(expert);
  await expert.getByTestId('chat-button').click();
  await expert.getByRole('textbox').first().focus();
  await expert.keyboard.press('Escape');
  await expect(lineOf(expert)).toHaveAttribute('data-what', 'stoppedByYou');
  await expert.keyboard.up('Space');
  await bedside.getByTestId('reset-stop').click();
  await bedside.getByTestId('reset-confirm').click();
  await bedside.getByTestId('take-over').click();
  await expect(lineOf(expert)).toHaveAttribute('data-what', 'ended');
  await expert.keyboard.press('Escape');
  await bedside.keyboard.press('Escape');
  await ask(expert, 'settings');
  await grant(); // nothing was stopped: it is given without a reset
  await expect(expert.getByTestId('release')).toBeVisible();
});
