import vm from 'node:vm';
import { NOTE_TEXT_FIELD } from '#shared/domain/caseFile';
import { AppError } from '#shared/protocol/errors';
import * as Y from 'yjs';

/** The largest state of a note, bytes: a hundred thousand characters written by many hands. */
export const MAX_NOTE_BYTES = 1_000_000;
/** An honest note of the largest size is merged in a tenth of this; a bomb (few bytes that cost minutes) is stopped. */
export const MERGE_LIMIT_MS = 2000;

/**
 * A note's state with an update merged into it; what both hold is there once.
 * @param state null: the note has no text yet
 * @param limitMs how long it may take
 * @throws AppError `input.malformed` when the update is none, `input.tooLarge` when the note would become too large or costs too much
 */
export function mergeNote(state: Uint8Array | null, update: Uint8Array, limitMs = MERGE_LIMIT_MS): Uint8Array {
  return withDocument(state, limitMs, (doc) => {
    Y.applyUpdate(doc, update);
    const merged = Y.encodeStateAsUpdate(doc);
    if (merged.byteLength > MAX_NOTE_BYTES) throw new AppError('input.tooLarge', 'the note would become too large');
    return merged;
  });
}

/** A note's text, a line for each paragraph. @throws AppError as `mergeNote` */
export function plainTextOf(state: Uint8Array | null): string {
  return withDocument(state, MERGE_LIMIT_MS, (doc) => linesOf(doc.getXmlFragment(NOTE_TEXT_FIELD)).join('\n'));
}

/** The state of a note with that text, a paragraph for each line. */
export function noteOfPlainText(text: string): Uint8Array {
  const doc = new Y.Doc();
  const paragraphs = text.split('\n').map((line) => {
    const paragraph = new Y.XmlElement('paragraph');
    paragraph.insert(0, [new Y.XmlText(line)]);
    return paragraph;
  });
  doc.getXmlFragment(NOTE_TEXT_FIELD).insert(0, paragraphs);
  return Y.encodeStateAsUpdate(doc);
}

/**
 * Works on a Yjs document of bytes from outside. @throws AppError `input.malformed` when they are none, `input.tooLarge` when it takes longer than `limitMs`
 */
export function withDocument<T>(state: Uint8Array | null, limitMs: number, work: (doc: Y.Doc) => T): T {
  return withinTime(limitMs, () => {
    const doc = new Y.Doc();
    try {
      if (state !== null) Y.applyUpdate(doc, state);
      return work(doc);
    } finally {
      doc.destroy();
    }
  });
}

let context: vm.Context | null = null;
const script = new vm.Script('run()');

/** Runs synchronous work on bytes from outside; V8 ends it when it takes too long, and whatever it throws is a malformed update. */
function withinTime<T>(limitMs: number, work: () => T): T {
  context ??= vm.createContext({});
  let done: { readonly value: T } | null = null;
  context['run'] = () => {
    done = { value: work() };
  };
  try {
    script.runInContext(context, { timeout: limitMs });
  } catch (error) {
    if (error instanceof AppError) throw error;
    // Made within the context, so it is no instance of this side's Error.
    if (typeof error === 'object' && error !== null && 'code' in error && error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw new AppError('input.tooLarge', 'the note takes too long to merge', { cause: error });
    throw new AppError('input.malformed', 'not a Yjs update', { cause: error });
  } finally {
    context['run'] = undefined;
  }
  return resultOf(done);
}

function resultOf<T>(done: { readonly value: T } | null): T {
  if (done === null) throw new AppError('internal.bug', 'the work on a note ended without a result');
  return done.value;
}

/** Blocks are lines; what is within a block is its text. Marks and unknown embeds have no text. */
function linesOf(fragment: Y.XmlFragment): string[] {
  const lines: string[] = [];
  for (const child of fragment.toArray()) {
    if (child instanceof Y.XmlText) lines.push(textOf(child));
    else if (child instanceof Y.XmlElement) lines.push(...(isTextBlock(child) ? [child.toArray().map((inner) => (inner instanceof Y.XmlText ? textOf(inner) : '')).join('')] : linesOf(child)));
  }
  return lines;
}

function isTextBlock(element: Y.XmlElement): boolean {
  return element.toArray().every((child) => child instanceof Y.XmlText || (child instanceof Y.XmlElement && child.length === 0));
}

function textOf(text: Y.XmlText): string {
  const delta: readonly { readonly insert?: unknown }[] = text.toDelta();
  return delta.map(({ insert }) => (typeof insert === 'string' ? insert : '')).join('');
}
