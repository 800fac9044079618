import { resolve } from 'node:path';
import { defineConfig } from 'vitest/config';

/** The core of remote control with its own unit tests alone: for its coverage, which `npm test` holds, and for `npm run bench -- mutation`. */
export default defineConfig({
  root: resolve(import.meta.dirname, '..', '..'),
  test: {
    include: ['test/unit/shared/control/**/*.test.ts'],
    environment: 'node',
    coverage: { provider: 'v8', include: ['shared/control/**/*.ts'], reporter: [['text', { skipFull: true }]], reportsDirectory: 'test-results/coverage', thresholds: { branches: 98 } },
  },
});
