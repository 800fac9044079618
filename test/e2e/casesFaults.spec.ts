import { readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { zhCN } from '../../renderer/i18n/zh-CN.ts';
import { HEADER_BYTES, readHeader, storedBytes } from '../../renderer/workers/blobFormat.ts';
import { encodePng } from '../../sfu-server/demo/png.ts';
import { CaseMachine } from '../helpers/cases/caseMachine.ts';
import { signIn } from '../helpers/client.ts';
import { ServerProcess } from '../helpers/serverProcess.ts';

/** What goes wrong with disks, clocks and machines: each is told in the reader's language, and nothing else is harmed. */
const PATIENT = '陈建国';
const YEAR_MS = 365 * 86_400_000;
const TITLES = ['床旁超声：剑突下四腔心切面', '骶尾部皮肤'] as const;
const said = (code: keyof typeof zhCN) => zhCN[code];

/** Every file below a folder. */
const filesOf = (folder: string) => readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));

/** Where objects of these sizes end in a file of sealed objects, by their headers. */
function placesIn(bytes: Buffer, sizes: readonly number[]): number[] {
  const ends: number[] = [];
  for (let at = bytes.indexOf('HZB1'); at >= 0; at = bytes.indexOf('HZB1', at + 1)) {
    const header = readHeader(bytes.subarray(at, at + HEADER_BYTES));
    if (header && sizes.includes(header.sizeBytes)) ends.push(at + storedBytes(header.sizeBytes));
  }
  return ends;
}

function flipByte(path: string, place?: number): void {
  const bytes = readFileSync(path);
  const at = place ?? bytes.length - 40;
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(path, bytes);
}

const picture = (machine: CaseMachine, title: string) => machine.panel.locator('li').filter({ hasText: title }).locator('img');

async function addPhotograph({ page, panel, section }: CaseMachine, title: string, buffer: Buffer): Promise<void> {
  await section('documents');
  await panel.getByTestId('camera-input').setInputFiles({ name: 'a.png', mimeType: 'image/png', buffer });
  await page.getByTestId('document-title').fill(title);
  await page.getByRole('dialog').getByRole('button', { name: zhCN['common.save'], exact: true }).click();
}

async function addVitals({ panel, section }: CaseMachine, heartRate: string): Promise<void> {
  await section('vitals');
  await panel.getByTestId('add-vitals').click();
  await panel.getByTestId('vital-heartRatePerMin').fill(heartRate);
  await panel.getByTestId('save-vitals').click();
}

test.describe('copies and clocks', () => {
  test.describe.configure({ mode: 'serial' });
  let server: ServerProcess;
  let machine: CaseMachine;

  test.beforeAll(async () => {
    server = await ServerProcess.start();
    machine = await CaseMachine.start(server, { language: 'zh-CN' });
  });

  test.afterAll(async () => {
    await machine?.close();
    await server?.stop();
  });

  test('[ATT5] an attachment cut off or changed, on the server’s disk and on the machine’s, is named; the others stay, and what is whole again is fetched', async () => {
    const kept = new Map(filesOf(join(server.dataFolder, 'objects', 'objects')).map((path) => [path, readFileSync(path)]));
    const cutOff = () => machine.panel.getByText(said('error.attachment.cutOff'));
    const damaged = () => machine.panel.getByText(said('error.attachment.damaged'));
    for (const path of kept.keys()) truncateSync(path, statSync(path).size - 100);
    await machine.setUp('nurse');
    await machine.openCase(PATIENT);
    await machine.section('documents');
    await expect(cutOff()).toHaveCount(2);
    await addPhotograph(machine, '足跟', encodePng(64, 48, (x, y) => [x * 4, y * 5, 90]));
    await expect(picture(machine, '足跟')).toBeVisible();
    await machine.section('labs');
    await expect(machine.panel.getByText('血钾').first()).toBeVisible();
    const again = async () => {
      await machine.page.reload();
      await machine.unlock();
      await machine.section('documents');
    };
    for (const [path, bytes] of kept) {
      writeFileSync(path, bytes);
      flipByte(path);
    }
    await again();
    await expect(damaged()).toHaveCount(2);
    await expect(picture(machine, '足跟')).toBeVisible();
    for (const [path, bytes] of kept) writeFileSync(path, bytes);
    await again();
    for (const title of TITLES) await expect(picture(machine, title)).toBeVisible();

    // Now the machine's own disk.
    await machine.page.getByTestId('case-back').click();
    await machine.isWhole(PATIENT);
    await machine.switchOff();
    const sealed = filesOf(join(machine.profile, 'Default', 'File System'));
    const copies = sealed.flatMap((path) => placesIn(readFileSync(path), [...kept.values()].map(({ length }) => length)).map((end) => ({ path, end })));
    expect(copies).toHaveLength(3); // and the one of the other case
    // The last of a file is cut off, as are those of files of their own; what lies before others is changed.
    for (const { path, end } of copies) if (end < statSync(path).size) flipByte(path, end - 40);
    for (const { path, end } of copies) if (end === statSync(path).size) truncateSync(path, end - 100);
    await server.kill();
    await machine.switchOn();
    await machine.openOffline();
    await machine.openCase(PATIENT);
    await machine.section('documents');
    await expect(cutOff().or(damaged())).toHaveCount(2);
    await expect(picture(machine, '足跟')).toBeVisible();
    await server.run();
    await machine.page.getByTestId('offline-sign-in').click();
    await signIn(machine.page, server, 'nurse');
    await again();
    for (const title of TITLES) await expect(picture(machine, title)).toBeVisible();
  });

  test('[KEY4] a clock a year back: closed without a server, open with one, and open again when it is right', async () => {
    const { page } = machine;
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
    await server.kill();
    await page.clock.setSystemTime(Date.now() - YEAR_MS);
    await page.reload();
    await page.getByTestId('open-offline').click();
    await machine.unlock();
    const failed = page.getByTestId('case-failed');
    await expect(failed).toContainText(said('error.case.clockSetBack'));
    await server.run();
    await page.getByTestId('offline-banner').waitFor({ state: 'detached' });
    await failed.getByRole('button', { name: zhCN['common.retry'] }).click();
    await page.getByTestId('case-file').waitFor();
    await addVitals(machine, '214');
    await machine.section('changes');
    await expect(machine.panel.getByTestId('changes').getByRole('listitem').first()).toContainText(zhCN['place.held']);
    await server.kill();
    await page.clock.setSystemTime(Date.now());
    await page.reload();
    await page.getByTestId('open-offline').click();
    await machine.unlock();
    await page.getByTestId('case-file').waitFor();
    await server.run();
    await page.getByTestId('offline-banner').waitFor({ state: 'detached' });
  });

});
