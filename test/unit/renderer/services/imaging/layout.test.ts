import { afterEach, describe, expect, it, vi } from 'vitest';
import { ManualClock } from '#shared/lib/clock';
import { steadyContexts } from '../../../../../renderer/services/imaging/engine/contexts.ts';
import { uploadInSteps } from '../../../../../renderer/services/imaging/engine/volumeUpload.ts';

/** The screen's frames, one at a time. */
class Frames {
  #waiting: (() => void)[] = [];
  constructor() {
    vi.stubGlobal('requestAnimationFrame', (act: () => void) => this.#waiting.push(act));
  }
  next(): void {
    const now = this.#waiting;
    this.#waiting = [];
    for (const act of now) act();
  }
}

afterEach(() => vi.unstubAllGlobals());

describe('[IMG59] taking a volume to the GPU', () => {
  /** As the library does it: every marked slice at each drawing, 30 ms each. */
  function open(count: number) {
    const clock = new ManualClock();
    const frames = new Frames();
    const marks: (boolean | null)[] = Array.from({ length: count }, () => true);
    const taken: number[][] = [];
    const texture = { getUpdatedFrames: () => marks, setUpdatedFrame: (index: number) => (marks[index] = true) };
    const draw = () => {
      const now: number[] = [];
      if (marks.some((mark) => mark)) {
        for (let index = 0; index < marks.length; index += 1) {
          if (!marks[index]) continue;
          now.push(index);
          clock.advance(30);
          marks[index] = null;
        }
      }
      taken.push(now);
    };
    const steps: number[] = [];
    uploadInSteps(texture, count, clock, (done) => {
      steps.push(done);
      if (done < count) draw();
    });
    return { draw, frames, taken, steps, texture, clock };
  }

  it('takes nothing at the first drawing, then a few slices each, until all are there', () => {
    const { draw, frames, taken, steps } = open(10);
    draw();
    for (let frame = 0; frame < 20; frame += 1) frames.next();
    expect(taken[0]).toEqual([]);
    expect(taken.flat()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(Math.max(...taken.map(({ length }) => length))).toBeLessThanOrEqual(4);
    expect(steps.at(-1)).toBe(10);
  });

  it('takes a slice that comes later, and one that changed', () => {
    const { draw, frames, taken, texture } = open(3);
    draw();
    for (let frame = 0; frame < 10; frame += 1) frames.next();
    taken.length = 0;
    texture.setUpdatedFrame(1);
    draw();
    for (let frame = 0; frame < 4; frame += 1) frames.next();
    expect(taken.flat()).toEqual([1]);
  });

  it('is done once for a volume that stands in several cells', () => {
    const { texture, clock } = open(3);
    const marks = Object.getOwnPropertyDescriptor(texture.getUpdatedFrames(), 0)?.get;
    uploadInSteps(texture, 3, clock, () => undefined);
    expect(Object.getOwnPropertyDescriptor(texture.getUpdatedFrames(), 0)?.get).toBe(marks);
  });
});

describe('[IMG59] canvases of WebGL', () => {
  it('begin as large as all cells where planes are drawn, only grow, and are asked for without smoothing', () => {
    const sizes = [{ width: 400, height: 300 }, { width: 500, height: 200 }, { width: 1200, height: 100 }, { width: 100, height: 100 }];
    const asked: unknown[] = [];
    const canvas = { getContext: (...given: unknown[]) => asked.push(given) };
    const pool = { calculateMaxSizeForContext: () => sizes.shift() ?? { width: 0, height: 0 }, getContextByIndex: () => ({ context: { getOpenGLRenderWindow: () => ({ getCanvas: () => canvas }) } }) };
    steadyContexts({ _implementation: { contextPool: pool } } as never, () => ({ width: 1000, height: 800 }));
    const fit = pool.calculateMaxSizeForContext as (index: number) => unknown;
    expect(fit(0)).toEqual({ width: 1000, height: 800 });
    expect(fit(1)).toEqual({ width: 500, height: 200 });
    expect(fit(0)).toEqual({ width: 1200, height: 800 });
    expect(fit(1)).toEqual({ width: 500, height: 200 });
    pool.getContextByIndex();
    expect(asked).toEqual([['webgl2', expect.objectContaining({ antialias: false, depth: true })]]);
  });
});
