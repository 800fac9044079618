import { describe, expect, it } from 'vitest';
import { personIdSchema } from '#shared/domain/ids';
import { ManualClock } from '#shared/lib/clock';
import { AppError } from '#shared/protocol/errors';
import { createDirectory } from '../../../../../renderer/state/schedule/directory.ts';
import { createPlanModel, firstPlan, orderExperts, planOf, troublesAt } from '../../../../../renderer/state/schedule/planModel.ts';
import { settle } from '../../../../helpers/fakeSignaling.ts';
import { createScheduleSocket, EXPERTS, plannedOf, requestDetailOf } from '../../../../helpers/schedule/staticSchedule.ts';

const HOUR_MS = 3600_000;
const noon = new Date(2026, 10, 18, 12, 0).getTime();
const [most, middle, least] = EXPERTS.map(({ person }) => personIdSchema.parse(person.id));

async function settled(): Promise<void> {
  for (let turn = 0; turn < 8; turn += 1) await settle();
}

function open(detail = requestDetailOf({}, {}, noon)) {
  const signaling = createScheduleSocket(noon);
  const model = createPlanModel({ signaling, clock: new ManualClock(noon), directory: createDirectory(signaling, () => true), detail });
  return { signaling, model, state: model.store.getState };
}

describe('planModel', () => {
  it('[SCH12] lists those on duty first, then those asked least', () => {
    expect(orderExperts(EXPERTS, []).map(({ person }) => person.id)).toEqual([least, middle, most]);
    expect(orderExperts(EXPERTS, [String(most)]).map(({ person }) => person.id)).toEqual([most, least, middle]);
  });

  it('begins with a seat for each expert the hospital wants, and with its requester', () => {
    const plan = firstPlan(requestDetailOf({ wanted: [{ specialty: '28', leastGrade: 'chief', count: 2 }] }, {}, noon), noon);
    expect(plan.seats).toEqual([{ specialty: '28', leastGrade: 'chief', personId: null }, { specialty: '28', leastGrade: 'chief', personId: null }]);
    expect(plan.attendeeIds).toHaveLength(1);
    expect(plan.start).toBeNull();
  });

  it('[SCH11] asks for what is chosen and for anybody of the open seats, and takes who was chosen with the time', async () => {
    const { signaling, model, state } = open();
    await settled();
    model.setSeat(0, { personId: most ?? null });
    model.findTimes();
    await settled();
    const [asked] = signaling.paramsOf('schedule.findTimes');
    expect(asked?.personIds).toContain(most);
    expect(asked?.anyOf).toEqual([{ specialty: '03.04', leastGrade: 'chief' }]);
    expect(asked?.preferred).toHaveLength(1);
    const first = state().found?.proposals[0];
    expect(first).toBeDefined();
    if (first) model.choose({ ...first, chosen: least ? [least] : [] });
    expect(state().seats.map(({ personId }) => personId)).toEqual([most, least]);
    expect(state().start).toBe(first?.startsAtMs);
    expect(state().found?.proposals).toHaveLength(3);
  });

  it('an answer to an older question is not shown', async () => {
    const { model, state } = open();
    await settled();
    model.findTimes();
    model.change({ durationMinutes: 90 });
    await settled();
    expect(state().found).toBeNull();
    expect(state().isFinding).toBe(false);
  });

  it('says why no time was found', async () => {
    const { signaling, model, state } = open();
    signaling.answer('schedule.findTimes', () => ({ proposals: [], obstacles: [{ type: 'neverTogether' }] }));
    model.findTimes();
    await settled();
    expect(state().found).toEqual({ proposals: [], obstacles: [{ type: 'neverTogether' }] });
  });

  it('[SCH1] draws what is taken, absent and outside hours at a chosen time; touching is free', async () => {
    const { model, state } = open();
    await settled();
    model.setSeat(0, { personId: middle ?? null });
    model.change({ start: state().dayMs + 11 * HOUR_MS });
    await settled();
    // The middle one is taken from 10:00 to 11:30.
    expect(troublesAt(state(), state().dayMs + 11 * HOUR_MS)).toContainEqual({ resource: { kind: 'person', id: middle }, trouble: 'taken' });
    const free = troublesAt(state(), state().dayMs + 11.5 * HOUR_MS).filter(({ trouble }) => trouble === 'taken');
    expect(free).toEqual([]);
    expect(troublesAt(state(), state().dayMs + 22 * HOUR_MS).map(({ trouble }) => trouble)).toContain('outside');
    model.showDay(state().dayMs + 24 * HOUR_MS);
    await settled();
    expect(troublesAt(state(), state().dayMs + 15 * HOUR_MS).map(({ trouble }) => trouble)).toContain('absent');
  });

  it('[SCH2] a refusal is drawn, and everything chosen is kept', async () => {
    const { model, state } = open();
    await settled();
    model.setSeat(0, { personId: most ?? null });
    model.setSeat(1, { personId: least ?? null });
    const start = noon + 48 * HOUR_MS;
    model.change({ start });
    await settled();
    const before = { seats: state().seats, start: state().start, attendeeIds: state().attendeeIds };
    const taken = [{ kind: 'person' as const, id: personIdSchema.parse(String(least)), fromMs: start - HOUR_MS, untilMs: start + HOUR_MS }];
    const isBooked = await model.book(() => Promise.reject(new AppError('schedule.conflict', 'taken', { taken })));
    await settled();
    expect(isBooked).toBe(false);
    expect(state()).toMatchObject({ ...before, refused: taken });
    expect(state().error?.code).toBe('schedule.conflict');
    expect(troublesAt(state(), start)).toContainEqual({ resource: { kind: 'person', id: least }, trouble: 'taken' });
    // Another time is not the refused one.
    expect(troublesAt(state(), start + 2 * HOUR_MS).some(({ trouble }) => trouble === 'taken')).toBe(false);
  });

  it('[WFL3] an emergency is filled with those on duty and booked at once, by one press', async () => {
    const { signaling, model, state } = open(requestDetailOf({ urgency: 'emergency', wanted: [{ specialty: '28', leastGrade: 'resident', count: 1 }] }, {}, noon));
    await settled();
    expect(state().seats.map(({ personId }) => personId)).toEqual([middle]);
    expect(state().start).toBe('now');
    expect(state().mayBeOutsideHours).toBe(true);
    const plans: unknown[] = [];
    expect(await model.book(async (plan) => void plans.push(plan))).toBe(true);
    expect(plans).toMatchObject([{ startsAtMs: noon, panelIds: [middle], hostPersonId: middle }]);
    expect(signaling.paramsOf('schedule.duties')).toHaveLength(1);
  });

  it('[WFL21] a move begins with the panel as it is, leaves the declined seat open, and does not count its own booking as taken', async () => {
    const planned = plannedOf(noon + 26 * HOUR_MS);
    const [first, second] = planned.panel;
    const detail = requestDetailOf({}, { state: 'scheduled', appointment: { ...planned, panel: first && second ? [first, { ...second, answer: 'declined', reason: 'x' }] : [] } }, noon);
    const { signaling, model, state } = open(detail);
    signaling.answer('schedule.calendar', () => ({ entries: [] }));
    await settled();
    expect(state().seats.map(({ personId }) => personId)).toEqual([first?.personId, null]);
    expect(planOf(state(), noon)).toEqual({ lacks: 'panel' });
    model.removeSeat(1);
    model.change({ start: planned.startsAtMs, reason: ' later ' });
    await settled();
    signaling.answer('schedule.findTimes', () => ({ proposals: [], obstacles: [{ type: 'neverTogether' }] }));
    model.findTimes();
    expect(signaling.paramsOf('schedule.findTimes').map(({ moving }) => moving)).toEqual([planned.consultId]);
    const reasons: string[] = [];
    await model.book(async (_plan, reason) => void reasons.push(reason));
    expect(reasons).toEqual(['later']);
  });

  it('[SCH13] hours of people of other trees are drawn as not known', async () => {
    const { signaling, model, state } = open();
    signaling.answer('schedule.profile', () => {
      throw new AppError('auth.forbidden', 'another’s hours');
    });
    model.setSeat(0, { personId: middle ?? null });
    await settled();
    expect(state().days[`person:${middle}`]).toMatchObject({ open: null, absent: [] });
    expect(state().error).toBeNull();
    expect(troublesAt(state(), state().dayMs + 23 * HOUR_MS).some(({ resource }) => resource.id === middle)).toBe(false);
  });

  it('a plan without panel, time or a host who takes part is not handed over', async () => {
    const { model, state } = open();
    await settled();
    expect(planOf(state(), noon)).toEqual({ lacks: 'panel' });
    model.setSeat(0, { personId: most ?? null });
    model.setSeat(1, { personId: least ?? null });
    expect(planOf(state(), noon)).toEqual({ lacks: 'start' });
    model.change({ start: noon + HOUR_MS });
    model.change({ hostPersonId: middle ?? null });
    expect(planOf(state(), noon)).toEqual({ lacks: 'host' });
    let isAsked = false;
    expect(await model.book(async () => void (isAsked = true))).toBe(false);
    expect(isAsked).toBe(false);
  });
});
