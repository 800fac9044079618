import { resolve } from 'node:path';
import { defineConfig } from '@playwright/test';

const root = resolve(import.meta.dirname, '..', '..');

/** One browser at a time, no second tries: a test that passes at the second try has found something. */
export default defineConfig({
  testDir: resolve(root, 'test/e2e'),
  outputDir: resolve(root, 'test-results/e2e'),
  workers: 1,
  fullyParallel: false,
  retries: 0,
  timeout: 180_000,
  expect: { timeout: 20_000 },
  reporter: [['list'], ['json', { outputFile: resolve(root, 'test-results/e2e.json') }]],
});
