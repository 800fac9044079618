import { type PersonId, personIdSchema } from '#shared/domain/ids';
import type { Span } from '#shared/domain/scheduling';
import { AppError } from '#shared/protocol/errors';
import type { Slot } from '@medplum/fhirtypes';
import { timeOf } from '../cases/fhir/parts.ts';
import { FREE_SLOT_MS, type PersonSlot } from '../scheduling/personSlots.ts';
import type { Condition } from '../storage/facadeRows.ts';
import type { FacadeSearch } from './searchQuery.ts';

/** How many calendars a search looks at, how far, and how far when nothing is said. */
const MAX_SCHEDULES = 10;
const MAX_SPAN_MS = 31 * 86_400_000;
const DEFAULT_SPAN_MS = 7 * 86_400_000;

const LETTERS = { free: 'f', busy: 'b', 'busy-unavailable': 'u' } as const;

/** A slot has no row: its id says whose it is, what it is, and when it begins (Unix epoch ms in base 36). */
export function slotId({ personId, status, fromMs }: PersonSlot): string {
  return `${personId}.${LETTERS[status]}${fromMs.toString(36)}`;
}

/** Whose slot an id names and the time it begins in; null: no such slot can be. */
export function parseSlotId(id: string): { readonly personId: PersonId; readonly span: Span } | null {
  const [, person, begin] = /^([a-z0-9-]{1,64})\.[fbu]([a-z0-9]{1,9})$/.exec(id) ?? [];
  const personId = personIdSchema.safeParse(person);
  const fromMs = Number.parseInt(begin ?? '', 36);
  if (!personId.success || !Number.isSafeInteger(fromMs) || fromMs > 4_102_444_800_000) return null;
  return { personId: personId.data, span: { fromMs, untilMs: fromMs + FREE_SLOT_MS } };
}

export function slot(found: PersonSlot): Slot {
  return { resourceType: 'Slot', id: slotId(found), schedule: { reference: `Schedule/${found.personId}` }, status: found.status, start: timeOf(found.fromMs), end: timeOf(found.untilMs) };
}

type Within = Extract<Condition, { type: 'within' }>;
const isWithin = (condition: Condition): condition is Within => condition.type === 'within' && !condition.isNot;

/**
 * Which calendars a search looks at, and in what time.
 * @throws AppError `input.malformed` without a schedule, `input.tooLarge` for too many or too long a time
 */
export function slotQuestion({ query }: FacadeSearch, nowMs: number): { readonly scheduleIds: readonly string[]; readonly span: Span } {
  const lists = query.groups.flatMap((group) => {
    const ids = group.flatMap((condition) => (condition.type === 'in' && condition.column === 'schedule' ? condition.values : []));
    return ids.length === 0 ? [] : [ids];
  });
  const [first, ...others] = lists;
  if (first === undefined) throw new AppError('input.malformed', 'schedule: whose slots has to be said');
  const scheduleIds = [...new Set(first)].filter((id) => others.every((list) => list.includes(id)));
  const alone = query.groups.flatMap((group) => (group.length === 1 ? group.filter(isWithin) : []));
  const from = alone.flatMap(({ fromMs }) => fromMs ?? []);
  const until = alone.flatMap(({ untilMs }) => untilMs ?? []);
  const fromMs = from.length > 0 ? Math.max(...from) : until.length > 0 ? Math.min(...until) - DEFAULT_SPAN_MS : nowMs;
  const span = { fromMs, untilMs: until.length > 0 ? Math.min(...until) : fromMs + DEFAULT_SPAN_MS };
  if (scheduleIds.length > MAX_SCHEDULES || span.untilMs - span.fromMs > MAX_SPAN_MS) throw new AppError('input.tooLarge', 'at most ten schedules and 31 days at a time');
  return { scheduleIds, span };
}

/** The page of the slots found that a search asks for, in the order of their beginning and id, and whether more follow. */
export function slotPage(found: readonly PersonSlot[], { query, count }: FacadeSearch): { readonly page: readonly PersonSlot[]; readonly hasMore: boolean; readonly total: number } {
  const fitting = found
    .filter((one) => query.groups.every((group) => group.some((condition) => fits(one, condition))))
    .sort((a, b) => a.fromMs - b.fromMs || (slotId(a) < slotId(b) ? -1 : 1));
  const { after } = query;
  const rest = after === null ? fitting : fitting.filter((one) => one.fromMs > after.value || (one.fromMs === after.value && slotId(one) > after.id));
  return { page: rest.slice(0, count), hasMore: rest.length > count, total: fitting.length };
}

function fits(one: PersonSlot, condition: Condition): boolean {
  if (condition.type === 'in') return condition.values.includes(condition.column === 'status' ? one.status : one.personId);
  if (condition.type !== 'within') return false;
  const isIn = (condition.fromMs === null || one.fromMs >= condition.fromMs) && (condition.untilMs === null || one.fromMs < condition.untilMs);
  return isIn !== condition.isNot;
}
