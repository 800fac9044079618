/** What is used of the browser's Storage. */
export type StorageLike = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

/** Storage that may be missing, full or forbidden (private windows, policies): then nothing is remembered, and nothing fails. */
export interface PageStorage {
  read(key: string): string | null;
  /** False when it could not be kept. */
  write(key: string, value: string): boolean;
  remove(key: string): void;
}

/** @param open gives the storage; even naming `localStorage` throws where it is forbidden, hence a function. */
export function createPageStorage(open: () => StorageLike): PageStorage {
  const attempt = <T>(otherwise: T, action: (storage: StorageLike) => T): T => {
    try {
      return action(open());
    } catch {
      return otherwise;
    }
  };
  return {
    read: (key) => attempt<string | null>(null, (storage) => storage.getItem(key)),
    write: (key, value) =>
      attempt(false, (storage) => {
        storage.setItem(key, value);
        return true;
      }),
    remove: (key) => attempt(undefined, (storage) => storage.removeItem(key)),
  };
}
