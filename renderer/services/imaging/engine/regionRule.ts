import { utilities } from '@cornerstonejs/core';
import { regionsOf } from '../series.ts';
import type { NamedImage } from './imageNames.ts';

type World = readonly [number, number, number];

/**
 * Whether a measurement on an ultrasound picture lies within one calibrated region whose two axes have one unit. Outside or across
 * regions a distance has no meaning: a B-mode picture in cm may stand beside a spectrum in cm/s and seconds.
 */
export function isWithinOneRegion(image: NamedImage, imageId: string, points: readonly World[]): boolean {
  const set = image.series.sets.get(image.frame.sopUid);
  const regions = set ? regionsOf(set) : [];
  if (regions.length === 0) return true;
  const pixels = points.map((world) => utilities.worldToImageCoords(imageId, [...world]));
  return regions.some(({ minX, minY, maxX, maxY, unitX, unitY }) => unitX === unitY && pixels.every((pixel) => pixel !== undefined && pixel[0] >= minX && pixel[0] <= maxX && pixel[1] >= minY && pixel[1] <= maxY));
}
