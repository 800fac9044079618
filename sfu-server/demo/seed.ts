import { cartIdSchema, caseIdSchema, type ConsultId, consultIdSchema, organisationIdSchema, personIdSchema } from '#shared/domain/ids';
import type { Bilingual, Party } from '#shared/domain/people';
import type { Role } from '#shared/domain/roles';
import { required } from '#shared/lib/assert';
import type { Clock } from '#shared/lib/clock';
import type { PublicKeyJwk } from '../auth/carts.ts';
import type { PasswordHasher } from '../auth/passwords.ts';
import { newReadablePassword } from '../auth/random.ts';
import type { Carts } from '../storage/carts.ts';
import type { Consults } from '../storage/consults.ts';
import type { Installation } from '../storage/installation.ts';
import type { Organisations } from '../storage/organisations.ts';
import type { People } from '../storage/people.ts';
import { type CaseSeedOptions, seedCase } from './seedCase.ts';
import { DEMO_CARTS, DEMO_CONSULTS, DEMO_ORGANISATIONS, DEMO_PEOPLE, type DemoConsult } from './hospital.ts';

export interface DemoSeedOptions {
  readonly installation: Installation;
  readonly organisations: Organisations;
  readonly people: People;
  readonly carts: Carts;
  readonly consults: Consults;
  readonly cases: CaseSeedOptions;
  readonly hasher: PasswordHasher;
  readonly clock: Clock;
  /** For all demo accounts; null: one drawn once for this installation. */
  readonly password: string | null;
  /** The carts of the same places in `DEMO_CARTS` are enrolled with these keys. */
  readonly cartKeys: readonly PublicKeyJwk[];
}

/** What the launcher prints. */
export type DemoSeedResult =
  | { readonly type: 'refused'; readonly reason: string }
  | {
      readonly type: 'seeded';
      readonly password: string;
      readonly accounts: readonly { readonly signInName: string; readonly role: Role; readonly name: Bilingual }[];
      readonly cartIds: readonly string[];
      /** The consult under way now. */
      readonly liveConsultId: ConsultId;
    };

const MINUTE_MS = 60_000;
const PASSWORD_KEY = 'demo.password';

/**
 * Fills a database with the demo hospital. May be run at every start: what is there stays, a password that changed is set, and
 * consults that are over make place for new ones, so that one is always under way. Never touches a database with real people.
 */
export async function seedDemo(options: DemoSeedOptions): Promise<DemoSeedResult> {
  if (await options.people.hasRealPeople()) return { type: 'refused', reason: 'the database holds people who are not of the demo hospital' };
  for (const { id, parentId, tier, name } of DEMO_ORGANISATIONS) {
    await options.organisations.create({ id: organisationIdSchema.parse(id), parentId: parentId === null ? null : organisationIdSchema.parse(parentId), tier, name });
  }
  const password = await seedPeople(options);
  await seedCarts(options);
  const liveConsultId = await seedConsults(options);
  return {
    type: 'seeded',
    password,
    accounts: DEMO_PEOPLE.map(({ signInName, role, name }) => ({ signInName, role, name })),
    cartIds: DEMO_CARTS.map((cart) => cart.id),
    liveConsultId,
  };
}

async function seedPeople({ installation, people, hasher, clock, password: wanted }: DemoSeedOptions): Promise<string> {
  const kept = await installation.get(PASSWORD_KEY);
  const password = wanted ?? kept ?? newReadablePassword();
  const passwordHash = password === kept ? null : await hasher.hash(password);
  for (const person of DEMO_PEOPLE) {
    const id = demoPersonId(person.signInName);
    const isThere = (await people.party(id)) !== null;
    if (isThere && passwordHash !== null) await people.setPasswordHash(id, passwordHash);
    if (isThere) continue;
    await people.create({
      id, signInName: person.signInName, passwordHash: passwordHash ?? (await hasher.hash(password)), name: person.name, title: person.title, role: person.role,
      organisationId: organisationIdSchema.parse(person.organisationId), isDemo: true, createdAtMs: clock.wallMs(),
    });
  }
  if (password !== kept) await installation.set(PASSWORD_KEY, password);
  return password;
}

async function seedCarts({ carts, clock, cartKeys }: DemoSeedOptions): Promise<void> {
  for (const [index, cart] of DEMO_CARTS.entries()) {
    const id = cartIdSchema.parse(cart.id);
    if ((await carts.party(id)) === null) await carts.create({ id, organisationId: organisationIdSchema.parse(cart.organisationId), name: cart.name, createdAtMs: clock.wallMs() });
    const key = cartKeys[index];
    if (key !== undefined) await carts.setPublicKey(id, JSON.stringify(key));
  }
}

async function seedConsults({ consults, people, cases, clock }: DemoSeedOptions): Promise<ConsultId> {
  const nowMs = clock.wallMs();
  const party = async (signInName: string) => required(await people.party(demoPersonId(signInName)), 'a demo person, seeded before');
  const writers = { physician: await party('requester'), nurse: await party('nurse'), expert: await party('expert') };
  const scheduler = await party('scheduler');
  const present = await consults.listFor(scheduler, nowMs, nowMs + 2 * 86_400_000);
  const starts = startTimes(nowMs);
  let liveConsultId: ConsultId | null = null;
  for (const consult of DEMO_CONSULTS) {
    const isLive = consult.key === 'live';
    let standing = present.find((other) => other.id.startsWith(`demo-${consult.key}-`) && other.state === (isLive ? 'inSession' : 'scheduled'));
    if (standing !== undefined && standing.startsAtMs + standing.durationMinutes * MINUTE_MS <= nowMs) {
      await consults.setState(standing.id, 'ended', nowMs);
      standing = undefined;
    }
    const id = standing?.id ?? consultIdSchema.parse(`demo-${consult.key}-${starts[consult.key].toString(36)}`);
    if (isLive) liveConsultId = id;
    if (standing === undefined && (await consults.byId(id)) === null) await addConsult(consults, consult, id, starts[consult.key], nowMs, writers.physician);
    await seedCase(cases, consult.key, demoCaseId(id), writers, nowMs);
  }
  return required(liveConsultId, 'a live consult among the demo consults');
}

async function addConsult(consults: Consults, consult: DemoConsult, id: ConsultId, startsAtMs: number, nowMs: number, begunBy: Party): Promise<void> {
  await consults.create({
    id,
    kind: consult.kind,
    state: consult.key === 'live' ? 'inSession' : 'scheduled',
    startsAtMs,
    durationMinutes: consult.durationMinutes,
    patient: consult.patient,
    question: consult.question,
    organisationId: organisationIdSchema.parse(consult.organisationId),
    hostPersonId: demoPersonId(consult.host),
    members: [...consult.people.map((name) => ({ kind: 'person' as const, id: demoPersonId(name) })), ...consult.carts.map((cartId) => ({ kind: 'cart' as const, id: cartId }))],
    hasWaitingRoom: consult.hasWaitingRoom,
    createdAtMs: nowMs,
    caseFile: { id: demoCaseId(id), begunBy },
  });
}

/** Ten minutes ago; a third and two thirds of what is left of the day, an hour and a half at most each (doors open two hours before); tomorrow at nine by the machine's civil time. */
function startTimes(nowMs: number): Readonly<Record<DemoConsult['key'], number>> {
  const midnight = new Date(nowMs);
  midnight.setHours(24, 0, 0, 0);
  const thirdMs = Math.min(90 * MINUTE_MS, (midnight.getTime() - nowMs) / 3);
  const inFiveMinutes = (ms: number) => Math.floor(ms / (5 * MINUTE_MS)) * 5 * MINUTE_MS;
  return {
    live: nowMs - 10 * MINUTE_MS,
    soon: Math.max(nowMs + MINUTE_MS, inFiveMinutes(nowMs + thirdMs)),
    later: Math.max(nowMs + 2 * MINUTE_MS, inFiveMinutes(nowMs + 2 * thirdMs)),
    tomorrow: midnight.getTime() + 9 * 60 * MINUTE_MS,
  };
}

/** A demo consult's case has the consult's id. */
function demoCaseId(id: ConsultId) {
  return caseIdSchema.parse(id);
}

function demoPersonId(signInName: string) {
  return personIdSchema.parse(`demo-${signInName}`);
}
