import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AsyncQueue } from '#shared/lib/asyncQueue';

describe('AsyncQueue', () => {
  it('runs one task at a time in the order pushed, whatever each takes and whether it fails', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.array(fc.boolean(), { minLength: 1, maxLength: 12 }), async (scheduler, plan) => {
        const queue = new AsyncQueue();
        const log: string[] = [];
        const results = plan.map((isFailing, index) =>
          queue.push(async () => {
            log.push(`begin ${index}`);
            await scheduler.schedule(Promise.resolve());
            log.push(`end ${index}`);
            if (isFailing) throw new Error(`failed ${index}`);
            return index;
          }),
        );
        const settled = Promise.allSettled(results);
        await scheduler.waitFor(settled);
        expect(log).toEqual(plan.flatMap((_isFailing, index) => [`begin ${index}`, `end ${index}`]));
        expect((await settled).map((result) => (result.status === 'fulfilled' ? result.value : String(result.reason)))).toEqual(plan.map((isFailing, index) => (isFailing ? `Error: failed ${index}` : index)));
        expect(queue.size).toBe(0);
      }),
      { numRuns: 100 },
    );
  });

  it('refuses one more than its limit and takes again when one is done', async () => {
    const queue = new AsyncQueue(2);
    const first = resolvers<string>();
    const running = queue.push(() => first.promise);
    const waiting = queue.push(async () => 'second');
    await expect(queue.push(async () => 'third')).rejects.toThrow('queue is full');
    first.resolve('done');
    await running;
    expect(await waiting).toBe('second');
    expect(await queue.push(async () => 'fourth')).toBe('fourth');
  });

  it('closed, it lets the task under way end, rejects those that wait with the reason, and takes no more', async () => {
    const queue = new AsyncQueue();
    const first = resolvers<string>();
    let hasRun = false;
    const running = queue.push(() => first.promise);
    const waiting = queue.push(async () => {
      hasRun = true;
    });
    await Promise.resolve();
    queue.close(new Error('over'));
    queue.close(new Error('a later reason'));
    first.resolve('ended in its own time');
    expect(await running).toBe('ended in its own time');
    await expect(waiting).rejects.toThrow('over');
    await expect(queue.push(async () => undefined)).rejects.toThrow('over');
    expect(hasRun).toBe(false);
    expect(queue.size).toBe(0);
  });

  it('a task that throws before its first await rejects its own promise only', async () => {
    const queue = new AsyncQueue();
    await expect(queue.push(() => { throw new Error('at once'); })).rejects.toThrow('at once');
    expect(await queue.push(async () => 'next')).toBe('next');
  });
});

/** A promise and what settles it. */
function resolvers<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let settle: (value: T) => void = () => undefined;
  const promise = new Promise<T>((resolve) => {
    settle = resolve;
  });
  return { promise, resolve: settle };
}
