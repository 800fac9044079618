import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSystemClock } from '#shared/lib/clock';
import { required } from '#shared/lib/assert';
import { type FetchLike, HttpClient } from '../../../renderer/services/http.ts';
import type { ChosenFile } from '../../../renderer/services/imaging/importing/chosenFiles.ts';
import { FileReaderDesk, type ImportWorkerLike } from '../../../renderer/services/imaging/importing/fileReader.ts';
import { createImportModel, type ImportModel } from '../../../renderer/state/imaging/importModel.ts';
import { readHead } from '../../../renderer/workers/imageHead.ts';
import { hashOf } from '../../../renderer/workers/sealedFile.ts';
import { makeCine, makeCt, uidOf } from '../../../sfu-server/demo/images.ts';
import { type Database, openDatabase } from '../../../sfu-server/storage/database.ts';
import { ImagingHall } from '../../helpers/imaging/imagingHall.ts';

const CASE_PATIENT = { name: '李梅', birthDate: null, recordNumber: 'HZ-77' };
const OWN = { name: 'LI^MEI=李^梅', id: 'HZ-77', dateText: '20261102' };
const STRANGER = { name: 'WANG^WU=王^五', id: 'HZ-99', dateText: '20261102' };

/** What the worker does, in this thread: it is the same code behind the same messages. */
function workerHere(): ImportWorkerLike {
  let tell: (event: { readonly data: never }) => void = () => undefined;
  return {
    postMessage({ id, request }) {
      const answered = request.type === 'hash' ? hashOf(request.file).then((hash) => ({ type: 'hash', id, hash })) : Promise.all(request.files.map((file) => readHead(file).catch(() => null))).then((heads) => ({ type: 'read', id, heads }));
      void answered.then((data) => tell({ data: data as never }));
    },
    addEventListener: (_type, listener) => {
      tell = listener;
    },
    terminate: () => undefined,
  };
}

const file = (path: string, bytes: Uint8Array): ChosenFile => ({ path, file: new File([Uint8Array.from(bytes)], path) });

describe('a folder comes into a case', () => {
  let database: Database;
  let hall: ImagingHall;
  /** Stands between the page and the network. */
  let onFetch: (url: string, count: number) => Promise<void> | void = () => undefined;
  let sent: string[] = [];

  beforeAll(async () => {
    database = await openDatabase({ type: 'memory' }, () => undefined);
    hall = await ImagingHall.open(database);
  });
  afterAll(async () => {
    await hall.close();
    await database.close();
  });

  function importer(token = 'doctor'): ImportModel {
    const clock = createSystemClock(globalThis);
    sent = [];
    onFetch = () => undefined;
    const fetchThrough: FetchLike = async (url, init) => {
      if (init.method === 'POST') sent.push(url);
      await onFetch(url, sent.length);
      return fetch(url, init);
    };
    return createImportModel({
      http: new HttpClient({ clock, serverUrl: () => hall.url, fetch: fetchThrough }), token: async () => token, clock, patientOf: async () => CASE_PATIENT,
      openReader: () => new FileReaderDesk(workerHere), onOnline: () => () => undefined, onStored: () => undefined,
    });
  }
  const phase = (model: ImportModel, wanted: string) => expect.poll(() => model.store.getState().phase, { timeout: 60_000 }).toBe(wanted);
  const fates = (model: ImportModel) => Object.fromEntries(model.store.getState().results.map(({ path, outcome }) => [path, outcome.type === 'refused' ? outcome.code : outcome.type]));

  it('[IMG40] [IMG41] [IMG43] tells images, strangers and other files apart, sends what was confirmed, and says what became of each', async () => {
    const caseId = await hall.newCase();
    const model = importer();
    model.open(caseId);
    const slices = [...makeCt(`own ${caseId}`, OWN)].slice(0, 40);
    const first = required(slices[0] ?? null, 'a slice');
    const foreign = makeCine(`foreign ${caseId}`, STRANGER);
    await model.take([
      ...slices.map((bytes, index) => file(`CT/${index}.dcm`, bytes)),
      file('cut.dcm', makeCine(`cut ${caseId}`, OWN).subarray(0, 300_000)), file('US/foreign', foreign), file('readme.txt', Buffer.from('not an image')), file('head.dcm', first.subarray(0, 300)),
    ]);
    const { phase: reached, groups, left } = model.store.getState();
    expect(reached).toBe('review');
    expect(groups.map(({ patient, match, files, isChosen }) => [patient.id, match.overall, files, isChosen])).toEqual([['HZ-99', 'differs', 1, false], ['HZ-77', 'same', 41, true]]);
    expect(left).toEqual([{ path: 'readme.txt', why: 'other' }, { path: 'head.dcm', why: 'unreadable' }]);
    await model.send();
    await phase(model, 'done');
    expect(fates(model)).toEqual({ ...Object.fromEntries(slices.map((_, index) => [`CT/${index}.dcm`, 'stored'])), 'cut.dcm': 'imaging.damaged' });
    expect(model.store.getState().results.find(({ path }) => path === 'cut.dcm')?.outcome).toMatchObject({ reason: expect.stringContaining('cut off') as string });
    const doctor = hall.client('doctor', caseId);
    expect((await doctor.json('/studies')).length).toBe(1); // nothing of the stranger
    model.choose(groups[0]?.key ?? '', true);
    await model.take([file('US/foreign', foreign)]);
    await model.send();
    expect(model.store.getState().phase).toBe('review'); // nothing is chosen by itself
    model.choose(model.store.getState().groups[0]?.key ?? '', true);
    await model.send();
    expect(fates(model)).toEqual({ 'US/foreign': 'stored' });
  });

  it('[IMG42] sends again only what is missing, and names what is there with other content', async () => {
    const caseId = await hall.newCase();
    const model = importer();
    model.open(caseId);
    const slices = [...makeCt(`again ${caseId}`, OWN)].slice(0, 12);
    await model.take(slices.slice(0, 8).map((bytes, index) => file(`${index}`, bytes)));
    await model.send();
    const changed = Uint8Array.from(required(slices[2] ?? null, 'a slice'));
    changed[changed.byteLength - 1] = (changed.at(-1) ?? 0) ^ 1;
    sent = [];
    await model.take([...slices.map((bytes, index) => file(`${index}`, bytes)), file('changed', changed)]);
    await model.send();
    expect(fates(model)).toEqual({ ...Object.fromEntries(slices.map((_, index) => [`${index}`, index < 8 ? 'there' : 'stored'])), changed: 'imaging.otherContent' });
    expect(sent).toHaveLength(1);
    sent = [];
    await model.take(slices.map((bytes, index) => file(`${index}`, bytes)));
    await model.send();
    expect(sent).toEqual([]);
  });

  it('[IMG43] waits for a connection that broke, and goes on with what is missing', async () => {
    const caseId = await hall.newCase();
    const model = importer();
    model.open(caseId);
    const slices = [...makeCt(`broken ${caseId}`, OWN)];
    const waits: boolean[] = [];
    model.store.subscribe(({ progress }) => {
      if (progress && waits.at(-1) !== progress.isWaiting) waits.push(progress.isWaiting);
    });
    onFetch = (_url, count) => {
      if (count === 2 || count === 3) throw new TypeError('the cable is out');
    };
    await model.take(slices.map((bytes, index) => file(`${index}`, bytes)));
    await model.send();
    expect(new Set(Object.values(fates(model)))).toEqual(new Set(['stored']));
    expect(waits).toContain(true);
    expect((await hall.client('doctor', caseId).json(`/studies/${uidOf(`broken ${caseId} study ct`)}/instances`)).length).toBe(slices.length);
  });

  it('[IMG43] ended by hand, says what was not sent; a refusal of all is told', async () => {
    const caseId = await hall.newCase();
    const model = importer();
    model.open(caseId);
    const slices = [...makeCt(`ended ${caseId}`, OWN)];
    onFetch = () => {
      if (sent.length >= 1) model.cancel();
    };
    await model.take(slices.map((bytes, index) => file(`${index}`, bytes)));
    await model.send();
    expect(model.store.getState().phase).toBe('done');
    expect(Object.values(fates(model))).toContain('skipped');
    const reader = importer('observer');
    reader.open(caseId);
    await reader.take([file('one', required(slices[0] ?? null, 'a slice'))]);
    await reader.send();
    expect(reader.store.getState().error?.category).toBe('permission');
    expect(fates(reader)).toEqual({ one: 'skipped' });
  });
});
