import type { Appointment, Resource, Span, Taken } from '#shared/domain/scheduling';
import type { CalendarEntry } from '#shared/protocol/scheduling';

const MINUTE_MS = 60_000;

/** `person:wang`, for maps and React's keys. */
export function resourceKey({ kind, id }: Resource): string {
  return `${kind}:${id}`;
}

/** From start to end; Unix epoch ms. */
export function spanOf({ startsAtMs, durationMinutes }: { readonly startsAtMs: number; readonly durationMinutes: number }): Span {
  return { fromMs: startsAtMs, untilMs: startsAtMs + durationMinutes * MINUTE_MS };
}

/** [SCH1] Sessions that only touch do not overlap. */
export function overlaps(a: Span, b: Span): boolean {
  return a.fromMs < b.untilMs && b.fromMs < a.untilMs;
}

/** Everybody and everything a session holds: who declined is free again. */
export function resourcesOf(appointment: Appointment): readonly Resource[] {
  return [
    ...appointment.panel.filter(({ answer }) => answer !== 'declined').map(({ person }): Resource => ({ kind: 'person', id: person.id })),
    ...appointment.cartIds.map((id): Resource => ({ kind: 'cart', id })),
    ...(appointment.venueId === null ? [] : [{ kind: 'venue', id: appointment.venueId } as const]),
  ];
}

/** What of `resources` is taken in `span` by the sessions of a calendar, `exceptId` not counted. */
export function clashesIn(entries: readonly CalendarEntry[], resources: readonly Resource[], span: Span, exceptId: string | null): readonly Taken[] {
  const wanted = new Map(resources.map((one) => [resourceKey(one), one]));
  return entries.flatMap(({ appointment, ...time }) => {
    if (appointment === null || appointment.consultId === exceptId || appointment.state === 'cancelled' || !overlaps(spanOf(time), span)) return [];
    return resourcesOf(appointment).flatMap((one) => (wanted.has(resourceKey(one)) ? [{ ...one, ...spanOf(time) }] : []));
  });
}
