import { describe, expect, it } from 'vitest';
import { caseIdSchema, consultIdSchema, peerIdSchema } from '#shared/domain/ids';
import type { CellView } from '#shared/domain/imaging/presentation';
import { ManualClock } from '#shared/lib/clock';
import { Emitter } from '#shared/lib/emitter';
import type { DicomWeb } from '../../../../../renderer/services/imaging/dicomWeb.ts';
import type { EngineEvents, ImagingEngine } from '../../../../../renderer/services/imaging/engine/imagingEngine.ts';
import type { Series, StudySummary } from '../../../../../renderer/services/imaging/series.ts';
import { createImagingModel } from '../../../../../renderer/state/imaging/imagingModel.ts';
import { createSharingModel } from '../../../../../renderer/state/imaging/sharingModel.ts';
import type { KeptModel } from '../../../../../renderer/state/imaging/keptModel.ts';
import type { RequestPort } from '../../../../../renderer/state/ports.ts';

const CASE = caseIdSchema.parse('case-1');
const SUMMARY = { studyUid: '1.2', seriesUid: '1.2.3', modality: 'US', number: 1, description: '', bodyPart: '', instanceCount: 1 };
const STUDY: StudySummary = { studyUid: '1.2', description: '', patientName: '', patientId: '', takenAtMs: null, accession: '', series: [SUMMARY] };
const seriesOf = (count: number): Series => ({
  ...SUMMARY, frames: Array.from({ length: count }, (_, index) => ({ sopUid: '1.2.3.4', frame: index + 1, positionMm: null })),
  sets: new Map(), frameOfReferenceUid: null, normal: null, frameTimesMs: null, noVolume: 'noGeometry', lossy: null,
});
const VIEW: CellView = {
  studyUid: '1.2', seriesUid: '1.2.3', plane: 'stack', sopUid: '1.2.3.4', frame: 1, planeMm: null, window: { center: 40, width: 400 }, zoom: 1, panMm: [0, 0], rotationDeg: 0,
  isFlippedAcross: false, isFlippedDown: false, isInverted: false, cine: { isPlaying: false, framesPerSecond: 25 },
};
const shown = (view: CellView) => ({ layout: { rows: 1, columns: 1 }, active: 0, cells: [view], pointer: null });
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** A viewer whose one cell keeps what it was last told, of the pictures that it was given. */
async function follower(studies: StudySummary[]) {
  const clock = new ManualClock();
  let frames = seriesOf(10);
  let view: Omit<CellView, 'cine'> | null = null;
  let isPlaying = false;
  let given: Series | null = null;
  const engine = {
    events: new Emitter<EngineEvents>(), hasVolumes: false, marks: { marks: [] },
    attach() {}, detach() {}, showOverlays() {}, close() {},
    clear() {
      view = null;
    },
    async show(_cell: number, series: Series, _plane: string, index: number) {
      given = series;
      const { cine: _, ...rest } = { ...VIEW, frame: index + 1 };
      view = rest;
    },
    read: () => view,
    place: () => ({ index: (view?.frame ?? 1) - 1, count: given?.frames.length ?? 0 }),
    async apply(_cell: number, { cine: _, ...more }: Partial<CellView>) {
      const isThere = more.frame === undefined || more.frame <= (given?.frames.length ?? 0);
      if (view) view = { ...view, ...more, ...(isThere ? {} : { frame: view.frame }) };
    },
    playCine() {
      isPlaying = true;
    },
    stopCine() {
      isPlaying = false;
    },
  };
  const held = { studies };
  const web = { studies: async () => [...held.studies], series: async () => frames } as unknown as DicomWeb; // what the model asks of it
  const model = createImagingModel({ web, clock, loadEngine: async () => () => engine as unknown as ImagingEngine, machine: { deviceMemoryGb: null, cores: 2 }, isTall: () => false, self: () => ({ id: 'me', name: 'me' }), colourOf: () => '#fff' });
  await model.open(CASE);
  model.attach(0, {} as HTMLDivElement); // handed through, never touched
  return {
    model, clock, held,
    grow: (count: number) => {
      frames = seriesOf(count);
    },
    seen: () => ({ ...view, isPlaying }),
  };
}

describe('who follows', () => {
  it('[IMG23] gets window and zoom also while a cine plays, and it plays on', async () => {
    const { model, seen } = await follower([STUDY]);
    const playing = { ...VIEW, cine: { isPlaying: true, framesPerSecond: 25 } };
    model.show(shown(playing));
    await turn();
    expect(seen()).toMatchObject({ isPlaying: true, window: { center: 40, width: 400 } });
    model.show(shown({ ...playing, window: { center: 300, width: 1500 }, zoom: 3, isInverted: true }));
    await turn();
    expect(seen()).toMatchObject({ isPlaying: true, window: { center: 300, width: 1500 }, zoom: 3, isInverted: true });
  });

  it('[IMG23] sees a picture that came into the series after it was opened', async () => {
    const { model, clock, grow, seen } = await follower([STUDY]);
    model.show(shown(VIEW));
    await turn();
    grow(20);
    model.handleChanged(CASE);
    clock.advance(2000);
    await turn();
    model.show(shown({ ...VIEW, frame: 15 }));
    await turn();
    expect(seen().frame).toBe(15);
  });

  it('[IMG23] sees a series that comes into the case after it was presented', async () => {
    const { model, clock, held, seen } = await follower([]);
    const peer = (name: string) => peerIdSchema.parse(name);
    const presenter = { presenterPeerId: peer('other'), asking: [], isPresenterHere: true };
    const signaling = { on: () => () => undefined, onStatus: () => () => undefined, request: async () => ({ presenter, sequence: 1, presentation: shown(VIEW), marks: null }) };
    const sharing = createSharingModel({ signaling: signaling as unknown as RequestPort, clock, imaging: model, kept: { goLive() {}, mergeMarks() {} } as unknown as KeptModel, selfPeerId: () => peer('me') }); // what the model uses of them
    sharing.open(consultIdSchema.parse('consult-1'));
    await turn();
    expect(sharing.store.getState().isFollowing).toBe(true);
    held.studies = [STUDY];
    model.handleChanged(CASE);
    clock.advance(2000);
    await turn();
    expect(seen()).toMatchObject({ seriesUid: '1.2.3' });
  });
});
