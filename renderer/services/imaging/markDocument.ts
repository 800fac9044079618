import * as Y from 'yjs';
import { type Mark, MARKS_FIELD, markSchema } from '#shared/domain/imaging/marks';
import type { Undo } from '#shared/lib/disposable';
import { fromBase64, toBase64 } from '../../storage/base64.ts';

/** The origin of what came from others, as whoever keeps the document marks it: it is not kept or sent again. */
const FROM_OTHERS = 'server';

/** The marks of a case: a map by id in its Yjs document, so that those drawn without a connection come together later. The document is closed by who opened it. */
export class MarkDocument {
  readonly #document: Y.Doc;
  readonly #marks: Y.Map<unknown>;

  constructor(document: Y.Doc) {
    this.#document = document;
    this.#marks = document.getMap(MARKS_FIELD);
  }

  /** One that belongs to nobody's case: an observer's, who gets marks under other UIDs. */
  static alone(): MarkDocument {
    return new MarkDocument(new Y.Doc());
  }

  get marks(): Mark[] {
    return [...this.#marks.values()].flatMap((value) => {
      const mark = markSchema.safeParse(value);
      return mark.success ? [mark.data] : [];
    });
  }

  /** Nothing is written when it is so already. */
  set(mark: Mark): void {
    if (JSON.stringify(this.#marks.get(mark.id)) !== JSON.stringify(mark)) this.#marks.set(mark.id, mark);
  }

  remove(id: string): void {
    if (this.#marks.has(id)) this.#marks.delete(id);
  }

  /** What somebody else did just now, base64; what it builds on may come later. */
  merge(update: string): void {
    Y.applyUpdate(this.#document, fromBase64(update), FROM_OTHERS);
  }

  /** Each own change, as it is made. */
  onOwnUpdate(listener: (update: Uint8Array) => void): Undo {
    const handle = (update: Uint8Array, origin: unknown) => (origin === FROM_OTHERS ? undefined : listener(update));
    this.#document.on('update', handle);
    return () => this.#document.off('update', handle);
  }

  /** What others changed: the marks that are new or other, and the ids of those gone. */
  onRemote(listener: (changed: readonly Mark[], removed: readonly string[]) => void): Undo {
    const handle = (event: Y.YMapEvent<unknown>, { origin }: Y.Transaction) => {
      if (origin !== FROM_OTHERS) return;
      const changed: Mark[] = [];
      const removed: string[] = [];
      for (const id of event.keysChanged) {
        const mark = markSchema.safeParse(this.#marks.get(String(id)));
        if (mark.success) changed.push(mark.data);
        else removed.push(String(id));
      }
      listener(changed, removed);
    };
    this.#marks.observe(handle);
    return () => this.#marks.unobserve(handle);
  }
}

/** Several updates of one document as one, base64. */
export const mergedUpdate = (updates: readonly Uint8Array[]): string => toBase64(Y.mergeUpdates([...updates]));
