import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { makeCine, makeCt, uidOf } from '../../sfu-server/demo/images.ts';
import { CaseMachine } from '../helpers/cases/caseMachine.ts';
import { keepEvidence } from '../helpers/evidence.ts';
import { Orthanc } from '../helpers/imaging/orthanc.ts';
import { whyNoImpairment } from '../helpers/impairment/impairment.ts';
import { ServerProcess } from '../helpers/serverProcess.ts';

/** The hospital's archive on the screen: a real Orthanc in a network namespace. */
const reason = whyNoImpairment();
if (reason) console.log(`the archive's screens are not tested: ${reason}`);
test.skip(reason !== null, reason ?? '');
test.describe.configure({ mode: 'serial', timeout: 180_000 });

const OWN = { name: 'CHEN^JIANGUO=陈^建国', id: 'QH-2026-04417', dateText: '20261118' };
const STRANGER = { name: 'WANG^WU=王^五', id: 'XX-1', dateText: '20261118' };

let orthanc: Orthanc;
let server: ServerProcess;
let plain: ServerProcess;
let machine: CaseMachine;
let folder: string;

test.beforeAll(async () => {
  orthanc = await Orthanc.start();
  server = await ServerProcess.start({ HUIZHEN_WORKERS: '1', ...orthanc.environment });
  plain = await ServerProcess.start({ HUIZHEN_WORKERS: '1' });
  folder = mkdtempSync(join(tmpdir(), 'huizhen-archive-'));
  for (const slice of [...makeCt('archive', OWN)].slice(0, 30)) expect((await orthanc.rest('/instances', { method: 'POST', body: Buffer.from(slice) })).status).toBe(200);
  machine = await CaseMachine.start(server);
});

test.afterEach(async () => keepEvidence(test.info(), { machine: machine.page }, server));

test.afterAll(async () => {
  await machine?.close();
  await server?.stop();
  await plain?.stop();
  await orthanc?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function openArchive(on: CaseMachine, of: ServerProcess): Promise<void> {
  const { page } = on;
  await page.getByTestId(`open-case-${of.demo.liveConsultId}`).click();
  await page.getByTestId('case-file').waitFor();
  await page.getByTestId('section-imaging').click();
  await page.getByTestId('imaging-add').click();
  await page.getByRole('tab', { name: 'Image archive (PACS)' }).click();
}

test('[IMG10] [IMG11] [IMG45] a study is looked for, linked and loaded; never without a wish', async () => {
  await machine.setUp('requester');
  await openArchive(machine, server);
  const { page } = machine;
  const number = page.getByTestId('pacs-patientId');
  await expect(number).toHaveValue('QH-2026-04417'); // the case's own patient
  await number.fill('');
  await expect(page.getByTestId('pacs-submit')).toBeDisabled();
  await number.fill('nobody-has-this');
  await page.getByTestId('pacs-submit').click();
  await expect(page.getByTestId('pacs-nothing')).toBeVisible();
  await number.fill('QH-2026-04417');
  await page.getByTestId('pacs-fromDate').fill('2026-11-01');
  await page.getByTestId('pacs-submit').click();
  const study = page.getByTestId(`pacs-study-${uidOf('archive study ct')}`);
  await expect(study).toContainText('30 images');
  await page.screenshot({ path: test.info().outputPath('found.png') });
  await study.getByTestId(`pacs-link-${uidOf('archive study ct')}`).click();
  const own = page.getByTestId(`pacs-own-${uidOf('archive study ct')}`);
  await expect(own).toHaveAttribute('data-state', 'loaded', { timeout: 60_000 });
  await expect(own).toContainText('30 images fetched');
  await expect(study).toContainText('In this case');
});

test('[IMG12] [IMG13] [IMG45] what arrived is offered; another patient’s only after a second look; the case’s own goes back', async () => {
  const { page } = machine;
  const file = join(folder, 'cine.dcm');
  writeFileSync(file, makeCine('archive arrival', STRANGER));
  await orthanc.receive([file]);
  await page.getByTestId('pacs-arrivals').click();
  const uid = uidOf('archive arrival study us');
  await page.getByTestId(`pacs-link-${uid}`).click();
  const dialog = page.getByRole('dialog').filter({ hasText: '陈建国' }).last();
  await expect(dialog).toContainText('王 五');
  await page.screenshot({ path: test.info().outputPath('confirm.png') });
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await expect(page.getByTestId(`pacs-own-${uid}`)).toHaveCount(0);
  await page.getByTestId(`pacs-link-${uid}`).click();
  await page.getByTestId('pacs-confirm').click();
  await expect(page.getByTestId(`pacs-own-${uid}`)).toHaveAttribute('data-state', 'loaded', { timeout: 60_000 });
  // The demo's own examinations are not in the archive.
  const demo = uidOf(`${server.demo.liveConsultId} study us`);
  await page.getByTestId(`pacs-back-${demo}`).click();
  await expect(page.getByTestId(`pacs-own-${demo}`)).toContainText('1 images sent back');
  await page.getByTestId(`pacs-back-${demo}`).click();
  await expect(page.getByTestId(`pacs-own-${demo}`)).toContainText('The archive has all of it');
});

test('[IMG45] an archive that is away is told, and a server without one says so', async () => {
  const { page } = machine;
  await orthanc.stop();
  await page.getByTestId('pacs-submit').click();
  await expect(page.locator('[data-code="imaging.pacsFailed"]')).toBeVisible({ timeout: 60_000 });
  const other = await CaseMachine.start(plain);
  try {
    await other.setUp('requester');
    await openArchive(other, plain);
    await expect(other.page.getByTestId('pacs-none')).toBeVisible();
    await other.page.screenshot({ path: test.info().outputPath('none.png') });
  } finally {
    await other.close();
  }
});
