import { beforeEach, expect, it } from 'vitest';
import { type CaseId, consultIdSchema } from '#shared/domain/ids';
import { required } from '#shared/lib/assert';
import { CASE_REQUESTS, type CaseReceipt } from '#shared/protocol/cases';
import { plainTextOf } from '../../../sfu-server/cases/noteText.ts';
import { aCase, aConsult, CaseHall, changeOf, contentOf, create, mergeText, NoteCopy, retract, setFields } from '../../helpers/caseHall.ts';
import { onEachEngine } from '../../helpers/onEachEngine.ts';
import { createServerParts, orgId, type ServerParts } from '../../helpers/serverParts.ts';

const outcome = (receipt: CaseReceipt | undefined) => (receipt?.status === 'refused' ? receipt.code : receipt?.status);

onEachEngine('changes of a case', (engine) => {
  let parts: ServerParts;
  let hall: CaseHall;
  let caseId: CaseId;

  beforeEach(async () => {
    parts = createServerParts(engine.database);
    hall = await CaseHall.open(parts);
    caseId = await hall.consult('one', ['expert', 'nurse', 'cart']);
  });

  it('begins with the patient and the question, for every consult that is arranged', async () => {
    const { items, revision, summary } = await hall.read('doctor', caseId);
    expect(items.map((item) => [item.id, item.revision, item.content.body])).toEqual([
      ['patient', 1, { name: '陈小明', sex: 'male', birthDate: null, ageYears: 65, recordNumber: null, phone: null }],
      ['request', 2, { question: '？', diagnosis: '', urgency: 'routine', ward: '', bed: '', kind: 'consultation', wanted: [], preferredTimes: [], needsCart: false }],
    ]);
    expect([revision, summary.revision, summary.patientName, summary.consultIds, summary.nextConsultAtMs]).toEqual([2, 2, '陈小明', ['one'], parts.clock.wallMs() + 3_600_000]);
  });

  it('[CAS1] applies a change once, whoever sends it again, and answers as the first time', async () => {
    const change = changeOf(caseId, create('v1', contentOf('vitals')));
    const [first] = await parts.caseFiles.submit(hall.as('nurse'), caseId, [change]);
    expect(first).toMatchObject({ status: 'held', revision: 3 });
    parts.clock.advance(5000);
    const again = await Promise.all(['nurse', 'doctor', 'expert'].map((who) => parts.caseFiles.submit(hall.as(who), caseId, [change, change])));
    expect(again.flat()).toEqual(Array(6).fill(first));
    expect((await hall.read('doctor', caseId)).items).toHaveLength(3);
  });

  it('[CAS1] is kept once by the database itself, whatever a process believes', async () => {
    const change = changeOf(caseId, create('v1', contentOf('vitals')));
    await parts.caseFiles.submit(hall.as('nurse'), caseId, [change]);
    const row = await engine.database.db.selectFrom('case_changes').selectAll().where('id', '=', change.id).executeTakeFirstOrThrow();
    const again = { ...row, revision: 99, receipt: JSON.stringify(row.receipt), fields: JSON.stringify(row.fields), author: JSON.stringify(row.author) };
    await expect(engine.database.db.insertInto('case_changes').values(again).execute()).rejects.toThrow(/unique/);
  });

  it('[CAS1] refuses the id with another content, and remembers conflicts and refusals as well', async () => {
    const change = changeOf(caseId, create('v1', contentOf('vitals')));
    await parts.caseFiles.submit(hall.as('nurse'), caseId, [change]);
    const [other] = await parts.caseFiles.submit(hall.as('nurse'), caseId, [{ ...change, operation: create('v2', contentOf('vitals')) }]);
    expect(outcome(other)).toBe('record.conflict');
    const early = changeOf(caseId, setFields('history', 0, { allergies: 'x' }));
    expect(outcome((await parts.caseFiles.submit(hall.as('nurse'), caseId, [early]))[0])).toBe('record.notFound');
    await hall.submit('doctor', caseId, create('history', contentOf('history')));
    expect(outcome((await parts.caseFiles.submit(hall.as('nurse'), caseId, [early]))[0])).toBe('record.notFound');
  });

  it('[CAS1] is the same change in whatever order its fields were sent', async () => {
    const [first] = await parts.caseFiles.submit(hall.as('nurse'), caseId, [changeOf(caseId, setFields('request', 2, { ward: 'A', bed: '1' }), 'same')]);
    const [again] = await parts.caseFiles.submit(hall.as('nurse'), caseId, [changeOf(caseId, setFields('request', 2, { bed: '1', ward: 'A' }), 'same')]);
    expect([outcome(first), again]).toEqual(['held', first]);
  });

  it('[CAS3] raises the revision by one for each, also when many write at once over two processes', async () => {
    const other = createServerParts(await engine.openAnother(), parts.clock);
    const writers = Array.from({ length: 24 }, (_, index) => (index % 2 === 0 ? parts : other).caseFiles.submit(hall.as(['nurse', 'doctor', 'expert'][index % 3] ?? 'nurse'), caseId, [changeOf(caseId, create(`v${index}`, contentOf('vitals')))]));
    const receipts = (await Promise.all(writers)).flat();
    expect(receipts.map((receipt) => (receipt.status === 'held' ? receipt.revision : 0)).sort((a, b) => a - b)).toEqual(Array.from({ length: 24 }, (_, index) => index + 3));
    expect((await hall.read('doctor', caseId)).items.map((item) => item.revision)).toEqual(Array.from({ length: 26 }, (_, index) => index + 1));
  });

  it('[CTL113] a record of remote control is handed over by who stands beside the patient, and says whose it is', async () => {
    const control = { consultId: consultIdSchema.parse('one'), part: 1, from: 3, to: 90, lastHash: 'a'.repeat(64) };
    const body = { category: 'controlRecord', title: '林 · S1', takenAtMs: 1, attachment: { hash: 'b'.repeat(64), sizeBytes: 7, mediaType: 'application/x-ndjson', fileName: 'r.ndjson' } } as const;
    const ask = async (who: string, changed: object) => outcome((await parts.caseFiles.submit(hall.as(who), caseId, [changeOf(caseId, create('r1', { kind: 'document', body: { ...body, ...changed } }))]))[0]);
    for (const who of ['nurse', 'cart']) expect(await ask(who, { control })).toBe('record.attachmentMissing'); // by the rule it may
    for (const who of ['expert', 'doctor']) expect(await ask(who, { control })).toBe('auth.forbidden');
    expect(await ask('nurse', {})).toBe('input.malformed');
    expect(await ask('nurse', { control, category: 'report' })).toBe('input.malformed');
  });

  it('[CAS4] shows what is there, by whom and since when, and applies nothing', async () => {
    await hall.submit('doctor', caseId, create('history', contentOf('history')));
    parts.clock.advance(1000);
    const [held] = await hall.submit('expert', caseId, setFields('history', 3, { allergies: '碘', medication: '阿司匹林' }));
    parts.clock.advance(1000);
    const [conflict] = await hall.submit('nurse', caseId, setFields('history', 3, { allergies: '头孢', pastHistory: '高血压' }));
    expect(conflict).toMatchObject({ status: 'conflict', revision: 4, conflicts: [{ field: 'allergies', value: '碘', revision: 4, by: { id: 'expert' }, atMs: held?.status === 'held' ? held.heldAtMs : 0 }] });
    expect((await hall.read('nurse', caseId)).items.at(-1)?.content.body).toMatchObject({ allergies: '碘', pastHistory: '' });
    expect(outcome((await hall.submit('nurse', caseId, setFields('history', 4, { allergies: '头孢' })))[0])).toBe('held');
  });

  it('[CAS4] takes changes of other fields, and one’s own of before, from the same base', async () => {
    await hall.submit('doctor', caseId, create('history', contentOf('history')));
    await hall.submit('expert', caseId, setFields('history', 3, { allergies: '碘' }));
    const receipts = await hall.submit('nurse', caseId, setFields('history', 3, { pastHistory: '一' }), setFields('history', 3, { pastHistory: '二' }));
    expect(receipts.map(outcome)).toEqual(['held', 'held']);
    const item = (await hall.read('nurse', caseId)).items.at(-1);
    expect([item?.content.body, item?.fieldRevisions]).toMatchObject([{ allergies: '碘', pastHistory: '二' }, { presentIllness: 3, allergies: 4, pastHistory: 6 }]);
  });

  it('[CAS4] sees somebody else’s value behind one of one’s own', async () => {
    await hall.submit('expert', caseId, setFields('request', 2, { ward: 'A' }));
    await hall.submit('nurse', caseId, setFields('request', 3, { ward: 'B' }));
    const [late] = await hall.submit('nurse', caseId, setFields('request', 2, { ward: 'C' })); // made before A was seen, on another machine
    expect(late).toMatchObject({ status: 'conflict', conflicts: [{ field: 'ward', value: 'B', by: { id: 'nurse' } }] });
  });

  it('[CAS4] begins what somebody else has begun by setting its fields', async () => {
    await hall.submit('doctor', caseId, create('examination', contentOf('examination', { general: '神清' })));
    expect(outcome((await hall.submit('nurse', caseId, create('examination', contentOf('examination', { general: '神清' }))))[0])).toBe('held');
    expect((await hall.submit('nurse', caseId, create('examination', contentOf('examination', { general: '嗜睡' }))))[0]).toMatchObject({ status: 'conflict', conflicts: [{ field: 'general', value: '神清' }] });
  });

  it('[CAS5] holds what is there already, and lets the field keep its revision', async () => {
    await hall.submit('expert', caseId, setFields('request', 2, { ward: 'A' }));
    expect(await hall.submit('nurse', caseId, setFields('request', 2, { ward: 'A' }))).toMatchObject([{ status: 'held', revision: 4 }]);
    expect((await hall.read('nurse', caseId)).items.at(-1)).toMatchObject({ id: 'request', revision: 4, fieldRevisions: { ward: 3 } });
  });

  it('[CAS6] merges what three wrote, in whatever order it comes', async () => {
    const copies = [new NoteCopy(11), new NoteCopy(22), new NoteCopy(33)];
    const [first, ...later] = copies.flatMap((copy, writer) => [0, 1, 2].map((line) => ({ update: copy.type(`${writer}-${line}`) })));
    await hall.submit('nurse', caseId, create('note-1', contentOf('note'), first?.update));
    for (const { update } of later.reverse()) await hall.submit('expert', caseId, mergeText('note-1', update));
    const text = (await hall.read('doctor', caseId)).items.at(-1)?.text ?? '';
    expect(plainTextOf(Buffer.from(text, 'base64')).split('\n').sort()).toEqual(['0-0', '0-1', '0-2', '1-0', '1-1', '1-2', '2-0', '2-1', '2-2']);
    const reader = new NoteCopy(1);
    reader.take(text);
    expect(reader.doc.getXmlFragment('default').length).toBe(9);
  });

  it('[CAS7] changes nothing that is fixed, and keeps what was taken back, by whoever was first', async () => {
    await hall.submit('nurse', caseId, create('v1', contentOf('vitals')), create('o1', contentOf('opinion')));
    expect((await hall.submit('nurse', caseId, setFields('v1', 4, { heartRatePerMin: 60 }))).map(outcome)).toEqual(['record.fixed']);
    expect((await hall.submit('doctor', caseId, retract('v1', '录入错误'))).map(outcome)).toEqual(['held']);
    expect((await hall.submit('nurse', caseId, retract('o1'))).map(outcome)).toEqual(['held']);
    expect((await hall.submit('nurse', caseId, retract('v1', 'later'), setFields('o1', 6, { findings: 'x' }))).map(outcome)).toEqual(['held', 'record.fixed']);
    const items = (await hall.read('nurse', caseId)).items;
    expect(items.find((item) => item.id === 'v1')).toMatchObject({ content: { body: { heartRatePerMin: 88 } }, retraction: { by: { id: 'doctor' }, reason: '录入错误' } });
    expect((await hall.submit('nurse', caseId, retract('patient'))).map(outcome)).toEqual(['input.malformed']);
  });

  it('[CAS7] still merges into a note that was taken back: nobody’s words are lost', async () => {
    const copy = new NoteCopy(7);
    await hall.submit('nurse', caseId, create('n', contentOf('note'), copy.type('一')), retract('n'));
    expect((await hall.submit('expert', caseId, mergeText('n', copy.type('二')))).map(outcome)).toEqual(['held']);
  });

  it('[CAS11] lets nobody but its author change an opinion or take it back', async () => {
    await hall.submit('expert', caseId, create('o1', contentOf('opinion', { findings: '所见' })));
    expect((await hall.submit('doctor', caseId, setFields('o1', 3, { findings: 'x' }), retract('o1'))).map(outcome)).toEqual(['record.notAuthor', 'record.notAuthor']);
    expect((await hall.read('nurse', caseId)).items.at(-1)).toMatchObject({ id: 'o1', revision: 3, content: { body: { findings: '所见' } }, retraction: null });
    expect((await hall.submit('expert', caseId, setFields('o1', 3, { findings: '续' }), retract('o1'))).map(outcome)).toEqual(['held', 'held']);
  });

  it('[CAS8] refuses an item whose attachment is not held', async () => {
    const receipts = await hall.submit('nurse', caseId, create('d1', contentOf('document')), create('c1', contentOf('consent')));
    expect(receipts.map(outcome)).toEqual(['record.attachmentMissing', 'record.attachmentMissing']);
  });

  it('[CAS9] goes on after a refusal, in order', async () => {
    const receipts = await hall.submit('nurse', caseId, create('v1', contentOf('vitals')), create('v1', contentOf('vitals')), mergeText('v1', 'AAA='), mergeText('nowhere', 'AAA='), create('v2', contentOf('vitals')));
    expect(receipts.map(outcome)).toEqual(['held', 'record.conflict', 'input.malformed', 'record.notFound', 'held']);
    expect(receipts.map((receipt) => (receipt.status === 'held' ? receipt.revision : null))).toEqual([3, null, null, null, 4]);
  });

  it.each([
    ['an id of another kind', create('history', contentOf('vitals'))],
    ['an id of its own for what there is one of', create('my-history', contentOf('history'))],
    ['a text for what has none', create('v1', contentOf('vitals'), 'AAA=')],
    ['no field', setFields('patient', 2, {})],
    ['a field of another kind', setFields('patient', 2, { ward: 'x' })],
    ['a field nobody has', setFields('patient', 2, { __proto__x: 1, constructor: 1 })],
    ['a value that does not fit', setFields('patient', 2, { ageYears: 900 })],
    ['a base that is yet to come', setFields('patient', 99, { ageYears: 9 })],
    ['a text that no database keeps', setFields('patient', 2, { name: 'a\u0000b' })],
    ['half a character', setFields('patient', 2, { name: '\ud83d' })],
    ['a note that is no Yjs update', create('n1', contentOf('note'), 'AQID/w==')],
    ['a note that is not base64', create('n1', contentOf('note'), '***')],
  ])('refuses %s with a code', async (_what, operation) => {
    expect((await hall.submit('nurse', caseId, operation)).map(outcome)).toEqual(['input.malformed']);
    expect((await hall.read('nurse', caseId)).revision).toBe(2);
  });

  it('refuses a submission with a change of another case as a whole', async () => {
    await expect(parts.caseFiles.submit(hall.as('nurse'), caseId, [changeOf(aCase('case-two'), create('v1', contentOf('vitals')))])).rejects.toMatchObject({ code: 'input.malformed' });
  });

  it('[CAS10] gives each item once, at its newest, in pages of any size and of about a megabyte', async () => {
    await hall.submit('nurse', caseId, ...Array.from({ length: 12 }, (_, index) => create(`v${index}`, contentOf('vitals'))), retract('v3'));
    const whole = await hall.read('nurse', caseId);
    expect(whole.items.map((item) => item.id).at(-1)).toBe('v3');
    for (const limit of [1, 2, 5, 13, 14]) expect((await hall.read('doctor', caseId, limit)).items).toEqual(whole.items);
    const long = '长'.repeat(20_000);
    for (let index = 0; index < 10; index += 1) await hall.submit('expert', caseId, create(`o${index}`, contentOf('opinion', { findings: long, recommendation: long })));
    const page = await parts.caseFiles.changes(hall.as('doctor'), caseId, whole.revision, 500);
    expect([page.items.length, page.hasMore, page.revision]).toEqual([8, true, whole.revision + 8]);
    expect(CASE_REQUESTS['case.changes'].result.safeParse({ ...page, serverTimeMs: 1 }).error).toBeUndefined();
  });

  it('[CAS10] tells who is ahead of the server where the server is', async () => {
    expect(await parts.caseFiles.changes(hall.as('doctor'), caseId, 900, 10)).toMatchObject({ items: [], revision: 2, hasMore: false });
  });

  it('goes on with the case of an earlier consult', async () => {
    await hall.consult('two', ['expert'], { caseFile: { id: caseId, begunBy: hall.as('scheduler').party } });
    expect((await hall.read('doctor', caseId)).summary.consultIds).toEqual(['one', 'two']);
    expect(await parts.consults.byId(aConsult('two'))).toMatchObject({ organisationId: orgId('county') });
  });

  it('[ACC6] audits each held change in the same transaction, without content', async () => {
    await hall.submit('nurse', caseId, create('v1', contentOf('vitals')), setFields('patient', 2, { phone: '13800000000' }), create('v1', contentOf('vitals')));
    const entries = await parts.audit.list({ beforeSequence: null, limit: 50, outcome: null }, null);
    expect(entries.map((entry) => `${entry.actorId} ${entry.action} ${entry.subject}`)).toEqual([`nurse case.setFields ${caseId} 4`, `nurse case.create ${caseId} 3`, `nurse case.read ${caseId}`]);
    expect(await parts.audit.verifyChain()).toMatchObject({ type: 'whole' });
    expect(required(entries[0], 'an entry').subject).not.toContain('138');
  });
});
