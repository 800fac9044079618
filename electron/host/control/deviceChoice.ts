import { join } from 'node:path';
import type { Clock } from '#shared/lib/clock';
import { z } from 'zod';
import type { UltrasoundDevice } from '../devices/device.ts';
import { SimulatedDevice } from '../devices/simulator/simulatedDevice.ts';
import { JsonFile, type SetAsideReport } from '../jsonFile.ts';

const choiceSchema = z.object({ schemaVersion: z.literal(1), type: z.literal('simulator'), seed: z.number().int().min(0).max(0xffff_ffff).default(1) });

/**
 * Opens the device that this machine stands beside: `device.json` in the host's folder, for instance `{"schemaVersion":1,"type":"simulator"}`.
 * Null: this machine has none. A file that is not understood is put aside and reported, and there is no device.
 * @throws AppError `storage.corrupt` when the file cannot be read
 */
export async function openChosenDevice(folder: string, clock: Clock, onSetAside: (report: SetAsideReport) => void): Promise<UltrasoundDevice | null> {
  const content = await new JsonFile({ path: join(folder, 'device.json'), schema: choiceSchema, schemaVersion: 1, clock, onSetAside }).read();
  return content.type === 'value' ? new SimulatedDevice(clock, content.value.seed) : null;
}
