import { createStore, type StoreApi } from 'zustand/vanilla';
import type { Doc } from 'yjs';
import type { CaseId, CaseItemId } from '#shared/domain/ids';
import type { Party } from '#shared/domain/people';
import type { Clock } from '#shared/lib/clock';
import { DisposableStack, type Undo } from '#shared/lib/disposable';
import { type AppError, toAppError } from '#shared/protocol/errors';
import { addFrom, mergeFromServer, openNote, stateVectorOf, updateSince } from '../../services/cases/noteText.ts';

/** A note being edited. The editor binds to `document`; edits are kept as they come. */
export interface OpenNote {
  readonly document: Doc;
  readonly itemId: CaseItemId;
  /** Resolves when all that was typed was tried to be put on the disk; `unkept` says what was not. */
  flush(): Promise<void>;
  /** All that was written so far is kept elsewhere, durably: it need not be kept here any more. */
  settle(): void;
  close(): void;
}

/** A note with text that is in memory only, because the disk did not take it [OFF11]. */
export interface UnkeptNote {
  readonly caseId: CaseId;
  readonly itemId: CaseItemId;
  readonly author: Party;
  readonly error: AppError;
}

/** Which note of which case, and who writes in it: all that is kept of it is kept under that name. */
export interface NoteOf {
  readonly caseId: CaseId;
  readonly itemId: CaseItemId;
  readonly author: Party;
}

export interface OpenNotes {
  /** Every note whose last try to keep it failed, whether it is still open or not. */
  readonly unkept: StoreApi<{ readonly notes: readonly UnkeptNote[] }>;
  /** `text`: the server's state; `own`: updates of the author's that the server has not, both base64. `watch` gives the server's state whenever it may have changed. */
  open(note: NoteOf, text: string | null, own: readonly string[], watch: (onText: (text: string) => void) => Undo): OpenNote;
  /** Tries all of them again now. */
  retry(): void;
  /** The machine was wiped: what was on its way to the disk goes too. */
  forget(): void;
}

/** Typing is kept this long after the last key, ms; a longer pause could be a dead battery. */
const TYPING_MS = 400;
/** Between two tries to keep what the disk refused, ms: somebody has to make room meanwhile. */
const RETRY_MS = 5000;

interface Session extends NoteOf {
  readonly document: Doc;
  /** What of the document is on the disk. */
  kept: Uint8Array;
  isDirty: boolean;
  isOpen: boolean;
  error: AppError | null;
  cancel: Undo | null;
  saving: Promise<void>;
}

/**
 * The notes that are written in, and the text of those that could not be kept [OFF11]: a note that is closed, with its case or with the
 * session of who wrote it, is held in memory and tried again under its author's name until the disk takes it.
 */
export function createOpenNotes({ clock, keep }: { readonly clock: Clock; readonly keep: (note: NoteOf, update: string) => Promise<void> }): OpenNotes {
  const store = createStore<{ readonly notes: readonly UnkeptNote[] }>(() => ({ notes: [] }));
  const sessions = new Set<Session>();

  function show(): void {
    store.setState({ notes: [...sessions].flatMap(({ caseId, itemId, author, error }) => (error === null ? [] : [{ caseId, itemId, author, error }])) });
  }

  function saveAfter(session: Session, delayMs: number): void {
    session.cancel?.();
    session.cancel = clock.after(delayMs, () => void save(session));
  }

  function save(session: Session): Promise<void> {
    session.cancel?.();
    session.cancel = null;
    if (!session.isDirty) return session.saving;
    session.isDirty = false;
    session.saving = session.saving.then(async () => {
      const update = updateSince(session.document, session.kept);
      const reached = stateVectorOf(session.document);
      try {
        if (update !== null) await keep(session, update);
        session.kept = reached;
        if (session.error !== null) {
          session.error = null;
          show();
        }
        if (!session.isOpen && !session.isDirty) sessions.delete(session);
      } catch (error) {
        if (!sessions.has(session)) return; // forgotten, or taken up by who opened it again
        session.isDirty = true;
        session.error = toAppError(error);
        show();
        saveAfter(session, RETRY_MS);
      }
    });
    return session.saving;
  }

  function remove(session: Session): void {
    session.cancel?.();
    session.cancel = null;
    session.isDirty = false;
    sessions.delete(session);
  }

  return {
    unkept: store,
    open(note, text, own, watch) {
      const { document } = openNote(text, own);
      const session: Session = { ...note, document, kept: stateVectorOf(document), isDirty: false, isOpen: true, error: null, cancel: null, saving: Promise.resolve() };
      // Closed, and not on the disk yet: it goes on here, and what is kept twice of it is merged into one.
      for (const left of [...sessions].filter(({ isOpen, caseId, itemId, author }) => !isOpen && caseId === note.caseId && itemId === note.itemId && author.id === note.author.id)) {
        addFrom(document, left.document);
        session.isDirty = true;
        session.error ??= left.error;
        remove(left);
      }
      sessions.add(session);
      show();
      if (session.isDirty) void save(session);
      const undos = new DisposableStack();
      const onUpdate = (_update: Uint8Array, origin: unknown) => {
        if (origin === 'server') return;
        session.isDirty = true;
        saveAfter(session, TYPING_MS);
      };
      document.on('update', onUpdate);
      undos.add(() => document.off('update', onUpdate));
      undos.add(watch((newer) => mergeFromServer(document, newer)));
      return {
        document,
        itemId: note.itemId,
        flush: () => save(session),
        settle() {
          session.cancel?.();
          session.cancel = null;
          session.isDirty = false;
          session.kept = stateVectorOf(document);
          session.error = null;
          show();
        },
        close() {
          if (!session.isOpen) return;
          session.isOpen = false;
          undos.dispose();
          const wasSaving = session.saving;
          // Nothing left to say: gone at once, or when what is being said is through.
          void (session.isDirty ? save(session) : wasSaving.then(() => {
            if (!session.isDirty) sessions.delete(session);
          }));
        },
      };
    },
    retry() {
      for (const session of sessions) if (session.error !== null) void save(session);
    },
    forget() {
      for (const session of [...sessions]) remove(session);
      show();
    },
  };
}
