import { z } from 'zod';

/** What the scanner is set for; their order is their number on the wire, and the list only grows at the end. */
export const PRESETS = ['abdomen', 'heart', 'vessels', 'smallParts', 'obstetrics'] as const;
export type Preset = (typeof PRESETS)[number];

/** Bounds of what may be asked of any scanner; a device applies what it can of it and says what that is. */
export const GAIN_DB = { min: 0, max: 100 } as const;
export const DEPTH_MM = { min: 20, max: 300 } as const;
/** The focus lies no deeper than the picture. */
export const FOCUS_MIN_MM = 10;

/** The image of the scanner, as an operator sets it. */
export const ultrasoundSettingsSchema = z.object({
  preset: z.enum(PRESETS),
  gainDb: z.number().min(GAIN_DB.min).max(GAIN_DB.max),
  depthMm: z.number().min(DEPTH_MM.min).max(DEPTH_MM.max),
  /** Where the beam is narrowest: 10 mm to the depth of the picture. */
  focusMm: z.number().min(FOCUS_MIN_MM).max(DEPTH_MM.max),
  isFrozen: z.boolean(),
});
export type UltrasoundSettings = z.infer<typeof ultrasoundSettingsSchema>;

/** [CTL41] Why settings were not applied: outside of the bounds above; or the device would not, or could not. */
export const settingsRefusalSchema = z.enum(['range', 'device']);
export type SettingsRefusal = z.infer<typeof settingsRefusalSchema>;

/** Where a scanner begins. */
export const createSettings = (): UltrasoundSettings => ({ preset: 'abdomen', gainDb: 50, depthMm: 150, focusMm: 80, isFrozen: false });

/** [CTL41] False for what is no number as well. */
export function areInRange({ gainDb, depthMm, focusMm }: Readonly<UltrasoundSettings>): boolean {
  return gainDb >= GAIN_DB.min && gainDb <= GAIN_DB.max && depthMm >= DEPTH_MM.min && depthMm <= DEPTH_MM.max && focusMm >= FOCUS_MIN_MM && focusMm <= depthMm;
}
