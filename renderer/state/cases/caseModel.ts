import { createStore, type StoreApi } from 'zustand/vanilla';
import { type Attachment, CASE_ITEM_KINDS, type CaseItem, type CaseItemBody, type CaseItemContent, type CaseSummary, MARKS_ITEM_ID, type PictureRef } from '#shared/domain/caseFile';
import { type CaseId, type CaseItemId, caseChangeIdSchema, caseItemIdSchema } from '#shared/domain/ids';
import type { Party } from '#shared/domain/people';
import type { Clock } from '#shared/lib/clock';
import type { CaseChange, CaseOperation } from '#shared/protocol/cases';
import { AppError, toAppError } from '#shared/protocol/errors';
import type { CaseSync, SyncProgress } from '../../services/cases/caseSync.ts';
import { byAuthor, type OthersChanges } from '../../services/cases/authors.ts';
import { type ViewedItem, viewCase } from '../../services/cases/caseView.ts';
import { exportChanges } from '../../services/cases/exportChanges.ts';
import { fieldsToSend } from '../../services/cases/conflictSides.ts';
import type { Blobs } from '../../storage/cases/blobs.ts';
import type { CaseStore } from '../../storage/cases/caseStore.ts';
import { MAX_UNSENT, type Outbox, type OutboxEntry } from '../../storage/cases/outbox.ts';
import { createOpenNotes, type OpenNote, type OpenNotes } from './openNotes.ts';

export interface CaseState {
  readonly phase: 'closed' | 'opening' | 'open' | 'failed';
  readonly caseId: CaseId | null;
  readonly summary: CaseSummary | null;
  readonly items: readonly ViewedItem[];
  /** Entries that are here and cannot be read by this version, or are damaged. */
  readonly unreadable: number;
  /** The server's clock at the last answer about it. */
  readonly asOfMs: number | null;
  /** What the reader wrote on this machine, with where it is; the newest last. */
  readonly outbox: readonly OutboxEntry[];
  /** What others wrote here and the server does not have [OFF10]; nothing of it is laid over the items. */
  readonly others: readonly OthersChanges[];
  readonly progress: SyncProgress | null;
  readonly error: AppError | null;
  /** The last change could not be kept on this machine: what was typed is still on the screen. */
  readonly saveError: AppError | null;
}

export interface CaseModel {
  readonly store: StoreApi<CaseState>;
  /** Who reads and writes here; null: not known. */
  self(): Party | null;
  open(caseId: CaseId): void;
  close(): void;
  refresh(): void;
  /** Adds an item; resolves with its id when it is on this machine's disk. */
  add(content: CaseItemContent): Promise<CaseItemId>;
  /** Begins a note under an id that others know too, such as a session's minutes; one that is here already stays as it is. */
  addNote(itemId: CaseItemId, title: string): Promise<void>;
  setFields(item: Pick<ViewedItem, 'id' | 'revision'>, fields: Readonly<Record<string, unknown>>): Promise<void>;
  retract(itemId: CaseItemId, reason: string): Promise<void>;
  /** A file a person chose or a picture they took; category `photograph` and the like. */
  addDocument(file: Blob, about: { readonly category: Extract<CaseItemContent, { kind: 'document' }>['body']['category']; readonly title: string; readonly fileName: string; readonly takenAtMs: number; /** Of a key image. */ readonly picture?: PictureRef }): Promise<CaseItemId>;
  addConsent(consent: Omit<Extract<CaseItemContent, { kind: 'consent' }>['body'], 'signature'>, signature: Blob): Promise<CaseItemId>;
  /** A note, or the marks on the case's images (`MARKS_ITEM_ID`), which may not have been begun. */
  openNote(itemId: CaseItemId): OpenNote;
  /** Text of notes that the disk did not take, whichever case is open [OFF11]. */
  readonly unkept: OpenNotes['unkept'];
  retryUnkept(): void;
  /** Ends a conflict. `keep`: the contested fields in which this person's value is to stand; in the others the server's does. */
  decide(item: ViewedItem, keep: readonly string[]): Promise<void>;
  /** As the list of cases exports them; null: it failed, and the state says why. */
  exportChanges(entries: readonly OutboxEntry[]): Promise<Blob | null>;
  /** Series that belong to the case's copies, of a case that need not be open; the reader's own changes that are on their way included. */
  chosenSeries(caseId: CaseId): Promise<readonly { readonly itemId: CaseItemId; readonly studyUid: string; readonly seriesUid: string }[]>;
  addSeries(caseId: CaseId, content: Extract<CaseItemContent, { kind: 'series' }>): Promise<void>;
  retractSeries(caseId: CaseId, itemId: CaseItemId): Promise<void>;
  /**
   * [CTL112] A document that the machine made, of a case that need not be open. Resolves when it is on this machine's disk; handed over
   * twice under the same id it is one.
   */
  keepMade(caseId: CaseId, id: string, file: Blob, about: { readonly body: Omit<CaseItemBody<'document'>, 'attachment'>; readonly fileName: string; readonly madeAtMs: number }): Promise<void>;
  /** Content of an attachment: from this machine, else from the server. */
  read(attachment: Attachment): Promise<Blob>;
}

export interface CaseModelOptions {
  /** Nothing is written on this machine, since nothing is kept [KEY6]. */
  readonly isReadOnly: boolean;
  readonly store: CaseStore;
  readonly outbox: Outbox;
  readonly blobs: Blobs;
  readonly sync: CaseSync;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly self: () => Party | null;
  readonly isOnline: () => boolean;
}

const CLOSED: CaseState = { phase: 'closed', caseId: null, summary: null, items: [], unreadable: 0, asOfMs: null, outbox: [], others: [], progress: null, error: null, saveError: null };
export function createCaseModel(options: CaseModelOptions): CaseModel {
  const { clock, sync } = options;
  const store = createStore<CaseState>(() => CLOSED);
  let run = 0;
  let base: readonly CaseItem[] = [];
  let loading: Promise<void> | null = null;
  let isStale = false;

  sync.on('caseChanged', (caseId) => {
    if (caseId === store.getState().caseId) reload();
  });
  sync.on('progress', ({ caseId, progress }) => {
    if (caseId === store.getState().caseId) store.setState({ progress });
  });

  function reload(): void {
    if (loading) {
      isStale = true;
      return;
    }
    loading = load().finally(() => {
      loading = null;
      if (!isStale) return;
      isStale = false;
      reload();
    });
  }

  async function load(): Promise<void> {
    const { caseId } = store.getState();
    const mine = run;
    if (caseId === null) return;
    try {
      const cached = await options.store.one(caseId);
      if (!cached || cached.revision === 0) return;
      const [{ items, unreadable }, written] = await Promise.all([options.store.items(caseId), options.outbox.ofCase(caseId)]);
      if (mine !== run) return;
      base = items;
      const self = options.self();
      if (!self) return;
      const { own: outbox, others } = byAuthor(written, self.id);
      store.setState({ phase: 'open', summary: cached.summary, asOfMs: cached.asOfMs, items: viewCase(items, outbox, sync.sending, self), unreadable: unreadable.length, outbox, others, error: null });
    } catch (error) {
      if (mine === run) store.setState((state) => ({ phase: state.phase === 'open' ? 'open' : 'failed', error: toAppError(error) }));
    }
  }

  function present(): CaseId {
    const { caseId } = store.getState();
    if (caseId === null) throw new AppError('record.notFound', 'no case is open');
    return caseId;
  }

  /** Resolves when the change is on the disk [OFF2], under its author's name whoever is signed in by then [OFF10]. */
  async function write(caseId: CaseId, operation: CaseOperation, needs: readonly string[], author: Party): Promise<void> {
    if (options.isReadOnly) throw new AppError('vault.unprotected', 'this machine keeps nothing, so nothing is written on it');
    const unsent = [...(await options.outbox.unsentByCase()).values()].reduce((sum, count) => sum + count, 0);
    if (unsent >= MAX_UNSENT) throw new AppError('storage.full', `${MAX_UNSENT} changes wait already`);
    await options.outbox.add({ id: caseChangeIdSchema.parse(options.newId()), caseId, madeAtMs: clock.wallMs(), operation }, needs, author);
    reload();
    sync.kickOutbox();
  }

  /** As `write`, of the case that is open and by who reads it. */
  async function record(operation: CaseOperation, needs: readonly string[] = []): Promise<void> {
    try {
      const author = options.self();
      if (!author) throw new AppError('auth.required', 'nobody is known to write here');
      await write(present(), operation, needs, author);
      store.setState({ saveError: null });
    } catch (error) {
      store.setState({ saveError: toAppError(error) });
      throw error;
    }
  }

  /** [IMG31] As a note's text. Who may not write keeps none; a machine that keeps nothing sends it at once [KEY6]. */
  async function keepMarks(caseId: CaseId, update: string, author: Party): Promise<void> {
    const operation: CaseOperation = { type: 'create', itemId: MARKS_ITEM_ID, content: { kind: 'marks', body: {} }, text: update };
    if ((await options.store.one(caseId))?.summary.canWrite === false) return;
    if (!options.isReadOnly) return write(caseId, operation, [], author);
    await sync.submitNow({ id: caseChangeIdSchema.parse(options.newId()), caseId, madeAtMs: clock.wallMs(), operation });
  }

  const notes = createOpenNotes({
    clock,
    keep: ({ caseId, itemId, author }, update) => (itemId === MARKS_ITEM_ID ? keepMarks(caseId, update, author) : write(caseId, { type: 'mergeText', itemId, update }, [], author)),
  });
  sync.on('wiped', () => notes.forget());

  const newItemId = () => caseItemIdSchema.parse(options.newId());

  async function keepFile(caseId: CaseId, file: Blob, fileName: string, mediaType: string): Promise<{ attachment: Attachment; name: string }> {
    const attachment: Attachment = { hash: await options.blobs.hash(file), sizeBytes: file.size, mediaType, fileName };
    await options.blobs.keepLocal(caseId, attachment, file);
    return { attachment, name: await options.blobs.nameOf(caseId, attachment.hash) };
  }

  /** Of the open case, whose screen says what failed. */
  async function keepFileHere(file: Blob, fileName: string, mediaType: string): Promise<{ attachment: Attachment; name: string }> {
    try {
      return await keepFile(present(), file, fileName, mediaType);
    } catch (error) {
      store.setState({ saveError: toAppError(error) });
      throw error;
    }
  }

  function author(): Party {
    const self = options.self();
    if (!self) throw new AppError('auth.required', 'nobody is known to write here');
    return self;
  }

  async function create(content: CaseItemContent, needs: readonly string[], text: string | null = null): Promise<CaseItemId> {
    // Of some kinds there is one, with the kind's name as id, whoever begins it.
    const itemId = CASE_ITEM_KINDS[content.kind].count === 'one' ? caseItemIdSchema.parse(content.kind) : newItemId();
    await record({ type: 'create', itemId, content, text }, needs);
    return itemId;
  }

  return {
    store,
    self: options.self,
    open(caseId) {
      if (store.getState().caseId === caseId && store.getState().phase !== 'failed') return;
      run += 1;
      const mine = run;
      base = [];
      store.setState({ ...CLOSED, phase: 'opening', caseId });
      reload();
      if (!options.isOnline()) {
        void (loading ?? Promise.resolve()).then(() => {
          if (mine === run && store.getState().phase === 'opening') store.setState({ phase: 'failed', error: new AppError('network.offline', 'the case is not on this machine') });
        });
        return;
      }
      sync.pull(caseId).catch((error: unknown) => {
        if (mine !== run) return;
        // What is here stays readable; a case that is not here cannot be opened.
        store.setState((state) => ({ phase: state.phase === 'open' ? 'open' : 'failed', error: toAppError(error) }));
      });
    },
    close() {
      run += 1;
      base = [];
      store.setState(CLOSED);
    },
    refresh() {
      const { caseId } = store.getState();
      if (caseId !== null) sync.pull(caseId).catch((error: unknown) => store.setState({ error: toAppError(error) }));
    },
    add: (content) => create(content, []),
    async addNote(itemId, title) {
      if (!store.getState().items.some(({ id }) => id === itemId)) await record({ type: 'create', itemId, content: { kind: 'note', body: { title } }, text: null });
    },
    setFields: (item, fields) => record({ type: 'setFields', itemId: item.id, baseRevision: item.revision, fields: { ...fields } }),
    retract: (itemId, reason) => record({ type: 'retract', itemId, reason }),
    async addDocument(file, { category, title, fileName, takenAtMs, picture }) {
      const { attachment, name } = await keepFileHere(file, fileName, file.type === '' ? 'application/octet-stream' : file.type);
      return create({ kind: 'document', body: { category, title, takenAtMs, attachment, ...(picture ? { picture } : {}) } }, [name]);
    },
    async addConsent(consent, signature) {
      const { attachment, name } = await keepFileHere(signature, 'signature.png', 'image/png');
      return create({ kind: 'consent', body: { ...consent, signature: attachment } }, [name]);
    },
    openNote(itemId) {
      const caseId = present();
      const author = options.self();
      if (!author) throw new AppError('auth.required', 'nobody is known to write here');
      // What the server refused of marks is not drawn again.
      const own = store.getState().outbox.flatMap(({ state, change: { operation } }) => (operation.itemId !== itemId || (state === 'refused' && itemId === MARKS_ITEM_ID) ? [] : operation.type === 'mergeText' ? [operation.update] : operation.type === 'create' && operation.text !== null ? [operation.text] : []));
      const textNow = () => base.find(({ id }) => id === itemId)?.text ?? null;
      return notes.open({ caseId, itemId, author }, textNow(), own, (onText) => store.subscribe((state) => {
        const text = textNow();
        if (state.caseId === caseId && text !== null) onText(text);
      }));
    },
    unkept: notes.unkept,
    retryUnkept: notes.retry,
    async decide(item, keep) {
      if (!item.conflict) return;
      const { entry, receipt } = item.conflict;
      const fields = fieldsToSend(item.conflict, keep);
      const again: CaseChange | null = fields && { ...entry.change, id: caseChangeIdSchema.parse(options.newId()), madeAtMs: clock.wallMs(), operation: { type: 'setFields', itemId: item.id, baseRevision: receipt.revision, fields: { ...fields } } };
      await options.outbox.resolve(entry, again);
      reload();
      sync.kickOutbox();
    },
    async exportChanges(entries) {
      try {
        return await exportChanges(entries, options.blobs.read);
      } catch (error) {
        store.setState({ error: toAppError(error) });
        return null;
      }
    },
    async chosenSeries(caseId) {
      const self = options.self();
      if (!self || ((await options.store.one(caseId))?.revision ?? 0) === 0) return [];
      const [{ items }, written] = await Promise.all([options.store.items(caseId), options.outbox.ofCase(caseId)]);
      return viewCase(items, byAuthor(written, self.id).own, sync.sending, self).flatMap(({ id, content, retraction }) => (content.kind === 'series' && retraction === null ? [{ itemId: id, studyUid: content.body.studyUid, seriesUid: content.body.seriesUid }] : []));
    },
    addSeries: (caseId, content) => write(caseId, { type: 'create', itemId: newItemId(), content, text: null }, [], author()),
    retractSeries: (caseId, itemId) => write(caseId, { type: 'retract', itemId, reason: '-' }, [], author()),
    async keepMade(caseId, id, file, { body, fileName, madeAtMs }) {
      if (options.isReadOnly) throw new AppError('vault.unprotected', 'this machine keeps nothing, so nothing is written on it');
      const [{ items }, written] = await Promise.all([options.store.items(caseId), options.outbox.ofCase(caseId)]);
      if (items.some((item) => item.id === id) || written.some(({ change: { operation } }) => operation.itemId === id)) return;
      const { attachment, name } = await keepFile(caseId, file, fileName, file.type);
      const operation: CaseOperation = { type: 'create', itemId: caseItemIdSchema.parse(id), content: { kind: 'document', body: { ...body, attachment } }, text: null };
      await options.outbox.add({ id: caseChangeIdSchema.parse(id), caseId, madeAtMs, operation }, [name], author());
      reload();
      sync.kickOutbox();
    },
    async read(attachment) {
      const caseId = present();
      if (await options.blobs.isHere(caseId, attachment)) {
        try {
          return await options.blobs.read(caseId, attachment);
        } catch (error) {
          // The disk gave back something else; the server may still have what it was.
          if (!options.isOnline() || (await options.blobs.isHere(caseId, attachment))) throw error;
        }
      }
      await sync.fetchOne(caseId, attachment);
      return options.blobs.read(caseId, attachment);
    },
  };
}
