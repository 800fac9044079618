import { type CartId, cartIdSchema, type OrganisationId, organisationIdSchema, type PersonId, personIdSchema } from '#shared/domain/ids';
import { type Party, tiersBelow } from '#shared/domain/people';
import { hasPermission, ROLES } from '#shared/domain/roles';
import type { Clock } from '#shared/lib/clock';
import { AppError, toAppError } from '#shared/protocol/errors';
import type { RequestName } from '#shared/protocol/requests';
import type { CartSignIn } from '../../auth/carts.ts';
import { checkPasswordPolicy, type PasswordHasher } from '../../auth/passwords.ts';
import { newId } from '../../auth/random.ts';
import type { Sessions } from '../../auth/sessions.ts';
import { type Audit, auditActor } from '../../storage/audit.ts';
import type { CartRecord, Carts } from '../../storage/carts.ts';
import type { Organisations } from '../../storage/organisations.ts';
import type { People, PersonRecord } from '../../storage/people.ts';
import type { SignInAttempts } from '../../storage/signInAttempts.ts';
import type { Handlers } from '../handler.ts';

type AdminRequests = Exclude<Extract<RequestName, `admin.${string}`>, 'admin.caseDevices' | 'admin.wipeDevice' | 'admin.setContact' | 'admin.systems' | 'admin.createSystem' | 'admin.revokeSystem'>;

export interface AdminHandlerDependencies {
  readonly organisations: Organisations;
  readonly people: People;
  readonly carts: Carts;
  readonly attempts: SignInAttempts;
  readonly sessions: Sessions;
  readonly cartSignIn: CartSignIn;
  readonly hasher: PasswordHasher;
  readonly audit: Pick<Audit, 'append' | 'list'>;
  readonly clock: Clock;
}

/**
 * Organisations, accounts, carts and the audit log. Everybody here sees and changes only their own organisation and those below it. Every act
 * is audited; so is every refusal: those for want of permission by the dispatcher, as for all requests, the others here.
 */
export function createAdminHandlers(deps: AdminHandlerDependencies): Handlers<AdminRequests> {
  const { organisations, people, carts, sessions, cartSignIn, audit, clock } = deps;

  const requireWithin = async (party: Party, organisationId: OrganisationId): Promise<void> => {
    if (!(await organisations.isWithin(organisationId, party.organisationId))) throw new AppError('auth.forbidden', 'that belongs to another organisation');
  };
  const requirePerson = async (party: Party, id: PersonId): Promise<PersonRecord> => {
    const record = await people.record(id, clock.wallMs());
    if (record === null) throw new AppError('record.notFound', 'no such person');
    await requireWithin(party, record.organisationId);
    return record;
  };
  const requireCart = async (party: Party, id: CartId): Promise<CartRecord> => {
    const record = await carts.record(id, clock.wallMs());
    if (record === null) throw new AppError('record.notFound', 'no such cart');
    await requireWithin(party, record.organisationId);
    return record;
  };
  /** Does an act and audits how it ended; `act` gives its subject beside its result, because a new thing's id is known only then. */
  const audited = async <R>(party: Party, action: AdminRequests, known: string | null, act: () => Promise<{ readonly subject: string; readonly result: R }>): Promise<R> => {
    try {
      const { subject, result } = await act();
      await audit.append({ ...auditActor(party), action, subject, outcome: 'done', code: null });
      return result;
    } catch (error) {
      const refusal = toAppError(error);
      if (refusal.category !== 'permission' && refusal.category !== 'bug') await audit.append({ ...auditActor(party), action, subject: known, outcome: 'refused', code: refusal.code });
      throw error;
    }
  };

  return {
    'admin.organisations': async ({ identity }) => ({ organisations: await organisations.subtree(identity.party.organisationId) }),

    'admin.createOrganisation': async ({ identity: { party } }, { parentId, tier, name }) =>
      audited(party, 'admin.createOrganisation', parentId, async () => {
        await requireWithin(party, parentId);
        const parent = await organisations.byId(parentId);
        if (parent === null) throw new AppError('record.notFound', 'no such organisation');
        if (!tiersBelow(parent.tier).includes(tier)) throw new AppError('input.malformed', `a ${tier} is not below a ${parent.tier}`);
        const id = organisationIdSchema.parse(newId());
        await organisations.create({ id, parentId, tier, name });
        return { subject: id, result: { organisationId: id } };
      }),

    'admin.renameOrganisation': async ({ identity: { party } }, { organisationId, name }) =>
      audited(party, 'admin.renameOrganisation', organisationId, async () => {
        await requireWithin(party, organisationId);
        await organisations.rename(organisationId, name);
        return { subject: organisationId, result: {} };
      }),

    'admin.directory': async () => ({
      // Whoever can take part can be invited, from the whole tree: a county asks its province.
      parties: [...(await people.directory(ROLES.filter((role) => hasPermission(role, 'consult.join')))), ...(await carts.directory())],
    }),

    'admin.people': async ({ identity }) => ({ people: await people.recordsWithin(identity.party.organisationId, clock.wallMs()) }),

    'admin.createPerson': async ({ identity: { party } }, params) =>
      audited(party, 'admin.createPerson', null, async () => {
        await requireWithin(party, params.organisationId);
        checkPasswordPolicy(params.password, params.signInName);
        const id = personIdSchema.parse(newId());
        const passwordHash = await deps.hasher.hash(params.password);
        const { signInName, name, title, role, organisationId } = params;
        await people.create({ id, signInName, passwordHash, name, title, role, organisationId, isDemo: false, createdAtMs: clock.wallMs() });
        return { subject: id, result: { personId: id } };
      }),

    'admin.setPersonActive': async ({ identity: { party } }, { personId, isActive }) =>
      audited(party, 'admin.setPersonActive', personId, async () => {
        await requirePerson(party, personId);
        if (personId === party.id) throw new AppError('record.conflict', 'nobody deactivates themselves');
        // 1. No new session. 2. None of the old ones.
        await people.setActive(personId, isActive);
        if (!isActive) await sessions.endAllOf(personId, 'deactivated');
        return { subject: personId, result: {} };
      }),

    'admin.unlockPerson': async ({ identity: { party } }, { personId }) =>
      audited(party, 'admin.unlockPerson', personId, async () => {
        const record = await requirePerson(party, personId);
        await deps.attempts.clear(record.signInName);
        return { subject: personId, result: {} };
      }),

    'admin.resetPassword': async ({ identity: { party } }, { personId, password }) =>
      audited(party, 'admin.resetPassword', personId, async () => {
        const record = await requirePerson(party, personId);
        // One's own is changed with the present one: a screen left open must not be enough.
        if (personId === party.id) throw new AppError('record.conflict', 'nobody resets their own password');
        checkPasswordPolicy(password, record.signInName);
        // 1. The old password opens nothing. 2. Nor does what it opened before. 3. The new one is not held up by the lock that guesses set.
        await people.setPasswordHash(personId, await deps.hasher.hash(password));
        await sessions.endAllOf(personId, 'revoked');
        await deps.attempts.clear(record.signInName);
        return { subject: personId, result: {} };
      }),

    'admin.carts': async ({ identity }) => ({ carts: await carts.recordsWithin(identity.party.organisationId, clock.wallMs()) }),

    'admin.createCart': async ({ identity: { party } }, { organisationId, name }) =>
      audited(party, 'admin.createCart', null, async () => {
        await requireWithin(party, organisationId);
        const id = cartIdSchema.parse(newId());
        await carts.create({ id, organisationId, name, createdAtMs: clock.wallMs() });
        return { subject: id, result: { cartId: id } };
      }),

    'admin.createEnrolmentCode': async ({ identity: { party } }, { cartId }) =>
      audited(party, 'admin.createEnrolmentCode', cartId, async () => {
        const record = await requireCart(party, cartId);
        if (record.state === 'revoked') throw new AppError('record.conflict', 'a revoked cart stays revoked; create a new one');
        return { subject: cartId, result: await cartSignIn.createCode(cartId) };
      }),

    'admin.revokeCart': async ({ identity: { party } }, { cartId }) =>
      audited(party, 'admin.revokeCart', cartId, async () => {
        await requireCart(party, cartId);
        await cartSignIn.revoke(cartId);
        return { subject: cartId, result: {} };
      }),

    'admin.audit': async ({ identity: { party } }, page) => {
      const own = await organisations.byId(party.organisationId);
      // At the root of the tree also what belongs to no organisation, such as refused strangers.
      const entries = await audit.list(page, own?.parentId === null ? null : party.organisationId);
      await audit.append({ ...auditActor(party), action: 'admin.audit', subject: null, outcome: 'done', code: null });
      return { entries };
    },
  };
}
