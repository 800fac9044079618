import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { zhCN } from '../../renderer/i18n/zh-CN.ts';
import { HEADER_BYTES, readHeader, storedBytes } from '../../renderer/workers/blobFormat.ts';
import { encodePng } from '../../sfu-server/imaging/render/png.ts';
import { CaseMachine } from '../helpers/cases/caseMachine.ts';
import { addVitals, choosePassphrase } from '../helpers/cases/caseScreens.ts';
import { launchChromium } from '../helpers/chromium.ts';
import { openPerson, signIn } from '../helpers/client.ts';
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

/** A server of the suite's own with one machine on it, given before the suite and closed after it. */
function withOwnMachine(take: (own: { readonly server: ServerProcess; readonly machine: CaseMachine }) => void): void {
  let server: ServerProcess | undefined;
  let machine: CaseMachine | undefined;
  test.beforeAll(async () => {
    server = await ServerProcess.start();
    machine = await CaseMachine.start(server, { language: 'zh-CN' });
    take({ server, machine });
  });
  test.afterAll(async () => {
    await machine?.close();
    await server?.stop();
  });
}

test.describe('copies and clocks', () => {
  test.describe.configure({ mode: 'serial' });
  let server: ServerProcess;
  let machine: CaseMachine;

  withOwnMachine((own) => {
    ({ server, machine } = own);
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
    await addVitals(page, 214);
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

test.describe('a lost machine', () => {
  let server: ServerProcess;
  let machine: CaseMachine;

  withOwnMachine((own) => {
    ({ server, machine } = own);
  });

  test('[KEY3] told to wipe while it was off: the machine obeys at sign-in, still locked, and the administrator sees that it has', async () => {
    await machine.setUp('nurse');
    await machine.isWhole(PATIENT);
    await machine.switchOff();
    const browser = await launchChromium();
    try {
      const admin = await openPerson(browser, server, 'admin', { devices: [] });
      await admin.getByTestId('nav-admin').click();
      await admin.getByRole('tab', { name: 'Case copies' }).click();
      await admin.locator('[data-testid^="wipe-"]').first().click();
      await admin.getByTestId('wipe-confirm').click();
      await machine.switchOn();
      await signIn(machine.page, server, 'nurse');
      await machine.page.getByTestId('nav-cases').click();
      await expect(machine.page.getByTestId('cases-wiped')).toContainText(zhCN['cases.wiped']);
      await expect(admin.getByText('Wiped', { exact: true })).toBeVisible();
      expect(filesOf(join(machine.profile, 'Default', 'File System')).filter((path) => statSync(path).size > 10_000 && path.includes('/t/'))).toEqual([]);
      // The machine is as new: copies come again under a new passphrase.
      await machine.page.getByTestId('cases-start-anew').click();
      await choosePassphrase(machine.page);
      await machine.isWhole(PATIENT);
    } finally {
      await browser.close();
    }
  });
});

/** A small disk of its own, in the memory; what is on it ends with it. */
class SmallDisk {
  readonly folder = mkdtempSync(join(tmpdir(), 'huizhen-disk-'));

  constructor(megabytes: number) {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'huizhen-test', this.folder]);
  }

  /** Until not one byte more fits. */
  fill(): void {
    const file = openSync(join(this.folder, 'filler'), 'a');
    try {
      for (const block of [1_000_000, 4096]) fillWith(file, Buffer.alloc(block, 1));
    } finally {
      closeSync(file);
    }
  }

  makeRoom(): void {
    rmSync(join(this.folder, 'filler'), { force: true });
  }

  close(): void {
    execFileSync('umount', ['-l', this.folder]);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function fillWith(file: number, block: Buffer): void {
  try {
    for (;;) if (writeSync(file, block) < block.byteLength) return;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error; // what Node throws for a file
  }
}

const placeOfLast = (machine: CaseMachine) => machine.panel.getByTestId('changes').getByRole('listitem').first();

test.describe('a full disk', () => {
  test.skip(process.getuid?.() !== 0, 'only root may mount a small disk');
  test.setTimeout(180_000);

  test('[ATT3] the server’s is named as the server’s; the photograph stays, what was made before it goes, and it follows when there is room', async () => {
    const disk = new SmallDisk(300); // more than the server keeps free for itself
    let server: ServerProcess | null = null;
    let machine: CaseMachine | null = null;
    try {
      server = await ServerProcess.start({ HUIZHEN_OBJECTS_DIR: disk.folder });
      machine = await CaseMachine.start(server, { language: 'zh-CN' });
      await machine.setUp('nurse');
      await machine.isWhole(PATIENT);
      await machine.openCase(PATIENT);
      disk.fill();
      await addVitals(machine.page, 213);
      await addPhotograph(machine, '足跟', encodePng(256, 256, (x, y) => [(x * 7919 + y * 104_729) % 251, (x * y) % 241, (x ^ y) % 239]));
      await machine.page.getByTestId('case-back').click();
      await expect(machine.page.getByText(said('error.server.full'))).toBeVisible();
      await machine.openCase(PATIENT);
      await machine.section('changes');
      await expect(placeOfLast(machine)).toHaveAttribute('data-place', /onlyHere|sending/);
      await expect(machine.panel.getByTestId('changes').getByRole('listitem').nth(1)).toHaveAttribute('data-place', 'held');
      await machine.section('documents');
      await expect(picture(machine, '足跟')).toBeVisible();
      disk.makeRoom();
      await machine.section('changes');
      await expect(placeOfLast(machine)).toHaveAttribute('data-place', 'held', { timeout: 90_000 });
    } finally {
      await machine?.close();
      await server?.stop();
      disk.close();
    }
  });

  test('[OFF2] this machine’s is named as this machine’s; what was typed stays in its form, and is kept when there is room', async () => {
    const disk = new SmallDisk(256);
    let server: ServerProcess | null = null;
    let machine: CaseMachine | null = null;
    try {
      server = await ServerProcess.start();
      machine = await CaseMachine.start(server, { language: 'zh-CN', profile: join(disk.folder, 'profile') });
      await machine.setUp('nurse');
      await machine.isWhole(PATIENT);
      await machine.openCase(PATIENT);
      disk.fill();
      // The browser says of one write that the disk is full, and then takes the database away: either is told as such.
      // (In the dialog: pictures behind it say so too, and it may still be trying.)
      const isSaid = machine.page.getByRole('dialog').getByText(new RegExp(`${said('error.storage.full')}|${said('error.storage.unavailable')}`)).first();
      await addPhotograph(machine, '足跟', encodePng(512, 512, (x, y) => [(x * 7919 + y * 104_729) % 251, (x * y) % 241, (x ^ y) % 239]));
      await expect(isSaid).toBeVisible();
      await expect(machine.page.getByTestId('document-title')).toHaveValue('足跟');
      disk.makeRoom();
      await machine.page.getByRole('dialog').getByRole('button', { name: zhCN['common.save'], exact: true }).click();
      await expect(picture(machine, '足跟')).toBeVisible();
      await machine.section('changes');
      await expect(placeOfLast(machine)).toHaveAttribute('data-place', 'held', { timeout: 90_000 });
    } finally {
      await machine?.close();
      await server?.stop();
      disk.close();
    }
  });
});
