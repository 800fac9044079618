import * as Y from 'yjs';
import { type Mark, markSchema } from '#shared/domain/imaging/marks';
import type { Undo } from '#shared/lib/disposable';

/** Set on what came from others, so that it is not sent back. */
const REMOTE = 'remote';

const toBase64 = (bytes: Uint8Array): string => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
const fromBase64 = (text: string): Uint8Array => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));

/** The marks that a consult shares: a map of marks by id, merged by Yjs, so that those drawn without a connection come together later. */
export class MarkDocument {
  readonly #document = new Y.Doc();
  readonly #marks = this.#document.getMap<unknown>('marks');

  get marks(): Mark[] {
    return [...this.#marks.values()].flatMap((value) => {
      const mark = markSchema.safeParse(value);
      return mark.success ? [mark.data] : [];
    });
  }

  set(mark: Mark): void {
    this.#marks.set(mark.id, mark);
  }

  remove(id: string): void {
    this.#marks.delete(id);
  }

  /** What somebody else did. */
  merge(update: string): void {
    Y.applyUpdate(this.#document, fromBase64(update), REMOTE);
  }

  /** What this side has and a side that has `theirs` has not; null: nothing. */
  missingIn(theirs: string): string | null {
    const other = new Y.Doc();
    Y.applyUpdate(other, fromBase64(theirs));
    // An update without structs is two zero bytes; deletions alone make it longer.
    const missing = Y.encodeStateAsUpdate(this.#document, Y.encodeStateVector(other));
    Y.applyUpdate(other, missing);
    return JSON.stringify(other.getMap('marks').toJSON()) === JSON.stringify(fromUpdate(theirs)) ? null : toBase64(missing);
  }

  /** Each own change, as it is made. */
  onOwnUpdate(listener: (update: string) => void): Undo {
    const handle = (update: Uint8Array, origin: unknown) => (origin === REMOTE ? undefined : listener(toBase64(update)));
    this.#document.on('update', handle);
    return () => this.#document.off('update', handle);
  }

  /** What others changed: the marks that are new or other, and the ids of those gone. */
  onRemote(listener: (changed: readonly Mark[], removed: readonly string[]) => void): Undo {
    const handle = (event: Y.YMapEvent<unknown>, { origin }: Y.Transaction) => {
      if (origin !== REMOTE) return;
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

  close(): void {
    this.#document.destroy();
  }
}

function fromUpdate(update: string): unknown {
  const document = new Y.Doc();
  Y.applyUpdate(document, fromBase64(update));
  return document.getMap('marks').toJSON();
}
