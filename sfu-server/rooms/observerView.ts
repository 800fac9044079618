import { Buffer } from 'node:buffer';
import type { PresentationChange } from '#shared/domain/imaging/coalescer';
import { type Mark, markSchema } from '#shared/domain/imaging/marks';
import type { Presentation } from '#shared/domain/imaging/presentation';
import * as Y from 'yjs';

/**
 * [IMG56] What observers get of reading together. They have copies of the images under other UIDs, so what is presented is told in those;
 * of a mark they get where it is and whose colour it has, but not what somebody wrote beside it, nor a name. Their document of marks is
 * another one than the consult's: an update of that one carries all that was ever written.
 */
export class ObserverView {
  readonly #mapUid: (uid: string) => string;
  readonly #marks = new Y.Doc();
  /** Of each mark, its record that was given on. */
  readonly #given = new Map<string, string>();

  /** @param mapUid as the copies were made */
  constructor(mapUid: (uid: string) => string) {
    this.#mapUid = mapUid;
  }

  presentation(presentation: Presentation): Presentation {
    return { ...presentation, cells: presentation.cells.map((cell) => (cell === null ? null : this.#cell(cell))) };
  }

  change(change: PresentationChange): PresentationChange {
    if (change.type === 'whole') return { type: 'whole', presentation: this.presentation(change.presentation) };
    const { cells, ...rest } = change.delta;
    if (cells === undefined) return change;
    return { type: 'delta', delta: { ...rest, cells: cells.map(({ index, cell }) => ({ index, cell: cell === null ? null : this.#cell(cell) })) } };
  }

  /** All marks as observers have them: a Yjs update, base64. */
  get marks(): string {
    return Buffer.from(Y.encodeStateAsUpdate(this.#marks)).toString('base64');
  }

  /** Takes over the consult's marks as they are now. @returns what observers are to be sent, base64; null: nothing of it is for them */
  follow(marks: Readonly<Record<string, unknown>>): string | null {
    const before = Y.encodeStateVector(this.#marks);
    const own = this.#marks.getMap('marks');
    let isChanged = false;
    this.#marks.transact(() => {
      for (const [id, value] of Object.entries(marks)) {
        const raw = JSON.stringify(value);
        const mark = markSchema.safeParse(value);
        if (!mark.success || this.#given.get(id) === raw) continue;
        this.#given.set(id, raw);
        own.set(id, this.#mark(mark.data));
        isChanged = true;
      }
      for (const id of [...this.#given.keys()]) {
        if (marks[id] !== undefined) continue;
        this.#given.delete(id);
        own.delete(id);
        isChanged = true;
      }
    });
    return isChanged ? Buffer.from(Y.encodeStateAsUpdate(this.#marks, before)).toString('base64') : null;
  }

  #cell<C extends { readonly studyUid?: string | undefined; readonly seriesUid?: string | undefined; readonly sopUid?: string | undefined }>(cell: C): C {
    const { studyUid, seriesUid, sopUid } = cell;
    const map = this.#mapUid;
    return { ...cell, ...(studyUid === undefined ? {} : { studyUid: map(studyUid) }), ...(seriesUid === undefined ? {} : { seriesUid: map(seriesUid) }), ...(sopUid === undefined ? {} : { sopUid: map(sopUid) }) };
  }

  #mark(mark: Mark): Mark {
    const { studyUid, seriesUid, sopUid, frameOfReferenceUid } = mark;
    const map = this.#mapUid;
    return { ...mark, studyUid: map(studyUid), seriesUid: map(seriesUid), sopUid: map(sopUid), frameOfReferenceUid: frameOfReferenceUid === '' ? '' : map(frameOfReferenceUid), text: '', authorName: '' };
  }
}
