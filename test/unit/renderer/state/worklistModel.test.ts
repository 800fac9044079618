import { describe, expect, it } from 'vitest';
import type { ConsultSummary } from '#shared/domain/consult';
import { consultIdSchema, organisationIdSchema } from '#shared/domain/ids';
import { ManualClock } from '#shared/lib/clock';
import { AppError } from '#shared/protocol/errors';
import { arrangeWorklist, createWorklistModel, matchesFilter } from '../../../../renderer/state/worklistModel.ts';
import { FakeSignaling, settle } from '../../../helpers/fakeSignaling.ts';
import { PARTIES } from '../../../helpers/staticConsultModel.ts';

const noon = new Date(2026, 4, 6, 12, 0).getTime();
const hour = 3600_000;

function row(id: string, part: Partial<ConsultSummary> = {}): ConsultSummary {
  return {
    id: consultIdSchema.parse(id), kind: 'consultation', state: 'scheduled', startsAtMs: noon, durationMinutes: 30, patientMasked: '陈*', patientAge: null, patientSex: 'unknown', question: '?',
    organisationId: organisationIdSchema.parse('county'), organisationName: PARTIES.cart.organisationName, host: PARTIES.expert, panel: [], presentCount: 0, isMember: true, ...part,
  };
}

describe('worklistModel', () => {
  it('shows today by time, what still runs from yesterday, and the next one after today', () => {
    const { consults, next } = arrangeWorklist(
      [row('tomorrow', { startsAtMs: noon + 20 * hour }), row('later', { startsAtMs: noon + 2 * hour }), row('now'), row('yesterday-running', { startsAtMs: noon - 14 * hour, state: 'inSession' }), row('yesterday-ended', { startsAtMs: noon - 14 * hour, state: 'ended' }), row('tomorrow-cancelled', { startsAtMs: noon + 13 * hour, state: 'cancelled' })],
      noon,
    );
    expect(consults.map((one) => String(one.id))).toEqual(['yesterday-running', 'now', 'later']);
    expect(String(next?.id)).toBe('tomorrow');
  });

  it('filters by what a person looks for', () => {
    const ended = row('e', { state: 'cancelled' });
    expect((['all', 'inSession', 'upcoming', 'ended'] as const).map((filter) => matchesFilter(ended, filter))).toEqual([true, false, false, true]);
  });

  it('fetches once for a burst of changes, and again when the connection is back', async () => {
    const signaling = new FakeSignaling();
    const clock = new ManualClock(noon);
    signaling.answer('worklist.list', () => ({ consults: [row('a')] }));
    const model = createWorklistModel({ signaling, clock });
    model.start();
    await settle();
    expect(model.store.getState()).toMatchObject({ phase: 'ready', asOfMs: noon });
    for (let change = 0; change < 20; change += 1) signaling.say('worklist.changed', {});
    clock.advance(200);
    await settle();
    expect(signaling.paramsOf('worklist.list')).toHaveLength(2);
    signaling.setStatus({ step: 'connected' });
    clock.advance(200);
    expect(signaling.paramsOf('worklist.list')).toHaveLength(3);
    const [asked] = signaling.paramsOf('worklist.list');
    expect(asked && asked.fromMs < noon && asked.toMs > noon + 24 * hour).toBe(true);
    model.stop();
    expect(signaling.listenerCount).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });

  it('keeps an old list when a refresh fails, and fails openly when there never was one', async () => {
    const signaling = new FakeSignaling();
    const clock = new ManualClock(noon);
    const model = createWorklistModel({ signaling, clock });
    model.start();
    await settle();
    expect(model.store.getState()).toMatchObject({ phase: 'failed', error: { code: 'server.timeout' } });
    signaling.answer('worklist.list', () => ({ consults: [row('a')] }));
    model.refresh();
    await settle();
    signaling.answer('worklist.list', () => Promise.reject(new AppError('network.offline', 'away')));
    model.refresh();
    await settle();
    const state = model.store.getState();
    expect([state.phase, state.consults.length, state.error?.code]).toEqual(['ready', 1, 'network.offline']);
  });

  it('ignores an answer that comes after sign-out', async () => {
    const signaling = new FakeSignaling();
    signaling.answer('worklist.list', () => ({ consults: [row('a')] }));
    const model = createWorklistModel({ signaling, clock: new ManualClock(noon) });
    model.start();
    model.stop();
    await settle();
    expect(model.store.getState()).toMatchObject({ phase: 'loading', consults: [] });
  });
});
