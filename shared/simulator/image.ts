import type { Pose } from '../control/pose.ts';
import { numberAt } from '../lib/numberAt.ts';
import { createRandom } from '../lib/seededRandom.ts';
import { abdomen, type ElasticBody } from './body.ts';
import { BONE, breathMm, CONNECTIVE, COUPLING, FAT, MUSCLE, ORGANS, Shape, SKIN, TISSUES } from './phantom.ts';
import { ARRAY_RADIUS_MM, BEAMS, HALF_ANGLE_RAD, SAMPLES, Sector } from './sector.ts';

/** What the picture is made from; the scanner's settings have more, which change nothing here. */
export interface PictureInput {
  /** Of the array's face, base frame. */
  readonly pose: Readonly<Pose>;
  /** Time of the breath, s. */
  readonly atS: number;
  /** What the arm's force sensor says: it knows better than this model where the skin is. */
  readonly isInContact: boolean;
  readonly settings: { readonly gainDb: number; readonly depthMm: number; readonly focusMm: number; readonly isFrozen: boolean };
}

/** The gain at which liver is middle grey, dB. */
const MIDDLE_GAIN_DB = 50;
const RANGE_DB = 52;
/** Liver's grey at the middle gain, of one. */
const LIVER_GREY = 0.42;
/** Below this the receiver hears itself. */
const NOISE = 0.004;
/** Gel fills less than this between array and skin; further away is air, mm. */
const GEL_MM = 4;
/** An element hears tissue up to this from the skin, mm; pressing makes good contact. */
const COUPLED_MM = 1;
/** Below the skin that nothing presses on: where fat, muscle and what lies around the organs begin, mm. */
const LAYERS = [[0, SKIN], [2, FAT], [11, MUSCLE], [19, CONNECTIVE]] as const;
/** Pressing thins the layers, down to this. */
const THINNEST = 0.45;
/** Speckle: grid and period of the scatterers, mm and cells. */
const CELL_MM = 0.62;
const CELLS = 64;
const MASK = CELLS - 1;
/** Length of a pulse, samples. */
const PULSE = 3;
/** More than one: brighter grains further apart. */
const GRAIN = 1.7;
/** Width of a beam at its focus for each mm of depth, and how it widens away from it. */
const SHARP_MM = 0.012;
const WIDEN = 0.045;

/**
 * An ultrasound picture of the phantom, as a curved array at a pose would see it: echoes of each tissue with a speckle that belongs to the
 * tissue, walls, attenuation with shadow and enhancement, beams that are narrow at the focus, gain and compression, then scan conversion.
 * The same input gives the same picture. Nothing is allocated for a picture.
 */
export class UltrasoundPicture {
  readonly sector: Sector;
  /** Grey, row by row; written over by the next picture. */
  readonly grey: Uint8Array;
  readonly #body: ElasticBody;
  readonly #shapes = ORGANS.map((organ) => new Shape(organ));
  readonly #speckle: Float32Array;
  /** Echo amplitudes, `beam + sample × BEAMS`. */
  readonly #echo = new Float32Array(BEAMS * SAMPLES);
  readonly #polar = new Uint8Array(BEAMS * SAMPLES);
  readonly #tissue = new Uint8Array(SAMPLES);
  readonly #wall = new Float32Array(SAMPLES);
  readonly #sums = new Float32Array(BEAMS + 1);
  readonly #axes = new Float64Array(6);
  readonly #keep = new Float64Array(TISSUES.length);
  #hasPicture = false;

  constructor(width: number, height: number, body: ElasticBody = abdomen) {
    this.sector = new Sector(width, height);
    this.grey = new Uint8Array(width * height);
    this.#body = body;
    this.#speckle = createSpeckle();
  }

  /** A frozen picture stays as it is. */
  form(input: PictureInput): void {
    if (input.settings.isFrozen && this.#hasPicture) return;
    this.#hasPicture = true;
    const { depthMm, focusMm, gainDb } = input.settings;
    this.sector.setDepth(depthMm);
    const stepMm = depthMm / (SAMPLES - 1);
    TISSUES.forEach(({ lossDbPerMm }, tissue) => {
      this.#keep[tissue] = 10 ** ((-lossDbPerMm * stepMm) / 20);
    });
    this.#setAxes(input.pose);
    const closerMm = this.#contactCorrection(input);
    for (let beam = 0; beam < BEAMS; beam += 1) this.#shoot(beam, stepMm, closerMm, input);
    for (let sample = 0; sample < SAMPLES; sample += 1) this.#blur(sample, sample * stepMm, focusMm);
    this.#compress(gainDb, input.atS);
    this.sector.convert(this.#polar, this.grey);
    this.#mark(focusMm);
  }

  /** The probe's x and z in the base frame. */
  #setAxes({ qw, qx, qy, qz }: Readonly<Pose>): void {
    this.#axes.set([1 - 2 * (qy * qy + qz * qz), 2 * (qx * qy + qw * qz), 2 * (qx * qz - qw * qy), 2 * (qx * qz + qw * qy), 2 * (qy * qz - qw * qx), 1 - 2 * (qx * qx + qy * qy)]);
  }

  /** By how much the skin is nearer than the model says, so that the middle of the array touches when the sensor says so, mm. */
  #contactCorrection({ pose, isInContact, atS }: PictureInput): number {
    const gapMm = this.#body.surfaceMm(pose.xMm, pose.yMm, atS) - pose.zMm;
    if (isInContact) return Math.max(0, gapMm);
    return Math.min(0, gapMm - 2 * COUPLED_MM);
  }

  #shoot(beam: number, stepMm: number, closerMm: number, { pose, atS, isInContact }: PictureInput): void {
    const axes = this.#axes;
    const angle = ((2 * beam) / (BEAMS - 1) - 1) * HALF_ANGLE_RAD;
    const [sine, cosine] = [Math.sin(angle), Math.cos(angle)];
    const [across, back] = [ARRAY_RADIUS_MM * sine, ARRAY_RADIUS_MM * (cosine - 1)];
    const x = pose.xMm + across * numberAt(axes, 0) + back * numberAt(axes, 3);
    const y = pose.yMm + across * numberAt(axes, 1) + back * numberAt(axes, 4);
    const z = pose.zMm + across * numberAt(axes, 2) + back * numberAt(axes, 5);
    const wayX = sine * numberAt(axes, 0) + cosine * numberAt(axes, 3);
    const wayY = sine * numberAt(axes, 1) + cosine * numberAt(axes, 4);
    const wayZ = sine * numberAt(axes, 2) + cosine * numberAt(axes, 5);
    const gapMm = this.#body.surfaceMm(x, y, atS) - z - closerMm;
    // A beam that does not go into the patient meets air.
    const coupled = !isInContact || wayZ < 0.1 ? 0 : Math.max(0, Math.min(1, (GEL_MM - gapMm) / (GEL_MM - COUPLED_MM)));
    if (coupled === 0) {
      this.#ring(beam, stepMm, gapMm < GEL_MM ? 1 : 0);
      return;
    }
    this.#layer(stepMm, gapMm, wayZ);
    const insideZ = z - breathMm(atS, this.#body);
    this.#cut(stepMm, x, y, insideZ, wayX, wayY, wayZ);
    this.#listen(beam, stepMm, coupled, x, y, insideZ, wayX, wayY, wayZ);
  }

  /** Nothing but the array's own ringing, in lines; not even that in air. */
  #ring(beam: number, stepMm: number, amount: number): void {
    for (let sample = 0; sample < SAMPLES; sample += 1) {
      const depthMm = sample * stepMm;
      this.#echo[beam + sample * BEAMS] = amount * 4 * Math.exp(-depthMm / 14) * (0.5 + 0.5 * Math.cos((2 * Math.PI * depthMm) / 4)) ** 6;
    }
  }

  /** What lies below the skin, in layers that are thinner where the probe is pressed in. */
  #layer(stepMm: number, gapMm: number, wayZ: number): void {
    const thin = Math.max(THINNEST, Math.min(1, 1 + gapMm / 30));
    this.#tissue.fill(COUPLING);
    this.#wall.fill(0);
    for (const [depthMm, tissue] of LAYERS) {
      const from = Math.max(0, Math.ceil((Math.max(0, gapMm) + depthMm * thin) / wayZ / stepMm));
      this.#tissue.fill(tissue, Math.min(from, SAMPLES));
      if (depthMm > 0) this.#brighten(from, 3 * wayZ ** 4);
    }
  }

  /** The organs along the beam. */
  #cut(stepMm: number, x: number, y: number, z: number, wayX: number, wayY: number, wayZ: number): void {
    // Under the skin and its layers: organs do not reach into them.
    const roof = this.#tissue.indexOf(CONNECTIVE);
    if (roof < 0) return;
    for (const shape of this.#shapes) {
      if (!shape.meets(x, y, z, wayX, wayY, wayZ)) continue;
      const enter = Math.ceil(shape.enterMm / stepMm);
      const from = Math.max(shape.tissue === BONE ? 0 : roof, enter);
      const to = Math.min(SAMPLES, Math.ceil(shape.leaveMm / stepMm));
      if (to <= from) continue;
      this.#tissue.fill(shape.tissue, from, to);
      if (shape.wall === 0) continue;
      const echo = shape.wall * (0.15 + shape.squareness ** 4);
      if (enter === from) this.#brighten(from, echo);
      this.#brighten(to, echo);
    }
  }

  /** A wall is as thick as the pulse is long. */
  #brighten(sample: number, echo: number): void {
    for (let at = sample; at < Math.min(SAMPLES, sample + PULSE); at += 1) this.#wall[at] = Math.max(this.#wall[at] ?? 0, echo);
  }

  /** Along the beam: what each place sends back, less what was lost on the way. */
  #listen(beam: number, stepMm: number, coupled: number, x: number, y: number, z: number, wayX: number, wayY: number, wayZ: number): void {
    let [px, py, pz] = [x / CELL_MM, y / CELL_MM, z / CELL_MM];
    const [dx, dy, dz] = [(wayX * stepMm) / CELL_MM, (wayY * stepMm) / CELL_MM, (wayZ * stepMm) / CELL_MM];
    let left = coupled;
    for (let sample = 0; sample < SAMPLES; sample += 1) {
      const tissue = this.#tissue[sample] ?? COUPLING;
      left *= numberAt(this.#keep, tissue);
      const scattered = (TISSUES[tissue]?.echo ?? 0) * this.#speckleAt(px, py, pz);
      this.#echo[beam + sample * BEAMS] = left * (scattered + (this.#wall[sample] ?? 0));
      px += dx;
      py += dy;
      pz += dz;
    }
  }

  /** Between the scatterers' grid points, in cells. */
  #speckleAt(x: number, y: number, z: number): number {
    const [ix, iy, iz] = [Math.floor(x), Math.floor(y), Math.floor(z)];
    const [fx, fy, fz] = [x - ix, y - iy, z - iz];
    const x0 = ix & MASK;
    const x1 = (ix + 1) & MASK;
    const y0 = (iy & MASK) * CELLS;
    const y1 = ((iy + 1) & MASK) * CELLS;
    const z0 = (iz & MASK) * CELLS * CELLS;
    const z1 = ((iz + 1) & MASK) * CELLS * CELLS;
    const s = this.#speckle;
    const near = (((s[x0 + y0 + z0] ?? 0) * (1 - fx) + (s[x1 + y0 + z0] ?? 0) * fx) * (1 - fy)) + (((s[x0 + y1 + z0] ?? 0) * (1 - fx) + (s[x1 + y1 + z0] ?? 0) * fx) * fy);
    const far = (((s[x0 + y0 + z1] ?? 0) * (1 - fx) + (s[x1 + y0 + z1] ?? 0) * fx) * (1 - fy)) + (((s[x0 + y1 + z1] ?? 0) * (1 - fx) + (s[x1 + y1 + z1] ?? 0) * fx) * fy);
    return near * (1 - fz) + far * fz;
  }

  /** A beam is as wide as its depth and its distance from the focus make it; what it hears is the mean across its width. */
  #blur(sample: number, depthMm: number, focusMm: number): void {
    const spacingMm = ((ARRAY_RADIUS_MM + depthMm) * 2 * HALF_ANGLE_RAD) / (BEAMS - 1);
    const half = (0.4 + SHARP_MM * depthMm + WIDEN * Math.abs(depthMm - focusMm)) / spacingMm / 2;
    const row = sample * BEAMS;
    const sums = this.#sums;
    for (let beam = 0; beam < BEAMS; beam += 1) sums[beam + 1] = (sums[beam] ?? 0) + (this.#echo[row + beam] ?? 0);
    for (let beam = 0; beam < BEAMS; beam += 1) {
      const from = Math.max(0, beam + 0.5 - Math.max(0.5, half));
      const to = Math.min(BEAMS, beam + 0.5 + Math.max(0.5, half));
      this.#echo[row + beam] = (between(sums, to) - between(sums, from)) / (to - from);
    }
  }

  /** Amplitudes into grey: logarithm, gain, and the receiver's own noise. */
  #compress(gainDb: number, atS: number): void {
    let noise = (Math.round(atS * 1000) * 2654435761 + 1) >>> 0;
    const scale = (20 / Math.LN10 / RANGE_DB) * 255;
    const lift = (LIVER_GREY + (gainDb - MIDDLE_GAIN_DB) / RANGE_DB) * 255;
    for (let at = 0; at < this.#echo.length; at += 1) {
      noise = (Math.imul(noise, 1664525) + 1013904223) >>> 0;
      const grey = Math.log((this.#echo[at] ?? 0) + (NOISE * (noise >>> 16)) / 65536 + 1e-6) * scale + lift;
      this.#polar[at] = Math.max(0, Math.min(255, grey));
    }
  }

  /** The mark of the probe's left edge, a centimetre scale with the focus on it. */
  #mark(focusMm: number): void {
    const { sector } = this;
    const column = Math.min(sector.width - 14, Math.round(sector.columnOf((ARRAY_RADIUS_MM + sector.depthMm) * Math.sin(HALF_ANGLE_RAD))) - 4);
    for (let depthMm = 0; depthMm <= sector.depthMm; depthMm += 10) this.#bar(column, Math.round(sector.rowOf(depthMm)), depthMm % 50 === 0 ? 8 : 4, 150);
    const focusRow = Math.round(sector.rowOf(Math.min(focusMm, sector.depthMm)));
    for (let part = 0; part < 6; part += 1) {
      this.#bar(column - 8 - part, focusRow - part, 1, 220);
      this.#bar(column - 8 - part, focusRow + part, 1, 220);
    }
    const left = Math.round(sector.columnOf(-ARRAY_RADIUS_MM * Math.sin(HALF_ANGLE_RAD))) - 16;
    for (let row = -5; row <= 5; row += 1) {
      const half = Math.round(Math.sqrt(30 - row * row));
      this.#bar(left - half, row + 10, 2 * half + 1, 230);
    }
  }

  #bar(column: number, row: number, length: number, grey: number): void {
    if (row < 0 || row >= this.sector.height) return;
    const from = Math.max(0, column);
    const to = Math.min(this.sector.width, column + length);
    if (to > from) this.grey.fill(grey, row * this.sector.width + from, row * this.sector.width + to);
  }
}

/** Scatterers at random phases: their sum has a Rayleigh amplitude with a mean near one. */
function createSpeckle(): Float32Array {
  const random = createRandom(20_261);
  const speckle = new Float32Array(CELLS ** 3);
  for (let at = 0; at < speckle.length; at += 1) speckle[at] = (Math.sqrt(-2 * Math.log(1 - random())) / Math.sqrt(Math.PI / 2)) ** GRAIN;
  return speckle;
}

/** Of running sums, also between two. */
function between(sums: Float32Array, at: number): number {
  const whole = Math.floor(at);
  const low = sums[whole] ?? 0;
  return low + ((sums[whole + 1] ?? low) - low) * (at - whole);
}
