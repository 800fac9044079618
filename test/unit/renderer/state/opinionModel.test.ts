import { beforeEach, describe, expect, it } from 'vitest';
import { caseIdSchema, consultIdSchema, opinionIdSchema, type PersonId } from '#shared/domain/ids';
import { EMPTY_OPINION, type OpinionContent, type OpinionStatus } from '#shared/domain/opinion';
import { AppError } from '#shared/protocol/errors';
import type { Opinion } from '#shared/protocol/opinions';
import { createNavigationModel, pathToScreen, screenToPath } from '../../../../renderer/state/navigationModel.ts';
import { createOpinionModel, type OpinionModel } from '../../../../renderer/state/opinionModel.ts';
import { FakeSignaling, settle } from '../../../helpers/fakeSignaling.ts';
import { PARTIES } from '../../../helpers/staticConsultModel.ts';

const ID = opinionIdSchema.parse('opinion-1');
const me = PARTIES.expert.id as PersonId;
const content = (change: Partial<OpinionContent> = {}): OpinionContent => ({ ...EMPTY_OPINION, ...change });

describe('opinionModel', () => {
  let signaling: FakeSignaling;
  let model: OpinionModel;
  let server: { status: OpinionStatus; version: number; content: OpinionContent };

  beforeEach(() => {
    signaling = new FakeSignaling();
    server = { status: 'draft', version: 1, content: content({ diagnosis: 'a' }) };
    const opinion = (): Opinion => ({
      id: ID, caseId: caseIdSchema.parse('case-1'), consultId: consultIdSchema.parse('c-1'), requestId: null, addendumTo: null, panel: [PARTIES.expert, PARTIES.surgeon], nextSignerId: null, changedAtMs: 0, versions: [], signatures: [], documentHash: null, ...server,
    });
    signaling.answer('opinion.get', () => ({ opinion: opinion() }));
    signaling.answer('opinion.save', ({ baseVersion, content: saved }) => {
      if (baseVersion !== server.version) return { status: 'conflict', current: { number: server.version, author: PARTIES.surgeon, atMs: 0, submitted: null, returned: null, content: server.content } };
      server = { status: 'draft', version: server.version + 1, content: saved };
      return { status: 'saved', version: server.version };
    });
    signaling.answer('opinion.submit', () => {
      server = { ...server, status: 'awaitingSignatures' };
      return {};
    });
    model = createOpinionModel({ signaling, fetchFile: async () => new Blob(['pdf']), selfId: () => me });
  });

  const open = async () => {
    model.open(ID);
    await settle();
  };
  const state = () => model.store.getState();

  it('[OPN5] does not say of a returned version that the signature is in place', async () => {
    server = { ...server, status: 'awaitingSignatures' };
    signaling.answer('opinion.sign', () => ({ status: 'awaitingSignatures', isNewKey: true }));
    await open();
    expect(await model.sign('secret')).toBe(true);
    expect(state().signed).toEqual({ isNewKey: true });
    server = { ...server, status: 'returned' };
    signaling.say('opinion.changed', { caseId: caseIdSchema.parse('case-1'), opinionId: ID, status: 'returned', version: 1 });
    await settle();
    expect(state().signed).toBeNull();
  });

  it('[OPN2] saves over the version that was seen, and a conflict keeps both until it is decided', async () => {
    await open();
    model.edit({ diagnosis: 'mine' });
    server = { ...server, version: 2, content: content({ diagnosis: 'theirs' }) };
    signaling.say('opinion.changed', { caseId: caseIdSchema.parse('case-1'), opinionId: ID, status: 'draft', version: 2 });
    await settle();
    expect(state()).toMatchObject({ isDirty: true, draft: { diagnosis: 'mine' }, baseVersion: 1 });
    expect(await model.save()).toBe(false);
    expect(state()).toMatchObject({ conflict: { number: 2, content: { diagnosis: 'theirs' } }, draft: { diagnosis: 'mine' }, isDirty: true });
    model.decide('mine');
    expect(await model.save()).toBe(true);
    expect(state()).toMatchObject({ conflict: null, isDirty: false, baseVersion: 3 });
    expect(server.content.diagnosis).toBe('mine');

    model.edit({ diagnosis: 'mine again' });
    server = { ...server, version: 4, content: content({ diagnosis: 'theirs again' }) };
    await model.save();
    model.decide('theirs');
    expect(state()).toMatchObject({ draft: { diagnosis: 'theirs again' }, isDirty: false });
    expect(model.hasUnsaved()).toBe(false);
  });

  it('[OPN2] keeps what was typed when the network is lost, when the screen is left, and when it comes back', async () => {
    await open();
    signaling.answer('opinion.save', () => { throw new AppError('network.offline', 'gone'); });
    model.edit({ findings: 'typed' });
    expect(await model.save()).toBe(false);
    expect(state()).toMatchObject({ isDirty: true, error: { code: 'network.offline' }, draft: { findings: 'typed' } });
    model.close();
    expect(model.hasUnsaved()).toBe(true);
    await open();
    expect(state()).toMatchObject({ isDirty: true, draft: { findings: 'typed', diagnosis: 'a' } });
    signaling.setStatus({ step: 'connected' });
    await settle();
    expect(state().draft.findings).toBe('typed');
    model.forget();
    expect([model.hasUnsaved(), signaling.listenerCount]).toEqual([false, 0]);
  });

  it('[OPN3] says what is missing of what stands on the sheet, and saves before it submits', async () => {
    await open();
    expect(state().missing).toEqual(['recommendations', 'signers']);
    model.edit({ recommendations: 'b', signerIds: [me] });
    expect(state().missing).toEqual([]);
    expect(await model.submit()).toBe(true);
    expect(signaling.paramsOf('opinion.submit')).toEqual([{ opinionId: ID, version: 2 }]);
    expect(state()).toMatchObject({ canWrite: false, isDirty: false, opinion: { status: 'awaitingSignatures' } });
    model.edit({ summary: 'late' });
    expect(state().draft.summary).toBe('');
  });

  it('[SGN2] [SGN4] shows why a signature was refused, and that a key was made', async () => {
    server = { ...server, status: 'awaitingSignatures' };
    await open();
    signaling.answer('opinion.sign', () => { throw new AppError('auth.lockedOut', 'test', { retryAfterMs: 60_000 }); });
    expect(await model.sign('wrong')).toBe(false);
    expect(state().error).toMatchObject({ code: 'auth.lockedOut', retryAfterMs: 60_000 });
    signaling.answer('opinion.sign', () => ({ status: 'signed', isNewKey: true }));
    expect(await model.sign('right')).toBe(true);
    expect(state()).toMatchObject({ signed: { isNewKey: true }, error: null });
  });
});

describe('leaving', () => {
  it('asks first while something is not saved', () => {
    const navigation = createNavigationModel({ name: 'opinion', opinionId: ID, isOfRequest: false });
    const asked: (() => void)[] = [];
    const undo = navigation.guard((proceed) => asked.push(proceed));
    navigation.go({ name: 'worklist' });
    expect(navigation.store.getState().screen.name).toBe('opinion');
    asked[0]?.();
    expect(navigation.store.getState().screen.name).toBe('worklist');
    undo();
    navigation.go({ name: 'settings' });
    expect(navigation.store.getState().screen.name).toBe('settings');
    for (const isOfRequest of [true, false]) expect(pathToScreen(screenToPath({ name: 'opinion', opinionId: ID, isOfRequest }))).toEqual({ name: 'opinion', opinionId: ID, isOfRequest });
  });
});
