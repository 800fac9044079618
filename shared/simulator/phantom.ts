import { numberAt } from '../lib/numberAt.ts';
import { abdomen, type ElasticBody } from './body.ts';

/**
 * What lies in the simulated patient: ellipsoids, long ones for vessels and ribs, that stay where they are in the patient while the probe
 * moves and the patient breathes. Base frame of the arm, mm, z into the patient, at the middle of a breath.
 */
export interface Tissue {
  /** Echo amplitude, relative to liver. */
  readonly echo: number;
  /** Attenuation both ways, dB for each mm, above or below what the scanner makes up for. */
  readonly lossDbPerMm: number;
}

export interface Organ {
  readonly tissue: number;
  readonly centre: readonly [number, number, number];
  readonly radii: readonly [number, number, number];
  /** Turned about the base's x, then z, degrees. */
  readonly turnDeg: readonly [number, number];
  /** Echo of its wall where the beam meets it square on; 0: none. */
  readonly wall: number;
}

/** Places in `TISSUES`. */
export const [COUPLING, SKIN, FAT, MUSCLE, CONNECTIVE, LIVER, BLOOD, BILE, CORTEX, SINUS, BONE, TARGET] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11] as const;

/** Loss relative to soft tissue at 3.5 MHz, which the scanner's own compensation is set to. Fluid loses nothing: what is behind it is brighter. */
export const TISSUES: readonly Tissue[] = [
  { echo: 0.002, lossDbPerMm: -0.1 },
  { echo: 3, lossDbPerMm: 0.1 },
  { echo: 0.75, lossDbPerMm: 0.03 },
  { echo: 0.45, lossDbPerMm: 0.05 },
  { echo: 1.3, lossDbPerMm: 0.05 },
  { echo: 1, lossDbPerMm: 0.025 },
  { echo: 0.025, lossDbPerMm: -0.14 },
  { echo: 0.006, lossDbPerMm: -0.2 },
  { echo: 0.62, lossDbPerMm: 0.02 },
  { echo: 2.2, lossDbPerMm: 0.05 },
  { echo: 0.5, lossDbPerMm: 6 },
  { echo: 30, lossDbPerMm: 0.02 },
];

/** A bright ball in the liver, for tests and for the warm-up: its middle, mm, base frame, at the middle of a breath. */
export const MARKER = { xMm: -25, yMm: 20, zMm: 85, radiusMm: 2.5 } as const;

/** Those further down lie inside those above. */
export const ORGANS: readonly Organ[] = [
  { tissue: LIVER, centre: [-20, 0, 108], radii: [100, 90, 58], turnDeg: [0, 8], wall: 5 },
  { tissue: CORTEX, centre: [62, 26, 122], radii: [27, 25, 52], turnDeg: [12, 10], wall: 4 },
  { tissue: SINUS, centre: [62, 26, 122], radii: [10, 10, 31], turnDeg: [12, 10], wall: 0 },
  { tissue: BILE, centre: [26, -4, 92], radii: [13, 12, 25], turnDeg: [-14, 20], wall: 6 },
  // portal vein and its branches: bright walls
  { tissue: BLOOD, centre: [-12, 0, 116], radii: [36, 6.5, 6], turnDeg: [0, 12], wall: 5 },
  { tissue: BLOOD, centre: [-52, 6, 104], radii: [20, 4, 4], turnDeg: [10, -24], wall: 4 },
  // hepatic veins: none
  { tissue: BLOOD, centre: [-48, -12, 128], radii: [42, 4.5, 4], turnDeg: [24, 36], wall: 0 },
  { tissue: BLOOD, centre: [-30, 14, 138], radii: [46, 4, 4], turnDeg: [-12, -30], wall: 0 },
  { tissue: BLOOD, centre: [2, -20, 90], radii: [5, 40, 4], turnDeg: [8, 10], wall: 0 },
  { tissue: BLOOD, centre: [-66, 0, 82], radii: [4, 34, 3.5], turnDeg: [0, -14], wall: 0 },
  { tissue: BONE, centre: [-78, 0, 58], radii: [7, 120, 5], turnDeg: [0, 6], wall: 60 },
  { tissue: BONE, centre: [-112, 0, 62], radii: [7, 120, 5], turnDeg: [0, 6], wall: 60 },
  { tissue: TARGET, centre: [MARKER.xMm, MARKER.yMm, MARKER.zMm], radii: [MARKER.radiusMm, MARKER.radiusMm, MARKER.radiusMm], turnDeg: [0, 0], wall: 0 },
];

/** How far the patient's inside is from the middle of a breath, mm along z: organs go with the skin above them. */
export const breathMm = (atS: number, body: ElasticBody = abdomen): number => body.surfaceMm(0, 0, atS) - body.surfaceMm(0, 0, 0);

/** An organ with its turn made into the matrix that maps it onto a ball of radius one, for rays. */
export class Shape {
  readonly tissue: number;
  readonly wall: number;
  readonly #centre: readonly [number, number, number];
  /** Rows of rotation, each over its radius. */
  readonly #rows: Float64Array;
  /** Where the last ray entered and left, mm along it. Only after `meets` said true. */
  enterMm = 0;
  leaveMm = 0;
  /** The cosine between that ray and the wall it enters. */
  squareness = 0;
  readonly #start = new Float64Array(3);
  readonly #way = new Float64Array(3);

  constructor({ tissue, wall, centre, radii, turnDeg: [aboutX, aboutZ] }: Organ) {
    this.tissue = tissue;
    this.wall = wall;
    this.#centre = centre;
    const [ca, sa] = [Math.cos((aboutX * Math.PI) / 180), Math.sin((aboutX * Math.PI) / 180)];
    const [cb, sb] = [Math.cos((aboutZ * Math.PI) / 180), Math.sin((aboutZ * Math.PI) / 180)];
    // The transpose of Rz·Rx, each row over the radius along it.
    this.#rows = Float64Array.of(cb, sb, 0, -sb * ca, cb * ca, sa, sb * sa, -cb * sa, ca);
    for (let row = 0; row < 3; row += 1) for (let column = 0; column < 3; column += 1) this.#rows[row * 3 + column] = numberAt(this.#rows, row * 3 + column) / (radii[row] ?? 1);
  }

  /** Whether the ray from a point (mm, patient at the middle of a breath) along a unit way goes through, and where. */
  meets(x: number, y: number, z: number, wayX: number, wayY: number, wayZ: number): boolean {
    const rows = this.#rows;
    const [dx, dy, dz] = [x - this.#centre[0], y - this.#centre[1], z - this.#centre[2]];
    let a = 0;
    let b = 0;
    let c = -1;
    for (let row = 0; row < 3; row += 1) {
      const [rx, ry, rz] = [numberAt(rows, row * 3), numberAt(rows, row * 3 + 1), numberAt(rows, row * 3 + 2)];
      const start = rx * dx + ry * dy + rz * dz;
      const way = rx * wayX + ry * wayY + rz * wayZ;
      this.#start[row] = start;
      this.#way[row] = way;
      a += way * way;
      b += start * way;
      c += start * start;
    }
    const inside = b * b - a * c;
    if (inside <= 0) return false;
    const root = Math.sqrt(inside);
    this.enterMm = (-b - root) / a;
    this.leaveMm = (-b + root) / a;
    if (this.leaveMm <= 0) return false;
    this.squareness = this.#squareness(this.enterMm);
    return true;
  }

  #squareness(atMm: number): number {
    // The wall's normal is the transposed matrix times the point on the ball; the ray is a unit vector, whose image is `#way`.
    const rows = this.#rows;
    let along = 0;
    let [nx, ny, nz] = [0, 0, 0];
    for (let row = 0; row < 3; row += 1) {
      const point = numberAt(this.#start, row) + atMm * numberAt(this.#way, row);
      along += point * numberAt(this.#way, row);
      nx += numberAt(rows, row * 3) * point;
      ny += numberAt(rows, row * 3 + 1) * point;
      nz += numberAt(rows, row * 3 + 2) * point;
    }
    return Math.abs(along) / Math.hypot(nx, ny, nz);
  }
}
