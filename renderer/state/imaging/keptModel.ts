import { createStore, type StoreApi } from 'zustand/vanilla';
import { type CaseItemBody, MARKS_ITEM_ID } from '#shared/domain/caseFile';
import type { CaseId, CaseItemId } from '#shared/domain/ids';
import type { Mark } from '#shared/domain/imaging/marks';
import type { Party } from '#shared/domain/people';
import type { Clock } from '#shared/lib/clock';
import { DisposableStack, type Undo } from '#shared/lib/disposable';
import { type AppError, toAppError } from '#shared/protocol/errors';
import { ofKind, type ViewedItem } from '../../services/cases/caseView.ts';
import { MarkDocument, mergedUpdate } from '../../services/imaging/markDocument.ts';
import type { CaseModel } from '../cases/caseModel.ts';
import type { OpenNote } from '../cases/openNotes.ts';
import type { ImagingModel } from './imagingModel.ts';

/** How images were looked at, kept with the case. */
export interface KeptView {
  readonly id: CaseItemId;
  readonly body: CaseItemBody<'imagingView'>;
  readonly author: Party;
  readonly changedAtMs: number;
}

/** A still of a picture with its marks, kept with the case. */
export interface KeyImage {
  readonly id: CaseItemId;
  readonly body: CaseItemBody<'document'>;
}

export interface KeptState {
  /** Marks of this case are kept from here on; null: of none. */
  readonly caseId: CaseId | null;
  /** The newest first. */
  readonly views: readonly KeptView[];
  readonly keyImages: readonly KeyImage[];
  /** This person may keep something with the case. */
  readonly canWrite: boolean;
  /** Why nothing is kept. */
  readonly error: AppError | null;
}

/** Sends what was drawn to those who look along; resolves when it is kept with the case. */
export type SendMarks = (update: string) => Promise<void>;

export interface KeptOptions {
  readonly imaging: ImagingModel;
  /** The case's items, for the viewer: by itself, since the case may be open beside it, or not. */
  readonly file: CaseModel;
  readonly clock: Clock;
  /** Copies without names have other UIDs: the case's own marks are not on them. */
  readonly isObserver: () => boolean;
}

export type KeptModel = ReturnType<typeof createKeptModel>;

const NOTHING: KeptState = { caseId: null, views: [], keyImages: [], canWrite: false, error: null };
/** Moves of one hand are told together, ms: after the last of them, and while it goes on not later than. */
const GATHER_MS = 120;
const GATHER_AT_MOST_MS = 400;

/**
 * What is kept of reading images with the case: marks, views and key images [IMG30]. Marks are one Yjs document of the case; what is drawn
 * goes to those who look along, who thereby have it kept, or else the way of a note's text: to this machine's disk, and to the server when
 * it is in reach.
 */
export function createKeptModel({ imaging, file, clock, isObserver }: KeptOptions) {
  const store: StoreApi<KeptState> = createStore<KeptState>(() => NOTHING);
  let marks: MarkDocument | null = null;
  /** [IMG56] What an observer is given of the case's marks while the viewer is open. */
  let observed: MarkDocument | null = null;
  let note: OpenNote | null = null;
  let own: DisposableStack | null = null;
  let sendLive: SendMarks | null = null;
  let waiting: Uint8Array[] = [];
  let waitingSinceMs = 0;
  let cancelSend: Undo | null = null;
  /** One at a time: what builds on an update must not overtake it. */
  let isSending = false;
  /** Own updates made, and how many of the first of them are known to be on the server or on the disk. */
  let made = 0;
  let kept = 0;

  imaging.store.subscribe(({ caseId, phase }, before) => {
    if (caseId !== before.caseId || phase !== before.phase) follow();
  });
  file.store.subscribe(() => {
    follow();
    if (own !== null) showItems();
  });
  imaging.events.on('drawn', (mark) => marks?.set(mark));
  imaging.events.on('erased', ({ id }) => marks?.remove(id));

  function follow(): void {
    const { caseId: shown, phase } = imaging.store.getState();
    if (phase !== 'ready') observed = null;
    const wanted = phase === 'ready' && !isObserver() ? shown : null;
    if (wanted === null) return leave();
    if (file.store.getState().caseId !== wanted) {
      leave();
      file.open(wanted);
      return;
    }
    const { phase: filePhase, error } = file.store.getState();
    if (filePhase === 'open' && marks === null) attach(wanted);
    else if (filePhase === 'failed') store.setState({ error });
  }

  function observe(update: string): void {
    if (observed === null) {
      observed = MarkDocument.alone();
      showRemote(observed);
    }
    observed.merge(update);
  }

  const showRemote = (document: MarkDocument): Undo =>
    document.onRemote((changed, removed) => {
      for (const mark of changed) imaging.putMark(mark);
      for (const id of removed) imaging.dropMark(id);
    });

  function leave(): void {
    if (own === null && file.store.getState().caseId === null) return;
    flush();
    waiting = [];
    own?.dispose();
    own = null;
    marks = null;
    note = null;
    store.setState(NOTHING);
    file.close();
  }

  function attach(caseId: CaseId): void {
    try {
      const text = file.openNote(MARKS_ITEM_ID);
      const opened = new MarkDocument(text.document);
      const stay = new DisposableStack();
      own = stay;
      marks = opened;
      note = text;
      made = 0;
      kept = 0;
      stay.add(() => text.close());
      stay.add(opened.onOwnUpdate(handleOwn));
      stay.add(showRemote(opened));
      // Drawn before the case was there.
      const selfId = file.self()?.id;
      for (const mark of imaging.store.getState().marks) if (mark.authorId === selfId) opened.set(mark);
      for (const mark of opened.marks) imaging.putMark(mark);
      store.setState({ caseId, error: null });
      showItems();
    } catch (error) {
      store.setState({ error: toAppError(error) });
    }
  }

  function showItems(): void {
    const { items, summary, error, saveError } = file.store.getState();
    const { views, keyImages } = store.getState();
    const now = { views: viewsOf(items), keyImages: keyImagesOf(items), canWrite: summary?.canWrite === true, error: saveError ?? error };
    const isSame = JSON.stringify([now.views, now.keyImages]) === JSON.stringify([views, keyImages]);
    store.setState(isSame ? { canWrite: now.canWrite, error: now.error } : now);
  }

  // ---- what is drawn here ----

  function handleOwn(update: Uint8Array): void {
    made += 1;
    if (sendLive === null) return; // it goes the way of a note's text
    const nowMs = clock.monotonicMs();
    if (waiting.length === 0) waitingSinceMs = nowMs;
    waiting.push(update);
    cancelSend?.();
    cancelSend = clock.after(Math.max(0, Math.min(GATHER_MS, waitingSinceMs + GATHER_AT_MOST_MS - nowMs)), flush);
  }

  function flush(): void {
    cancelSend?.();
    cancelSend = null;
    const send = sendLive;
    if (send === null || waiting.length === 0 || isSending) return;
    const update = mergedUpdate(waiting);
    const [from, upTo, present] = [made - waiting.length, made, note];
    waiting = [];
    isSending = true;
    send(update).then(
      () => {
        if (note !== present) return;
        if (kept < from) return keepOnDisk(); // what was before is not known to be kept
        kept = Math.max(kept, upTo);
        if (kept === made) present?.settle();
      },
      keepOnDisk, // which says what is wrong, when something is
    ).finally(() => {
      isSending = false;
      if (cancelSend === null) flush(); // else more is being gathered
    });
  }

  /** Everything drawn so far, by the way of a note's text. */
  function keepOnDisk(): void {
    const [upTo, present] = [made, note];
    present?.flush().then(() => {
      const isUnkept = file.unkept.getState().notes.some(({ itemId }) => itemId === MARKS_ITEM_ID);
      if (note === present && !isUnkept) kept = Math.max(kept, upTo);
    }, () => undefined); // a flush never rejects
  }

  return {
    store,
    /** From now on what is drawn goes to those who look along; null: not any more. */
    goLive(send: SendMarks | null) {
      flush();
      sendLive = send;
      waiting = []; // what did not go any more goes over the disk
      if (kept < made) keepOnDisk();
      if (send !== null) file.refresh(); // what others drew while this machine was away
    },
    /** What somebody else drew just now; for an observer all that they get of the case's marks. */
    mergeMarks: (update: string) => (isObserver() ? observe(update) : marks?.merge(update)),
    /** Keeps what is seen now under a name [IMG36]. */
    saveView: (title: string) => file.add({ kind: 'imagingView', body: { title, presentation: { ...imaging.presentation(), pointer: null }, consultId: null } }),
    openView: ({ body }: KeptView) => imaging.show(body.presentation),
    /** Takes back a view or a key image. */
    remove: (id: CaseItemId, reason: string) => file.retract(id, reason),
    /** Keeps a still [IMG38]. @param about what is said of it */
    addKeyImage: (still: Blob, mark: Pick<Mark, 'studyUid' | 'seriesUid' | 'sopUid' | 'frame'>, about: { readonly title: string; readonly fileName: string }) =>
      file.addDocument(still, { category: 'still', ...about, takenAtMs: clock.wallMs(), picture: { studyUid: mark.studyUid, seriesUid: mark.seriesUid, sopUid: mark.sopUid, frame: mark.frame } }),
    /** Marks that no disk has taken yet. */
    unkept: file.unkept,
  };
}

const viewsOf = (items: readonly ViewedItem[]): KeptView[] =>
  ofKind(items, 'imagingView').filter(({ retraction }) => retraction === null).map(({ id, content, author, changedAtMs }) => ({ id, body: content.body, author, changedAtMs })).sort((a, b) => b.changedAtMs - a.changedAtMs);

const keyImagesOf = (items: readonly ViewedItem[]): KeyImage[] => ofKind(items, 'document').filter(({ content, retraction }) => retraction === null && content.body.picture !== undefined).map(({ id, content }) => ({ id, body: content.body }));
