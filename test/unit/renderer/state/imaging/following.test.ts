import { describe, expect, it } from 'vitest';
import { caseIdSchema, consultIdSchema, peerIdSchema } from '#shared/domain/ids';
import type { CellView } from '#shared/domain/imaging/presentation';
import { ManualClock } from '#shared/lib/clock';
import { Emitter } from '#shared/lib/emitter';
import { AppError } from '#shared/protocol/errors';
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
  const shows: number[] = [];
  let listed: Promise<void> = Promise.resolve();
  let given: Series | null = null;
  const engine = {
    events: new Emitter<EngineEvents>(), hasVolumes: false, marks: { marks: [] },
    attach() {}, detach() {}, showOverlays() {}, close() {},
    clear() {
      view = null;
    },
    async show(_cell: number, series: Series, _plane: string, index: number) {
      given = series;
      shows.push(series.frames.length);
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
  const web = {
    studies: async () => {
      const now = [...held.studies];
      await listed;
      return now;
    },
    series: async () => frames,
  } as unknown as DicomWeb; // what the model asks of it
  const model = createImagingModel({ web, clock, loadEngine: async () => () => engine as unknown as ImagingEngine, machine: { deviceMemoryGb: null, cores: 2 }, isTall: () => false, self: () => ({ id: 'me', name: 'me' }), colourOf: () => '#fff' });
  await model.open(CASE);
  model.attach(0, {} as HTMLDivElement); // handed through, never touched
  return {
    model, clock, held,
    shows: () => shows,
    /** Opens the case again; its list of studies comes when the answer is called. */
    reopen: () => {
      let come: () => void = () => undefined;
      listed = new Promise((resolve) => {
        come = resolve;
      });
      model.close();
      void model.open(CASE);
      return () => {
        listed = Promise.resolve();
        come();
      };
    },
    grow: (count: number) => {
      frames = seriesOf(count);
    },
    seen: () => ({ ...view, isPlaying }),
  };
}

describe('a series that grows', () => {
  it('[IMG60] is shown to its new end to who looks at it alone, from where they are', async () => {
    const { model, clock, held, grow, seen } = await follower([STUDY]);
    model.put(0, SUMMARY);
    await turn();
    model.show(shown({ ...VIEW, frame: 4 }));
    await turn();
    expect(model.store.getState().cells[0]?.count).toBe(10);
    grow(20);
    held.studies = [{ ...STUDY, series: [{ ...SUMMARY, instanceCount: 2 }] }];
    model.handleChanged(CASE);
    clock.advance(2000);
    await turn();
    expect([model.store.getState().cells[0]?.count, seen().frame]).toEqual([20, 4]);
  });

  it('[IMG60] is cut into planes anew when nothing more has come for a while, once', async () => {
    const { model, clock, held, grow, shows } = await follower([STUDY]);
    model.put(0, SUMMARY, 'axial');
    await turn();
    for (const count of [2, 3]) {
      grow(10 * count);
      held.studies = [{ ...STUDY, series: [{ ...SUMMARY, instanceCount: count }] }];
      model.handleChanged(CASE);
      clock.advance(2000);
      await turn();
    }
    expect(shows()).toEqual([10]);
    clock.advance(5000);
    await turn();
    expect(shows()).toEqual([10, 30]);
  });

  it('[IMG60] is heard of also while the list of studies is on its way', async () => {
    const { model, clock, held, reopen } = await follower([STUDY]);
    const listed = reopen();
    model.handleChanged(CASE);
    clock.advance(2000);
    held.studies = [STUDY, { ...STUDY, studyUid: '1.3', series: [] }];
    listed();
    await turn();
    clock.advance(2000);
    await turn();
    expect(model.store.getState().studies.map(({ studyUid }) => studyUid)).toEqual(['1.2', '1.3']);
  });
});

describe('who presents', () => {
  it('[IMG22] and closes the viewer while the line is down lays it down when the line is back', async () => {
    const { model, clock } = await follower([STUDY]);
    const emitter = new Emitter<Record<string, never>>();
    const asked: string[] = [];
    let isDown = false;
    const presenter = { presenterPeerId: peerIdSchema.parse('me'), asking: [], isPresenterHere: true };
    const signaling = {
      on: (name: string, listener: () => void) => emitter.on(name, listener), onStatus: () => () => undefined,
      request: async (name: string) => {
        if (isDown) throw new AppError('network.closed', 'no line');
        asked.push(name);
        return { presenter, sequence: 1, presentation: null, marks: null };
      },
    };
    const sharing = createSharingModel({ signaling: signaling as unknown as RequestPort, clock, imaging: model, kept: { goLive() {}, mergeMarks() {} } as unknown as KeptModel, selfPeerId: () => peerIdSchema.parse('me') }); // what the model uses of them
    sharing.open(consultIdSchema.parse('consult-1'));
    await turn();
    isDown = true;
    sharing.close();
    await turn();
    isDown = false;
    asked.length = 0;
    for (const _time of ['back', 'and again']) {
      emitter.emit('room.state', undefined as never);
      await turn();
    }
    expect(asked).toEqual(['imaging.leave']);
  });
});

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
