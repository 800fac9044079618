import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { rtpPlusMs } from '#shared/annotation/rtpTime';
import { withoutFunctionsOfText } from '../../../../../build/client/openCvPlugin.mjs';
import { FrameRing } from '../../../../../renderer/workers/tracking/frameRing.ts';
import { apply, inFrameUnits, inPixels, invert, isPlausible, multiply, toPixels } from '../../../../../renderer/workers/tracking/homography.ts';
import { newestOnly } from '../../../../../renderer/workers/tracking/newestOnly.ts';
import { distanceTo } from '../../../../../renderer/workers/tracking/polygon.ts';
import { inliersOf, refine, robustSimilarity } from '../../../../../renderer/workers/tracking/robustFit.ts';
import { cv, frameOf } from './world.ts';

describe('coordinates', () => {
  it('[ANN20] the same point of the picture has the same coordinates in every size of it', () => {
    // The lower right corner of a pixel of a small picture is that of four pixels of one twice as wide.
    const small = apply(invert(toPixels(320)), 10.5, 20.5);
    const large = apply(invert(toPixels(640)), 21.5, 41.5);
    expect(small.x).toBeCloseTo(large.x, 12);
    expect(small.y).toBeCloseTo(large.y, 12);
    expect(apply(toPixels(640), 0.5, 0.28125)).toEqual({ x: 319.5, y: 179.5 });
  });

  it('[ANN20] a transform in frame units does in every size what it does in one', () => {
    const pixels = [1.1, 0.2, 30, -0.1, 0.9, -12, 0.0003, -0.0002, 1] as const;
    const units = inFrameUnits(pixels, 640);
    const back = inPixels(units, 640);
    for (const [i, value] of pixels.entries()) expect(back[i]).toBeCloseTo(value, 9);
    const at = apply(invert(toPixels(640)), 100, 50);
    const there = apply(toPixels(640), apply(units, at.x, at.y).x, apply(units, at.x, at.y).y);
    expect(there.x).toBeCloseTo(apply(pixels, 100, 50).x, 9);
    expect(multiply(units, invert(units))[0]).toBeCloseTo(1, 12);
  });

  it('[ANN20] no camera sees mirrored, edge-on or a thousand times larger', () => {
    const at = { x: 10, y: 10 };
    expect(isPlausible([1, 0, 0, 0, 1, 0, 0, 0, 1], at, 6)).toBe(true);
    expect(isPlausible([-1, 0, 0, 0, 1, 0, 0, 0, 1], at, 6)).toBe(false);
    expect(isPlausible([1, 0, 0, 0, 0.1, 0, 0, 0, 1], at, 6)).toBe(false);
    expect(isPlausible([7, 0, 0, 0, 7, 0, 0, 0, 1], at, 6)).toBe(false);
    expect(isPlausible([1, 0, 0, 0, 1, 0, Number.NaN, 0, 1], at, 6)).toBe(false);
  });
});

describe('time', () => {
  it('[ANN21] a frame is found when the clocks differ by a millisecond, and never its neighbour, also where the 32 bits turn over', () => {
    const ring = new FrameRing();
    const rtpOf = (index: number) => rtpPlusMs(2 ** 32 - 4000, (index * 100) / 3);
    for (let index = 0; index < 100; index += 1) ring.push(frameOf(new cv.Mat(2, 2, cv.CV_8UC1), rtpOf(index)));
    expect(ring.find(rtpPlusMs(rtpOf(90), 1))?.rtpTimestamp).toBe(rtpOf(90));
    expect(ring.find(rtpPlusMs(rtpOf(90), 16.7))).toBeUndefined();
    expect(ring.find(rtpOf(39))?.rtpTimestamp).toBe(rtpOf(39));
    expect(ring.find(rtpOf(38))).toBeUndefined();
    ring.clear();
  });
});

describe('fitting', () => {
  const points = Float32Array.from({ length: 120 }, (_, i) => (i * 7919) % 200);
  const truth = [1.05, 0.1, 4, -0.08, 0.97, -3, 0.0004, -0.0003, 1] as const;
  const to = Float32Array.from(points, (_, i) => {
    const at = apply(truth, points[i & ~1] ?? 0, points[i | 1] ?? 0);
    return i % 2 === 0 ? at.x : at.y;
  });
  const weights = new Float32Array(60).fill(1);

  it('[ANN24] a third of false pairs is told apart, and the rest gives the transform', () => {
    const wrong = to.map((value, i) => (Math.floor(i / 2) % 3 === 0 ? value + 25 + (i % 5) : value));
    const pairs = { from: points, to: wrong, weights };
    const rough = robustSimilarity(pairs, 8);
    if (!rough) throw new Error('no fit');
    const expected = { transform: rough.transform, centre: { x: 100, y: 100 }, radiusPx: 80, perspectivePx: 3 };
    const first = refine(pairs, rough.inliers, expected);
    const fine = first && refine(pairs, inliersOf(first, pairs, 1), expected);
    if (!fine) throw new Error('no fit');
    const [is, ought] = [apply(fine, 50, 150), apply(truth, 50, 150)];
    expect(Math.hypot(is.x - ought.x, is.y - ought.y)).toBeLessThan(0.1);
    expect(inliersOf(fine, pairs, 1).filter((one, i) => one === 1 && i % 3 === 0)).toHaveLength(0);
  });

  it('[ANN24] few points close together leave the perspective as it was expected', () => {
    const pairs = { from: Float32Array.of(100, 100, 104, 100, 100, 104, 103, 104), to: Float32Array.of(110, 100, 114.2, 100, 110, 104, 113, 104.3), weights: new Float32Array(4).fill(1) };
    const fit = refine(pairs, new Uint8Array(4).fill(1), { transform: [1, 0, 10, 0, 1, 0, 0, 0, 1], centre: { x: 102, y: 102 }, radiusPx: 30, perspectivePx: 0.3 });
    expect(Math.abs(fit?.[6] ?? 1)).toBeLessThan(0.0005);
    expect(robustSimilarity({ ...pairs, weights: Float32Array.of(1, 0, 0, 0) }, 2)).toBeNull();
  });

  it('[ANN23] distance to a mark: 0 inside, and to the nearest edge outside', () => {
    const square = [{ x: 0, y: 0 }, { x: 10, y: 0 }, { x: 10, y: 10 }, { x: 0, y: 10 }];
    expect(distanceTo(square, 5, 5)).toBe(0);
    expect(distanceTo(square, 13, 14)).toBe(5);
    expect(distanceTo([{ x: 0, y: 0 }, { x: 10, y: 0 }], 5, -2)).toBe(2);
    expect(distanceTo([{ x: 3, y: 4 }], 0, 0)).toBe(5);
  });
});

describe('the newest frame only', () => {
  const frames = () => {
    let controller: ReadableStreamDefaultController<{ id: number; close(): void }> | null = null;
    const closed: number[] = [];
    const stream = new ReadableStream<{ id: number; close(): void }>({
      start(given) {
        controller = given;
      },
    });
    return { stream, closed, give: (id: number) => controller?.enqueue({ id, close: () => closed.push(id) }), end: () => controller?.close() };
  };

  it('[ANN30] what comes while one is looked at is closed unseen but for the last, and each is closed once', async () => {
    const { stream, closed, give, end } = frames();
    const looked: number[] = [];
    let go: () => void = () => undefined;
    const isIn = new Promise<void>((inside) => {
      void newestOnly(stream, async ({ id }) => {
        looked.push(id);
        if (id !== 1) return;
        inside();
        await new Promise<void>((free) => {
          go = free;
        });
      }, new AbortController().signal).then(() => finished());
    });
    let finished: () => void = () => undefined;
    const isDone = new Promise<void>((done) => {
      finished = done;
    });
    give(1);
    await isIn;
    for (const id of [2, 3, 4]) give(id);
    end();
    setImmediate(() => go());
    await isDone;
    expect(looked).toEqual([1, 4]);
    expect([...closed].sort()).toEqual([1, 2, 3, 4]);
  });

  it('[ANN30] a failure ends it with everything closed', async () => {
    const { stream, closed, give } = frames();
    give(1);
    await expect(newestOnly(stream, () => Promise.reject(new Error('no memory')), new AbortController().signal)).rejects.toThrow('no memory');
    expect(closed).toEqual([1]);
  });

  it('[ANN30] an end from outside cancels the stream', async () => {
    const ending = new AbortController();
    let isCancelled = false;
    const stream = new ReadableStream<{ close(): void }>({ cancel: () => void (isCancelled = true) });
    const done = newestOnly(stream, async () => undefined, ending.signal);
    ending.abort();
    await done;
    expect(isCancelled).toBe(true);
  });
});

describe('the library as it is shipped', () => {
  const glue = () => readFileSync(join(dirname(createRequire(import.meta.url).resolve('@opencvjs/web')), 'opencv_js.js'), 'utf8');

  it('[ANN31] makes no function of text', () => {
    expect(glue()).toContain('newFunc(Function');
    const changed = withoutFunctionsOfText(glue());
    expect(changed).not.toContain('newFunc(Function');
    expect(changed).not.toMatch(/new Function\b/);
  });

  it('[ANN31] another version of it stops the build', () => {
    expect(() => withoutFunctionsOfText(glue().replaceAll('closureArgs', 'otherNames'))).toThrow('openCvPlugin');
  });
});
