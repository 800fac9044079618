import { type CaseId, cartIdSchema, organisationIdSchema, personIdSchema } from '#shared/domain/ids';
import type { Party } from '#shared/domain/people';
import type { Role } from '#shared/domain/roles';
import { type Clock, ManualClock } from '#shared/lib/clock';
import { CartSignIn } from '../../sfu-server/auth/carts.ts';
import { FirstSetUp } from '../../sfu-server/auth/firstSetUp.ts';
import type { PasswordHasher } from '../../sfu-server/auth/passwords.ts';
import { Sessions } from '../../sfu-server/auth/sessions.ts';
import { SignIn } from '../../sfu-server/auth/signIn.ts';
import { CaseFiles } from '../../sfu-server/cases/caseFiles.ts';
import { Readings } from '../../sfu-server/cases/readings.ts';
import { createSessionNotices } from '../../sfu-server/scheduling/sessionNotices.ts';
import { createNotices } from '../../sfu-server/storage/notices.ts';
import { newId } from '../../sfu-server/auth/random.ts';
import { createAttachments } from '../../sfu-server/storage/attachments.ts';
import { Audit } from '../../sfu-server/storage/audit.ts';
import { createCaseAccess } from '../../sfu-server/storage/caseAccess.ts';
import { createCaseDevices } from '../../sfu-server/storage/caseDevices.ts';
import { createCaseRecords } from '../../sfu-server/storage/caseRecords.ts';
import { createCarts } from '../../sfu-server/storage/carts.ts';
import { createChat } from '../../sfu-server/storage/chat.ts';
import { createConsults } from '../../sfu-server/storage/consults.ts';
import type { Database } from '../../sfu-server/storage/database.ts';
import { createFirstSetUpStore } from '../../sfu-server/storage/firstSetUp.ts';
import { createInstallation } from '../../sfu-server/storage/installation.ts';
import { createOrganisations } from '../../sfu-server/storage/organisations.ts';
import { createPeople } from '../../sfu-server/storage/people.ts';
import { createSessionStore } from '../../sfu-server/storage/sessions.ts';
import { createSignInAttempts } from '../../sfu-server/storage/signInAttempts.ts';

/** Stands in for argon2 where the rules and not the hash are tested; counts its work. */
export class FakeHasher implements PasswordHasher {
  verifications = 0;

  async hash(password: string): Promise<string> {
    return `fake:${password}`;
  }

  async verify(passwordHash: string, password: string): Promise<boolean> {
    this.verifications += 1;
    return passwordHash === `fake:${password}`;
  }
}

export type ServerParts<C extends Clock = ManualClock> = ReturnType<typeof createPartsOn<C>>;

export const SESSION_LIFETIME_MS = 12 * 3_600_000;
export const ACCESS_AFTER_CONSULT_MS = 30 * 86_400_000;
export const LEASE_MS = 72 * 3_600_000;

/** The rooms of the server that stand on the database, put together as `main` does, with a clock that stands still. */
export function createServerParts(database: Database, clock = new ManualClock()): ServerParts {
  return createPartsOn(database, clock);
}

/** As `createServerParts`, on any clock. */
export function createPartsOn<C extends Clock>(database: Database, clock: C) {
  const { db } = database;
  const people = createPeople(db);
  const carts = createCarts(db);
  const attempts = createSignInAttempts(db);
  const audit = new Audit(db, clock);
  const hasher = new FakeHasher();
  const changed: { readonly caseId: CaseId; readonly revision: number; readonly mayRead: (party: Party) => boolean }[] = [];
  const refused: string[] = [];
  const access = createCaseAccess(db, ACCESS_AFTER_CONSULT_MS);
  const records = createCaseRecords(db, clock);
  const caseFiles = new CaseFiles({
    access, records, clock, leaseMs: LEASE_MS,
    readings: new Readings(audit),
    onRefused: ({ party }, what, caseId) => refused.push(`${party.id} ${what} ${caseId}`),
    onChanged: (caseId, revision, mayRead) => changed.push({ caseId, revision, mayRead }),
  });
  const sessions = new Sessions({ store: createSessionStore(db, setImmediate), carts, clock, lifetimeMs: SESSION_LIFETIME_MS });
  return {
    clock, people, carts, attempts, audit, hasher, sessions, access, records, caseFiles,
    /** What `caseFiles` said, oldest first. */
    changed, refused,
    caseDevices: createCaseDevices(db),
    attachments: createAttachments(db),
    organisations: createOrganisations(db),
    consults: createConsults(db),
    chat: createChat(db),
    installation: createInstallation(db),
    sessionNotices: createSessionNotices({ notices: createNotices(db, newId, []), clock, onNotices: () => undefined }),
    signIn: new SignIn({ people, attempts, sessions, audit, hasher, clock, passwordKeys: { reseal: async () => null } }),
    firstSetUp: new FirstSetUp({ store: createFirstSetUpStore(db), attempts, audit, hasher, clock }),
    cartSignIn: new CartSignIn({ carts, sessions, audit, clock }),
  };
}

export const orgId = (id: string) => organisationIdSchema.parse(id);
export const personId = (id: string) => personIdSchema.parse(id);
export const cartId = (id: string) => cartIdSchema.parse(id);

/** The password of everybody made by `addPerson`. */
export const PASSWORD = 'correct horse battery';

/** province → city → county, and `other`, a tree of its own. */
export async function addOrganisations({ organisations }: ServerParts<Clock>): Promise<void> {
  const add = (id: string, parentId: string | null, tier: 'province' | 'city' | 'county') =>
    organisations.create({ id: orgId(id), parentId: parentId === null ? null : orgId(parentId), tier, name: { zh: `医院${id}`, en: `Hospital ${id}` } });
  await add('province', null, 'province');
  await add('city', 'province', 'city');
  await add('county', 'city', 'county');
  await add('other', null, 'province');
}

/** A person whose id is the sign-in name. */
export async function addPerson({ people, clock }: ServerParts<Clock>, name: string, role: Exclude<Role, 'cart'> = 'expert', organisation = 'city') {
  const id = personId(name);
  await people.create({
    id, signInName: name, passwordHash: `fake:${PASSWORD}`, name: { zh: '测试', en: name }, title: null, role, organisationId: orgId(organisation), isDemo: false, createdAtMs: clock.wallMs(),
  });
  return id;
}

export async function addCart({ carts, clock }: ServerParts<Clock>, id: string, organisation = 'city') {
  await carts.create({ id: cartId(id), organisationId: orgId(organisation), name: { zh: '推车', en: id }, createdAtMs: clock.wallMs() });
  return cartId(id);
}
