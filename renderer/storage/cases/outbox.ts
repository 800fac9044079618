import { z } from 'zod';
import { type CaseId, caseIdSchema } from '#shared/domain/ids';
import { type Party, partySchema } from '#shared/domain/people';
import type { Clock } from '#shared/lib/clock';
import { type CaseChange, type CaseReceipt, caseChangeSchema, caseReceiptSchema } from '#shared/protocol/cases';
import { AppError } from '#shared/protocol/errors';
import { type CaseDatabase, isUnsent, type OutboxRow, type OutboxState, translated } from './caseDatabase.ts';
import { type Cipher, nothingIfUnreadable } from './cipher.ts';
import type { Journal } from './journal.ts';
import type { Keyring } from './keyring.ts';

/** One change with where it is. */
export interface OutboxEntry {
  readonly order: number;
  readonly change: CaseChange;
  /** Who wrote it; only they send it, and decide about it [OFF10]. */
  readonly author: Party;
  readonly state: OutboxState;
  readonly attempts: number;
  readonly stateAtMs: number;
  /** `conflict` and `refused`: the server's word. */
  readonly receipt: CaseReceipt | null;
  /** `held`: the case's revision with it. */
  readonly revision: number | null;
  /** Keyed names of attachments that go first. */
  readonly needs: readonly string[];
}

/** How long a held change is shown as a receipt. */
const RECEIPTS_KEPT_MS = 7 * 86_400_000;
/** How much may wait; more is refused with `storage.full` by the caller's check of `count`. */
export const MAX_UNSENT = 5000;

const sealedSchema = z.object({ change: caseChangeSchema, author: partySchema, receipt: caseReceiptSchema.nullable() });

export type Outbox = ReturnType<typeof createOutbox>;

/**
 * What this machine has to say to the server, durably, in the order in which it was said. Sealed with the device's key and not the
 * case's: a lease that ends takes away what was read, and not what was written and is still to be sent.
 */
export function createOutbox({ database, journal, cipher, keyring, clock }: { database: CaseDatabase; journal: Journal; cipher: Cipher; keyring: Keyring; clock: Clock }) {
  const place = (changeId: string) => `outbox ${changeId}`;
  const authorName = (partyId: string) => keyring.nameOf(`author ${partyId}`);

  async function open(row: OutboxRow): Promise<OutboxEntry> {
    const parsed = sealedSchema.safeParse(await cipher.openJson(keyring.deviceKey, place(row.changeId), row.sealed));
    if (!parsed.success) throw new AppError('case.newerRecord', `change ${row.changeId} does not fit this version`);
    const { change, author, receipt } = parsed.data;
    const { order, state, attempts, stateAtMs, revision, needs } = row;
    return { order, change, author, state, attempts, stateAtMs, receipt, revision, needs };
  }

  /** Entries that open, and how many do not: damaged, or of a newer version. One such must not hold up or hide the others. */
  async function openAll(rows: readonly OutboxRow[]): Promise<{ readonly entries: OutboxEntry[]; readonly unreadable: number }> {
    const opened = await Promise.all(rows.map((row) => open(row).catch(nothingIfUnreadable)));
    const entries = opened.filter((entry) => entry !== null);
    return { entries, unreadable: rows.length - entries.length };
  }

  return translated(database, {
    /** Resolves when the change is on the disk [OFF2]. The same id twice is one change. */
    async add(change: CaseChange, needs: readonly string[], author: Party): Promise<void> {
      const sealed = await cipher.sealJson(keyring.deviceKey, place(change.id), { change, author, receipt: null });
      const nowMs = clock.wallMs();
      const itemId = await keyring.nameOf(`item ${change.caseId} ${change.operation.itemId}`);
      const by = await authorName(author.id);
      const isThere = async () => (await database.outbox.where('changeId').equals(change.id).count()) > 0;
      const atEnd = async (): Promise<OutboxRow> => {
        const last = await database.outbox.orderBy('order').last();
        return { order: (last?.order ?? 0) + 1, changeId: change.id, caseId: change.caseId, itemId, by, state: 'waiting', attempts: 0, madeAtMs: change.madeAtMs, stateAtMs: nowMs, revision: null, needs, sealed };
      };
      if (await isThere()) return;
      await journal.put({ outbox: [await atEnd()] });
      await database.transaction('rw', database.outbox, async () => {
        if (!(await isThere())) await database.outbox.add(await atEnd());
      });
    },

    /** All of a case, in order. */
    async ofCase(caseId: CaseId): Promise<OutboxEntry[]> {
      const rows = await database.outbox.where('[caseId+order]').between([caseId, 0], [caseId, Number.MAX_SAFE_INTEGER]).toArray();
      return (await openAll(rows)).entries;
    },

    async all(): Promise<{ readonly entries: readonly OutboxEntry[]; readonly unreadable: number }> {
      return openAll(await database.outbox.orderBy('order').toArray());
    },

    /** Cases with something of that party's waiting. */
    async casesWaiting(partyId: string): Promise<CaseId[]> {
      const name = await authorName(partyId);
      const rows = await database.outbox.filter((row) => row.state === 'waiting' && row.by === name).toArray();
      return [...new Set(rows.map((row) => row.caseId))].map((id) => caseIdSchema.parse(id));
    },

    /** How many are not held, by case, whoever wrote them, without opening any. */
    async unsentByCase(): Promise<ReadonlyMap<string, number>> {
      const counts = new Map<string, number>();
      await database.outbox.filter(isUnsent).each((row) => void counts.set(row.caseId, (counts.get(row.caseId) ?? 0) + 1));
      return counts;
    },

    async noteAttempt(orders: readonly number[]): Promise<void> {
      await database.transaction('rw', database.outbox, async () => {
        const rows = await database.outbox.where('order').anyOf([...orders]).toArray();
        await database.outbox.bulkPut(rows.map((row) => ({ ...row, attempts: row.attempts + 1 })));
      });
    },

    /** The server's words; those of changes that are not here any more are ignored. */
    async keepReceipts(entries: readonly OutboxEntry[], receipts: readonly CaseReceipt[]): Promise<void> {
      const byId = new Map(entries.map((entry) => [entry.change.id, entry]));
      const nowMs = clock.wallMs();
      const changes = await Promise.all(
        receipts.map(async (receipt) => {
          const entry = byId.get(receipt.changeId);
          if (!entry) return null;
          return { order: entry.order, change: { state: receipt.status, stateAtMs: nowMs, revision: receipt.status === 'held' ? receipt.revision : null, sealed: await cipher.sealJson(keyring.deviceKey, place(receipt.changeId), { change: entry.change, author: entry.author, receipt }) } };
        }),
      );
      await database.transaction('rw', database.outbox, async () => {
        for (const one of changes) if (one) await database.outbox.update(one.order, one.change);
      });
      const now = await database.outbox.where('changeId').anyOf(receipts.map(({ changeId }) => changeId)).toArray();
      await journal.put({ outbox: now.filter(isUnsent) });
      await journal.removeChanges(receipts.filter(({ status }) => status === 'held').map(({ changeId }) => changeId));
    },

    /** Its author has decided: the change goes, and `instead`, if any, takes its place at the end. */
    async resolve({ change, author }: Pick<OutboxEntry, 'change' | 'author'>, instead: CaseChange | null): Promise<void> {
      if (instead) await this.add(instead, [], author);
      await journal.removeChanges([change.id]);
      await database.outbox.where('changeId').equals(change.id).delete();
    },

    /** Old receipts. */
    async prune(): Promise<void> {
      const beforeMs = clock.wallMs() - RECEIPTS_KEPT_MS;
      await database.outbox.filter((row) => row.state === 'held' && row.stateAtMs < beforeMs).delete();
    },
  });
}
