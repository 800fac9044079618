import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backoffDelayMs } from '#shared/lib/backoff';

const policies = fc.record({ firstMs: fc.integer({ min: 1, max: 5000 }), maxMs: fc.integer({ min: 1, max: 60_000 }), jitter: fc.double({ min: 0, max: 1, noNaN: true }) });
const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('backoffDelayMs', () => {
  it('doubles up to its ceiling', () => {
    const policy = { firstMs: 100, maxMs: 1000, jitter: 0 };
    expect([0, 1, 2, 3, 4, 50, 100_000].map((attempt) => backoffDelayMs(policy, attempt, () => 0.5))).toEqual([100, 200, 400, 800, 1000, 1000, 1000]);
  });

  it('stays within the jitter around it, whole, finite and never negative', () => {
    fc.assert(
      fc.property(policies, fc.nat(100_000), chance, (policy, attempt, random) => {
        const base = Math.min(policy.maxMs, policy.firstMs * 2 ** Math.min(attempt, 30));
        const waitMs = backoffDelayMs(policy, attempt, () => random);
        expect(Number.isInteger(waitMs)).toBe(true);
        expect(waitMs).toBeGreaterThanOrEqual(Math.max(0, Math.floor(base * (1 - policy.jitter))));
        expect(waitMs).toBeLessThanOrEqual(Math.ceil(base * (1 + policy.jitter)));
      }),
    );
  });

  it('spreads many that were cut at once over the whole width', () => {
    const policy = { firstMs: 1000, maxMs: 1000, jitter: 0.3 };
    expect([0, 0.25, 0.5, 0.75].map((random) => backoffDelayMs(policy, 0, () => random))).toEqual([700, 850, 1000, 1150]);
  });
});
