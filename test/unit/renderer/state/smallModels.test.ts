import { describe, expect, it } from 'vitest';
import { cartIdSchema, caseIdSchema, consultIdSchema, consultRequestIdSchema, hospitalSystemIdSchema, organisationIdSchema, personIdSchema, sessionIdSchema } from '#shared/domain/ids';
import type { Organisation } from '#shared/domain/people';
import { DEFAULT_MACHINE_SETTINGS, type MachineSettings } from '#shared/host/contract';
import type { AuditEntry } from '#shared/protocol/admin';
import { AppError } from '#shared/protocol/errors';
import type { HospitalSystem } from '#shared/protocol/systems';
import { createAccountModel } from '../../../../renderer/state/accountModel.ts';
import { type CartRecord, createAdminModel } from '../../../../renderer/state/adminModel.ts';
import { createNavigationModel, pathToScreen, type Screen, screenToPath } from '../../../../renderer/state/navigationModel.ts';
import { createSettingsModel } from '../../../../renderer/state/settingsModel.ts';
import { createSystemsModel } from '../../../../renderer/state/systemsModel.ts';
import { FakeSignaling, settle } from '../../../helpers/fakeSignaling.ts';
import { PARTIES } from '../../../helpers/staticConsultModel.ts';

describe('settingsModel', () => {
  const port = (settings: MachineSettings) => ({ read: async () => settings, write: async (change: Partial<MachineSettings>) => ({ ...settings, ...change }) });

  it('is Chinese and light where nobody chose, and a cart\'s own theme on an enrolled machine', async () => {
    const model = createSettingsModel(port(DEFAULT_MACHINE_SETTINGS));
    await model.load();
    expect(model.store.getState()).toMatchObject({ isLoaded: true, language: 'zh-CN', theme: 'light' });
    const cart = createSettingsModel(port({ ...DEFAULT_MACHINE_SETTINGS, cartId: 'c-1' }));
    await cart.load();
    expect(cart.store.getState().theme).toBe('cart');
  });

  it('changes at once, and says when the change could not be kept', async () => {
    const model = createSettingsModel({ read: async () => DEFAULT_MACHINE_SETTINGS, write: () => Promise.reject(new AppError('storage.full', 'full')) });
    await model.load();
    model.setLanguage('en');
    expect(model.store.getState().language).toBe('en');
    await settle();
    expect(model.store.getState()).toMatchObject({ language: 'en', isUnsaved: true });
  });

  it('goes on with defaults when settings cannot be read', async () => {
    const model = createSettingsModel({ read: () => Promise.reject(new AppError('host.unavailable', 'away')), write: async () => DEFAULT_MACHINE_SETTINGS });
    await model.load();
    expect(model.store.getState()).toMatchObject({ isLoaded: true, isUnsaved: true, language: 'zh-CN' });
  });
});

describe('navigationModel', () => {
  const id = consultIdSchema.parse('consult-7');
  const requestId = consultRequestIdSchema.parse('request-7');
  const screens: Screen[] = [{ name: 'worklist' }, { name: 'deviceCheck', consultId: null }, { name: 'deviceCheck', consultId: id }, { name: 'consult', consultId: id }, { name: 'consult', consultId: id, from: { name: 'requests', requestId } }, { name: 'consult', consultId: id, from: { name: 'rehearsal', requestId } }, { name: 'requests', requestId }, { name: 'rehearsal', requestId }, { name: 'rehearsal', requestId, from: id }, { name: 'calendar' }, { name: 'calendar', consultId: id }, { name: 'cases' }, { name: 'case', caseId: caseIdSchema.parse('case-7') }, { name: 'admin' }, { name: 'settings' }];

  it('finds every screen again by its address', () => {
    for (const screen of screens) expect(pathToScreen(`#${screenToPath(screen)}`)).toEqual(screen);
  });

  it('takes any other address for the list', () => {
    for (const path of ['', '#', '#/nowhere', '#/consult/', '#/consult/BAD ID', '#/consult/../x', '#/case/BAD ID']) expect(pathToScreen(path)).toEqual({ name: 'worklist' });
  });

  it('says nothing when it stays where it is', () => {
    const model = createNavigationModel({ name: 'admin' });
    let changes = 0;
    model.store.subscribe(() => {
      changes += 1;
    });
    model.go({ name: 'admin' });
    model.go({ name: 'consult', consultId: id });
    expect(changes).toBe(1);
  });
});

describe('accountModel', () => {
  it('lists and revokes the person\'s sessions', async () => {
    const signaling = new FakeSignaling();
    const sessions = [{ id: sessionIdSchema.parse('s-2'), createdAtMs: 1, lastSeenAtMs: 2, expiresAtMs: 3, client: 'browser', isThisOne: false }];
    signaling.answer('session.list', () => ({ sessions: [...sessions] }));
    signaling.answer('session.revoke', () => {
      sessions.length = 0;
      return {};
    });
    const model = createAccountModel(signaling);
    model.refresh();
    await settle();
    expect(model.store.getState().sessions).toHaveLength(1);
    model.revoke(sessionIdSchema.parse('s-2'));
    await settle();
    expect(model.store.getState().sessions).toHaveLength(0);
  });

  it('says why a password was not changed', async () => {
    const signaling = new FakeSignaling();
    signaling.answer('session.changePassword', () => Promise.reject(new AppError('auth.weakPassword', 'weak')));
    const model = createAccountModel(signaling);
    model.changePassword('old', 'new');
    expect(model.store.getState().password.step).toBe('working');
    await settle();
    expect(model.store.getState().password).toMatchObject({ step: 'failed', error: { code: 'auth.weakPassword' } });
  });
});

describe('the address for notices', () => {
  it('is kept, taken back, and a refusal leaves the one that stands', async () => {
    const signaling = new FakeSignaling();
    signaling.answer('account.contact', () => ({ email: 'lin@example.org' }));
    signaling.answer('account.setContact', () => ({}));
    const model = createAccountModel(signaling);
    model.loadContact();
    await settle();
    expect(model.store.getState().contact).toMatchObject({ email: 'lin@example.org', step: 'ready' });
    model.setContact(null);
    await settle();
    expect(signaling.paramsOf('account.setContact')).toEqual([{ email: null }]);
    expect(model.store.getState().contact).toMatchObject({ email: null, step: 'done' });
    signaling.answer('account.setContact', () => Promise.reject(new AppError('network.offline', 'no line')));
    model.setContact('other@example.org');
    await settle();
    expect(model.store.getState().contact).toMatchObject({ email: null, step: 'failed', error: { code: 'network.offline' } });
  });

  it('is written for somebody else by an administrator, and the list shows it', async () => {
    const signaling = new FakeSignaling();
    signaling.answer('admin.setContact', () => ({}));
    signaling.answer('admin.people', () => ({ people: [] }));
    const model = createAdminModel(signaling);
    expect(await model.setContact(personIdSchema.parse('p-1'), 'lin@example.org')).toBe(true);
    expect(signaling.paramsOf('admin.setContact')).toEqual([{ personId: 'p-1', email: 'lin@example.org' }]);
    expect(model.store.getState().people).toEqual([]);
  });
});

describe('adminModel', () => {
  const cart: CartRecord = { id: cartIdSchema.parse('c-1'), name: PARTIES.cart.name, organisationId: organisationIdSchema.parse('county'), organisationName: PARTIES.cart.organisationName, state: 'new', lastSeenAtMs: null };

  it('shows an enrolment code once and forgets it when it is put away', async () => {
    const signaling = new FakeSignaling();
    signaling.answer('admin.createEnrolmentCode', () => ({ code: '12345678', expiresAtMs: 99 }));
    signaling.answer('admin.carts', () => ({ carts: [cart] }));
    const model = createAdminModel(signaling);
    model.createEnrolmentCode(cart);
    await settle();
    expect(model.store.getState().enrolment).toEqual({ cart, code: '12345678', expiresAtMs: 99 });
    model.putAwayEnrolment();
    expect(model.store.getState().enrolment).toBeNull();
  });

  it('tells a form whether creating went well, and why not', async () => {
    const signaling = new FakeSignaling();
    signaling.answer('admin.createCart', () => Promise.reject(new AppError('auth.forbidden', 'not yours')));
    const model = createAdminModel(signaling);
    expect(await model.createCart({ name: PARTIES.cart.name, organisationId: cart.organisationId })).toBe(false);
    expect(model.store.getState()).toMatchObject({ isWorking: false, error: { code: 'auth.forbidden' } });
  });

  it('[ADM5] shows an organisation as soon as it was added', async () => {
    const signaling = new FakeSignaling();
    const own = { id: cart.organisationId, parentId: null, tier: 'city', name: { zh: '市', en: 'City' } } as const;
    const listed: Organisation[] = [own];
    signaling.answer('admin.organisations', () => ({ organisations: [...listed] }));
    signaling.answer('admin.createOrganisation', ({ parentId, tier, name }) => {
      const id = organisationIdSchema.parse('new');
      listed.push({ id, parentId, tier, name });
      return { organisationId: id };
    });
    const model = createAdminModel(signaling);
    model.refreshOrganisations();
    await settle();
    expect(model.store.getState().organisations).toEqual([own]);
    expect(await model.createOrganisation({ parentId: own.id, tier: 'county', name: { zh: '县', en: 'County' } })).toBe(true);
    expect(model.store.getState().organisations).toMatchObject([own, { parentId: own.id, tier: 'county' }]);
  });

  it('pages through the audit log, and drops the answer of a filter that was left', async () => {
    const signaling = new FakeSignaling();
    const entry = (sequence: number): AuditEntry => ({ sequence, atMs: 1, actorKind: 'server', actorId: null, action: 'x', subject: null, outcome: 'done', code: null });
    signaling.answer('admin.audit', ({ beforeSequence, limit, outcome }) => ({ entries: outcome === 'refused' ? [] : Array.from({ length: beforeSequence === null ? limit : 3 }, (_, index) => entry((beforeSequence ?? 1000) - 1 - index)) }));
    const model = createAdminModel(signaling);
    model.refreshAudit(null);
    await settle();
    expect(model.store.getState()).toMatchObject({ hasMoreAudit: true });
    model.moreAudit();
    await settle();
    expect(model.store.getState().audit).toHaveLength(53);
    expect(model.store.getState().hasMoreAudit).toBe(false);
    model.refreshAudit(null);
    model.refreshAudit('refused');
    await settle();
    expect(model.store.getState().audit).toEqual([]);
  });
});

describe('systemsModel', () => {
  const system: HospitalSystem = {
    id: hospitalSystemIdSchema.parse('y-1'), name: 'HIS', organisationId: organisationIdSchema.parse('county'), organisationName: PARTIES.cart.organisationName, scopes: ['read'], createdAtMs: 1, expiresAtMs: 2, revokedAtMs: null, lastUsedAtMs: null,
  };
  const wish = { organisationId: system.organisationId, name: 'HIS', scopes: ['read' as const], validDays: 30 };

  it('[FHR1] shows a token once, also when the list does not come, and forgets it when it is put away', async () => {
    const signaling = new FakeSignaling();
    signaling.answer('admin.createSystem', () => ({ systemId: system.id, token: 'secret', expiresAtMs: 2 }));
    signaling.answer('admin.systems', () => Promise.reject(new AppError('network.closed', 'away')));
    const model = createSystemsModel(signaling);
    expect(await model.create(wish)).toBe(true);
    expect(model.store.getState()).toMatchObject({ made: { name: 'HIS', token: 'secret', expiresAtMs: 2 }, systems: null, error: { code: 'network.closed' } });
    model.putAwayToken();
    expect(JSON.stringify(model.store.getState())).not.toContain('secret');
  });

  it('[FHR2] lists systems, shows a revocation at once, and says why one was refused', async () => {
    const signaling = new FakeSignaling();
    let listed = system;
    signaling.answer('admin.organisations', () => ({ organisations: [] }));
    signaling.answer('admin.systems', () => ({ systems: [listed] }));
    signaling.answer('admin.revokeSystem', () => {
      listed = { ...system, revokedAtMs: 9 };
      return {};
    });
    signaling.answer('admin.createSystem', () => Promise.reject(new AppError('auth.forbidden', 'not yours')));
    const model = createSystemsModel(signaling);
    model.refresh();
    await settle();
    expect(model.store.getState().systems).toEqual([system]);
    model.revoke(system.id);
    await settle();
    expect(model.store.getState().systems).toMatchObject([{ revokedAtMs: 9 }]);
    expect(await model.create(wish)).toBe(false);
    expect(model.store.getState()).toMatchObject({ made: null, isWorking: false, error: { code: 'auth.forbidden' } });
  });
});
