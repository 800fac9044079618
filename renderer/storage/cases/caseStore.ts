import { type CaseItem, caseItemSchema, type CaseSummary } from '#shared/domain/caseFile';
import { type CaseId, caseIdSchema } from '#shared/domain/ids';
import type { Clock } from '#shared/lib/clock';
import type { ReceivedItem, ReceivedSummary } from '#shared/protocol/cases';
import { AppError } from '#shared/protocol/errors';
import { type CaseDatabase, type CaseRow, type ItemRow, translated } from './caseDatabase.ts';
import { type Cipher, nothingIfUnreadable } from './cipher.ts';
import type { Keyring } from './keyring.ts';
import { createSummaryShelves, isSame } from './summaryShelves.ts';

/** A case as this machine has it. */
export interface CachedCase {
  readonly summary: CaseSummary;
  /** All items are here up to this revision; 0: only the summary. */
  readonly revision: number;
  readonly asOfMs: number;
  readonly isPinned: boolean;
}

/** What was read of a case; `unreadable` names entries that are kept and could not be understood [OFF8]. */
export interface CachedItems {
  readonly items: readonly CaseItem[];
  readonly unreadable: readonly { readonly itemId: string; readonly error: AppError }[];
}

export interface CaseStoreOptions {
  readonly database: CaseDatabase;
  readonly cipher: Cipher;
  readonly keyring: Keyring;
  readonly clock: Clock;
}

export type CaseStore = ReturnType<typeof createCaseStore>;

/**
 * Summaries and items as the server gave them, sealed. Everything is sealed before a transaction opens and opened after it has
 * ended: an IndexedDB transaction ends by itself while anything else is awaited.
 */
export function createCaseStore({ database, cipher, keyring, clock }: CaseStoreOptions) {
  const itemPlace = (caseId: string, itemId: string) => `item ${caseId} ${itemId}`;
  const summaries = createSummaryShelves({ cipher, keyring });

  const toCached = (row: CaseRow, summary: CaseSummary): CachedCase => ({ summary, revision: row.revision, asOfMs: row.asOfMs, isPinned: row.isPinned === 1 });

  return translated(database, {
    /**
     * Keeps the server's list, as it came: also what a newer version says of a case stays, with its copy [OFF8]. Cases that are no longer in it are the reader's no more; their ids are given back, for their keys
     * and objects to go first. @returns ids that were kept and are not listed any more
     */
    async keepList(listed: readonly ReceivedSummary[], serverTimeMs: number): Promise<string[]> {
      await keyring.noteTime(serverTimeMs);
      const withKey = new Set(await database.keys.toCollection().primaryKeys());
      const alone = new Map(await Promise.all(listed.filter(({ id }) => withKey.has(id)).map(async (summary) => [summary.id, await summaries.sealOne(summary)] as const)));
      const shelves = await summaries.sealAll(listed.filter(({ id }) => !withKey.has(id)));
      return database.transaction('rw', database.cases, database.keys, database.shelves, async () => {
        const before = new Map((await database.cases.toArray()).map((row) => [row.id, row]));
        const keys = await database.keys.toArray();
        const fetched = new Set(keys.map(({ caseId }) => caseId));
        const rows = listed.map(({ id }): CaseRow => {
          const old = before.get(id);
          // Another tab may have begun to fetch it meanwhile: what that wrote is its own and newer.
          const sealed = alone.get(id) ?? (fetched.has(id) ? (old?.sealed ?? null) : null);
          // Of a case without a key nothing can be read, whatever is left of it: it is fetched from its beginning.
          return { id, revision: fetched.has(id) ? (old?.revision ?? 0) : 0, asOfMs: serverTimeMs, lastOpenedMs: old?.lastOpenedMs ?? 0, isPinned: old?.isPinned ?? 0, sizeBytes: old?.sizeBytes ?? 0, sealed };
        });
        await database.cases.bulkPut(rows);
        await database.shelves.clear();
        await database.shelves.bulkPut(shelves);
        const leases = new Map<string, number>(listed.map(({ id, leaseUntilMs }) => [id, leaseUntilMs]));
        // Few of many cases have a key here: each is looked at once, and not each case.
        const renewed = keys.flatMap((row) => {
          const leaseUntilMs = leases.get(row.caseId);
          return leaseUntilMs === undefined ? [] : [{ ...row, leaseUntilMs }];
        });
        await database.keys.bulkPut(renewed);
        return [...before.keys()].filter((id) => !leases.has(id));
      });
    },

    /** All summaries that can be opened. Those of a newer version, of another device key, or damaged, are counted and left alone. */
    async list(): Promise<{ readonly cases: readonly CachedCase[]; readonly unreadable: number }> {
      const { rows, shelves } = await database.transaction('r', database.cases, database.shelves, async () => ({ rows: await database.cases.toArray(), shelves: await database.shelves.toArray() }));
      const shelved = await summaries.openAll(shelves);
      const alone = new Map<string, CaseSummary>();
      await Promise.all(rows.map(({ id, sealed }) => sealed && summaries.openOne(id, sealed).then((summary) => void alone.set(id, summary), nothingIfUnreadable)));
      const cases: CachedCase[] = [];
      for (const row of rows) {
        const summary = (row.sealed ? alone : shelved).get(row.id);
        if (summary) cases.push(toCached(row, summary));
      }
      return { cases, unreadable: rows.length - cases.length };
    },

    /** One case, if something of it is here. @throws AppError `storage.corrupt`, `case.newerRecord` */
    async one(caseId: CaseId): Promise<CachedCase | null> {
      const row = await database.cases.get(caseId);
      return row?.sealed ? toCached(row, await summaries.openOne(caseId, row.sealed)) : null;
    },

    /**
     * Keeps a page of changes: items, summary and the revision reached in one transaction [OFF1]. Both are kept as they came, also
     * of a newer version: the program that follows this one reads them [OFF8].
     */
    async keepChanges(summary: ReceivedSummary, items: readonly ReceivedItem[], revision: number, serverTimeMs: number): Promise<void> {
      await keyring.noteTime(serverTimeMs);
      const key = await keyring.caseKey(summary.id, summary.leaseUntilMs);
      const rows = await Promise.all(items.map(async (item): Promise<ItemRow> => ({ caseId: summary.id, itemId: item.id, revision: item.revision, sealed: await cipher.sealJson(key, itemPlace(summary.id, item.id), item) })));
      const sealed = await summaries.sealOne(summary);
      await database.transaction('rw', database.cases, database.items, database.keys, database.outbox, async () => {
        // Meanwhile told to wipe or signed out: nothing may be written under a key that is gone.
        if (!(await database.keys.get(summary.id))) throw new AppError('case.leaseEnded', 'the key of this copy went while it was fetched');
        const old = await database.cases.get(summary.id);
        if (old && old.revision > revision) return; // another tab was faster
        const replaced = await database.items.bulkGet(rows.map((row) => [row.caseId, row.itemId]));
        const grown = rows.reduce((sum, row, index) => sum + row.sealed.byteLength - (replaced[index]?.sealed.byteLength ?? 0), 0);
        await database.items.bulkPut(rows);
        await database.cases.put({ id: summary.id, revision, asOfMs: serverTimeMs, lastOpenedMs: old?.lastOpenedMs ?? 0, isPinned: old?.isPinned ?? 0, sizeBytes: (old?.sizeBytes ?? 0) + grown, sealed });
      });
    },

    /** Every item of a case that can be read, with the names of those that cannot. */
    async items(caseId: CaseId): Promise<CachedItems> {
      const key = await keyring.caseKey(caseId, null);
      const rows = await database.items.where('caseId').equals(caseId).toArray();
      const unreadable: { itemId: string; error: AppError }[] = [];
      const opened = await Promise.all(
        rows.map(async (row) => {
          try {
            const parsed = caseItemSchema.safeParse(await cipher.openJson(key, itemPlace(caseId, row.itemId), row.sealed));
            if (parsed.success) return parsed.data as CaseItem; // the schema pairs kind and body
            throw new AppError('case.newerRecord', `${row.itemId} does not fit this version`);
          } catch (error) {
            unreadable.push({ itemId: row.itemId, error: error instanceof AppError ? error : new AppError('storage.corrupt', 'an entry could not be opened', { cause: error }) });
            return null;
          }
        }),
      );
      await database.cases.update(caseId, { lastOpenedMs: clock.wallMs() });
      return { items: opened.filter((item) => item !== null), unreadable };
    },

    async setPinned(caseId: CaseId, isPinned: boolean): Promise<void> {
      await database.cases.update(caseId, { isPinned: isPinned ? 1 : 0 });
    },

    /** Revisions of all cases of which items are here. */
    async revisions(): Promise<ReadonlyMap<CaseId, number>> {
      const rows = await database.cases.toArray();
      return new Map(rows.filter((row) => row.revision > 0).map((row) => [caseIdSchema.parse(row.id), row.revision]));
    },

    /** As in `revisions`, of one case: among ten thousand the others are not looked at. 0: no items are here. */
    async revisionOf(caseId: CaseId): Promise<number> {
      return (await database.cases.get(caseId))?.revision ?? 0;
    },

    /** Removes what is left of cases whose keys are gone; what is unsent of them stays in the outbox, unreadable and counted. */
    async remove(caseIds: readonly string[]): Promise<void> {
      if (caseIds.length === 0) return;
      const changed = await summaries.without(await database.shelves.toArray(), new Set(caseIds));
      await database.transaction('rw', database.cases, database.items, database.shelves, database.series, async () => {
        for (const { before, after } of changed) {
          const now = await database.shelves.get(before.number);
          if (now && isSame(now.sealed, before.sealed)) await database.shelves.put(after); // else a newer list has replaced it
        }
        await database.cases.bulkDelete([...caseIds]);
        await database.items.where('caseId').anyOf([...caseIds]).delete();
        await database.series.where('caseId').anyOf([...caseIds]).delete();
      });
    },

    /** Everything, the outbox too: for a machine that was wiped. */
    async removeAll(): Promise<void> {
      await database.transaction('rw', database.cases, database.items, database.outbox, database.shelves, database.series, async () => {
        await Promise.all([database.series.clear(), database.cases.clear(), database.shelves.clear(), database.items.clear(), database.outbox.clear()]);
      });
    },
  });
}
