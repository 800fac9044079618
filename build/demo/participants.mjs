/** The demo's participants: pages of the real client in a headless Chromium, with virtual devices, driven through their screens. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { findBrowser } from '../setup/programs.mjs';
import { liveLine, readFlow } from './liveLine.mjs';
import { installVirtualDevices } from './virtualDevices.mjs';

const CAST = [
  {
    key: 'requester',
    devices: [
      { kind: 'videoinput', label: 'Desk camera', tag: 2, width: 640, height: 360, fps: 8, style: 'face' },
      { kind: 'audioinput', label: 'Desk microphone', toneHz: 520 },
    ],
  },
  {
    key: 'cart',
    devices: [
      { kind: 'videoinput', label: 'Close-up 4K', tag: 3, width: 3840, height: 2160, fps: 6, style: 'field' },
      { kind: 'videoinput', label: 'Ultrasound HDMI', tag: 4, width: 960, height: 540, fps: 10, style: 'ultrasound' },
      { kind: 'audioinput', label: 'Cart microphone', toneHz: 330 },
    ],
  },
  {
    key: 'expert',
    devices: [
      { kind: 'videoinput', label: 'Monitor camera', tag: 1, width: 640, height: 360, fps: 8, style: 'face' },
      { kind: 'audioinput', label: 'Headset', toneHz: 440 },
    ],
  },
];

const SCREEN = { width: 1920, height: 1080 };

/** Runs in the page: what a cart's device page would have remembered. */
function rememberDevices(devices) {
  const key = 'huizhen.settings';
  if (localStorage.getItem(key) === null) localStorage.setItem(key, JSON.stringify({ schemaVersion: 1, serverUrl: null, language: null, theme: null, devices, cartId: null }));
}

/** Signs a person in through the sign-in screen. */
export async function signIn(page, url, signInName, password) {
  await page.goto(url);
  await page.getByTestId('sign-in-name').fill(signInName);
  await page.getByTestId('sign-in-password').fill(password);
  await page.getByTestId('sign-in-submit').click();
}

/** Enrols the page as a ward cart with a code an administrator makes, as it is done in a hospital. */
async function enrolCart(page, browser, server, cartId) {
  const context = await browser.newContext();
  try {
    const admin = await context.newPage();
    await signIn(admin, server.url, 'admin', server.demo.password);
    await admin.getByTestId('nav-admin').click();
    await admin.getByRole('tab', { name: '推车' }).click();
    await admin.getByTestId(`enrol-${cartId}`).click();
    const code = ((await admin.getByTestId('enrolment-code').textContent()) ?? '').replace(/\D/g, '');
    await page.goto(server.url);
    await page.getByText('床旁推车', { exact: true }).click();
    await page.getByTestId('cart-code').fill(code);
    await page.getByTestId('cart-enrol').click();
  } finally {
    await context.close();
  }
}

/**
 * Brings everybody into the live consult and resolves when all are in the room.
 * @returns {Promise<{ watch(options: { seconds: number | null, signal: AbortSignal }): Promise<number>, close(): Promise<void> }>}
 */
export async function openParticipants({ server, outputFolder, without = [] }) {
  const executablePath = findBrowser();
  if (!executablePath) throw new Error('no Chromium, Chrome or Edge is installed');
  const browser = await chromium.launch({
    executablePath,
    // Ctrl-C is the demo's: it says how it went before everything closes.
    handleSIGINT: false,
    handleSIGTERM: false,
    args: [
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
      '--disable-background-timer-throttling', '--disable-renderer-backgrounding', '--disable-backgrounding-occluded-windows', '--autoplay-policy=no-user-gesture-required',
    ],
  });
  const consultId = server.demo.liveConsultId;
  const pages = {};
  for (const { key, devices } of CAST) {
    if (without.includes(key)) continue;
    // The expert sits at a 4K screen: only there does the stage want the whole 4K picture.
    const context = await browser.newContext({ viewport: SCREEN, deviceScaleFactor: key === 'expert' ? 2 : 1, locale: 'zh-CN' });
    await context.addInitScript(installVirtualDevices, { devices });
    await context.addInitScript(readFlow.install);
    if (key === 'cart') await context.addInitScript(rememberDevices, { field: 'Close-up 4K', ultrasound: 'Ultrasound HDMI', mic: 'Cart microphone' });
    const page = await context.newPage();
    pages[key] = page;
    if (key === 'cart') await enrolCart(page, browser, server, server.demo.cartIds[0]);
    else await signIn(page, server.url, key, server.demo.password);
    await page.getByTestId(`join-${consultId}`).click();
    await page.getByTestId('mic-button').waitFor();
    console.log(`demo: ${key} is in the consult`);
  }
  mkdirSync(outputFolder, { recursive: true });

  return {
    async watch({ seconds, signal }) {
      const startedMs = performance.now();
      const screenshot = join(outputFolder, 'consult.png');
      let flowing = 0;
      let looked = 0;
      let last = null;
      while (!signal.aborted && (seconds === null || performance.now() - startedMs < seconds * 1000)) {
        await new Promise((done) => setTimeout(done, 1000));
        const { line, isFlowing, sample } = await liveLine(pages.expert, last);
        last = sample;
        looked += 1;
        flowing = isFlowing ? flowing + 1 : flowing;
        console.log(`demo: ${line}`);
        if (looked === 8 || (looked > 8 && looked % 60 === 0)) {
          await pages.expert.screenshot({ path: screenshot });
          if (looked === 8) console.log(`demo: what the expert sees: ${screenshot}`);
        }
      }
      // Interrupted from a terminal the server is ending too, and the picture would show that.
      if (looked > 0 && !signal.aborted) await pages.expert.screenshot({ path: screenshot }); // the last is the best: the estimate of the line grows for half a minute
      const isWell = flowing >= Math.max(1, looked / 2);
      console.log(isWell ? `demo: media flowed in ${flowing} of ${looked} seconds` : `demo: media flowed in only ${flowing} of ${looked} seconds`);
      return isWell ? 0 : 1;
    },
    close: () => browser.close(),
  };
}
