import { describe, expect, it } from 'vitest';
import { consultIdSchema, consultRequestIdSchema } from '#shared/domain/ids';
import { AppError } from '#shared/protocol/errors';
import type { DeliveryRecord } from '#shared/protocol/notices';
import { createDeliveriesModel, isLost } from '../../../../../renderer/state/requests/deliveriesModel.ts';
import { FakeSignaling, settle } from '../../../../helpers/fakeSignaling.ts';
import { PARTIES } from '../../../../helpers/staticConsultModel.ts';

const ONE = consultRequestIdSchema.parse('one');
const TWO = consultRequestIdSchema.parse('two');
const record: DeliveryRecord = { kind: 'invited', to: PARTIES.expert, channel: 'email', state: 'waiting', reason: null, addressMasked: null, madeAtMs: 1, doneAtMs: null };

describe('[NTC10] who was told', () => {
  it('follows the open request, and keeps what it knew when an answer fails', async () => {
    const signaling = new FakeSignaling();
    let state: DeliveryRecord['state'] = 'waiting';
    signaling.answer('notice.deliveries', () => ({ deliveries: [{ ...record, state }], channels: ['client', 'email'] }));
    const model = createDeliveriesModel(signaling);
    model.open({ type: 'request', requestId: ONE });
    await settle();
    expect(model.store.getState()).toMatchObject({ deliveries: [{ state: 'waiting' }], channels: ['client', 'email'] });
    state = 'sent';
    signaling.say('request.changed', { requestId: TWO, version: 2, state: 'scheduled' });
    await settle();
    expect(signaling.paramsOf('notice.deliveries')).toHaveLength(1);
    signaling.say('request.changed', { requestId: ONE, version: 2, state: 'scheduled' });
    await settle();
    expect(model.store.getState().deliveries?.[0]?.state).toBe('sent');
    signaling.answer('notice.deliveries', () => Promise.reject(new AppError('server.timeout', 'slow')));
    model.refresh();
    await settle();
    expect(model.store.getState()).toMatchObject({ deliveries: [{ state: 'sent' }], error: { code: 'server.timeout' } });
  });

  it('follows a session that nobody applied for by its own changes', async () => {
    const signaling = new FakeSignaling();
    signaling.answer('notice.deliveries', () => ({ deliveries: [record], channels: ['client'] }));
    const model = createDeliveriesModel(signaling);
    const [consultId, other] = [consultIdSchema.parse('c-1'), consultIdSchema.parse('c-2')];
    model.open({ type: 'session', consultId });
    model.open({ type: 'session', consultId });
    signaling.say('schedule.changed', { consultId: other });
    await settle();
    expect(signaling.paramsOf('notice.deliveries')).toEqual([{ about: { type: 'session', consultId } }]);
    signaling.say('schedule.changed', { consultId });
    await settle();
    expect(signaling.paramsOf('notice.deliveries')).toHaveLength(2);
    model.close();
    expect([model.store.getState().deliveries, signaling.listenerCount]).toEqual([null, 0]);
  });

  it('an answer that comes after another request was opened is not shown', async () => {
    const signaling = new FakeSignaling();
    let answer: (value: { deliveries: DeliveryRecord[]; channels: [] }) => void = () => undefined;
    signaling.answer('notice.deliveries', ({ about }) => (about.type === 'request' && about.requestId === ONE ? new Promise((done) => { answer = done; }) : { deliveries: [], channels: ['client'] }));
    const model = createDeliveriesModel(signaling);
    model.open({ type: 'request', requestId: ONE });
    model.open({ type: 'request', requestId: TWO });
    await settle();
    answer({ deliveries: [record], channels: [] });
    await settle();
    expect(model.store.getState()).toMatchObject({ about: { requestId: TWO }, deliveries: [], channels: ['client'] });
  });

  it('lost is what will not arrive by itself; who has no address was never written to', () => {
    expect(isLost({ state: 'givenUp', reason: 'unreachable' })).toBe(true);
    expect(isLost({ state: 'failed', reason: 'refused' })).toBe(true);
    expect(isLost({ state: 'failed', reason: 'noAddress' })).toBe(false);
    expect(isLost({ state: 'waiting', reason: 'busy' })).toBe(false);
  });
});
