import { beforeEach, expect, it } from 'vitest';
import { consultIdSchema, seriesIdSchema } from '#shared/domain/ids';
import { addDays, civilDateSchema } from '#shared/domain/recurrence';
import { required } from '#shared/lib/assert';
import { toAppError } from '#shared/protocol/errors';
import { answerInvitation, answerSeries, cancelFollowing, cancelSession, type Move, moveFollowing, moveSession } from '../../../sfu-server/scheduling/booking.ts';
import { instantOf } from '../../../sfu-server/scheduling/civilTime.ts';
import { insertSeries, readAppointment } from '../../../sfu-server/storage/appointments.ts';
import { onEachEngine } from '../../helpers/onEachEngine.ts';
import { addOrganisations, addPerson, createServerParts, personId } from '../../helpers/serverParts.ts';
import { book, inTransaction, newSession } from '../../helpers/sessions.ts';

/** Clocks go back in New York on 1 November 2026, between the second and the third Thursday-after. */
const ZONE = 'America/New_York';
const FIRST = civilDateSchema.parse('2026-10-22');
const DATES = [0, 7, 14, 21].map((days) => addDays(FIRST, days));
const NOW = Date.parse('2026-10-01T00:00:00Z');
const at = (date: (typeof DATES)[number], minuteOfDay: number) => instantOf(date, minuteOfDay, ZONE);
const id = (index: number) => consultIdSchema.parse(`s-${index}`);

onEachEngine('series', (engine) => {
  beforeEach(async () => {
    const parts = createServerParts(engine.database);
    await addOrganisations(parts);
    for (const [who, role] of [['host', 'expert'], ['qian', 'expert'], ['sun', 'expert'], ['scheduler', 'scheduler']] as const) await addPerson(parts, who, role, 'city');
    const seriesId = seriesIdSchema.parse('series-1');
    await inTransaction(engine.database, (trx) => insertSeries(trx, { id: seriesId, rule: { pattern: { type: 'weekly', weekday: 4 }, firstDate: FIRST, end: { type: 'count', count: 4 }, exceptions: [] }, minuteOfDay: 600 }));
    await book(engine.database, DATES.map((date, index) => newSession(`s-${index}`, { startsAtMs: at(date, 600), timeZone: ZONE, personIds: [personId('qian')], series: { id: seriesId, date } })), NOW);
  });

  const read = async (index: number) => required(await readAppointment(engine.database.db, id(index)), 'a session');
  const starts = async () => Promise.all(DATES.map(async (_, index) => (await read(index)).startsAtMs));
  const answersOf = async (who: string) => Promise.all(DATES.map(async (_, index) => (await read(index)).panel.find(({ person }) => person.id === who)?.answer));
  const codeOf = (work: Promise<unknown>) => work.then(() => 'done', (error: unknown) => toAppError(error).code);
  const following = (index: number, move: Partial<Move>) => inTransaction(engine.database, (trx) => moveFollowing(trx, id(index), { startsAtMs: 0, durationMinutes: 45, venueId: null, sequence: 0, ...move }, personId('scheduler'), NOW));
  const answer = (index: number, who: string, given: Parameters<typeof answerSeries>[3] = { answer: 'accepted' }, nowMs = NOW) => inTransaction(engine.database, (trx) => answerSeries(trx, id(index), personId(who), given, nowMs));

  it('[SCH21] moves one and all after it by as many days, at the same time by the clock on both sides of its change', async () => {
    await answer(0, 'qian');
    const moved = await following(1, { startsAtMs: at(addDays(FIRST, 8), 870) });
    expect(moved.map(({ appointment }) => [appointment.consultId, appointment.startsAtMs, appointment.durationMinutes])).toEqual([1, 2, 3].map((index) => [id(index), at(addDays(required(DATES[index], 'a day'), 1), 870), 45]));
    expect((await starts())[0]).toBe(at(FIRST, 600));
    // 14:30 in New York, on either side of the night in which its clocks go back.
    expect((await starts()).slice(1).map((ms) => new Date(ms).toISOString())).toEqual(['2026-10-30T18:30:00.000Z', '2026-11-06T19:30:00.000Z', '2026-11-13T19:30:00.000Z']);
    const sequences = await Promise.all([0, 1, 2, 3].map(async (index) => (await read(index)).sequence));
    expect([sequences[0], sequences.slice(1).every((sequence) => sequence > 0)]).toEqual([0, true]);
    expect(await answersOf('qian')).toEqual(['accepted', 'pending', 'pending', 'pending']);
    const held = await engine.database.db.selectFrom('bookings').select('starts_at_ms').where('resource_id', '=', 'qian').orderBy('starts_at_ms').execute();
    expect(held.map((row) => row.starts_at_ms)).toEqual(await starts());
  });

  it('[SCH21] one may come to stand where the next one stood; one moved by itself comes back into line; what was called off stays so', async () => {
    await inTransaction(engine.database, (trx) => moveSession(trx, id(2), { startsAtMs: at(addDays(FIRST, 16), 900), durationMinutes: 60, venueId: null, sequence: 0 }, personId('scheduler'), NOW));
    await inTransaction(engine.database, (trx) => cancelSession(trx, id(1), '节日', NOW));
    const moved = await following(0, { startsAtMs: at(addDays(FIRST, 7), 600), durationMinutes: 60 });
    expect(moved.map(({ appointment }) => appointment.consultId)).toEqual([id(0), id(2), id(3)]);
    expect(await starts()).toEqual([7, 7, 21, 28].map((days) => at(addDays(FIRST, days), 600)));
    expect((await read(1)).state).toBe('cancelled');
  });

  it('[SCH21] [SCH1] moves none when somebody is taken on one of the days, and says who and when', async () => {
    await book(engine.database, [newSession('other', { hostPersonId: personId('qian'), startsAtMs: at(addDays(FIRST, 15), 870) })], NOW);
    const before = await starts();
    await expect(following(0, { startsAtMs: at(addDays(FIRST, 1), 870) })).rejects.toMatchObject({ code: 'schedule.conflict', taken: [{ kind: 'person', id: 'qian', fromMs: at(addDays(FIRST, 15), 870) }] });
    expect(await starts()).toEqual(before);
    expect((await read(0)).sequence).toBe(0);
  });

  it('[SCH21] [SCH4] runs over nobody’s change, and takes only a series’ session that is to be held', async () => {
    await book(engine.database, [newSession('alone', { hostPersonId: personId('sun') })], NOW);
    const move: Move = { startsAtMs: at(FIRST, 700), durationMinutes: 45, venueId: null, sequence: 0 };
    const alone = inTransaction(engine.database, (trx) => moveFollowing(trx, consultIdSchema.parse('alone'), move, personId('scheduler'), NOW));
    expect(await codeOf(alone)).toBe('input.malformed');
    expect(await codeOf(following(9, {}))).toBe('consult.notFound');
    await inTransaction(engine.database, (trx) => cancelSession(trx, id(1), '节日', NOW));
    expect(await codeOf(following(1, { startsAtMs: at(FIRST, 700) }))).toBe('record.conflict');
    await inTransaction(engine.database, (trx) => moveSession(trx, id(2), { ...move, startsAtMs: at(addDays(FIRST, 14), 700) }, personId('scheduler'), NOW));
    expect(await codeOf(following(2, { ...move, startsAtMs: at(addDays(FIRST, 14), 800) }))).toBe('record.conflict');
  });

  it('[SCH21] steps on one series at once, named by different sessions, wait for each other', async () => {
    const results = await Promise.all([
      codeOf(following(0, { startsAtMs: at(FIRST, 700) })), codeOf(following(3, { startsAtMs: at(addDays(FIRST, 21), 800) })), codeOf(following(2, { startsAtMs: at(addDays(FIRST, 14), 900) })),
      codeOf(inTransaction(engine.database, (trx) => cancelFollowing(trx, id(1), '结束', NOW))), codeOf(answer(3, 'qian')), codeOf(answer(0, 'host')),
    ]);
    // Each is done, or met the state that another had made; none was ended by the database.
    expect(results.filter((code) => !['done', 'record.conflict'].includes(code))).toEqual([]);
    expect(results).toContain('done');
  });

  it('[SCH22] an answer to a series is given to all that is open, and to nothing that was answered by itself or is over', async () => {
    await inTransaction(engine.database, (trx) => answerInvitation(trx, id(2), personId('qian'), { answer: 'declined', reason: '手术' }, NOW));
    const done = await answer(3, 'qian', { answer: 'accepted' }, at(FIRST, 660));
    expect(done.map(({ appointment }) => appointment.consultId)).toEqual([id(1), id(3)]);
    expect(await answersOf('qian')).toEqual(['pending', 'accepted', 'declined', 'accepted']);
    expect(await answersOf('host')).toEqual(['pending', 'pending', 'pending', 'pending']);
    await answer(0, 'host', { answer: 'declined', reason: '进修' });
    expect(await answersOf('host')).toEqual(['declined', 'declined', 'declined', 'declined']);
    expect((await read(3)).panel.find(({ person }) => person.id === 'host')?.reason).toBe('进修');
    expect(await engine.database.db.selectFrom('bookings').select('consult_id').where('resource_id', '=', 'host').execute()).toEqual([]);
    expect(await engine.database.db.selectFrom('consult_members').select('consult_id').where('party_id', '=', 'host').execute()).toEqual([]);
    expect([await codeOf(answer(0, 'host')), await codeOf(answer(0, 'sun')), await codeOf(answer(9, 'qian'))]).toEqual(['record.conflict', 'consult.notFound', 'consult.notFound']);
  });
});
