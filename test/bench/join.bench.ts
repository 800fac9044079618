import { DEVICES, launchChromium } from '../helpers/chromium.ts';
import { joinFromList, leaveToList, openPerson } from '../helpers/client.ts';
import { ServerProcess } from '../helpers/serverProcess.ts';
import type { Row } from './benchReport.ts';
import { percentile } from './statistics.ts';

export const description = 'From the click on Join to the first decoded picture of somebody else, through the real screens';

const JOINS = { quick: 8, full: 20 } as const;

/** Between leaving and the next click. */
const SETTLE_MS = 1000;

/** Runs in the page: resolves with the ms between the next click on a Join button and the first decoded frame that carries `tag`. */
function measureNextJoin(tag: number): void {
  let clickedMs = 0;
  const watched = new WeakSet<HTMLVideoElement>();
  const result = new Promise<number>((resolve) => {
    document.addEventListener(
      'click',
      (event) => {
        if (event.target instanceof Element && event.target.closest('[data-testid^="join-"]')) clickedMs = performance.now();
      },
      { capture: true },
    );
    const watch = () => {
      for (const video of document.querySelectorAll<HTMLVideoElement>('video[data-source-id]')) {
        if (watched.has(video)) continue;
        watched.add(video);
        const onFrame = () => {
          if (clickedMs > 0 && window.readPattern(video)?.tag === tag) resolve(performance.now() - clickedMs);
          else video.requestVideoFrameCallback(onFrame);
        };
        video.requestVideoFrameCallback(onFrame);
      }
    };
    new MutationObserver(watch).observe(document.body, { childList: true, subtree: true });
  });
  Object.assign(window, { joinTime: result });
}

export async function run({ quick }: { readonly quick: boolean }): Promise<readonly Row[]> {
  const server = await ServerProcess.start({ HUIZHEN_DEMO_IMAGES: '0' });
  const browser = await launchChromium();
  try {
    const host = await openPerson(browser, server, 'requester', { devices: DEVICES.second });
    await joinFromList(host, server.demo.liveConsultId);
    const guest = await openPerson(browser, server, 'expert', { devices: DEVICES.expert });
    const times: number[] = [];
    const joins = JOINS[quick ? 'quick' : 'full'];
    for (let index = 0; index <= joins; index += 1) {
      await guest.getByTestId(`join-${server.demo.liveConsultId}`).waitFor();
      await guest.waitForTimeout(SETTLE_MS); // nobody joins in the same instant in which they left
      await guest.evaluate(measureNextJoin, 2);
      await guest.getByTestId(`join-${server.demo.liveConsultId}`).click();
      const ms = await guest.evaluate(() => (window as unknown as { joinTime: Promise<number> }).joinTime); // put there above
      if (index > 0) times.push(ms); // the first loads what later ones find loaded
      await leaveToList(guest);
    }
    const note = `${joins} joins, loopback, both sides send camera and microphone`;
    return [
      { metric: 'join_p50_ms', value: percentile(times, 0.5), unit: 'ms', note },
      { metric: 'join_p95_ms', value: percentile(times, 0.95), unit: 'ms', note },
    ];
  } finally {
    await browser.close();
    await server.stop();
  }
}
