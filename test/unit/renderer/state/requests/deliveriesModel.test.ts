import { describe, expect, it } from 'vitest';
import { consultRequestIdSchema } from '#shared/domain/ids';
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
    model.open(ONE);
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

  it('an answer that comes after another request was opened is not shown', async () => {
    const signaling = new FakeSignaling();
    let answer: (value: { deliveries: DeliveryRecord[]; channels: [] }) => void = () => undefined;
    signaling.answer('notice.deliveries', ({ requestId }) => (requestId === ONE ? new Promise((done) => { answer = done; }) : { deliveries: [], channels: ['client'] }));
    const model = createDeliveriesModel(signaling);
    model.open(ONE);
    model.open(TWO);
    await settle();
    answer({ deliveries: [record], channels: [] });
    await settle();
    expect(model.store.getState()).toMatchObject({ requestId: TWO, deliveries: [], channels: ['client'] });
  });

  it('lost is what will not arrive by itself; who has no address was never written to', () => {
    expect(isLost({ state: 'givenUp', reason: 'unreachable' })).toBe(true);
    expect(isLost({ state: 'failed', reason: 'refused' })).toBe(true);
    expect(isLost({ state: 'failed', reason: 'noAddress' })).toBe(false);
    expect(isLost({ state: 'waiting', reason: 'busy' })).toBe(false);
  });
});
