import { expect, test } from '@playwright/test';
import type { Browser, Page } from 'playwright-core';
import { DEVICES, inboundStats, launchChromium, sentAudio } from '../helpers/chromium.ts';
import { joinFromList, leaveToList, openCart, openPerson, pictureOf } from '../helpers/client.ts';
import { keepEvidence } from '../helpers/evidence.ts';
import { hears } from '../helpers/harness/room.ts';
import { ServerProcess } from '../helpers/serverProcess.ts';

test.describe.configure({ mode: 'serial' });

let browser: Browser;
let server: ServerProcess;
let expert: Page;
let requester: Page;
let cart: Page;
let late: Page;

test.beforeAll(async () => {
  [browser, server] = await Promise.all([launchChromium(), ServerProcess.start()]);
});

test.afterEach(async () => keepEvidence(test.info(), { expert, requester, cart, late }, server));

test.afterAll(async () => {
  await browser.close();
  await server.stop();
});

test('three participants see and hear each other, on decoded frames and sound energy', async () => {
  cart = await openCart(browser, server, 'demo-cart-icu', { devices: DEVICES.cart, remembered: { field: 'Close-up camera', ultrasound: 'Ultrasound HDMI', mic: 'Cart microphone' }, theme: 'cart', viewport: { width: 1280, height: 800 } });
  requester = await openPerson(browser, server, 'requester', { devices: DEVICES.second });
  // A 4K screen: the stage is then large enough for the whole picture.
  expert = await openPerson(browser, server, 'expert', { devices: DEVICES.expert, viewport: { width: 1920, height: 1080 }, deviceScaleFactor: 2 });
  for (const page of [cart, requester, expert]) await joinFromList(page, server.demo.liveConsultId);
  await Promise.all([pictureOf(expert, 2), pictureOf(expert, 3), pictureOf(expert, 4), pictureOf(requester, 1), pictureOf(requester, 3), pictureOf(cart, 1), pictureOf(cart, 2)]);
  await Promise.all([expert, requester, cart].map((page) => hears(page, 2)));
});

test('[LAY1] a 3840×2160 source arrives whole on the stage, and at a lower layer in the strip', async () => {
  expect(await pictureOf(expert, 3, { place: 'stage', minHeight: 2160 }, 100_000)).toEqual({ width: 3840, height: 2160 });
  const ultrasound = await expert.evaluate(() => document.querySelector<HTMLVideoElement>('[data-testid="strip"] video[data-profile="ultrasound"]')?.dataset['sourceId']);
  await expert.getByTestId(`choose-${ultrasound}`).click();
  expect((await pictureOf(expert, 4, { place: 'stage' })).height).toBe(720);
  const small = await pictureOf(expert, 3, { place: 'strip', maxHeight: 1080 });
  expect(small.height).toBeLessThanOrEqual(1080);
  const field = await expert.evaluate(() => document.querySelector<HTMLVideoElement>('[data-testid="strip"] video[data-profile="field"]')?.dataset['sourceId']);
  await expert.getByTestId(`choose-${field}`).click();
  await pictureOf(expert, 3, { place: 'stage' });
});

test('[ENC1] every connection is encrypted with AES-GCM, and the statistics say so', async () => {
  for (const page of [cart, requester, expert]) {
    const suites = await page.evaluate(async () => {
      const found: unknown[] = [];
      for (const connection of window.testConnections) {
        if (connection.connectionState !== 'connected') continue;
        for (const report of (await connection.getStats()).values()) if (report.type === 'transport') found.push(report.srtpCipher);
      }
      return found;
    });
    expect(suites.length).toBeGreaterThanOrEqual(2);
    expect(suites.filter((suite) => !/^AEAD_AES_(128|256)_GCM$/.test(String(suite)))).toEqual([]);
  }
  await expert.getByTestId('more-button').click();
  await expert.getByTestId('stats-toggle').click();
  await expect(expert.getByTestId('stats-panel')).toContainText('GCM');
  await expert.getByTestId('stats-panel').getByRole('button', { name: 'Close' }).click();
});

test('mute by the button: the others are told, and no packet of sound leaves', async () => {
  const mic = expert.getByTestId('mic-button');
  await expect(mic).toHaveAttribute('data-state', 'live');
  await mic.click();
  await expect(mic).toHaveAttribute('data-state', 'muted');
  await expert.waitForFunction(() => window.testConnections.flatMap((pc) => pc.getSenders()).every((sender) => sender.track?.kind !== 'audio'));
  const peerId = await expert.evaluate(() => document.querySelector<HTMLVideoElement>('video[data-profile="face"][data-place="strip"]')?.dataset['peerId']);
  expect(peerId).toBeTruthy();
  const before = await sentAudio(expert);
  await expect(requester.locator('[data-testid^="person-"][data-mic="muted"]')).toHaveCount(1);
  await hears(requester, 1);
  expect(await sentAudio(expert)).toEqual(before);
  await expert.keyboard.press('m');
  await expect(mic).toHaveAttribute('data-state', 'live');
  await hears(requester, 2);
});

test('held talk ends with its key, whatever letter that key has by then', async () => {
  const mic = expert.getByTestId('mic-button');
  await expert.keyboard.press('m');
  await expect(mic).toHaveAttribute('data-state', 'muted');
  await expert.keyboard.down(' ');
  await expect(mic).toHaveAttribute('data-state', 'live');
  // As with AltGr on a French keyboard: the key that went down as a space comes up as a no-break space.
  await expert.evaluate(() => document.dispatchEvent(new KeyboardEvent('keyup', { key: '\u00a0', code: 'Space', bubbles: true })));
  await expect(mic).toHaveAttribute('data-state', 'muted');
  await expert.keyboard.up(' ');
  await expert.keyboard.press('m');
  await expect(mic).toHaveAttribute('data-state', 'live');
});

test('chat reaches everybody once, also those who come late', async () => {
  await requester.getByTestId('chat-tab').click();
  await requester.getByTestId('chat-input').fill('Pericardial view, please.');
  await requester.getByTestId('people-tab').click();
  await requester.getByTestId('chat-tab').click();
  await requester.getByTestId('chat-send').click();
  await expert.getByTestId('chat-tab').click();
  await expect(expert.getByTestId('chat-message')).toHaveCount(1);
  await expect(expert.getByTestId('chat-message')).toContainText('Pericardial view, please.');
  await expect(requester.getByTestId('chat-unsent')).toHaveCount(0);
});

test('screen sharing: comes, is seen, and goes', async () => {
  await requester.getByTestId('share-screen').click();
  await pictureOf(expert, 15);
  await requester.getByTestId('share-screen').click();
  await expect(expert.locator('video[data-profile="screen"]')).toHaveCount(0);
});

test('a camera unplugged in mid-consult is said to the others; plugged in again it is restored', async () => {
  const device = await cart.evaluate(() => window.__virtualDevices.unplug('Ultrasound HDMI'));
  await expect(expert.getByTestId('notice-deviceLost')).toBeVisible();
  await expect(cart.getByTestId('notice-deviceLost')).toBeVisible();
  await cart.evaluate((back) => window.__virtualDevices.plug(back), device);
  await expect(expert.getByTestId('notice-deviceRestored').first()).toBeVisible();
  await pictureOf(expert, 4);
});

test('a late joiner sees and hears what is going on', async () => {
  late = await openPerson(browser, server, 'expert2', { devices: [] });
  await joinFromList(late, server.demo.liveConsultId);
  await Promise.all([pictureOf(late, 1), pictureOf(late, 2), pictureOf(late, 3), hears(late, 3)]);
  await late.getByTestId('chat-tab').click();
  await expect(late.getByTestId('chat-message')).toHaveCount(1);
  await leaveToList(late);
  await expect(late.getByTestId('nav-worklist')).toBeVisible();
  await late.context().close();
});

test('[HST1] [HST3] the host hands over; who drops and comes back leads again', async () => {
  await requester.getByTestId('people-tab').click();
  const expertPeer = await expert.evaluate(() => document.querySelector<HTMLVideoElement>('video[data-profile="face"][style*="scaleX"]')?.dataset['peerId']);
  await requester.getByTestId(`actions-${expertPeer}`).click();
  await requester.getByTestId(`hand-over-${expertPeer}`).click();
  await requester.getByTestId('confirm-handOver').click();
  await expect(expert.getByTestId('notice-youAreHost')).toBeVisible();
  await expect(requester.locator('[data-testid^="person-"][data-host="true"]')).toHaveAttribute('data-testid', `person-${expertPeer}`);
  await expert.context().setOffline(true);
  await expect(requester.getByTestId('notice-youAreHost')).toBeVisible({ timeout: 30_000 });
  await expert.context().setOffline(false);
  await expect(requester.locator('[data-testid^="person-"][data-host="true"]')).toHaveAttribute('data-testid', `person-${expertPeer}`);
});

test('nothing is received for a picture that nobody can see', async () => {
  await expert.getByTestId('layout-grid').click();
  await pictureOf(expert, 4, { place: 'grid' });
  await expert.getByTestId('layout-stage').click();
  await pictureOf(expert, 3, { place: 'stage' });
  // A hidden page shows nothing: pictures stop, sound goes on.
  await expert.evaluate(() => {
    Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  });
  const moving = async () => (await inboundStats(expert)).filter((stat) => stat.kind === 'video' && stat.mid !== 'probator').reduce((sum, stat) => sum + stat.packetsReceived, 0);
  await expect
    .poll(async () => {
      const before = await moving();
      await hears(expert, 2);
      return (await moving()) - before;
    })
    .toBe(0);
  await expert.evaluate(() => {
    Object.defineProperty(document, 'visibilityState', { value: 'visible', configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  });
  await pictureOf(expert, 3);
});

test('leaving: the others are told, the tiles go', async () => {
  await leaveToList(cart);
  await expect(expert.locator('video[data-profile="field"]')).toHaveCount(0);
  await expect(cart.getByTestId('nav-worklist')).toBeVisible();
});

test('[ADM3] the waiting room: knock, be admitted; locked, nobody new comes in', async () => {
  // Who is asked while the host goes finds the button where it was.
  const places = await requester.getByTestId('leave-button').evaluate(async (button: HTMLElement) => {
    const seen = new Set<string>();
    button.click();
    for (let frame = 0; frame < 30; frame += 1) {
      await new Promise((next) => requestAnimationFrame(next));
      const { x, y, width } = document.querySelector('[data-testid="leave-confirm"]')?.getBoundingClientRect() ?? { x: 0, y: 0, width: 0 };
      if (width > 0) seen.add(`${x} ${y} ${width}`);
    }
    return [...seen];
  });
  expect(places).toHaveLength(1); // from its first frame
  const confirm = requester.getByTestId('leave-confirm');
  const place = await confirm.boundingBox();
  await leaveToList(expert);
  await expect(requester.locator('[data-testid^="person-"][data-host="true"]')).toContainText('You');
  expect(await confirm.boundingBox()).toEqual(place);
  await confirm.click();
  await requester.getByTestId('nav-worklist').waitFor();
  const soon = await expert.evaluate(() => document.querySelector<HTMLElement>('[data-testid^="join-demo-soon-"]')?.dataset['testid']?.slice(5));
  if (!soon) throw new Error('no consult with a waiting room in the list');
  await joinFromList(expert, soon);
  await requester.getByTestId(`join-${soon}`).click();
  await expect(requester.getByTestId('waiting-screen')).toBeVisible();
  await expert.getByTestId('people-tab').click();
  await expert.locator('[data-testid^="admit-"]').click();
  await requester.getByTestId('mic-button').waitFor();
  await Promise.all([pictureOf(requester, 1), pictureOf(expert, 2)]);
  await expert.getByTestId('lock-toggle').click();
  await cart.getByTestId(`join-${soon}`).click();
  await expect(cart.getByTestId('closed-screen')).toBeVisible();
});
