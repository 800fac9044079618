import { describe, expect, it } from 'vitest';
import { consultIdSchema } from '#shared/domain/ids';
import { ManualClock } from '#shared/lib/clock';
import { AppError } from '#shared/protocol/errors';
import type { NoticeRecord } from '#shared/protocol/notices';
import { asksForAnswer, createNoticesModel } from '../../../../../renderer/state/requests/noticesModel.ts';
import { FakeSignaling, settle } from '../../../../helpers/fakeSignaling.ts';
import { detailOf, requestIn } from '../../../../helpers/requests/staticRequests.ts';
import { appointmentOf } from '../../../../helpers/schedule/staticSchedule.ts';
import { PARTIES } from '../../../../helpers/staticConsultModel.ts';

const NOW = 1_800_000_000_000;
const REQUEST = requestIn('scheduled', NOW);
const notice = (id: string, change: Partial<NoticeRecord> = {}): NoticeRecord => ({ id, kind: 'invited', about: { type: 'request', requestId: REQUEST.id, state: 'scheduled' }, madeAtMs: NOW, readAtMs: null, organisationName: PARTIES.requester.organisationName, urgency: 'routine', startsAtMs: NOW, ...change });

function hall() {
  const signaling = new FakeSignaling();
  const clock = new ManualClock(NOW);
  const shown: string[] = [];
  const desktop = { permission: 'default' as 'default' | 'granted' | 'denied', asked: 0 };
  signaling.answer('notice.list', () => ({ notices: [notice('n-1'), notice('n-2', { kind: 'opinionDue' }), notice('n-3', { readAtMs: NOW })], unread: 2 }));
  signaling.answer('notice.read', () => ({}));
  signaling.answer('request.get', () => detailOf(REQUEST, PARTIES.expert));
  signaling.answer('request.step', () => ({ version: 5, state: 'scheduled' }));
  const model = createNoticesModel({
    signaling, clock,
    desktop: {
      permission: () => desktop.permission,
      ask: async () => {
        desktop.asked += 1;
        desktop.permission = 'granted';
      },
      show: ({ title }) => void shown.push(title),
    },
  });
  return { signaling, clock, model, shown, desktop };
}

describe('noticesModel', () => {
  it('counts what is unread, marks at once, and takes it back when the server did not hear', async () => {
    const { model, signaling, clock } = hall();
    model.start();
    await settle();
    expect(model.store.getState().unread).toBe(2);
    model.read(['n-1']);
    expect(model.store.getState().unread).toBe(1);
    expect(signaling.paramsOf('notice.read')).toEqual([{ ids: ['n-1'] }]);
    model.read(['n-1']);
    expect(signaling.paramsOf('notice.read')).toHaveLength(1);
    signaling.answer('notice.read', () => Promise.reject(new AppError('network.offline', 'away')));
    model.read(null);
    expect(model.store.getState().unread).toBe(0);
    await settle();
    clock.advance(500);
    await settle();
    expect(model.store.getState().unread).toBe(2);
    model.stop();
    expect(signaling.listenerCount).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });

  it('[WFL22] answers an invitation from its notice, on the newest version, and offers it no second time', async () => {
    const { model, signaling } = hall();
    model.start();
    await settle();
    expect(asksForAnswer(notice('n-1'), model.store.getState().answers)).toBe(true);
    expect(await model.answer(notice('n-1'), 'declined', '当天手术')).toBe(true);
    expect(signaling.paramsOf('request.step')).toEqual([{ requestId: REQUEST.id, version: REQUEST.version, step: { type: 'answer', answer: 'declined', reason: '当天手术' } }]);
    expect(asksForAnswer(notice('n-1'), model.store.getState().answers)).toBe(false);
    expect(model.store.getState().unread).toBe(1);
  });

  it('[NTC12] answers the invitation to a session that nobody applied for by scheduling, and offers it no second time', async () => {
    const { model, signaling } = hall();
    const consultId = consultIdSchema.parse('session-1');
    const invited = notice('n-1', { about: { type: 'session', consultId, isToCome: true, isOfSeries: true } });
    signaling.answer('schedule.answer', () => Promise.reject(new AppError('schedule.conflict', 'the time is taken')));
    model.start();
    await settle();
    expect(asksForAnswer(invited, model.store.getState().answers)).toBe(true);
    expect(await model.answer(invited, 'accepted', '')).toBe(false);
    expect(model.store.getState().error).toMatchObject({ code: 'schedule.conflict' });
    signaling.answer('schedule.answer', () => ({ appointment: appointmentOf('session-1', NOW), answered: 1 }));
    expect(await model.answer(invited, 'declined', '外出', true)).toBe(true);
    expect(signaling.paramsOf('schedule.answer')).toEqual([{ consultId, scope: 'one', answer: { answer: 'accepted' } }, { consultId, scope: 'series', answer: { answer: 'declined', reason: '外出' } }]);
    expect(signaling.paramsOf('request.step')).toEqual([]);
    expect(asksForAnswer(invited, model.store.getState().answers)).toBe(false);
    expect(asksForAnswer(notice('n-2', { about: { type: 'session', consultId, isToCome: false, isOfSeries: false } }), new Map())).toBe(false);
  });

  it('[WFL6] a new time asks anew', async () => {
    const { model, signaling } = hall();
    model.start();
    await settle();
    await model.answer(notice('n-1'), 'accepted', '');
    signaling.say('notice.new', { kind: 'moved', about: { type: 'request', requestId: REQUEST.id }, urgency: 'routine' });
    expect(asksForAnswer(notice('n-4', { kind: 'moved' }), model.store.getState().answers)).toBe(true);
  });

  it('offers no answer where there is none to give', () => {
    expect(asksForAnswer(notice('n', { kind: 'scheduled' }), new Map())).toBe(false);
    expect(asksForAnswer(notice('n', { about: { type: 'request', requestId: REQUEST.id, state: 'cancelled' } }), new Map())).toBe(false);
    expect(asksForAnswer(notice('n', { about: { type: 'request', requestId: REQUEST.id, state: 'inSession' } }), new Map())).toBe(false);
  });

  it('shows on the desktop only after a person allowed it by a press', async () => {
    const { model, shown, desktop, signaling } = hall();
    model.start();
    model.onArrived(({ kind }) => model.showOnDesktop({ title: kind, body: '', tag: '' }, () => undefined));
    signaling.say('notice.new', { kind: 'invited', about: { type: 'request', requestId: REQUEST.id }, urgency: 'routine' });
    await settle();
    expect([shown, desktop.asked]).toEqual([[], 0]);
    model.askDesktop();
    await settle();
    expect(model.store.getState().desktop).toBe('granted');
    signaling.say('notice.new', { kind: 'opinionDue', about: { type: 'request', requestId: REQUEST.id }, urgency: 'routine' });
    expect(shown).toEqual(['opinionDue']);
  });

  it('keeps the answer open when it did not reach the server', async () => {
    const { model, signaling } = hall();
    model.start();
    await settle();
    signaling.answer('request.step', () => Promise.reject(new AppError('workflow.notNow', 'over', { rule: 'WFL22' })));
    expect(await model.answer(notice('n-1'), 'accepted', '')).toBe(false);
    expect(model.store.getState()).toMatchObject({ unread: 2, answering: null, error: { rule: 'WFL22' } });
    expect(asksForAnswer(notice('n-1'), model.store.getState().answers)).toBe(true);
  });
});
