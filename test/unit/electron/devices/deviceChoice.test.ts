import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createSystemClock } from '#shared/lib/clock';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openChosenDevice } from '../../../../electron/host/control/deviceChoice.ts';
import type { SetAsideReport } from '../../../../electron/host/jsonFile.ts';
import { DEVICE_LIMITS } from '../../../helpers/devices/choices.ts';
import { createFolder } from '../fakes.ts';

const clock = createSystemClock(globalThis);

async function choose(text: string) {
  const folder = await createFolder();
  await writeFile(join(folder, 'device.json'), text);
  const setAside: SetAsideReport[] = [];
  const device = await openChosenDevice(folder, clock, (report) => setAside.push(report));
  onTestFinished(async () => void (await device?.close()));
  return { device, setAside };
}

describe('device.json', () => {
  it('[CTL84] each example of the README opens its device', async () => {
    const readme = await readFile(resolve(import.meta.dirname, '../../../../README.md'), 'utf8');
    const [, block = ''] = /## Connecting a probe[\s\S]*?```\n([\s\S]*?)```/.exec(readme) ?? [];
    const kinds: string[] = [];
    for (const example of block.trim().split('\n\n')) {
      const { device, setAside } = await choose(example.replace('{"…": "as above"}', JSON.stringify(DEVICE_LIMITS)));
      expect(setAside).toEqual([]);
      if (device === null) throw new Error('no device');
      kinds.push(device.about.kind);
      expect(device.limits.maxSpeedMmPerS).toBeGreaterThan(0);
    }
    expect(kinds).toEqual(['simulator', 'openIgtLink', 'serial']);
  });

  it('[CTL84] whether there is a force sensor has to be said', async () => {
    const base = { schemaVersion: 1, id: 'a', model: 'b', limits: DEVICE_LIMITS };
    const gateway = { ...base, type: 'openIgtLink', place: { type: 'listen', port: 0 } };
    const serial = { ...base, type: 'serial', path: '/dev/ttyNONE' };
    for (const [unsaid, said] of [[gateway, { force: null }], [serial, { measuresForce: false }]] as const) {
      const silent = await choose(JSON.stringify(unsaid));
      expect([silent.device, silent.setAside.length]).toEqual([null, 1]);
      expect((await choose(JSON.stringify({ ...unsaid, ...said }))).device?.limits).toMatchObject({ maxSpeedMmPerS: 0, maxAngularSpeedDegPerS: 0, maxForceN: 0 });
    }
  });
});
