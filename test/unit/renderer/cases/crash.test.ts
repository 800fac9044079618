import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { NOTE_TEXT_FIELD } from '#shared/domain/caseFile';
import { caseChangeIdSchema, caseItemIdSchema } from '#shared/domain/ids';
import type { CaseChange, CaseOperation } from '#shared/protocol/cases';
import { createRandom } from '#shared/lib/seededRandom';
import { openNote } from '../../../../renderer/services/cases/noteText.ts';
import { toBase64 } from '../../../../renderer/storage/base64.ts';
import { beforeEachWrite } from '../../../helpers/cases/beforeEachWrite.ts';
import { FakeCaseServer } from '../../../helpers/cases/fakeCaseServer.ts';
import { HISTORY, NURSE } from '../../../helpers/cases/caseFixtures.ts';
import { createMachine } from '../../../helpers/cases/machine.ts';
import { syncOf } from '../../../helpers/cases/syncedMachine.ts';

class Killed extends Error {}

/** The program dies at the n-th thing it does; from then on nothing of it gets anywhere. */
class Killer {
  #left: number;
  isDead = false;

  constructor(steps: number) {
    this.#left = steps;
  }

  step(): void {
    this.#left -= 1;
    if (this.#left < 0) this.isDead = true;
    if (this.isDead) throw new Killed('killed');
  }
}

const RUNS = 500;
const LOST_RUNS = 150;

function wordUpdate(word: string): string {
  const document = new Y.Doc();
  const block = new Y.XmlElement('paragraph');
  block.insert(0, [new Y.XmlText(word)]);
  document.getXmlFragment(NOTE_TEXT_FIELD).insert(0, [block]);
  return toBase64(Y.encodeStateAsUpdate(document));
}

describe('a machine that is killed', () => {
  it.each([
    [`[OFF1] [OFF2] [CAS1] at ${RUNS} instants: nothing that was kept is lost, nothing is done twice, nothing is half`, RUNS, false] as const,
    [`[OFF12] at ${LOST_RUNS} instants, and whose browser then throws its database away: nothing that was kept is lost`, LOST_RUNS, true] as const,
  ])('%s', async (_title, runs, isLost) => {
    const random = createRandom(20_261_121);
    let killedInAll = 0;
    for (let run = 0; run < runs; run += 1) {
      const server = new FakeCaseServer();
      const caseId = server.addCase(`case-${run}`, { leaseUntilMs: 1e12 });
      const first = { id: caseChangeIdSchema.parse('seed-note'), caseId, madeAtMs: 1, operation: { type: 'create', itemId: caseItemIdSchema.parse('note-1'), content: { kind: 'note', body: { title: '交班' } }, text: wordUpdate('原文') } } as const satisfies CaseChange;
      server.submit(first);
      server.submit({ id: caseChangeIdSchema.parse('seed-history'), caseId, madeAtMs: 1, operation: { type: 'create', itemId: caseItemIdSchema.parse('history'), content: HISTORY, text: null } });

      const killer = new Killer(Math.floor(random() * 120));
      const made = createMachine();
      await made.keyring.setUp(null);
      // Each use of the cipher and of the journal is a step, and each write to the database.
      const stepping = <T extends object>(part: T): T => new Proxy(part, {
        get: (target, name) => {
          const work: unknown = Reflect.get(target, name);
          if (typeof work !== 'function' || name === 'guard') return work; // nothing is done yet
          return (...values: unknown[]): unknown => {
            killer.step();
            return Reflect.apply(work, target, values);
          };
        },
      });
      const machine = made.restart(stepping(made.cipher), stepping);
      beforeEachWrite(machine.database, () => killer.step());
      await machine.keyring.unlock(null).catch(() => undefined);
      server.onRequest = () => killer.step();
      const acknowledged: CaseChange[] = [];
      const sync = syncOf(machine, server.request);
      try {
        await sync.refreshList();
        await sync.pull(caseId);
        sync.handleOnline(true);
        for (let number = 0; number < 8; number += 1) {
          const change: CaseChange = { id: caseChangeIdSchema.parse(`change-${run}-${number}`), caseId, madeAtMs: number, operation: operationOf(number) };
          await machine.outbox.add(change, [], NURSE);
          acknowledged.push(change); // from here on the screen says it is kept
          if (random() < 0.5) sync.kickOutbox();
          if (random() < 0.2) await sync.pull(caseId);
        }
      } catch (error) {
        if (!(error instanceof Killed) && !killer.isDead) throw error;
      }
      sync.handleOnline(false);
      sync.close();
      if (killer.isDead) killedInAll += 1;
      // Whatever of the dead program is still in the air ends at its next step.
      await new Promise((resolve) => setImmediate(resolve));

      server.onRequest = () => undefined;
      if (isLost) {
        made.database.close();
        await machine.database.delete();
      }
      const after = made.restart();
      await after.keyring.unlock(null);
      const again = syncOf(after, server.request);
      await again.refreshList();
      await again.pull(caseId);
      const done = new Promise<void>((resolve) => again.on('caseChanged', () => void after.outbox.unsentByCase().then((unsent) => unsent.size === 0 && resolve())));
      again.handleOnline(true);
      if ((await after.outbox.unsentByCase()).size > 0) await done;
      const times = new Map<string, number>();
      for (const { id } of server.applied) times.set(id, (times.get(id) ?? 0) + 1);
      expect([...times.values()].every((count) => count === 1)).toBe(true);
      for (const { id } of acknowledged) expect(times.get(id), `run ${run}: ${id}`).toBe(1);
      const here = await after.store.items(caseId);
      expect(here.unreadable).toEqual([]);
      await again.pull(caseId);
      const items = (await after.store.items(caseId)).items;
      expect(new Map(items.map((item) => [item.id, item.revision]))).toEqual(new Map([...(server.cases.get(caseId)?.items ?? [])].map(([id, item]) => [id, item.revision])));
      const note = openNote(items.find(({ id }) => id === 'note-1')?.text ?? null, []);
      const text = note.document.getXmlFragment(NOTE_TEXT_FIELD).toString();
      for (const { operation } of acknowledged) if (operation.type === 'mergeText') expect(text).toContain(openNote(null, [operation.update]).document.getXmlFragment(NOTE_TEXT_FIELD).toString());
      again.close();
      for (const { database } of [made, machine, after]) database.close();
    }
    expect(killedInAll).toBeGreaterThan(runs / 3); // the instants do fall within the work
  }, 120_000);
});

function operationOf(number: number): CaseOperation {
  if (number % 3 === 0) return { type: 'mergeText', itemId: caseItemIdSchema.parse('note-1'), update: wordUpdate(`第${number}句`) };
  if (number % 3 === 1) return { type: 'setFields', itemId: caseItemIdSchema.parse('history'), baseRevision: 1_000_000, fields: { allergies: `第${number}次` } };
  return { type: 'create', itemId: caseItemIdSchema.parse(`vitals-${number}`), text: null, content: { kind: 'vitals', body: { measuredAtMs: number, heartRatePerMin: 80 + number, respiratoryRatePerMin: null, systolicMmHg: null, diastolicMmHg: null, oxygenSaturationPercent: null, temperatureC: null } } };
}
