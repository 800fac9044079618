import type { Browser, Page } from 'playwright-core';
import { launchChromium } from '../helpers/chromium.ts';
import { allTogether, type Member, openRoom, THREE } from '../helpers/harness/room.ts';
import { whyNoImpairment } from '../helpers/impairment/impairment.ts';
import { bothSeeMoving, openLineRoom } from '../helpers/impairment/lineRoom.ts';
import { ServerProcess } from '../helpers/serverProcess.ts';
import type { Row } from './benchReport.ts';
import { percentile } from './statistics.ts';

export const description = 'How long pictures stand still after the server or a media worker is killed or an address changes, as the viewers see it';

const ROUNDS = { quick: 1, full: 6 } as const;

/** Runs in the page: notes when each frame of each party's picture is shown, over every change of its stream. */
function recordFrames(): void {
  const frames: Record<string, number[]> = {};
  const watched = new WeakSet<HTMLVideoElement>();
  const watch = () => {
    for (const video of document.querySelectorAll<HTMLVideoElement>('video[data-party]')) {
      if (watched.has(video)) continue;
      watched.add(video);
      const onFrame = () => {
        const party = video.dataset['party'] ?? '';
        frames[party] = [...(frames[party] ?? []), performance.now()].slice(-400);
        video.requestVideoFrameCallback(onFrame);
      };
      video.requestVideoFrameCallback(onFrame);
    }
  };
  watch();
  new MutationObserver(watch).observe(document.body, { childList: true, subtree: true, attributes: true });
  Object.assign(window, { shownFrames: frames });
}

/** The longest time between two frames since `sinceMs`, for each picture of the page. */
function gapsSince(page: Page, sinceMs: number): Promise<number[]> {
  return page.evaluate((since) => {
    const frames = (window as unknown as { shownFrames: Record<string, number[]> }).shownFrames; // put there by recordFrames
    return Object.values(frames).map((times) => {
      const late = times.filter((time) => time >= since);
      const before = times.filter((time) => time < since).at(-1) ?? since;
      return Math.max(...late.map((time, index) => time - (late[index - 1] ?? before)));
    });
  }, sinceMs);
}

async function measure(members: readonly Member[], harm: () => Promise<void>): Promise<number[]> {
  const since = await Promise.all(members.map(({ page }) => page.evaluate(() => performance.now())));
  const made = await Promise.all(members.map(({ page }) => page.evaluate(() => window.testConnections.length)));
  await harm();
  await Promise.all(members.map(({ page }, index) => page.waitForFunction((before) => window.testConnections.length > before, made[index] ?? 0, { timeout: 30_000 })));
  await allTogether(members, 30_000);
  return (await Promise.all(members.map(({ page }, index) => gapsSince(page, since[index] ?? 0)))).flat();
}

async function withRoom<T>(act: (server: ServerProcess, members: Member[]) => Promise<T>): Promise<T> {
  const server = await ServerProcess.start({ HUIZHEN_DEMO_IMAGES: '0' });
  const browser: Browser = await launchChromium();
  try {
    const members = await openRoom(browser, server, THREE);
    await allTogether(members);
    for (const { page } of members) await page.evaluate(recordFrames);
    return await act(server, members);
  } finally {
    await browser.close();
    await server.stop();
  }
}

/** Moves one of two people to another address under the running consult, again and again; 25 ms one way. */
async function addressChanges(count: number): Promise<number[]> {
  const room = await openLineRoom();
  try {
    await room.line.set({ delayMs: 25 });
    const members = [room.near, room.far];
    await allTogether(members, 30_000);
    for (const { page } of members) await page.evaluate(recordFrames);
    const gaps: number[] = [];
    for (let round = 0; round < count; round += 1) {
      const since = await Promise.all(members.map(({ page }) => page.evaluate(() => performance.now())));
      await room.line.changeAddress();
      await bothSeeMoving(room, 30_000);
      await room.far.page.waitForFunction(() => window.harness.app?.state().link.step === 'connected', undefined, { timeout: 30_000 });
      await room.far.page.waitForTimeout(1000); // a picture after the change, and not the last from before it, ends the gap
      gaps.push(...(await Promise.all(members.map(({ page }, index) => gapsSince(page, since[index] ?? 0)))).flat());
    }
    return gaps;
  } finally {
    await room.close();
  }
}

export function rounds(quick: boolean): number {
  return ROUNDS[quick ? 'quick' : 'full'];
}

export async function run({ quick }: { readonly quick: boolean }): Promise<readonly Row[]> {
  const count = rounds(quick);
  const workerGaps: number[] = [];
  const serverGaps: number[] = [];
  await withRoom(async (server, members) => {
    for (let round = 0; round < count; round += 1) {
      workerGaps.push(...(await measure(members, async () => {
        for (const pid of server.workerPids()) process.kill(pid, 'SIGKILL');
      })));
    }
    for (let round = 0; round < count; round += 1) {
      serverGaps.push(...(await measure(members, async () => {
        await server.kill();
        await server.run();
      })));
    }
  });
  const noLine = whyNoImpairment();
  const addressRow: Row =
    noLine === null
      ? { metric: 'address_change_gap_p95_ms', value: percentile(await addressChanges(count), 0.95), unit: 'ms', note: `2 participants, ${count} changes, 25 ms one way` }
      : { metric: 'address_change_gap_p95_ms', missing: noLine };
  const note = `3 participants, ${count} kills, 6 pictures each`;
  return [
    { metric: 'worker_kill_gap_p95_ms', value: percentile(workerGaps, 0.95), unit: 'ms', note },
    { metric: 'server_kill_gap_p95_ms', value: percentile(serverGaps, 0.95), unit: 'ms', note: `${note}; includes the server's own start, which begins at once` },
    addressRow,
  ];
}
