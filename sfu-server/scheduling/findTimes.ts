import type { PersonId } from '#shared/domain/ids';
import type { Needs, Obstacle, Proposal, Resource, Span, TimeReason } from '#shared/domain/scheduling';
import { mergeSpans } from './civilTime.ts';

/** Somebody who could come. Spans are instants, in any order. */
export interface Candidate {
  readonly id: PersonId;
  /** Booked or absent: never then. */
  readonly unavailable: readonly Span[];
  readonly working: readonly Span[];
  readonly onDuty: readonly Span[];
  /** Sessions lately and soon. */
  readonly load: number;
}

export interface Search {
  /** The session is to begin and end within it. */
  readonly span: Span;
  readonly durationMs: number;
  readonly preferred: readonly Span[];
  /** Whether people may be asked outside their hours, when nothing better is to be had. */
  readonly mayBeOutsideHours: boolean;
  /** All of them have to come. */
  readonly named: readonly Candidate[];
  readonly things: readonly { readonly resource: Resource; readonly busy: readonly Span[] }[];
  /** Of each, one has to come; all different, and none of those who are named. */
  readonly anyOf: readonly (Needs['anyOf'][number] & { readonly candidates: readonly Candidate[] })[];
}

/** Sessions begin at quarters of an hour, which are quarters in every zone in use. */
export const STEP_MS = 15 * 60_000;
const PROPOSALS = 3;
/** One session more of those chosen weighs as much as a session this much later. */
const LOAD_WEIGHT_MS = 4 * 3_600_000;
/** Two proposals of one day are less of a choice than two of different days. */
const ANOTHER_DAY_MS = 20 * 3_600_000;

const NEVER = 0;
const OUTSIDE = 1;
const WITHIN = 2;

/** One person's word on each possible start. */
interface Clocked {
  readonly candidate: Candidate;
  readonly slots: Uint8Array;
}

interface Found {
  readonly slot: number;
  readonly startsAtMs: number;
  readonly chosen: readonly Clocked[];
  readonly isPreferred: boolean;
  readonly outside: readonly PersonId[];
  readonly cost: number;
}

/**
 * The best three times at which everybody and everything needed is free, with the reasons; without any, what stands in the way.
 * Best is: within the preferred times, then with fewer people outside their hours, then sooner and with those asked less.
 */
export function findTimes(search: Search): { readonly proposals: readonly Proposal[]; readonly obstacles: readonly Obstacle[] } {
  const { span, durationMs, named, things, anyOf } = search;
  const firstMs = Math.ceil(span.fromMs / STEP_MS) * STEP_MS;
  const count = Math.max(0, Math.floor((span.untilMs - durationMs - firstMs) / STEP_MS) + 1);
  const grid = { firstMs, count, durationMs };
  const least = search.mayBeOutsideHours ? OUTSIDE : WITHIN;

  const namedIds = new Set(named.map(({ id }) => id));
  const clocks = new Map<PersonId, Clocked>();
  const clock = (candidate: Candidate) => {
    let clocked = clocks.get(candidate.id);
    if (clocked === undefined) {
      clocked = { candidate, slots: slotsOf(candidate, grid) };
      clocks.set(candidate.id, clocked);
    }
    return clocked;
  };
  const coming = named.map(clock);
  const taken = things.map(({ busy }) => blocked(busy, grid));
  const lists = anyOf.map(({ candidates }) => candidates.filter(({ id }) => !namedIds.has(id)).sort((a, b) => a.load - b.load || (a.id < b.id ? -1 : 1)).map(clock));

  const found: Found[] = [];
  for (let slot = 0; slot < count; slot += 1) {
    if (taken.some((slots) => slots[slot] === 1) || coming.some(({ slots }) => (slots[slot] ?? NEVER) < least)) continue;
    const chosen = choose(lists, slot, WITHIN) ?? (search.mayBeOutsideHours ? choose(lists, slot, OUTSIDE) : null);
    if (chosen === null) continue;
    const startsAtMs = firstMs + slot * STEP_MS;
    const outside = [...coming, ...chosen].filter(({ slots }) => slots[slot] === OUTSIDE).map(({ candidate }) => candidate.id);
    const isPreferred = search.preferred.some(({ fromMs, untilMs }) => fromMs <= startsAtMs && startsAtMs + durationMs <= untilMs);
    found.push({ slot, startsAtMs, chosen, isPreferred, outside, cost: startsAtMs + LOAD_WEIGHT_MS * chosen.reduce((sum, { candidate }) => sum + candidate.load, 0) });
  }
  if (found.length === 0) return { proposals: [], obstacles: obstaclesOf(search, { coming, taken, lists, least }) };
  const soonestMs = found[0]?.startsAtMs;
  const proposals = bestOf(found, durationMs).map(({ slot, startsAtMs, chosen, isPreferred, outside }): Proposal => {
    const reasons: TimeReason[] = [];
    if (startsAtMs === soonestMs) reasons.push({ type: 'soonest' });
    if (isPreferred) reasons.push({ type: 'preferred' });
    reasons.push(outside.length === 0 ? { type: 'withinHours' } : { type: 'outsideHours', personIds: [...outside] });
    const onDuty = [...coming, ...chosen].filter(({ candidate, slots }) => slots[slot] === WITHIN && !holds(candidate.working, startsAtMs, durationMs)).map(({ candidate }) => candidate.id);
    if (onDuty.length > 0) reasons.push({ type: 'onDuty', personIds: onDuty });
    for (const [need, { candidate }] of chosen.entries()) {
      const free = (lists[need] ?? []).filter(({ slots }) => (slots[slot] ?? NEVER) >= least);
      const average = free.reduce((sum, other) => sum + other.candidate.load, 0) / free.length;
      if (candidate.load < average) reasons.push({ type: 'lessLoaded', personId: candidate.id, load: candidate.load, average });
    }
    return { startsAtMs, chosen: chosen.map(({ candidate }) => candidate.id), reasons };
  });
  return { proposals, obstacles: [] };
}

interface Grid {
  readonly firstMs: number;
  readonly count: number;
  readonly durationMs: number;
}

function slotsOf({ unavailable, working, onDuty }: Candidate, grid: Grid): Uint8Array {
  const slots = new Uint8Array(grid.count).fill(OUTSIDE);
  for (const { fromMs, untilMs } of mergeSpans([...working, ...onDuty])) {
    fill(slots, grid, Math.ceil((fromMs - grid.firstMs) / STEP_MS), Math.floor((untilMs - grid.durationMs - grid.firstMs) / STEP_MS), WITHIN);
  }
  for (const one of unavailable) block(slots, grid, one, NEVER);
  return slots;
}

/** 1 where something is taken. */
function blocked(busy: readonly Span[], grid: Grid): Uint8Array {
  const slots = new Uint8Array(grid.count);
  for (const one of busy) block(slots, grid, one, 1);
  return slots;
}

/** Marks every start whose session would touch the span: those after its beginning less the duration, and before its end. */
function block(slots: Uint8Array, grid: Grid, { fromMs, untilMs }: Span, value: number): void {
  fill(slots, grid, Math.floor((fromMs - grid.durationMs - grid.firstMs) / STEP_MS) + 1, Math.ceil((untilMs - grid.firstMs) / STEP_MS) - 1, value);
}

function fill(slots: Uint8Array, { count }: Grid, first: number, last: number, value: number): void {
  const from = Math.max(0, first);
  const to = Math.min(count, last + 1);
  if (from < to) slots.fill(value, from, to);
}

function holds(spans: readonly Span[], startsAtMs: number, durationMs: number): boolean {
  return mergeSpans(spans).some(({ fromMs, untilMs }) => fromMs <= startsAtMs && startsAtMs + durationMs <= untilMs);
}

/**
 * One person for each list, all different, the least loaded first; null when that cannot be. Kuhn's augmenting paths: who was chosen
 * for one list may be moved to let another list have somebody at all.
 */
function choose(lists: readonly (readonly Clocked[])[], slot: number, least: number): readonly Clocked[] | null {
  const holder = new Map<PersonId, number>();
  const chosen: Clocked[] = [];
  const assign = (need: number, seen: Set<PersonId>): boolean => {
    for (const one of lists[need] ?? []) {
      const { id } = one.candidate;
      if ((one.slots[slot] ?? NEVER) < least || seen.has(id)) continue;
      seen.add(id);
      const other = holder.get(id);
      if (other !== undefined && !assign(other, seen)) continue;
      holder.set(id, need);
      chosen[need] = one;
      return true;
    }
    return false;
  };
  return lists.every((_, need) => assign(need, new Set())) ? chosen : null;
}

/** The best, then the best of another day while there is one, then the best that does not overlap. */
function bestOf(found: readonly Found[], durationMs: number): readonly Found[] {
  const ranked = [...found].sort((a, b) => Number(b.isPreferred) - Number(a.isPreferred) || a.outside.length - b.outside.length || a.cost - b.cost || a.startsAtMs - b.startsAtMs);
  const picked: Found[] = [];
  for (const apartMs of [ANOTHER_DAY_MS, durationMs]) {
    for (const one of ranked) {
      if (picked.length >= PROPOSALS) break;
      if (picked.every(({ startsAtMs }) => Math.abs(startsAtMs - one.startsAtMs) >= apartMs)) picked.push(one);
    }
  }
  return picked;
}

interface Clocks {
  readonly coming: readonly Clocked[];
  readonly taken: readonly Uint8Array[];
  readonly lists: readonly (readonly Clocked[])[];
  readonly least: number;
}

function obstaclesOf({ named, things, anyOf }: Search, { coming, taken, lists, least }: Clocks): readonly Obstacle[] {
  const obstacles: Obstacle[] = [];
  const isEver = ({ slots }: Clocked) => slots.some((value) => value >= least);
  for (const [index, { id }] of named.entries()) {
    const clocked = coming[index];
    if (clocked && !isEver(clocked)) obstacles.push({ type: 'neverFree', resource: { kind: 'person', id } });
  }
  for (const [index, { resource }] of things.entries()) if (taken[index]?.every((value) => value === 1)) obstacles.push({ type: 'neverFree', resource });
  for (const [index, { specialty, leastGrade }] of anyOf.entries()) {
    const list = lists[index] ?? [];
    if (list.length === 0) obstacles.push({ type: 'nobody', specialty, leastGrade });
    else if (!list.some(isEver)) obstacles.push({ type: 'nobodyFree', specialty, leastGrade });
  }
  return obstacles.length > 0 ? obstacles : [{ type: 'neverTogether' }];
}
