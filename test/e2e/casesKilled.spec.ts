import { expect, test } from '@playwright/test';
import type { Page } from 'playwright-core';
import { caseItemSchema } from '#shared/domain/caseFile';
import { caseIdSchema } from '#shared/domain/ids';
import { BrowserProfile } from '../helpers/browserProfile.ts';
import { PASSPHRASE } from '../helpers/cases/caseScreens.ts';
import { ServerProcess } from '../helpers/serverProcess.ts';
import { SignalingPeer } from '../helpers/signalingPeer.ts';

/** The whole browser is killed at instants of a seeded row while a nurse writes; what the screen said was kept arrives, once. */
const KILLS = 12;
/** The longest wait before a kill, ms; a measurement is typed and kept in a fraction of it. */
const WITHIN_MS = 1200;

let server: ServerProcess;
let profile: BrowserProfile;

test.beforeAll(async () => {
  server = await ServerProcess.start({ HUIZHEN_WORKERS: '1' });
  profile = new BrowserProfile();
});

test.afterAll(async () => {
  await profile?.remove();
  await server?.stop();
});

/** The same numbers at every run (Numerical Recipes' generator). */
function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return Math.floor((state / 4_294_967_296) * below);
  };
}

async function signIn(page: Page): Promise<void> {
  await page.goto(server.url);
  await page.getByTestId('sign-in-name').fill('nurse');
  await page.getByTestId('sign-in-password').fill(server.demo.password);
  await page.getByTestId('sign-in-submit').click();
  await page.getByTestId('nav-cases').click();
  await page.getByTestId('cases-passphrase').fill(PASSPHRASE);
}

async function openCase(page: Page): Promise<void> {
  await page.getByTestId(`open-case-${server.demo.liveConsultId}`).click();
  await page.getByTestId('case-file').waitFor();
  await page.getByTestId('section-vitals').click();
}

/** Types measurements, one after another, until the browser is gone; `kept` gets those whose form closed, which says that they are on the disk. */
async function write(page: Page, numbers: () => number, kept: number[]): Promise<void> {
  for (;;) {
    const heartRate = numbers();
    await page.getByTestId('add-vitals').click();
    await page.getByTestId('vital-heartRatePerMin').fill(String(heartRate));
    await page.getByTestId('save-vitals').click();
    await page.getByTestId('vitals-form').waitFor({ state: 'detached' });
    kept.push(heartRate);
  }
}

test(`[OFF2] [OFF3] [CAS1] a browser that is killed ${KILLS} times loses nothing that was kept, and nothing arrives twice or by half`, async () => {
  const random = seeded(20_261_121);
  const kept: number[] = [];
  let last = 20;
  const next = () => (last += 1);
  let page = (await profile.open()).pages()[0];
  if (!page) throw new Error('the browser opened no page');
  await signIn(page);
  await page.getByTestId('cases-passphrase-repeat').fill(PASSPHRASE);
  await page.getByTestId('cases-choose-submit').click();
  for (let kill = 0; kill < KILLS; kill += 1) {
    await openCase(page);
    const before = kept.length;
    const writing = write(page, next, kept).catch((error: unknown) => String(error));
    // Instants after a first keystroke, spread over typing, keeping, sending and the answer.
    await new Promise((resolve) => setTimeout(resolve, 100 + random(WITHIN_MS)));
    await profile.kill();
    expect(await writing, `${kept.length - before} were kept`).toMatch(/closed|crash/i);
    page = (await profile.open()).pages()[0];
    if (!page) throw new Error('the browser opened no page');
    await signIn(page);
    await page.getByTestId('cases-passphrase').press('Enter');
  }
  await openCase(page);
  expect(kept.length).toBeGreaterThan(0);
  const caseId = caseIdSchema.parse(server.demo.liveConsultId);
  const colleague = await SignalingPeer.connect(server.url, await server.signIn('requester'));
  const rates = async () => {
    const found: number[] = [];
    for (let since = 0, hasMore = true; hasMore; ) {
      const answer = await colleague.request('case.changes', { caseId, sinceRevision: since, limit: 500 });
      for (const { content, author } of answer.items.map((item) => caseItemSchema.parse(item))) if (content.kind === 'vitals' && 'heartRatePerMin' in content.body && author.role === 'bedside' && content.body.heartRatePerMin !== null && content.body.oxygenSaturationPercent === null) found.push(content.body.heartRatePerMin);
      ({ revision: since, hasMore } = answer);
    }
    return found.sort((a, b) => a - b);
  };
  await expect.poll(async () => {
    const there = new Set(await rates());
    return kept.filter((rate) => !there.has(rate));
  }, { message: 'kept on the machine, and not on the server' }).toEqual([]);
  const arrived = await rates();
  expect(new Set(arrived).size, 'none arrived twice').toBe(arrived.length);
  // What was being saved when the browser died may have been kept just before; nothing else may be there.
  expect(arrived.every((rate) => rate > 20 && rate <= last)).toBe(true);
  expect(arrived.length - kept.length).toBeLessThanOrEqual(KILLS);
  await colleague.close();
});
