import type { EventInput } from '@fullcalendar/react';
import type { Appointment, Taken } from '#shared/domain/scheduling';
import type { CalendarEntry } from '#shared/protocol/scheduling';
import { resourceKey, spanOf } from '../../state/schedule/clashes.ts';

/** What a drawn event carries. `taken`: somebody or something was in the way of a change. */
export type EventPart = { readonly type: 'session'; readonly appointment: Appointment } | { readonly type: 'busy' } | { readonly type: 'taken'; readonly taken: Taken };

export interface EventWords {
  readonly busy: string;
  readonly takenBy: (taken: Taken) => string;
}

/** [SCH14] Entries as FullCalendar's events: those whose content the reader may not know say only that the time is taken. */
export function eventsOf(entries: readonly CalendarEntry[], taken: readonly Taken[], words: EventWords, mayMove: (appointment: Appointment) => boolean): EventInput[] {
  const sessions = entries.map(({ appointment, ...time }): EventInput => {
    const { fromMs, untilMs } = spanOf(time);
    const part: EventPart = appointment === null ? { type: 'busy' } : { type: 'session', appointment };
    return { id: appointment?.consultId ?? `busy-${fromMs}`, start: fromMs, end: untilMs, title: appointment?.title ?? words.busy, editable: appointment !== null && mayMove(appointment), interactive: true, extendedProps: { part } };
  });
  const refused = taken.map((one): EventInput => ({ id: `taken-${resourceKey(one)}-${one.fromMs}`, start: one.fromMs, end: one.untilMs, title: words.takenBy(one), display: 'background', editable: false, extendedProps: { part: { type: 'taken', taken: one } satisfies EventPart } }));
  return [...sessions, ...refused];
}

/** The part that `eventsOf` put into an event. */
export function partOf({ extendedProps }: { readonly extendedProps: Readonly<Record<string, unknown>> }): EventPart {
  return extendedProps['part'] as EventPart; // every event is made by `eventsOf`
}

/** A session that is still to be held can be moved and cancelled [SCH4]. */
export function isToCome({ state }: Appointment): boolean {
  return state === 'scheduled';
}
