import Dexie, { type DexieOptions, type EntityTable, type Table } from 'dexie';
import { AppError } from '#shared/protocol/errors';
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
  /** The attachment, sealed with the same key: its plain hash, media type and file name. */
  readonly sealed: Sealed;
}

/** Facts about the database itself. */
export interface MetaRow {
  readonly key: 'installation' | 'protection' | 'holder' | 'clock';
  readonly value: unknown;
}

/** What the database threw, with a disk that is full told from everything else: Dexie wraps the reason of an aborted transaction. */
export function fullOr(error: unknown): never {
  const names = [error, error instanceof Dexie.DexieError ? error.inner : null].map((one) => (one instanceof Error || one instanceof DOMException ? one.name : ''));
  if (names.includes('QuotaExceededError')) throw new AppError('storage.full', 'no room left on this machine', { cause: error });
  throw error;
}

/** Only ids, revisions, times, sizes and keyed hashes are readable; everything about a person is in `sealed` (KEY1). */
export class CaseDatabase extends Dexie {
  declare readonly cases: EntityTable<CaseRow, 'id'>;
  declare readonly keys: EntityTable<KeyRow, 'caseId'>;
  declare readonly items: Table<ItemRow, [string, string]>;
  declare readonly outbox: Table<OutboxRow, number>;
  declare readonly blobs: EntityTable<BlobRow, 'key'>;
  declare readonly shelves: EntityTable<ShelfRow, 'number'>;
  declare readonly meta: EntityTable<MetaRow, 'key'>;

  /** `engine`: another IndexedDB than the browser's own. */
  constructor(name: string, engine: Pick<DexieOptions, 'indexedDB' | 'IDBKeyRange'> = {}) {
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
  }
}
