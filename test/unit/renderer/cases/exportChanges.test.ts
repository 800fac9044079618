import { unzipSync } from 'fflate';
import { expect, it } from 'vitest';
import { caseIdSchema, caseItemIdSchema } from '#shared/domain/ids';
import type { CaseOperation } from '#shared/protocol/cases';
import { AppError } from '#shared/protocol/errors';
import { exportChanges } from '../../../../renderer/services/cases/exportChanges.ts';
import { changeOf, NURSE } from '../../../helpers/cases/caseFixtures.ts';
import { createMachine } from '../../../helpers/cases/machine.ts';

const caseId = caseIdSchema.parse('case-1');
const attachmentOf = (letter: string, fileName: string) => ({ hash: letter.repeat(64), sizeBytes: 3, mediaType: 'image/png', fileName });
const photograph = (letter: string, fileName: string): CaseOperation => ({ type: 'create', itemId: caseItemIdSchema.parse(`doc-${letter}`), content: { kind: 'document', body: { category: 'photograph', title: letter, takenAtMs: 1, attachment: attachmentOf(letter, fileName) } }, text: null });

async function entriesOf(...operations: CaseOperation[]) {
  const machine = createMachine();
  await machine.keyring.setUp(null);
  for (const [index, operation] of operations.entries()) await machine.outbox.add(changeOf(`change-${index}`, caseId, operation), [], NURSE);
  return (await machine.outbox.all()).entries;
}

const unzipped = async (file: Blob) => {
  const files = unzipSync(new Uint8Array(await file.arrayBuffer()));
  return { files, changes: JSON.parse(new TextDecoder().decode(files['changes.json'])) as unknown };
};

it('[OFF5] [OFF10] an export holds each change with whose it is, and the photographs it waits with', async () => {
  const signed: CaseOperation = { type: 'create', itemId: caseItemIdSchema.parse('consent'), content: { kind: 'consent', body: { formTitle: '同意书', formText: '同意', signerName: '陈', relation: 'spouse', signedAtMs: 1, signature: attachmentOf('b', 'signature.png') } }, text: null };
  const entries = await entriesOf(photograph('a', '左足跟.PNG'), signed, { type: 'retract', itemId: caseItemIdSchema.parse('x'), reason: '误记' });
  const { files, changes } = await unzipped(await exportChanges(entries, async (_caseId, { hash }) => new Blob([hash.slice(0, 3)])));
  const [picture, signature] = [`attachments/${'a'.repeat(64)}.PNG`, `attachments/${'b'.repeat(64)}.png`];
  expect(Object.keys(files).sort()).toEqual([picture, signature, 'changes.json'].sort());
  expect([new TextDecoder().decode(files[picture]), new TextDecoder().decode(files[signature])]).toEqual(['aaa', 'bbb']);
  expect(changes).toMatchObject([
    { author: { id: 'nurse' }, state: 'waiting', change: { id: 'change-0' }, attachments: [{ fileName: '左足跟.PNG', path: picture }] },
    { change: { id: 'change-1' }, attachments: [{ path: signature }] },
    { change: { id: 'change-2' }, attachments: [] },
  ]);
});

it('[OFF9] a photograph that is lost is named with the reason, and keeps no other back', async () => {
  const entries = await entriesOf(photograph('a', 'a.png'), photograph('b', '../../b'));
  const { files, changes } = await unzipped(
    await exportChanges(entries, async (_caseId, { hash }) => {
      if (hash.startsWith('a')) throw new AppError('attachment.damaged', 'the disk gave back something else');
      return new Blob(['b']);
    }),
  );
  expect(Object.keys(files).sort()).toEqual([`attachments/${'b'.repeat(64)}`, 'changes.json']);
  expect(changes).toMatchObject([{ attachments: [{ missing: 'attachment.damaged' }] }, { attachments: [{ path: `attachments/${'b'.repeat(64)}` }] }]);
});

it('a fault of the program is not passed off as a lost photograph', async () => {
  await expect(exportChanges(await entriesOf(photograph('a', 'a.png')), () => Promise.reject(new TypeError('x is not a function')))).rejects.toThrow('x is not');
});
