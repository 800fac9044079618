import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseSpatialLayer, type LayeredSource } from '#shared/domain/layerChoice';

const FOUR_K: LayeredSource = { height: 2160, scaleDownBy: [4, 2, 1] };
const sources = fc.record({ height: fc.integer({ min: 90, max: 4320 }), scaleDownBy: fc.constantFrom([1], [2, 1], [4, 2, 1], [8, 4, 2, 1]) });
const tiles = fc.integer({ min: 1, max: 4320 });
const heightOf = (source: LayeredSource, layer: number) => source.height / (source.scaleDownBy[layer] ?? 1);

describe('chooseSpatialLayer', () => {
  it.each([[100, 0], [540, 0], [635, 0], [640, 1], [1080, 1], [1270, 1], [1280, 2], [2160, 2], [4000, 2]])('[LAY1] a tile of %i px of a 4K source gets layer %i', (tile, layer) => {
    expect(chooseSpatialLayer(FOUR_K, tile, 'auto', null)).toBe(layer);
  });

  it('[LAY1] is the smallest layer that fills the tile, or the largest there is', () => {
    fc.assert(
      fc.property(sources, tiles, (source, tile) => {
        const layer = chooseSpatialLayer(source, tile, 'auto', null);
        const top = source.scaleDownBy.length - 1;
        if (layer < top) expect(heightOf(source, layer)).toBeGreaterThanOrEqual(tile * 0.85);
        if (layer > 0) expect(heightOf(source, layer - 1)).toBeLessThan(tile * 0.85);
      }),
    );
  });

  it('[LAY2] goes up at once, and down only when the tile is clearly smaller', () => {
    expect(chooseSpatialLayer(FOUR_K, 640, 'auto', 0)).toBe(1);
    expect(chooseSpatialLayer(FOUR_K, 2000, 'auto', 0)).toBe(2);
    expect(chooseSpatialLayer(FOUR_K, 630, 'auto', 1)).toBe(1);
    expect(chooseSpatialLayer(FOUR_K, 580, 'auto', 1)).toBe(1);
    expect(chooseSpatialLayer(FOUR_K, 560, 'auto', 1)).toBe(0);
  });

  it('[LAY2] does not flap: at a size that stays, a second look changes nothing; a hair to and fro changes once at most', () => {
    fc.assert(
      fc.property(sources, tiles, fc.option(fc.nat(3), { nil: null }), (source, tile, start) => {
        const current = start === null ? null : Math.min(start, source.scaleDownBy.length - 1);
        const settled = chooseSpatialLayer(source, tile, 'auto', chooseSpatialLayer(source, tile, 'auto', current));
        expect(chooseSpatialLayer(source, tile, 'auto', settled)).toBe(settled);
        const layers = Array.from({ length: 10 }, (_, index) => tile + (index % 2)).reduce<number[]>((seen, size) => [...seen, chooseSpatialLayer(source, size, 'auto', seen.at(-1) ?? settled)], []);
        expect(layers.filter((layer, index) => layer !== (layers[index - 1] ?? settled)).length).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('[LAY2] never leaves a tile with less than it needs', () => {
    fc.assert(
      fc.property(sources, tiles, fc.nat(3), (source, tile, start) => {
        const current = Math.min(start, source.scaleDownBy.length - 1);
        expect(chooseSpatialLayer(source, tile, 'auto', current)).toBeGreaterThanOrEqual(chooseSpatialLayer(source, tile, 'auto', null));
      }),
    );
  });

  it('[LAY3] the viewer’s own choice wins over the size', () => {
    fc.assert(
      fc.property(sources, tiles, fc.option(fc.nat(3), { nil: null }), (source, tile, current) => {
        const top = source.scaleDownBy.length - 1;
        expect(['low', 'medium', 'high'].map((choice) => chooseSpatialLayer(source, tile, choice as 'low' | 'medium' | 'high', current))).toEqual([0, Math.floor(top / 2), top]);
      }),
    );
  });
});
