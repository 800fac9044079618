import AxeBuilder from '@axe-core/playwright';
import { expect } from '@playwright/test';
import type { Page } from 'playwright-core';

/** What fades or slides in is there: a press on it in mid-way lands beside it on a machine that is busy. */
export async function untilStill(page: Page): Promise<void> {
  await page.waitForFunction(() => document.getAnimations().every((one) => one.playState !== 'running' || one.effect?.getComputedTiming().iterations === Infinity));
}

/**
 * Findings of axe that keep somebody out, none of which may be; the rest is judged by eye.
 * Waits until what fades in is there: half-transparent text has a contrast that nobody will see.
 * `except`: selectors of what a library draws and we cannot mend; each caller says why.
 */
export async function expectAccessible(page: Page, screen: string, except: readonly string[] = []): Promise<void> {
  await untilStill(page);
  // The builder wants the test runner's own page type; ours is the same class from the same package's core. In the page itself, which has
  // no frames, and without the places of what is right: a third of the time, and the same findings.
  const plain = new AxeBuilder({ page: page as never }).setLegacyMode(true).options({ resultTypes: ['violations'] });
  const builder = except.reduce((made, selector) => made.exclude(selector), plain);
  const { violations } = await builder.analyze();
  const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical').map(({ id, nodes }) => `${screen}: ${id}: ${nodes[0]?.html.slice(0, 160)}`);
  expect(grave).toEqual([]);
}
