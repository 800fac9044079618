import { expect } from '@playwright/test';
import type { Locator, Page } from 'playwright-core';
import { required } from '../../../shared/lib/assert.ts';

/** The request that is open at the page, by its address. */
export function openRequestId(page: Page): string {
  return required(/#\/request\/([^/]+)/.exec(page.url())?.[1], 'a request in the address');
}

/** From anywhere to the reader's requests, and the one of this id among them. */
export async function openRequest(page: Page, requestId: string): Promise<void> {
  await page.getByTestId('nav-requests').click();
  const row = page.getByTestId(`request-row-${requestId}`);
  await row.click();
  await page.getByTestId('request-state').waitFor();
}

/** Resolves when the open request is shown in that state, by whatever news. */
export async function inState(page: Page, state: string): Promise<void> {
  await page.locator(`[data-testid="request-state"][data-state="${state}"]`).waitFor();
}

/** Presses a step and says what it asks for. */
export async function stepWithWords(page: Page, step: string, words: string): Promise<void> {
  await page.getByTestId(`step-${step}`).click();
  await page.getByTestId('step-words').fill(words);
  await page.getByTestId('step-confirm').click();
  await page.getByTestId('step-words').waitFor({ state: 'detached' });
}

/** Chooses an entry of a list; in one that can be searched, by typing. */
export async function choose(page: Page, list: Locator, text: string): Promise<void> {
  await list.click();
  await page.keyboard.type(text);
  await page.locator('.ant-select-dropdown:not(.ant-select-dropdown-hidden) .ant-select-item-option').filter({ hasText: text }).first().click();
}

/** On a machine that has no copies yet: the person chooses a passphrase where case files are wanted. */
export async function choosePassphrase(page: Page): Promise<void> {
  const passphrase = '竹影扫阶尘不动 2026';
  await page.getByTestId('cases-passphrase').fill(passphrase);
  await page.getByTestId('cases-passphrase-repeat').fill(passphrase);
  await page.getByTestId('cases-choose-submit').click();
}

/** Writes one field of the case file, which is open at its record. */
export async function writeField(page: Page, field: string, text: string): Promise<void> {
  await page.getByTestId(`edit-${field}`).click();
  await page.getByTestId('case-file').getByRole('textbox').last().fill(text);
  await page.getByTestId(`save-${field}`).click();
  await expect(page.getByTestId(`field-${field}`)).toContainText(text);
}

/** The patient signs the consent form with a stroke of the mouse. */
export async function signConsent(page: Page): Promise<void> {
  await page.getByTestId('section-consent').click();
  await page.getByTestId('add-consent').click();
  const pad = page.getByTestId('signature-pad');
  await pad.scrollIntoViewIfNeeded();
  const box = required(await pad.boundingBox(), 'the pad');
  await page.mouse.move(box.x + box.width * 0.2, box.y + box.height * 0.4);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.7, box.y + box.height * 0.6, { steps: 5 });
  await page.mouse.up();
  await page.getByTestId('save-consent').click();
  await expect(page.getByTestId('consent-form')).toHaveCount(0);
}

/** What this site shows, hears and carries is checked one after another and kept with the request; it passes. */
export async function rehearse(page: Page): Promise<void> {
  await page.getByTestId('open-rehearsal').click();
  const passed = (step: string) => expect(page.getByTestId(`step-${step}`)).toHaveAttribute('data-state', 'passed', { timeout: 40_000 });
  await page.getByTestId('network-start').click();
  await page.getByTestId('preview-toggle').click();
  await passed('picture');
  await page.getByTestId('mic-test').click();
  await page.getByTestId('test-tone').click();
  await page.getByTestId('heard-tone').check();
  await page.getByTestId('echo-start').click();
  await passed('sound');
  for (const step of ['up', 'down', 'roundTrip', 'loss']) await passed(step);
  await page.getByTestId('rehearse-save').click();
  await page.locator('.rh-saved').waitFor();
}

/** Gives every mark of a rating so many stars, and sends it. */
export async function rate(page: Page, stars: number): Promise<void> {
  for (const mark of ['overall', 'timeliness', 'quality', 'technique']) await page.getByTestId(`rate-${mark}`).getByRole('radio').nth(stars - 1).click();
  await page.getByTestId('step-rate').click();
  await page.getByTestId('rating-form').waitFor({ state: 'detached' });
}

/** `datetime-local` of an instant by this machine's clock. */
export function localInput(ms: number): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const at = new Date(ms);
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}`;
}
