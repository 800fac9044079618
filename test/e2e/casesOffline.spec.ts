import { readFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import { encodePng } from '../../sfu-server/imaging/render/png.ts';
import { withCaseLine } from '../helpers/cases/caseLine.ts';
import type { CaseMachine } from '../helpers/cases/caseMachine.ts';
import { addNote, addVitals } from '../helpers/cases/caseScreens.ts';
import { signIn } from '../helpers/client.ts';
import { type Impairment, whyNoImpairment } from '../helpers/impairment/impairment.ts';
import type { ServerProcess } from '../helpers/serverProcess.ts';

/** A nurse's machine beyond a line whose plug can be pulled; the server and a physician are on this side of it. */
const reason = whyNoImpairment();
if (reason) console.log(`case files without a network are not tested: ${reason}`);
test.skip(reason !== null, reason ?? '');

const PATIENT = '陈建国';
const PHOTOGRAPH = encodePng(64, 48, (x, y) => [x * 4, y * 5, 90]);
const PAPER = Buffer.from(`%PDF-1.4\n${'检验报告单 '.repeat(400)}\n%%EOF\n`);

let line: Impairment;
let server: ServerProcess;
let nurse: CaseMachine;
let physician: CaseMachine;

withCaseLine('near', (opened) => {
  ({ line, server, nurse, physician } = opened);
});

const SECTIONS: Readonly<Record<string, string>> = {
  overview: '急性呼吸困难',
  vitals: 'Heart rate',
  labs: '3.8',
  record: '缬沙坦',
  documents: 'Laboratory sheet',
  notes: '多学科讨论记录',
  opinion: '左室壁运动弥漫性减弱',
  consent: 'No signed consent',
};

/** What the nurse writes without a network; each is found by its own words. */
async function write({ page, panel, section }: Pick<CaseMachine, 'page' | 'panel' | 'section'>): Promise<void> {
  await addNote(page, 'Night round', 'Slept from two to five.');
  await addVitals(page, 213);
  await section('documents');
  await panel.getByTestId('camera-input').setInputFiles({
    name: 'heel.png',
    mimeType: 'image/png',
    buffer: PHOTOGRAPH,
  });
  await page.getByTestId('document-title').fill('Left heel');
  await page.getByRole('dialog').getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await section('opinion');
  await panel.getByTestId('add-opinion').click();
  const draft = panel.getByRole('article').filter({ hasText: 'He Xiaoyun' });
  await draft.getByTestId('edit-opinion-findings').click();
  await draft.getByRole('textbox').fill('Skin of the left heel is reddened.');
  await draft.getByTestId('save-opinion-findings').click();
  await expect(draft.getByText('Skin of the left heel is reddened.')).toBeVisible();
}

/** Each of the four is there, once; `mark`: how each is marked, null for not at all. */
async function isWritten({ panel, section }: Pick<CaseMachine, 'panel' | 'section'>, mark: string | null): Promise<void> {
  const one = async (name: string, entry: string, text: string) => {
    await section(name);
    const found = panel.locator(entry).filter({ hasText: text });
    await expect(found).toHaveCount(1);
    if (mark === null) await expect(found.getByText('On this machine only')).toHaveCount(0);
    else await expect(found.getByText(mark)).not.toHaveCount(0);
  };
  await one('notes', 'li', 'Slept from two to five.');
  await one('vitals', 'tr', '213');
  await one('documents', 'li', 'Left heel');
  await one('opinion', 'article', 'Skin of the left heel is reddened.');
}

/** A picture in the open section is not only framed, its pixels are there. */
const widthOf = (machine: CaseMachine, title: string) =>
  machine.panel
    .locator('li')
    .filter({ hasText: title })
    .locator('img')
    .evaluate(async (image: HTMLImageElement) => {
      await image.decode();
      return image.naturalWidth;
    });

test('[OFF1] [OFF2] [OFF4] [KEY5] the plug is pulled: a case opens cold, is read and written in, and everything arrives once', async () => {
  await physician.setUp('requester');
  await physician.openCase(PATIENT);
  await physician.section('documents');
  await physician.page.getByTestId('file-input').setInputFiles({
    name: 'laboratory.pdf',
    mimeType: 'application/pdf',
    buffer: PAPER,
  });
  await physician.page.getByTestId('document-title').fill('Laboratory sheet');
  await physician.page.getByRole('dialog').getByRole('button', { name: 'Save', exact: true }).click();
  await expect(physician.panel.getByText('Laboratory sheet')).toBeVisible();
  await expect(physician.panel.getByText('On this machine only')).toHaveCount(0);

  await nurse.setUp('nurse');
  await nurse.isWhole(PATIENT);
  await line.cut();
  await nurse.switchOff();
  await nurse.switchOn();
  await nurse.openOffline();

  await nurse.openCase(PATIENT);
  for (const [section, text] of Object.entries(SECTIONS)) {
    await nurse.section(section);
    await expect(nurse.panel.getByText(text).filter({ visible: true }).first(), section).toBeVisible();
  }
  await nurse.section('documents');
  expect(await widthOf(nurse, '骶尾部皮肤')).toBe(320);
  await nurse.panel.getByRole('button', { name: 'Laboratory sheet' }).first().click();
  const saving = nurse.page.waitForEvent('download');
  await nurse.page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
  expect(readFileSync(await (await saving).path())).toEqual(PAPER);
  await nurse.page.keyboard.press('Escape');

  await write(nurse);
  await isWritten(nurse, 'On this machine only');
  // What is on the disk and not on the screen.
  await nurse.switchOff();
  await nurse.switchOn();
  await nurse.openOffline();
  await nurse.openCase(PATIENT);
  await isWritten(nurse, 'On this machine only');
  await nurse.section('documents');
  expect(await widthOf(nurse, 'Left heel')).toBe(64);

  await line.mend();
  await nurse.page.getByTestId('offline-sign-in').click();
  await signIn(nurse.page, server, 'nurse');
  await nurse.section('changes');
  const changes = nurse.panel.getByTestId('changes').getByRole('listitem');
  const count = await changes.count();
  expect(count).toBeGreaterThanOrEqual(6); // the note and its text, the round, the photograph, the opinion and its field
  await expect(changes.filter({ hasText: 'Held by the server' })).toHaveCount(count);
  await isWritten(nurse, null);
  await isWritten(physician, null);
  await physician.section('documents');
  expect(await widthOf(physician, 'Left heel')).toBe(64);
});
