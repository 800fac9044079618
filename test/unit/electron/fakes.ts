import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock } from '#shared/lib/clock';
import { onTestFinished } from 'vitest';
import { type ComposedHost, composeHost, type ComposeOptions } from '../../../electron/host/composeHost.ts';
import { createNoProtector } from '../../../electron/host/noProtector.ts';
import { NO_POWER } from '../../../electron/host/power.ts';
import type { ProtectorAvailability, SecretProtector } from '../../../electron/host/vault.ts';

/** A folder of its own for one test, gone afterwards. */
export async function createFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'huizhen-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 10 }));
  return folder;
}

/** Seals by turning every bit over, with a mark of the key it used: readable enough to test, unlike the plain text. */
export class FakeProtector implements SecretProtector {
  state: ProtectorAvailability = { type: 'operatingSystem' };
  keyNumber = 1;
  protectCalls = 0;

  async availability(): Promise<ProtectorAvailability> {
    return this.state;
  }

  async protect(bytes: Uint8Array): Promise<Uint8Array> {
    this.protectCalls += 1;
    return Uint8Array.from([this.keyNumber, ...bytes.map((byte) => byte ^ 0xff)]);
  }

  async unprotect(bytes: Uint8Array): Promise<{ bytes: Uint8Array; shouldProtectAgain: boolean }> {
    if (bytes.length === 0) throw new Error('nothing sealed');
    return { bytes: bytes.slice(1).map((byte) => byte ^ 0xff), shouldProtectAgain: bytes[0] !== this.keyNumber };
  }
}

/** A whole host in a folder of its own, without vault and power unless given. */
export async function createTestHost(options: Partial<ComposeOptions> = {}): Promise<ComposedHost & { readonly clock: ManualClock; readonly folder: string }> {
  const clock = new ManualClock();
  const folder = await createFolder();
  const parts = composeHost({
    folder,
    clock,
    kind: 'loopback',
    version: '1.2.3',
    isKiosk: false,
    protector: createNoProtector('none in tests'),
    power: NO_POWER,
    onKioskLeft: () => undefined,
    askPerson: null,
    ...options,
  });
  onTestFinished(() => parts.control.close().then(() => parts.log.flush())); // before its folder goes: the last to be asked is the first to be done
  return { ...parts, clock, folder };
}

const NASTY: readonly unknown[] = [null, true, -1, 1e308, '', '__proto__', 'constructor', 'host.info', '\u0000', '会诊', [], {}, [[[[]]]], { type: 'request' }, { type: 'event', name: 'x', payload: null }];
const NAMES = ['host.info', 'settings.set', 'vault.store', 'vault.read', 'kiosk.exit', 'log.write', 'toString', '__proto__', 'a'.repeat(100)];

/**
 * A message that no page of ours sends. Every one has at least one thing wrong with it: its type, its id, its name or its params.
 */
export function randomNonsense(random: () => number): unknown {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T; // the index lies inside
  const kind = Math.floor(random() * 5);
  if (kind === 0) return pick(NASTY);
  if (kind === 1) return { type: pick(['result', 'error', 'event', 'Request', 7, null]), id: pick([0, 1, -1, 1.5, 'x']), name: pick(NAMES), params: pick(NASTY) };
  if (kind === 2) return { type: 'request', id: pick([-1, 0.5, '1', null, 2 ** 60]), name: pick(NAMES), params: {} };
  if (kind === 3) return { type: 'request', id: 1, name: pick(['toString', '__proto__', 'hasOwnProperty', 'host', 'host.info ', '', 'HOST.INFO', 'a'.repeat(100)]), params: pick(NASTY) };
  const params = pick([null, 7, 'x', [], { name: 'UPPER' }, { name: '../x' }, { name: 1, secret: 'x' }, { name: 'a', secret: 'x'.repeat(10_001) }, { level: 'debug', message: 'x', at: 'y' }, { code: 5 }, { devices: 5 }, { theme: 'pink' }]);
  const name = typeof params === 'object' && params !== null && 'theme' in params ? 'settings.set' : typeof params === 'object' && params !== null && 'devices' in params ? 'settings.set' : pick(['vault.store', 'kiosk.exit', 'log.write', 'power.setConsultActive']);
  return { type: 'request', id: 1, name, params };
}
