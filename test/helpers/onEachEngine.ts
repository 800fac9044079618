import { afterAll, beforeAll, beforeEach, describe } from 'vitest';
import { ENGINE_NAMES, openEngine, type TestEngine } from './engines.ts';

/**
 * Declares a suite once on each engine. The engine is opened before the suite, emptied before each test (before the suite's own
 * `beforeEach`), and closed after it; what `suite` is given stands for it, and may be used in hooks and tests only.
 */
export function onEachEngine(title: string, suite: (engine: Pick<TestEngine, 'database' | 'openAnother'>) => void): void {
  describe.each(ENGINE_NAMES)(`${title}, on %s`, (name) => {
    let engine: TestEngine;
    beforeAll(async () => {
      engine = await openEngine(name);
    });
    afterAll(() => engine.close());
    beforeEach(() => engine.reset());
    suite({
      get database() {
        return engine.database;
      },
      openAnother: () => engine.openAnother(),
    });
  });
}
