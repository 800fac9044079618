import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { Kysely, PGliteDialect, sql } from 'kysely';
import { Migrator } from 'kysely/migration';
import { beforeEach, describe, expect, it } from 'vitest';
import { consultIdSchema, consultRequestIdSchema, venueIdSchema } from '#shared/domain/ids';
import type { Span, Taken } from '#shared/domain/scheduling';
import { AppError, toAppError } from '#shared/protocol/errors';
import { answerInvitation, cancelSession, moveSession, substitutePerson } from '../../../sfu-server/scheduling/booking.ts';
import type { IdentityContext } from '../../../sfu-server/signaling/handler.ts';
import { createSchedulingHandlers } from '../../../sfu-server/signaling/handlers/scheduling.ts';
import { createAppointments, readAppointment } from '../../../sfu-server/storage/appointments.ts';
import { type Database, openDatabase } from '../../../sfu-server/storage/database.ts';
import { durableFolderOptions } from '../../../sfu-server/storage/durableFolder.ts';
import { MIGRATIONS } from '../../../sfu-server/storage/migrations/all.ts';
import { createScheduleProfiles } from '../../../sfu-server/storage/scheduleProfiles.ts';
import { isExclusionViolation } from '../../../sfu-server/storage/sqlErrors.ts';
import { onEachEngine } from '../../helpers/onEachEngine.ts';
import { addCart, addOrganisations, addPerson, cartId, createServerParts, orgId, personId, type ServerParts } from '../../helpers/serverParts.ts';
import { book, caseBegunBy, inTransaction, newSession } from '../../helpers/sessions.ts';

const codeOf = (work: Promise<unknown>) => work.then(() => 'done', (error: unknown) => toAppError(error).code);
const T0 = 1_800_100_000_000;
const MINUTE_MS = 60_000;
const NOW = 1_800_000_000_000;
const PEOPLE = Array.from({ length: 12 }, (_, index) => `expert${index}`);
const id = (text: string) => consultIdSchema.parse(text);

onEachEngine('bookings', (engine) => {
  let database: Database;
  let parts: ServerParts;

  beforeEach(async () => {
    database = engine.database;
    parts = createServerParts(database);
    await addOrganisations(parts);
    for (const who of ['host', 'scheduler', ...PEOPLE]) await addPerson(parts, who);
    await addCart(parts, 'cart');
    await database.db.insertInto('venues').values({ id: venueIdSchema.parse('room'), organisation_id: orgId('city'), name_zh: '会诊室', name_en: 'Room', is_retired: false }).execute();
  });

  const bookings = async () => (await database.db.selectFrom('bookings').selectAll().execute());
  /** Two bookings of one resource that share an instant. */
  const overlaps = async () => {
    const rows = await bookings();
    return rows.filter((a) => rows.some((b) => a !== b && a.resource_kind === b.resource_kind && a.resource_id === b.resource_id && a.starts_at_ms < b.ends_at_ms && b.starts_at_ms < a.ends_at_ms));
  };
  const takenOf = async (work: Promise<unknown>): Promise<readonly Taken[] | undefined> => work.then(() => undefined, (error: unknown) => (error instanceof AppError ? error.taken : undefined));
  const panelOf = async (consult: string) => Object.fromEntries(((await readAppointment(database.db, id(consult)))?.panel ?? []).map(({ person, answer }) => [person.id, answer]));

  it('[SCH1] two hundred at once for overlapping resources: exactly a set without overlap is kept, and the rest are refused by name', async () => {
    const others = [database, await engine.openAnother(), await engine.openAnother()];
    const random = (n: number) => Math.imul(n ^ 0x9e3779b9, 0x85ebca6b) >>> 8;
    const wishes = Array.from({ length: 200 }, (_, n) => {
      const host = PEOPLE[random(n) % 12] ?? 'host';
      const other = PEOPLE[random(n + 1000) % 12] ?? 'host';
      return newSession(`c${n}`, {
        hostPersonId: personId(host), personIds: [personId(other)], startsAtMs: T0 + (random(n + 2000) % 48) * 15 * MINUTE_MS, durationMinutes: 15 * (1 + (random(n + 3000) % 4)),
        cartIds: n % 9 === 0 ? [cartId('cart')] : [], venueId: n % 7 === 0 ? venueIdSchema.parse('room') : null,
      });
    });
    const needs = (wish: (typeof wishes)[number]) => new Set([wish.hostPersonId, ...wish.personIds, ...wish.cartIds, ...(wish.venueId === null ? [] : [wish.venueId])]);
    const spanOf = (wish: (typeof wishes)[number]): Span => ({ fromMs: wish.startsAtMs, untilMs: wish.startsAtMs + wish.durationMinutes * MINUTE_MS });
    const outcomes = await Promise.all(wishes.map((wish, n) => book(others[n % 3] ?? database, [wish]).then(() => null, (error: unknown) => toAppError(error))));
    const kept = wishes.filter((_, n) => outcomes[n] === null);
    expect([...new Set(outcomes.map((outcome) => outcome?.code ?? 'done'))].sort()).toEqual(['done', 'schedule.conflict']);
    expect(await overlaps()).toEqual([]);
    expect(await bookings()).toHaveLength(kept.reduce((sum, wish) => sum + needs(wish).size, 0));
    expect((await database.db.selectFrom('consults').select('id').execute()).map((row) => row.id).sort()).toEqual(kept.map((wish) => wish.consultId).sort());
    for (const [n, wish] of wishes.entries()) {
      if (outcomes[n] === null) continue;
      // Refused for a reason: what it names is kept by somebody at that time.
      const taken = outcomes[n]?.taken ?? [];
      expect(taken.length).toBeGreaterThan(0);
      for (const one of taken) {
        expect(needs(wish)).toContain(one.id);
        expect(one.fromMs < spanOf(wish).untilMs && spanOf(wish).fromMs < one.untilMs).toBe(true);
        expect(kept.some((other) => needs(other).has(one.id as typeof other.hostPersonId) && spanOf(other).fromMs === one.fromMs && spanOf(other).untilMs === one.untilMs)).toBe(true);
      }
    }
  });

  it('[SCH1] is kept by the table itself, whoever writes to it', async () => {
    await book(database, [newSession('a'), newSession('b', { hostPersonId: personId('expert1') })]);
    const again = database.db.insertInto('bookings').values({ consult_id: id('b'), resource_kind: 'person', resource_id: 'host', starts_at_ms: T0 + 59 * MINUTE_MS, ends_at_ms: T0 + 90 * MINUTE_MS }).execute();
    expect(isExclusionViolation(await again.catch((error: unknown) => error))).toBe(true);
  });

  it('[SCH1] those that touch do not overlap, and a person is no cart of the same name', async () => {
    await addCart(parts, 'host');
    await book(database, [newSession('a'), newSession('b', { startsAtMs: T0 + 60 * MINUTE_MS }), newSession('c', { startsAtMs: T0, hostPersonId: personId('expert1'), cartIds: [cartId('host')] })]);
    expect(await bookings()).toHaveLength(4);
  });

  it('[SCH2] a refusal names what is taken and when, and nothing of the other session', async () => {
    await book(database, [newSession('a', { question: 'a secret', patient: { name: '陈建国', age: 1, sex: 'male' }, cartIds: [cartId('cart')] })]);
    const refused = await book(database, [newSession('b', { startsAtMs: T0 + 30 * MINUTE_MS, cartIds: [cartId('cart')] })]).catch((error: unknown) => toAppError(error).toWire());
    const span = { fromMs: T0, untilMs: T0 + 60 * MINUTE_MS };
    expect(refused).toEqual({ code: 'schedule.conflict', message: '2 of what is needed is taken at that time', taken: [{ kind: 'cart', id: 'cart', ...span }, { kind: 'person', id: 'host', ...span }] });
    expect(await readAppointment(database.db, id('b'))).toBeNull();
  });

  it('[SCH3] is kept or given up with the transaction it is part of', async () => {
    const failed = inTransaction(database, async (trx) => {
      await cancelSession(trx, id('a'), 'not needed', NOW);
    });
    expect(await codeOf(failed)).toBe('consult.notFound');
    await book(database, [newSession('a')]);
    expect(await codeOf(book(database, [newSession('b', { hostPersonId: personId('expert1') }), newSession('c')]))).toBe('schedule.conflict');
    expect((await bookings()).map((row) => row.consult_id)).toEqual(['a']);
    expect(await parts.consults.byId(id('b'))).toBeNull();
  });

  it('[SCH4] moving raises the sequence, asks those again who had agreed, and runs over nobody’s change', async () => {
    await book(database, [newSession('a', { personIds: [personId('expert1'), personId('expert2')] })]);
    await inTransaction(database, (trx) => answerInvitation(trx, id('a'), personId('expert1'), { answer: 'accepted' }, NOW));
    expect(await panelOf('a')).toEqual({ host: 'pending', expert1: 'accepted', expert2: 'pending' });
    const move = { startsAtMs: T0 + 30 * MINUTE_MS, durationMinutes: 45, venueId: venueIdSchema.parse('room'), sequence: 0 };
    const { appointment, partyIds } = await inTransaction(database, (trx) => moveSession(trx, id('a'), move, personId('scheduler'), NOW));
    expect(appointment).toMatchObject({ startsAtMs: move.startsAtMs, durationMinutes: 45, venueId: 'room', sequence: 1 });
    expect(partyIds).toEqual(['host', 'expert1', 'expert2']);
    expect(await panelOf('a')).toEqual({ host: 'pending', expert1: 'pending', expert2: 'pending' });
    expect(await codeOf(inTransaction(database, (trx) => moveSession(trx, id('a'), { ...move, startsAtMs: T0 }, personId('scheduler'), NOW)))).toBe('record.conflict');
    await book(database, [newSession('b', { hostPersonId: personId('expert9'), startsAtMs: T0 - 15 * MINUTE_MS, durationMinutes: 45, venueId: null })]);
    expect(await takenOf(book(database, [newSession('c', { hostPersonId: personId('expert3'), startsAtMs: T0 + 60 * MINUTE_MS, venueId: venueIdSchema.parse('room') })]))).toMatchObject([{ kind: 'venue', id: 'room' }]);
  });

  it('[SCH4] a cancelled session gives back what it kept, and is neither moved nor answered any more', async () => {
    await book(database, [newSession('a', { personIds: [personId('expert1')] })]);
    const { appointment } = await inTransaction(database, (trx) => cancelSession(trx, id('a'), 'not needed', NOW));
    expect(appointment).toMatchObject({ state: 'cancelled', sequence: 1, cancelReason: 'not needed' });
    expect(await bookings()).toEqual([]);
    await book(database, [newSession('b')]);
    expect(await codeOf(inTransaction(database, (trx) => cancelSession(trx, id('a'), 'again', NOW)))).toBe('record.conflict');
    expect(await codeOf(inTransaction(database, (trx) => answerInvitation(trx, id('a'), personId('expert1'), { answer: 'accepted' }, NOW)))).toBe('record.conflict');
  });

  it('[SCH4] a session that ends before its time gives back the rest of it, and one that ends before it began all', async () => {
    await book(database, [newSession('a'), newSession('later', { startsAtMs: T0 + 120 * MINUTE_MS })]);
    await parts.consults.setState(id('a'), 'inSession', T0);
    await parts.consults.setState(id('later'), 'inSession', T0 + 5 * MINUTE_MS); // a room opens before its time
    await parts.consults.setState(id('later'), 'ended', T0 + 15 * MINUTE_MS);
    await parts.consults.setState(id('a'), 'ended', T0 + 20 * MINUTE_MS);
    expect(await codeOf(book(database, [newSession('b', { startsAtMs: T0 + 15 * MINUTE_MS })]))).toBe('schedule.conflict');
    await book(database, [newSession('b', { startsAtMs: T0 + 20 * MINUTE_MS }), newSession('c', { startsAtMs: T0 + 120 * MINUTE_MS })]);
  });

  it('[SCH4] a session has ended and given back what it kept, or neither', async () => {
    await book(database, [newSession('a')]);
    await parts.consults.setState(id('a'), 'inSession', T0);
    await sql`alter table bookings add constraint test_stuck check (ends_at_ms <> ${sql.lit(T0 + 7)})`.execute(database.db);
    await expect(parts.consults.setState(id('a'), 'ended', T0 + 7)).rejects.toThrow(/test_stuck/);
    await sql`alter table bookings drop constraint test_stuck`.execute(database.db);
    expect((await parts.consults.byId(id('a')))?.state).toBe('inSession');
  });

  it.each([['an expert', 'expert1'], ['the host', 'expert2']])('[SCH5] %s who declines keeps neither the time nor the case, and gets both again only while the time is free', async (_, who) => {
    const caseFile = await caseBegunBy(parts, 'case', 'host');
    await book(database, [newSession('a', { hostPersonId: personId('expert2'), personIds: [personId('expert1')], caseFile })]);
    const reads = async () => (await parts.access.among((await parts.people.party(personId(who))) ?? expect.fail('no such person'), T0, [caseFile.id])).length;
    expect(await reads()).toBe(1);
    const answer = (given: Parameters<typeof answerInvitation>[3]) => inTransaction(database, (trx) => answerInvitation(trx, id('a'), personId(who), given, NOW));
    await answer({ answer: 'declined', reason: 'in the operating theatre' });
    expect(await reads()).toBe(0);
    await book(database, [newSession('b', { hostPersonId: personId(who) })]);
    expect(await codeOf(answer({ answer: 'accepted' }))).toBe('schedule.conflict');
    await inTransaction(database, (trx) => cancelSession(trx, id('b'), 'not needed', NOW));
    await answer({ answer: 'accepted' });
    expect(await reads()).toBe(1);
    expect(await codeOf(inTransaction(database, (trx) => answerInvitation(trx, id('a'), personId('expert5'), { answer: 'accepted' }, NOW)))).toBe('consult.notFound');
  });

  it('[SCH6] a substitute gets the place, the time and the case; a host’s substitute leads', async () => {
    await book(database, [newSession('a', { personIds: [personId('expert1')] })]);
    await inTransaction(database, (trx) => answerInvitation(trx, id('a'), personId('host'), { answer: 'declined', reason: 'ill' }, NOW));
    const { appointment, partyIds } = await inTransaction(database, (trx) => substitutePerson(trx, id('a'), personId('host'), personId('expert2'), NOW));
    expect(appointment).toMatchObject({ hostPersonId: 'expert2', sequence: 1 });
    expect(partyIds).toContain('host');
    expect(await panelOf('a')).toEqual({ host: 'declined', expert1: 'pending', expert2: 'pending' });
    expect((await parts.consults.byId(id('a')))?.members.map((member) => member.id).sort()).toEqual(['expert1', 'expert2']);
    expect((await bookings()).map((row) => row.resource_id).sort()).toEqual(['expert1', 'expert2']);
    expect(await codeOf(inTransaction(database, (trx) => substitutePerson(trx, id('a'), personId('expert1'), personId('expert2'), NOW)))).toBe('input.malformed');
    await book(database, [newSession('b', { hostPersonId: personId('expert3') })]);
    expect(await codeOf(inTransaction(database, (trx) => substitutePerson(trx, id('a'), personId('expert1'), personId('expert3'), NOW)))).toBe('schedule.conflict');
  });

  it('[SCH15] a request’s session is moved and cancelled by the workflow only', async () => {
    const requestId = consultRequestIdSchema.parse('request');
    await book(database, [newSession('a', { requestId }), newSession('b', { startsAtMs: T0 + 120 * MINUTE_MS })]);
    await addPerson(parts, 'desk', 'scheduler', 'city');
    const appointments = createAppointments(database.db);
    const handlers = createSchedulingHandlers({ ...parts, db: database.db, appointments, profiles: createScheduleProfiles(database.db), onChanged: async () => undefined, stepOfRequest: async () => undefined });
    // These handlers look at the party only.
    const context = { identity: { party: await parts.people.party(personId('desk')) } } as unknown as IdentityContext;
    const move = { startsAtMs: T0 + 240 * MINUTE_MS, durationMinutes: 30, venueId: null, sequence: 0 };
    expect(await codeOf(handlers['schedule.move'](context, { consultId: id('a'), scope: 'one', ...move }))).toBe('record.conflict');
    expect(await codeOf(handlers['schedule.cancel'](context, { consultId: id('a'), scope: 'one', reason: 'x' }))).toBe('record.conflict');
    expect(await appointments.ofRequest(requestId)).toMatchObject({ consultId: 'a', state: 'scheduled', sequence: 0 });
    expect(await codeOf(handlers['schedule.move'](context, { consultId: id('b'), scope: 'one', ...move }))).toBe('done');
  });
});

describe('the constraint’s extension', () => {
  it('[SCH1] is there in a folder that an earlier program made', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'huizhen-earlier-'));
    try {
      const earlier = new Kysely<unknown>({ dialect: new PGliteDialect({ pglite: await PGlite.create(durableFolderOptions(join(folder, 'db'))) }) });
      const known = Object.fromEntries(Object.entries(MIGRATIONS).filter(([migration]) => migration < '0003'));
      expect((await new Migrator({ db: earlier, provider: { getMigrations: async () => known } }).migrateToLatest()).error).toBeUndefined();
      await earlier.destroy();
      for (const _start of ['first', 'second']) {
        const database = await openDatabase({ type: 'folder', folder: join(folder, 'db') }, (error) => expect.fail(error.message));
        const twice = database.db.transaction().execute(async (trx) => {
          await sql`create temporary table once (a text, exclude using gist (a with =)) on commit drop`.execute(trx);
          await sql`insert into once values ('x'), ('x')`.execute(trx);
        });
        expect(isExclusionViolation(await twice.catch((error: unknown) => error))).toBe(true);
        await database.close();
      }
    } finally {
      rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
    }
  });
});
