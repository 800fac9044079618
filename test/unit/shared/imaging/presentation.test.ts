import { describe, expect, it } from 'vitest';
import { peerIdSchema } from '#shared/domain/ids';
import { Coalescer, type PresentationChange } from '#shared/domain/imaging/coalescer';
import { applyDelta, type CellView, deltaOf, NOTHING_SHOWN, type Presentation } from '#shared/domain/imaging/presentation';
import { askFor, giveTo, NOBODY_PRESENTS, without } from '#shared/domain/imaging/presenterToken';
import { ManualClock } from '#shared/lib/clock';

const cell = (change: Partial<CellView> = {}): CellView => ({
  studyUid: '1.2', seriesUid: '1.2.3', plane: 'stack', sopUid: '1.2.3.4', frame: 1, planeMm: null, window: { center: 40, width: 400 }, zoom: 1, panMm: [0, 0], rotationDeg: 0, isFlippedAcross: false, isFlippedDown: false, isInverted: false,
  cine: { isPlaying: false, framesPerSecond: 10 }, ...change,
});
const showing = (...cells: (CellView | null)[]): Presentation => ({ layout: { rows: 1, columns: Math.max(1, cells.length) as 1 }, active: 0, cells, pointer: null });

describe('what changed of a presentation', () => {
  it('[IMG24] names only the fields of a cell that differ', () => {
    const delta = deltaOf(showing(cell()), showing(cell({ sopUid: '1.2.3.5', zoom: 2 })));
    expect(delta).toEqual({ cells: [{ index: 0, cell: { sopUid: '1.2.3.5', zoom: 2 } }] });
  });

  it('[IMG24] is nothing between equal states', () => {
    expect(deltaOf(showing(cell()), showing(cell()))).toBeNull();
  });

  it.each([
    ['a slice', showing(cell()), showing(cell({ frame: 7 }))],
    ['another series', showing(cell()), showing(cell({ seriesUid: '9.9', sopUid: '9.9.1', window: null }))],
    ['a new cell', showing(cell()), showing(cell(), cell({ seriesUid: '9.9' }))],
    ['a cell less', showing(cell(), cell({ seriesUid: '9.9' })), showing(cell())],
    ['a pointer', showing(cell()), { ...showing(cell()), pointer: { cell: 0, world: [1, 2, 3] as [number, number, number] } }],
    ['from nothing', NOTHING_SHOWN, showing(null, cell())],
  ])('[IMG23] gives the new state when it is applied: %s', (_what, before, after) => {
    const delta = deltaOf(before, after);
    expect(delta && applyDelta(before, delta)).toEqual(after);
  });

  it('[IMG25] does not fit a state that lacks the cell it changes', () => {
    expect(applyDelta(NOTHING_SHOWN, { cells: [{ index: 0, cell: { zoom: 2 } }] })).toBeNull();
  });
});

describe('who presents', () => {
  const [anna, ben, cho] = ['peer-anna', 'peer-ben', 'peer-cho'].map((id) => peerIdSchema.parse(id)) as [ReturnType<typeof peerIdSchema.parse>, ReturnType<typeof peerIdSchema.parse>, ReturnType<typeof peerIdSchema.parse>];

  it('[IMG20] the first who asks has it; others stand in line, once each', () => {
    const one = askFor(NOBODY_PRESENTS, anna, false);
    expect(one).toEqual({ presenter: anna, asking: [] });
    expect(askFor(askFor(askFor(one, ben, true), cho, true), ben, true)).toEqual({ presenter: anna, asking: [ben, cho] });
  });

  it('[IMG20] whoever asks while the presenter is cut off has it at once', () => {
    expect(askFor({ presenter: anna, asking: [ben] }, ben, false)).toEqual({ presenter: ben, asking: [] });
  });

  it('[IMG21] giving leaves the others in line', () => {
    expect(giveTo({ presenter: anna, asking: [ben, cho] }, cho)).toEqual({ presenter: cho, asking: [ben] });
  });

  it('[IMG22] a presenter who leaves hands it to the first who asked; with nobody it is free', () => {
    expect(without({ presenter: anna, asking: [ben, cho] }, anna)).toEqual({ presenter: ben, asking: [cho] });
    expect(without({ presenter: anna, asking: [] }, anna)).toEqual(NOBODY_PRESENTS);
    expect(without({ presenter: anna, asking: [ben] }, ben)).toEqual({ presenter: anna, asking: [] });
  });
});

describe('the coalescer', () => {
  function setUp() {
    const clock = new ManualClock();
    const sent: PresentationChange[] = [];
    const answers: { ok: () => void; fail: () => void }[] = [];
    const coalescer = new Coalescer({ clock, send: (change) => new Promise((resolve, reject) => {
      sent.push(change);
      answers.push({ ok: resolve, fail: () => reject(new Error('lost')) });
    }) });
    const answer = async (how: 'ok' | 'fail') => {
      answers.shift()?.[how]();
      for (let turn = 0; turn < 6; turn += 1) await Promise.resolve();
    };
    return { clock, sent, coalescer, answer };
  }

  it('[IMG24] begins with the whole, sends one at a time, and at most 20 a second', async () => {
    const { clock, sent, coalescer, answer } = setUp();
    coalescer.offer(showing(cell()));
    expect(sent).toEqual([{ type: 'whole', presentation: showing(cell()) }]);
    for (let frame = 2; frame < 50; frame += 1) coalescer.offer(showing(cell({ frame })));
    clock.advance(1000);
    expect(sent).toHaveLength(1); // the first is not answered yet
    await answer('ok');
    expect(sent).toHaveLength(2);
    expect(sent[1]).toEqual({ type: 'delta', delta: { cells: [{ index: 0, cell: { frame: 49 } }] } });
    await answer('ok');
    for (let moment = 0; moment < 100; moment += 1) {
      coalescer.offer(showing(cell({ frame: 100 + moment })));
      clock.advance(10);
      await answer('ok');
    }
    expect(sent.length - 2).toBeLessThanOrEqual(21);
    expect(sent.length - 2).toBeGreaterThan(10);
  });

  it('[IMG24] a state that is offered again is not sent again', async () => {
    const { clock, sent, coalescer, answer } = setUp();
    coalescer.offer(showing(cell()));
    await answer('ok');
    for (let moment = 0; moment < 20; moment += 1) {
      coalescer.offer(showing(cell()));
      clock.advance(60);
    }
    expect(sent).toHaveLength(1);
  });

  it('[IMG25] sends the whole after one that was lost', async () => {
    const { clock, sent, coalescer, answer } = setUp();
    coalescer.offer(showing(cell()));
    await answer('ok');
    clock.advance(60);
    coalescer.offer(showing(cell({ frame: 2 })));
    await answer('fail');
    clock.advance(600);
    expect(sent.at(-1)).toEqual({ type: 'whole', presentation: showing(cell({ frame: 2 })) });
  });
});
