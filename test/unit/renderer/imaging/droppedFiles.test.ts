import { describe, expect, it } from 'vitest';
import { caseIdSchema } from '#shared/domain/ids';
import { ManualClock } from '#shared/lib/clock';
import { filesOfDrop } from '../../../../renderer/services/imaging/importing/chosenFiles.ts';
import type { FileReaderDesk } from '../../../../renderer/services/imaging/importing/fileReader.ts';
import type { HttpClient } from '../../../../renderer/services/http.ts';
import { createImportModel } from '../../../../renderer/state/imaging/importModel.ts';

const entry = (fullPath: string, more: object) => ({ fullPath, isFile: false, isDirectory: false, ...more });
const file = (path: string, isGiven: boolean) => entry(path, { isFile: true, file: (give: (file: File) => void, fail: () => void) => (isGiven ? give(new File(['x'], path)) : fail()) });
const folder = (path: string, ...parts: (object[] | null)[]) => entry(path, { isDirectory: true, createReader: () => ({ readEntries: (give: (entries: object[]) => void, fail: () => void) => {
  const part = parts.length === 0 ? [] : parts.shift();
  if (part) give(part);
  else fail();
} }) });
const dropped = (root: object) => [{ webkitGetAsEntry: () => root }] as unknown as DataTransferItemList; // what is read of it

describe('what is dropped from a scratched medium', () => {
  it('[IMG41] a file and a folder that the disk does not give are named, and stop nothing else', async () => {
    const root = folder('/CD', [file('/CD/1', true), file('/CD/2', false), folder('/CD/SCRATCHED', [file('/CD/SCRATCHED/1', true)], null)], []);
    const desk = { heads: async (files: readonly Blob[]) => files.map(() => ({ type: 'other' })), close: () => undefined } as unknown as FileReaderDesk; // what is asked of it
    const model = createImportModel({ http: {} as HttpClient, token: async () => null, clock: new ManualClock(), openReader: () => desk, patientOf: async () => null, onOnline: () => () => undefined, onStored: () => undefined });
    model.open(caseIdSchema.parse('case-1'));
    await model.take(filesOfDrop(dropped(root), model.found));
    expect([...model.store.getState().left].sort((a, b) => (a.path < b.path ? -1 : 1))).toEqual([
      { path: 'CD/1', why: 'other' }, { path: 'CD/2', why: 'lost' }, { path: 'CD/SCRATCHED', why: 'lost' }, { path: 'CD/SCRATCHED/1', why: 'other' },
    ]);
  });
});
