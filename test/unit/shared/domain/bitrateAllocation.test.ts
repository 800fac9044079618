import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allocateBitrates, ceilingsInShortage, type BitrateDemand } from '#shared/domain/bitrateAllocation';
import { SOURCE_PROFILES, videoProfile } from '#shared/domain/sourceProfiles';

const demands = fc.uniqueArray(
  fc.record({ id: fc.stringMatching(/^[a-z]{1,3}$/), priority: fc.nat(5), floorBps: fc.nat(1000), extra: fc.nat(5000) }).map(({ extra, ...rest }): BitrateDemand => ({ ...rest, ceilingBps: rest.floorBps + extra })),
  { selector: ({ id }) => id, maxLength: 8 },
);
const available = fc.integer({ min: -100, max: 30_000 });
const shareOf = (shares: ReadonlyMap<string, number>, { id }: BitrateDemand) => shares.get(id) ?? Number.NaN;

describe('allocateBitrates', () => {
  it('[GOV1] nobody is above its ceiling, nobody below nothing, and all together not above what there is', () => {
    fc.assert(
      fc.property(available, demands, (bps, all) => {
        const shares = allocateBitrates(bps, all);
        expect(shares.size).toBe(all.length);
        for (const demand of all) {
          expect(shareOf(shares, demand)).toBeGreaterThanOrEqual(0);
          expect(shareOf(shares, demand)).toBeLessThanOrEqual(demand.ceilingBps);
        }
        expect(all.reduce((sum, demand) => sum + shareOf(shares, demand), 0)).toBeLessThanOrEqual(Math.max(0, bps));
      }),
    );
  });

  it('[GOV2] a source has at least its floor or nothing, and one that has nothing could not have been served after those above it', () => {
    fc.assert(
      fc.property(available, demands, (bps, all) => {
        const shares = allocateBitrates(bps, all);
        for (const demand of all) {
          const share = shareOf(shares, demand);
          if (share > 0) expect(share).toBeGreaterThanOrEqual(demand.floorBps);
          if (share > 0 || demand.floorBps === 0) continue;
          const floorsAbove = all.filter((other) => other.priority > demand.priority || (other.priority === demand.priority && other.id < demand.id)).reduce((sum, other) => sum + (shareOf(shares, other) > 0 ? other.floorBps : 0), 0);
          expect(floorsAbove + demand.floorBps).toBeGreaterThan(Math.max(0, bps));
        }
      }),
    );
  });

  it('[GOV3] whoever has more than its floor leaves nobody of higher priority who is served short of its ceiling', () => {
    fc.assert(
      fc.property(available, demands, (bps, all) => {
        const shares = allocateBitrates(bps, all);
        for (const demand of all.filter((one) => shareOf(shares, one) > one.floorBps)) {
          for (const above of all.filter((one) => one.priority > demand.priority && shareOf(shares, one) > 0)) expect(shareOf(shares, above)).toBe(above.ceilingBps);
        }
      }),
    );
  });

  it('[GOV3] faces lose first, then field, then screen, then ultrasound', () => {
    const names = ['face', 'field', 'screen', 'ultrasound'] as const;
    const all = names.map((name) => ({ id: name, priority: videoProfile(name).priority, floorBps: videoProfile(name).floorBitrateBps, ceilingBps: 5_000_000 }));
    const paused = (bps: number) => names.filter((name) => allocateBitrates(bps, all).get(name) === 0);
    const floor = (name: (typeof names)[number]) => SOURCE_PROFILES[name].floorBitrateBps;
    const total = names.reduce((sum, name) => sum + floor(name), 0);
    expect(paused(total)).toEqual([]);
    expect(paused(total - 1)).toEqual(['face']);
    expect(paused(floor('ultrasound') + floor('screen') + floor('field') - floor('face') - 1)).toEqual(['field']);
    expect(paused(floor('ultrasound'))).toEqual(['face', 'field', 'screen']);
    expect(paused(0)).toEqual([...names]);
  });

  it('[GOV2] a floor below comes before more than the floor above: with more to divide the highest may get less, never less than its floor', () => {
    const all = [{ id: 'above', priority: 1, floorBps: 1, ceilingBps: 2 }, { id: 'below', priority: 0, floorBps: 100, ceilingBps: 100 }];
    expect([2, 101, 102].map((bps) => [...allocateBitrates(bps, all).values()])).toEqual([[2, 0], [1, 100], [2, 100]]);
  });

  it('[GOV4] without an estimate everybody may use their ceiling', () => {
    fc.assert(fc.property(demands, (all) => all.every((demand) => shareOf(allocateBitrates(null, all), demand) === demand.ceilingBps)));
  });
});

describe('ceilingsInShortage', () => {
  const ultrasound = { id: 'ultrasound', priority: 120, floorBps: 500_000, comfortBps: 2_500_000, ceilingBps: 10_500_000, needBps: 10_500_000 };
  const field = { id: 'field', priority: 60, floorBps: 400_000, comfortBps: 5_000_000, ceilingBps: 31_000_000, needBps: 31_000_000 };
  const face = { id: 'face', priority: 20, floorBps: 100_000, comfortBps: 600_000, ceilingBps: 2_600_000, needBps: 2_600_000 };

  it('[GOV5] the source at which the line runs out keeps its ceiling', () => {
    expect(ceilingsInShortage(4_000_000, [face, field, ultrasound]).get('ultrasound')).toBe(ultrasound.ceilingBps);
  });

  it('[GOV3] [GOV6] those after it get their comfort before it gets luxury, the lowest priority least', () => {
    const ceilings = ceilingsInShortage(6_000_000, [face, field, ultrasound]);
    expect(ceilings.get('field')).toBe(3_400_000); // 6.0 less the ultrasound's comfort and the face's floor
    expect(ceilings.get('face')).toBe(100_000);
  });

  it('[GOV6] what does not fit is paused, faces first', () => {
    const ceilings = ceilingsInShortage(950_000, [face, field, ultrasound]);
    expect(ceilings.get('face')).toBe(0);
    expect(ceilings.get('field')).toBe(400_000);
  });

  it('[GOV5] a source that uses little does not keep the others small', () => {
    const quiet = { ...ultrasound, needBps: 1_000_000 };
    expect(ceilingsInShortage(8_000_000, [face, field, quiet]).get('field')).toBe(field.ceilingBps);
  });
});
