import { deviceIdSchema } from '../../../shared/domain/ids.ts';
import { CaseSync, type CaseRequest, type SeriesKeeper } from '../../../renderer/services/cases/caseSync.ts';
import type { Blobs } from '../../../renderer/storage/cases/blobs.ts';
import type { Party } from '../../../shared/domain/people.ts';
import { NURSE } from './caseFixtures.ts';
import { createMachine } from './machine.ts';

/** Attachments are a matter of real browsers; here there are none. */
export const NO_BLOBS = {
  fetchAll: async () => undefined,
  isHere: async () => true,
  missing: async () => [],
  send: async () => undefined,
  remove: async () => undefined,
  removeCases: async () => undefined,
  removeAll: async () => undefined,
  evictable: async () => [],
  bytesByCase: async () => new Map(),
  removeStrays: async () => 0,
  removeUnneeded: async () => undefined,
} as unknown as Blobs; // what the service calls of it

export type Machine = ReturnType<typeof createMachine>;

/** The service over a machine's storage; `request` is where the test's server answers. */
export function syncOf(machine: Pick<Machine, 'store' | 'outbox' | 'keyring' | 'clock'>, request: CaseRequest, blobs: Partial<Blobs> = {}, self: () => Party | null = () => NURSE, series: Partial<SeriesKeeper> = {}): CaseSync {
  return new CaseSync({
    request, fetchesAhead: true, store: machine.store, outbox: machine.outbox, keyring: machine.keyring, clock: machine.clock, blobs: { ...NO_BLOBS, ...blobs }, series: { choose: async () => undefined, keep: async () => undefined, ...series }, imageBytes: async () => new Map(),
    deviceId: async () => deviceIdSchema.parse('device-1'), client: 'test', serverUrl: () => 'http://127.0.0.1:1', token: async () => 'token', self, freeBytes: async () => null,
  });
}
