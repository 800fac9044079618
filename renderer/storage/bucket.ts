import type { DexieOptions } from 'dexie';

/** What an IndexedDB needs of its surroundings. */
export type Engine = Pick<DexieOptions, 'indexedDB' | 'IDBKeyRange'>;

/** The Storage Buckets API, of which the DOM's types know nothing yet (wicg.github.io/storage-buckets). */
interface Buckets {
  open(name: string, options: { readonly durability: 'strict' | 'relaxed'; readonly persisted: boolean }): Promise<{ readonly indexedDB: IDBFactory }>;
}

/**
 * Opens the databases of a bucket of its own, in files of their own: Chromium keeps all other databases of an origin together, and
 * throws them away together. Null: the browser has no buckets (Chromium has since 122).
 */
export function bucketOpener(page: Window & typeof globalThis, name: string): (() => Promise<Engine>) | null {
  const { storageBuckets } = page.navigator as Navigator & { readonly storageBuckets?: Buckets };
  if (storageBuckets === undefined) return null;
  return async () => ({ indexedDB: (await storageBuckets.open(name, { durability: 'strict', persisted: true })).indexedDB, IDBKeyRange: page.IDBKeyRange });
}
