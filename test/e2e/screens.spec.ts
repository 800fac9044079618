import { test } from '@playwright/test';
import type { Browser, Page } from 'playwright-core';
import { expectAccessible } from '../helpers/accessible.ts';
import { DEVICES, launchChromium } from '../helpers/chromium.ts';
import { joinFromList, openCaseFiles, openPerson } from '../helpers/client.ts';
import { ServerProcess } from '../helpers/serverProcess.ts';

let browser: Browser;
let server: ServerProcess;

test.beforeAll(async () => {
  [browser, server] = await Promise.all([launchChromium(), ServerProcess.start()]);
});

test.afterAll(async () => {
  await browser.close();
  await server.stop();
});

/** An opinion from its beginning to a draft with something missing; leaving it asks. */
async function expectOpinionAccessible(page: Page): Promise<void> {
  await page.getByTestId('section-opinion').click();
  await page.getByTestId('begin-opinion').or(page.locator('[data-testid^="open-opinion-"]')).first().click();
  await page.getByTestId('opinion-sheet').waitFor();
  await page.getByTestId('opinion-summary').fill('Pneumonia, ventilated for six days.');
  await page.getByTestId('opinion-missing').waitFor();
  await expectAccessible(page, 'opinion');
  await page.getByTestId('nav-worklist').click();
  await page.getByTestId('leave-unsaved').waitFor();
  await expectAccessible(page, 'opinion: leaving');
  await page.getByTestId('leave-unsaved').click();
}

/** The list of case files, each section of one, and each of its forms. */
async function expectCasesAccessible(page: Page): Promise<void> {
  await page.getByTestId('nav-cases').click();
  await page.getByTestId('cases-choose').waitFor();
  await expectAccessible(page, 'case files: passphrase');
  await openCaseFiles(page);
  await expectAccessible(page, 'case files: list');
  await page.locator('[data-testid^="open-case-"]').first().click();
  await page.getByTestId('case-file').waitFor();
  for (const section of ['overview', 'vitals', 'labs', 'record', 'documents', 'notes', 'opinion', 'consent', 'changes']) {
    await page.getByTestId(`section-${section}`).click();
    await expectAccessible(page, `case file: ${section}`);
  }
  for (const [section, form] of [['vitals', 'add-vitals'], ['labs', 'add-lab'], ['consent', 'add-consent']] as const) {
    await page.getByTestId(`section-${section}`).click();
    await page.getByTestId(form).click();
    await expectAccessible(page, `case file: ${form}`);
  }
}

for (const theme of ['light', 'dark', 'cart'] as const) {
  test(`axe finds nothing serious on any screen, ${theme} theme`, async () => {
    const viewport = theme === 'cart' ? { width: 1280, height: 800 } : { width: 1366, height: 768 };
    const page = await openPerson(browser, server, 'expert', { devices: DEVICES.expert, theme, viewport, language: theme === 'dark' ? 'en' : 'zh-CN' });
    await page.getByTestId(`join-${server.demo.liveConsultId}`).waitFor();
    await expectAccessible(page, 'worklist');
    await page.getByTestId('nav-settings').click();
    await page.getByTestId('sessions').waitFor();
    await expectAccessible(page, 'settings');
    await expectCasesAccessible(page);
    await expectOpinionAccessible(page);
    await joinFromList(page, server.demo.liveConsultId);
    await expectAccessible(page, 'consult');
    if (theme !== 'cart') {
      await page.getByTestId('more-button').click();
      await page.getByTestId('minutes-toggle').click();
      await page.getByTestId('presence').getByRole('listitem').first().waitFor();
      await page.getByTestId('begin-minutes').or(page.getByTestId('note-editor')).first().waitFor();
      await expectAccessible(page, 'minutes');
    }
    await page.context().close();

    const admin = await openPerson(browser, server, 'admin', { devices: [], theme, viewport });
    await admin.getByTestId('nav-admin').click();
    await admin.getByTestId('add-person').waitFor();
    await expectAccessible(admin, 'administration');
    await admin.getByRole('tab', { name: 'Case copies' }).click();
    await admin.locator('.ant-table').last().waitFor();
    await expectAccessible(admin, 'machines with case copies');
    await admin.getByTestId('nav-indicators').click();
    await admin.getByTestId('indicator-headline').waitFor();
    await expectAccessible(admin, 'indicators');
    await admin.getByTestId('sign-out').click();
    await admin.getByTestId('sign-in-name').waitFor();
    await expectAccessible(admin, 'sign-in');
    await admin.context().close();
  });
}
