import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type MotionLimits, motionLimitsSchema, smallestLimits } from '#shared/control/limits';
import { hasErrorCode } from '../jsonFile.ts';

const FILE = 'siteLimits.json';

/** Nothing can be asked for within these: one point, no speed, no force. */
const NO_ROOM: MotionLimits = {
  workspaceMin: { xMm: 0, yMm: 0, zMm: 0 }, workspaceMax: { xMm: 0, yMm: 0, zMm: 0 }, maxTiltDeg: 0, maxSpeedMmPerS: 0, maxAngularSpeedDegPerS: 0, maxForceN: 0, maxForceRateNPerS: 0, maxSpinDeg: 0,
};

export interface SiteLimits {
  readonly limits: MotionLimits;
  /** Why nothing may move here; null: all is well. */
  readonly problem: string | null;
}

/**
 * [CTL43] What this site allows, from `siteLimits.json` in the host's folder. A person of the site writes it, and no request of a page does.
 * Without the file the device's own limits hold. A file that cannot be understood is left where it is, named, and nothing moves: put aside
 * like other files, it would be missing at the next start, and the limits wider than anybody wanted.
 */
export async function readSiteLimits(folder: string, deviceLimits: MotionLimits): Promise<SiteLimits> {
  let text: string;
  try {
    text = await readFile(join(folder, FILE), 'utf8');
  } catch (error) {
    return hasErrorCode(error, 'ENOENT') ? { limits: deviceLimits, problem: null } : { limits: NO_ROOM, problem: `${FILE} cannot be read` };
  }
  const parsed = motionLimitsSchema.safeParse(parseJson(text));
  if (!parsed.success) return { limits: NO_ROOM, problem: `${FILE} is not understood: ${parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`).join(', ')}`.slice(0, 200) };
  const limits = smallestLimits(deviceLimits, parsed.data);
  return hasRoom(limits) ? { limits, problem: null } : { limits: NO_ROOM, problem: `${FILE} leaves the device no room` };
}

/** Whether a workspace is left when several parties have narrowed it. */
export function hasRoom({ workspaceMin: min, workspaceMax: max }: MotionLimits): boolean {
  return min.xMm <= max.xMm && min.yMm <= max.yMm && min.zMm <= max.zMm;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
