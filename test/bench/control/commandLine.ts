import type { Page } from 'playwright-core';
import { TAG_BYTES } from '../../../shared/control/seal.ts';
import { percentile } from '../statistics.ts';
import { DEVICE, heartbeatBytes, motionBytes, stateBytes } from '../../helpers/control/words.ts';

/** A command and when it was sent or heard: number, and the page's own monotonic clock, ms. */
type Stamp = readonly [number, number];

/** What two pages stamped; each on its own clock. */
export interface Stamps {
  readonly sent: { readonly channel: readonly Stamp[]; readonly socket: readonly Stamp[] };
  readonly heard: { readonly channel: readonly Stamp[]; readonly socket: readonly Stamp[] };
  readonly statesSent: readonly Stamp[];
  readonly statesHeard: readonly Stamp[];
}

/** The near page offers a device, the far one steers; resolves when frames pass both ways. */
export async function openCommandLine(near: Page, far: Page): Promise<void> {
  await near.evaluate((device) => window.harness.app?.consult.control()?.offer(device), DEVICE);
  for (const page of [near, far]) await page.waitForFunction(() => window.harness.app?.consult.control()?.view.isChannelOpen === true, undefined, { timeout: 20_000 });
  for (const page of [near, far]) {
    await page.evaluate(() => {
      const heard: [number, number, string][] = [];
      Object.assign(window, { heardFrames: heard });
      window.harness.app?.consult.control()?.on('frame', ({ bytes, path }) => heard.push([bytes.getUint32(12), performance.now(), path]));
    });
  }
  for (const [from, to, frame] of [[far, near, motionBytes(1, 0)], [near, far, stateBytes({})]] as const) {
    await from.evaluate((bytes) => {
      const timer = setInterval(() => window.harness.app?.consult.control()?.sendMotion(new Uint8Array(bytes)), 20);
      Object.assign(window, { opening: timer });
    }, [...frame]);
    await to.waitForFunction(() => (window as unknown as { heardFrames: unknown[] }).heardFrames.length > 0, undefined, { timeout: 20_000 }); // put there above
    await from.evaluate(() => clearInterval((window as unknown as { opening: number }).opening)); // as above
  }
}

/** Sends commands every `everyMs` by the channel and every 30 ms by the socket, as the server lets one connection, and states back every 20 ms. */
export async function measureCommands(near: Page, far: Page, seconds: number, commandEveryMs: number): Promise<Stamps> {
  for (const page of [near, far]) await page.evaluate(() => void (window as unknown as { heardFrames: unknown[] }).heardFrames.splice(0)); // put there by openCommandLine
  const motion = new Uint8Array([...motionBytes(1, 0), ...new Uint8Array(TAG_BYTES)]);
  const beat = new Uint8Array([...heartbeatBytes(1, 0), ...new Uint8Array(TAG_BYTES)]);
  const send = (page: Page, frames: { readonly channel: Uint8Array; readonly everyMs: number; readonly socket: Uint8Array | null }) =>
    page.evaluate(async ({ channel, everyMs, socket, durationMs }) => {
      const app = window.harness.app;
      const link = app?.consult.control();
      const sent: { channel: [number, number][]; socket: [number, number][] } = { channel: [], socket: [] };
      const numbered = (bytes: readonly number[], sequence: number) => {
        const frame = new Uint8Array(bytes);
        new DataView(frame.buffer).setUint32(12, sequence);
        return frame;
      };
      const startMs = performance.now();
      for (let sequence = 1; ; sequence += 1) {
        const dueMs = startMs + sequence * everyMs;
        if (dueMs - startMs > durationMs) return sent;
        await new Promise((next) => setTimeout(next, dueMs - performance.now()));
        // What finds its channel full is lost, and counts as such.
        sent.channel.push([sequence, performance.now()]);
        link?.sendMotion(numbered(channel, sequence));
        if (socket === null || (sequence * everyMs) % 30 !== 0) continue;
        sent.socket.push([sequence, performance.now()]);
        app?.signaling.request('control.frame', { frame: btoa(String.fromCharCode(...numbered(socket, sequence))) }).catch(() => undefined);
      }
    }, { channel: [...frames.channel], everyMs: frames.everyMs, socket: frames.socket && [...frames.socket], durationMs: 1000 * seconds });
  const [sent, states] = await Promise.all([
    send(far, { channel: motion, everyMs: commandEveryMs, socket: beat }),
    send(near, { channel: stateBytes({}), everyMs: 20, socket: null }),
  ]);
  await near.waitForFunction((until) => performance.now() > until, (await near.evaluate(() => performance.now())) + 1500);
  const heardAt = (page: Page) => page.evaluate(() => (window as unknown as { heardFrames: [number, number, string][] }).heardFrames); // put there by openCommandLine
  const [heardNear, heardFar] = await Promise.all([heardAt(near), heardAt(far)]);
  const by = (path: string) => heardNear.filter(([, , one]) => one === path).map(([sequence, atMs]): Stamp => [sequence, atMs]);
  return { sent, heard: { channel: by('channel'), socket: by('socket') }, statesSent: states.channel, statesHeard: heardFar.map(([sequence, atMs]): Stamp => [sequence, atMs]) };
}

export interface LineFigures {
  /** Half of the shortest way there and back, ms. */
  readonly oneWayMs: number;
  readonly channel: PathFigures;
  readonly socket: PathFigures;
}

export interface PathFigures {
  readonly count: number;
  readonly arrived: number;
  /** Until a command or a newer one was there, ms after it was sent. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** 99th percentile of how far two delays that follow each other differ, ms. */
  readonly jitterMs: number;
  /** Commands of which neither they nor a newer one were there 12 ms after their way, in a million. */
  readonly latePerMillion: number;
  /** Commands of which nothing came in time, neither they nor the two after them: each holds the whole target, so until then nothing is missed. In a million. */
  readonly lostPerMillion: number;
}

const GRACE_MS = 12;
/** A command and the two that follow it, 100 a second: what three in a row have to miss, ms. */
const THREE_IN_A_ROW_MS = GRACE_MS + 20;

/** The clocks of two pages differ: the shortest delays of both ways, halved, are the way, and what is left is the difference. */
export function figuresOf({ sent, heard, statesSent, statesHeard }: Stamps): LineFigures {
  const up = Math.min(...delays(sent.channel, heard.channel));
  const down = Math.min(...delays(statesSent, statesHeard));
  const oneWayMs = (up + down) / 2;
  const offsetMs = up - oneWayMs;
  return { oneWayMs, channel: pathFigures(sent.channel, heard.channel, offsetMs, oneWayMs), socket: pathFigures(sent.socket, heard.socket, offsetMs, oneWayMs) };
}

function delays(sent: readonly Stamp[], heard: readonly Stamp[]): number[] {
  const at = new Map(sent);
  return heard.flatMap(([sequence, atMs]) => {
    const sentMs = at.get(sequence);
    return sentMs === undefined ? [] : [atMs - sentMs];
  });
}

function pathFigures(sent: readonly Stamp[], heard: readonly Stamp[], offsetMs: number, oneWayMs: number): PathFigures {
  // From the newest back: when this command or a newer one was first there.
  const firstAt = new Map<number, number>();
  for (const [sequence, atMs] of heard) firstAt.set(sequence, Math.min(atMs, firstAt.get(sequence) ?? Number.POSITIVE_INFINITY));
  let soonestMs = Number.POSITIVE_INFINITY;
  const effective = sent.toReversed().map(([sequence, sentMs]) => {
    soonestMs = Math.min(soonestMs, firstAt.get(sequence) ?? Number.POSITIVE_INFINITY);
    return soonestMs - offsetMs - sentMs;
  }).reverse();
  const passed = effective.filter(Number.isFinite); // of the last ones no newer came
  const single = delays(sent, heard);
  return {
    count: sent.length, arrived: firstAt.size, p50Ms: percentile(passed, 0.5), p99Ms: percentile(passed, 0.99),
    jitterMs: percentile(single.slice(1).map((delay, index) => Math.abs(delay - (single[index] ?? delay))), 0.99),
    latePerMillion: perMillion(passed, oneWayMs + GRACE_MS),
    lostPerMillion: perMillion(passed, oneWayMs + THREE_IN_A_ROW_MS),
  };
}

const perMillion = (delaysMs: readonly number[], limitMs: number): number => (1e6 * delaysMs.filter((delayMs) => delayMs > limitMs).length) / Math.max(1, delaysMs.length);

