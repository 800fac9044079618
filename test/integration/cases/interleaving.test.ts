import fc from 'fast-check';
import { beforeEach, expect, it } from 'vitest';
import type { CaseItem } from '#shared/domain/caseFile';
import { required } from '#shared/lib/assert';
import type { CaseChange, CaseReceipt } from '#shared/protocol/cases';
import { plainTextOf } from '../../../sfu-server/cases/noteText.ts';
import { CaseHall, changeOf, contentOf, create, mergeText, NoteCopy, setFields } from '../../helpers/caseHall.ts';
import { onEachEngine } from '../../helpers/onEachEngine.ts';
import { createServerParts, type ServerParts } from '../../helpers/serverParts.ts';

const WRITERS = ['doctor', 'nurse', 'expert'] as const;
const FIELDS = ['ward', 'bed', 'diagnosis'] as const;

/** What one of three writers does next: something new, something sent before once more, or a page read by somebody who polls. */
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ type: fc.constant('vitals' as const), writer: fc.nat(2) }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('field' as const), writer: fc.nat(2), field: fc.nat(2), value: fc.nat(3), isStale: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('text' as const), writer: fc.nat(2) }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('repeat' as const), writer: fc.nat(2), which: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('poll' as const), limit: fc.integer({ min: 1, max: 6 }) }) },
);

onEachEngine('three who write at once', (engine) => {
  let parts: ServerParts;
  let hall: CaseHall;
  let others: ServerParts;
  let runs = 0;

  beforeEach(async () => {
    parts = createServerParts(engine.database);
    others = createServerParts(await engine.openAnother(), parts.clock);
    hall = await CaseHall.open(parts);
  });

  it('[CAS1] [CAS3] [CAS6] [CAS10] each held change is applied once, no revision is missing, every word is in the note, and who polls ends where the server is', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), fc.integer({ min: 1, max: 5 }), async (steps, atOnce) => {
        runs += 1;
        const caseId = await hall.consult(`run-${runs}`, ['expert', 'nurse']);
        const note = new NoteCopy(99);
        await hall.submit('doctor', caseId, create('note', contentOf('note'), note.type('begin')));
        const copies = WRITERS.map((_, index) => new NoteCopy(index + 1));
        const sent: CaseChange[] = [];
        const receipts = new Map<string, CaseReceipt[]>();
        const seen = new Map<string, CaseItem>();
        const lines: string[] = ['begin'];
        let polledTo = 0;
        const send = async (writer: number, change: CaseChange) => {
          const server = writer % 2 === 0 ? parts : others; // over two processes
          const [receipt] = await server.caseFiles.submit(hall.as(required(WRITERS[writer], 'a writer')), caseId, [change]);
          receipts.set(change.id, [...(receipts.get(change.id) ?? []), required(receipt, 'a receipt')]);
        };
        const poll = async (limit: number) => {
          const page = await parts.caseFiles.changes(hall.as('cart'), caseId, polledTo, limit);
          for (const item of page.items) seen.set(item.id, item);
          polledTo = page.revision;
          return page.hasMore;
        };
        const act = (one: (typeof steps)[number], index: number): Promise<unknown> => {
          if (one.type === 'poll') return poll(one.limit);
          const fresh = (change: CaseChange) => {
            sent.push(change);
            return send(one.writer, change);
          };
          if (one.type === 'repeat') return sent.length === 0 ? Promise.resolve() : send(one.writer, required(sent[one.which % sent.length], 'a change'));
          if (one.type === 'vitals') return fresh(changeOf(caseId, create(`v-${index}`, contentOf('vitals'))));
          if (one.type === 'field') return fresh(changeOf(caseId, setFields('request', one.isStale ? 2 : Math.max(2, polledTo), { [required(FIELDS[one.field], 'a field')]: String(one.value) })));
          lines.push(`${one.writer}:${index}`);
          return fresh(changeOf(caseId, mergeText('note', required(copies[one.writer], 'a copy').type(`${one.writer}:${index}`))));
        };
        // A poll changes where the poller is, so of those at once only the first is one.
        for (let start = 0; start < steps.length; start += atOnce) {
          let hasPolled = false;
          await Promise.all(steps.slice(start, start + atOnce).map((one, offset) => {
            if (one.type === 'poll' && hasPolled) return Promise.resolve();
            hasPolled ||= one.type === 'poll';
            return act(one, start + offset);
          }));
        }
        while (await poll(3));
        const { items, revision } = await hall.read('doctor', caseId);
        const held = [...receipts.values()].map((given) => {
          expect(new Set(given.map((receipt) => JSON.stringify(receipt))).size).toBe(1);
          return given[0];
        }).flatMap((receipt) => (receipt?.status === 'held' ? [receipt.revision] : []));
        expect(held.sort((a, b) => a - b)).toEqual(Array.from({ length: revision - 3 }, (_, index) => index + 4));
        expect([...seen.values()].sort((a, b) => a.revision - b.revision)).toEqual(items);
        expect(polledTo).toBe(revision);
        const text = items.find((item) => item.id === 'note')?.text ?? '';
        expect(plainTextOf(Buffer.from(text, 'base64')).split('\n').sort()).toEqual(lines.sort());
      }),
      { numRuns: 30, seed: 20_261_122 },
    );
    expect(runs).toBe(30);
  });
});
