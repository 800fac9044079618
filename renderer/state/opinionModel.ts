import { createStore, type StoreApi } from 'zustand/vanilla';
import type { OpinionId } from '#shared/domain/ids';
import { EMPTY_OPINION, type MissingPart, missingParts, type OpinionContent, type OpinionLanguage } from '#shared/domain/opinion';
import { DisposableStack } from '#shared/lib/disposable';
import { AppError, toAppError } from '#shared/protocol/errors';
import type { Opinion } from '#shared/protocol/opinions';
import type { RequestResult } from '#shared/protocol/requests';
import type { RequestPort } from './ports.ts';

export type OpinionVersion = RequestResult<'opinion.version'>['version'];
type Work = 'save' | 'submit' | 'sign' | 'return' | 'addendum' | 'download';

export interface OpinionState {
  readonly phase: 'closed' | 'loading' | 'open' | 'failed';
  readonly opinionId: OpinionId | null;
  /** As the server said last. */
  readonly opinion: Opinion | null;
  /** What stands on the sheet: the newest version, or what was typed since. */
  readonly draft: OpinionContent;
  /** The version that what was typed began from. */
  readonly baseVersion: number;
  readonly isDirty: boolean;
  /** What a submission of the sheet still lacks. */
  readonly missing: readonly MissingPart[];
  /** The reader belongs to the panel, and the opinion may be changed now. */
  readonly canWrite: boolean;
  /** Somebody else saved another version while this one was typed: both stay until it is decided. */
  readonly conflict: OpinionVersion | null;
  /** An earlier version that is looked at; null: the sheet. */
  readonly shown: OpinionVersion | null;
  readonly working: Work | null;
  readonly error: AppError | null;
  /** Of the last signing: the signer's key was made for it. Null: nobody signed since it was opened. */
  readonly signed: { readonly isNewKey: boolean } | null;
}

/** One opinion on the screen. Actions answer through the state, and resolve with whether they went well. */
export interface OpinionModel {
  readonly store: StoreApi<OpinionState>;
  open(opinionId: OpinionId): void;
  /** Leaves it; what was typed and not saved is kept for the next opening, until `forget` or `discard`. */
  close(): void;
  /** Forgets everything; called on sign-out. */
  forget(): void;
  /** Something typed is not with the server, in whichever opinion. */
  hasUnsaved(): boolean;
  refresh(): void;
  edit(change: Partial<OpinionContent>): void;
  discard(): void;
  /** [OPN2] */
  save(): Promise<boolean>;
  /** Ends a conflict: `mine` goes on with what was typed over the other version, `theirs` throws it away. */
  decide(keep: 'mine' | 'theirs'): void;
  /** Saves what is not saved, and submits it. */
  submit(): Promise<boolean>;
  sign(password: string): Promise<boolean>;
  giveBack(reason: string): Promise<boolean>;
  /** @returns the addendum, which is another opinion; null: it failed */
  beginAddendum(): Promise<OpinionId | null>;
  show(version: number | null): void;
  /** @returns null: it failed */
  download(language: OpinionLanguage): Promise<Blob | null>;
  clearError(): void;
}

export interface OpinionModelOptions {
  readonly signaling: RequestPort;
  readonly fetchFile: (opinionId: OpinionId, language: OpinionLanguage) => Promise<Blob>;
  readonly selfId: () => string | null;
}

const CLOSED: OpinionState = {
  phase: 'closed', opinionId: null, opinion: null, draft: EMPTY_OPINION, baseVersion: 0, isDirty: false, missing: [], canWrite: false, conflict: null, shown: null, working: null, error: null, signed: null,
};

export function createOpinionModel({ signaling, fetchFile, selfId }: OpinionModelOptions): OpinionModel {
  const store = createStore<OpinionState>(() => CLOSED);
  /** What was typed and not saved, by opinion. */
  const typed = new Map<OpinionId, Pick<OpinionState, 'draft' | 'baseVersion'>>();
  let undos: DisposableStack | null = null;
  let run = 0;

  function put(change: Partial<OpinionState>): void {
    store.setState((old) => {
      const next = { ...old, ...change };
      const panelIds = next.opinion?.panel.map(({ id }) => id) ?? [];
      const self = selfId();
      const canWrite = next.opinion !== null && self !== null && panelIds.some((id) => id === self) && (next.opinion.status === 'draft' || next.opinion.status === 'returned');
      return { ...next, canWrite, missing: next.opinion === null ? [] : missingParts(next.draft, panelIds) };
    });
  }

  function present(): OpinionId {
    const { opinionId } = store.getState();
    if (opinionId === null) throw new AppError('record.notFound', 'no opinion is open');
    return opinionId;
  }

  /** Takes the server's word; what was typed stays as it is, over the version it began from. */
  async function load(): Promise<void> {
    const { opinionId } = store.getState();
    const mine = run;
    if (opinionId === null) return;
    try {
      const { opinion } = await signaling.request('opinion.get', { opinionId });
      if (mine !== run) return;
      const kept = typed.get(opinionId);
      // What was submitted meanwhile cannot be typed over: the words stay for whoever wrote them until they are put away.
      // What was signed and then returned is not in place any more.
      const signed = opinion.status === 'awaitingSignatures' || opinion.status === 'signed' ? store.getState().signed : null;
      put({ phase: 'open', opinion, error: null, signed, ...(kept ? { ...kept, isDirty: true } : { draft: opinion.content, baseVersion: opinion.version, isDirty: false }) });
    } catch (error) {
      if (mine === run) put({ phase: store.getState().phase === 'open' ? 'open' : 'failed', error: toAppError(error) });
    }
  }

  /** One piece of work at a time; a failure is shown, and what is on the sheet stays. */
  async function work<T>(name: Work, act: (opinionId: OpinionId) => Promise<T>): Promise<T | null> {
    if (store.getState().working !== null) return null;
    const mine = run;
    put({ working: name, error: null });
    try {
      return await act(present());
    } catch (error) {
      if (mine === run) put({ error: toAppError(error) });
      return null;
    } finally {
      if (mine === run) put({ working: null });
    }
  }

  /** @throws what the request throws. @returns the version that stands; null: somebody was faster */
  async function keep(opinionId: OpinionId): Promise<number | null> {
    const { draft, baseVersion, isDirty, opinion } = store.getState();
    if (!isDirty && opinion !== null && opinion.status === 'draft' && opinion.version > 0) return opinion.version;
    const mine = run;
    const answer = await signaling.request('opinion.save', { opinionId, baseVersion, content: draft });
    if (answer.status === 'conflict') {
      if (mine === run) put({ conflict: answer.current });
      return null;
    }
    const kept = typed.get(opinionId);
    // Typed on while it was being saved: that is the next version's.
    if (kept === undefined || kept.draft === draft) typed.delete(opinionId);
    else typed.set(opinionId, { draft: kept.draft, baseVersion: answer.version });
    if (mine === run) {
      put({ baseVersion: answer.version, isDirty: typed.has(opinionId) });
      await load();
    }
    return answer.version;
  }

  return {
    store,
    open(opinionId) {
      if (store.getState().opinionId === opinionId && store.getState().phase !== 'failed') return;
      run += 1;
      undos?.dispose();
      undos = new DisposableStack();
      undos.add(signaling.on('opinion.changed', (changed) => {
        if (changed.opinionId === store.getState().opinionId) void load();
      }));
      undos.add(signaling.onStatus((status) => {
        if (status.step === 'connected') void load();
      }));
      store.setState({ ...CLOSED, phase: 'loading', opinionId });
      void load();
    },
    close() {
      run += 1;
      undos?.dispose();
      undos = null;
      store.setState(CLOSED);
    },
    forget() {
      typed.clear();
      this.close();
    },
    hasUnsaved: () => typed.size > 0,
    refresh() {
      if (store.getState().phase === 'failed') put({ phase: 'loading', error: null });
      void load();
    },
    edit(change) {
      const { draft, baseVersion, canWrite } = store.getState();
      if (!canWrite) return;
      const next = { ...draft, ...change };
      typed.set(present(), { draft: next, baseVersion });
      put({ draft: next, isDirty: true });
    },
    discard() {
      const { opinion } = store.getState();
      if (opinion === null) return;
      typed.delete(opinion.id);
      put({ draft: opinion.content, baseVersion: opinion.version, isDirty: false, conflict: null, error: null });
    },
    save: async () => (await work('save', keep)) !== null,
    decide(choice) {
      const { conflict, opinionId, draft } = store.getState();
      if (conflict === null || opinionId === null) return;
      if (choice === 'mine') {
        typed.set(opinionId, { draft, baseVersion: conflict.number });
        put({ baseVersion: conflict.number, conflict: null });
        return;
      }
      typed.delete(opinionId);
      put({ draft: conflict.content, baseVersion: conflict.number, isDirty: false, conflict: null });
      void load();
    },
    submit: async () =>
      (await work('submit', async (opinionId) => {
        const version = await keep(opinionId);
        if (version === null) return null;
        await signaling.request('opinion.submit', { opinionId, version });
        await load();
        return true;
      })) === true,
    sign: async (password) =>
      (await work('sign', async (opinionId) => {
        const { version } = store.getState().opinion ?? { version: 0 };
        const { isNewKey } = await signaling.request('opinion.sign', { opinionId, version, password });
        put({ signed: { isNewKey } });
        await load();
        return true;
      })) === true,
    giveBack: async (reason) =>
      (await work('return', async (opinionId) => {
        const { version } = store.getState().opinion ?? { version: 0 };
        await signaling.request('opinion.return', { opinionId, version, reason });
        await load();
        return true;
      })) === true,
    beginAddendum: () => work('addendum', async (opinionId) => (await signaling.request('opinion.beginAddendum', { opinionId })).opinionId),
    show(version) {
      if (version === null) {
        put({ shown: null });
        return;
      }
      const mine = run;
      signaling.request('opinion.version', { opinionId: present(), version }).then(
        ({ version: shown }) => {
          if (mine === run) put({ shown });
        },
        (error: unknown) => {
          if (mine === run) put({ error: toAppError(error) });
        },
      );
    },
    download: (language) => work('download', (opinionId) => fetchFile(opinionId, language)),
    clearError: () => put({ error: null }),
  };
}
