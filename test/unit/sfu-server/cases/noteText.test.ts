import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toAppError } from '#shared/protocol/errors';
import * as Y from 'yjs';
import { MAX_NOTE_BYTES, mergeNote, noteOfPlainText, plainTextOf } from '../../../../sfu-server/cases/noteText.ts';

const codeOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    return toAppError(error).code;
  }
  return 'done';
};

describe('the text of a note', () => {
  it('is the same whatever the order and however often an update comes', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(2), fc.nat(30), fc.string({ minLength: 1, maxLength: 5 })), { minLength: 1, maxLength: 20 }), fc.infiniteStream(fc.nat()), (edits, order) => {
        const docs = [1, 2, 3].map((clientID) => Object.assign(new Y.Doc(), { clientID }));
        const updates: Uint8Array[] = [];
        for (const doc of docs) doc.on('update', (update: Uint8Array) => updates.push(update));
        for (const [writer, at, text] of edits) {
          const target = docs[writer]?.getText('default');
          target?.insert(Math.min(at, target.length), text);
        }
        const merge = (sequence: readonly Uint8Array[]) => sequence.reduce<Uint8Array | null>((state, update) => mergeNote(state, update), null) ?? new Uint8Array();
        const shuffled = [...updates, ...updates.slice(0, 3)].map((update) => ({ update, key: order.next().value })).sort((a, b) => a.key - b.key).map(({ update }) => update);
        const textOf = (state: Uint8Array) => {
          const doc = new Y.Doc();
          Y.applyUpdate(doc, state);
          return doc.getText('default').toString();
        };
        expect(textOf(merge(shuffled))).toBe(textOf(merge(updates)));
      }),
      { numRuns: 60, seed: 3 },
    );
  });

  it('goes to plain text and back, a line for each paragraph', () => {
    fc.assert(fc.property(fc.array(fc.string({ maxLength: 20 }).filter((line) => !line.includes('\n')), { minLength: 1, maxLength: 8 }), (lines) => plainTextOf(noteOfPlainText(lines.join('\n'))) === lines.join('\n')), { seed: 4 });
    expect(plainTextOf(null)).toBe('');
  });

  it('is read through lists and marks as an editor writes them', () => {
    const doc = new Y.Doc();
    const item = (text: string) => {
      const paragraph = new Y.XmlElement('paragraph');
      paragraph.insert(0, [new Y.XmlText(text)]);
      const listItem = new Y.XmlElement('listItem');
      listItem.insert(0, [paragraph]);
      return listItem;
    };
    const list = new Y.XmlElement('bulletList');
    list.insert(0, [item('一'), item('二')]);
    const heading = new Y.XmlElement('heading');
    const marked = new Y.XmlText('标题');
    heading.insert(0, [marked, new Y.XmlElement('hardBreak'), new Y.XmlText('续')]);
    doc.getXmlFragment('default').insert(0, [heading, list]);
    marked.format(0, 1, { bold: true });
    expect(plainTextOf(Y.encodeStateAsUpdate(doc))).toBe('标题续\n一\n二');
  });

  it('refuses every malformed update with a code', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => ['done', 'input.malformed', 'input.tooLarge'].includes(codeOf(() => mergeNote(null, bytes)))), { numRuns: 1000, seed: 5 });
    const good = noteOfPlainText('有效的一行');
    for (let cut = 0; cut < good.length; cut += 1) expect(codeOf(() => mergeNote(null, good.slice(0, cut)))).toBe('input.malformed');
    fc.assert(fc.property(fc.nat(good.length - 1), fc.nat(255), (at, value) => ['done', 'input.malformed', 'input.tooLarge'].includes(codeOf(() => mergeNote(good, good.with(at, value))))), { numRuns: 400, seed: 6 });
  });

  it('refuses to grow past its bound', () => {
    const half = noteOfPlainText('x'.repeat(MAX_NOTE_BYTES / 2 + 1));
    const state = mergeNote(null, half);
    expect(codeOf(() => mergeNote(state, noteOfPlainText('y'.repeat(MAX_NOTE_BYTES / 2))))).toBe('input.tooLarge');
    expect(plainTextOf(state)).toHaveLength(MAX_NOTE_BYTES / 2 + 1);
  });

  it('stops a bomb: few bytes that would keep the server busy for minutes', () => {
    // Twelve thousand writers who each began at the very beginning: to place one, all before it are looked at, which is seventy
    // million steps against a limit of some milliseconds.
    const bomb = Y.mergeUpdates(Array.from({ length: 12_000 }, (_, index) => {
      const doc = Object.assign(new Y.Doc(), { clientID: index + 1 });
      doc.getArray('default').insert(0, [1]);
      return Y.encodeStateAsUpdate(doc);
    }));
    expect(bomb.byteLength).toBeLessThan(600_000);
    expect(codeOf(() => mergeNote(null, bomb, 5))).toBe('input.tooLarge');
    expect(plainTextOf(mergeNote(null, noteOfPlainText('此后照常'), 1000))).toBe('此后照常');
  });
});
