import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { caseItemSchema } from '#shared/domain/caseFile';
import { required } from '#shared/lib/assert';
import type { CaseChange, CaseReceipt } from '#shared/protocol/cases';
import { changeOf, contentOf, create, mergeText, NoteCopy } from '../../helpers/caseHall.ts';
import { CaseServerProcess } from '../../helpers/cases/caseServerProcess.ts';
import { startPostgres, type TestPostgres } from '../../helpers/postgres.ts';
import { SignalingPeer } from '../../helpers/signalingPeer.ts';
import { plainTextOf } from '../../../sfu-server/cases/noteText.ts';

/** A client whose answer is late asks again, and may reach another process of the same hospital while the first one is still at it. */
describe('two server processes on one PostgreSQL', () => {
  let postgres: TestPostgres;
  let first: CaseServerProcess;
  let second: CaseServerProcess;

  beforeAll(async () => {
    postgres = await startPostgres();
    const url = postgres.createDatabase();
    first = await CaseServerProcess.start(url);
    second = await CaseServerProcess.start(url);
  });
  afterAll(async () => {
    await first?.stop();
    await second?.stop();
    await postgres?.stop();
  });

  const submit = async (peer: SignalingPeer, changes: readonly CaseChange[]): Promise<CaseReceipt[]> => (await peer.request('case.submit', { caseId: first.caseId, changes: [...changes] })).receipts;

  it('[CAS1] [CAS3] apply a change once that both receive at the same moment, and give the same receipt', async () => {
    const { caseId } = first;
    const [here, there] = [await SignalingPeer.connect(first.url, 'nurse'), await SignalingPeer.connect(second.url, 'nurse')];
    const note = new NoteCopy(1);
    await submit(here, [changeOf(caseId, create('note', contentOf('note'), note.type('begin')))]);
    const before = (await here.request('case.changes', { caseId, sinceRevision: 0, limit: 500 })).revision;
    const held: number[] = [];
    for (let round = 0; round < 25; round += 1) {
      const changes = [changeOf(caseId, create(`both-${round}`, contentOf('vitals'))), changeOf(caseId, mergeText('note', note.type(`line ${round}`)))];
      const [one, other] = await Promise.all([submit(here, changes), submit(there, changes)]);
      expect(other).toEqual(one);
      for (const receipt of one) {
        expect(receipt.status).toBe('held');
        if (receipt.status === 'held') held.push(receipt.revision);
      }
    }
    expect(held).toEqual(Array.from({ length: 50 }, (_, index) => before + 1 + index));
    const { items, revision } = await there.request('case.changes', { caseId, sinceRevision: 0, limit: 500 });
    expect(revision).toBe(before + 50);
    expect(items.filter(({ id }) => id.startsWith('both-'))).toHaveLength(25);
    const text = plainTextOf(Buffer.from(caseItemSchema.parse(items.find(({ id }) => id === 'note')).text ?? '', 'base64'));
    expect(text.split('\n')).toEqual(['begin', ...Array.from({ length: 25 }, (_, round) => `line ${round}`)]);
    await Promise.all([here.close(), there.close()]);
  });

  it('[CAS1] [CAS2] hold once what was sent to one that died over it and to the other', async () => {
    const { caseId } = first;
    for (let round = 0; round < 5; round += 1) {
      const [here, there] = [await SignalingPeer.connect(first.url, 'nurse'), await SignalingPeer.connect(second.url, 'nurse')];
      const change = changeOf(caseId, create(`died-${round}`, contentOf('vitals')));
      const lost = submit(here, [change]).catch(() => null);
      const [receipt] = await Promise.all([submit(there, [change]), first.kill()]);
      const early = await lost;
      if (early !== null) expect(early).toEqual(receipt);
      expect(await submit(there, [change])).toEqual(receipt);
      const { items } = await there.request('case.changes', { caseId, sinceRevision: 0, limit: 500 });
      expect(required(items.find(({ id }) => id === `died-${round}`), 'the item').revision).toBe(receipt[0]?.status === 'held' ? receipt[0].revision : 0);
      await there.close();
      await first.run();
    }
  });
});
