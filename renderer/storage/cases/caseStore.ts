import { type CaseItem, caseItemSchema, type CaseSummary, caseSummarySchema } from '#shared/domain/caseFile';
import { type CaseId, caseIdSchema } from '#shared/domain/ids';
import type { Clock } from '#shared/lib/clock';
import type { ReceivedItem } from '#shared/protocol/cases';
import { AppError } from '#shared/protocol/errors';
import { type CaseDatabase, type CaseRow, fullOr, type ItemRow, type Sealed } from './caseDatabase.ts';
import type { Cipher } from './cipher.ts';
import type { Keyring } from './keyring.ts';

/** A case as this machine has it. */
export interface CachedCase {
  readonly summary: CaseSummary;
  /** All items are here up to this revision; 0: only the summary. */
  readonly revision: number;
  readonly asOfMs: number;
  readonly isPinned: boolean;
  readonly sizeBytes: number;
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
  const summaryPlace = (caseId: string) => `summary ${caseId}`;
  const itemPlace = (caseId: string, itemId: string) => `item ${caseId} ${itemId}`;

  /**
   * Summaries that were opened already, by the key that opened them, and gone with it [KEY5]: a list of ten thousand is drawn again
   * after each change of one. A row is unchanged when its sealed bytes are.
   */
  const openedBy = new WeakMap<CryptoKey, Map<string, { readonly sealed: Sealed; readonly summary: CaseSummary }>>();

  async function summaryOf({ id, sealed }: CaseRow): Promise<CaseSummary> {
    const key = keyring.deviceKey;
    const opened = openedBy.get(key) ?? new Map<string, { readonly sealed: Sealed; readonly summary: CaseSummary }>();
    openedBy.set(key, opened);
    const before = opened.get(id);
    if (before && isSame(before.sealed, sealed)) return before.summary;
    const parsed = caseSummarySchema.safeParse(await cipher.openJson(key, summaryPlace(id), sealed));
    if (!parsed.success) throw new AppError('case.newerRecord', 'a kept summary does not fit this version');
    opened.set(id, { sealed, summary: parsed.data });
    return parsed.data;
  }

  async function toCached(row: CaseRow): Promise<CachedCase> {
    return { summary: await summaryOf(row), revision: row.revision, asOfMs: row.asOfMs, isPinned: row.isPinned === 1, sizeBytes: row.sizeBytes };
  }

  return {
    /**
     * Keeps the server's list. Cases that are no longer in it are the reader's no more; their ids are given back, for their keys
     * and objects to go first. @returns ids that were kept and are not listed any more
     */
    async keepList(summaries: readonly CaseSummary[], serverTimeMs: number): Promise<string[]> {
      await keyring.noteTime(serverTimeMs);
      const sealed = await Promise.all(summaries.map((summary) => cipher.sealJson(keyring.deviceKey, summaryPlace(summary.id), summary)));
      return database.transaction('rw', database.cases, database.keys, async () => {
        const before = new Map((await database.cases.toArray()).map((row) => [row.id, row]));
        const rows = summaries.map((summary, index): CaseRow => {
          const old = before.get(summary.id);
          const bytes = sealed[index] ?? new Uint8Array();
          return { id: summary.id, revision: old?.revision ?? 0, asOfMs: serverTimeMs, lastOpenedMs: old?.lastOpenedMs ?? 0, isPinned: old?.isPinned ?? 0, sizeBytes: old?.sizeBytes ?? bytes.byteLength, sealed: bytes };
        });
        await database.cases.bulkPut(rows);
        const leases = new Map<string, number>(summaries.map(({ id, leaseUntilMs }) => [id, leaseUntilMs]));
        // Few of many cases have a key here: each is looked at once, and not each case.
        const renewed = (await database.keys.toArray()).flatMap((row) => {
          const leaseUntilMs = leases.get(row.caseId);
          return leaseUntilMs === undefined ? [] : [{ ...row, leaseUntilMs }];
        });
        await database.keys.bulkPut(renewed);
        const listed = new Set<string>(summaries.map(({ id }) => id));
        return [...before.keys()].filter((id) => !listed.has(id));
      });
    },

    /** All summaries that can be opened. Those of another device key, or damaged, are counted and left alone. */
    async list(): Promise<{ readonly cases: readonly CachedCase[]; readonly unreadable: number }> {
      const rows = await database.cases.toArray();
      const opened = await Promise.all(rows.map((row) => toCached(row).catch(() => null)));
      const cases = opened.filter((one) => one !== null);
      return { cases, unreadable: rows.length - cases.length };
    },

    async one(caseId: CaseId): Promise<CachedCase | null> {
      const row = await database.cases.get(caseId);
      return row ? toCached(row) : null;
    },

    /**
     * Keeps a page of changes: items, summary and the revision reached in one transaction [OFF1]. Items are kept as they came, also
     * those of a newer version: the program that follows this one reads them [OFF8].
     */
    async keepChanges(summary: CaseSummary, items: readonly ReceivedItem[], revision: number, serverTimeMs: number): Promise<void> {
      await keyring.noteTime(serverTimeMs);
      const key = await keyring.caseKey(summary.id, summary.leaseUntilMs);
      const rows = await Promise.all(items.map(async (item): Promise<ItemRow> => ({ caseId: summary.id, itemId: item.id, revision: item.revision, sealed: await cipher.sealJson(key, itemPlace(summary.id, item.id), item) })));
      const sealed = await cipher.sealJson(keyring.deviceKey, summaryPlace(summary.id), summary);
      await database.transaction('rw', database.cases, database.items, database.keys, database.outbox, async () => {
        // Meanwhile told to wipe or signed out: nothing may be written under a key that is gone.
        if (!(await database.keys.get(summary.id))) throw new AppError('case.leaseEnded', 'the key of this copy went while it was fetched');
        const old = await database.cases.get(summary.id);
        if (old && old.revision > revision) return; // another tab was faster
        const replaced = await database.items.bulkGet(rows.map((row) => [row.caseId, row.itemId]));
        const grown = rows.reduce((sum, row, index) => sum + row.sealed.byteLength - (replaced[index]?.sealed.byteLength ?? 0), 0);
        await database.items.bulkPut(rows);
        await database.cases.put({ id: summary.id, revision, asOfMs: serverTimeMs, lastOpenedMs: old?.lastOpenedMs ?? 0, isPinned: old?.isPinned ?? 0, sizeBytes: (old?.sizeBytes ?? 0) + grown, sealed });
      }).catch(fullOr);
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

    /** Removes what is left of cases whose keys are gone; what is unsent of them stays in the outbox, unreadable and counted. */
    async remove(caseIds: readonly string[]): Promise<void> {
      await database.transaction('rw', database.cases, database.items, async () => {
        await database.cases.bulkDelete([...caseIds]);
        await database.items.where('caseId').anyOf([...caseIds]).delete();
      });
    },

    /** Everything, the outbox too: for a machine that was wiped. */
    async removeAll(): Promise<void> {
      await database.transaction('rw', database.cases, database.items, database.outbox, async () => {
        await Promise.all([database.cases.clear(), database.items.clear(), database.outbox.clear()]);
      });
    },

    /** Back to the summary only: the items are fetched again when wanted. */
    async forgetItems(caseId: CaseId): Promise<void> {
      await database.transaction('rw', database.cases, database.items, async () => {
        await database.items.where('caseId').equals(caseId).delete();
        const row = await database.cases.get(caseId);
        if (row) await database.cases.put({ ...row, revision: 0, sizeBytes: row.sealed.byteLength });
      });
    },

  };
}

/** To the last byte: a damaged row has to be seen as such. */
function isSame(a: Sealed, b: Sealed): boolean {
  return a.byteLength === b.byteLength && a.every((byte, index) => byte === b[index]);
}
