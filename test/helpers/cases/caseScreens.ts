import { expect } from '@playwright/test';
import type { Page } from 'playwright-core';

/** Of every machine of these tests. */
export const PASSPHRASE = '绿色的茶壶会唱歌 2026';

/** What somebody does on the screens of case files; each resolves when the screen shows that it was done. */

export async function choosePassphrase(page: Page): Promise<void> {
  await page.getByTestId('cases-passphrase').fill(PASSPHRASE);
  await page.getByTestId('cases-passphrase-repeat').fill(PASSPHRASE);
  await page.getByTestId('cases-choose-submit').click();
}

export async function unlock(page: Page): Promise<void> {
  await page.getByTestId('cases-passphrase').fill(PASSPHRASE);
  await page.getByTestId('cases-passphrase').press('Enter');
}

export async function openFirstCase(page: Page): Promise<void> {
  await page.locator('[data-testid^="open-case-"]').first().click();
  await page.getByTestId('case-file').waitFor();
}

/** The section of a case that is open. */
export const panelOf = (page: Page) => page.locator('[role="tabpanel"]:not([hidden])');

export async function addVitals(page: Page, heartRate: number): Promise<void> {
  const panel = panelOf(page);
  await page.getByTestId('section-vitals').click();
  await panel.getByTestId('add-vitals').click();
  await panel.getByTestId('vital-heartRatePerMin').fill(String(heartRate));
  await panel.getByTestId('save-vitals').click();
  await expect(panel.getByTestId('vitals-form')).toHaveCount(0);
}

/** The title and the text are found by their own words. In English. */
export async function addNote(page: Page, title: string, text: string): Promise<void> {
  const panel = panelOf(page);
  await page.getByTestId('section-notes').click();
  await panel.getByTestId('add-note').click();
  await panel.getByTestId('note-title').fill(title);
  await panel.getByTestId('make-note').click();
  await panel.getByTestId('note-editor').click();
  await page.keyboard.insertText(text);
  await expect(panel.getByTestId('note-state')).toContainText('Kept');
  await panel.getByTestId('close-note').click();
}
