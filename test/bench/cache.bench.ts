import type { BrowserContext, Page } from 'playwright-core';
import type { Attachment, CaseItem } from '#shared/domain/caseFile';
import { required } from '#shared/lib/assert';
import { ATTACHMENT_ROUTES } from '#shared/protocol/cases';
import { attachmentsOf } from '../../renderer/services/cases/caseSync.ts';
import { BrowserProfile } from '../helpers/browserProfile.ts';
import { choosePassphrase, PASSPHRASE } from '../helpers/cases/caseScreens.ts';
import { ServerProcess } from '../helpers/serverProcess.ts';
import { SignalingPeer } from '../helpers/signalingPeer.ts';
import type { Row } from './benchReport.ts';
import { CT_CASE, fillHospital } from './cache/fillHospital.ts';
import { readTasks, timeCopy, timeList, watchTasks } from './cache/inPage.ts';
import { plainCopy } from './cache/plainCopy.ts';
import { UnwatchedBrowser } from './cache/unwatched.ts';
import { median } from './statistics.ts';

export const description = 'A case with a CT of 300 slices (quick: 100) copied onto the machine and sealed; opening without a server; 10,000 cases in the list';

const SLICES = { quick: 100, full: 300 } as const;
const CASES = 10_000;
const ROUNDS = { quick: 1, full: 5 } as const;
const OPENINGS = { quick: 1, full: 5 } as const;
/** Part of the names and numbers of some of the many cases. */
const QUERY = '77';
const LEAVES = Array.from({ length: CASES }, (_, index) => String(index + 1)).filter((text) => text.includes(QUERY)).length;

export const rounds = (quick: boolean) => ROUNDS[quick ? 'quick' : 'full'];

/** The client in a profile of its own, signed in and with the copies set up. */
async function openCases(context: BrowserContext, server: ServerProcess, name: string): Promise<Page> {
  const page = context.pages()[0] ?? (await context.newPage());
  await page.goto(server.url);
  await page.getByTestId('sign-in-name').fill(name);
  await page.getByTestId('sign-in-password').fill(server.demo.password);
  await page.getByTestId('sign-in-submit').click();
  await page.getByTestId('nav-cases').click();
  await choosePassphrase(page);
  return page;
}

interface Copying {
  /** What the tab keeps of the session. */
  readonly session: string;
  readonly ms: readonly number[];
  readonly plainMs: readonly number[];
  readonly longestTaskMs: number;
  readonly peakBytes: number;
  readonly bytes: number;
}

/** Ours and the platform's own way in turn; the first of both loads what the later ones find loaded, and is not counted. */
async function measureCopying(folder: string, server: ServerProcess, count: number): Promise<Copying> {
  const browser = await UnwatchedBrowser.start(folder);
  try {
    const token = await server.signIn('nurse');
    const slices = await slicesOf(server, token);
    const urls = slices.map(({ hash }) => `${server.url}${ATTACHMENT_ROUTES.content(CT_CASE, hash)}`);
    const row = (page: Page) => page.getByTestId(`case-row-${CT_CASE}`);
    const clientOf = (context: BrowserContext) => required(context.pages().find((page) => page.url().startsWith(`${server.url}/#`)), 'the client');
    const session = await browser.watch(async (context) => {
      const page = await openCases(context, server, 'nurse');
      await row(page).waitFor();
      // What tomorrow's schedule needs is fetched by itself first.
      await page.locator(`[data-testid="case-row-${server.demo.liveConsultId}"][data-offline="whole"]`).waitFor();
      await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
      await page.evaluate(watchTasks);
      return page.evaluate(() => sessionStorage.getItem('huizhen.session') ?? '');
    });
    const found: { ms: number; plainMs: number; taskMs: number; peakBytes: number }[] = [];
    for (let round = 0; round <= count; round += 1) {
      // In a process of its own: what it leaves in the memory is not ours.
      const bare = `${server.url}/healthz`;
      await browser.watch(async (context) => (await context.newPage()).goto(bare));
      const plainMs = await browser.measure(bare, plainCopy, { urls, token });
      await browser.watch(async (context) => {
        await context.pages().find((page) => page.url() === bare)?.close();
        await clientOf(context).evaluate(readTasks);
      });
      browser.processes.forgetPeaks();
      const ms = await browser.measure(`${server.url}/#`, timeCopy, String(CT_CASE));
      const peakBytes = browser.processes.peakBytes();
      await browser.watch(async (context) => {
        const page = clientOf(context);
        const { taskMs, gapMs } = await page.evaluate(readTasks);
        found.push({ ms, plainMs, taskMs: taskMs > 0 ? taskMs : Math.min(gapMs, 50), peakBytes });
        if (round === count) return; // the last copy is what is opened without the server
        await row(page).getByRole('button').last().click();
        await page.getByRole('menuitem').click();
        await page.locator(`[data-testid="case-row-${CT_CASE}"][data-offline="items"]`).waitFor();
      });
    }
    const counted = found.slice(1);
    return {
      session,
      ms: counted.map((one) => one.ms),
      plainMs: counted.map((one) => one.plainMs),
      longestTaskMs: Math.max(...counted.map(({ taskMs }) => taskMs)),
      peakBytes: Math.max(...counted.map(({ peakBytes }) => peakBytes)),
      bytes: slices.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    };
  } finally {
    await browser.close();
  }
}

async function slicesOf(server: ServerProcess, token: string): Promise<readonly Attachment[]> {
  const peer = await SignalingPeer.connect(server.url, token);
  const slices: Attachment[] = [];
  for (let since = 0, hasMore = true; hasMore; ) {
    const answer = await peer.request('case.changes', { caseId: CT_CASE, sinceRevision: since, limit: 200 });
    slices.push(...attachmentsOf(answer.items as CaseItem[])); // the schema pairs kind and body
    ({ revision: since, hasMore } = answer);
  }
  await peer.close();
  return slices;
}

/**
 * A new browser, no server: from the address to the file's first content, with the passphrase typed and the case chosen between.
 * The session is given back as the desktop's vault would; a browser's tab forgets it.
 */
async function measureOpening(profile: BrowserProfile, url: string, session: string): Promise<number> {
  const context = await profile.open();
  await context.addInitScript((text) => sessionStorage.setItem('huizhen.session', text), session);
  const page = context.pages()[0] ?? (await context.newPage());
  const startedMs = performance.now();
  await page.goto(url, { waitUntil: 'commit' });
  await page.getByTestId('open-offline').click();
  await page.getByTestId('cases-passphrase').fill(PASSPHRASE);
  await page.getByTestId('cases-passphrase').press('Enter');
  await page.getByTestId(`open-case-${CT_CASE}`).click();
  await page.getByTestId('case-file').waitFor();
  const tookMs = performance.now() - startedMs;
  await profile.close();
  return tookMs;
}

interface Listing {
  readonly listMs: readonly number[];
  readonly filterMs: readonly number[];
  readonly longestTaskMs: number;
  /** From the passphrase to all rows, without the server: every summary is read from the disk and opened. */
  readonly unlockMs: number;
}

async function measureListing(profile: BrowserProfile, server: ServerProcess, count: number): Promise<Listing> {
  const context = await profile.open();
  const page = await openCases(context, server, 'scheduler');
  const full = page.locator('[data-testid="cases-count"]').filter({
    hasText: new RegExp(`of (${CASES}|${CASES + 1}|${CASES + 2}|${CASES + 3}|${CASES + 4})$`),
  });
  await full.waitFor({ timeout: 60_000 });
  await page.evaluate(watchTasks);
  const found: { listMs: number; filterMs: number; taskMs: number }[] = [];
  for (let round = 0; round <= count; round += 1) {
    await page.getByTestId('nav-settings').click();
    await page.getByTestId('cases-filter').waitFor({ state: 'detached' });
    await page.evaluate(readTasks);
    const times = await page.evaluate(timeList, {
      query: QUERY,
      leaves: LEAVES,
    });
    const { taskMs, gapMs } = await page.evaluate(readTasks);
    found.push({ ...times, taskMs: taskMs > 0 ? taskMs : Math.min(gapMs, 50) });
  }
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await server.kill();
  await page.goto('about:blank');
  await page.goto(server.url, { waitUntil: 'commit' });
  await page.getByTestId('open-offline').click();
  await page.getByTestId('cases-passphrase').fill(PASSPHRASE);
  const pressedMs = performance.now();
  await page.getByTestId('cases-passphrase').press('Enter');
  await full.waitFor({ timeout: 60_000 });
  const unlockMs = performance.now() - pressedMs;
  await profile.close();
  const counted = found.slice(1);
  return {
    listMs: counted.map(({ listMs }) => listMs),
    filterMs: counted.map(({ filterMs }) => filterMs),
    longestTaskMs: Math.max(...counted.map(({ taskMs }) => taskMs)),
    unlockMs,
  };
}

export async function run({ quick }: { readonly quick: boolean }): Promise<readonly Row[]> {
  const size = quick ? 'quick' : 'full';
  const server = await ServerProcess.start({ HUIZHEN_WORKERS: '1', HUIZHEN_DEMO_IMAGES: '0' });
  const nurse = new BrowserProfile();
  const scheduler = new BrowserProfile();
  try {
    await server.kill();
    await fillHospital(server.dataFolder, { slices: SLICES[size], count: CASES });
    await server.run();
    const copying = await measureCopying(nurse.folder, server, ROUNDS[size]);
    const listing = await measureListing(scheduler, server, ROUNDS[size]);
    const openings: number[] = [];
    for (let index = 0; index < OPENINGS[size]; index += 1) openings.push(await measureOpening(nurse, server.url, copying.session));
    const speed = (ms: readonly number[]) => copying.bytes / 1000 / median(ms);
    const list = listing.listMs.map((ms, index) => ms + (listing.filterMs[index] ?? Number.NaN));
    return [
      {
        metric: 'cache_mb_per_s',
        value: speed(copying.ms),
        unit: 'MB/s',
        note: `${SLICES[size]} × 512 KiB from the server's folder to sealed files, checked by hash; from the click to the row's mark; aim ≥ 120`,
      },
      {
        metric: 'plain_mb_per_s',
        value: speed(copying.plainMs),
        unit: 'MB/s',
        note: 'the same bytes in the same rounds by bare fetch, AES-GCM and OPFS writes, four at a time, unchecked',
      },
      {
        metric: 'cache_speed_vs_plain',
        value: speed(copying.ms) / speed(copying.plainMs),
        unit: '',
        note: 'holds on a noisy machine',
      },
      {
        metric: 'offline_open_ms',
        value: median(openings),
        unit: 'ms',
        note: 'new browser, no server: address, passphrase typed, case chosen, first content; aim ≤ 1500',
      },
      {
        metric: 'list_10k_ms',
        value: median(list),
        unit: 'ms',
        note: `list on the screen (${median(listing.listMs).toFixed(0)}) and filtered (${median(listing.filterMs).toFixed(0)}); aim ≤ 100`,
      },
      {
        metric: 'list_10k_unlock_ms',
        value: listing.unlockMs,
        unit: 'ms',
        note: 'from the passphrase to all rows, each read from the disk and opened; PBKDF2 included',
      },
      {
        metric: 'longest_task_ms',
        value: copying.longestTaskMs,
        unit: 'ms',
        note: 'main thread while copying; at most 50 when the browser told of none; aim < 50',
      },
      {
        metric: 'peak_rss_mb',
        value: copying.peakBytes / 1_000_000,
        unit: 'MB',
        note: "the page's process with its worker, while copying; aim < 400",
      },
    ];
  } finally {
    await Promise.all([nurse.remove(), scheduler.remove()]);
    await server.stop();
  }
}
