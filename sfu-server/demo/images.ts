import { createHash } from 'node:crypto';
import { type WrittenDataSet, writeFile } from '../imaging/dicom/write.ts';

/** Who the synthetic images are of. */
export interface ImagePatient {
  readonly name: string;
  readonly id: string;
  /** YYYYMMDD; of the examination too. */
  readonly dateText: string;
}

const CT_IMAGE = '1.2.840.10008.5.1.4.1.1.2';
const ULTRASOUND_MULTI_FRAME = '1.2.840.10008.5.1.4.1.1.3.1';
const CT_SIDE = 256;
export const CT_SLICES = 60;
const CT_SPACING_MM = 1.4;
const SLICE_MM = 2.5;
const CINE = { columns: 320, rows: 240, frames: 30, frameTimeMs: 40 } as const;
/** Where the picture of the ultrasound lies in its frame, and its scale. */
const REGION = { left: 40, top: 24, right: 279, bottom: 223, mmPerPixel: 0.6 } as const;

/** A UID of a name, the same at every start, under the root for UUIDs. */
export function uidOf(name: string): string {
  return `2.25.${BigInt(`0x${createHash('sha256').update(name).digest('hex').slice(0, 30)}`)}`;
}

/** A chest of ellipses in 60 slices, with a nodule, in Hounsfield units. @param key names it; the same key gives the same bytes */
export function* makeCt(key: string, patient: ImagePatient): Generator<Uint8Array> {
  for (let slice = 0; slice < CT_SLICES; slice += 1) {
    const sopUid = uidOf(`${key} ct ${slice}`);
    const z = slice * SLICE_MM;
    yield writeFile(
      {
        ...common(key, patient, { modality: 'CT', series: 'ct', number: 1, study: '胸部平扫 Chest', description: 'Lung 2.5 mm' }),
        '00080008': { vr: 'CS', Value: ['ORIGINAL', 'PRIMARY', 'AXIAL'] },
        '00180015': { vr: 'CS', Value: ['CHEST'] },
        '00180050': { vr: 'DS', Value: [String(SLICE_MM)] },
        '00180060': { vr: 'DS', Value: ['120'] },
        '00185100': { vr: 'CS', Value: ['HFS'] },
        '00200012': { vr: 'IS', Value: ['1'] },
        '00200013': { vr: 'IS', Value: [String(slice + 1)] },
        '00200032': { vr: 'DS', Value: [String((-CT_SIDE / 2) * CT_SPACING_MM), String((-CT_SIDE / 2) * CT_SPACING_MM), String(z)] },
        '00200037': { vr: 'DS', Value: ['1', '0', '0', '0', '1', '0'] },
        '00200052': { vr: 'UI', Value: [uidOf(`${key} frame of reference`)] },
        '00201040': { vr: 'LO', Value: [''] },
        '00201041': { vr: 'DS', Value: [String(z)] },
        ...pixels({ rows: CT_SIDE, columns: CT_SIDE, bits: 16, stored: 16, isSigned: true }),
        '00280030': { vr: 'DS', Value: [String(CT_SPACING_MM), String(CT_SPACING_MM)] },
        '00281050': { vr: 'DS', Value: ['-500', '40'] },
        '00281051': { vr: 'DS', Value: ['1500', '400'] },
        '00281052': { vr: 'DS', Value: ['0'] },
        '00281053': { vr: 'DS', Value: ['1'] },
        '00281054': { vr: 'LO', Value: ['HU'] },
        '7FE00010': { vr: 'OW', Value: [chest(slice / (CT_SLICES - 1)).buffer] },
      },
      CT_IMAGE,
      sopUid,
    );
  }
}

/** A beating heart's four chambers, more or less, with its region in centimetres and its time between frames. */
export function makeCine(key: string, patient: ImagePatient): Uint8Array {
  const { columns, rows, frames, frameTimeMs } = CINE;
  const unsigned = (vr: 'US' | 'UL', value: number) => ({ vr, Value: [value] });
  const region: WrittenDataSet = {
    '00186012': unsigned('US', 1), // tissue
    '00186014': unsigned('US', 1), // 2D
    '00186016': unsigned('UL', 0),
    '00186018': unsigned('UL', REGION.left),
    '0018601A': unsigned('UL', REGION.top),
    '0018601C': unsigned('UL', REGION.right),
    '0018601E': unsigned('UL', REGION.bottom),
    '00186024': unsigned('US', 3), // centimetres
    '00186026': unsigned('US', 3),
    '0018602C': { vr: 'FD', Value: [REGION.mmPerPixel / 10] },
    '0018602E': { vr: 'FD', Value: [REGION.mmPerPixel / 10] },
  };
  const cine = new Uint8Array(columns * rows * frames);
  for (let frame = 0; frame < frames; frame += 1) paintHeart(cine.subarray(frame * columns * rows, (frame + 1) * columns * rows), frame / frames);
  return writeFile(
    {
      ...common(key, patient, { modality: 'US', series: 'us', number: 1, study: '心脏超声 Echocardiography', description: 'A4C' }),
      '00080008': { vr: 'CS', Value: ['ORIGINAL', 'PRIMARY', '', '0001'] },
      '00180015': { vr: 'CS', Value: ['HEART'] },
      '00181063': { vr: 'DS', Value: [String(frameTimeMs)] },
      '00186011': { vr: 'SQ', Value: [region] },
      '00200013': { vr: 'IS', Value: ['1'] },
      '00200020': { vr: 'CS', Value: [] },
      '00280008': { vr: 'IS', Value: [String(frames)] },
      '00280009': { vr: 'AT', Value: [0x00181063] },
      ...pixels({ rows, columns, bits: 8, stored: 8, isSigned: false }),
      '00282110': { vr: 'CS', Value: ['00'] },
      '7FE00010': { vr: 'OB', Value: [cine.buffer] },
    },
    ULTRASOUND_MULTI_FRAME,
    uidOf(`${key} us 1`),
  );
}

function common(key: string, { name, id, dateText }: ImagePatient, { modality, series, number, study, description }: { readonly modality: string; readonly series: string; readonly number: number; readonly study: string; readonly description: string }): WrittenDataSet {
  return {
    '00080020': { vr: 'DA', Value: [dateText] },
    '00080021': { vr: 'DA', Value: [dateText] },
    '00080023': { vr: 'DA', Value: [dateText] },
    '00080030': { vr: 'TM', Value: ['083000'] },
    '00080033': { vr: 'TM', Value: ['083100'] },
    '00080050': { vr: 'SH', Value: [`A-${series}`] },
    '00080060': { vr: 'CS', Value: [modality] },
    '00080070': { vr: 'LO', Value: ['Huizhen synthetic'] },
    '00080090': { vr: 'PN', Value: [] },
    '00081030': { vr: 'LO', Value: [study] },
    '0008103E': { vr: 'LO', Value: [description] },
    '00100010': { vr: 'PN', Value: [name] },
    '00100020': { vr: 'LO', Value: [id] },
    '00100030': { vr: 'DA', Value: [] },
    '00100040': { vr: 'CS', Value: ['O'] },
    '0020000D': { vr: 'UI', Value: [uidOf(`${key} study ${series}`)] },
    '0020000E': { vr: 'UI', Value: [uidOf(`${key} series ${series}`)] },
    '00200010': { vr: 'SH', Value: [series.toUpperCase()] },
    '00200011': { vr: 'IS', Value: [String(number)] },
  };
}

function pixels({ rows, columns, bits, stored, isSigned }: { readonly rows: number; readonly columns: number; readonly bits: number; readonly stored: number; readonly isSigned: boolean }): WrittenDataSet {
  const unsigned = (value: number) => ({ vr: 'US', Value: [value] });
  return {
    '00280002': unsigned(1),
    '00280004': { vr: 'CS', Value: ['MONOCHROME2'] },
    '00280010': unsigned(rows),
    '00280011': unsigned(columns),
    '00280100': unsigned(bits),
    '00280101': unsigned(stored),
    '00280102': unsigned(stored - 1),
    '00280103': unsigned(isSigned ? 1 : 0),
  };
}

/** Hounsfield units of a slice. @param height 0 at the lowest, 1 at the highest */
function chest(height: number): Int16Array {
  const out = new Int16Array(CT_SIDE * CT_SIDE);
  const lung = 0.62 + 0.38 * Math.sin(Math.PI * height);
  for (let y = 0; y < CT_SIDE; y += 1) {
    for (let x = 0; x < CT_SIDE; x += 1) {
      const [u, v] = [(x - 128) / 112, (y - 128) / 84];
      const noise = ((x * 73 + y * 151 + Math.round(height * 59) * 37) % 23) - 11;
      out[y * CT_SIDE + x] = tissueAt(u, v, lung, height) + noise;
    }
  }
  return out;
}

function tissueAt(u: number, v: number, lung: number, height: number): number {
  const body = Math.hypot(u, v);
  if (body > 1) return -1000;
  if (Math.hypot(u / 0.09, (v - 0.62) / 0.12) < 1) return 500; // a vertebra
  if (body > 0.86 && body < 0.9 && Math.sin(Math.atan2(v, u) * 14 + height * 20) > 0.2) return 650; // ribs
  if (Math.hypot(u - 0.38, (v + 0.08) / 1.1, (height - 0.55) * 3) < 0.11) return 45; // a nodule
  for (const side of [-1, 1]) if (Math.hypot((u - side * 0.44) / (0.34 * lung), v / (0.66 * lung)) < 1) return Math.sin(u * 40) * Math.sin(v * 37 + height * 30) > 0.93 ? -200 : -850;
  if (Math.hypot((u + 0.08) / 0.24, (v + 0.1) / 0.3) < 1) return 55; // the heart
  return body > 0.92 ? -90 : 40;
}

/** @param phase 0–1 of a beat */
function paintHeart(out: Uint8Array, phase: number): void {
  const { columns, rows } = CINE;
  const squeeze = 1 - 0.22 * Math.max(0, Math.sin(2 * Math.PI * phase));
  for (let y = 0; y < rows; y += 1) {
    for (let x = 0; x < columns; x += 1) {
      const [dx, dy] = [x - 160, y - REGION.top];
      const isInFan = dy >= 0 && y <= REGION.bottom && Math.hypot(dx, dy) < 200 && Math.abs(Math.atan2(dx, dy)) < 0.62;
      if (!isInFan) {
        out[y * columns + x] = y < 14 && x > 8 && x < 120 && (x + y) % 3 === 0 ? 200 : 0; // burned-in writing, as machines put it
        continue;
      }
      const chamber = [[-28, 76, 24, 44], [30, 80, 20, 38], [-26, 150, 26, 26], [30, 150, 24, 24]].some(([cx = 0, cy = 0, w = 1, h = 1]) => Math.hypot((dx - cx) / (w * squeeze), (dy - cy) / (h * squeeze)) < 1);
      const speckle = (x * 31 + y * 17 + Math.round(phase * 30) * 13) % 29;
      out[y * columns + x] = chamber ? speckle : 70 + speckle * 3;
    }
  }
}
