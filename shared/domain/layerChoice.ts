/** What a viewer may ask of a tile. `auto` follows the tile's size. */
export type QualityChoice = 'auto' | 'high' | 'medium' | 'low';

/** A video source as the choice of a layer sees it: its full height in pixels and how each spatial layer is scaled, smallest first. */
export interface LayeredSource {
  readonly height: number;
  /** `[4, 2, 1]`: layer 0 is a quarter of the full height. */
  readonly scaleDownBy: readonly number[];
}

/** A layer is enough for a tile when it has at least this share of the tile's pixels in height: finer is not seen. */
const ENOUGH = 0.85;
/** Going down waits until the tile is this much smaller than the smaller layer could fill: a resize by a hair does not flap. */
const DOWN_MARGIN = 0.9;

/**
 * The spatial layer (0 = smallest) for a tile of `tileHeightPx` device pixels. [LAY1] The smallest layer that fills the tile.
 * [LAY2] Once on `current`, a lower layer is taken only when the tile is clearly smaller, a higher one at once. [LAY3] A viewer's
 * own choice caps it: `low` is the smallest layer, `medium` the middle one, `high` the largest.
 */
export function chooseSpatialLayer(source: LayeredSource, tileHeightPx: number, choice: QualityChoice, current: number | null): number {
  const top = source.scaleDownBy.length - 1;
  if (choice === 'high') return top;
  if (choice === 'low') return 0;
  if (choice === 'medium') return Math.floor(top / 2);
  const heightOf = (layer: number) => source.height / (source.scaleDownBy[layer] ?? 1);
  let wanted = top;
  for (let layer = 0; layer <= top; layer += 1) {
    if (heightOf(layer) >= tileHeightPx * ENOUGH) {
      wanted = layer;
      break;
    }
  }
  if (current !== null && wanted < current && heightOf(wanted) * DOWN_MARGIN < tileHeightPx * ENOUGH) return Math.min(current, wanted + 1);
  return wanted;
}

/** Why a picture is smaller than the tile deserves; the words are in `i18n/` under `limit.<reason>`. */
export type LimitReason = 'none' | 'ownChoice' | 'ownNetwork' | 'ownProcessor' | 'senderNetwork' | 'senderProcessor' | 'senderDevice' | 'senderPaused';
