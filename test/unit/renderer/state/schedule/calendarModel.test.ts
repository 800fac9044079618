import { describe, expect, it } from 'vitest';
import { civilDateSchema } from '#shared/domain/recurrence';
import { ManualClock } from '#shared/lib/clock';
import { AppError } from '#shared/protocol/errors';
import { eventsOf, partOf } from '../../../../../renderer/features/calendar/calendarView.ts';
import { ruleOf } from '../../../../../renderer/features/calendar/NewSession.tsx';
import { createCalendarModel } from '../../../../../renderer/state/schedule/calendarModel.ts';
import { clashesIn, overlaps, resourcesOf, spanOf } from '../../../../../renderer/state/schedule/clashes.ts';
import { createDirectory } from '../../../../../renderer/state/schedule/directory.ts';
import { workingSpans } from '../../../../../renderer/state/schedule/hours.ts';
import { settle } from '../../../../helpers/fakeSignaling.ts';
import { appointmentOf, createScheduleSocket, plannedOf, REQUEST_ID, requestDetailOf } from '../../../../helpers/schedule/staticSchedule.ts';
import { PARTIES } from '../../../../helpers/staticConsultModel.ts';

const HOUR_MS = 3600_000;
const noon = new Date(2026, 10, 18, 12, 0).getTime();
const TREE = { type: 'tree', organisationId: PARTIES.expert.organisationId } as const;

function open() {
  const signaling = createScheduleSocket(noon);
  const clock = new ManualClock(noon);
  const model = createCalendarModel({ signaling, clock, directory: createDirectory(signaling, () => true) });
  const undo = model.open(TREE);
  model.setRange({ fromMs: noon - 72 * HOUR_MS, untilMs: noon + 96 * HOUR_MS });
  return { signaling, clock, model, undo, state: model.store.getState };
}

describe('calendarModel', () => {
  it('fetches once for a burst of changes, and holds on to nothing when it is closed', async () => {
    const { signaling, clock, undo, state } = open();
    await settle();
    expect(state().entries.length).toBeGreaterThan(3);
    expect(signaling.paramsOf('schedule.calendar')).toHaveLength(1);
    for (let change = 0; change < 12; change += 1) signaling.say('schedule.changed', { consultId: appointmentOf('s-1', noon).consultId });
    clock.advance(200);
    await settle();
    expect(signaling.paramsOf('schedule.calendar')).toHaveLength(2);
    undo();
    expect(signaling.listenerCount).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });

  it('[SCH15] moves a free session by scheduling, and a request’s by its step with a reason', async () => {
    const { signaling, model } = open();
    signaling.answer('schedule.move', () => ({ appointment: appointmentOf('s-1', noon), moved: 1 }));
    signaling.answer('request.step', () => ({ version: 5, state: 'scheduled' }));
    const to = { scope: 'one' as const, startsAtMs: noon + HOUR_MS, durationMinutes: 45, venueId: null, reason: '会议室检修' };
    expect(await model.move(appointmentOf('s-1', noon, { sequence: 3 }), to)).toBe(true);
    expect(signaling.paramsOf('schedule.move')).toMatchObject([{ startsAtMs: to.startsAtMs, sequence: 3 }]);
    expect(signaling.paramsOf('request.step')).toHaveLength(0);

    const planned = plannedOf(noon + 26 * HOUR_MS);
    signaling.answer('request.get', () => requestDetailOf({}, { state: 'scheduled', appointment: planned }, noon));
    expect(await model.move(appointmentOf('c-1', noon, { requestId: REQUEST_ID }), to)).toBe(true);
    expect(signaling.paramsOf('request.step')).toMatchObject([{ version: 4, step: { type: 'reschedule', reason: to.reason, plan: { startsAtMs: to.startsAtMs, hostPersonId: planned.hostPersonId, cartIds: planned.cartIds, panelIds: planned.panel.map(({ personId }) => personId) } } }]);
    expect(signaling.paramsOf('schedule.move')).toHaveLength(1);
  });

  it('[SCH21] [SCH22] moves and answers a series at once when that was said', async () => {
    const { signaling, model } = open();
    const appointment = appointmentOf('s-1', noon, { sequence: 3 });
    signaling.answer('schedule.move', () => ({ appointment, moved: 4 }));
    signaling.answer('schedule.answer', () => ({ appointment, answered: 4 }));
    expect(await model.move(appointment, { scope: 'following', startsAtMs: noon + HOUR_MS, durationMinutes: 45, venueId: null, reason: '' })).toBe(true);
    expect(signaling.paramsOf('schedule.move')).toMatchObject([{ scope: 'following', startsAtMs: noon + HOUR_MS, sequence: 3 }]);
    expect(await model.answer(appointment.consultId, 'series', { answer: 'declined', reason: '外出' })).toBe(true);
    expect(signaling.paramsOf('schedule.answer')).toEqual([{ consultId: appointment.consultId, scope: 'series', answer: { answer: 'declined', reason: '外出' } }]);
  });

  it('[SCH4] does not move what changed since it was looked at', async () => {
    const { signaling, model, state } = open();
    signaling.answer('request.get', () => requestDetailOf({}, { state: 'scheduled', appointment: { ...plannedOf(noon), sequence: 2 } }, noon));
    expect(await model.move(appointmentOf('c-1', noon, { requestId: REQUEST_ID, sequence: 1 }), { scope: 'one', startsAtMs: noon, durationMinutes: 45, venueId: null, reason: 'x' })).toBe(false);
    expect(state().error?.code).toBe('record.conflict');
    expect(signaling.paramsOf('request.step')).toHaveLength(0);
  });

  it('[SCH2] keeps what a refused move met, so that it can be drawn', async () => {
    const { signaling, model, state } = open();
    const taken = [{ kind: 'person' as const, id: PARTIES.expert.id, fromMs: noon, untilMs: noon + HOUR_MS }];
    signaling.answer('schedule.move', () => {
      throw new AppError('schedule.conflict', 'taken', { taken });
    });
    expect(await model.move(appointmentOf('s-1', noon), { scope: 'one', startsAtMs: noon, durationMinutes: 60, venueId: null, reason: '' })).toBe(false);
    expect(state().taken).toEqual(taken);
    model.clearError();
    expect(state().taken).toEqual([]);
  });

  it('[NTC12] finds the session a notice leads to, wherever it stands, and says when it may not be seen', async () => {
    const { signaling, model, state } = open();
    const far = appointmentOf('s-1', noon);
    signaling.answer('schedule.appointment', () => ({ appointment: far }));
    expect(await model.find(far.consultId)).toEqual(far);
    expect(signaling.paramsOf('schedule.appointment')).toEqual([{ consultId: far.consultId }]);
    signaling.answer('schedule.appointment', () => Promise.reject(new AppError('consult.notFound', 'no such session')));
    expect(await model.find(far.consultId)).toBeNull();
    expect(state().error).toMatchObject({ code: 'consult.notFound' });
  });

  it('[SCH17] shows the secret address once', async () => {
    const { model, state } = open();
    model.createFeed('zh');
    await settle();
    expect(state().feedPath).toMatch(/^\/api\/calendar\//);
    model.putAwayFeed();
    expect(state().feedPath).toBeNull();
    expect(state().feed?.createdAtMs).toBe(noon);
  });
});

describe('clashes', () => {
  it('[SCH1] sessions that touch do not overlap; a cancelled one and one’s own are not in the way', () => {
    const span = { fromMs: noon, untilMs: noon + HOUR_MS };
    expect(overlaps(span, { fromMs: span.untilMs, untilMs: span.untilMs + 1 })).toBe(false);
    expect(overlaps(span, { fromMs: noon - 1, untilMs: noon })).toBe(false);
    const entry = (part: Parameters<typeof appointmentOf>[2]) => ({ startsAtMs: noon, durationMinutes: 60, appointment: appointmentOf('s-9', noon, part) });
    const resources = resourcesOf(appointmentOf('s-1', noon));
    expect(clashesIn([entry({})], resources, span, null).map(({ id }) => id)).toContain(PARTIES.expert.id);
    expect(clashesIn([entry({ state: 'cancelled' })], resources, span, null)).toEqual([]);
    expect(clashesIn([entry({})], resources, span, 's-9')).toEqual([]);
  });

  it('[SCH5] who declined is free', () => {
    const [one] = appointmentOf('s-1', noon).panel;
    const declined = appointmentOf('s-1', noon, { panel: one ? [{ ...one, answer: 'declined' }] : [] });
    expect(resourcesOf(declined)).toEqual([]);
  });

  it('[SCH10] working hours follow the clock of the person’s own zone, over daylight saving too', () => {
    const week = { timeZone: 'Europe/Berlin', hours: [{ weekday: 5, fromMinute: 480, untilMinute: 1020 }, { weekday: 1, fromMinute: 480, untilMinute: 1020 }] };
    const at = (iso: string) => Date.parse(iso);
    // Clocks go forward on Sunday 29 March 2026.
    expect(workingSpans(week, { fromMs: at('2026-03-27T00:00Z'), untilMs: at('2026-03-31T00:00Z') })).toEqual([
      { fromMs: at('2026-03-27T07:00Z'), untilMs: at('2026-03-27T16:00Z') },
      { fromMs: at('2026-03-30T06:00Z'), untilMs: at('2026-03-30T15:00Z') },
    ]);
    expect(workingSpans({ ...week, timeZone: 'Asia/Shanghai' }, { fromMs: at('2026-03-27T00:00Z'), untilMs: at('2026-03-27T05:00Z') })).toEqual([{ fromMs: at('2026-03-27T00:00Z'), untilMs: at('2026-03-27T05:00Z') }]);
  });
});

describe('calendarView', () => {
  it('[SCH14] what a reader may not know is drawn as taken only, and cannot be dragged', () => {
    const words = { busy: 'Taken', takenBy: () => 'taken by' };
    const [busy, own] = eventsOf([{ startsAtMs: noon, durationMinutes: 30, appointment: null }, { startsAtMs: noon, durationMinutes: 60, appointment: appointmentOf('s-1', noon) }], [], words, () => true);
    expect(busy).toMatchObject({ title: 'Taken', editable: false, end: noon + 30 * 60_000 });
    expect(own).toMatchObject({ editable: true, start: noon, end: spanOf({ startsAtMs: noon, durationMinutes: 60 }).untilMs });
    const [refused] = eventsOf([], [{ kind: 'person', id: PARTIES.expert.id, fromMs: noon, untilMs: noon + 1 }], words, () => true);
    expect(refused).toMatchObject({ display: 'background', title: 'taken by' });
    expect(refused?.extendedProps && partOf({ extendedProps: refused.extendedProps }).type).toBe('taken');
  });

  it('[SCH8] the rule follows from the start: its weekday, and in a month its place there', () => {
    const date = (text: string) => civilDateSchema.parse(text);
    expect(ruleOf('weekly', date('2026-11-18'), 12, []).pattern).toEqual({ type: 'weekly', weekday: 3 });
    expect(ruleOf('monthly', date('2026-11-18'), 12, []).pattern).toEqual({ type: 'monthly', nth: 3, weekday: 3 });
    expect(ruleOf('monthly', date('2026-11-30'), 12, [date('2026-12-28')])).toEqual({ pattern: { type: 'monthly', nth: -1, weekday: 1 }, firstDate: '2026-11-30', end: { type: 'count', count: 12 }, exceptions: ['2026-12-28'] });
  });
});
