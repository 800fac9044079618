import { createStore, type StoreApi } from 'zustand/vanilla';
import type { CaseId } from '#shared/domain/ids';
import type { Party } from '#shared/domain/people';
import { DisposableStack } from '#shared/lib/disposable';
import { drop } from '#shared/lib/drop';
import { type AppError, toAppError } from '#shared/protocol/errors';
import { byAuthor, type OthersChanges } from '../../services/cases/authors.ts';
import type { CaseSync, SyncProgress } from '../../services/cases/caseSync.ts';
import { exportChanges } from '../../services/cases/exportChanges.ts';
import type { Blobs } from '../../storage/cases/blobs.ts';
import type { CachedCase, CaseStore } from '../../storage/cases/caseStore.ts';
import type { SeriesStore } from '../../storage/cases/seriesStore.ts';
import type { Keyring, KeyringState } from '../../storage/cases/keyring.ts';
import type { Recovery } from '../../storage/cases/journal.ts';
import type { Outbox, OutboxEntry } from '../../storage/cases/outbox.ts';

/** A row of the case list. */
export interface CaseRowView extends CachedCase {
  /** Bytes of it that are here, and that it has: attachments and chosen images. */
  readonly wholeBytes: number;
  /** `whole`: everything of it opens without a network; `items`: all but (some) attachments; `none`: only this row. */
  readonly offline: 'whole' | 'items' | 'none';
  readonly hereBytes: number;
  /** The reader's own. */
  readonly unsent: number;
  readonly progress: SyncProgress | null;
}

export interface StorageView {
  /** Bytes this program uses, and may use at most; null: not known. */
  readonly usedBytes: number;
  readonly quotaBytes: number | null;
  /** The browser has promised not to clear it by itself. */
  readonly isPersistent: boolean;
}

export type CaseAccess =
  | { readonly type: 'loading' }
  | KeyringState
  /** This machine keeps nothing, and nobody is signed in who could read from the server [KEY6]. */
  | { readonly type: 'off' }
  /** The database was emptied by somebody else than this program [OFF7]; `atMs`: when it last had something. */
  | { readonly type: 'vanished'; readonly atMs: number }
  /** An administrator had it wiped. */
  | { readonly type: 'wiped' };

export interface CaseFilesState {
  readonly access: CaseAccess;
  readonly isUnlocking: boolean;
  readonly cases: readonly CaseRowView[];
  /** Rows that are kept and could not be opened. */
  readonly unreadable: number;
  readonly query: string;
  /** Unix epoch ms of the newest answer; null: none yet. */
  readonly asOfMs: number | null;
  readonly isOnline: boolean;
  readonly isPaused: boolean;
  readonly storage: StorageView | null;
  /** The reader's refused and conflicting changes of all cases. */
  readonly stuck: readonly OutboxEntry[];
  readonly unsentTotal: number;
  /** What others wrote on this machine and the server does not have [OFF10]. */
  readonly others: readonly OthersChanges[];
  readonly error: AppError | null;
  /** Why nothing is kept on this machine, as it says itself: what is read is in memory only, and nothing is written [KEY6]. Null: copies are kept. */
  readonly memoryOnly: string | null;
  /** The database was lost, and what was unsent came back from the journal [OFF12]; until a person has read so. */
  readonly recovery: Recovery | null;
  /** Who used this machine last, for reading without a network. */
  readonly holder: Party | null;
}

/** The database's own memory of itself, outside it: tells a wiped database from a new one. */
export interface Marker {
  read(): number | null;
  write(atMs: number): void;
  clear(): void;
}

export interface CaseFilesOptions {
  readonly keyring: Keyring;
  readonly store: CaseStore;
  readonly outbox: Outbox;
  readonly blobs: Blobs;
  readonly series: Pick<SeriesStore, 'bytesByCase'>;
  readonly sync: CaseSync;
  readonly marker: Marker;
  readonly wallMs: () => number;
  readonly isEmpty: () => Promise<boolean>;
  readonly recovery: { read(): Promise<Recovery | null>; dismiss(): Promise<void> };
  readonly holder: { read(): Promise<Party | null>; write(party: Party): Promise<void> };
  readonly estimate: () => Promise<StorageView>;
  readonly persist: () => Promise<boolean>;
  /** As in the state. */
  readonly memoryOnly: string | null;
}

export interface CaseFilesModel {
  readonly store: StoreApi<CaseFilesState>;
  /** Signed in, or opened without a network: looks at what is here. A vault opens by itself. */
  start(self: Party | null): void;
  /** Signed out: keys leave the memory [KEY5]. */
  stop(): void;
  /** Whether there are copies here that a passphrase opens: whoever knows it may read them while no session can be had. */
  isBehindPassphrase(): Promise<boolean>;
  setUp(passphrase: string | null): void;
  /** After the copies vanished or were wiped: forgets that there were any and asks for protection anew. */
  startAnew(): void;
  unlock(passphrase: string | null): void;
  setQuery(query: string): void;
  setOnline(isOnline: boolean): void;
  setPaused(isPaused: boolean): void;
  refresh(): void;
  makeAvailable(caseId: CaseId): void;
  setPinned(caseId: CaseId, isPinned: boolean): void;
  /** Removes the copies of attachments of a case; what is unsent stays. */
  removeCopy(caseId: CaseId): void;
  throwAway(entry: OutboxEntry): void;
  /** Changes that the server does not have, with their photographs, for a file [OFF5] [OFF10]; null: it failed, and the state says why. */
  exportChanges(entries: readonly OutboxEntry[]): Promise<Blob | null>;
  dismissError(): void;
  dismissRecovery(): void;
}

const NOTHING: CaseFilesState = { access: { type: 'loading' }, isUnlocking: false, cases: [], unreadable: 0, query: '', asOfMs: null, isOnline: false, isPaused: false, storage: null, stuck: [], unsentTotal: 0, others: [], error: null, memoryOnly: null, recovery: null, holder: null };

/** What is searched of a summary, made once and not at each key. */
const searched = new WeakMap<CachedCase['summary'], string>();

function searchText(summary: CachedCase['summary']): string {
  const known = searched.get(summary);
  if (known !== undefined) return known;
  const text = `${summary.patientName} ${summary.question} ${summary.organisationName.zh} ${summary.organisationName.en}`.toLowerCase();
  searched.set(summary, text);
  return text;
}

/** Rows whose patient, question or hospital holds every word; the very same rows when there is no word. */
export function filterCases<T extends Pick<CachedCase, 'summary'>>(rows: readonly T[], query: string): readonly T[] {
  const words = query.trim().toLowerCase().split(/\s+/).filter((word) => word !== '');
  if (words.length === 0) return rows;
  return rows.filter(({ summary }) => {
    const text = searchText(summary);
    return words.every((word) => text.includes(word));
  });
}

/** What has not changed is given on as it was: whoever draws it sees at once that there is nothing to draw. */
function sameRow(before: CaseRowView | undefined, now: CaseRowView): CaseRowView {
  if (!before) return now;
  const isSame = before.summary === now.summary && before.revision === now.revision && before.asOfMs === now.asOfMs && before.isPinned === now.isPinned && before.offline === now.offline && before.hereBytes === now.hereBytes && before.wholeBytes === now.wholeBytes && before.unsent === now.unsent && before.progress === now.progress;
  return isSame ? before : now;
}

export function createCaseFilesModel(options: CaseFilesOptions): CaseFilesModel {
  const { keyring, sync, memoryOnly } = options;
  const EMPTY: CaseFilesState = { ...NOTHING, memoryOnly };
  const store = createStore<CaseFilesState>(() => EMPTY);
  const progress = new Map<string, SyncProgress>();
  const undos = new DisposableStack();
  let self: Party | null = null;
  let generation = 0;
  let reloading: Promise<void> | null = null;
  let isStale = false;

  const fail = (error: unknown) => store.setState({ error: toAppError(error) });

  undos.add(sync.on('listChanged', reload));
  undos.add(sync.on('caseChanged', reload));
  undos.add(
    sync.on('progress', ({ caseId, progress: one }) => {
      if (one) progress.set(caseId, one);
      else progress.delete(caseId);
      store.setState((state) => ({ cases: state.cases.map((row) => (row.summary.id === caseId ? { ...row, progress: one } : row)) }));
    }),
  );
  undos.add(
    sync.on('wiped', () => {
      options.marker.clear(); // it was no stranger who emptied it
      store.setState({ ...EMPTY, isOnline: store.getState().isOnline, access: { type: 'wiped' } });
    }),
  );
  undos.add(sync.on('failed', ({ error }) => store.setState({ error: error.category === 'network' ? null : error })));

  function reload(): void {
    if (reloading) {
      isStale = true;
      return;
    }
    const mine = generation;
    const failed = (error: unknown) => {
      if (mine === generation && keyring.isOpen) fail(error); // locked or wiped meanwhile, there is nothing to be read any more
    };
    reloading = load().catch(failed).finally(() => {
      reloading = null;
      if (!isStale) return;
      isStale = false;
      reload();
    });
  }

  async function load(): Promise<void> {
    if (!keyring.isOpen) return;
    const mine = generation;
    const [{ cases, unreadable }, unsent, bytes, images, written, storage] = await Promise.all([options.store.list(), options.outbox.unsentByCase(), options.blobs.bytesByCase(), options.series.bytesByCase(), options.outbox.all(), options.estimate()]);
    if (mine !== generation) return;
    const { own, others } = byAuthor(written.entries, (self ?? store.getState().holder)?.id ?? null);
    const othersIn = (caseId: string | null) => others.flatMap(({ entries }) => entries).filter(({ change }) => caseId === null || change.caseId === caseId).length;
    const shown = new Map(store.getState().cases.map((row) => [row.summary.id, row]));
    const rows = cases
      .map((one): CaseRowView => {
        const attachmentBytes = bytes.get(one.summary.id) ?? 0;
        const image = images.get(one.summary.id) ?? { hereBytes: 0, totalBytes: 0, isWhole: true };
        const offline = one.revision === 0 ? 'none' : attachmentBytes >= one.summary.attachmentBytes && image.isWhole ? 'whole' : 'items';
        return sameRow(shown.get(one.summary.id), { ...one, offline, hereBytes: attachmentBytes + image.hereBytes, wholeBytes: one.summary.attachmentBytes + image.totalBytes, unsent: (unsent.get(one.summary.id) ?? 0) - othersIn(one.summary.id), progress: progress.get(one.summary.id) ?? null });
      })
      .sort((a, b) => (a.summary.nextConsultAtMs ?? Number.MAX_SAFE_INTEGER) - (b.summary.nextConsultAtMs ?? Number.MAX_SAFE_INTEGER) || b.summary.changedAtMs - a.summary.changedAtMs);
    const asOfMs = rows.reduce<number | null>((latest, { asOfMs: at }) => (latest === null || at > latest ? at : latest), null);
    if (rows.length > 0) options.marker.write(options.wallMs());
    store.setState({
      cases: rows, unreadable: unreadable + written.unreadable, asOfMs, storage: memoryOnly === null ? storage : null, isPaused: sync.isPaused,
      stuck: own.filter(({ state }) => state === 'refused' || state === 'conflict'),
      unsentTotal: [...unsent.values()].reduce((sum, count) => sum + count, 0) - othersIn(null),
      others,
    });
  }

  async function look(): Promise<void> {
    const mine = generation;
    if (memoryOnly !== null && !self) {
      store.setState({ access: { type: 'off' } });
      return;
    }
    const state = await keyring.state();
    const lastMs = options.marker.read();
    if (lastMs !== null && (await options.isEmpty())) {
      if (mine === generation) store.setState({ access: { type: 'vanished', atMs: lastMs } });
      return;
    }
    if (mine !== generation) return;
    if (state.type === 'open') await knowHolder();
    if (mine !== generation) return;
    store.setState({ access: state });
    // A wipe does not wait for the one who knows the passphrase [KEY3].
    if (state.type === 'locked' && self) drop(sync.refreshList(), 'a server out of reach is asked again when the copies are opened');
    if (state.type === 'open') await opened();
    else if (state.type === 'locked' && state.kind === 'vault') await open(() => keyring.unlock(null));
    else if (state.type === 'unset' && state.kind === 'vault' && self) await open(() => keyring.setUp(null));
  }

  /** Before the copies are shown as open: who reads is asked for as soon as they are, and a case opened by its address would find nobody. */
  async function knowHolder(): Promise<void> {
    const mine = generation;
    const known = await options.holder.read();
    if (mine !== generation) return;
    if (self && known?.id !== self.id) await options.holder.write(self).catch(fail); // a disk that is full keeps nobody from reading
    if (mine === generation) store.setState({ holder: self ?? known });
  }

  async function opened(): Promise<void> {
    const mine = generation;
    drop(options.persist(), 'a browser that does not promise may clear the copies; the storage view says so');
    const ended = await keyring.endedLeases();
    await keyring.forget(ended);
    await options.store.remove(ended);
    store.setState({ recovery: await options.recovery.read() });
    reload();
    // The list waits for none of these: of what is ended the keys are gone already.
    await options.blobs.removeCases(ended);
    await options.blobs.removeStrays();
    await options.outbox.prune();
    if (mine !== generation) return;
    sync.handleOnline(store.getState().isOnline);
    reload();
  }

  async function open(how: () => Promise<void>): Promise<void> {
    const mine = generation;
    store.setState({ isUnlocking: true, error: null });
    try {
      await how();
      const state = await keyring.state();
      if (mine !== generation) return;
      await knowHolder();
      if (mine !== generation) return;
      store.setState({ access: state });
      await opened();
    } catch (error) {
      if (mine === generation) fail(error);
    } finally {
      if (mine === generation) store.setState({ isUnlocking: false });
    }
  }

  const attempt = (work: Promise<unknown>) => {
    work.then(reload, fail);
  };

  return {
    store,
    start(party) {
      generation += 1;
      const { holder } = store.getState();
      // Who read without a network and is signed in now goes on where they are.
      const goesOn = self === null && party !== null && keyring.isOpen && holder?.id === party.id;
      self = party;
      if (goesOn) {
        knowHolder().then(opened).catch(fail);
        return;
      }
      const { isOnline } = store.getState();
      store.setState({ ...EMPTY, isOnline });
      look().catch(fail);
    },
    stop() {
      generation += 1;
      self = null;
      sync.handleOnline(false);
      if (memoryOnly === null) keyring.lock();
      else drop(sync.wipe(), 'without its key it cannot be read, and it ends with the page');
      progress.clear();
      store.setState({ ...EMPTY, access: { type: 'loading' } });
    },
    async isBehindPassphrase() {
      const state = await keyring.state();
      return (state.type === 'locked' || state.type === 'open') && state.kind === 'passphrase';
    },
    setUp(passphrase) {
      options.marker.clear();
      drop(open(() => keyring.setUp(passphrase)), 'open tells its failure');
    },
    startAnew() {
      generation += 1;
      options.marker.clear();
      const { isOnline } = store.getState();
      store.setState({ ...EMPTY, isOnline });
      look().catch(fail);
    },
    unlock(passphrase) {
      drop(open(() => keyring.unlock(passphrase)), 'open tells its failure');
    },
    setQuery(query) {
      store.setState({ query });
    },
    setOnline(isOnline) {
      if (store.getState().isOnline === isOnline) return;
      store.setState({ isOnline });
      if (keyring.isOpen) sync.handleOnline(isOnline);
    },
    setPaused(isPaused) {
      sync.setPaused(isPaused);
    },
    refresh() {
      attempt(sync.refreshList());
    },
    makeAvailable(caseId) {
      attempt(options.store.setPinned(caseId, true).then(() => sync.makeAvailable(caseId)));
    },
    setPinned(caseId, isPinned) {
      attempt(options.store.setPinned(caseId, isPinned));
    },
    removeCopy(caseId) {
      attempt(
        options.store.setPinned(caseId, false).then(() => options.blobs.removeCases([caseId])),
      );
    },
    throwAway(entry) {
      attempt(options.outbox.resolve(entry, null).then(() => options.blobs.removeUnneeded(entry.needs)));
    },
    async exportChanges(entries) {
      try {
        return await exportChanges(entries, options.blobs.read);
      } catch (error) {
        fail(error);
        return null;
      }
    },
    dismissError() {
      store.setState({ error: null });
    },
    dismissRecovery() {
      store.setState({ recovery: null });
      options.recovery.dismiss().catch(fail);
    },
  };
}
