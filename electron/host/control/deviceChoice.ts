import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { assertNever } from '#shared/lib/assert';
import type { Clock } from '#shared/lib/clock';
import { z } from 'zod';
import type { UltrasoundDevice } from '../devices/device.ts';
import { openIgtLinkChoiceSchema } from '../devices/openIgtLink/openIgtLinkChoice.ts';
import { OpenIgtLinkDevice } from '../devices/openIgtLink/openIgtLinkDevice.ts';
import { serialChoiceSchema } from '../devices/serial/serialChoice.ts';
import { SerialDevice } from '../devices/serial/serialDevice.ts';
import { SimulatedDevice } from '../devices/simulator/simulatedDevice.ts';
import { hasErrorCode, JsonFile, type SetAsideReport } from '../jsonFile.ts';

const FILE = 'device.json';

const simulatorChoiceSchema = z.object({ schemaVersion: z.literal(1), type: z.literal('simulator'), seed: z.number().int().min(0).max(0xffff_ffff).default(1) });
const choiceSchema = z.discriminatedUnion('type', [simulatorChoiceSchema, openIgtLinkChoiceSchema, serialChoiceSchema]);
type DeviceChoice = z.infer<typeof choiceSchema>;

/** Whether this machine names a device at all; what the file says is not looked at. */
export async function hasChosenDevice(folder: string): Promise<boolean> {
  return access(join(folder, FILE)).then(() => true, (error: unknown) => !hasErrorCode(error, 'ENOENT'));
}

/**
 * Opens the device that this machine stands beside: `device.json` in the host's folder, for instance `{"schemaVersion":1,"type":"simulator"}`
 * (README, "Connecting a probe", has one of each kind). A device that is not there yet is opened all the same, and says so as its fault.
 * Null: this machine has none. A file that is not understood is put aside and reported, and there is no device.
 * @throws AppError `storage.corrupt` when the file cannot be read
 */
export async function openChosenDevice(folder: string, clock: Clock, onSetAside: (report: SetAsideReport) => void): Promise<UltrasoundDevice | null> {
  const content = await new JsonFile({ path: join(folder, FILE), schema: choiceSchema, schemaVersion: 1, clock, onSetAside }).read();
  return content.type === 'value' ? openDevice(content.value, clock) : null;
}

function openDevice(choice: DeviceChoice, clock: Clock): UltrasoundDevice {
  const { random } = Math; // spreads tries to connect; nothing depends on it
  switch (choice.type) {
    case 'simulator':
      return new SimulatedDevice(clock, choice.seed);
    case 'openIgtLink':
      return new OpenIgtLinkDevice({ choice, clock, random });
    case 'serial':
      return new SerialDevice({ choice, clock, random });
    default:
      return assertNever(choice);
  }
}
