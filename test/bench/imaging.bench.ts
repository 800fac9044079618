import { setTimeout as delay } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { caseIdSchema } from '#shared/domain/ids';
import { uidOf } from '../../sfu-server/demo/images.ts';
import { writeFile } from '../../sfu-server/imaging/dicom/write.ts';
import { choosePassphrase } from '../helpers/cases/caseScreens.ts';
import { launchChromium } from '../helpers/chromium.ts';
import { joinFromList, openPerson } from '../helpers/client.ts';
import { Orthanc } from '../helpers/imaging/orthanc.ts';
import { ServerProcess } from '../helpers/serverProcess.ts';
import { SignalingPeer } from '../helpers/signalingPeer.ts';
import type { Row } from './benchReport.ts';
import { percentile } from './statistics.ts';

export const description = 'A CT of 300 slices that a real Orthanc holds: linked, first picture, whole series, scrolling, and how a follower keeps up';

const SLICES = { quick: 60, full: 300 } as const;
const SIDE = 512;
const SCROLL_MS = { quick: 3000, full: 8000 } as const;
/** No more often than the server lets one connection ask. */
const LOOK_EVERY_MS = 250;
const DESCRIPTION = 'Bench 1 mm';

/** A CT of noise and a bright disc that moves, 512 × 512, 16 bits. */
function slice(number: number): Uint8Array {
  const pixels = new Int16Array(SIDE * SIDE);
  for (let at = 0; at < pixels.length; at += 1) pixels[at] = (((at * 2_654_435_761) ^ (number * 40_503)) & 127) - 64 + (Math.hypot((at % SIDE) - 256, Math.floor(at / SIDE) - 200 - (number % 100)) < 90 ? 300 : 0);
  const text = (vr: string, ...Value: string[]) => ({ vr, Value });
  const short = (value: number) => ({ vr: 'US', Value: [value] });
  return writeFile(
    {
      '00080020': text('DA', '20261121'), '00080030': text('TM', '080000'), '00080050': text('SH', 'B'), '00080060': text('CS', 'CT'), '0008103E': text('LO', DESCRIPTION), '00100010': text('PN', 'BENCH'), '00100020': text('LO', 'B-1'),
      '00180050': text('DS', '1'), '0020000D': text('UI', uidOf('bench study')), '0020000E': text('UI', uidOf('bench series')), '00200010': text('SH', '1'), '00200011': text('IS', '1'), '00200013': text('IS', String(number + 1)),
      '00200032': text('DS', '-200', '-200', String(number)), '00200037': text('DS', '1', '0', '0', '0', '1', '0'), '00200052': text('UI', uidOf('bench frame')), '00280002': short(1), '00280004': text('CS', 'MONOCHROME2'), '00280010': short(SIDE), '00280011': short(SIDE),
      '00280030': text('DS', '0.8', '0.8'), '00280100': short(16), '00280101': short(16), '00280102': short(15), '00280103': short(1), '00281050': text('DS', '40'), '00281051': text('DS', '400'), '00281052': text('DS', '0'), '00281053': text('DS', '1'),
      '7FE00010': { vr: 'OW', Value: [pixels.buffer] },
    },
    '1.2.840.10008.5.1.4.1.1.2',
    uidOf(`bench ${number}`),
  );
}

interface Seen {
  readonly sopUid: string;
  readonly atMs: number;
}

/** From here on the page notes when its first cell shows another picture, by the machine's clock. */
function watch(page: Page): Promise<void> {
  return page.evaluate(() => {
    const seen: { sopUid: string; atMs: number }[] = [];
    Object.assign(window, { seenPictures: seen });
    const cell = document.querySelector('[data-testid="imaging-cell-0"]');
    if (!cell) throw new Error('no cell');
    new MutationObserver(() => {
      const sopUid = (JSON.parse(cell.getAttribute('data-view') ?? '{}') as { sopUid?: string }).sopUid ?? '';
      if (seen.at(-1)?.sopUid !== sopUid) seen.push({ sopUid, atMs: Date.now() });
    }).observe(cell, { attributeFilter: ['data-view'] });
  });
}

const seenBy = (page: Page): Promise<Seen[]> => page.evaluate(() => (window as unknown as { seenPictures: Seen[] }).seenPictures); // put there above

/** Turns the wheel once a picture of the screen for a while; the time it took, ms. */
function scroll(page: Page, lastMs: number): Promise<number> {
  return page.getByTestId('imaging-cell-0').evaluate(async (element, durationMs) => {
    const target = element.querySelector('.im-viewport');
    const began = performance.now();
    for (let turn = 0; performance.now() - began < durationMs; turn += 1) {
      target?.dispatchEvent(new WheelEvent('wheel', { deltaY: Math.floor(turn / 60) % 2 === 0 ? 120 : -120, bubbles: true, cancelable: true }));
      await new Promise((next) => requestAnimationFrame(next));
    }
    return performance.now() - began;
  }, lastMs);
}

/** The archive has the CT; a physician links it with the case. How long that took, ms. */
async function linkFromArchive(orthanc: Orthanc, server: ServerProcess, count: number): Promise<number> {
  for (let number = 0; number < count; number += 1) {
    const { status } = await orthanc.rest('/instances', { method: 'POST', body: Buffer.from(slice(number)) });
    if (status !== 200) throw new Error(`Orthanc answered ${status}`);
  }
  const doctor = await SignalingPeer.connect(server.url, await server.signIn('requester'));
  try {
    const caseId = caseIdSchema.parse(server.demo.liveConsultId);
    const startedMs = performance.now();
    await doctor.request('pacs.link', { caseId, studyUid: uidOf('bench study'), confirmed: [{ name: 'BENCH', id: 'B-1', birthDate: '' }] });
    for (;;) {
      const { links } = await doctor.request('pacs.links', { caseId });
      const [link] = links;
      if (link?.state === 'loaded' && link.loaded === count) return performance.now() - startedMs;
      if (link?.state === 'failed') throw new Error(`linking failed: ${link.code}`);
      await delay(LOOK_EVERY_MS);
    }
  } finally {
    doctor.close();
  }
}

export async function run({ quick }: { readonly quick: boolean }): Promise<readonly Row[]> {
  const extent = quick ? 'quick' : 'full';
  const [count, scrollMs] = [SLICES[extent], SCROLL_MS[extent]];
  const orthanc = await Orthanc.start();
  const server = await ServerProcess.start({ ...orthanc.environment, HUIZHEN_DEMO_IMAGES: '0' });
  const browser = await launchChromium(['--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader']);
  try {
    const loadMs = await linkFromArchive(orthanc, server, count);
    const presenter = await openPerson(browser, server, 'expert', { devices: [] });
    const follower = await openPerson(browser, server, 'requester', { devices: [] });
    let sentBytes = 0;
    presenter.on('websocket', (socket) => socket.on('framesent', ({ payload }) => {
      if (String(payload).includes('imaging.present')) sentBytes += payload.length;
    }));
    // The socket that is open already was made before: a reload makes another that is counted.
    await presenter.reload();
    await joinFromList(presenter, server.demo.liveConsultId);
    await joinFromList(follower, server.demo.liveConsultId);
    await presenter.getByTestId('imaging-button').click();
    await choosePassphrase(presenter);
    const entry = presenter.locator('.im-series').filter({ hasText: DESCRIPTION });
    await entry.waitFor();
    const cell = presenter.getByTestId('imaging-cell-0');
    const startedMs = performance.now();
    await entry.click();
    await cell.locator('.im-overlay').filter({ hasText: DESCRIPTION }).waitFor();
    const firstMs = performance.now() - startedMs;
    await cell.getByTestId('imaging-progress').waitFor();
    await cell.getByTestId('imaging-progress').waitFor({ state: 'detached', timeout: 180_000 });
    const seriesMs = performance.now() - startedMs;
    await watch(presenter);
    const aloneMs = await scroll(presenter, scrollMs);
    const alone = (await seenBy(presenter)).length;
    await presenter.getByTestId('sharing-present').click();
    await follower.getByTestId('imaging-look').click();
    await choosePassphrase(follower);
    await follower.getByTestId('imaging-cell-0').locator('.im-overlay').filter({ hasText: DESCRIPTION }).waitFor();
    await follower.getByTestId('imaging-progress').waitFor({ state: 'detached', timeout: 180_000 });
    await Promise.all([watch(presenter), watch(follower)]);
    const before = sentBytes;
    const scrolledMs = await scroll(presenter, scrollMs);
    const shared = sentBytes - before;
    const [shown, followed] = [await seenBy(presenter), await seenBy(follower)];
    const lags = followed.flatMap(({ sopUid, atMs }) => {
      const own = shown.filter((one) => one.sopUid === sopUid && one.atMs <= atMs).at(-1);
      return own ? [atMs - own.atMs] : [];
    });
    return [
      { metric: 'archive_load_ms', value: loadMs, unit: 'ms', note: `from the link with the case until all ${count} slices of the archive were read, checked and kept` },
      { metric: 'first_picture_ms', value: firstMs, unit: 'ms', note: `from the press on the series to its picture, metadata of ${count} slices included; software GPU` },
      { metric: 'series_ms', value: seriesMs, unit: 'ms', note: `${count} slices of 512 × 512 × 16 bits` },
      { metric: 'scroll_fps', value: (alone * 1000) / aloneMs, unit: '1/s', note: 'different pictures on the screen a second, cached' },
      { metric: 'scroll_shared_fps', value: (shown.length * 1000) / scrolledMs, unit: '1/s', note: 'while a follower on the same machine shows them too' },
      ...(lags.length === 0 ? (['follower_lag_p50_ms', 'follower_lag_p95_ms'] as const).map((metric) => ({ metric, missing: 'the follower showed none of the pictures' })) : [
        { metric: 'follower_lag_p50_ms', value: percentile(lags, 0.5), unit: 'ms', note: `${lags.length} pictures seen on both screens` },
        { metric: 'follower_lag_p95_ms', value: percentile(lags, 0.95), unit: 'ms' },
      ]),
      { metric: 'share_bytes_per_s', value: (shared * 1000) / scrolledMs, unit: 'B/s', note: 'sent by the presenter while scrolling' },
    ];
  } finally {
    await browser.close();
    await server.stop();
    await orthanc.stop();
  }
}
