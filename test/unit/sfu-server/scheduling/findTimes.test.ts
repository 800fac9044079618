import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { personIdSchema, venueIdSchema } from '#shared/domain/ids';
import type { Span } from '#shared/domain/scheduling';
import { type Candidate, findTimes, type Search, STEP_MS } from '../../../../sfu-server/scheduling/findTimes.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A whole quarter of an hour. */
const T0 = 2_000_000_700_000;
const span = (fromHour: number, untilHour: number): Span => ({ fromMs: T0 + fromHour * HOUR_MS, untilMs: T0 + untilHour * HOUR_MS });
const person = (id: string, rest: Partial<Candidate> = {}): Candidate => ({ id: personIdSchema.parse(id), unavailable: [], working: [span(0, 240)], onDuty: [], load: 0, ...rest });
const search = (rest: Partial<Search>): Search => ({ span: span(0, 48), durationMs: HOUR_MS, preferred: [], mayBeOutsideHours: false, named: [], things: [], anyOf: [], ...rest });
const cardiology = { specialty: '03.04', leastGrade: 'chief' } as const;
const hoursOf = (found: ReturnType<typeof findTimes>) => found.proposals.map(({ startsAtMs }) => (startsAtMs - T0) / HOUR_MS);

describe('finding times', () => {
  it('[SCH12] proposes the soonest first, then other days', () => {
    const found = findTimes(search({ span: span(0, 72), named: [person('a', { unavailable: [span(0, 3)] })] }));
    expect(hoursOf(found)).toEqual([3, 23, 43]);
    expect(found.proposals[0]?.reasons).toEqual([{ type: 'soonest' }, { type: 'withinHours' }]);
    expect(found.proposals[1]?.reasons).toEqual([{ type: 'withinHours' }]);
  });

  it('[SCH12] puts the preferred times before sooner ones', () => {
    const found = findTimes(search({ named: [person('a')], preferred: [span(30, 31)] }));
    expect(found.proposals[0]).toMatchObject({ startsAtMs: T0 + 30 * HOUR_MS, reasons: [{ type: 'preferred' }, { type: 'withinHours' }] });
  });

  it('[SCH12] asks who was asked less, and says so', () => {
    const found = findTimes(search({ anyOf: [{ ...cardiology, candidates: [person('busy', { load: 9 }), person('idle', { load: 1 })] }] }));
    expect(found.proposals[0]).toMatchObject({ chosen: ['idle'], reasons: [{ type: 'soonest' }, { type: 'withinHours' }, { type: 'lessLoaded', personId: 'idle', load: 1, average: 5 }] });
  });

  it('[SCH11] keeps to working hours, unless told that it need not, and then names who would come outside', () => {
    const outside = { span: span(0, 10), named: [person('a', { working: [span(20, 30)] }), person('b')] };
    expect(findTimes(search(outside))).toEqual({ proposals: [], obstacles: [{ type: 'neverFree', resource: { kind: 'person', id: 'a' } }] });
    expect(findTimes(search({ ...outside, mayBeOutsideHours: true })).proposals[0]?.reasons).toContainEqual({ type: 'outsideHours', personIds: ['a'] });
  });

  it('[SCH11] counts duty as hours, and says so', () => {
    const found = findTimes(search({ span: span(0, 2), named: [person('a', { working: [], onDuty: [span(0, 2)] })] }));
    expect(found.proposals[0]?.reasons).toContainEqual({ type: 'onDuty', personIds: ['a'] });
  });

  it('[SCH12] moves somebody between two needs when one could not be met otherwise', () => {
    const both = person('both');
    const found = findTimes(search({ anyOf: [{ ...cardiology, candidates: [both, person('one', { load: 5 })] }, { specialty: '03.01', leastGrade: 'chief', candidates: [both] }] }));
    expect(found.proposals[0]?.chosen).toEqual(['one', 'both']);
  });

  it('[SCH12] without a time says what stands in the way', () => {
    const room = { kind: 'venue', id: venueIdSchema.parse('room') } as const;
    expect(findTimes(search({ things: [{ resource: room, busy: [span(0, 48)] }], anyOf: [{ ...cardiology, candidates: [] }] })).obstacles).toEqual([{ type: 'neverFree', resource: room }, { type: 'nobody', ...cardiology }]);
    expect(findTimes(search({ anyOf: [{ ...cardiology, candidates: [person('a', { unavailable: [span(0, 48)] })] }] })).obstacles).toEqual([{ type: 'nobodyFree', ...cardiology }]);
    expect(findTimes(search({ span: span(0, 2), named: [person('a', { unavailable: [span(0, 1)] }), person('b', { unavailable: [span(1, 2)] })] })).obstacles).toEqual([{ type: 'neverTogether' }]);
  });
});

const minutes = (most: number) => fc.integer({ min: 0, max: most }).map((n) => n * 5 * 60_000);
const spans = fc.array(fc.tuple(minutes(600), minutes(60)).map(([from, length]) => ({ fromMs: T0 + from, untilMs: T0 + from + length + 60_000 })), { maxLength: 6 });
const candidate = (id: string) => fc.record({ unavailable: spans, working: spans, onDuty: fc.oneof(fc.constant([]), spans), load: fc.nat(9) }).map((rest) => person(id, rest));
const NAMES = ['a', 'b', 'c', 'd', 'e'];
const searches = fc
  .tuple(...NAMES.map(candidate))
  .chain((people) => fc.record({
    named: fc.subarray(people, { maxLength: 2 }),
    anyOf: fc.array(fc.subarray(people).map((candidates) => ({ ...cardiology, candidates })), { maxLength: 3 }),
    things: fc.array(spans.map((busy) => ({ resource: { kind: 'venue' as const, id: venueIdSchema.parse('room') }, busy })), { maxLength: 1 }),
    durationMs: fc.constantFrom(15, 30, 50, 90).map((n) => n * 60_000),
    mayBeOutsideHours: fc.boolean(),
    preferred: spans,
    span: fc.tuple(minutes(100), minutes(600)).map(([from, length]) => ({ fromMs: T0 + from, untilMs: T0 + from + length })),
  }));

const meets = (startMs: number, durationMs: number, busy: readonly Span[]) => busy.some(({ fromMs, untilMs }) => fromMs < startMs + durationMs && startMs < untilMs);
/** Every minute of the session is within one of the spans. */
const isCovered = (startMs: number, durationMs: number, hours: readonly Span[]) => {
  for (let ms = startMs; ms < startMs + durationMs; ms += 60_000) if (!hours.some(({ fromMs, untilMs }) => fromMs <= ms && ms + 60_000 <= untilMs)) return false;
  return true;
};
const canCome = (one: Candidate, startMs: number, { durationMs, mayBeOutsideHours }: Search) => !meets(startMs, durationMs, one.unavailable) && (mayBeOutsideHours || isCovered(startMs, durationMs, [...one.working, ...one.onDuty]));
/** Tries everything. */
const canMeet = (lists: readonly (readonly Candidate[])[], used: readonly string[], startMs: number, whole: Search): boolean => {
  const [first, ...rest] = lists;
  return first === undefined || first.some((one) => !used.includes(one.id) && canCome(one, startMs, whole) && canMeet(rest, [...used, one.id], startMs, whole));
};
const isPossible = (startMs: number, whole: Search) =>
  whole.named.every((one) => canCome(one, startMs, whole)) && whole.things.every(({ busy }) => !meets(startMs, whole.durationMs, busy))
  && canMeet(whole.anyOf.map(({ candidates }) => candidates), whole.named.map(({ id }) => id), startMs, whole);

describe('finding times, by trying everything', () => {
  it('[SCH11] never proposes a clash, and finds a time whenever there is one', () => {
    fc.assert(fc.property(searches, (whole) => {
      const { proposals, obstacles } = findTimes(whole);
      for (const { startsAtMs, chosen } of proposals) {
        expect(startsAtMs).toBeGreaterThanOrEqual(whole.span.fromMs);
        expect(startsAtMs + whole.durationMs).toBeLessThanOrEqual(whole.span.untilMs);
        for (const one of whole.named) expect(canCome(one, startsAtMs, whole)).toBe(true);
        for (const { busy } of whole.things) expect(meets(startsAtMs, whole.durationMs, busy)).toBe(false);
        expect(new Set([...chosen, ...whole.named.map(({ id }) => id)]).size).toBe(whole.anyOf.length + whole.named.length);
        for (const [need, id] of chosen.entries()) {
          const one = whole.anyOf[need]?.candidates.find((other) => other.id === id);
          expect(one !== undefined && canCome(one, startsAtMs, whole)).toBe(true);
        }
      }
      const starts: number[] = [];
      for (let ms = Math.ceil(whole.span.fromMs / STEP_MS) * STEP_MS; ms + whole.durationMs <= whole.span.untilMs; ms += STEP_MS) starts.push(ms);
      const possible = starts.filter((ms) => isPossible(ms, whole));
      expect(proposals.length > 0).toBe(possible.length > 0);
      expect(obstacles.length > 0).toBe(possible.length === 0);
      for (const { startsAtMs, reasons } of proposals) expect(reasons.some(({ type }) => type === 'soonest')).toBe(startsAtMs === possible[0]);
      const overlaps = proposals.some((a, i) => proposals.some((b, j) => i !== j && Math.abs(a.startsAtMs - b.startsAtMs) < Math.min(whole.durationMs, DAY_MS)));
      expect(overlaps).toBe(false);
    }), { numRuns: 1500 });
  });
});
