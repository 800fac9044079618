import { appendFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import type { Page } from 'playwright-core';
import { caseItemSchema } from '#shared/domain/caseFile';
import { caseIdSchema } from '#shared/domain/ids';
import { createDice } from '#shared/lib/seededRandom';
import { encodePng } from '../../sfu-server/imaging/render/png.ts';
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

test.beforeEach(async () => {
  server = await ServerProcess.start({ HUIZHEN_WORKERS: '1' });
  profile = new BrowserProfile();
});

test.afterEach(async () => {
  // What the browser made of its files is needed to understand a failure.
  if (test.info().status === test.info().expectedStatus) await profile.remove();
  else await profile.close();
  await server?.stop();
});

async function signIn(page: Page): Promise<void> {
  await page.goto(server.url);
  await page.getByTestId('sign-in-name').fill('nurse');
  await page.getByTestId('sign-in-password').fill(server.demo.password);
  await page.getByTestId('sign-in-submit').click();
  await page.getByTestId('nav-cases').click();
  await page.getByTestId('cases-passphrase').fill(PASSPHRASE);
}

async function open(): Promise<Page> {
  const page = (await profile.open()).pages()[0];
  if (!page) throw new Error('the browser opened no page');
  await signIn(page);
  return page;
}

async function firstDay(): Promise<Page> {
  const page = await open();
  await page.getByTestId('cases-passphrase-repeat').fill(PASSPHRASE);
  await page.getByTestId('cases-choose-submit').click();
  return page;
}

async function nextDay(): Promise<Page> {
  const page = await open();
  await page.getByTestId('cases-passphrase').press('Enter');
  return page;
}

async function openCase(page: Page): Promise<void> {
  await page.getByTestId(`open-case-${server.demo.liveConsultId}`).click();
  await page.getByTestId('case-file').waitFor();
  await page.getByTestId('section-vitals').click();
}

/** Resolves when the form has closed, which says that it is on the disk. */
async function measure(page: Page, heartRate: number): Promise<void> {
  await page.getByTestId('add-vitals').click();
  await page.getByTestId('vital-heartRatePerMin').fill(String(heartRate));
  await page.getByTestId('save-vitals').click();
  await page.getByTestId('vitals-form').waitFor({ state: 'detached' });
}

/** The heart rates that the nurse's measurements have on the server, in order. */
async function rates(colleague: SignalingPeer): Promise<number[]> {
  const caseId = caseIdSchema.parse(server.demo.liveConsultId);
  const found: number[] = [];
  for (let since = 0, hasMore = true; hasMore; ) {
    const answer = await colleague.request('case.changes', { caseId, sinceRevision: since, limit: 500 });
    for (const { content, author } of answer.items.map((item) => caseItemSchema.parse(item))) if (content.kind === 'vitals' && 'heartRatePerMin' in content.body && author.role === 'bedside' && content.body.heartRatePerMin !== null && content.body.oxygenSaturationPercent === null) found.push(content.body.heartRatePerMin);
    ({ revision: since, hasMore } = answer);
  }
  return found.sort((a, b) => a - b);
}

/** Types measurements, one after another, until the browser is gone; `kept` gets those whose form closed, which says that they are on the disk. */
async function write(page: Page, numbers: () => number, kept: number[]): Promise<void> {
  for (;;) {
    const heartRate = numbers();
    await measure(page, heartRate);
    kept.push(heartRate);
  }
}

test(`[OFF2] [OFF3] [CAS1] a browser that is killed ${KILLS} times loses nothing that was kept, and nothing arrives twice or by half`, async () => {
  const random = createDice(20_261_121);
  const kept: number[] = [];
  let last = 20;
  const next = () => (last += 1);
  let page = await firstDay();
  for (let kill = 0; kill < KILLS; kill += 1) {
    await openCase(page);
    const before = kept.length;
    const writing = write(page, next, kept).catch((error: unknown) => String(error));
    // Instants after a first keystroke, spread over typing, keeping, sending and the answer.
    await new Promise((resolve) => setTimeout(resolve, 100 + random(WITHIN_MS)));
    await profile.kill();
    expect(await writing, `${kept.length - before} were kept`).toMatch(/closed|crash/i);
    page = await nextDay();
  }
  await openCase(page);
  expect(kept.length).toBeGreaterThan(0);
  const colleague = await SignalingPeer.connect(server.url, await server.signIn('requester'));
  await expect.poll(async () => {
    const there = new Set(await rates(colleague));
    return kept.filter((rate) => !there.has(rate));
  }, { message: 'kept on the machine, and not on the server' }).toEqual([]);
  const arrived = await rates(colleague);
  expect(new Set(arrived).size, 'none arrived twice').toBe(arrived.length);
  // What was being saved when the browser died may have been kept just before; nothing else may be there.
  expect(arrived.every((rate) => rate > 20 && rate <= last)).toBe(true);
  expect(arrived.length - kept.length).toBeLessThanOrEqual(KILLS);
  await colleague.close();
});

/** As a machine leaves it that dies between a record's head and its content: a head that promises more than there is. */
function tearLog(): void {
  const [folder] = readdirSync(profile.databases).filter((name) => name.endsWith('.leveldb'));
  const [log] = readdirSync(join(profile.databases, folder ?? '')).filter((name) => name.endsWith('.log')).sort().reverse();
  const head = Buffer.alloc(27, 7);
  head.writeUInt16LE(500, 4); // its length
  head[6] = 1; // a whole record
  appendFileSync(join(profile.databases, folder ?? '', log ?? ''), head);
}

test('[OFF12] a record left torn in the browser’s own log costs nothing, although the browser throws the database away for it at the second start', async () => {
  let page = await firstDay();
  await openCase(page);
  await measure(page, 71);
  await profile.kill();
  tearLog();
  page = await nextDay();
  await openCase(page);
  await measure(page, 72);
  await profile.kill();
  page = await nextDay();
  await openCase(page);
  await page.getByTestId('case-back').click();
  await expect(page.getByTestId('cases-recovered')).toHaveCount(0);
  const colleague = await SignalingPeer.connect(server.url, await server.signIn('requester'));
  await expect.poll(() => rates(colleague)).toEqual([71, 72]);
  await colleague.close();
});

test('[OFF12] a database that is gone takes nothing unsent with it: it is said, measurement and photograph arrive, the passphrase stays', async () => {
  let page = await firstDay();
  await openCase(page);
  await page.context().setOffline(true);
  await measure(page, 73);
  await page.getByTestId('section-documents').click();
  await page.getByTestId('camera-input').setInputFiles({ name: 'a.png', mimeType: 'image/png', buffer: encodePng(64, 64, (x, y) => [x * 4, y * 4, 99]) });
  await page.getByTestId('document-title').fill('Heel');
  await page.getByRole('dialog').getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByRole('dialog').waitFor({ state: 'hidden' });
  await profile.kill();
  rmSync(profile.databases, { recursive: true });
  page = await nextDay();
  await expect(page.getByTestId('cases-recovered')).toContainText('2');
  await page.screenshot({ path: test.info().outputPath('recovered.png') });
  const colleague = await SignalingPeer.connect(server.url, await server.signIn('requester'));
  await expect.poll(() => rates(colleague)).toEqual([73]);
  await openCase(page);
  await page.getByTestId('section-changes').click();
  await expect(page.getByTestId('changes').locator('[data-place="held"]')).toHaveCount(2);
  await page.getByTestId('section-documents').click();
  await expect(page.locator('li').filter({ hasText: 'Heel' }).locator('img')).toBeVisible();
  await colleague.close();
});
