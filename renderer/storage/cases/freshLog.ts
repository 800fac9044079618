import type { CaseDatabase } from './caseDatabase.ts';

/** LevelDB begins a new log when what it holds in memory passes 4 MiB (Chromium's write buffer); this is written to pass it. */
const ROWS = 100;
const ROW_BYTES = 50_000;
/** With less room than this on the disk nothing is written, bytes: a database that meets a full disk is taken away. */
const NEEDED_BYTES = 100_000_000;

/**
 * Has the browser begin a new log. A machine that dies while a record is written leaves it torn at the log's end; Chromium reads over
 * it once, goes on writing behind it, and at the start after that deletes the database as damaged. A log begun anew leaves no such
 * record behind, so that this is dangerous for a moment after a start and not until the next one [OFF12].
 * @param freeBytes what the browser would still take; null: it does not say
 */
export async function beginFreshLog(database: CaseDatabase, freeBytes: number | null): Promise<void> {
  if (freeBytes === null || freeBytes < NEEDED_BYTES) return;
  await database.open();
  if ((await database.meta.count()) === 0) return; // nothing is kept here
  const write = (fill: (store: IDBObjectStore) => void) =>
    new Promise<void>((resolve, reject) => {
      // Nobody needs it on the disk: it is there to push something else out.
      const transaction = database.backendDB().transaction('filler', 'readwrite', { durability: 'relaxed' });
      fill(transaction.objectStore('filler'));
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error);
    });
  const row = crypto.getRandomValues(new Uint8Array(ROW_BYTES)); // compressed it would be nothing
  await write((store) => {
    for (let number = 0; number < ROWS; number += 1) store.put(row, number);
  });
  await write((store) => store.clear());
}
