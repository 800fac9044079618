import { createHmac } from 'node:crypto';
import { z } from 'zod';

/** What happens to an element. */
export type Action = 'removed' | 'emptied' | 'replaced' | 'uidMapped' | 'dateShifted' | 'blackened';

/** What a policy may decide beyond the basic profile (PS3.15, E.1). */
export interface DeidentifyPolicy {
  /** Of the installation: UIDs, pseudonyms and shifts of dates follow from it. */
  readonly secret: string;
  /** `removed`: no dates; `shifted`: all of a patient's by the same number of days, so that intervals stay (option 113107). */
  readonly dates: 'removed' | 'shifted';
  /** Manufacturer and model stay (option 113109, in part). */
  readonly keepsDevice: boolean;
  readonly masks: readonly DeviceMask[];
}

const place = z.number().int().min(0).max(65_535);
/** In pixels, all four sides belong to it. */
const rectangleSchema = z.object({ left: place, top: place, right: place, bottom: place });
export type Rectangle = z.infer<typeof rectangleSchema>;

/** Where a device burns writing into its pictures. `model` empty: all of its maker's. */
export const deviceMaskSchema = z.object({ manufacturer: z.string().max(64), model: z.string().max(64), rows: place, columns: place, rectangles: z.array(rectangleSchema).max(100) });
export type DeviceMask = z.infer<typeof deviceMaskSchema>;

/** Elements that have to be there, and may be empty (type 2). */
const EMPTIED = new Set(['00080050', '00080090', '00100030', '00100040', '00200010', '00200060', '00080020', '00080030', '00080023', '00080033']);
/** Text that machines write about pictures, and that people do not write in. */
const KEPT_TEXT = new Set([
  '00080008', '00080016', '00080060', '00080064', '00180015', '00180022', '00180023', '00180025', '00180050', '00180060', '00181160', '00181210', '00185100', '00200020', '00200062', '00281054', '00282110', '00282114', '00080100', '00080102', '00080103',
  '00181008', '00080104', '00089007', '00089205', '00089206', '00089207', '00540081', '00541000', '00541001', '00541002',
]);
const DEVICE = new Set(['00080070', '00081090']);
/** Of the patient and not of the picture; besides, small pictures beside the picture, signatures, curves and overlays. */
const OF_PATIENT = /^(0010(?!0010|0020)|0038|0040(?!9096|9210|9211|9212|9224|9225|08EA)|4008|4010|0032|0042|0088|0400|FFFA|5[0-9A-F]{3}|6[0-9A-F]{3})/;
/** Sequences of codes that name the place or what the patient has; codes elsewhere name kinds of things. */
const TELLING_CODES = new Set(['00080082', '00081084']);
/** Value representations that hold what somebody wrote, or a name. */
const FREE = new Set(['AE', 'AS', 'LO', 'LT', 'PN', 'SH', 'ST', 'UC', 'UR', 'UT', 'UN']);
const STANDARD_UID = '1.2.840.10008.';

/** What becomes of an element, by its tag and value representation; null: it stays. */
export function actionOf(tag: string, vr: string, { dates, keepsDevice }: DeidentifyPolicy): Action | null {
  if (tag === '00100010' || tag === '00100020') return 'replaced';
  if (Number.parseInt(tag.slice(0, 4), 16) % 2 === 1) return 'removed';
  if (vr === 'DA' || vr === 'DT' || vr === 'TM') {
    if (dates === 'shifted' && tag !== '00100030') return vr === 'TM' ? null : 'dateShifted';
    return EMPTIED.has(tag) ? 'emptied' : 'removed';
  }
  if (EMPTIED.has(tag)) return 'emptied';
  if (OF_PATIENT.test(tag) || TELLING_CODES.has(tag)) return 'removed';
  if (vr === 'UI') return 'uidMapped';
  if (KEPT_TEXT.has(tag) || (keepsDevice && DEVICE.has(tag))) return null;
  return FREE.has(vr) ? 'removed' : null;
}

/** A UID for a UID, the same each time; those of the standard name kinds of things, and stay. */
export function mapUid(secret: string, uid: string): string {
  if (uid.startsWith(STANDARD_UID)) return uid;
  return `2.25.${BigInt(`0x${hmac(secret, `uid ${uid}`).slice(0, 32)}`)}`;
}

/** Who the patient is from now on. */
export function pseudonymOf(secret: string, patientId: string): string {
  return `P-${hmac(secret, `patient ${patientId}`).slice(0, 10).toUpperCase()}`;
}

/** A date (YYYYMMDD…) some whole weeks earlier, one to ten years, the same for all of a patient. Empty when it is none. */
export function shiftDate(secret: string, patientId: string, date: string): string {
  const weeks = 52 + (Number.parseInt(hmac(secret, `days ${patientId}`).slice(0, 8), 16) % 470);
  const match = /^(\d{4})(\d{2})(\d{2})(.*)$/.exec(date);
  if (match === null) return '';
  const [, year, month, day, rest = ''] = match;
  const shifted = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day) - weeks * 7));
  return `${shifted.toISOString().slice(0, 10).replaceAll('-', '')}${rest}`;
}

function hmac(secret: string, text: string): string {
  return createHmac('sha256', secret).update(text).digest('hex');
}
