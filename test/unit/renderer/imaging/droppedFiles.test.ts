import { describe, expect, it } from 'vitest';
import { caseIdSchema } from '#shared/domain/ids';
import { ManualClock } from '#shared/lib/clock';
import { filesOfDrop, filesOfInput } from '../../../../renderer/services/imaging/importing/chosenFiles.ts';
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

  it('[IMG41] what is more than can be looked at is cut, and that is said', async () => {
    const root = folder('/DISK', [file('/DISK/1', true), file('/DISK/2', true), folder('/DISK/A', [file('/DISK/A/1', true)], [])], [file('/DISK/3', true)], []);
    expect((await filesOfDrop(dropped(root), () => undefined, 5)).map(({ path, isRest }) => [path, isRest === true])).toEqual([['DISK/1', false], ['DISK/2', false], ['DISK/3', false], ['DISK/A/1', false]]);
    const root2 = folder('/DISK', [file('/DISK/1', true), file('/DISK/2', true), file('/DISK/3', true)], []);
    const cut = filesOfDrop(dropped(root2), () => undefined, 2);
    expect((await cut).map(({ path, isRest }) => [path, isRest === true])).toEqual([['DISK/1', false], ['DISK/2', false], ['DISK/3', true]]);
    expect(filesOfInput([new File([], 'a'), new File([], 'b')], 1).map(({ path, isRest }) => [path, isRest === true])).toEqual([['a', false], ['b', true]]);
    const desk = { heads: async (files: readonly Blob[]) => files.map(() => ({ type: 'other' })), close: () => undefined } as unknown as FileReaderDesk; // as above
    const model = createImportModel({ http: {} as HttpClient, token: async () => null, clock: new ManualClock(), openReader: () => desk, patientOf: async () => null, onOnline: () => () => undefined, onStored: () => undefined });
    model.open(caseIdSchema.parse('case-1'));
    await model.take(cut);
    expect(model.store.getState().left.at(-1)).toEqual({ path: 'DISK/3', why: 'rest' });
  });
});
