import type { Attachment, CaseItem } from '#shared/domain/caseFile';
import type { CaseId, DeviceId } from '#shared/domain/ids';
import type { Party } from '#shared/domain/people';
import { type BackoffPolicy, backoffDelayMs } from '#shared/lib/backoff';
import type { Clock } from '#shared/lib/clock';
import type { Undo } from '#shared/lib/disposable';
import { Emitter } from '#shared/lib/emitter';
import { ATTACHMENT_ROUTES, type CASE_REQUESTS, type CaseChange, type CaseReceipt } from '#shared/protocol/cases';
import { AppError, type ErrorCode, toAppError } from '#shared/protocol/errors';
import type { z } from 'zod';
import type { Blobs } from '../../storage/cases/blobs.ts';
import type { CaseStore } from '../../storage/cases/caseStore.ts';
import type { Keyring } from '../../storage/cases/keyring.ts';
import type { Outbox, OutboxEntry } from '../../storage/cases/outbox.ts';

type CaseRequestName = keyof typeof CASE_REQUESTS;
/** How the server is asked; given by the composition root. */
export type CaseRequest = <N extends CaseRequestName>(name: N, params: z.infer<(typeof CASE_REQUESTS)[N]['params']>, options?: { timeoutMs?: number }) => Promise<z.infer<(typeof CASE_REQUESTS)[N]['result']>>;

/** A series of images that somebody chose to belong to the case's copies. */
export interface ChosenSeries {
  readonly studyUid: string;
  readonly seriesUid: string;
}

/** What keeps chosen series on this machine; given by the composition root. */
export interface SeriesKeeper {
  /** These are the chosen ones; what is here of others goes. */
  choose(caseId: CaseId, chosen: readonly ChosenSeries[]): Promise<void>;
  keep(caseId: CaseId, chosen: readonly ChosenSeries[], options: { readonly maxBytes: number | null; readonly makeRoom: (bytes: number) => Promise<void>; readonly onProgress: (doneBytes: number, totalBytes: number) => void; readonly signal: AbortSignal }): Promise<void>;
}

/** What is under way for a case. Bytes count attachments or images; items come first and are quick. */
export interface SyncProgress {
  readonly step: 'items' | 'attachments' | 'images';
  readonly doneBytes: number;
  readonly totalBytes: number;
}

interface CaseSyncEvents {
  /** The list, or what is here of it, has changed. */
  listChanged: undefined;
  /** Something of this case has changed: items, outbox or attachments. */
  caseChanged: CaseId;
  progress: { readonly caseId: CaseId; readonly progress: SyncProgress | null };
  /** An administrator had this machine wiped; it is done. */
  wiped: undefined;
  failed: { readonly caseId: CaseId | null; readonly error: AppError };
}

export interface CaseSyncOptions {
  readonly request: CaseRequest;
  /** Whether the schedule's cases are fetched before somebody opens them. */
  readonly fetchesAhead: boolean;
  readonly store: CaseStore;
  readonly outbox: Outbox;
  readonly blobs: Blobs;
  readonly series: SeriesKeeper;
  readonly keyring: Keyring;
  readonly clock: Clock;
  /** This machine's name on the administrator's page; null: it keeps no copies, and is not listed there [KEY6]. */
  readonly deviceId: () => Promise<DeviceId | null>;
  /** How this program names itself on the administrator's page. */
  readonly client: string;
  readonly serverUrl: () => string;
  readonly token: () => Promise<string | null>;
  /** Who is signed in; only what they wrote is sent [OFF10]. Null: nobody. */
  readonly self: () => Party | null;
  /** How much of each case's chosen series is here. */
  readonly imageBytes: () => Promise<ReadonlyMap<string, { readonly hereBytes: number }>>;
  /** Room left on this machine, bytes; null: not known. */
  readonly freeBytes: () => Promise<number | null>;
}

const PAGE = 200;
const SUBMIT_AT_ONCE = 20;
/** Of one submission, characters of JSON; the server takes 600 000 bytes and a Chinese character may need three. */
const SUBMIT_CHARS = 180_000;
/** What starts within this time is fetched with its attachments: tomorrow's schedule tonight. */
const AHEAD_MS = 36 * 3600_000;
/** What is fetched by that rule without being asked for, for one case, bytes. */
const AHEAD_BYTES = 600_000_000;
/** Left free for everything else on the machine, bytes. */
const RESERVE_BYTES = 200_000_000;
/** Said of one file on this machine: no later try would find it whole. */
const LOST_FILE: ReadonlySet<ErrorCode> = new Set(['attachment.cutOff', 'attachment.damaged', 'storage.corrupt', 'record.hashMismatch']);
/** Of a case that is not here only the list tells, which may be of thousands: one answer serves all that change within this time, ms. */
const LIST_DELAY_MS = 1000;
const RETRY: BackoffPolicy = { firstMs: 1000, maxMs: 60_000, jitter: 0.3 };

/** Keeps this machine and the server in step: the list, the items, what was written here, and attachments. */
export class CaseSync {
  readonly #o: CaseSyncOptions;
  readonly #events = new Emitter<CaseSyncEvents>();
  readonly #sending = new Set<number>();
  readonly #pulls = new Map<CaseId, Promise<void>>();
  readonly #keeping = new Map<CaseId, Promise<void>>();
  #isOnline = false;
  #isPaused = false;
  #isPushing = false;
  #mustPushAgain = false;
  #failures = 0;
  #cancelRetry: Undo | null = null;
  #cancelList: Undo | null = null;
  #attachments = new AbortController();
  #isClosed = false;

  constructor(options: CaseSyncOptions) {
    this.#o = options;
  }

  on<K extends keyof CaseSyncEvents>(name: K, listener: (payload: CaseSyncEvents[K]) => void): Undo {
    return this.#events.on(name, listener);
  }

  /** Orders of the changes on the wire. */
  get sending(): ReadonlySet<number> {
    return this.#sending;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** The server is within reach, or not. */
  handleOnline(isOnline: boolean): void {
    this.#isOnline = isOnline;
    this.#cancelRetry?.();
    this.#cancelRetry = null;
    this.#failures = 0;
    if (isOnline) this.#kick();
  }

  /** The server says a case is newer than `revision`. */
  async handleChanged(caseId: CaseId, revision: number): Promise<void> {
    if (!this.#o.keyring.isOpen) return;
    const known = await this.#o.store.revisionOf(caseId);
    if (known === 0) this.#listSoon();
    else if (known < revision) {
      try {
        await this.pull(caseId);
        await this.#fetchAhead(); // what is kept whole stays whole
      } catch (error) {
        this.#fail(caseId, error);
      }
    }
  }

  /** Attachments wait, items and what was written here do not. */
  setPaused(isPaused: boolean): void {
    this.#isPaused = isPaused;
    this.#attachments.abort();
    this.#attachments = new AbortController();
    if (!isPaused) this.#kick();
    this.#events.emit('listChanged', undefined);
  }

  /** Says the outbox has something new. */
  kickOutbox(): void {
    if (this.#isOnline) void this.#push();
  }

  /** One change at once, past the outbox: where the machine keeps nothing. @throws AppError the network's, and the receipt's when it is refused */
  async submitNow(change: CaseChange): Promise<void> {
    const { receipts } = await this.#o.request('case.submit', { caseId: change.caseId, changes: [change] });
    const [receipt] = receipts;
    if (receipt?.status === 'refused') throw new AppError(receipt.code, receipt.message);
  }

  /** The server's list: keeps it, drops what is the reader's no more, obeys a wipe. */
  async refreshList(): Promise<void> {
    const { request, store, keyring, blobs, deviceId, client } = this.#o;
    const id = await deviceId();
    const { cases, serverTimeMs, mustWipe } = await request('case.list', { deviceId: id, client, cached: [...(await store.revisions()).keys()] });
    if (mustWipe && id !== null) {
      await this.wipe();
      await request('case.reportWiped', { deviceId: id });
      this.#events.emit('wiped', undefined);
      return;
    }
    if (!keyring.isOpen) return; // asked only whether to wipe
    const gone = await store.keepList(cases, serverTimeMs);
    // Keys first: from here on the rest cannot be read, even when the machine is switched off now [KEY3].
    await keyring.forget(gone);
    await store.remove(gone);
    await blobs.removeCases(gone);
    this.#events.emit('listChanged', undefined);
  }

  /** Fetches what is new of a case; several who ask at once share one answer. */
  pull(caseId: CaseId): Promise<void> {
    const present = this.#pulls.get(caseId);
    if (present) return present;
    const pull = this.#pullAll(caseId).finally(() => this.#pulls.delete(caseId));
    this.#pulls.set(caseId, pull);
    return pull;
  }

  /** Makes a case readable without a network: everything of it, attachments and chosen images too. @param maxImageBytes null: all of these */
  async makeAvailable(caseId: CaseId, maxImageBytes: number | null = null): Promise<void> {
    await this.pull(caseId);
    const { items } = await this.#o.store.items(caseId);
    await this.#fetchAttachments(caseId, attachmentsOf(items));
    await this.keepSeries(caseId, chosenSeriesOf(items), maxImageBytes);
  }

  /** Fetches what is missing of the series that are chosen. @param maxBytes null: all of it */
  async keepSeries(caseId: CaseId, chosen: readonly ChosenSeries[], maxBytes: number | null = null): Promise<void> {
    // One after another: two rounds at once would fetch the same twice.
    const before = this.#keeping.get(caseId) ?? Promise.resolve();
    const keeping = before.catch(() => undefined).then(() => this.#keepSeries(caseId, chosen, maxBytes));
    this.#keeping.set(caseId, keeping);
    try {
      await keeping;
    } finally {
      if (this.#keeping.get(caseId) === keeping) this.#keeping.delete(caseId);
    }
  }

  async #keepSeries(caseId: CaseId, chosen: readonly ChosenSeries[], maxBytes: number | null): Promise<void> {
    if (!this.#o.fetchesAhead) return; // this machine keeps nothing [KEY6]
    if (chosen.length === 0) return this.#o.series.choose(caseId, chosen);
    const onProgress = (doneBytes: number, totalBytes: number) => this.#events.emit('progress', { caseId, progress: { step: 'images', doneBytes, totalBytes } });
    try {
      await this.#o.series.keep(caseId, chosen, { maxBytes, makeRoom: (bytes) => this.#makeRoom(bytes, caseId), onProgress, signal: this.#attachments.signal });
    } finally {
      this.#events.emit('progress', { caseId, progress: null });
      this.#events.emit('caseChanged', caseId);
    }
  }

  /** Images of a case changed at the server, or a copy was found damaged: what is kept whole is fetched again. */
  async handleImages(caseId: CaseId): Promise<void> {
    if (!this.#o.keyring.isOpen || !this.#isOnline) return;
    try {
      const { hereBytes } = (await this.#o.imageBytes()).get(caseId) ?? { hereBytes: 0 };
      if (hereBytes > 0 || (await this.#isKept(caseId))) await this.keepSeries(caseId, chosenSeriesOf((await this.#o.store.items(caseId)).items));
    } catch (error) {
      this.#fail(caseId, error);
    }
  }

  async #isKept(caseId: CaseId): Promise<boolean> {
    return (await this.#o.store.one(caseId))?.isPinned === true;
  }

  /** One attachment, for somebody who wants to see it now. */
  async fetchOne(caseId: CaseId, attachment: Attachment): Promise<void> {
    await this.#fetchAttachments(caseId, [attachment]);
  }

  /** Destroys every copy: keys, then content. What was unsent is lost, as the one who wiped has decided. */
  async wipe(): Promise<void> {
    const { keyring, store, blobs } = this.#o;
    this.#attachments.abort();
    this.#attachments = new AbortController(); // what is asked for after the wipe is asked for anew
    await keyring.forgetAll();
    await store.removeAll();
    await blobs.removeAll();
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelRetry?.();
    this.#cancelList?.();
    this.#attachments.abort();
    this.#events.clear();
  }

  #kick(): void {
    if (!this.#o.keyring.isOpen || this.#isClosed) return;
    void this.#round();
  }

  #listSoon(): void {
    if (this.#isClosed) return;
    this.#cancelList ??= this.#o.clock.after(LIST_DELAY_MS, () => {
      this.#cancelList = null;
      if (this.#isOnline && this.#o.keyring.isOpen) this.refreshList().catch((error: unknown) => this.#fail(null, error)); // back online it is asked for anyway
    });
  }

  async #round(): Promise<void> {
    try {
      await this.refreshList();
      if (!this.#o.keyring.isOpen) return;
      await this.#push();
      await this.#fetchAhead();
      this.#failures = 0;
    } catch (error) {
      this.#fail(null, error);
      this.#retryLater();
    }
  }

  async #fetchAhead(): Promise<void> {
    if (this.#isPaused || !this.#o.fetchesAhead) return;
    const { store, clock } = this.#o;
    const { cases } = await store.list();
    const nowMs = clock.wallMs();
    const wanted = cases.filter(({ summary, isPinned }) => isPinned || (summary.nextConsultAtMs !== null && summary.nextConsultAtMs < nowMs + AHEAD_MS));
    for (const { summary, revision, isPinned } of wanted) {
      if (this.#isPaused || !this.#isOnline || this.#isClosed) return;
      if (revision < summary.revision) await this.pull(summary.id);
      if (isPinned || summary.attachmentBytes <= AHEAD_BYTES) await this.makeAvailable(summary.id, isPinned ? null : AHEAD_BYTES - summary.attachmentBytes).catch((error: unknown) => this.#fail(summary.id, error));
    }
  }

  async #pullAll(caseId: CaseId): Promise<void> {
    const { request, store } = this.#o;
    let since = await store.revisionOf(caseId);
    let hasChosen = false;
    for (;;) {
      const page = await request('case.changes', { caseId, sinceRevision: since, limit: PAGE });
      await store.keepChanges(page.summary, page.items, page.revision, page.serverTimeMs);
      hasChosen ||= page.items.some(isOfSeries);
      since = page.revision;
      this.#events.emit('caseChanged', caseId);
      if (!page.hasMore) break;
    }
    // What was chosen counts as a part of the copy from now on, and what is chosen no more goes.
    if (hasChosen && this.#o.fetchesAhead) await this.#o.series.choose(caseId, chosenSeriesOf((await store.items(caseId)).items));
    this.#events.emit('listChanged', undefined);
  }

  async #fetchAttachments(caseId: CaseId, attachments: readonly Attachment[]): Promise<void> {
    const { blobs } = this.#o;
    const missing = await blobs.missing(caseId, attachments);
    if (missing.length === 0) return;
    const totalBytes = missing.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    await this.#makeRoom(totalBytes, caseId);
    const token = await this.#token();
    const { signal } = this.#attachments;
    const say = (doneBytes: number) => this.#events.emit('progress', { caseId, progress: { step: 'attachments', doneBytes, totalBytes } });
    say(0);
    try {
      await blobs.fetchAll(caseId, missing, (hash) => ({ url: `${this.#o.serverUrl()}${ATTACHMENT_ROUTES.content(caseId, hash)}`, token }), say, signal);
    } finally {
      this.#events.emit('progress', { caseId, progress: null });
      this.#events.emit('caseChanged', caseId);
    }
  }

  /** Frees room by the longest unused objects of other, unpinned cases [OFF6]. */
  async #makeRoom(neededBytes: number, forCase: CaseId): Promise<void> {
    const { blobs, store, freeBytes } = this.#o;
    const free = await freeBytes();
    if (free === null || free >= neededBytes + RESERVE_BYTES) return;
    const pinned = new Set<string>((await store.list()).cases.filter(({ isPinned }) => isPinned).map(({ summary }) => summary.id));
    let missing = neededBytes + RESERVE_BYTES - free;
    const chosen: string[] = [];
    for (const { caseId, keys, sizeBytes } of await blobs.evictable()) {
      if (missing <= 0) break;
      if (caseId === forCase || pinned.has(caseId)) continue;
      chosen.push(...keys);
      missing -= sizeBytes;
    }
    if (missing > 0) throw new AppError('storage.full', `${Math.ceil(missing / 1_000_000)} MB are missing on this machine`);
    await blobs.remove(chosen);
  }

  async #push(): Promise<void> {
    this.#mustPushAgain = true;
    if (this.#isPushing) return;
    this.#isPushing = true;
    try {
      while (this.#mustPushAgain && this.#isOnline && !this.#isClosed && this.#o.keyring.isOpen) {
        this.#mustPushAgain = false;
        let failed: unknown = null;
        const author = this.#o.self();
        if (!author) return;
        for (const caseId of await this.#o.outbox.casesWaiting(author.id)) {
          // What is wrong with one case holds up none of the others; a network that is gone holds up all.
          await this.#pushCase(caseId, author).catch((error: unknown) => {
            if (toAppError(error).category === 'network') throw error;
            failed ??= error;
          });
        }
        if (failed !== null) throw failed;
      }
      this.#failures = 0;
    } catch (error) {
      this.#fail(null, error);
      this.#retryLater();
    } finally {
      this.#isPushing = false;
    }
  }

  async #pushCase(caseId: CaseId, author: Party): Promise<void> {
    const { outbox, request } = this.#o;
    const isAuthorHere = () => this.#o.self()?.id === author.id;
    for (;;) {
      const waiting = fitting((await outbox.ofCase(caseId)).filter((entry) => entry.state === 'waiting' && entry.author.id === author.id));
      if (waiting.length === 0 || !isAuthorHere() || !this.#isOnline || this.#isClosed) return;
      for (const { order } of waiting) this.#sending.add(order);
      this.#events.emit('caseChanged', caseId);
      try {
        await outbox.noteAttempt(waiting.map(({ order }) => order));
        const ready = await this.#sendNeeds(caseId, waiting);
        if (ready.length === 0) continue;
        if (!isAuthorHere()) return; // meanwhile somebody else signed in: it would go out under their name
        const { receipts } = await request('case.submit', { caseId, changes: ready.map(({ change }) => change) }, { timeoutMs: 20_000 });
        await outbox.keepReceipts(ready, receipts);
      } catch (error) {
        const failure = toAppError(error);
        if (!isFinal(failure)) throw failure;
        // The case is not the writer's any more, or this program speaks nonsense: trying again would not help, a person must see it.
        await outbox.keepReceipts(waiting, waiting.map(({ change }): CaseReceipt => ({ status: 'refused', changeId: change.id, code: failure.code, message: failure.message.slice(0, 500) })));
      } finally {
        for (const { order } of waiting) this.#sending.delete(order);
        this.#events.emit('caseChanged', caseId);
      }
      await this.pull(caseId).catch((error: unknown) => {
        const failure = toAppError(error);
        if (!isFinal(failure)) throw failure;
      });
    }
  }

  /**
   * Uploads what changes wait for. A change whose file is lost or damaged on this machine is put among the refused ones, for a
   * person to see, and holds up none of the others. @returns the changes that can go now
   */
  async #sendNeeds(caseId: CaseId, entries: readonly OutboxEntry[]): Promise<OutboxEntry[]> {
    const ready: OutboxEntry[] = [];
    for (const entry of entries) {
      try {
        for (const name of entry.needs) {
          const token = await this.#token();
          await this.#o.blobs.send(caseId, name, (hash) => ({ url: `${this.#o.serverUrl()}${ATTACHMENT_ROUTES.upload(caseId, hash)}`, token }));
        }
        ready.push(entry);
      } catch (error) {
        const { code, message } = toAppError(error);
        if (!LOST_FILE.has(code)) {
          if (ready.length > 0) return ready; // what was made before it does not wait for it
          throw error;
        }
        await this.#o.outbox.keepReceipts([entry], [{ status: 'refused', changeId: entry.change.id, code, message: message.slice(0, 500) }]);
      }
    }
    return ready;
  }

  async #token(): Promise<string> {
    const token = await this.#o.token();
    if (token === null) throw new AppError('auth.required', 'nobody is signed in');
    return token;
  }

  #fail(caseId: CaseId | null, error: unknown): void {
    const failure = toAppError(error);
    if (failure.code === 'network.closed' || this.#isClosed) return;
    this.#events.emit('failed', { caseId, error: failure });
  }

  #retryLater(): void {
    if (this.#cancelRetry || !this.#isOnline || this.#isClosed) return;
    this.#cancelRetry = this.#o.clock.after(backoffDelayMs(RETRY, this.#failures, Math.random), () => {
      this.#cancelRetry = null;
      this.#kick();
    });
    this.#failures += 1;
  }
}

/** Series that belong to the case's copies. */
export function chosenSeriesOf(items: readonly Pick<CaseItem, 'content' | 'retraction'>[]): ChosenSeries[] {
  const chosen = items.flatMap(({ content, retraction }) => (content.kind === 'series' && retraction === null ? [content.body] : []));
  return [...new Map(chosen.map(({ studyUid, seriesUid }) => [seriesUid, { studyUid, seriesUid }])).values()];
}

/** An item as it came, before it is parsed: is it one that says which series are chosen. */
function isOfSeries(item: { readonly [field: string]: unknown }): boolean {
  const { content } = item;
  return typeof content === 'object' && content !== null && 'kind' in content && content.kind === 'series';
}

/** Every attachment that items of a case point at. */
export function attachmentsOf(items: readonly Pick<CaseItem, 'content'>[]): Attachment[] {
  return items.flatMap(({ content }) => (content.kind === 'document' ? [content.body.attachment] : content.kind === 'consent' ? [content.body.signature] : []));
}

/** True when sending the same again would be refused again. */
function isFinal(error: AppError): boolean {
  return (error.category === 'input' && error.code !== 'input.rateLimited') || error.code === 'auth.forbidden';
}

/** The first entries that fit one submission; at least one, which the server judges. */
function fitting(entries: readonly OutboxEntry[]): OutboxEntry[] {
  let chars = 0;
  const fits = entries.slice(0, SUBMIT_AT_ONCE).findIndex((entry, index) => {
    chars += JSON.stringify(entry.change).length;
    return index > 0 && chars > SUBMIT_CHARS;
  });
  return entries.slice(0, fits < 0 ? SUBMIT_AT_ONCE : fits);
}
