import { beforeEach, expect, it } from 'vitest';
import type { CaseId, ConsultId, PeerId } from '#shared/domain/ids';
import { toAppError } from '#shared/protocol/errors';
import { PresenceLog } from '../../../sfu-server/rooms/presenceLog.ts';
import type { Peer } from '../../../sfu-server/rooms/peer.ts';
import { createInSessionHandlers } from '../../../sfu-server/signaling/handlers/inSession.ts';
import { createInSession, type InSession } from '../../../sfu-server/storage/inSession.ts';
import { aConsult, CaseHall, changeOf, contentOf, create } from '../../helpers/caseHall.ts';
import { onEachEngine } from '../../helpers/onEachEngine.ts';
import { createServerParts, type ServerParts } from '../../helpers/serverParts.ts';

onEachEngine('in session', (engine) => {
  let parts: ServerParts;
  let hall: CaseHall;
  let store: InSession;
  let log: PresenceLog;
  let changed: ConsultId[];
  let consultId: ConsultId;
  let caseId: CaseId;

  beforeEach(async () => {
    parts = createServerParts(engine.database);
    hall = await CaseHall.open(parts);
    caseId = await hall.consult('one', ['expert'], { state: 'inSession' });
    consultId = aConsult('one');
    store = createInSession(engine.database.db);
    changed = [];
    log = new PresenceLog({ store, clock: parts.clock, onChanged: (id) => changed.push(id), onFailure: (error) => { throw error; } });
  });

  // The log reads no more of a peer than these two.
  const peer = (id: string, who: string) => ({ id: id as PeerId, party: hall.as(who).party }) as Peer;
  const handlers = () => createInSessionHandlers({ consults: parts.consults, organisations: parts.organisations, inSession: store, audit: parts.audit, clock: parts.clock, onChanged: (id) => changed.push(id) });
  const context = (who: string) => ({ identity: hall.as(who) }) as Parameters<ReturnType<typeof handlers>['consult.agenda']>[0]; // these handlers look at nothing else
  const item = (title: string) => ({ id: title, title, minutes: 10, who: '' });

  it('[INS1] keeps each stay from entering to leaving, also when both come at once', async () => {
    const startMs = parts.clock.wallMs();
    const [first, second] = [peer('p-1', 'expert'), peer('p-2', 'doctor')];
    log.entered(consultId, first);
    log.entered(consultId, second);
    log.left(second);
    parts.clock.advance(60_000);
    log.left(first);
    log.left(peer('p-3', 'expert'));
    await log.settle();
    expect((await store.presence(consultId, parts.clock.wallMs())).map(({ party, enteredAtMs, leftAtMs }) => [party.id, enteredAtMs - startMs, leftAtMs === null ? null : leftAtMs - startMs])).toEqual([['expert', 0, 60_000], ['doctor', 0, 0]]);
    expect(changed).toHaveLength(4);
  });

  it('[INS2] ends a stay whose server was killed when it last said that it went on', async () => {
    log.entered(consultId, peer('p-1', 'expert'));
    await log.settle();
    parts.clock.advance(60_000);
    await log.beat();
    const seenMs = parts.clock.wallMs();
    parts.clock.advance(120_000);
    expect((await store.presence(consultId, parts.clock.wallMs()))[0]?.leftAtMs).toBeNull();
    parts.clock.advance(60_000);
    expect((await store.presence(consultId, parts.clock.wallMs()))[0]?.leftAtMs).toBe(seenMs);
  });

  it('[INS3] is read by those who may enter, and by nobody else', async () => {
    const read = (who: string) => handlers()['consult.presence'](context(who), { consultId }).then(() => 'done', (error: unknown) => toAppError(error).code);
    expect([await read('expert'), await read('scheduler'), await read('farscheduler')]).toEqual(['done', 'done', 'consult.notMember']);
  });

  it('[INS4] writes an agenda over the version that was seen, and shows what is there otherwise', async () => {
    const set = (baseVersion: number, title: string) => handlers()['consult.setAgenda'](context('expert'), { consultId, baseVersion, items: [item(title)] });
    const answers = await Promise.all([set(0, 'a'), set(0, 'b')]);
    expect(answers.map(({ status }) => status).sort()).toEqual(['conflict', 'saved']);
    expect(await set(1, 'c')).toMatchObject({ status: 'saved', agenda: { version: 2, items: [{ title: 'c' }] } });
    expect(await set(1, 'd')).toMatchObject({ status: 'conflict', agenda: { version: 2, items: [{ title: 'c' }] } });
    expect(await handlers()['consult.agenda'](context('expert'), { consultId })).toMatchObject({ agenda: { version: 2 } });
  });

  it('[INS5] begun by two people at once, the minutes are one note; another note keeps its id to itself', async () => {
    const begin = async (who: string, id: string) => (await parts.caseFiles.submit(hall.as(who), caseId, [changeOf(caseId, create(id, contentOf('note')))])).map((receipt) => (receipt.status === 'refused' ? receipt.code : receipt.status));
    expect([await begin('doctor', 'minutes-one'), await begin('expert', 'minutes-one')]).toEqual([['held'], ['held']]);
    expect([await begin('doctor', 'note-one'), await begin('expert', 'note-one')]).toEqual([['held'], ['record.conflict']]);
    const kept = await engine.database.db.selectFrom('case_items').select(['id', 'author']).where('case_id', '=', caseId).where('id', '=', 'minutes-one' as never).execute();
    expect(kept.map(({ author }) => author.id)).toEqual(['doctor']);
  });
});
