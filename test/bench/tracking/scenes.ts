import type { Point } from '../../../renderer/workers/tracking/homography.ts';

/**
 * Scenes with known truth: photographs (or a painted skin) on surfaces in space, a pinhole camera that moves, and what hides or lights them.
 * World: x right, y down, z away from the camera; at distance 1 the picture is 1 wide. Frame units as in the tracker: both axes in frame
 * widths, origin top left. Time in seconds.
 */
export interface Surface {
  /** Name of a photograph, 'skin' for a painted one, 'paper' for a blank one. */
  readonly texture: string;
  /** Middle and width; the height follows from the texture's shape. */
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly width: number;
  /** Away from the plane towards the viewer is negative; (u, v) 0–1 over the texture. */
  readonly relief?: (u: number, v: number, t: number) => number;
  /** In-plane motion of the material itself. */
  readonly shift?: (u: number, v: number, t: number) => Point;
  /** Has to be made anew for each frame. */
  readonly isAlive?: boolean;
}

export interface Camera {
  readonly x: number;
  readonly y: number;
  readonly z: number;
  /** Radians: to the right, down, clockwise. */
  readonly yaw: number;
  readonly pitch: number;
  readonly roll: number;
}

/** A hand: an ellipse of another photograph before everything, in frame units. */
export interface Hand {
  readonly x: number;
  readonly y: number;
  readonly radiusX: number;
  readonly radiusY: number;
}

interface Light {
  readonly gain: number;
  readonly offset: number;
  /** Darkening from (x, y) outwards, 0–1. */
  readonly vignette: number;
  readonly x: number;
  readonly y: number;
}

export interface Scene {
  readonly name: string;
  /** Flat or far scenes share one aim; relief has its own; the others are held to the caps on wrong and lost alone. */
  readonly kind: 'flat' | 'relief' | 'other';
  readonly surfaces: readonly Surface[];
  readonly camera: (t: number) => Camera;
  /** Where marks are drawn, one second in; on the surface of this index. */
  readonly marks: readonly { readonly name: string; readonly at: Point; readonly surface: number; readonly isBlank?: boolean }[];
  readonly hand?: (t: number) => Hand | null;
  readonly light?: (t: number) => Light;
  /** Bright spots that do not move with the surface, frame units. */
  readonly spots?: (t: number) => readonly (Point & { readonly radius: number })[];
  /** Share of the time between frames that the shutter is open. */
  readonly exposure?: number;
  /** Nothing of the scene is seen: another picture, or a covered lens. */
  readonly gone?: (t: number) => 'cut' | 'covered' | null;
}

const PHOTOGRAPHS = ['life_by_Aitzol_Berasategi', 'picosdeeuropa_by_Aitzol_Berasategi', 'Dragonfly_by_Bolly', 'friends_by_Aitzol_Berasategi', 'YellowFlower', 'Garden'] as const;
const [BROOK, PEAKS, LEAVES, HOUSE, FLOWER, GARDEN] = PHOTOGRAPHS;

/** What hands and cuts show. */
export const COVER = GARDEN;

const STILL: Camera = { x: 0, y: 0, z: 0, yaw: 0, pitch: 0, roll: 0 };
const wave = (t: number, everyS: number, phase = 0) => Math.sin((2 * Math.PI * t) / everyS + phase);
const degrees = (value: number) => (value * Math.PI) / 180;
const flat = (texture: string): Surface => ({ texture, x: 0, y: 0, z: 1, width: 2.4 });
const two = (surface = 0) => [{ name: 'middle', at: { x: 0.5, y: 0.29 }, surface }, { name: 'side', at: { x: 0.36, y: 0.36 }, surface }];
/** What a hand adds: slow sway, and a tremor of 6 and 9 Hz. */
const shaken = (t: number, size: number): Camera => ({
  x: size * (0.02 * wave(t, 1.7) + 0.0022 * wave(t, 0.163)), y: size * (0.016 * wave(t, 1.3, 1) + 0.0022 * wave(t, 0.111, 2)), z: size * 0.02 * wave(t, 2.3),
  yaw: size * degrees(0.8 * wave(t, 1.1) + 0.12 * wave(t, 0.157, 1)), pitch: size * degrees(0.7 * wave(t, 1.9, 2) + 0.12 * wave(t, 0.109)), roll: size * degrees(1.5 * wave(t, 2.9)),
});
const slow = (t: number): Camera => ({ ...STILL, x: 0.05 * wave(t, 7), y: 0.03 * wave(t, 5, 1), roll: degrees(3 * wave(t, 9)) });
/** Around a point at distance 1, looking at it. */
const orbit = (t: number, widest: number): Camera => {
  const yaw = degrees(widest) * wave(t, 8);
  const pitch = degrees(widest * 0.6) * wave(t, 6, 0.5) - degrees(widest * 0.6) * Math.sin(0.5);
  return { x: -Math.sin(yaw) * Math.cos(pitch), y: -Math.sin(pitch), z: 1 - Math.cos(yaw) * Math.cos(pitch), yaw, pitch, roll: 0 };
};
const bumps = (size: number) => (u: number, v: number) => size * (Math.sin(11 * u + 1) * Math.cos(9 * v) + 0.5 * Math.sin(23 * u) * Math.sin(19 * v + 2)) / 1.5;
/** Crosses the middle of the picture; the times at which the middle is hidden are 0.5, 1 and 2 s, in turn, every 5 s. */
const hand = (t: number): Hand | null => {
  const turn = Math.floor(t / 5);
  const hiddenS = [0.5, 1, 2][turn % 3] ?? 1;
  const at = t - turn * 5 - 3;
  // Comes and goes in 0.25 s, and stays between.
  const way = Math.max(0, Math.abs(at) - hiddenS / 2) / 0.25;
  return way > 3 ? null : { x: 0.47 + 0.3 * way * (turn % 2 === 0 ? 1 : -1), y: 0.34 + 0.12 * way, radiusX: 0.26, radiusY: 0.2 };
};

export const SCENES: readonly Scene[] = [
  { name: 'pan', kind: 'flat', surfaces: [flat(BROOK)], camera: (t) => ({ ...STILL, x: 0.24 * wave(t, 9), y: 0.1 * wave(t, 6) }), marks: two() },
  { name: 'zoom', kind: 'flat', surfaces: [flat(PEAKS)], camera: (t) => ({ ...STILL, z: 0.42 * wave(t, 10) }), marks: two() },
  { name: 'rotation', kind: 'flat', surfaces: [flat(LEAVES)], camera: (t) => ({ ...STILL, roll: degrees(50 * wave(t, 10)) }), marks: two() },
  { name: 'perspective', kind: 'flat', surfaces: [flat(HOUSE)], camera: (t) => orbit(t, 30), marks: two() },
  { name: 'shake', kind: 'flat', surfaces: [flat(HOUSE)], camera: (t) => shaken(t, 1.5), marks: two() },
  { name: 'occlusion', kind: 'flat', surfaces: [flat(BROOK)], camera: slow, marks: two(), hand },
  { name: 'blur', kind: 'flat', surfaces: [flat(PEAKS)], camera: (t) => shaken(t, 2), marks: two(), exposure: 0.5 },
  {
    name: 'light', kind: 'flat', surfaces: [flat(LEAVES)], camera: slow, marks: two(),
    light: (t) => ({ gain: 0.8 + 0.35 * wave(t, 4), offset: 0.06 * wave(t, 3), vignette: 0.35, x: 0.5 + 0.3 * wave(t, 5), y: 0.28 + 0.15 * wave(t, 6) }),
  },
  {
    name: 'two layers', kind: 'other', surfaces: [{ ...flat(BROOK), z: 1.6, width: 3.6 }, { texture: LEAVES, x: 0.22, y: 0.05, z: 0.9, width: 0.5 }],
    camera: (t) => ({ ...slow(t), x: 0.12 * wave(t, 7) }), marks: [{ name: 'far', at: { x: 0.22, y: 0.3 }, surface: 0 }, { name: 'far, at the edge', at: { x: 0.31, y: 0.3 }, surface: 0 }, { name: 'near', at: { x: 0.72, y: 0.32 }, surface: 1 }],
  },
  {
    name: 'blank near layer', kind: 'other', surfaces: [{ ...flat(BROOK), z: 1.6, width: 3.6 }, { texture: 'paper', x: 0.05, y: 0.02, z: 0.9, width: 0.42 }],
    camera: (t) => ({ ...slow(t), x: 0.12 * wave(t, 7) }), marks: [{ name: 'on the blank', at: { x: 0.54, y: 0.3 }, surface: 1, isBlank: true }, { name: 'at its edge', at: { x: 0.255, y: 0.3 }, surface: 1, isBlank: true }, { name: 'far', at: { x: 0.12, y: 0.3 }, surface: 0 }],
  },
  { name: 'relief', kind: 'relief', surfaces: [{ ...flat(PEAKS), relief: bumps(0.12) }], camera: (t) => ({ ...orbit(t, 12) }), marks: two() },
  { name: 'body', kind: 'relief', surfaces: [{ texture: 'skin', x: 0, y: 0, z: 1.1, width: 2, relief: (u, v) => -0.3 * Math.sqrt(Math.max(0, 1 - ((u - 0.5) / 0.45) ** 2)) + 0.02 * Math.sin(25 * v) * Math.sin(20 * u) }], camera: (t) => ({ ...orbit(t, 14) }), marks: two() },
  {
    name: 'specular', kind: 'other', surfaces: [flat(LEAVES)], camera: (t) => ({ ...slow(t), yaw: degrees(3 * wave(t, 5)) }), marks: two(),
    spots: (t) => [0, 1, 2, 3, 4, 5].map((i) => ({ x: 0.5 + 0.22 * wave(t, 4 + i, i * 2), y: 0.3 + 0.12 * wave(t, 3 + i, i), radius: 0.008 + 0.003 * i })),
  },
  {
    name: 'deformation', kind: 'other', surfaces: [{ ...flat(HOUSE), isAlive: true, relief: (u, v, t) => -0.04 * (1 + wave(t, 4)) * Math.exp(-((u - 0.5) ** 2 + (v - 0.5) ** 2) / 0.02), shift: (u, v, t) => ({ x: 0.012 * wave(t, 5) * Math.sin(8 * v), y: 0.012 * wave(t, 4, 1) * Math.sin(9 * u) }) }],
    camera: slow, marks: two(),
  },
  { name: 'petals', kind: 'other', surfaces: [flat(FLOWER)], camera: (t) => shaken(t, 1), marks: two() },
  { name: 'cut and cover', kind: 'other', surfaces: [flat(BROOK)], camera: slow, marks: two(), gone: (t) => (t % 6 > 2 && t % 6 < 3 ? 'cut' : t % 6 > 4.5 && t % 6 < 5.3 ? 'covered' : null) },
  { name: 'away and back', kind: 'flat', surfaces: [flat(GARDEN)], camera: (t) => ({ ...STILL, x: t % 5 < 2 ? 0 : 0.75 * Math.sin((Math.PI * ((t % 5) - 2)) / 3) ** 2, roll: degrees(6 * wave(t, 7)) }), marks: [{ name: 'middle', at: { x: 0.62, y: 0.28 }, surface: 0 }, { name: 'side', at: { x: 0.5, y: 0.38 }, surface: 0 }] },
];

const SUB_FRAMES = 6;
const FRAME_S = 1 / 30;

/** The moments whose mean a picture is: one, or several while the shutter is open. */
export function shutterTimes({ exposure }: Scene, t: number): readonly number[] {
  return exposure === undefined ? [t] : Array.from({ length: SUB_FRAMES }, (_, part) => t + ((part + 0.5) / SUB_FRAMES - 0.5) * exposure * FRAME_S);
}

/** A point of a surface in the world. `aspect` is the texture's width by its height. */
export function worldOf({ x, y, z, width, relief, shift }: Surface, aspect: number, u: number, v: number, t: number): readonly [number, number, number] {
  const by = shift?.(u, v, t) ?? { x: 0, y: 0 };
  return [x + (u - 0.5) * width + by.x, y + ((v - 0.5) * width) / aspect + by.y, z + (relief?.(u, v, t) ?? 0)];
}

/** By rows: world to camera. */
export function rotationOf({ yaw, pitch, roll }: Camera): readonly number[] {
  const [cy, sy, cp, sp, cr, sr] = [Math.cos(yaw), Math.sin(yaw), Math.cos(pitch), Math.sin(pitch), Math.cos(roll), Math.sin(roll)];
  // Roll after pitch after yaw.
  const yawed = [cy, 0, -sy, 0, 1, 0, sy, 0, cy];
  const pitched = [1, 0, 0, 0, cp, -sp, 0, sp, cp];
  const rolled = [cr, sr, 0, -sr, cr, 0, 0, 0, 1];
  return product(rolled, product(pitched, yawed));
}

function product(a: readonly number[], b: readonly number[]): readonly number[] {
  return Array.from({ length: 9 }, (_, i) => [0, 1, 2].reduce((sum, k) => sum + (a[3 * Math.floor(i / 3) + k] ?? 0) * (b[3 * k + (i % 3)] ?? 0), 0));
}

/** Where a point of the world is seen, frame units; `height` is the frame's, in widths. */
export function project(camera: Camera, [wx, wy, wz]: readonly [number, number, number], height: number): Point {
  const r = rotationOf(camera);
  const [x, y, z] = [wx - camera.x, wy - camera.y, wz - camera.z];
  const row = (i: number) => (r[3 * i] ?? 0) * x + (r[3 * i + 1] ?? 0) * y + (r[3 * i + 2] ?? 0) * z;
  return { x: 0.5 + row(0) / row(2), y: height / 2 + row(1) / row(2) };
}

/** Which point of a surface is seen at a place: found by steps, because relief has no formula backwards. */
export function surfaceAt(surface: Surface, aspect: number, camera: Camera, at: Point, t: number, height: number): Point {
  let [u, v] = [0.5, 0.5];
  for (let round = 0; round < 60; round += 1) {
    const seen = project(camera, worldOf(surface, aspect, u, v, t), height);
    const step = 1e-4;
    const right = project(camera, worldOf(surface, aspect, u + step, v, t), height);
    const down = project(camera, worldOf(surface, aspect, u, v + step, t), height);
    const [a, b, c, d] = [(right.x - seen.x) / step, (down.x - seen.x) / step, (right.y - seen.y) / step, (down.y - seen.y) / step];
    const determinant = a * d - b * c;
    const [dx, dy] = [at.x - seen.x, at.y - seen.y];
    const by = round < 20 ? 0.6 : 1;
    u += (by * (d * dx - b * dy)) / determinant;
    v += (by * (a * dy - c * dx)) / determinant;
  }
  return { x: u, y: v };
}
