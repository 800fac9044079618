import { utilities } from '@cornerstonejs/core';
import { areInOneRegion, regionsOf } from '../series.ts';
import type { NamedImage } from './imageNames.ts';

type World = readonly [number, number, number];

/** Whether a measurement on an ultrasound picture lies within one calibrated region; see `areInOneRegion`. */
export function isWithinOneRegion(image: NamedImage, imageId: string, points: readonly World[]): boolean {
  const set = image.series.sets.get(image.frame.sopUid);
  const regions = set ? regionsOf(set) : [];
  return regions.length === 0 || areInOneRegion(regions, points.map((world) => utilities.worldToImageCoords(imageId, [...world]) ?? null));
}
