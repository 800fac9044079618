import type { Browser, BrowserContext, Page } from 'playwright-core';
import { DEVICES, inboundStats, launchChromium, openContext } from '../chromium.ts';
import { openHarness } from '../harness/openHarness.ts';
import { forgetSeen, joinLive, type Member, seesMoving, THREE } from '../harness/room.ts';
import { ServerProcess } from '../serverProcess.ts';
import { Impairment } from './impairment.ts';
import type { NetworkPlace } from './namespace.ts';

/** A consult of two with a bad line between: the server and one person on this side of it, the other beyond. */
export interface LineRoom {
  readonly line: Impairment;
  readonly server: ServerProcess;
  readonly near: Member;
  readonly far: Member;
  close(): Promise<void>;
}

export interface LineRoomOptions {
  /** Who is near and who is far. */
  readonly people?: readonly [Person, Person];
  /** The server's; may start what the server is to be told of. */
  readonly environment?: (near: NetworkPlace) => Promise<Record<string, string>>;
  /** Before the far person's page is opened. */
  readonly prepareLine?: (line: Impairment) => Promise<unknown>;
  readonly prepareFar?: (context: BrowserContext) => Promise<unknown>;
}

const SAMPLES_PER_SECOND = 48_000;
type Person = (typeof THREE)[number];
const PEOPLE: readonly [Person, Person] = [
  { name: 'expert', role: 'expert', tag: 1, devices: DEVICES.expert },
  { name: 'requester', role: 'requester', tag: 2, devices: DEVICES.second },
];

/** Opens all of it; what was opened is closed again when a part fails. */
export async function openLineRoom(options: LineRoomOptions = {}): Promise<LineRoom> {
  const line = await Impairment.open();
  const browsers: Browser[] = [];
  const servers: ServerProcess[] = [];
  const close = async () => {
    await Promise.all(browsers.splice(0).map((browser) => browser.close()));
    await Promise.all(servers.splice(0).map((server) => server.stop()));
    await line.close();
  };
  const launch = async ({ namespace }: NetworkPlace): Promise<Browser> => {
    const browser = await launchChromium(['--ignore-certificate-errors'], namespace);
    browsers.push(browser);
    return browser;
  };
  const serve = async (): Promise<ServerProcess> => {
    const server = await ServerProcess.start(await options.environment?.(line.near), line.near);
    servers.push(server);
    return server;
  };
  /** With the permission the browser looks at each network of the machine, as it does for people with a camera. */
  const person = async (server: ServerProcess, browser: Browser, { name, role, tag, devices }: Person, prepare?: LineRoomOptions['prepareFar']): Promise<Member> => {
    const context = await openContext(browser, devices, { permissions: ['camera', 'microphone'] });
    await prepare?.(context);
    const page = await openHarness(context, server, { token: await server.signIn(name), role });
    await joinLive(page, server);
    return { name, partyId: `demo-${name}`, tag, page };
  };
  const [nearPerson, farPerson] = options.people ?? PEOPLE;
  // All, and not the first failure: what still opens then is closed too.
  const parts = await Promise.allSettled([serve(), launch(line.near), launch(line.far)]);
  try {
    const [server, nearBrowser, farBrowser] = parts.map((part) => {
      if (part.status === 'rejected') throw part.reason;
      return part.value;
    }) as [ServerProcess, Browser, Browser]; // in the order above
    const near = await person(server, nearBrowser, nearPerson);
    await options.prepareLine?.(line);
    const far = await person(server, farBrowser, farPerson, options.prepareFar);
    return { line, server, near, far, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Both see the other's numbered picture move, from now on. */
export async function bothSeeMoving({ near, far }: LineRoom, timeoutMs: number): Promise<void> {
  await Promise.all([near, far].map(({ page }) => forgetSeen(page)));
  await Promise.all([seesMoving(near.page, far.partyId, far.tag, timeoutMs), seesMoving(far.page, near.partyId, near.tag, timeoutMs)]);
}

/** Sound played by a page so far, in samples: all, and those made up for missing ones. */
async function playedSound(page: Page): Promise<{ samples: number; madeUp: number }> {
  const sounds = (await inboundStats(page)).filter((stat) => stat.kind === 'audio');
  return { samples: sounds.reduce((sum, stat) => sum + stat.totalSamplesReceived, 0), madeUp: sounds.reduce((sum, stat) => sum + stat.concealedSamples, 0) };
}

/** Percent of the sound that was made up for missing packets, over the next `seconds` of sound, at both ends. */
export async function madeUpPercent({ near, far }: LineRoom, seconds: number): Promise<{ near: number; far: number }> {
  const measure = async ({ page }: Member): Promise<number> => {
    const before = await playedSound(page);
    // A page's clock is waited on and not the sound's: sound that stands still is an answer, too.
    await page.waitForFunction((until) => performance.now() > until, (await page.evaluate(() => performance.now())) + 1000 * seconds);
    const now = await playedSound(page);
    const samples = now.samples - before.samples;
    // Samples that were not even asked for are missing as well.
    const missing = Math.max(0, 0.9 * SAMPLES_PER_SECOND * seconds - samples);
    return (100 * (now.madeUp - before.madeUp + missing)) / Math.max(1, samples + missing);
  };
  const [atNear, atFar] = await Promise.all([measure(near), measure(far)]);
  return { near: atNear, far: atFar };
}
