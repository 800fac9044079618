import { beforeEach, expect, it } from 'vitest';
import { createIndicators } from '../../../sfu-server/indicators/indicators.ts';
import { createIndicatorFigures } from '../../../sfu-server/storage/indicatorFigures.ts';
import { HOUR_MS } from '../../helpers/caseHall.ts';
import { type ConsultationHall, openConsultationHall } from '../../helpers/consultation/consultationHall.ts';
import { onEachEngine } from '../../helpers/onEachEngine.ts';
import { createServerParts, orgId, type ServerParts } from '../../helpers/serverParts.ts';

const CHECKED = { identity: true, question: true, record: true, imaging: true, consent: true };
const rehearsal = (partyId: string, change: object) => ({ partyId, hasPicture: true, hasSound: true, upBps: 8e6, downBps: 9e6, roundTripMs: 30, lossRatio: 0.01, hasPassed: true, note: '', ...change });
const DAY_MS = 24 * HOUR_MS;

onEachEngine('indicators', (engine) => {
  let parts: ServerParts;
  let world: ConsultationHall;

  beforeEach(async () => {
    parts = createServerParts(engine.database);
    world = await openConsultationHall(engine.database, parts);
  });

  const submitted = async (id: string) => {
    await world.draft(id);
    await world.complete(id);
    await world.step('doctor', id, { type: 'send', centreId: orgId('city'), consentException: '' });
    await world.step('approver', id, { type: 'approve', note: '' });
  };
  const accept = async (id: string) => {
    await world.step('scheduler', id, { type: 'screen' });
    await world.step('scheduler', id, { type: 'check', screening: CHECKED });
    await world.step('scheduler', id, { type: 'accept' });
  };
  const read = (who: string, fromMs: number, toMs: number, timeZone = 'Asia/Shanghai') =>
    createIndicators({ figures: createIndicatorFigures(engine.database.db), clock: parts.clock, timeZone })(world.hall.as(who).party, { fromMs, toMs });

  it('[IND1] [IND2] [IND3] [IND4] counts what was asked, answered, held and refused, by whom, and how long it took', async () => {
    const fromMs = parts.clock.wallMs();
    // One is accepted after two hours and rehearsed; one is declined after two days, which is late; one is withdrawn; one still waits.
    await submitted('one');
    await submitted('two');
    await submitted('three');
    parts.clock.advance(2 * HOUR_MS);
    await accept('one');
    await world.step('doctor', 'three', { type: 'cancel', reason: '转院' });
    await world.step('scheduler', 'one', { type: 'schedule', plan: world.plan() });
    await world.step('lin', 'one', { type: 'rehearse', rehearsal: rehearsal('lin', { hasPassed: false, roundTripMs: 90, lossRatio: null }) });
    await world.step('lin', 'one', { type: 'rehearse', rehearsal: rehearsal('lin', {}) });
    parts.clock.advance(2 * DAY_MS);
    await world.step('scheduler', 'one', { type: 'noShow', reason: '停电' });
    await world.step('scheduler', 'two', { type: 'screen' });
    await world.step('scheduler', 'two', { type: 'decline', reason: '不属会诊范围' });
    await submitted('four');
    parts.clock.advance(60_000);

    const found = await read('scheduler', fromMs, parts.clock.wallMs());
    expect(found.total).toEqual({
      requests: 4, emergencies: 0, accepted: 1, held: 0, completed: 0, declined: 1, cancelled: 1, noShows: 1,
      toAccepted: { count: 1, medianMs: 2 * HOUR_MS, meanMs: 2 * HOUR_MS },
      toSession: { count: 0, medianMs: null, meanMs: null },
      answered: { inTime: 1, of: 2 },
      rehearsals: { count: 2, passed: 1, roundTripMs: 60, lossRatio: 0.01, upBps: 8e6 },
      ratings: { count: 0, overall: null, timeliness: null, quality: null, technique: null },
    });
    expect(found.byCentre).toMatchObject([{ id: 'city', figures: found.total }]);
    expect(found.byHospital).toMatchObject([{ id: world.hall.as('doctor').party.organisationId, figures: found.total }]);
    expect(found.bySpecialty).toEqual([{ code: '03.02', figures: found.total }]);
    expect(found.byMonth.reduce((sum, { figures }) => sum + figures.requests, 0)).toBe(4);
    expect(found.reasons).toEqual([
      { kind: 'cancel', reason: '转院', count: 1 }, { kind: 'decline', reason: '不属会诊范围', count: 1 }, { kind: 'noShow', reason: '停电', count: 1 },
    ]);
  });

  it('[IND1] sees only the own tree and the range asked for', async () => {
    const fromMs = parts.clock.wallMs();
    await submitted('one');
    parts.clock.advance(1000);
    await parts.organisations.create({ id: orgId('city2'), parentId: orgId('province'), tier: 'city', name: { zh: '二市', en: 'City 2' } });
    await world.hall.add('desk2', 'scheduler', 'city2');
    const count = async (who: string, to: number) => (await read(who, fromMs, to)).total.requests;
    expect([await count('chief', parts.clock.wallMs()), await count('scheduler', parts.clock.wallMs()), await count('desk2', parts.clock.wallMs())]).toEqual([1, 1, 0]);
    expect((await read('chief', fromMs - 10, fromMs)).total.requests).toBe(0);
    await expect(read('chief', fromMs, fromMs)).rejects.toMatchObject({ code: 'input.malformed' });
  });

  it('[IND2] counts an answer that never came, once its time is over', async () => {
    const fromMs = parts.clock.wallMs();
    await submitted('one');
    parts.clock.advance(DAY_MS - 1);
    expect((await read('chief', fromMs, fromMs + DAY_MS)).total.answered).toEqual({ inTime: 0, of: 0 });
    parts.clock.advance(2);
    expect((await read('chief', fromMs, fromMs + DAY_MS)).total.answered).toEqual({ inTime: 0, of: 1 });
  });

  it('[IND5] begins a month where the installation is', async () => {
    const fromMs = parts.clock.wallMs();
    await submitted('one');
    const atMs = fromMs;
    const monthIn = (timeZone: string) => new Intl.DateTimeFormat('sv-SE', { timeZone, year: 'numeric', month: '2-digit' }).format(atMs);
    // Two zones that are a day apart for an hour of each day are tried besides the usual one.
    for (const zone of ['Asia/Shanghai', 'Pacific/Kiritimati', 'Pacific/Pago_Pago']) expect((await read('chief', fromMs, fromMs + DAY_MS, zone)).byMonth.map(({ month }) => month)).toEqual([monthIn(zone)]);
  });
});
