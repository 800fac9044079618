import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStore } from 'zustand/vanilla';
import { required } from '#shared/lib/assert';
import { createSystemClock } from '#shared/lib/clock';
import { createDicomWeb } from '../../../renderer/services/imaging/dicomWeb.ts';
import type { Overlay } from '../../../renderer/services/imaging/engine/overlayBoard.ts';
import { HttpClient } from '../../../renderer/services/http.ts';
import { createAnalysisModel } from '../../../renderer/state/imaging/analysisModel.ts';
import type { AnalysisState, SegmentationResult } from '../../../renderer/state/imaging/analysisState.ts';
import { CLOSED_IMAGING } from '../../../renderer/state/imaging/imagingState.ts';
import { type Database, openDatabase } from '../../../sfu-server/storage/database.ts';
import { type AnalysisFile, makeAnalysis } from '../../helpers/imaging/analysisFiles.ts';
import { ImagingHall } from '../../helpers/imaging/imagingHall.ts';

/** The client's own services against the image store over HTTP; the files are pydicom's. */
describe('results of outside analysis', () => {
  let database: Database;
  let images: ImagingHall;
  let files: ReadonlyMap<string, AnalysisFile>;
  let state: AnalysisState;
  let model: ReturnType<typeof createAnalysisModel>;
  let drawn: ReadonlyMap<string, Overlay> = new Map();
  let hung: readonly { readonly sopUid: string }[] = [];
  const fileOf = (name: string) => required(files.get(name) ?? null, name);
  const resultOf = (name: string): SegmentationResult => required(state.studies.flatMap(({ segmentations }) => segmentations).find(({ head }) => head.sopUid === fileOf(name).sopUid) ?? null, name);

  beforeAll(async () => {
    database = await openDatabase({ type: 'memory' }, () => undefined);
    images = await ImagingHall.open(database);
    files = makeAnalysis();
    const { status } = await images.as('doctor').store([...files.values()].map(({ bytes }) => bytes));
    expect(status).toBe(200);
    const clock = createSystemClock(globalThis);
    const http = new HttpClient({ clock, serverUrl: () => images.url });
    const web = createDicomWeb({ http, token: async () => 'doctor', serverUrl: () => images.url, isObserver: () => false, isAway: () => false, copies: { studies: async () => [], series: async () => null, sets: async () => null, thumbnail: async () => null, frame: async () => null } });
    const store = createStore(() => ({ ...CLOSED_IMAGING }));
    model = createAnalysisModel({
      web,
      imaging: {
        store, seriesOf: (summary) => web.series(images.caseId, summary),
        showOverlays: (bySeries) => {
          drawn = bySeries;
        },
        hangSideBySide: (pictures) => {
          hung = pictures;
        },
        goToPicture: () => undefined,
      },
    });
    const isDone = ({ isReading, progress, error }: AnalysisState) => error !== null || (!isReading && progress.total > 0 && progress.done === progress.total);
    const read = new Promise<void>((resolve) => model.store.subscribe((now) => isDone(now) && resolve()));
    model.start();
    store.setState({ phase: 'ready', caseId: images.caseId, studies: await web.studies(images.caseId) });
    await read;
    state = model.store.getState();
  }, 60_000);
  afterAll(async () => {
    await images.close();
    await database.close();
  });

  it('[IMG50] lists segmentations under their study, with what made them', () => {
    expect(state.error).toBeNull();
    const [now, before] = state.studies;
    expect(now?.segmentations).toHaveLength(10);
    expect(before?.segmentations).toHaveLength(1);
    expect(resultOf('binary.dcm').head.manufacturer).toBe('Outside Ltd Finder');
    expect(resultOf('binary.dcm').segments.map(({ label, algorithm, version, made }) => ({ label, algorithm, version, made }))).toEqual([
      { label: '结节 Nodule', algorithm: 'LungFinder', version: '2.4.1', made: 'AUTOMATIC' },
      { label: 'Box', algorithm: 'LungFinder', version: '2.4.1', made: 'AUTOMATIC' },
    ]);
  });

  it.each(['binary.dcm', 'prior.dcm', 'occupancy.dcm', 'probability.dcm'])('[IMG51] %s has the volume of its voxels', (name) => {
    const result = resultOf(name);
    expect({ status: result.status, refusal: result.refusal, error: result.error?.message }).toEqual({ status: 'ready', refusal: null, error: undefined });
    const wanted = required(fileOf(name).volumesMl ?? null, 'volumes');
    for (const [index, segment] of result.segments.entries()) expect(segment.volumeMl).toBeCloseTo(wanted[index] ?? Number.NaN, 6);
  });

  it.each([
    ['missing.dcm', 'notInCase', '20 / 20'],
    ['space.dcm', 'otherSpace', ''],
    ['shifted.dcm', 'otherGrid', 'Δ 3.75 × 0 mm'],
    ['between.dcm', 'offSlice', '#1: 37 mm'],
    ['finer.dcm', 'otherGrid', '90×74 ≠ 45×37'],
    ['distance.dcm', 'otherDistance', '5 mm ≠ 3 mm'],
    ['labelmap.dcm', 'otherKind', '1.2.840.10008.5.1.4.1.1.66.7'],
  ])('[IMG52] %s is refused with the reason and never drawn', (name, reason, detail) => {
    const result = resultOf(name);
    expect(result).toMatchObject({ status: 'refused', refusal: { reason, detail } });
    model.setShown(result.segments.map(({ key }) => key), true);
    expect(drawn.size).toBe(0);
  });

  it('[IMG53] nothing is drawn until it is switched on; then over its own series only, with its colour and opacity', () => {
    expect(drawn.size).toBe(0);
    const [nodule] = resultOf('binary.dcm').segments;
    if (!nodule) throw new Error('no segment');
    model.setOpacity(0.5);
    model.setShown([nodule.key], true);
    expect([...drawn.keys()]).toEqual([expect.stringMatching(/\.1\.1$/)]);
    const overlay = [...drawn.values()][0];
    expect(overlay).toMatchObject({ opacity: 0.5, segments: [{ mask: { segment: 1 } }] });
    model.setShown([nodule.key], false);
    expect(drawn.size).toBe(0);
  });

  it('[IMG54] compares a segment with the same one of the earlier study, and hangs both on their fullest slice', () => {
    const [nodule, box] = resultOf('binary.dcm').segments;
    const [now = 0] = fileOf('binary.dcm').volumesMl ?? [];
    const [before = 0] = fileOf('prior.dcm').volumesMl ?? [];
    expect(nodule?.comparison?.differenceMl).toBeCloseTo(now - before, 6);
    expect(nodule?.comparison?.percent).toBeCloseTo(((now - before) / before) * 100, 6);
    expect(box?.comparison).toBeNull();
    // The earlier one has nothing before it.
    expect(resultOf('prior.dcm').segments[0]?.comparison).toBeNull();
    if (nodule?.comparison) model.compare(nodule.comparison);
    expect(hung.map(({ sopUid }) => sopUid.replace(/^.*\.(\d+\.\d+\.\d+)$/, '$1'))).toEqual(['1.1.11', '2.1.11']);
    expect(drawn.size).toBe(2);
    const colours = [...drawn.values()].map(({ segments }) => segments[0]?.colour);
    expect(colours[0]).toEqual(colours[1]);
  });

  it('[IMG55] lists reports of devices and of computer-aided detection with their words, and not those of people', () => {
    const reports = state.studies.flatMap((study) => study.reports);
    expect(reports.map(({ sopUid }) => sopUid).sort()).toEqual([fileOf('device.dcm').sopUid, fileOf('cad.dcm').sopUid].sort());
    const device = reports.find(({ sopUid }) => sopUid === fileOf('device.dcm').sopUid);
    expect(device?.by).toBe('Finder 7 · LungFinder 2.4.1');
    expect(device?.lines).toContainEqual({ depth: 2, name: 'Volume', value: '2862.5 mm3' });
    expect(device?.lines).toContainEqual({ depth: 2, name: 'Tracking Identifier', value: '结节 1' });
  });
});
