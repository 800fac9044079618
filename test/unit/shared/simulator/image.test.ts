import { describe, expect, it } from 'vitest';
import type { Pose } from '#shared/control/pose';
import { type PictureInput, UltrasoundPicture } from '#shared/simulator/image';
import { breathMm, MARKER } from '#shared/simulator/phantom';

const SETTINGS: PictureInput['settings'] = { gainDb: 50, depthMm: 160, focusMm: 80, isFrozen: false };
/** Over the marker, pressed in a little. */
const OVER: Pose = { xMm: MARKER.xMm, yMm: MARKER.yMm, zMm: 44, qw: 1, qx: 0, qy: 0, qz: 0 };
const turnedAbout = (axis: 'qx' | 'qy' | 'qz', deg: number): Partial<Pose> => ({ qw: Math.cos((deg * Math.PI) / 360), [axis]: Math.sin((deg * Math.PI) / 360) });

function formed({ pose, settings, ...rest }: { pose?: Partial<Pose>; settings?: Partial<PictureInput['settings']>; atS?: number; isInContact?: boolean } = {}, picture = new UltrasoundPicture(640, 480)): UltrasoundPicture {
  picture.form({ atS: 0, isInContact: true, ...rest, pose: { ...OVER, ...pose }, settings: { ...SETTINGS, ...settings } });
  return picture;
}

/** The middle of what is white, within a window below the near field and left of the scale; null: nothing is. */
function whiteSpot({ grey, sector }: UltrasoundPicture): { column: number; row: number; pixels: number } | null {
  let [columns, rows, pixels] = [0, 0, 0];
  for (let row = 90; row < 300; row += 1) {
    for (let column = 40; column < 590; column += 1) {
      if ((grey[row * sector.width + column] ?? 0) < 235) continue;
      columns += column;
      rows += row;
      pixels += 1;
    }
  }
  return pixels < 12 ? null : { column: columns / pixels, row: rows / pixels, pixels };
}

/** Mean grey of a square of the tissue, by its place in the probe's frame. */
function meanAt({ grey, sector }: UltrasoundPicture, xMm: number, zMm: number, halfMm = 5): number {
  const half = Math.round(halfMm / sector.mmPerPixel);
  const [column, row] = [Math.round(sector.columnOf(xMm)), Math.round(sector.rowOf(zMm))];
  let sum = 0;
  for (let y = row - half; y <= row + half; y += 1) for (let x = column - half; x <= column + half; x += 1) sum += grey[y * sector.width + x] ?? 0;
  return sum / (2 * half + 1) ** 2;
}

const isSame = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;
const hasTissue = (picture: UltrasoundPicture): boolean => meanAt(picture, 0, 80, 20) > 40;

describe('the simulated picture', () => {
  it('[CTL60] is the same for the same pose, settings and time', () => {
    const first = formed({ atS: 1.25, pose: { xMm: 12 } });
    expect(isSame(first.grey, formed({ atS: 1.25, pose: { xMm: 12 } }).grey)).toBe(true);
    expect(isSame(first.grey, formed({ atS: 1.25, pose: { xMm: 13 } }).grey)).toBe(false);
  });

  it('[CTL60] shows the marker where it lies below the probe, and 20 mm to the left after the probe went 20 mm to the right', () => {
    const before = formed();
    const spot = whiteSpot(before);
    expect(Math.abs((spot?.column ?? 0) - before.sector.columnOf(0))).toBeLessThan(3);
    expect(Math.abs((spot?.row ?? 0) - before.sector.rowOf(MARKER.zMm + breathMm(0) - OVER.zMm))).toBeLessThan(3);
    const after = whiteSpot(formed({ pose: { xMm: MARKER.xMm + 20 } }));
    expect(Math.abs((spot?.column ?? 0) - (after?.column ?? 0) - 20 / before.sector.mmPerPixel)).toBeLessThan(4);
    const pressed = whiteSpot(formed({ pose: { zMm: OVER.zMm + 8 } }));
    expect(Math.abs((spot?.row ?? 0) - (pressed?.row ?? 0) - 8 / before.sector.mmPerPixel)).toBeLessThan(3);
  });

  it('[CTL60] loses the marker out of the plane of the beams, by the way across it and by a tilt', () => {
    expect(whiteSpot(formed({ pose: { yMm: MARKER.yMm + 6 } }))).toBeNull();
    expect(whiteSpot(formed({ pose: turnedAbout('qx', 12) }))).toBeNull();
    // Turned in the plane, it is seen at an angle.
    const { sector } = formed();
    const depthMm = MARKER.zMm + breathMm(0) - OVER.zMm;
    const rocked = whiteSpot(formed({ pose: turnedAbout('qy', 10) }));
    expect(Math.abs((rocked?.column ?? 0) - sector.columnOf(-depthMm * Math.sin(Math.PI / 18)))).toBeLessThan(5);
  });

  it('[CTL60] breathes with the body: what lies in it comes up with the skin', () => {
    const { sector } = formed();
    const [out, deepIn] = [whiteSpot(formed({ atS: 3 })), whiteSpot(formed({ atS: 1 }))];
    expect(Math.abs((out?.row ?? 0) - (deepIn?.row ?? 0) - (breathMm(3) - breathMm(1)) / sector.mmPerPixel)).toBeLessThan(3);
  });

  it('[CTL60] keeps the speckle in the tissue: a probe moved along its axis sees the same grains higher up', () => {
    const before = formed();
    const stepMm = before.sector.mmPerPixel * 10;
    const after = formed({ pose: { zMm: OVER.zMm + stepMm } });
    // Along the middle beam, where a grain is not widened otherwise.
    const strip = (picture: UltrasoundPicture, from: number) => Array.from({ length: 100 }, (_, index) => picture.grey[(from + index) * 640 + 320] ?? 0);
    const correlation = (a: number[], b: number[]) => {
      const [ma, mb] = [a, b].map((values) => values.reduce((sum, value) => sum + value, 0) / values.length) as [number, number]; // two in, two out
      const cov = a.reduce((sum, value, index) => sum + (value - ma) * ((b[index] ?? 0) - mb), 0);
      return cov / Math.sqrt(a.reduce((sum, value) => sum + (value - ma) ** 2, 0) * b.reduce((sum, value) => sum + (value - mb) ** 2, 0));
    };
    expect(correlation(strip(before, 190), strip(after, 180))).toBeGreaterThan(0.7);
    expect(correlation(strip(before, 190), strip(after, 190))).toBeLessThan(0.4);
  });

  it('[CTL61] is brighter with more gain, and shows the same things smaller at a greater depth', () => {
    const greys = [30, 50, 70].map((gainDb) => meanAt(formed({ settings: { gainDb } }), 0, 60));
    expect(greys[0]).toBeLessThan((greys[1] ?? 0) - 30);
    expect(greys[2]).toBeGreaterThan((greys[1] ?? 0) + 30);
    const deep = formed({ settings: { depthMm: 240 } });
    expect(deep.sector.mmPerPixel).toBeGreaterThan(formed().sector.mmPerPixel * 1.3);
    const spot = whiteSpot(formed({ settings: { depthMm: 100 } }));
    const near = formed({ settings: { depthMm: 100 } });
    expect(Math.abs((spot?.row ?? 0) - near.sector.rowOf(MARKER.zMm + breathMm(0) - OVER.zMm))).toBeLessThan(4);
  });

  it('[CTL61] is sharp at the focus: the marker is wider away from it', () => {
    const widthOf = (focusMm: number) => {
      const picture = formed({ settings: { focusMm } });
      const row = Math.round(picture.sector.rowOf(MARKER.zMm + breathMm(0) - OVER.zMm));
      return Array.from({ length: 120 }, (_, index) => picture.grey[row * 640 + 260 + index] ?? 0).filter((grey) => grey > 160).length;
    };
    expect(widthOf(150)).toBeGreaterThan(widthOf(41) * 1.5);
  });

  it('[CTL61] stays as it is while it is frozen, and goes on afterwards', () => {
    const picture = formed();
    const frozen = picture.grey.slice();
    formed({ pose: { xMm: 30 }, settings: { isFrozen: true } }, picture);
    expect(isSame(picture.grey, frozen)).toBe(true);
    formed({ pose: { xMm: 30 } }, picture);
    expect(isSame(picture.grey, frozen)).toBe(false);
    expect(hasTissue(formed({ settings: { isFrozen: true } }))).toBe(true);
  });

  it('[CTL62] shows no tissue without contact: lines of the array itself while gel is near, black in air', () => {
    expect(hasTissue(formed())).toBe(true);
    const near = formed({ isInContact: false });
    expect(hasTissue(near)).toBe(false);
    expect(meanAt(near, 0, 4, 4)).toBeGreaterThan(20);
    const air = formed({ isInContact: false, pose: { zMm: 20 } });
    expect(hasTissue(air)).toBe(false);
    expect(meanAt(air, 0, 4, 4)).toBeLessThan(8);
    // The sensor knows better than the model where the skin is.
    expect(hasTissue(formed({ isInContact: true, pose: { zMm: 30 } }))).toBe(true);
    // Upside down it sends into the air.
    expect(hasTissue(formed({ pose: turnedAbout('qx', 180) }))).toBe(false);
  });

  it('[CTL60] has anatomy: bile without echo and brighter behind, a rib with its shadow', () => {
    const bile = formed({ pose: { xMm: 26, yMm: -4, zMm: 42 } });
    const depthMm = 92 + breathMm(0) - 42;
    expect(meanAt(bile, 0, depthMm, 4)).toBeLessThan(15);
    expect(meanAt(bile, 0, depthMm + 45, 5)).toBeGreaterThan(meanAt(bile, -40, depthMm + 45, 5) + 10);
    const rib = formed({ pose: { xMm: -78, yMm: 0, zMm: 50 } });
    expect(meanAt(rib, 0, 70)).toBeLessThan(15);
    expect(meanAt(rib, 40, 70)).toBeGreaterThan(50);
  });
});
