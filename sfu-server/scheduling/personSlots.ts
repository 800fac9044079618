import type { PersonId } from '#shared/domain/ids';
import { DEFAULT_WEEK, type Span } from '#shared/domain/scheduling';
import type { Kysely } from 'kysely';
import { readAvailability } from '../storage/availability.ts';
import type { Schema } from '../storage/schema.ts';
import { mergeSpans, workingSpans } from './civilTime.ts';

/** A stretch of somebody's time: `busy` is booked, `busy-unavailable` absent. Never for what (SCH14). */
export interface PersonSlot extends Span {
  readonly personId: PersonId;
  readonly status: 'free' | 'busy' | 'busy-unavailable';
}

/** Free time is given in pieces of this length, which begin at full and half hours: whatever is booked meanwhile, a piece stays the same or goes. */
export const FREE_SLOT_MS = 30 * 60_000;

/**
 * The slots of people that touch a time, by beginning: what is booked and when they are absent, each whole, and the half hours within
 * their hours and duties in which they are neither. People who are not active have none.
 */
export async function personSlots(db: Kysely<Schema>, personIds: readonly PersonId[], span: Span): Promise<PersonSlot[]> {
  const { people } = await readAvailability(db, { personIds, experts: [], cartIds: [], venueId: null, span, loadSpan: span, moving: null });
  const slots = people.flatMap(({ id: personId, week, busy, absent, onDuty }): PersonSlot[] => {
    const { timeZone, hours } = week ?? DEFAULT_WEEK;
    // A little more, so that a half hour at the edge is not cut.
    const around = { fromMs: span.fromMs - FREE_SLOT_MS, untilMs: span.untilMs + FREE_SLOT_MS };
    const open = mergeSpans([...workingSpans({ timeZone, hours: [...hours] }, around), ...onDuty]);
    const taken = mergeSpans([...busy, ...absent]);
    return [
      ...busy.map((one): PersonSlot => ({ ...one, personId, status: 'busy' })),
      ...absent.map((one): PersonSlot => ({ ...one, personId, status: 'busy-unavailable' })),
      ...open.flatMap((stretch) => halfHours(stretch, span, taken)).map((one): PersonSlot => ({ ...one, personId, status: 'free' })),
    ];
  });
  return slots.sort((a, b) => a.fromMs - b.fromMs);
}

/** Those of a stretch that touch the span and that nothing takes. */
function halfHours(stretch: Span, span: Span, taken: readonly Span[]): Span[] {
  const first = Math.max(Math.ceil(stretch.fromMs / FREE_SLOT_MS), Math.floor(span.fromMs / FREE_SLOT_MS)) * FREE_SLOT_MS;
  const found: Span[] = [];
  for (let fromMs = first; fromMs + FREE_SLOT_MS <= stretch.untilMs && fromMs < span.untilMs; fromMs += FREE_SLOT_MS) {
    const untilMs = fromMs + FREE_SLOT_MS;
    if (untilMs > span.fromMs && !taken.some((one) => one.fromMs < untilMs && one.untilMs > fromMs)) found.push({ fromMs, untilMs });
  }
  return found;
}
