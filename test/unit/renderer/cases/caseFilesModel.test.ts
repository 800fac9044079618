import { describe, expect, it } from 'vitest';
import type { Party } from '#shared/domain/people';
import { createCaseFilesModel, type CaseFilesModel, type CaseFilesState } from '../../../../renderer/state/cases/caseFilesModel.ts';
import { NURSE } from '../../../helpers/cases/caseFixtures.ts';
import { FakeCaseServer } from '../../../helpers/cases/fakeCaseServer.ts';
import { createMachine } from '../../../helpers/cases/machine.ts';
import { NO_BLOBS, syncOf } from '../../../helpers/cases/syncedMachine.ts';

/** The list's model over a machine's real storage; without attachments. */
function filesOf(machine: ReturnType<typeof createMachine>, kept: { holder: Party | null }): CaseFilesModel {
  return createCaseFilesModel({
    keyring: machine.keyring, store: machine.store, outbox: machine.outbox, blobs: NO_BLOBS, series: machine.series, sync: syncOf(machine, new FakeCaseServer().request),
    marker: { read: () => null, write: () => undefined, clear: () => undefined }, wallMs: () => 0, isEmpty: async () => false, memoryOnly: null,
    recovery: { read: async () => null, dismiss: async () => undefined },
    holder: { read: async () => kept.holder, write: async (party) => void (kept.holder = party) },
    estimate: async () => ({ usedBytes: 0, quotaBytes: null, isPersistent: true }), persist: async () => true,
  });
}

describe('the case list’s model', () => {
  it('[KEY5] whoever reads without a session is known before the copies count as open', async () => {
    const machine = createMachine({ vault: null });
    await machine.keyring.setUp('a long passphrase');
    machine.keyring.lock();
    const files = filesOf(machine, { holder: NURSE });
    const opened = new Promise<CaseFilesState>((resolve) => files.store.subscribe((state) => state.access.type === 'open' && resolve(state)));
    files.start(null);
    files.unlock('a long passphrase');
    expect((await opened).holder).toEqual(NURSE);
  });
});
