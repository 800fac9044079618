import { describe, expect, it } from 'vitest';
import { organisationIdSchema, personIdSchema } from '#shared/domain/ids';
import { ManualClock } from '#shared/lib/clock';
import { AppError } from '#shared/protocol/errors';
import { type Centre, createOpenRequestModel, nearestCentre } from '../../../../../renderer/state/requests/requestModel.ts';
import { FakeSignaling, settle } from '../../../../helpers/fakeSignaling.ts';
import { detailOf, requestIn } from '../../../../helpers/requests/staticRequests.ts';
import { PARTIES } from '../../../../helpers/staticConsultModel.ts';

const NOW = 1_800_000_000_000;

function hall() {
  const signaling = new FakeSignaling();
  const clock = new ManualClock(NOW);
  const held = { request: requestIn('screening', NOW) };
  signaling.answer('request.get', () => detailOf(held.request, PARTIES.scheduler));
  signaling.answer('request.step', () => {
    held.request = { ...held.request, state: 'accepted', version: held.request.version + 1 };
    return { version: held.request.version, state: held.request.state };
  });
  let ids = 0;
  const model = createOpenRequestModel({ signaling, clock, newId: () => `id-${(ids += 1)}` });
  model.start();
  return { signaling, clock, held, model, id: held.request.id };
}

describe('openRequestModel', () => {
  it('[WFL38] takes a step on the version that is shown, and shows what came of it', async () => {
    const { model, signaling, id } = hall();
    model.open(id);
    await settle();
    const taken = model.take({ type: 'accept' });
    expect(model.store.getState().taking).toBe('accept');
    // A second press while the first is on its way does nothing.
    expect(await model.take({ type: 'accept' })).toBe(false);
    expect(await taken).toBe(true);
    expect(signaling.paramsOf('request.step')).toEqual([{ requestId: id, version: 4, step: { type: 'accept' } }]);
    expect(model.store.getState()).toMatchObject({ taking: null, stepError: null, detail: { request: { state: 'accepted', version: 5 } } });
  });

  it('[WFL38] shows the request anew when it went on meanwhile, and says so', async () => {
    const { model, signaling, held, id } = hall();
    model.open(id);
    await settle();
    held.request = { ...held.request, version: 9, state: 'accepted' };
    signaling.answer('request.step', () => Promise.reject(new AppError('record.conflict', 'went on', { rule: 'WFL38' })));
    expect(await model.take({ type: 'accept' })).toBe(false);
    expect(model.store.getState()).toMatchObject({ detail: { request: { version: 9 } }, stepError: { rule: 'WFL38' } });
  });

  it('[WFL38] has taken a step only when what came of it is shown, also when news overtakes the answer', async () => {
    const { model, signaling, clock, held, id } = hall();
    model.open(id);
    await settle();
    const answers: (() => void)[] = [];
    signaling.answer('request.get', () => new Promise((done) => answers.push(() => done(detailOf(held.request, PARTIES.scheduler)))));
    const taken = model.take({ type: 'accept' });
    await settle();
    signaling.say('request.changed', { requestId: id, version: 5, state: 'accepted' });
    clock.advance(500);
    answers[0]?.();
    await settle();
    expect(model.store.getState().taking).toBe('accept');
    answers[1]?.();
    expect(await taken).toBe(true);
    expect(model.store.getState()).toMatchObject({ taking: null, detail: { request: { version: 5 } } });
  });

  it('[WFL17] keeps a refusal with what it names until it is put away', async () => {
    const { model, signaling, id } = hall();
    model.open(id);
    await settle();
    signaling.answer('request.step', () => Promise.reject(new AppError('workflow.incomplete', 'not confirmed', { rule: 'WFL17', named: ['record', 'imaging'] })));
    await model.take({ type: 'accept' });
    expect(model.store.getState().stepError).toMatchObject({ rule: 'WFL17', named: ['record', 'imaging'] });
    model.clearStepError();
    expect(model.store.getState().stepError).toBeNull();
  });

  it('[WFL40] asks anew where a request may go when nobody works at the centre it was meant for', async () => {
    const { model, signaling, id } = hall();
    const city: Centre = { id: organisationIdSchema.parse('city'), name: { zh: '市', en: 'City' }, relation: 'above' };
    signaling.answer('request.centres', () => ({ centres: [city] }));
    model.loadCentres();
    model.open(id);
    await settle();
    expect(model.store.getState().centres).toEqual([city]);
    signaling.answer('request.centres', () => ({ centres: [] }));
    signaling.answer('request.step', () => Promise.reject(new AppError('workflow.incomplete', 'nobody there', { rule: 'WFL19', named: ['centreId'] })));
    await model.take({ type: 'forward', centreId: city.id, reason: '专科' });
    await settle();
    expect(model.store.getState()).toMatchObject({ centres: [], stepError: { rule: 'WFL19' } });
  });

  it('follows changes of the request and of its case, once for a burst, and no others', async () => {
    const { model, signaling, clock, held, id } = hall();
    model.open(id);
    await settle();
    for (let change = 0; change < 5; change += 1) signaling.say('request.changed', { requestId: id, version: 5, state: 'screening' });
    signaling.say('case.changed', { caseId: held.request.caseId, revision: 3 });
    signaling.say('request.changed', { requestId: requestIn('accepted', NOW).id, version: 5, state: 'screening' });
    clock.advance(500);
    await settle();
    expect(signaling.paramsOf('request.get')).toHaveLength(2);
    model.stop();
    expect(signaling.listenerCount).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });

  it('shows without a network what it read last, with its time; and nothing of what may not be read any more [WFL37]', async () => {
    const { model, signaling, clock, id } = hall();
    model.open(id);
    await settle();
    model.close();
    clock.advance(3_600_000);
    signaling.answer('request.get', () => Promise.reject(new AppError('network.offline', 'away')));
    model.open(id);
    await settle();
    expect(model.store.getState()).toMatchObject({ phase: 'ready', asOfMs: NOW, detail: { request: { id } }, error: { code: 'network.offline' } });
    signaling.answer('request.get', () => Promise.reject(new AppError('record.notFound', 'none')));
    model.refresh();
    await settle();
    expect(model.store.getState()).toMatchObject({ phase: 'failed', detail: null });
    model.close();
    signaling.answer('request.get', () => Promise.reject(new AppError('network.offline', 'away')));
    model.open(id);
    await settle();
    expect(model.store.getState()).toMatchObject({ phase: 'failed', detail: null });
  });

  it('[WFL3] sends an emergency as soon as its draft is shown, and keeps the draft when it is refused', async () => {
    const { model, signaling, held } = hall();
    held.request = requestIn('draft', NOW, { version: 1 });
    const ids = model.newIds();
    signaling.answer('request.create', () => ({ version: 1 }));
    await model.begin(ids, { caseId: null, patient: { name: '郑海涛', ageYears: null, sex: 'unknown' }, question: '胸痛', urgency: 'emergency' });
    expect(signaling.paramsOf('request.create')).toEqual([{ ...ids, patient: { name: '郑海涛', ageYears: null, sex: 'unknown' }, question: '胸痛', urgency: 'emergency' }]);
    signaling.answer('request.step', () => Promise.reject(new AppError('workflow.incomplete', 'missing', { rule: 'WFL10', named: ['consent'] })));
    const step = { type: 'send', centreId: organisationIdSchema.parse('city'), consentException: '' } as const;
    expect(await model.openAndTake(held.request.id, step)).toBe(false);
    expect(model.store.getState()).toMatchObject({ phase: 'ready', detail: { request: { state: 'draft' } }, stepError: { rule: 'WFL10' } });
  });

  it('begins a draft about a case that is there without a patient of its own', async () => {
    const { model, signaling, held } = hall();
    signaling.answer('request.create', () => ({ version: 1 }));
    const begun = await model.begin(model.newIds(), { caseId: held.request.caseId, patient: { name: 'x', ageYears: 1, sex: 'male' }, question: '?', urgency: 'routine' });
    expect(begun.caseId).toBe(held.request.caseId);
    expect(signaling.paramsOf('request.create')[0]).toMatchObject({ caseId: held.request.caseId, patient: null });
  });

  it('[WFL23] finds substitutes for the appointment that is shown', async () => {
    const { model, signaling, held, id } = hall();
    held.request = { ...requestIn('scheduled', NOW), id };
    signaling.answer('schedule.substitutes', () => ({ substitutes: [{ person: PARTIES.expert, isWithinHours: true, load: 1 }] }));
    model.open(id);
    await settle();
    const personId = personIdSchema.parse(PARTIES.surgeon.id);
    model.findSubstitutes(personId);
    await settle();
    expect(signaling.paramsOf('schedule.substitutes')).toEqual([{ consultId: 'consult-1', personId }]);
    expect(model.store.getState().substitutes).toMatchObject({ personId, people: [{ load: 1 }] });
  });

  it('sends to the nearest centre above, else to the own', () => {
    const centre = (id: string, relation: Centre['relation']): Centre => ({ id: organisationIdSchema.parse(id), name: { zh: id, en: id }, relation });
    expect(nearestCentre([centre('county', 'own'), centre('city', 'above'), centre('province', 'above')])).toBe('city');
    expect(nearestCentre([centre('county', 'own'), centre('village', 'below')])).toBe('county');
    expect(nearestCentre([centre('village', 'below')])).toBeNull();
  });
});
