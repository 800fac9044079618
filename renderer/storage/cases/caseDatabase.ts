import Dexie, { type EntityTable, type Table } from 'dexie';
import { AppError } from '#shared/protocol/errors';
import type { Engine } from '../bucket.ts';
import type { PackPlace } from '../../workers/blobMessages.ts';

/** Sealed bytes: the initialisation vector's 12 bytes, then AES-256-GCM's cipher text with its tag. */
export type Sealed = Uint8Array<ArrayBuffer>;

/** One cached case. */
export interface CaseRow {
  readonly id: string;
  /** The revision up to which all items are here; 0: only the summary. */
  readonly revision: number;
  /** The server's clock at the last answer about this case, Unix epoch ms. */
  readonly asOfMs: number;
  readonly lastOpenedMs: number;
  /** 1: kept whatever the storage's state; a number because booleans cannot be indexed. */
  readonly isPinned: 0 | 1;
  /** Bytes of the sealed items. */
  readonly sizeBytes: number;
  /** Its summary; null: it is on a shelf, with others. */
  readonly sealed: Sealed | null;
}

/** Summaries of cases of which nothing else is on this machine, many sealed together (`summaryShelves.ts`). */
export interface ShelfRow {
  readonly number: number;
  readonly sealed: Sealed;
}

/** A case's own key, wrapped by the device key, and how long it may be used. Gone, the case is unreadable. */
export interface KeyRow {
  readonly caseId: string;
  readonly wrapped: Sealed;
  readonly leaseUntilMs: number;
}

export interface ItemRow {
  readonly caseId: string;
  readonly itemId: string;
  readonly revision: number;
  readonly sealed: Sealed;
}

export type OutboxState = 'waiting' | 'conflict' | 'refused' | 'held';

/** One change on its way. It stays after `held` until the item has come back with it, and longer as a receipt. */
export interface OutboxRow {
  /** The order of making, over all cases. */
  readonly order: number;
  readonly changeId: string;
  readonly caseId: string;
  readonly itemId: string;
  /** Keyed hash of the author's id. */
  readonly by: string;
  readonly state: OutboxState;
  readonly attempts: number;
  readonly madeAtMs: number;
  /** When the state was reached. */
  readonly stateAtMs: number;
  /** `held`: the case's revision with the change in it. */
  readonly revision: number | null;
  /** Keyed hashes of attachments that must be on the server before. */
  readonly needs: readonly string[];
  /** The change and its author, and for a conflict or refusal the receipt. */
  readonly sealed: Sealed;
}

/** A large object in the origin-private file system, under the keyed hash as its file's name or in a pack. */
export interface BlobRow {
  readonly key: string;
  readonly caseId: string;
  readonly sizeBytes: number;
  /** `local`: made here and not yet on the server; `whole`: on both; `partial`: being fetched or, under the device's key, being written. */
  readonly state: 'local' | 'whole' | 'partial';
  readonly lastUsedMs: number;
  /** Which key sealed the content: what was made here must outlive the case's lease until it is sent. */
  readonly under: 'device' | 'case';
  /** The pack it lies in, a file of random name that many small objects of one case share, and where there; null: in a file of its own. */
  readonly pack: PackPlace | null;
  /** Of an image: the series it was fetched for, as that row's key; left out: an attachment. */
  readonly series?: string;
  /** The attachment, sealed with the same key: its plain hash, media type and file name. */
  readonly sealed: Sealed;
}

/** A series of images that belongs to the case's copy. Its instances are objects of their own (`BlobRow.series`). */
export interface SeriesRow {
  /** Keyed hash of case and series. */
  readonly key: string;
  readonly caseId: string;
  /** Of all its instances; 0 while the server was not asked what it is made of. */
  readonly totalBytes: number;
  /** What a list says of it and what it is made of, sealed with the case's key; null: chosen, and not asked for yet. */
  readonly head: Sealed | null;
  /** The instances' data sets, sealed as the head. */
  readonly sets: Sealed | null;
}

/** The server has not said that it holds it. */
export const isUnsent = ({ state }: Pick<OutboxRow, 'state'>) => state !== 'held';

/** The server has not got it, or not for certain. */
export const isOnlyHere = ({ under, state }: Pick<BlobRow, 'under' | 'state'>) => under === 'device' && state !== 'whole';

/** Facts about the database itself. `recovery`: it was lost, and what the journal had came back; until a person has read so. */
export interface MetaRow {
  readonly key: 'protection' | 'holder' | 'clock' | 'recovery';
  readonly value: unknown;
}

/** What a browser throws of a database that it has taken away, by name: its log could not be written, or its files could not be opened. */
const UNAVAILABLE = new Set(['DatabaseClosedError', 'OpenFailedError', 'UnknownError', 'InvalidStateError', 'AbortError']);

/**
 * The functions of a part of the storage, with what the browser throws told apart: a disk that is full, a database that the browser
 * has closed over it (Chromium gives one `QuotaExceededError`, and then takes the database away for all that use it), and everything
 * else, which stays as it is. A database that was taken away is opened again by the next that use it, when there is room.
 */
export function translated<T extends object>(database: Dexie, part: T): T {
  const translate = (error: unknown): never => {
    if (error instanceof AppError) throw error;
    // Dexie wraps the reason of an aborted transaction.
    const names = [error, error instanceof Dexie.DexieError ? error.inner : null].map((one) => (one instanceof Error || one instanceof DOMException ? one.name : ''));
    if (names.includes('QuotaExceededError')) throw new AppError('storage.full', 'no room left on this machine', { cause: error });
    if (!names.some((name) => UNAVAILABLE.has(name))) throw error;
    if (!database.isOpen()) database.close({ disableAutoOpen: false });
    throw new AppError('storage.unavailable', 'the browser has closed the database', { cause: error });
  };
  const wrap = (work: unknown) =>
    typeof work !== 'function' ? work : (...args: unknown[]) => {
      const result: unknown = work.apply(part, args);
      return result instanceof Promise ? result.catch(translate) : result;
    };
  return Object.fromEntries(Object.entries(part).map(([name, work]) => [name, wrap(work)])) as T; // the same names, with the same shapes
}

/** Only ids, revisions, times, sizes and keyed hashes are readable; everything about a person is in `sealed` (KEY1). */
export class CaseDatabase extends Dexie {
  declare readonly cases: EntityTable<CaseRow, 'id'>;
  declare readonly keys: EntityTable<KeyRow, 'caseId'>;
  declare readonly items: Table<ItemRow, [string, string]>;
  declare readonly outbox: Table<OutboxRow, number>;
  declare readonly blobs: EntityTable<BlobRow, 'key'>;
  declare readonly series: EntityTable<SeriesRow, 'key'>;
  declare readonly shelves: EntityTable<ShelfRow, 'number'>;
  declare readonly meta: EntityTable<MetaRow, 'key'>;
  /** Written and emptied by `freshLog.ts`. */
  declare readonly filler: Table<Uint8Array, number>;

  /** `engine`: another IndexedDB than the browser's own. Whoever makes it has the journal guard it. */
  constructor(name: string, engine: Engine = {}) {
    // What a person wrote must survive a power cut in the next second: Chromium's default would leave it in a buffer (OFF2).
    super(name, { chromeTransactionDurability: 'strict', ...engine });
    this.version(1).stores({
      cases: 'id, lastOpenedMs',
      keys: 'caseId',
      items: '[caseId+itemId], caseId',
      outbox: 'order, &changeId, [caseId+order]',
      blobs: 'key, caseId, lastUsedMs',
      meta: 'key',
    });
    this.version(2)
      .stores({ blobs: 'key, caseId, lastUsedMs, pack.name', shelves: 'number' })
      // Rows of version 1 have each their own summary, and are read as before.
      .upgrade((transaction) => transaction.table('blobs').toCollection().modify({ pack: null }));
    this.version(3).stores({ filler: '' });
    this.version(4).stores({ series: 'key, caseId' });
  }
}
