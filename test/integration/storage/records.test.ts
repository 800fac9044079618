import { sql } from 'kysely';
import { beforeEach, describe, expect, it } from 'vitest';
import { caseIdSchema, type ConsultId, consultIdSchema } from '#shared/domain/ids';
import type { Party } from '#shared/domain/people';
import { required } from '#shared/lib/assert';
import { toAppError } from '#shared/protocol/errors';
import type { AuditEvent } from '../../../sfu-server/storage/audit.ts';
import type { NewConsult } from '../../../sfu-server/storage/consults.ts';
import { onEachEngine } from '../../helpers/onEachEngine.ts';
import { addCart, addOrganisations, addPerson, createServerParts, orgId, personId, type ServerParts } from '../../helpers/serverParts.ts';

const codeOf = (work: Promise<unknown>) => work.then(() => 'done', (error: unknown) => toAppError(error).code);
const HOUR_MS = 3_600_000;

onEachEngine('records', (engine) => {
  let parts: ServerParts;

  beforeEach(async () => {
    parts = createServerParts(engine.database);
    await addOrganisations(parts);
  });

  const event = (index = 0, organisation: string | null = 'city'): AuditEvent => ({
    actorKind: 'person', actorId: 'lin', organisationId: organisation === null ? null : orgId(organisation), action: 'test', subject: String(index), outcome: 'done', code: null,
  });
  const wholeLog = () => parts.audit.list({ beforeSequence: null, limit: 200, outcome: null }, null);

  it('reads times as numbers', async () => {
    await addPerson(parts, 'lin');
    const row = await engine.database.db.selectFrom('people').select('created_at_ms').executeTakeFirstOrThrow();
    expect(row.created_at_ms).toBe(parts.clock.wallMs());
  });

  it('says whether it answers', async () => {
    expect(await engine.database.isAnswering()).toBe(true);
  });

  describe('organisations', () => {
    it('gives an organisation with those below it', async () => {
      const ids = async (root: string) => (await parts.organisations.subtree(orgId(root))).map((organisation) => organisation.id);
      expect(await ids('province')).toEqual(['province', 'city', 'county']);
      expect(await ids('county')).toEqual(['county']);
      expect(await ids('nowhere')).toEqual([]);
      expect(await parts.organisations.isWithin(orgId('county'), orgId('city'))).toBe(true);
      expect(await parts.organisations.isWithin(orgId('province'), orgId('city'))).toBe(false);
    });
  });

  describe('the audit log', () => {
    it('[AUD1] lets nobody change or remove an entry', async () => {
      await parts.audit.append(event());
      const { db } = engine.database;
      await expect(db.updateTable('audit').set({ action: 'another' }).execute()).rejects.toThrow('append-only');
      await expect(db.deleteFrom('audit').execute()).rejects.toThrow('append-only');
      await expect(sql`truncate audit`.execute(db)).rejects.toThrow('append-only');
      expect(await wholeLog()).toHaveLength(1);
    });

    it.each([
      ['a changed entry', sql`update audit set subject = 'x' where sequence = 3`, 3],
      ['a changed time', sql`update audit set at_ms = at_ms + 1 where sequence = 3`, 3],
      ['a removed entry', sql`delete from audit where sequence = 3`, 3],
      ['a replaced hash', sql`update audit set hash = previous_hash || 'x' where sequence = 4`, 4],
    ])('[AUD2] finds %s', async (_what, tampering, brokenAt) => {
      for (let index = 0; index < 5; index += 1) await parts.audit.append(event(index));
      expect(await parts.audit.verifyChain()).toMatchObject({ type: 'whole', entries: 5 });
      await sql`alter table audit disable trigger user`.execute(engine.database.db);
      await tampering.execute(engine.database.db);
      await sql`alter table audit enable trigger user`.execute(engine.database.db);
      expect(await parts.audit.verifyChain()).toEqual({ type: 'broken', brokenAt });
    });

    it('[AUD3] chains 600 entries of two parallel writers without a gap', async () => {
      const other = createServerParts(await engine.openAnother(), parts.clock);
      await Promise.all(Array.from({ length: 600 }, (_, index) => (index % 2 === 0 ? parts : other).audit.append(event(index))));
      expect(await parts.audit.verifyChain()).toMatchObject({ type: 'whole', entries: 600 });
    });

    it('[AUD3] keeps the order of one writer, and what was taken before it closed', async () => {
      const kept = Array.from({ length: 30 }, (_, index) => parts.audit.append(event(index)));
      await parts.audit.close();
      await Promise.all(kept);
      expect((await wholeLog()).map((entry) => Number(entry.subject))).toEqual(Array.from({ length: 30 }, (_, index) => 29 - index));
      expect(await codeOf(parts.audit.append(event()))).toBe('server.stopping');
    });

    it('[AUD4] shows a reader the own organisation and those below', async () => {
      for (const organisation of ['province', 'city', 'county', 'other', null]) await parts.audit.append(event(0, organisation));
      const seenFrom = async (root: string | null) =>
        (await parts.audit.list({ beforeSequence: null, limit: 10, outcome: null }, root === null ? null : orgId(root))).map((entry) => entry.sequence);
      expect(await seenFrom('city')).toEqual([3, 2]);
      expect(await seenFrom('other')).toEqual([4]);
      expect(await seenFrom(null)).toEqual([5, 4, 3, 2, 1]);
    });

    it('gives pages, and refusals alone', async () => {
      for (let index = 0; index < 6; index += 1) await parts.audit.append(index % 2 === 0 ? event(index) : { ...event(index), outcome: 'refused', code: 'auth.forbidden' });
      const sequences = async (beforeSequence: number | null, outcome: 'refused' | null) => (await parts.audit.list({ beforeSequence, limit: 2, outcome }, null)).map((entry) => entry.sequence);
      expect(await sequences(null, null)).toEqual([6, 5]);
      expect(await sequences(5, null)).toEqual([4, 3]);
      expect(await sequences(5, 'refused')).toEqual([4, 2]);
    });
  });

  describe('consults', () => {
    let expert: Party;
    let scheduler: Party;

    beforeEach(async () => {
      expert = required(await parts.people.party(await addPerson(parts, 'expert', 'expert', 'province')), 'expert');
      scheduler = required(await parts.people.party(await addPerson(parts, 'scheduler', 'scheduler', 'city')), 'scheduler');
      await addPerson(parts, 'host', 'requester', 'county');
      await addCart(parts, 'cart', 'county');
    });

    const add = async (id: string, with_: Partial<NewConsult> = {}): Promise<ConsultId> => {
      const consultId = consultIdSchema.parse(id);
      await parts.consults.create({
        id: consultId, kind: 'mdt', state: 'scheduled', startsAtMs: parts.clock.wallMs() + HOUR_MS, durationMinutes: 60, patient: { name: '陈小明', age: 5, sex: 'male' }, question: '?',
        organisationId: orgId('county'), hostPersonId: personId('host'), members: [{ kind: 'person', id: 'expert' }, { kind: 'cart', id: 'cart' }], hasWaitingRoom: true, createdAtMs: parts.clock.wallMs(),
        caseFile: { id: caseIdSchema.parse(`case-of-${id}`), begunBy: expert }, ...with_,
      });
      return consultId;
    };
    const listed = async (party: Party, fromHours = 0, toHours = 24) => {
      const nowMs = parts.clock.wallMs();
      return (await parts.consults.listFor(party, nowMs + fromHours * HOUR_MS, nowMs + toHours * HOUR_MS)).map((consult) => consult.id);
    };

    it('gives a consult with its host and members, the host first when not named', async () => {
      const id = await add('one');
      expect(await parts.consults.byId(id)).toMatchObject({
        id, state: 'scheduled', patient: { name: '陈小明', age: 5, sex: 'male' }, organisationName: { en: 'Hospital county' }, host: { id: 'host', role: 'requester' },
        members: [{ id: 'host' }, { id: 'expert', kind: 'person' }, { id: 'cart', kind: 'cart', role: 'cart' }], isLocked: false, hasWaitingRoom: true, startedAtMs: null,
      });
      expect(await parts.consults.byId(consultIdSchema.parse('none'))).toBeNull();
    });

    it('[CON1] lists own consults, and for a scheduler those of the own tree', async () => {
      await add('own');
      await add('elsewhere', { organisationId: orgId('province'), members: [] });
      await add('invited', { organisationId: orgId('other'), members: [{ kind: 'person', id: 'scheduler' }] });
      expect(await listed(expert)).toEqual(['own']);
      expect((await listed(scheduler)).sort()).toEqual(['invited', 'own']);
    });

    it('[CON1] lists what touches the time asked for, and what still goes on', async () => {
      const nowMs = parts.clock.wallMs();
      await add('under-way', { startsAtMs: nowMs - HOUR_MS / 2 });
      await add('over', { startsAtMs: nowMs - 2 * HOUR_MS });
      await add('overrun', { startsAtMs: nowMs - 3 * HOUR_MS, state: 'inSession' });
      await add('tomorrow', { startsAtMs: nowMs + 24 * HOUR_MS });
      expect(await listed(expert)).toEqual(['overrun', 'under-way']);
    });

    it('[CON2] remembers who was admitted, until removed', async () => {
      const id = await add('one');
      expect(await parts.consults.isAdmitted(id, 'expert')).toBe(false);
      await Promise.all([parts.consults.recordAdmission(id, 'expert', 1), parts.consults.recordAdmission(id, 'expert', 2)]);
      const afterRestart = createServerParts(await engine.openAnother());
      expect(await afterRestart.consults.isAdmitted(id, 'expert')).toBe(true);
      await parts.consults.revokeAdmission(id, 'expert');
      expect(await parts.consults.isAdmitted(id, 'expert')).toBe(false);
    });

    it('[CON3] moves forward only', async () => {
      const id = await add('one');
      expect(await codeOf(parts.consults.setState(id, 'ended', 1))).toBe('record.conflict');
      await parts.consults.setState(id, 'inSession', 1000);
      await parts.consults.setState(id, 'inSession', 2000);
      expect(await parts.consults.byId(id)).toMatchObject({ state: 'inSession', startedAtMs: 1000 });
      expect(await codeOf(parts.consults.setState(id, 'cancelled', 1))).toBe('record.conflict');
      expect(await codeOf(parts.consults.setState(id, 'scheduled', 1))).toBe('record.conflict');
      expect(await codeOf(parts.consults.setState(id, 'ended', 1))).toBe('done');
      expect(await codeOf(parts.consults.setState(consultIdSchema.parse('none'), 'ended', 1))).toBe('consult.notFound');
    });

    it('locks, and hands over to a host who becomes a member', async () => {
      const id = await add('one');
      await parts.consults.setLocked(id, true);
      expect(await parts.consults.isMember(id, 'scheduler')).toBe(false);
      await parts.consults.setHost(id, personId('scheduler'));
      await parts.consults.setHost(id, personId('scheduler'));
      expect(await parts.consults.isMember(id, 'scheduler')).toBe(true);
      expect(await parts.consults.byId(id)).toMatchObject({ isLocked: true, host: { id: 'scheduler' } });
    });

    it('[CHT1] keeps a message once, under its first author', async () => {
      const consultId = await add('one');
      const message = { id: 'message-1', consultId, author: expert, text: '看第三肋间', atMs: 5 };
      expect(await parts.chat.append(message)).toEqual(message);
      expect(await parts.chat.append({ ...message, text: 'again', atMs: 9 })).toEqual(message);
      expect(await codeOf(parts.chat.append({ ...message, author: scheduler }))).toBe('record.conflict');
      expect(await parts.chat.history(consultId)).toEqual([message]);
    });

    it('[CHT2] gives the last 500 messages in order', async () => {
      const consultId = await add('one');
      await engine.database.db
        .insertInto('chat_messages')
        .values(Array.from({ length: 510 }, (_, index) => ({ consult_id: consultId, id: `message-${index}`, author: JSON.stringify(expert), text: String(index), at_ms: 1 })))
        .execute();
      const texts = (await parts.chat.history(consultId)).map((message) => message.text);
      expect(texts).toEqual(Array.from({ length: 500 }, (_, index) => String(index + 10)));
    });
  });

  describe('accounts', () => {
    it('refuses a sign-in name that is taken, also of two at once', async () => {
      const codes = await Promise.all([codeOf(addPerson(parts, 'same')), codeOf(addPerson(parts, 'same'))]);
      expect(codes.sort()).toContain('done');
      expect(codes.filter((code) => code === 'done')).toHaveLength(1);
    });

    it('lists the accounts of a tree, and everybody who can be invited', async () => {
      await addPerson(parts, 'zhou', 'expert', 'county');
      await addPerson(parts, 'lu', 'auditor', 'city');
      const gone = await addPerson(parts, 'gone', 'expert', 'other');
      await parts.people.setActive(gone, false);
      expect((await parts.people.recordsWithin(orgId('city'), 0)).map((person) => person.signInName)).toEqual(['lu', 'zhou']);
      expect((await parts.people.directory(['expert'])).map((party) => party.id)).toEqual(['zhou']);
    });
  });
});
