import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Batch } from '../../../../sfu-server/storage/batch.ts';

describe('Batch', () => {
  it('answers every question by a look-up that began after it, one look-up at a time, of bounded size', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'unknown'), { minLength: 1, maxLength: 30 }), async (scheduler, keys) => {
        let version = 0;
        let underWay = 0;
        const batch = new Batch(async (asked: readonly string[]) => {
          underWay += 1;
          expect(underWay).toBe(1);
          expect(asked.length).toBeLessThanOrEqual(2);
          expect(new Set(asked).size).toBe(asked.length);
          const seen = version;
          await scheduler.schedule(Promise.resolve());
          underWay -= 1;
          return new Map(asked.filter((key) => key !== 'unknown').map((key) => [key, { key, seen }]));
        }, setImmediate, 2);
        const answers = keys.map(async (key) => {
          await scheduler.schedule(Promise.resolve());
          version += 1;
          const askedAt = version;
          const found = await batch.get(key);
          if (key === 'unknown') expect(found).toBeNull();
          else expect(found?.key).toBe(key);
          if (found) expect(found.seen).toBeGreaterThanOrEqual(askedAt);
        });
        await scheduler.waitFor(Promise.all(answers));
      }),
      { numRuns: 200 },
    );
  });

  it('shares one look-up among those who ask while another is under way', async () => {
    const looked: string[][] = [];
    const batch = new Batch(async (keys: readonly string[]) => {
      looked.push([...keys]);
      await Promise.resolve();
      return new Map(keys.map((key) => [key, key.length]));
    }, setImmediate);
    expect(await Promise.all(['one', 'three', 'five', 'three'].map((key) => batch.get(key)))).toEqual([3, 5, 4, 5]);
    expect(looked).toEqual([['one', 'three', 'five']]);
  });

  it('fails the questions of a look-up that fails, and goes on with the next', async () => {
    let calls = 0;
    const batch = new Batch(async (keys: readonly string[]) => {
      calls += 1;
      if (calls === 1) throw new Error('database is gone');
      return new Map(keys.map((key) => [key, key]));
    }, setImmediate);
    await expect(batch.get('first')).rejects.toThrow('database is gone');
    expect(await batch.get('second')).toBe('second');
  });
});
