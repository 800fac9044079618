import type { MotionLimits } from '#shared/control/limits';
import { type OpenIgtLinkChoice, openIgtLinkChoiceSchema } from '../../../electron/host/devices/openIgtLink/openIgtLinkChoice.ts';

/** Limits of a probe in the tests of devices. */
export const DEVICE_LIMITS: MotionLimits = {
  workspaceMin: { xMm: -100, yMm: -100, zMm: -20 }, workspaceMax: { xMm: 100, yMm: 100, zMm: 80 }, maxTiltDeg: 40, maxSpeedMmPerS: 50, maxAngularSpeedDegPerS: 40, maxForceN: 12, maxForceRateNPerS: 10, maxSpinDeg: 170,
};

/** What `device.json` says, with what the test wants otherwise. */
export const createChoice = (wanted: object = {}): OpenIgtLinkChoice =>
  openIgtLinkChoiceSchema.parse({ schemaVersion: 1, type: 'openIgtLink', id: 'robot', model: 'Robot of the tests', place: { type: 'listen', port: 0 }, force: { deviceName: 'Force' }, limits: DEVICE_LIMITS, ...wanted });
