import { beforeEach, describe, expect, it } from 'vitest';
import { type CaseId, deviceIdSchema } from '#shared/domain/ids';
import { required } from '#shared/lib/assert';
import { toAppError } from '#shared/protocol/errors';
import { createAppointments } from '../../../sfu-server/storage/appointments.ts';
import { isInAudience } from '../../../sfu-server/storage/caseAccess.ts';
import { caseOfConsult } from '../../../sfu-server/storage/caseStart.ts';
import type { IdentityContext } from '../../../sfu-server/signaling/handler.ts';
import { createCaseHandlers } from '../../../sfu-server/signaling/handlers/cases.ts';
import { createWorklistHandlers } from '../../../sfu-server/signaling/handlers/worklist.ts';
import { aCase, aConsult, CaseHall, contentOf, create, HOUR_MS } from '../../helpers/caseHall.ts';
import { onEachEngine } from '../../helpers/onEachEngine.ts';
import { ACCESS_AFTER_CONSULT_MS, createServerParts, LEASE_MS, orgId, personId, type ServerParts } from '../../helpers/serverParts.ts';

const codeOf = (work: Promise<unknown>) => work.then(() => 'done', (error: unknown) => toAppError(error).code);
const EVERYBODY = ['doctor', 'nurse', 'approver', 'cart', 'expert', 'observer', 'scheduler', 'stranger', 'farscheduler', 'admin'];

onEachEngine('who may', (engine) => {
  let parts: ServerParts;
  let hall: CaseHall;

  beforeEach(async () => {
    parts = createServerParts(engine.database);
    hall = await CaseHall.open(parts);
  });

  const readers = async (caseId: CaseId) => {
    const found: string[] = [];
    for (const who of EVERYBODY) if ((await codeOf(parts.caseFiles.changes(hall.as(who), caseId, 0, 1))) === 'done') found.push(who);
    return found;
  };
  const lists = async (who: string) => (await parts.caseFiles.list(hall.as(who).party, [])).map(({ id }) => id);
  const context = (who: string): IdentityContext => ({ identity: hall.as(who), connectionId: 'c' }) as unknown as IdentityContext; // these handlers look at the identity only

  it('[ACC1] [ACC5] lets the applying organisation read, and schedulers of its tree', async () => {
    const caseId = await hall.consult('one');
    expect(await readers(caseId)).toEqual(['doctor', 'nurse', 'approver', 'cart', 'scheduler']);
    expect((await parts.caseFiles.list(hall.as('doctor').party, []))[0]).toMatchObject({ id: caseId, accessUntilMs: null, leaseUntilMs: parts.clock.wallMs() + LEASE_MS, canWrite: true });
  });

  it('[ACC2] lets the invited read until so many days after the consult’s end', async () => {
    const caseId = await hall.consult('one', ['expert', 'observer']);
    await hall.consult('none');
    const plannedEndMs = parts.clock.wallMs() + 1.5 * HOUR_MS;
    expect(await lists('expert')).toEqual([caseId]);
    expect((await parts.caseFiles.list(hall.as('expert').party, []))[0]).toMatchObject({ accessUntilMs: plannedEndMs + ACCESS_AFTER_CONSULT_MS });
    await parts.consults.setState(aConsult('one'), 'inSession', parts.clock.wallMs());
    expect((await parts.caseFiles.list(hall.as('expert').party, []))[0]).toMatchObject({ accessUntilMs: null });
    parts.clock.advance(5 * HOUR_MS);
    await parts.consults.setState(aConsult('one'), 'ended', parts.clock.wallMs());
    const untilMs = parts.clock.wallMs() + ACCESS_AFTER_CONSULT_MS;
    expect((await parts.caseFiles.list(hall.as('expert').party, []))[0]).toMatchObject({ accessUntilMs: untilMs });
    parts.clock.advance(ACCESS_AFTER_CONSULT_MS - 1000);
    expect((await parts.caseFiles.list(hall.as('expert').party, []))[0]).toMatchObject({ leaseUntilMs: untilMs }); // a lease does not outlive the right
    parts.clock.advance(1000);
    expect(await lists('expert')).toEqual([]);
    expect(await readers(caseId)).toEqual(['doctor', 'nurse', 'approver', 'cart', 'scheduler']);
  });

  it('[ACC2] takes the latest of several invitations', async () => {
    const caseId = await hall.consult('one', ['expert']);
    await parts.consults.setState(aConsult('one'), 'cancelled', parts.clock.wallMs());
    await hall.consult('two', ['expert'], { caseFile: { id: caseId, begunBy: hall.as('scheduler').party }, startsAtMs: parts.clock.wallMs() + 240 * HOUR_MS });
    expect((await parts.caseFiles.list(hall.as('expert').party, []))[0]).toMatchObject({ accessUntilMs: parts.clock.wallMs() + 240.5 * HOUR_MS + ACCESS_AFTER_CONSULT_MS, nextConsultAtMs: parts.clock.wallMs() + 240 * HOUR_MS });
  });

  it('[ACC3] lets those write who treat or advise', async () => {
    const caseId = await hall.consult('one', ['expert', 'observer']);
    const codes: Record<string, string> = {};
    for (const who of EVERYBODY) codes[who] = await codeOf(hall.submit(who, caseId, create(`v-${who}`, contentOf('vitals'))));
    expect(codes).toEqual({
      doctor: 'done', nurse: 'done', approver: 'auth.forbidden', cart: 'done', expert: 'done', observer: 'record.notFound', scheduler: 'auth.forbidden',
      stranger: 'record.notFound', farscheduler: 'record.notFound', admin: 'record.notFound',
    });
  });

  it('[ACC3] [IMG14] to an observer a case does not exist; its images do while they are invited', async () => {
    const caseId = await hall.consult('one', ['expert', 'observer']);
    const other = await hall.consult('two', ['expert']);
    const images = (id: typeof caseId) => codeOf(parts.caseFiles.openImages(hall.as('observer'), id));
    expect(await lists('observer')).toEqual([]);
    expect(await readers(caseId)).not.toContain('observer');
    expect(await codeOf(parts.caseFiles.changes(hall.as('observer'), caseId, 0, 1))).toBe('record.notFound');
    expect([await images(caseId), await images(other)]).toEqual(['done', 'record.notFound']);
    parts.clock.advance(2 * ACCESS_AFTER_CONSULT_MS);
    expect(await images(caseId)).toBe('record.notFound');
    expect(await codeOf(parts.caseFiles.openImages(hall.as('doctor'), caseId))).toBe('done');
    expect(await codeOf(parts.caseFiles.openImages(hall.as('stranger'), caseId))).toBe('record.notFound');
    const audience = { revision: 1, organisationId: orgId('county'), lineage: [], invitedIds: ['observer'] };
    expect([isInAudience(audience, hall.as('observer').party), isInAudience(audience, hall.as('observer').party, 'images.read')]).toEqual([false, true]);
  });

  it('[ACC4] knows no difference between a case that is not there and one that is not for the reader', async () => {
    const caseId = await hall.consult('one');
    const answers = await Promise.all([caseId, aCase('nowhere')].map((id) => parts.caseFiles.changes(hall.as('expert'), id, 0, 1).catch((error: unknown) => toAppError(error).toWire())));
    expect(answers[0]).toEqual(answers[1]);
    expect(parts.refused).toEqual([`expert case.changes ${caseId}`, 'expert case.changes nowhere']);
  });

  it('[ACC6] audits the first reading in a session', async () => {
    const caseId = await hall.consult('one');
    await hall.read('nurse', caseId, 1);
    await hall.read('nurse', caseId);
    await hall.read('doctor', caseId);
    const entries = await parts.audit.list({ beforeSequence: null, limit: 50, outcome: null }, null);
    expect(entries.map((entry) => `${entry.actorId} ${entry.action} ${entry.subject}`)).toEqual([`doctor case.read ${caseId}`, `nurse case.read ${caseId}`]);
  });

  it('tells of a change exactly those who may read', async () => {
    const caseId = await hall.consult('one', ['expert', 'observer']);
    const check = async () => {
      await parts.caseFiles.announce(caseId);
      const told = parts.changed.at(-1);
      expect(EVERYBODY.filter((who) => told?.mayRead(hall.as(who).party))).toEqual(await readers(caseId));
    };
    await check();
    parts.clock.advance(2 * ACCESS_AFTER_CONSULT_MS);
    await check();
    expect(isInAudience({ revision: 1, organisationId: orgId('county'), lineage: [], invitedIds: ['admin'] }, hall.as('admin').party)).toBe(false);
  });

  it('tells the invited of a case that is new to them, and arranges a second consult of a case for its own tree only', async () => {
    const worklist = createWorklistHandlers({ ...parts, db: engine.database.db, appointments: createAppointments(engine.database.db), presentCount: () => 0, onChanged: async ({ appointment }) => parts.caseFiles.announce(required(await caseOfConsult(engine.database.db, appointment.consultId), 'its case')) });
    const wish = { kind: 'mdt', startsAtMs: parts.clock.wallMs(), durationMinutes: 30, patientName: '王', patientAge: 1, patientSex: 'female', question: '?', organisationId: orgId('county'), hostPersonId: personId('doctor'), personIds: [personId('expert')], cartIds: [], hasWaitingRoom: false } as const;
    const ask = (who: string, more: object) => worklist['consult.create'](context(who), { ...wish, personIds: [...wish.personIds], cartIds: [], ...more });
    await ask('scheduler', {});
    const told = parts.changed.at(-1);
    expect([told?.revision, told?.mayRead(hall.as('expert').party)]).toEqual([2, true]);
    const caseId = told?.caseId ?? aCase('none');
    await ask('scheduler', { caseId, startsAtMs: wish.startsAtMs + HOUR_MS });
    expect((await hall.read('doctor', caseId)).summary.consultIds).toHaveLength(2);
    expect(await codeOf(ask('farscheduler', { caseId, organisationId: orgId('other') }))).toBe('record.notFound');
    expect(await codeOf(ask('scheduler', { caseId, organisationId: orgId('city') }))).toBe('input.malformed');
  });

  describe('machines with copies', () => {
    const device = deviceIdSchema.parse('machine-1');
    let wiped: string[];
    let cases: ReturnType<typeof createCaseHandlers>;
    beforeEach(() => {
      wiped = [];
      cases = createCaseHandlers({ ...parts, leaseMs: LEASE_MS, onWipeAsked: (deviceId, partyIds) => wiped.push(`${deviceId} ${[...partyIds].sort().join()}`) });
    });
    const list = (who: string, cached: CaseId[] = []) => cases['case.list'](context(who), { deviceId: device, client: 'Win\u0007dows\ud83d', cached });
    const devices = async () => (await cases['admin.caseDevices'](context('admin'), {})).devices;

    it('are known once they have asked for their list', async () => {
      const caseId = await hall.consult('one', ['expert']);
      expect(await list('expert', [caseId])).toMatchObject({ cases: [{ id: caseId }], mustWipe: false, serverTimeMs: parts.clock.wallMs() });
      expect(await devices()).toMatchObject([{ deviceId: device, party: { id: 'expert' }, client: 'Win dows', cachedCases: 1, lastSeenAtMs: parts.clock.wallMs(), wipe: { state: 'none' } }]);
    });

    it('[KEY6] are not those that keep none', async () => {
      const caseId = await hall.consult('one', ['expert']);
      expect(await cases['case.list'](context('expert'), { deviceId: null, client: 'test', cached: [] })).toMatchObject({ cases: [{ id: caseId }], mustWipe: false });
      expect(await devices()).toEqual([]);
    });

    it('[ACC6] are told to wipe until they said that they did, audited', async () => {
      const caseId = await hall.consult('one', ['expert']);
      await list('expert', [caseId]);
      await list('nurse');
      const askedAtMs = parts.clock.wallMs();
      await cases['admin.wipeDevice'](context('admin'), { deviceId: device });
      expect(wiped).toEqual([`${device} expert,nurse`]);
      parts.clock.advance(1000);
      expect(await list('expert', [caseId])).toMatchObject({ cases: [], mustWipe: true });
      expect((await devices()).map(({ wipe }) => wipe)).toEqual(Array(2).fill({ state: 'asked', askedAtMs, leasesEndAtMs: askedAtMs + LEASE_MS }));
      await cases['case.reportWiped'](context('expert'), { deviceId: device });
      expect(await list('expert')).toMatchObject({ cases: [{ id: caseId }], mustWipe: false });
      expect(await list('nurse')).toMatchObject({ mustWipe: true });
      expect((await devices()).map(({ party, wipe }) => `${party.id} ${wipe.state}`).sort()).toEqual(['expert done', 'nurse asked']);
      const entries = await parts.audit.list({ beforeSequence: null, limit: 2, outcome: null }, null);
      expect(entries.map((entry) => `${entry.actorId} ${entry.action} ${entry.subject}`)).toEqual([`expert case.reportWiped ${device}`, `admin admin.wipeDevice ${device}`]);
    });

    it('of another organisation are nobody’s to wipe, and what nobody asked for is not reported', async () => {
      await list('farscheduler');
      expect(await devices()).toEqual([]);
      expect(await codeOf(cases['admin.wipeDevice'](context('admin'), { deviceId: device }))).toBe('record.notFound');
      await cases['case.reportWiped'](context('farscheduler'), { deviceId: device });
      expect(await parts.audit.list({ beforeSequence: null, limit: 2, outcome: null }, null)).toEqual([]);
    });
  });
});
