/**
 * The curved array and the picture it makes: which beam and which depth each pixel shows. Probe's frame: origin at the middle of the
 * array's face, z out of it, x along the array (to the picture's right), mm.
 */
export const ARRAY_RADIUS_MM = 50;
export const HALF_ANGLE_RAD = (30 * Math.PI) / 180;
export const BEAMS = 160;
export const SAMPLES = 400;
/** How far the outer elements lie behind the middle one. */
const SETBACK_MM = ARRAY_RADIUS_MM * (1 - Math.cos(HALF_ANGLE_RAD));
/** Left free above the array and below the deepest point, mm. */
const EDGE_MM = 3;

/** Pixels outside of the sector. */
const OUTSIDE = -1;

export class Sector {
  readonly width: number;
  readonly height: number;
  /** For each pixel the sample up and to the left of it, `beam + sample × BEAMS`; -1 outside. */
  readonly #index: Int32Array;
  /** And how far it lies towards the next beam and the next sample, of 256. */
  readonly #toBeam: Uint8Array;
  readonly #toSample: Uint8Array;
  #depthMm = 0;
  #mmPerPixel = 1;

  constructor(width: number, height: number) {
    this.width = width;
    this.height = height;
    this.#index = new Int32Array(width * height);
    this.#toBeam = new Uint8Array(width * height);
    this.#toSample = new Uint8Array(width * height);
  }

  get depthMm(): number {
    return this.#depthMm;
  }

  get mmPerPixel(): number {
    return this.#mmPerPixel;
  }

  /** The column of a place in the probe's frame. */
  columnOf(xMm: number): number {
    return this.width / 2 + xMm / this.#mmPerPixel;
  }

  /** The row of a place in the probe's frame. */
  rowOf(zMm: number): number {
    return (zMm + SETBACK_MM + EDGE_MM) / this.#mmPerPixel;
  }

  /** Where the deepest point stands in the middle of the picture. */
  setDepth(depthMm: number): void {
    if (depthMm === this.#depthMm) return;
    this.#depthMm = depthMm;
    const tall = depthMm + SETBACK_MM + 2 * EDGE_MM;
    const wide = 2 * ((ARRAY_RADIUS_MM + depthMm) * Math.sin(HALF_ANGLE_RAD) + EDGE_MM);
    this.#mmPerPixel = Math.max(tall / this.height, wide / this.width);
    for (let row = 0; row < this.height; row += 1) for (let column = 0; column < this.width; column += 1) this.#place(row, column);
  }

  #place(row: number, column: number): void {
    const at = row * this.width + column;
    const x = (column + 0.5 - this.width / 2) * this.#mmPerPixel;
    const z = (row + 0.5) * this.#mmPerPixel - SETBACK_MM - EDGE_MM + ARRAY_RADIUS_MM;
    const beam = ((Math.atan2(x, z) / HALF_ANGLE_RAD + 1) / 2) * (BEAMS - 1);
    const sample = ((Math.hypot(x, z) - ARRAY_RADIUS_MM) / this.#depthMm) * (SAMPLES - 1);
    if (!(beam >= 0 && beam < BEAMS - 1 && sample >= 0 && sample < SAMPLES - 1)) {
      this.#index[at] = OUTSIDE;
      return;
    }
    this.#index[at] = Math.floor(beam) + Math.floor(sample) * BEAMS;
    this.#toBeam[at] = (beam % 1) * 256;
    this.#toSample[at] = (sample % 1) * 256;
  }

  /** Beams and samples (`BEAMS × SAMPLES`, beam first) into the picture; black outside. */
  convert(polar: Uint8Array, out: Uint8Array): void {
    const index = this.#index;
    for (let pixel = 0; pixel < index.length; pixel += 1) {
      const from = index[pixel] ?? OUTSIDE;
      if (from < 0) {
        out[pixel] = 0;
        continue;
      }
      const right = this.#toBeam[pixel] ?? 0;
      const down = this.#toSample[pixel] ?? 0;
      const above = (polar[from] ?? 0) * (256 - right) + (polar[from + 1] ?? 0) * right;
      const below = (polar[from + BEAMS] ?? 0) * (256 - right) + (polar[from + BEAMS + 1] ?? 0) * right;
      out[pixel] = (above * (256 - down) + below * down) >> 16;
    }
  }
}
