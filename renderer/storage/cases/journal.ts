import Dexie, { type EntityTable } from 'dexie';
import { z } from 'zod';
import type { Engine } from '../bucket.ts';
import { type BlobRow, type CaseDatabase, isOnlyHere, isUnsent, type MetaRow, type OutboxRow, translated } from './caseDatabase.ts';

/** Rows without which what a person wrote could not be sent: the wrapped key, who used the machine, unsent changes, and what was made for them. */
interface Rows {
  readonly meta: readonly MetaRow[];
  readonly outbox: readonly OutboxRow[];
  readonly blobs: readonly BlobRow[];
}

/** The database came back empty. `atMs`: when that was seen, Unix epoch ms; `unsent`: changes that the journal had, and that are to be sent. */
export const recoverySchema = z.object({ atMs: z.number(), unsent: z.number() });
export type Recovery = z.infer<typeof recoverySchema>;

/**
 * What is unsent, a second time, in a storage of its own [OFF12]. Chromium keeps all databases of an origin in one LevelDB, goes on
 * writing behind a record that a dying machine left torn, and at the start after that takes the whole for damaged and deletes it.
 *
 * It is written before the database, and what leaves the database leaves it before. So while the database lives it holds nothing that
 * matters, and is set right at each start; only when the database has lost its protection is it believed.
 */
export interface Journal {
  put(rows: Partial<Rows>): Promise<void>;
  removeChanges(changeIds: readonly string[]): Promise<void>;
  removeBlobs(keys: readonly string[]): Promise<void>;
  clear(): Promise<void>;
  /** From now on each opening of the database, before anybody reads, gives a lost one back what is here, or learns from a living one. */
  guard(database: CaseDatabase): void;
  close(): void;
}

/** A machine that keeps nothing loses nothing; and a browser without storage buckets (before Chromium 122) has one LevelDB only. */
export const NO_JOURNAL: Journal = {
  put: async () => undefined,
  removeChanges: async () => undefined,
  removeBlobs: async () => undefined,
  clear: async () => undefined,
  guard: () => undefined,
  close: () => undefined,
};

class JournalDatabase extends Dexie {
  declare readonly meta: EntityTable<MetaRow, 'key'>;
  declare readonly outbox: EntityTable<OutboxRow, 'changeId'>;
  declare readonly blobs: EntityTable<BlobRow, 'key'>;

  constructor(name: string, engine: Engine) {
    super(name, { chromeTransactionDurability: 'strict', ...engine });
    this.version(1).stores({ meta: 'key', outbox: 'changeId', blobs: 'key' });
  }
}

/** Between the two writes of one change lie milliseconds; this is for a machine that hangs. */
const UNDER_WAY_MS = 60_000;
const KEPT_META: ReadonlySet<MetaRow['key']> = new Set(['protection', 'holder']);

/**
 * @param open gives the engine of a storage that is damaged and thrown away by itself: a storage bucket of its own
 * @param wallMs the machine's clock, Unix epoch ms
 */
export function createJournal(name: string, open: () => Promise<Engine>, wallMs: () => number): Journal {
  let opened: Promise<ReturnType<typeof journalIn>> | null = null;
  const journal = () =>
    (opened ??= open().then((engine) => journalIn(new JournalDatabase(name, engine), wallMs)).catch((error: unknown) => {
      opened = null; // what fails now, on a full disk say, may go later
      throw error;
    }));
  return {
    put: async (rows) => (await journal()).put(rows),
    removeChanges: async (changeIds) => (await journal()).removeChanges(changeIds),
    removeBlobs: async (keys) => (await journal()).removeBlobs(keys),
    clear: async () => (await journal()).clear(),
    guard(database) {
      // Dexie gives a database that may be used while it opens; it is the same one.
      database.on('ready', async (opening) => (await journal()).reconcile(opening as CaseDatabase), true);
    },
    close: () => {
      opened?.then((one) => one.close(), () => undefined);
      opened = null;
    },
  };
}

function journalIn(kept: JournalDatabase, wallMs: () => number) {
  const tables = [kept.meta, kept.outbox, kept.blobs];

  async function restore(database: CaseDatabase, rows: Rows): Promise<void> {
    const unsent = rows.outbox.length;
    await database.transaction('rw', database.meta, database.outbox, database.blobs, async () => {
      if (await database.meta.get('protection')) return; // another tab was faster
      await database.meta.bulkPut([...rows.meta, { key: 'recovery', value: { atMs: wallMs(), unsent } satisfies Recovery }]);
      // Two tabs may have given the same number; the order of making is what counts.
      const ordered = [...rows.outbox].sort((a, b) => a.order - b.order || a.madeAtMs - b.madeAtMs);
      await database.outbox.bulkPut(ordered.map((row, index) => ({ ...row, order: index + 1 })));
      await database.blobs.bulkPut([...rows.blobs]);
    });
  }

  /**
   * What the journal holds and the database does not was removed there since. Unless it is of this minute: another tab, which writes here
   * first, may be about to write it there; the next start sees which it was.
   */
  async function learn(database: CaseDatabase, before: Rows): Promise<void> {
    const meta = (await database.meta.toArray()).filter(({ key }) => KEPT_META.has(key));
    const outbox = await database.outbox.filter(isUnsent).toArray();
    const blobs = await database.blobs.filter(isOnlyHere).toArray();
    const gone = <T, K>(was: readonly T[], is: readonly T[], keyOf: (row: T) => K, madeAtMs: (row: T) => number) => {
      const keys = new Set(is.map(keyOf));
      return was.filter((row) => Math.abs(wallMs() - madeAtMs(row)) > UNDER_WAY_MS).map(keyOf).filter((key) => !keys.has(key));
    };
    await kept.transaction('rw', tables, async () => {
      await kept.meta.bulkDelete(gone(before.meta, meta, ({ key }) => key, () => Number.NEGATIVE_INFINITY));
      await kept.outbox.bulkDelete(gone(before.outbox, outbox, ({ changeId }) => changeId, ({ madeAtMs }) => madeAtMs));
      await kept.blobs.bulkDelete(gone(before.blobs, blobs, ({ key }) => key, ({ lastUsedMs }) => lastUsedMs));
      await kept.meta.bulkPut(meta);
      const known = new Map(before.outbox.map((row) => [row.changeId, row.stateAtMs]));
      await kept.outbox.bulkPut(outbox.filter((row) => known.get(row.changeId) !== row.stateAtMs));
      const knownBlobs = new Set(before.blobs.map(({ key, state }) => `${state} ${key}`));
      await kept.blobs.bulkPut(blobs.filter(({ key, state }) => !knownBlobs.has(`${state} ${key}`)));
    });
  }

  return translated(kept, {
    async put({ meta = [], outbox = [], blobs = [] }: Partial<Rows>): Promise<void> {
      await kept.transaction('rw', tables, async () => {
        await kept.meta.bulkPut([...meta]);
        await kept.outbox.bulkPut([...outbox]);
        await kept.blobs.bulkPut([...blobs]);
      });
    },
    async removeChanges(changeIds: readonly string[]): Promise<void> {
      await kept.outbox.bulkDelete([...changeIds]);
    },
    async removeBlobs(keys: readonly string[]): Promise<void> {
      await kept.blobs.bulkDelete([...keys]);
    },
    async clear(): Promise<void> {
      await kept.transaction('rw', tables, () => Promise.all(tables.map((table) => table.clear())).then(() => undefined));
    },
    async reconcile(database: CaseDatabase): Promise<void> {
      const rows = await kept.transaction('r', tables, async (): Promise<Rows> => ({ meta: await kept.meta.toArray(), outbox: await kept.outbox.toArray(), blobs: await kept.blobs.toArray() }));
      if (await database.meta.get('protection')) await learn(database, rows);
      else if (rows.meta.some(({ key }) => key === 'protection')) await restore(database, rows);
    },
    close: () => kept.close(),
  });
}
