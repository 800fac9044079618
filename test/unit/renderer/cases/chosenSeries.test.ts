import { describe, expect, it } from 'vitest';
import { caseChangeIdSchema, type CaseId, caseItemIdSchema } from '#shared/domain/ids';
import type { SeriesKeeper } from '../../../../renderer/services/cases/caseSync.ts';
import { FakeCaseServer } from '../../../helpers/cases/fakeCaseServer.ts';
import { createMachine } from '../../../helpers/cases/machine.ts';
import { syncOf } from '../../../helpers/cases/syncedMachine.ts';

const HOUR_MS = 3600_000;

interface Asked {
  readonly caseId: string;
  readonly series: readonly string[];
  readonly maxBytes: number | null;
}

async function start() {
  const server = new FakeCaseServer();
  const machine = createMachine();
  await machine.keyring.setUp(null);
  const kept: Asked[] = [];
  const chosen: Asked[] = [];
  const uids = (some: readonly { readonly seriesUid: string }[]) => some.map(({ seriesUid }) => seriesUid).sort();
  const series: SeriesKeeper = {
    choose: async (caseId, some) => void chosen.push({ caseId, series: uids(some), maxBytes: null }),
    keep: async (caseId, some, { maxBytes }) => void kept.push({ caseId, series: uids(some), maxBytes }),
  };
  const sync = syncOf(machine, server.request, {}, undefined, series);
  let made = 0;
  const submit = (caseId: CaseId, operation: Parameters<FakeCaseServer['submit']>[0]['operation']) => server.submit({ id: caseChangeIdSchema.parse(`change-${(made += 1)}`), caseId, madeAtMs: 1, operation });
  const choose = (caseId: CaseId, seriesUid: string) => submit(caseId, { type: 'create', itemId: caseItemIdSchema.parse(`s-${seriesUid.replaceAll('.', '-')}`), content: { kind: 'series', body: { studyUid: '1.2', seriesUid, modality: 'CT', description: '' } }, text: null });
  const leave = (caseId: CaseId, seriesUid: string) => submit(caseId, { type: 'retract', itemId: caseItemIdSchema.parse(`s-${seriesUid.replaceAll('.', '-')}`), reason: '-' });
  /** Resolves when a round of the sync has ended: it tells the list at its end, and the outbox is empty. */
  const round = async () => {
    const told = new Promise<void>((resolve) => {
      const undo = sync.on('listChanged', () => {
        undo();
        resolve();
      });
    });
    sync.handleOnline(true);
    await told;
  };
  return { server, machine, sync, kept, chosen, choose, leave, round };
}

describe('chosen series of a case', () => {
  it('[IMG46] of tomorrow’s schedule are fetched within a bound; of later cases not at all; of pinned ones whole', async () => {
    const { server, machine, kept, choose, round } = await start();
    const soon = server.addCase('soon', { nextConsultAtMs: machine.clock.wallMs() + 20 * HOUR_MS, attachmentBytes: 100_000_000 });
    const late = server.addCase('late', { nextConsultAtMs: machine.clock.wallMs() + 60 * HOUR_MS });
    const pinned = server.addCase('pinned', { nextConsultAtMs: null });
    for (const caseId of [soon, late, pinned]) choose(caseId, '1.2.3');
    await round();
    await machine.store.setPinned(pinned, true);
    await round();
    await expect.poll(() => kept.map(({ caseId }) => caseId)).toEqual(expect.arrayContaining([soon, pinned]));
    expect(kept.filter(({ caseId }) => caseId === soon)[0]).toEqual({ caseId: soon, series: ['1.2.3'], maxBytes: 500_000_000 });
    expect(kept.filter(({ caseId }) => caseId === pinned)[0]).toEqual({ caseId: pinned, series: ['1.2.3'], maxBytes: null });
    expect(kept.some(({ caseId }) => caseId === late)).toBe(false);
  });

  it('[IMG46] chosen and left by somebody else, they are part of the copy from the next answer, and are not any more', async () => {
    const { server, sync, chosen, choose, leave, round } = await start();
    const caseId = server.addCase('case-1');
    choose(caseId, '1.2.3');
    choose(caseId, '1.2.4');
    await round();
    await sync.pull(caseId);
    expect(chosen.at(-1)).toMatchObject({ caseId, series: ['1.2.3', '1.2.4'] });
    leave(caseId, '1.2.3');
    await sync.pull(caseId);
    expect(chosen.at(-1)).toMatchObject({ caseId, series: ['1.2.4'] });
    const asked = chosen.length;
    await sync.pull(caseId);
    expect(chosen).toHaveLength(asked); // nothing of them changed
  });

  it('[IMG46] two rounds at once are one after the other', async () => {
    const { server, machine } = await start();
    let running = 0;
    let most = 0;
    const sync = syncOf(machine, server.request, {}, undefined, {
      keep: async () => {
        running += 1;
        most = Math.max(most, running);
        await Promise.resolve();
        running -= 1;
      },
    });
    const caseId = server.addCase('case-1');
    const one = [{ studyUid: '1.2', seriesUid: '1.2.3' }];
    await Promise.all([sync.keepSeries(caseId, one), sync.keepSeries(caseId, one), sync.keepSeries(caseId, one)]);
    expect(most).toBe(1);
  });
});
