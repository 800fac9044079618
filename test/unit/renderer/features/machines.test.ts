import { expect, it } from 'vitest';
import { deviceIdSchema } from '#shared/domain/ids';
import type { CaseDevice } from '#shared/protocol/cases';
import { machinesOf } from '../../../../renderer/features/admin/machines.ts';
import { PARTIES } from '../../../helpers/staticConsultModel.ts';

const row = (id: string, lastSeenAtMs: number, part: Partial<CaseDevice> = {}): CaseDevice => ({ deviceId: deviceIdSchema.parse(id), party: PARTIES.expert, client: `program ${lastSeenAtMs}`, cachedCases: 3, lastSeenAtMs, wipe: { state: 'none' }, ...part });
const asked: CaseDevice['wipe'] = { state: 'asked', askedAtMs: 1, leasesEndAtMs: 2 };
const done: CaseDevice['wipe'] = { state: 'done', askedAtMs: 1, doneAtMs: 2 };

it('a machine that several use is one line, by its last user', () => {
  const machines = machinesOf([row('a', 10), row('b', 20), row('a', 30, { party: PARTIES.requester })]);
  expect(machines.map(({ deviceId, client, users }) => [deviceId, client, users.map(({ party }) => party.id)])).toEqual([['a', 'program 30', [PARTIES.requester.id, PARTIES.expert.id]], ['b', 'program 20', [PARTIES.expert.id]]]);
});

it('[ACC6] a wipe can be asked for once, and again when copies were made since', () => {
  const canWipe = (...rows: readonly CaseDevice[]) => machinesOf(rows)[0]?.canWipe;
  expect([canWipe(row('a', 1)), canWipe(row('a', 1, { wipe: asked })), canWipe(row('a', 1, { wipe: done, cachedCases: 0 })), canWipe(row('a', 1, { wipe: done })), canWipe(row('a', 1, { wipe: asked }), row('a', 2))]).toEqual([true, false, false, true, true]);
});
