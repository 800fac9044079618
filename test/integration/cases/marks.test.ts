import * as Y from 'yjs';
import { beforeEach, expect, it } from 'vitest';
import { CASE_ITEM_KINDS } from '#shared/domain/caseFile';
import type { CaseId } from '#shared/domain/ids';
import { toAppError } from '#shared/protocol/errors';
import type { CaseReceipt } from '#shared/protocol/cases';
import { CaseHall, changeOf, create } from '../../helpers/caseHall.ts';
import { aMark, MarksCopy } from '../../helpers/imaging/marks.ts';
import { onEachEngine } from '../../helpers/onEachEngine.ts';
import { createServerParts, type ServerParts } from '../../helpers/serverParts.ts';

const outcome = (receipt: CaseReceipt | undefined) => (receipt?.status === 'refused' ? receipt.code : receipt?.status);

onEachEngine('marks on the images of a case', (engine) => {
  let parts: ServerParts;
  let hall: CaseHall;
  let caseId: CaseId;

  beforeEach(async () => {
    parts = createServerParts(engine.database);
    hall = await CaseHall.open(parts);
    caseId = await hall.consult('one', ['expert', 'nurse']);
  });

  const idOf = (who: string) => hall.as(who).party.id;
  const submit = async (who: string, update: string) => outcome((await parts.caseFiles.submit(hall.as(who), caseId, [changeOf(caseId, create('marks', { kind: 'marks', body: {} }, update))]))[0]);
  const kept = async () => {
    const { items } = await hall.read('doctor', caseId);
    return MarksCopy.of(items.find(({ id }) => id === 'marks')?.text ?? null);
  };

  it('[IMG30] whoever may write draws; what several drew apart comes together, each mark once', async () => {
    const [mine, yours] = [new MarksCopy(), new MarksCopy()];
    const [a, b] = [aMark('mark-expert', idOf('expert')), aMark('mark-nurse', idOf('nurse'))];
    const [first, second] = [mine.set(a), yours.set(b)];
    expect(await submit('expert', first)).toBe('held');
    expect(await submit('nurse', second)).toBe('held');
    expect(await submit('nurse', second)).toBe('held'); // sent again
    const both = await kept();
    expect(both.marks).toEqual({ [a.id]: a, [b.id]: b });
    expect(CASE_ITEM_KINDS.marks.count).toBe('one');
  });

  it('[IMG30] in a consult of the case, also who does not write in it elsewhere draws', async () => {
    const update = new MarksCopy().set(aMark('mark-one', idOf('scheduler')));
    await expect(parts.caseFiles.submit(hall.as('scheduler'), caseId, [changeOf(caseId, create('marks', { kind: 'marks', body: {} }, update))])).rejects.toMatchObject({ code: 'auth.forbidden' });
    await parts.caseFiles.mark(hall.as('scheduler').party, caseId, update);
    expect(Object.keys((await kept()).marks)).toEqual(['mark-one']);
  });

  it('[IMG27] a mark is of who draws it and stays so; a locked one is changed and taken away by its author only', async () => {
    const copy = new MarksCopy();
    expect(await submit('nurse', new MarksCopy().set(aMark('mark-false', idOf('expert'))))).toBe('record.notAuthor');
    expect(await submit('expert', copy.set(aMark('mark-open', idOf('expert'))))).toBe('held');
    expect(await submit('expert', copy.set(aMark('mark-shut', idOf('expert'), { isLocked: true })))).toBe('held');
    const theirs = await kept();
    expect(await submit('nurse', theirs.set(aMark('mark-open', idOf('expert'), { text: 'moved' })))).toBe('held');
    for (const spoil of [
      (marks: MarksCopy) => marks.set(aMark('mark-open', idOf('nurse'))),
      (marks: MarksCopy) => marks.set(aMark('mark-shut', idOf('expert'), { isLocked: false })),
      (marks: MarksCopy) => marks.remove('mark-shut'),
    ]) expect(await submit('nurse', spoil(await kept()))).toBe('record.notAuthor');
    await expect(parts.caseFiles.mark(hall.as('nurse').party, caseId, (await kept()).remove('mark-shut'))).rejects.toMatchObject({ code: 'record.notAuthor' });
    expect((await kept()).marks).toMatchObject({ 'mark-open': { text: 'moved', authorId: idOf('expert') }, 'mark-shut': { isLocked: true } });
    const own = await kept();
    expect(await submit('expert', own.remove('mark-shut'))).toBe('held');
    expect(Object.keys((await kept()).marks)).toEqual(['mark-open']);
  });

  it('[IMG27] what is no mark, is something else, or builds on what is not here is refused, and nothing of it is kept', async () => {
    const other = new Y.Doc();
    other.getText('elsewhere').insert(0, 'x');
    const unseen = new MarksCopy();
    unseen.set(aMark('mark-first', idOf('nurse')));
    const updates = [
      new MarksCopy().set({ ...aMark('mark-bad1', idOf('nurse')), points: [] }),
      new MarksCopy().set({ ...aMark('mark-bad2', idOf('nurse')), tool: 'pencil' }),
      Buffer.from(Y.encodeStateAsUpdate(other)).toString('base64'),
      unseen.set(aMark('mark-first', idOf('nurse'), { text: 'later' })),
      '/////w==',
    ];
    expect(await Promise.all(updates.map((update) => submit('nurse', update)))).toEqual(updates.map(() => 'input.malformed'));
    expect((await hall.read('doctor', caseId)).items.map(({ id }) => id)).not.toContain('marks');
  });

  it('[IMG37] what a consult showed last takes the place of what it showed before, whoever showed it', async () => {
    const shown = (active: number) => ({ layout: { rows: 1, columns: 2 }, active, cells: [], pointer: { cell: 0, world: [1, 2, 3] as [number, number, number] } });
    await parts.caseFiles.keepShown(hall.as('expert').party, caseId, 'one' as never, shown(0));
    await parts.caseFiles.keepShown(hall.as('nurse').party, caseId, 'one' as never, shown(1));
    const { items } = await hall.read('doctor', caseId);
    expect(items.filter(({ content }) => content.kind === 'imagingView').map(({ content }) => content.body)).toEqual([{ title: '', consultId: 'one', presentation: { ...shown(1), pointer: null } }]);
  });

  it('[CAS11] a named view is a case item as others', async () => {
    const view = create('view-1', { kind: 'imagingView', body: { title: '右上肺结节', presentation: { layout: { rows: 1, columns: 1 }, active: 0, cells: [], pointer: null }, consultId: null } });
    expect(outcome((await parts.caseFiles.submit(hall.as('expert'), caseId, [changeOf(caseId, view)]))[0])).toBe('held');
    expect(outcome((await parts.caseFiles.submit(hall.as('nurse'), caseId, [changeOf(caseId, view)]))[0])).toBe('record.conflict');
    await expect(parts.caseFiles.submit(hall.as('observer'), caseId, [changeOf(caseId, view)]).catch((error: unknown) => Promise.reject(toAppError(error)))).rejects.toMatchObject({ code: 'record.notFound' });
  });
});
