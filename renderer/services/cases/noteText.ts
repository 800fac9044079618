import { NOTE_TEXT_FIELD } from '#shared/domain/caseFile';
import { AppError } from '#shared/protocol/errors';
import * as Y from 'yjs';
import { fromBase64, toBase64 } from '../../storage/base64.ts';


/** A note's document from the server's state and what is not there yet, both base64 Yjs updates. Damaged updates are left out and counted. */
export function openNote(state: string | null, updates: readonly string[]): { readonly document: Y.Doc; readonly damaged: number } {
  const document = new Y.Doc();
  let damaged = 0;
  for (const update of [...(state === null ? [] : [state]), ...updates]) {
    try {
      Y.applyUpdate(document, fromBase64(update));
    } catch {
      damaged += 1; // cut off on its way to the disk: the rest of the note is still worth reading
    }
  }
  return { document, damaged };
}

/** What `document` has that `state` has not, as a base64 update; null when nothing. */
export function updateSince(document: Y.Doc, stateVector: Uint8Array): string | null {
  const update = Y.encodeStateAsUpdate(document, stateVector);
  // An update without structs and deletions is two zero bytes.
  return update.length <= 2 ? null : toBase64(update);
}

/** What a document knows, for `updateSince`. */
export function stateVectorOf(document: Y.Doc): Uint8Array {
  return Y.encodeStateVector(document);
}

/** Merges what the server has into a document that is being edited; the edit's own listeners can tell it by its origin. */
export function mergeFromServer(document: Y.Doc, state: string): void {
  try {
    Y.applyUpdate(document, fromBase64(state), 'server');
  } catch (error) {
    throw new AppError('storage.corrupt', 'the note as the server has it cannot be read', { cause: error });
  }
}

/** Brings what another document of the same note has into this one; what both have is in it once. */
export function addFrom(document: Y.Doc, other: Y.Doc): void {
  Y.applyUpdate(document, Y.encodeStateAsUpdate(other));
}

/** The plain text of a note, one line a block; for lists, search and print. */
export function noteAsText(document: Y.Doc): string {
  return blockLines(document.getXmlFragment(NOTE_TEXT_FIELD)).join('\n').trim();
}

function blockLines(node: Y.XmlFragment | Y.XmlElement): string[] {
  const lines: string[] = [];
  let line = '';
  for (const child of node.toArray()) {
    if (child instanceof Y.XmlText) line += plain(child);
    else if (child instanceof Y.XmlElement) {
      if (child.nodeName === 'hardBreak') line += '\n';
      else lines.push(...blockLines(child));
    }
  }
  return line === '' ? lines : [line, ...lines];
}

function plain(text: Y.XmlText): string {
  const parts: readonly { readonly insert?: unknown }[] = text.toDelta() as readonly { readonly insert?: unknown }[]; // Yjs types a delta as any
  return parts.map((part) => (typeof part.insert === 'string' ? part.insert : '')).join('');
}
