import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ConsultId, consultIdSchema } from '#shared/domain/ids';
import type { Role } from '#shared/domain/roles';
import { required } from '#shared/lib/assert';
import { toAppError } from '#shared/protocol/errors';
import { REQUESTS, type RequestParams } from '#shared/protocol/requests';
import { seedDemo } from '../../../sfu-server/demo/seed.ts';
import type { PeerContext } from '../../../sfu-server/signaling/handler.ts';
import { createAdminHandlers } from '../../../sfu-server/signaling/handlers/admin.ts';
import { createSessionHandlers } from '../../../sfu-server/signaling/handlers/session.ts';
import { createWorklistHandlers } from '../../../sfu-server/signaling/handlers/worklist.ts';
import { createAppointments } from '../../../sfu-server/storage/appointments.ts';
import { ObjectStore } from '../../../sfu-server/storage/objects.ts';
import { onEachEngine } from '../../helpers/onEachEngine.ts';
import { addCart, addOrganisations, addPerson, cartId, createServerParts, orgId, PASSWORD, personId, type ServerParts } from '../../helpers/serverParts.ts';

const codeOf = (work: Promise<unknown>) => work.then(() => 'done', (error: unknown) => toAppError(error).code);
const HOUR_MS = 3_600_000;

onEachEngine('handlers and the demo', (engine) => {
  let parts: ServerParts;
  let admin: ReturnType<typeof createAdminHandlers>;
  let session: ReturnType<typeof createSessionHandlers>;
  let worklist: ReturnType<typeof createWorklistHandlers>;
  let changedFor: string[];
  let objects: ObjectStore;
  const folder = mkdtempSync(join(tmpdir(), 'huizhen-objects-'));

  beforeAll(async () => {
    objects = await ObjectStore.open(folder);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  beforeEach(async () => {
    parts = createServerParts(engine.database);
    changedFor = [];
    admin = createAdminHandlers(parts);
    session = createSessionHandlers({ ...parts, serverVersion: '1.2.3' });
    worklist = createWorklistHandlers({ ...parts, db: engine.database.db, appointments: createAppointments(engine.database.db), presentCount: () => 2, onChanged: async ({ partyIds }, actorId) => void changedFor.push(...partyIds, actorId) });
  });

  /** A signed-in person, as the dispatcher hands it to a handler. */
  const signedIn = async (who: string, role: Exclude<Role, 'cart'> | null = null, organisation = 'city'): Promise<PeerContext> => {
    if (role !== null) await addPerson(parts, who, role, organisation);
    const { token } = await parts.signIn.signIn(who, PASSWORD, 'test');
    const identity = await parts.sessions.authenticate(token);
    // These handlers look at the identity only.
    return { identity, connectionId: 'c1' } as unknown as PeerContext;
  };
  const lastAudited = async () => {
    const [entry] = await parts.audit.list({ beforeSequence: null, limit: 1, outcome: null }, null);
    return entry === undefined ? null : `${entry.actorId} ${entry.action} ${entry.subject} ${entry.outcome} ${entry.code}`;
  };

  describe('sessions', () => {
    beforeEach(() => addOrganisations(parts));

    it('says who one is', async () => {
      const result = await session['session.whoAmI'](await signedIn('lin', 'observer'), {});
      expect(result).toMatchObject({ self: { id: 'lin' }, permissions: ['session.own', 'contact.own', 'worklist.read', 'consult.join', 'schedule.own', 'images.read', 'control.stop', 'network.check'], serverTimeMs: parts.clock.wallMs(), serverVersion: '1.2.3' });
    });

    it('[SES3] signs out of this one, and revokes another, audited', async () => {
      const context = await signedIn('lin', 'expert');
      const other = await signedIn('lin');
      const ended: string[] = [];
      parts.sessions.events.on('ended', ({ sessionId }) => ended.push(sessionId));
      await session['session.revoke'](context, { sessionId: other.identity.sessionId });
      expect(await lastAudited()).toBe(`lin session.revoke ${other.identity.sessionId} done null`);
      await session['session.signOut'](context, {});
      expect(ended).toEqual([other.identity.sessionId, context.identity.sessionId]);
      expect(REQUESTS['session.list'].result.parse(await session['session.list'](context, {}))).toEqual({ sessions: [] });
    });

    it('[SES8] has no password to change for a cart', async () => {
      const id = await addCart(parts, 'cart-1');
      const party = required(await parts.carts.party(id), 'cart');
      const context = await signedIn('lin', 'expert');
      expect(await codeOf(session['session.changePassword']({ ...context, identity: { ...context.identity, party } }, { current: '', next: '' }))).toBe('auth.forbidden');
    });
  });

  describe('the worklist', () => {
    let scheduler: PeerContext;
    beforeEach(async () => {
      await addOrganisations(parts);
      scheduler = await signedIn('scheduler', 'scheduler', 'city');
      await addPerson(parts, 'host', 'requester', 'county');
      await addPerson(parts, 'expert', 'expert', 'province');
      await addPerson(parts, 'auditor', 'auditor', 'city');
      await addCart(parts, 'cart-1', 'county');
    });
    const wish = (changes: Partial<RequestParams<'consult.create'>> = {}): RequestParams<'consult.create'> => ({
      kind: 'urgent', startsAtMs: parts.clock.wallMs() + HOUR_MS, durationMinutes: 30, patientName: '陈小明', patientAge: 5, patientSex: 'male', question: '?', organisationId: orgId('county'),
      hostPersonId: personId('host'), personIds: [personId('expert')], cartIds: [cartId('cart-1')], hasWaitingRoom: true, ...changes,
    });
    const range = () => ({ fromMs: parts.clock.wallMs(), toMs: parts.clock.wallMs() + 24 * HOUR_MS });

    it('[CON1] [CON4] [CON5] puts a consult on the list of all who are part of it, the name masked', async () => {
      const { consultId } = await worklist['consult.create'](scheduler, wish());
      expect(changedFor.sort()).toEqual(['cart-1', 'expert', 'host', 'scheduler']);
      expect(await lastAudited()).toBe(`scheduler consult.create ${consultId} done null`);
      const { consults } = REQUESTS['worklist.list'].result.parse(await worklist['worklist.list'](await signedIn('expert'), range()));
      expect(consults).toMatchObject([{ id: consultId, patientMasked: '陈*', presentCount: 2, isMember: true, host: { id: 'host' }, panel: [{ id: 'host' }, { id: 'expert' }, { id: 'cart-1' }] }]);
      expect((await worklist['worklist.list'](scheduler, range())).consults).toMatchObject([{ id: consultId, isMember: false }]);
      expect((await worklist['worklist.list'](await signedIn('auditor'), range())).consults).toEqual([]);
    });

    it('[CON5] [SCH1] [SCH2] books everybody’s time: a second one at the same time is refused by name, and leaves no consult behind', async () => {
      await worklist['consult.create'](scheduler, wish());
      const refused = await worklist['consult.create'](scheduler, wish({ startsAtMs: parts.clock.wallMs() + HOUR_MS + 60_000, hostPersonId: personId('expert'), personIds: [], cartIds: [] })).catch((error: unknown) => toAppError(error).toWire());
      expect(refused).toMatchObject({ code: 'schedule.conflict', taken: [{ kind: 'person', id: 'expert' }] });
      expect((await worklist['worklist.list'](scheduler, range())).consults).toHaveLength(1);
      await worklist['consult.create'](scheduler, wish({ startsAtMs: parts.clock.wallMs() + 1.5 * HOUR_MS })); // where the first ends
    });

    it.each([
      ['another organisation', { organisationId: orgId('province') }, 'auth.forbidden'],
      ['no such organisation', { organisationId: orgId('nowhere') }, 'auth.forbidden'],
      ['a host who may not lead', { hostPersonId: personId('auditor') }, 'input.malformed'],
      ['somebody who cannot take part', { personIds: [personId('auditor')] }, 'input.malformed'],
      ['somebody who is not there', { personIds: [personId('nobody')] }, 'input.malformed'],
      ['a cart that is not there', { cartIds: [cartId('nothing')] }, 'input.malformed'],
      ['long ago', { startsAtMs: 0 }, 'input.malformed'],
    ])('[CON5] refuses %s', async (_what, changes, code) => {
      expect(await codeOf(worklist['consult.create'](scheduler, wish(changes)))).toBe(code);
      expect(changedFor).toEqual([]);
    });

    it('refuses a time that runs backwards or is endless', async () => {
      expect(await codeOf(worklist['worklist.list'](scheduler, { fromMs: 5, toMs: 5 }))).toBe('input.malformed');
      expect(await codeOf(worklist['worklist.list'](scheduler, { fromMs: 0, toMs: 400 * 24 * HOUR_MS }))).toBe('input.malformed');
    });
  });

  describe('administration', () => {
    let context: PeerContext;
    beforeEach(async () => {
      await addOrganisations(parts);
      context = await signedIn('admin', 'administrator', 'city');
    });
    const newcomer = { signInName: 'newcomer', name: { zh: '新', en: 'New' }, title: null, role: 'expert' as const, organisationId: orgId('county'), password: 'quite long enough' };

    it('[ADM1] sees the own organisation and those below', async () => {
      await addPerson(parts, 'below', 'expert', 'county');
      await addPerson(parts, 'above', 'expert', 'province');
      await addCart(parts, 'cart-below', 'county');
      await addCart(parts, 'cart-above', 'province');
      expect((await admin['admin.people'](context, {})).people.map((person) => person.id)).toEqual(['admin', 'below']);
      expect((await admin['admin.carts'](context, {})).carts.map((cart) => cart.id)).toEqual(['cart-below']);
      expect((await admin['admin.organisations'](context, {})).organisations.map((organisation) => organisation.id)).toEqual(['city', 'county']);
      expect((await admin['admin.directory'](context, {})).parties.map((party) => party.id).sort()).toEqual(['above', 'below', 'cart-above', 'cart-below']);
    });

    it('[ADM1] [ADM2] changes nothing of another organisation', async () => {
      await addPerson(parts, 'above', 'expert', 'province');
      await addCart(parts, 'cart-above', 'other');
      const above = personId('above');
      const cart = cartId('cart-above');
      expect(await codeOf(admin['admin.createPerson'](context, { ...newcomer, organisationId: orgId('province') }))).toBe('auth.forbidden');
      expect(await codeOf(admin['admin.setPersonActive'](context, { personId: above, isActive: false }))).toBe('auth.forbidden');
      expect(await codeOf(admin['admin.unlockPerson'](context, { personId: above }))).toBe('auth.forbidden');
      expect(await codeOf(admin['admin.resetPassword'](context, { personId: above, password: 'quite long enough' }))).toBe('auth.forbidden');
      expect(await codeOf(admin['admin.createOrganisation'](context, { parentId: orgId('province'), tier: 'county', name: newcomer.name }))).toBe('auth.forbidden');
      expect(await codeOf(admin['admin.createOrganisation'](context, { parentId: orgId('nowhere'), tier: 'county', name: newcomer.name }))).toBe('auth.forbidden');
      expect(await codeOf(admin['admin.renameOrganisation'](context, { organisationId: orgId('province'), name: newcomer.name }))).toBe('auth.forbidden');
      expect(await codeOf(admin['admin.createCart'](context, { organisationId: orgId('other'), name: newcomer.name }))).toBe('auth.forbidden');
      expect(await codeOf(admin['admin.createEnrolmentCode'](context, { cartId: cart }))).toBe('auth.forbidden');
      expect(await codeOf(admin['admin.revokeCart'](context, { cartId: cart }))).toBe('auth.forbidden');
      expect(await parts.people.record(above, 0)).toMatchObject({ isActive: true });
      expect(await parts.organisations.byId(orgId('province'))).toMatchObject({ name: { en: 'Hospital province' } });
      expect(await parts.carts.record(cart, 0)).toMatchObject({ state: 'new' });
    });

    it('[ADM2] [ADM5] adds organisations below its own, each tier below its parent\'s, and renames them', async () => {
      const name = { zh: '新县医院', en: 'New County Hospital' };
      const { organisationId: id } = await admin['admin.createOrganisation'](context, { parentId: orgId('city'), tier: 'county', name });
      expect(await lastAudited()).toBe(`admin admin.createOrganisation ${id} done null`);
      expect(await parts.organisations.byId(id)).toEqual({ id, parentId: 'city', tier: 'county', name });
      for (const [parentId, tier] of [['city', 'province'], ['city', 'city'], [id, 'county']] as const) {
        expect(await codeOf(admin['admin.createOrganisation'](context, { parentId: orgId(parentId), tier, name }))).toBe('input.malformed');
      }
      expect(await lastAudited()).toBe(`admin admin.createOrganisation ${id} refused input.malformed`);
      await admin['admin.renameOrganisation'](context, { organisationId: id, name: newcomer.name });
      expect(await lastAudited()).toBe(`admin admin.renameOrganisation ${id} done null`);
      await admin['admin.renameOrganisation'](context, { organisationId: orgId('city'), name });
      const { organisations } = await admin['admin.organisations'](context, {});
      expect(Object.fromEntries(organisations.map((organisation) => [organisation.id, organisation.name.en]))).toEqual({ city: name.en, county: 'Hospital county', [id]: newcomer.name.en });
    });

    it('[ADM2] creates an account that can sign in', async () => {
      const { personId: id } = await admin['admin.createPerson'](context, newcomer);
      expect(await lastAudited()).toBe(`admin admin.createPerson ${id} done null`);
      expect(await parts.signIn.signIn('newcomer', newcomer.password, '')).toMatchObject({ self: { id, organisationId: 'county' } });
      expect(await codeOf(admin['admin.createPerson'](context, newcomer))).toBe('record.conflict');
      expect(await lastAudited()).toBe('admin admin.createPerson null refused record.conflict');
      expect(await codeOf(admin['admin.createPerson'](context, { ...newcomer, signInName: 'other', password: 'short' }))).toBe('auth.weakPassword');
    });

    it('[SES4] [ADM3] deactivates others, and ends their sessions', async () => {
      const victim = await signedIn('lin', 'expert', 'county');
      const ended: string[] = [];
      parts.sessions.events.on('ended', ({ sessionId, reason }) => ended.push(`${sessionId} ${reason}`));
      await admin['admin.setPersonActive'](context, { personId: personId('lin'), isActive: false });
      expect(ended).toEqual([`${victim.identity.sessionId} deactivated`]);
      expect(await lastAudited()).toBe('admin admin.setPersonActive lin done null');
      expect(await codeOf(admin['admin.setPersonActive'](context, { personId: personId('admin'), isActive: false }))).toBe('record.conflict');
      expect(await codeOf(admin['admin.setPersonActive'](context, { personId: personId('nobody'), isActive: false }))).toBe('record.notFound');
      expect(await lastAudited()).toBe('admin admin.setPersonActive nobody refused record.notFound');
    });

    it('[SES6] unlocks', async () => {
      await addPerson(parts, 'lin');
      for (let index = 0; index < 5; index += 1) await codeOf(parts.signIn.signIn('lin', 'wrong', ''));
      await admin['admin.unlockPerson'](context, { personId: personId('lin') });
      expect(await codeOf(parts.signIn.signIn('lin', PASSWORD, ''))).toBe('done');
    });

    it('[ADM6] sets a temporary password, ends the sessions of the old one and unlocks', async () => {
      const victim = await signedIn('lin', 'expert', 'county');
      for (let index = 0; index < 5; index += 1) await codeOf(parts.signIn.signIn('lin', 'wrong', ''));
      expect(await codeOf(parts.signIn.signIn('lin', PASSWORD, ''))).toBe('auth.lockedOut');
      const ended: string[] = [];
      parts.sessions.events.on('ended', ({ sessionId, reason }) => ended.push(`${sessionId} ${reason}`));
      await admin['admin.resetPassword'](context, { personId: personId('lin'), password: 'for today only' });
      expect(await lastAudited()).toBe('admin admin.resetPassword lin done null');
      expect(ended).toEqual([`${victim.identity.sessionId} revoked`]);
      expect(await codeOf(parts.signIn.signIn('lin', PASSWORD, ''))).toBe('auth.badCredentials');
      expect(await codeOf(parts.signIn.signIn('lin', 'for today only', ''))).toBe('done');
    });

    it('[SES9] [ADM6] resets neither to a weak password nor one\'s own, audited', async () => {
      await addPerson(parts, 'lin');
      const reset = (id: string, password = 'for today only') => codeOf(admin['admin.resetPassword'](context, { personId: personId(id), password }));
      expect(await reset('lin', 'short')).toBe('auth.weakPassword');
      expect(await lastAudited()).toBe('admin admin.resetPassword lin refused auth.weakPassword');
      expect(await reset('admin')).toBe('record.conflict');
      expect(await reset('nobody')).toBe('record.notFound');
      expect(await lastAudited()).toBe('admin admin.resetPassword nobody refused record.notFound');
      expect(await codeOf(parts.signIn.signIn('lin', PASSWORD, ''))).toBe('done');
      expect(await codeOf(parts.signIn.signIn('admin', PASSWORD, ''))).toBe('done');
    });

    it('[CRT1] [ADM4] creates carts and codes for them, none for a revoked one', async () => {
      const { cartId: id } = await admin['admin.createCart'](context, { organisationId: orgId('county'), name: newcomer.name });
      expect((await admin['admin.createEnrolmentCode'](context, { cartId: id })).code).toMatch(/^\d{8}$/);
      expect(await lastAudited()).toBe(`admin admin.createEnrolmentCode ${id} done null`);
      await admin['admin.revokeCart'](context, { cartId: id });
      expect((await admin['admin.carts'](context, {})).carts).toMatchObject([{ id, state: 'revoked' }]);
      expect(await codeOf(admin['admin.createEnrolmentCode'](context, { cartId: id }))).toBe('record.conflict');
    });

    it('[AUD4] reads the log of the own tree, at the root everything, and reading is itself recorded', async () => {
      await codeOf(parts.signIn.signIn('stranger', 'x', ''));
      const page = { beforeSequence: null, limit: 50, outcome: 'refused' as const };
      expect((await admin['admin.audit'](context, page)).entries).toEqual([]);
      expect(await lastAudited()).toBe('admin admin.audit null done null');
      const root = await signedIn('root', 'auditor', 'province');
      expect((await admin['admin.audit'](root, page)).entries).toMatchObject([{ actorKind: 'anonymous', action: 'session.signIn' }]);
    });
  });

  describe('the demo hospital', () => {
    const seed = (password: string | null = null) => seedDemo({ ...parts, cases: { ...parts, objects }, password, cartKeys: [{ kty: 'EC', crv: 'P-256', x: 'x', y: 'y' }] });
    const seeded = async (password: string | null = null) => {
      const result = await seed(password);
      return result.type === 'seeded' ? result : expect.fail(result.reason);
    };
    const todays = async () => {
      const scheduler = required(await parts.people.party(personId('demo-scheduler')), 'scheduler');
      return parts.consults.listFor(scheduler, parts.clock.wallMs(), parts.clock.wallMs() + 48 * HOUR_MS);
    };

    it('[DEM1] has people in all roles, carts, and consults now, today and tomorrow', async () => {
      const { accounts, cartIds, liveConsultId, password } = await seeded();
      expect(new Set(accounts.map((account) => account.role))).toEqual(new Set(['expert', 'bedside', 'scheduler', 'requester', 'approver', 'observer', 'auditor', 'administrator']));
      expect(cartIds).toHaveLength(2);
      expect(await parts.consults.byId(liveConsultId)).toMatchObject({ state: 'inSession', members: expect.arrayContaining([expect.objectContaining({ id: 'demo-cart-icu' }), expect.objectContaining({ id: 'demo-cart-ward' }), expect.objectContaining({ id: 'demo-expert' })]) });
      expect((await todays()).map((consult) => consult.state)).toEqual(['inSession', 'scheduled', 'scheduled', 'scheduled']);
      expect(await parts.signIn.signIn('expert', password, '')).toMatchObject({ self: { id: 'demo-expert' } });
      expect((await parts.carts.record(cartId('demo-cart-icu'), 0))?.state).toBe('enrolled');
      expect((await parts.carts.record(cartId('demo-cart-ward'), 0))?.state).toBe('new');
    });

    it('[DEM1] [DEM3] changes nothing when seeded again', async () => {
      const first = await seeded();
      const before = await todays();
      await parts.consults.setLocked(first.liveConsultId, true);
      parts.clock.advance(30_000);
      expect(await seeded()).toEqual(first);
      expect((await todays()).map((consult) => consult.id)).toEqual(before.map((consult) => consult.id));
      expect((await parts.consults.byId(first.liveConsultId))?.isLocked).toBe(true);
    });

    it('[DEM1] opens a new consult when the last one has ended or is long over', async () => {
      const first = await seeded();
      await parts.consults.setState(first.liveConsultId, 'ended', 0);
      parts.clock.advance(1000);
      const second = await seeded();
      parts.clock.advance(5 * HOUR_MS);
      const third = await seeded();
      expect(new Set<ConsultId>([first.liveConsultId, second.liveConsultId, third.liveConsultId]).size).toBe(3);
      expect((await parts.consults.byId(consultIdSchema.parse(second.liveConsultId)))?.state).toBe('ended');
      expect((await todays()).filter((consult) => consult.state === 'inSession')).toHaveLength(1);
    });

    it('[DEM3] takes a given password, also later', async () => {
      await seeded();
      expect((await seeded('a given password')).password).toBe('a given password');
      expect(await codeOf(parts.signIn.signIn('nurse', 'a given password', ''))).toBe('done');
      expect((await seeded()).password).toBe('a given password');
    });

    it('[DEM2] stays away from real people', async () => {
      await addOrganisations(parts);
      await addPerson(parts, 'lin');
      expect(await seed()).toMatchObject({ type: 'refused' });
      expect(await parts.people.party(personId('demo-expert'))).toBeNull();
    });
  });
});
