import * as Y from 'yjs';
import { type Mark, MARKS_FIELD } from '#shared/domain/imaging/marks';

/** A length on a made-up picture. */
export function aMark(id: string, authorId: string, change: Partial<Mark> = {}): Mark {
  return {
    id, tool: 'length', studyUid: '1.2.1', seriesUid: '1.2.2', sopUid: '1.2.3', frame: 1, frameOfReferenceUid: '1.2.4', points: [[0, 0, 0], [10, 0, 0]], normal: [0, 0, 1], up: [0, -1, 0], text: '', authorId, authorName: '甲', isLocked: false, ...change,
  };
}

/** A writer's copy of a case's marks, as the client has it; each change gives its update, base64. */
export class MarksCopy {
  readonly doc = new Y.Doc();

  static of(text: string | null): MarksCopy {
    const copy = new MarksCopy();
    if (text !== null) copy.merge(text);
    return copy;
  }

  get marks(): Record<string, Mark> {
    return this.doc.getMap(MARKS_FIELD).toJSON() as Record<string, Mark>; // what the tests put there
  }

  /** `mark` may be none: what a faulty or hostile program would write. */
  set(mark: { readonly id: string; readonly [field: string]: unknown }): string {
    return this.#updateOf(() => this.doc.getMap(MARKS_FIELD).set(mark.id, mark));
  }

  remove(id: string): string {
    return this.#updateOf(() => this.doc.getMap(MARKS_FIELD).delete(id));
  }

  merge(update: string): void {
    Y.applyUpdate(this.doc, Buffer.from(update, 'base64'));
  }

  #updateOf(change: () => void): string {
    let update: Uint8Array = new Uint8Array();
    const take = (made: Uint8Array) => {
      update = made;
    };
    this.doc.on('update', take);
    change();
    this.doc.off('update', take);
    return Buffer.from(update).toString('base64');
  }
}
