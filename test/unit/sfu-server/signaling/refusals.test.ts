import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sessionIdSchema } from '#shared/domain/ids';
import { partySchema } from '#shared/domain/people';
import { ManualClock } from '#shared/lib/clock';
import type { Identity } from '../../../../sfu-server/auth/sessions.ts';
import { RefusalDigest } from '../../../../sfu-server/signaling/refusals.ts';

const identityOf = (sessionId: string): Identity => ({
  sessionId: sessionIdSchema.parse(sessionId),
  party: partySchema.parse({ kind: 'person', id: 'lin', name: { zh: '林', en: 'Lin' }, title: null, role: 'observer', organisationId: 'city', organisationName: { zh: '市', en: 'City' } }),
});

function digest() {
  const clock = new ManualClock();
  const reports: string[] = [];
  return { clock, reports, refusals: new RefusalDigest(clock, ({ name, code }, count) => reports.push(`${name} ${code} ${count}`)) };
}

describe('RefusalDigest', () => {
  it('[SIG8] reports three singly and the rest of the minute as one number', () => {
    const { clock, reports, refusals } = digest();
    for (let times = 0; times < 40; times += 1) refusals.add(identityOf('s1'), 'host.end', 'auth.forbidden');
    expect(reports).toEqual(Array.from({ length: 3 }, () => 'host.end auth.forbidden 1'));
    clock.advance(60_000);
    expect(reports.slice(3)).toEqual(['host.end auth.forbidden 37']);
    refusals.add(identityOf('s1'), 'host.end', 'auth.forbidden');
    expect(reports.slice(4)).toEqual(['host.end auth.forbidden 1']);
  });

  it('[SIG8] tells nothing twice: three or fewer leave no number behind', () => {
    const { clock, reports, refusals } = digest();
    for (let times = 0; times < 3; times += 1) refusals.add(identityOf('s1'), 'host.end', 'room.hostOnly');
    clock.advance(120_000);
    expect(reports).toHaveLength(3);
    expect(clock.pendingTimers).toBe(0);
  });

  it('[SIG8] counts by session, request and code', () => {
    const { reports, refusals } = digest();
    for (const session of ['s1', 's2']) for (const name of ['host.end', 'host.lock'] as const) for (let times = 0; times < 5; times += 1) refusals.add(identityOf(session), name, 'auth.forbidden');
    expect(reports).toHaveLength(12);
  });

  it('[SIG8] closed, it tells what it holds and keeps no timer', () => {
    const { clock, reports, refusals } = digest();
    for (let times = 0; times < 10; times += 1) refusals.add(identityOf('s1'), 'host.end', 'auth.forbidden');
    refusals.close();
    expect([reports.at(-1), clock.pendingTimers]).toEqual(['host.end auth.forbidden 7', 0]);
  });

  it('[SIG8] the numbers add up to the refusals, whatever their order and pace, with at most four reports of a kind a minute', () => {
    const happenings = fc.array(fc.oneof(fc.record({ session: fc.constantFrom('s1', 's2'), name: fc.constantFrom('host.end' as const, 'host.lock' as const) }), fc.record({ ms: fc.nat(30_000) })), { maxLength: 200 });
    fc.assert(
      fc.property(happenings, (all) => {
        const { clock, reports, refusals } = digest();
        for (const one of all) {
          if ('ms' in one) clock.advance(one.ms);
          else refusals.add(identityOf(one.session), one.name, 'auth.forbidden');
        }
        const minutes = clock.monotonicMs() / 60_000 + 1;
        refusals.close();
        expect(reports.reduce((sum, report) => sum + Number(report.split(' ')[2]), 0)).toBe(all.filter((one) => 'name' in one).length);
        expect(reports.length).toBeLessThanOrEqual(4 * 4 * Math.ceil(minutes));
      }),
    );
  });
});
