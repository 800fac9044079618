import { describe, expect, it } from 'vitest';
import type { CellView } from '#shared/domain/imaging/presentation';
import { CellControl, type CellEngine } from '../../../../../renderer/state/imaging/cellControl.ts';
import { type CellState, EMPTY_CELL } from '../../../../../renderer/state/imaging/imagingState.ts';
import type { Series } from '../../../../../renderer/services/imaging/series.ts';

const FRAMES = 10;
const SERIES: Series = {
  studyUid: '1.2', seriesUid: '1.2.3', modality: 'US', number: 1, description: 'loop', bodyPart: '', instanceCount: 1,
  frames: Array.from({ length: FRAMES }, (_, index) => ({ sopUid: '1.2.3.4', frame: index + 1, url: '', place: null, set: {} })) as unknown as Series['frames'], // the control reads UID and number only
  sets: new Map(), frameOfReferenceUid: null, normal: null, frameTimesMs: null, noVolume: 'noGeometry', lossy: null,
};
const ELEMENT = {} as HTMLDivElement; // handed through to the engine, never touched

const viewAt = (frame: number, isPlaying: boolean): CellView => ({
  studyUid: SERIES.studyUid, seriesUid: SERIES.seriesUid, plane: 'stack', sopUid: '1.2.3.4', frame, planeMm: null, window: null, zoom: 1, panMm: [0, 0], rotationDeg: 0,
  isFlippedAcross: false, isFlippedDown: false, isInverted: false, cine: { isPlaying, framesPerSecond: 25 },
});

/** An engine whose pictures come when the test says so. */
function cell() {
  let frame = 1;
  let isPlaying = false;
  let state: CellState = EMPTY_CELL;
  const waiting: Array<() => void> = [];
  const engine: CellEngine = {
    attach() {}, detach() {}, clear() {},
    async show(_cell, _series, _plane, index) {
      frame = index + 1;
    },
    read: () => viewAt(frame, false),
    place: () => ({ index: frame - 1, count: FRAMES }),
    apply: (_cell, view) =>
      new Promise<void>((resolve) => {
        waiting.push(() => {
          frame = view.frame ?? frame;
          resolve();
        });
      }),
    playCine() {
      isPlaying = true;
    },
    stopCine() {
      isPlaying = false;
    },
  };
  const control = new CellControl({
    index: 0, engine: () => engine, seriesOf: async () => SERIES, rateOf: () => 25,
    set: (change) => {
      state = { ...state, ...change };
    },
  });
  control.attach(ELEMENT);
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  return {
    control,
    want: (view: CellView) => control.want({ summary: SERIES, plane: 'stack', view }),
    /** Lets the engine finish what it has been asked for. */
    async settle() {
      await turn();
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        next();
        await turn();
      }
    },
    turn,
    /** A picture of the cine comes up: the model reads it and remembers it. */
    viewed(at: number) {
      frame = at;
      if (state.view) control.remember({ ...viewAt(at, state.view.cine.isPlaying) });
    },
    seen: () => ({ isPlaying, said: state.view?.cine.isPlaying, frame: state.view?.frame }),
  };
}

describe('a cell that shows what a presenter shows', () => {
  it('[IMG23] plays once its picture stands, and stops with the presenter', async () => {
    const { want, settle, seen } = cell();
    want(viewAt(3, true));
    expect(seen().isPlaying).toBe(false);
    await settle();
    expect(seen()).toEqual({ isPlaying: true, said: true, frame: 3 });
    want(viewAt(6, false));
    await settle();
    expect(seen()).toEqual({ isPlaying: false, said: false, frame: 6 });
  });

  it('[IMG23] a stop that overtakes a play which is still on its way is not played again', async () => {
    const { want, settle, turn, seen } = cell();
    want(viewAt(3, true));
    await turn();
    want(viewAt(6, true));
    want(viewAt(3, false));
    await settle();
    expect(seen()).toEqual({ isPlaying: false, said: false, frame: 3 });
  });

  it('[IMG23] a last picture of the cine that comes up late does not undo the stop', async () => {
    const { want, settle, turn, viewed, seen } = cell();
    want(viewAt(3, true));
    await settle();
    want(viewAt(5, true));
    await turn();
    want(viewAt(6, false));
    viewed(4);
    await settle();
    expect(seen()).toEqual({ isPlaying: false, said: false, frame: 6 });
  });

  it('plays again on the element that comes after a change of layout', async () => {
    const { control, want, settle, viewed, seen } = cell();
    want(viewAt(3, true));
    await settle();
    viewed(7);
    control.attach(null);
    control.attach({ id: 'another' } as HTMLDivElement); // handed through to the engine, never touched
    await settle();
    expect(seen()).toEqual({ isPlaying: true, said: true, frame: 7 });
  });
});
