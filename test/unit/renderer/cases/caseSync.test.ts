import { describe, expect, it } from 'vitest';
import { type CaseId, caseChangeIdSchema, caseItemIdSchema } from '#shared/domain/ids';
import type { Party } from '#shared/domain/people';
import type { CaseOperation } from '#shared/protocol/cases';
import { AppError, toAppError } from '#shared/protocol/errors';
import { byAuthor } from '../../../../renderer/services/cases/authors.ts';
import type { CaseSync } from '../../../../renderer/services/cases/caseSync.ts';
import { viewCase } from '../../../../renderer/services/cases/caseView.ts';
import { changeOf, EXPERT, HISTORY, NURSE, summaryOf } from '../../../helpers/cases/caseFixtures.ts';
import { FakeCaseServer } from '../../../helpers/cases/fakeCaseServer.ts';
import { createMachine } from '../../../helpers/cases/machine.ts';
import { syncOf } from '../../../helpers/cases/syncedMachine.ts';

const HISTORY_ID = caseItemIdSchema.parse('history');
let changes = 0;
const nextChange = (caseId: CaseId, operation: CaseOperation) => changeOf(`change-${(changes += 1)}`, caseId, operation);
const setAllergies = (caseId: CaseId, allergies: string, baseRevision: number) => nextChange(caseId, { type: 'setFields', itemId: HISTORY_ID, baseRevision, fields: { allergies } });

async function openMachine(server: FakeCaseServer, caseId: CaseId) {
  const machine = createMachine();
  await machine.keyring.setUp(null);
  const sync = syncOf(machine, server.request);
  await sync.refreshList();
  await sync.pull(caseId);
  const view = async () => viewCase((await machine.store.items(caseId)).items, await machine.outbox.ofCase(caseId), sync.sending, NURSE);
  return { ...machine, sync, view };
}

/** Resolves when nothing waits any more. */
function sent(machine: { readonly outbox: { casesWaiting(partyId: string): Promise<unknown[]> } }, sync: CaseSync): Promise<void> {
  return new Promise((resolve) => {
    const look = () => void machine.outbox.casesWaiting(NURSE.id).then((waiting) => waiting.length === 0 && resolve());
    sync.on('caseChanged', look);
    look();
  });
}

function serverWithHistory() {
  const server = new FakeCaseServer();
  const caseId = server.addCase('case-1', { leaseUntilMs: 1e12 });
  server.submit(nextChange(caseId, { type: 'create', itemId: HISTORY_ID, content: HISTORY, text: null }));
  return { server, caseId };
}

describe('CaseSync', () => {
  it('[OFF4] shows each change where it is, and as held only what the server has', async () => {
    const { server, caseId } = serverWithHistory();
    const machine = await openMachine(server, caseId);
    await machine.outbox.add(setAllergies(caseId, '无', 1), [], NURSE);
    expect((await machine.view()).map(({ place, pendingFields }) => [place, pendingFields])).toEqual([['onlyHere', ['allergies']]]);
    server.onRequest = () => {
      throw new AppError('network.offline', 'no network');
    };
    machine.sync.handleOnline(true);
    await expect.poll(async () => (await machine.view())[0]?.place).toBe('onlyHere');
    machine.sync.handleOnline(false);
    server.onRequest = () => undefined;
    machine.sync.handleOnline(true);
    await sent(machine, machine.sync);
    await expect.poll(async () => (await machine.view()).map(({ place, content }) => [place, content.body])).toEqual([[null, { ...HISTORY.body, allergies: '无' }]]);
  });

  it('[OFF5] [CAS4] two machines set the same field without a network: the second is a conflict that shows both sides, and a person’s word settles it', async () => {
    const { server, caseId } = serverWithHistory();
    const [one, other] = [await openMachine(server, caseId), await openMachine(server, caseId)];
    await one.outbox.add(setAllergies(caseId, '青霉素、头孢', 1), [], NURSE);
    await other.outbox.add(setAllergies(caseId, '磺胺', 1), [], NURSE);
    one.sync.handleOnline(true);
    await sent(one, one.sync);
    other.sync.handleOnline(true);
    await sent(other, other.sync);
    const [item] = await other.view();
    expect(item?.place).toBe('conflict');
    expect(item?.conflict?.entry.change.operation).toMatchObject({ fields: { allergies: '磺胺' } });
    expect(item?.conflict?.receipt.conflicts).toMatchObject([{ field: 'allergies', value: '青霉素、头孢', by: { id: 'expert' } }]);
    await expect.poll(async () => (await other.view())[0]?.content.body).toMatchObject({ allergies: '青霉素、头孢' }); // the server's is what is shown
    if (!item?.conflict) throw new Error('a conflict');
    await other.outbox.resolve(item.conflict.entry, setAllergies(caseId, '磺胺', item.conflict.receipt.revision));
    other.sync.kickOutbox();
    await sent(other, other.sync);
    expect(server.cases.get(caseId)?.items.get('history')?.content.body).toMatchObject({ allergies: '磺胺' });
  });

  it('[OFF5] a case that is the writer’s no more: what was written is refused with the reason, kept, and readable', async () => {
    const { server, caseId } = serverWithHistory();
    const machine = await openMachine(server, caseId);
    await machine.outbox.add(setAllergies(caseId, '无', 1), [], NURSE);
    server.cases.delete(caseId);
    machine.sync.handleOnline(true);
    await sent(machine, machine.sync);
    expect((await machine.outbox.all()).entries.map(({ state, receipt, change }) => [state, receipt?.status === 'refused' && receipt.code, change.operation])).toMatchObject([['refused', 'record.notFound', { fields: { allergies: '无' } }]]);
    expect(await machine.database.items.count()).toBe(0);
    expect(await machine.database.keys.count()).toBe(0);
  });

  it('[KEY3] a wipe destroys keys and content, and is reported after', async () => {
    const { server, caseId } = serverWithHistory();
    const machine = await openMachine(server, caseId);
    await machine.outbox.add(setAllergies(caseId, '无', 1), [], NURSE);
    server.mustWipe = true;
    let isWiped = false;
    machine.sync.on('wiped', () => (isWiped = true));
    server.onRequest = (name) => {
      // By the time it is reported, nothing is left.
      if (name === 'case.reportWiped') expect(machine.keyring.isOpen).toBe(false);
    };
    await machine.sync.refreshList();
    expect(isWiped).toBe(true);
    expect(server.wiped).toEqual(['device-1']);
    const { database } = machine;
    expect(await Promise.all([database.cases.count(), database.items.count(), database.keys.count(), database.outbox.count()])).toEqual([0, 0, 0, 0]);
    expect(await machine.vault?.read()).toBeNull();
  });

  it('[KEY3] a lease that ends takes what was read, and not what was written', async () => {
    const { server, caseId } = serverWithHistory();
    const machine = await openMachine(server, caseId);
    const listed = server.cases.get(caseId);
    if (!listed) throw new Error('the case');
    listed.summary = { ...listed.summary, leaseUntilMs: machine.clock.wallMs() + 1000 };
    await machine.sync.refreshList();
    await machine.outbox.add(setAllergies(caseId, '无', 1), [], NURSE);
    machine.clock.advance(2000);
    expect(await machine.store.items(caseId).then(() => 'read', (error: unknown) => toAppError(error).code)).toBe('case.leaseEnded');
    expect((await machine.outbox.all()).entries.map(({ change }) => change.operation)).toMatchObject([{ fields: { allergies: '无' } }]);
    listed.summary = { ...listed.summary, leaseUntilMs: machine.clock.wallMs() + 10_000_000 };
    machine.sync.handleOnline(true);
    await sent(machine, machine.sync);
    expect(server.cases.get(caseId)?.items.get('history')?.content.body).toMatchObject({ allergies: '无' });
  });

  it('[OFF8] an entry of a newer version is named and kept, and the others open', async () => {
    const { server, caseId } = serverWithHistory();
    const machine = await openMachine(server, caseId);
    const key = await machine.keyring.caseKey(caseId, null);
    await machine.database.items.put({ caseId, itemId: 'from-tomorrow', revision: 9, sealed: await machine.cipher.sealJson(key, `item ${caseId} from-tomorrow`, { content: { kind: 'hologram' } }) });
    const damaged = await machine.cipher.sealJson(key, 'another place', {});
    await machine.database.items.put({ caseId, itemId: 'damaged', revision: 9, sealed: damaged });
    const { items, unreadable } = await machine.store.items(caseId);
    expect(items.map(({ id }) => id)).toEqual(['history']);
    expect(new Map(unreadable.map(({ itemId, error }) => [itemId, error.code]))).toEqual(new Map([['from-tomorrow', 'case.newerRecord'], ['damaged', 'storage.corrupt']]));
    expect(await machine.database.items.count()).toBe(3);
  });

  it('[KEY1] nothing of a person is readable in what is stored', async () => {
    const { server, caseId } = serverWithHistory();
    const machine = await openMachine(server, caseId);
    await machine.outbox.add(setAllergies(caseId, '青霉素过敏史', 1), [], NURSE);
    const rows = await Promise.all(machine.database.tables.map((table) => table.toArray()));
    const text = JSON.stringify(rows, (_key, value: unknown) => (value instanceof Uint8Array ? new TextDecoder('utf-8').decode(value) + new TextDecoder('utf-16le').decode(value) : value));
    for (const word of ['欧阳', '气促', '青霉素', '呼吸困难', 'vitals', 'setFields', '何晓芸', 'He Xiaoyun']) expect(text).not.toContain(word);
  });

  it('[CAS10] a case of many pages is complete, and one transaction holds items and the revision reached', async () => {
    const server = new FakeCaseServer();
    const caseId = server.addCase('case-long', { leaseUntilMs: 1e12 });
    for (let index = 0; index < 450; index += 1) {
      server.submit(nextChange(caseId, { type: 'create', itemId: caseItemIdSchema.parse(`vitals-${index}`), text: null, content: { kind: 'vitals', body: { measuredAtMs: index, heartRatePerMin: 70, respiratoryRatePerMin: null, systolicMmHg: null, diastolicMmHg: null, oxygenSaturationPercent: null, temperatureC: null } } }));
    }
    const machine = await openMachine(server, caseId);
    expect((await machine.store.items(caseId)).items).toHaveLength(450);
    expect((await machine.store.one(caseId))?.revision).toBe(450);
  });

  it('a list that shrinks takes the copies with it, keys first', async () => {
    const { server, caseId } = serverWithHistory();
    const stays = server.addCase('case-2', { ...summaryOf('case-2'), leaseUntilMs: 1e12 });
    const machine = await openMachine(server, caseId);
    await machine.sync.pull(stays);
    server.cases.delete(caseId);
    await machine.sync.refreshList();
    expect((await machine.store.list()).cases.map(({ summary }) => summary.id)).toEqual([stays]);
    expect(await machine.database.keys.toCollection().primaryKeys()).toEqual([stays]);
  });

  it('[OFF8] a damaged change is counted, and holds up none of the others', async () => {
    const { server, caseId } = serverWithHistory();
    const machine = await openMachine(server, caseId);
    await machine.outbox.add(setAllergies(caseId, '花生', 1), [], NURSE);
    await machine.outbox.add(setAllergies(caseId, '无', 1), [], NURSE);
    const first = await machine.database.outbox.orderBy('order').first();
    if (!first) throw new Error('a change');
    await machine.database.outbox.update(first.order, { sealed: first.sealed.map((byte) => byte ^ 1) });
    machine.sync.handleOnline(true);
    await expect.poll(() => server.cases.get(caseId)?.items.get('history')?.content.body).toMatchObject({ allergies: '无' });
    expect((await machine.outbox.all()).unreadable).toBe(1);
    expect(await machine.outbox.unsentByCase()).toEqual(new Map([[caseId, 1]]));
  });

  it('[OFF9] a change whose file is lost goes among the refused, and those around it arrive', async () => {
    const { server, caseId } = serverWithHistory();
    const machine = createMachine();
    await machine.keyring.setUp(null);
    const sync = syncOf(machine, server.request, {
      send: async (_caseId, name) => {
        if (name === 'lost') throw new AppError('attachment.damaged', 'gone');
      },
    });
    const add = (id: string, needs: readonly string[]) => machine.outbox.add(changeOf(id, caseId, { type: 'create', itemId: caseItemIdSchema.parse(id), content: { kind: 'note', body: { title: id } }, text: null }), needs, NURSE);
    await add('before', []);
    await add('broken', ['lost']);
    await add('after', ['whole']);
    sync.handleOnline(true);
    await sent(machine, sync);
    expect((await machine.outbox.ofCase(caseId)).map(({ change, state, receipt }) => [change.id, state, receipt?.status === 'refused' ? receipt.code : null])).toEqual([['before', 'held', null], ['broken', 'refused', 'attachment.damaged'], ['after', 'held', null]]);
  });

  it('[KEY3] a locked machine that is asked to wipe does so without being unlocked, and keeps nothing else of the answer', async () => {
    const { server, caseId } = serverWithHistory();
    const machine = await openMachine(server, caseId);
    machine.keyring.lock();
    await machine.sync.refreshList();
    expect(await machine.database.items.count()).toBe(1);
    server.mustWipe = true;
    await machine.sync.refreshList();
    expect([await machine.database.keys.count(), await machine.database.items.count(), server.wiped]).toEqual([0, 0, ['device-1']]);
  });

  it('the same change added twice is one', async () => {
    const { server, caseId } = serverWithHistory();
    const machine = await openMachine(server, caseId);
    const change = { ...setAllergies(caseId, '无', 1), id: caseChangeIdSchema.parse('once') };
    await Promise.all([machine.outbox.add(change, [], NURSE), machine.outbox.add(change, [], NURSE)]);
    expect((await machine.outbox.all()).entries).toHaveLength(1);
  });

  it('[OFF10] what somebody left unsent does not go out under another’s name: it waits for them, counted and named', async () => {
    const { server, caseId } = serverWithHistory();
    const machine = createMachine();
    await machine.keyring.setUp(null);
    let signedIn: Party | null = EXPERT;
    const sync = syncOf(machine, server.request, {}, () => signedIn);
    await sync.refreshList();
    await sync.pull(caseId);
    const hers = setAllergies(caseId, '花生', 1);
    await machine.outbox.add(hers, [], NURSE);
    const his = nextChange(caseId, { type: 'create', itemId: caseItemIdSchema.parse('opinion-1'), content: { kind: 'opinion', body: { findings: 'x', recommendation: '' } }, text: null });
    await machine.outbox.add(his, [], EXPERT);
    const arrived = (id: string) => new Promise<void>((resolve) => {
      const look = () => server.applied.some((change) => change.id === id) && resolve();
      sync.on('caseChanged', look);
    });
    const first = arrived(his.id);
    sync.handleOnline(true);
    await first;
    expect(server.applied.map(({ id }) => id)).not.toContain(hers.id);
    const { own, others } = byAuthor((await machine.outbox.all()).entries, EXPERT.id);
    expect(own.map(({ change }) => change.id)).toEqual([his.id]);
    expect(others).toMatchObject([{ author: NURSE, entries: [{ change: hers, state: 'waiting', attempts: 0 }] }]);

    const second = arrived(hers.id);
    sync.handleOnline(false);
    signedIn = NURSE;
    sync.handleOnline(true);
    await second;
    await expect.poll(async () => byAuthor((await machine.outbox.all()).entries, EXPERT.id).others).toEqual([]);
  });

  it('[OFF10] a change on its way is not sent when somebody else signs in meanwhile', async () => {
    const { server, caseId } = serverWithHistory();
    const machine = createMachine();
    await machine.keyring.setUp(null);
    let signedIn: Party = NURSE;
    let uploads = 0;
    const sync = syncOf(machine, server.request, {
      send: async () => {
        signedIn = EXPERT;
        uploads += 1;
      },
    }, () => signedIn);
    await machine.outbox.add(setAllergies(caseId, '花生', 1), ['file'], NURSE);
    let submits = 0;
    server.onRequest = (name) => {
      if (name === 'case.submit') submits += 1;
    };
    const settled = new Promise<void>((resolve) => sync.on('caseChanged', () => uploads > 0 && sync.sending.size === 0 && resolve()));
    sync.handleOnline(true);
    await settled;
    expect([uploads, submits, (await machine.outbox.casesWaiting(NURSE.id)).length]).toEqual([1, 0, 1]);
  });

  it('asks for the list once for all that change meanwhile of which nothing is here', async () => {
    const { server, caseId } = serverWithHistory();
    const machine = await openMachine(server, caseId);
    machine.sync.handleOnline(true);
    const others = Array.from({ length: 20 }, (_, index) => server.addCase(`other-${index}`));
    let lists = 0;
    server.onRequest = (name) => (name === 'case.list' ? void (lists += 1) : undefined);
    await expect.poll(() => lists).toBe(1); // the round that begins with being online
    for (const other of others) await machine.sync.handleChanged(other, 5);
    expect(lists).toBe(1);
    machine.clock.advance(1000);
    await expect.poll(async () => (await machine.store.list()).cases.length).toBe(21);
    machine.clock.advance(60_000);
    expect(lists).toBe(2);
  });

  it('[OFF8] a case that a newer server describes in its own way leaves the others listed, and its copy where it is', async () => {
    const { server, caseId } = serverWithHistory();
    const machine = await openMachine(server, caseId);
    const second = server.addCase('second');
    Object.assign(server.cases.get(caseId)?.summary ?? {}, { patientName: { family: '欧阳' }, patientSex: 'both' });
    await machine.sync.refreshList();
    const { cases, unreadable } = await machine.store.list();
    expect([cases.map(({ summary }) => summary.id), unreadable]).toEqual([[second], 1]);
    expect((await machine.store.items(caseId)).items.map(({ id }) => id)).toEqual(['history']);
  });

  it('[OFF8] what a newer server sends is set aside sealed and named, and the rest of the page arrives', async () => {
    const { server, caseId } = serverWithHistory();
    const hologram = { id: 'from-tomorrow', revision: 2, content: { kind: 'hologram', body: { title: '未来的影像' } }, author: NURSE };
    const reshaped = { id: 'vitals-new-shape', revision: 3, content: { kind: 'vitals', body: { rounds: [] } } };
    server.unknown.set(caseId, [hologram, reshaped]);
    server.submit(nextChange(caseId, { type: 'create', itemId: caseItemIdSchema.parse('note-1'), content: { kind: 'note', body: { title: '交班' } }, text: null }));
    const machine = await openMachine(server, caseId);
    const { items, unreadable } = await machine.store.items(caseId);
    expect(items.map(({ id }) => id).sort()).toEqual(['history', 'note-1']);
    expect(unreadable.map(({ itemId, error }) => [itemId, error.code]).sort()).toEqual([['from-tomorrow', 'case.newerRecord'], ['vitals-new-shape', 'case.newerRecord']]);
    // As it came, for the program that understands it; and not readable without the key.
    const row = await machine.database.items.get([caseId, 'from-tomorrow']);
    if (!row) throw new Error('the item');
    expect(new TextDecoder().decode(row.sealed)).not.toContain('hologram');
    expect(await machine.cipher.openJson(await machine.keyring.caseKey(caseId, null), `item ${caseId} from-tomorrow`, row.sealed)).toEqual(hologram);
  });
});
