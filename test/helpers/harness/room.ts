import type { Browser, Page } from 'playwright-core';
import type { VirtualDevice } from '../../../build/demo/virtualDevices.mjs';
import type { Role } from '../../../shared/domain/roles.ts';
import { DEVICES, inboundStats, openContext } from '../chromium.ts';
import type { ServerProcess } from '../serverProcess.ts';
import { openHarness } from './openHarness.ts';

export interface Member {
  readonly name: string;
  readonly partyId: string;
  readonly tag: number;
  readonly page: Page;
}

export const THREE: readonly { readonly name: string; readonly role: Role; readonly tag: number; readonly devices: readonly VirtualDevice[] }[] = [
  { name: 'expert', role: 'expert', tag: 1, devices: DEVICES.expert },
  { name: 'requester', role: 'requester', tag: 2, devices: DEVICES.second },
  { name: 'nurse', role: 'bedside', tag: 3, devices: DEVICES.smallCart },
];

/** Opens a harness page for each and joins the demo's live consult, one after another. */
export async function openRoom(browser: Browser, server: ServerProcess, who = THREE): Promise<Member[]> {
  const members: Member[] = [];
  for (const { name, role, tag, devices } of who) {
    const context = await openContext(browser, devices);
    const page = await openHarness(context, server, { token: await server.signIn(name), role });
    await joinLive(page, server);
    members.push({ name, partyId: `demo-${name}`, tag, page });
  }
  return members;
}

export async function joinLive(page: Page, server: ServerProcess): Promise<void> {
  await page.evaluate((id) => window.harness.app?.join(id), server.demo.liveConsultId);
  await page.waitForFunction(() => window.harness.app?.state().phase === 'inRoom');
}

/** Resolves when the page shows a moving, rightly numbered picture of the party: two different frames read back from decoded video. */
export async function seesMoving(page: Page, partyId: string, tag: number, timeoutMs = 20_000): Promise<void> {
  await page.waitForFunction(
    ({ party, wanted }) => {
      const video = document.querySelector<HTMLVideoElement>(`video[data-party="${party}"]`);
      const read = video ? window.readPattern(video) : null;
      if (!video || read?.tag !== wanted) return false;
      const before = video.dataset['firstFrame'];
      if (before === undefined) video.dataset['firstFrame'] = String(read.frame);
      return before !== undefined && before !== String(read.frame);
    },
    { party: partyId, wanted: tag },
    { timeout: timeoutMs, polling: 50 },
  );
}

/** Forgets what was seen, so that `seesMoving` asks for new frames. */
export async function forgetSeen(page: Page): Promise<void> {
  await page.evaluate(() => {
    for (const video of document.querySelectorAll('video')) delete video.dataset['firstFrame'];
  });
}

/** Resolves when sound with energy arrives from `count` others. */
export async function hears(page: Page, count: number, timeoutMs = 20_000): Promise<void> {
  const before = new Map((await inboundStats(page)).filter((stat) => stat.kind === 'audio').map((stat) => [stat.trackIdentifier, stat.totalAudioEnergy]));
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const sounding = (await inboundStats(page)).filter((stat) => stat.kind === 'audio' && stat.totalAudioEnergy > (before.get(stat.trackIdentifier) ?? 0) + 0.0001);
    if (sounding.length >= count) return;
    if (Date.now() > deadline) throw new Error(`heard ${sounding.length} of ${count} others`);
    await page.waitForFunction((ms) => performance.now() > ms, (await page.evaluate(() => performance.now())) + 100);
  }
}

/** Everybody sees and hears all the others, on decoded frames and sound energy. */
export async function allTogether(members: readonly Member[], timeoutMs = 20_000): Promise<void> {
  await Promise.all(members.map(({ page }) => forgetSeen(page)));
  await Promise.all(
    members.flatMap(({ page, partyId }) => [...members.filter((other) => other.partyId !== partyId).map((other) => seesMoving(page, other.partyId, other.tag, timeoutMs)), hears(page, members.length - 1, timeoutMs)]),
  );
}
