import { readFile } from 'node:fs/promises';
import { expect, test } from '@playwright/test';
import type { Bundle } from '@medplum/fhirtypes';
import type { Browser, Page } from 'playwright-core';
import { openFirstCase } from '../helpers/cases/caseScreens.ts';
import { launchChromium } from '../helpers/chromium.ts';
import { openCaseFiles, openPerson } from '../helpers/client.ts';
import { fhirProblems } from '../helpers/fhirValidation.ts';
import { ServerProcess } from '../helpers/serverProcess.ts';

let server: ServerProcess;
let browser: Browser;

test.beforeAll(async () => {
  server = await ServerProcess.start();
  browser = await launchChromium();
});

test.afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

/** What another hospital's system might send. */
const FOREIGN = {
  resourceType: 'Bundle', type: 'collection',
  entry: [
    { resource: { resourceType: 'Patient', name: [{ text: '诸葛测试' }], gender: 'male', birthDate: '1961-03-04' } },
    { resource: { resourceType: 'Observation', status: 'final', code: { text: '血钾', coding: [{ system: 'http://loinc.org', code: '2823-3', display: 'Potassium' }] }, effectiveDateTime: '2026-11-20T08:30:00+08:00', valueQuantity: { value: 3.1, unit: 'mmol/L' } } },
    { resource: { resourceType: 'AllergyIntolerance', code: { text: '头孢' } } },
    { resource: { resourceType: 'Encounter', status: 'finished' } },
    { resource: { resourceType: 'Encounter', status: 'planned' } },
    { resource: { resourceType: 'Observation', status: 'entered-in-error', code: { text: 'x' } } },
    { resource: { resourceType: 'Observation', status: 'final' } },
  ],
};

test('a foreign Bundle comes in through the screen as far as it can, what was left is listed with why, and the export is valid FHIR', async () => {
  const page = await openPerson(browser, server, 'requester', { devices: [] });
  await openCaseFiles(page);
  await page.getByTestId('import-fhir-file').setInputFiles({ name: 'other.json', mimeType: 'application/json', buffer: Buffer.from('{"resourceType":"Patient"}') });
  await expect(page.locator('[data-code="input.malformed"]')).toContainText('Nothing was imported');
  await page.keyboard.press('Escape');

  await page.getByTestId('import-fhir-file').setInputFiles({ name: 'other.json', mimeType: 'application/fhir+json', buffer: Buffer.from(JSON.stringify(FOREIGN)) });
  await expect(page.getByTestId('import-result')).toContainText('Patient 1');
  await expect(page.getByTestId('import-result')).toContainText('Laboratory 1');
  const rows = page.getByTestId('import-left').locator('tbody tr');
  await expect(rows).toHaveText([/Encounter\s*2\s*A case file has no place/, /Observation\s*1\s*(Marked there as an error|Does not fit)/, /Observation\s*1\s*(Marked there as an error|Does not fit)/]);
  await page.getByTestId('import-open').click();
  await page.getByTestId('case-file').waitFor();
  await expect(page.locator('h1')).toContainText('诸葛测试');
  await expect(page.getByTestId('allergies')).toContainText('头孢');

  const download = page.waitForEvent('download');
  await page.getByTestId('export-fhir').click();
  const bundle = JSON.parse(await readFile(await (await download).path(), 'utf8')) as Bundle; // judged in the next line
  expect(fhirProblems(bundle)).toEqual([]);
  expect(JSON.stringify(bundle)).toContain('2823-3');
  await page.context().close();
});

test('Ctrl+P prints the whole file with its pictures, and the browser’s own printing prints it too', async () => {
  const page = await openPerson(browser, server, 'nurse', { devices: [] });
  await page.evaluate(() => {
    window.print = () => document.documentElement.setAttribute('data-printed', 'yes');
  });
  await openCaseFiles(page);
  await openFirstCase(page);
  const name = (await page.locator('h1').textContent()) ?? '';
  await page.keyboard.press('Control+p');
  await page.locator('html[data-printed="yes"]').waitFor();
  const paper = page.getByTestId('print-paper');
  for (const heading of ['Request', 'History', 'Examination', 'Patient', 'Vital signs', 'Laboratory', 'Documents']) await expect(paper.locator('h2', { hasText: heading }).first()).toHaveCount(1);
  expect(await paper.locator('.cf-print-curves path').evaluateAll((paths) => paths.map((path) => (path.getAttribute('d') ?? '').split('L').length > 1 && !path.getAttribute('d')?.includes('NaN')))).toEqual(Array.from({ length: 6 }, () => true));
  expect(await paper.locator('img').evaluateAll((images) => images.every((image) => (image as HTMLImageElement).naturalWidth > 0))).toBe(true); // they are what was asked for
  expect(await paper.locator('style').textContent()).toContain(name);
  await page.evaluate(() => window.dispatchEvent(new Event('afterprint')));
  await expect(paper).toHaveCount(0);
  // Chromium's own printing tells the page before, and draws what stands there then.
  const pdf = (await page.pdf({ preferCSSPageSize: true })).toString('latin1');
  expect(Number(/\/Count (\d+)/.exec(pdf)?.[1])).toBeGreaterThan(2);
  expect(pdf).toMatch(/\/MediaBox \[0 0 59[45]\.\d+ 84[12]\.\d+\]/);
  await expect(paper).toHaveCount(0);
  await page.context().close();
});

test('[OFF4] a laboratory result is typed in with the keyboard alone, from the list to the server', async () => {
  const page = await openPerson(browser, server, 'nurse', { devices: [] });
  await openCaseFiles(page);
  await page.getByTestId('cases-filter').focus();
  const isOnCase = () => page.evaluate(() => document.activeElement?.getAttribute('data-testid')?.startsWith('open-case-') ?? false);
  for (let presses = 0; presses < 12 && !(await isOnCase()); presses += 1) await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.getByTestId('case-file').waitFor();
  await page.getByTestId('section-overview').focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  await expect(page.getByTestId('section-labs')).toBeFocused();
  const isOnAdd = () => page.evaluate(() => document.activeElement?.getAttribute('data-testid') === 'add-lab');
  for (let presses = 0; presses < 6 && !(await isOnAdd()); presses += 1) await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await expect(page.locator('#lab-name')).toBeFocused();
  for (const text of ['Troponin I', '0.02', 'ng/mL', '0', '0.04']) {
    await page.keyboard.type(text);
    await page.keyboard.press('Tab');
  }
  await page.locator('#lab-high').focus();
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('lab-form')).toHaveCount(0);
  await expect(page.locator('[role="tabpanel"]:not([hidden]) tr', { hasText: 'Troponin I' })).toContainText('0.02');
  await page.getByTestId('section-changes').click();
  await expect(page.getByTestId('changes')).toContainText('Held by the server');
  await page.context().close();
});

test('[CAS4] [OFF5] two write the same: shown side by side, decided by a person; what is not delivered is exported and thrown away by hand', async () => {
  const nurse = await openPerson(browser, server, 'nurse', { devices: [] });
  await openCaseFiles(nurse);
  const testId = (await nurse.locator('[data-testid^="open-case-"]').first().getAttribute('data-testid')) ?? '';
  const doctor = await openPerson(browser, server, 'requester', { devices: [] });
  await openCaseFiles(doctor);
  for (const page of [nurse, doctor]) {
    await page.getByTestId(testId).click();
    await page.getByTestId('section-record').click();
  }
  const box = (page: Page) => page.locator('#case-history-pastHistory');
  const write = async (page: Page, text: string) => {
    await box(page).fill(text);
    await page.getByTestId('save-history-pastHistory').click();
    await expect(page.getByTestId('field-history-pastHistory')).toBeVisible();
  };
  const meet = async (nurseText: string, doctorText: string) => {
    await nurse.getByTestId('edit-history-pastHistory').click();
    await doctor.getByTestId('edit-history-pastHistory').click();
    await write(doctor, doctorText);
    await expect(nurse.getByTestId('case-file')).toBeVisible();
    await doctor.getByTestId('section-changes').click();
    await expect(doctor.getByTestId('changes').locator('li').first()).toContainText('Held by the server');
    await doctor.getByTestId('section-record').click();
    await write(nurse, nurseText);
    await nurse.getByTestId('show-stuck').click();
  };

  await meet('the nurse’s words', 'the doctor’s words');
  await nurse.getByRole('button', { name: 'Decide', exact: true }).first().click();
  const dialog = nurse.getByTestId('conflict-dialog');
  await expect(dialog).toContainText('the nurse’s words');
  await expect(dialog).toContainText('the doctor’s words');
  await nurse.getByTestId('take-mine-pastHistory').click();
  await nurse.locator('.cf-conflict-save').click();
  await expect(nurse.getByTestId('show-stuck')).toHaveCount(0);
  await expect(doctor.getByTestId('field-history-pastHistory')).toContainText('the nurse’s words');

  await nurse.getByTestId('section-record').click();
  await meet('a second thought', 'the doctor’s last word');
  await nurse.getByTestId('case-back').click();
  await nurse.getByTestId('open-stuck').click();
  await expect(nurse.getByTestId('stuck-list').locator('li')).toHaveCount(1);
  const download = nurse.waitForEvent('download');
  await nurse.getByTestId('export-stuck').click();
  expect(await readFile(await (await download).path(), 'utf8')).toContain('a second thought');
  await nurse.locator('[data-testid^="throw-away-"]').first().click();
  await nurse.getByTestId('throw-away-confirm').click();
  await expect(nurse.getByTestId('open-stuck')).toHaveCount(0);
  await expect(nurse.getByTestId('stuck-list').locator('li')).toHaveCount(0);
  await Promise.all([nurse.context().close(), doctor.context().close()]);
});
