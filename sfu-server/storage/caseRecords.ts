import { type CaseItem, type CaseItemContent, caseItemContentSchema, caseItemSchema } from '#shared/domain/caseFile';
import type { CaseChangeId, CaseId, CaseItemId } from '#shared/domain/ids';
import { type Party, partySchema } from '#shared/domain/people';
import type { Clock } from '#shared/lib/clock';
import { type CaseReceipt, caseReceiptSchema } from '#shared/protocol/cases';
import { AppError } from '#shared/protocol/errors';
import { type Kysely, type Selectable, sql, type Transaction } from 'kysely';
import { type AuditEvent, writeAudit } from './audit.ts';
import { beginCase, type NewCase } from './caseStart.ts';
import type { Schema } from './schema.ts';

/** An item as it is kept. `textState`: the whole state of a note's Yjs document. */
export type StoredItem = Omit<CaseItem, 'text'> & { readonly textState: Uint8Array | null };

/** A change that was answered. `revision` null: not held. */
export interface AnsweredChange {
  readonly id: CaseChangeId;
  /** SHA-256, hex, of the whole change. */
  readonly digest: string;
  readonly receipt: CaseReceipt;
  readonly revision: number | null;
  readonly itemId: CaseItemId;
  /** Names of the fields that were set. */
  readonly fields: readonly string[];
  readonly author: Party;
  /** By the writer's clock. */
  readonly madeAtMs: number;
  /** By the server's civil clock. */
  readonly atMs: number;
}

/** What may be done to one case while its row is locked: nobody else writes to it, in any process. */
export interface CaseWork {
  /** The case's present revision; `putItem` raises it. */
  readonly revision: number;
  readonly itemCount: number;
  answered(id: CaseChangeId): Promise<{ readonly digest: string; readonly receipt: CaseReceipt } | null>;
  item(id: CaseItemId): Promise<StoredItem | null>;
  /** The held changes of an item after that revision, the oldest first. */
  changesOf(id: CaseItemId, sinceRevision: number): Promise<readonly { readonly revision: number; readonly fields: readonly string[]; readonly author: Party; readonly atMs: number }[]>;
  /** Whether the content of that hash and size is held for this case. */
  isHeld(hash: string, sizeBytes: number): Promise<boolean>;
  /** Writes an item at the case's next revision, which has to be the item's. */
  putItem(item: StoredItem): Promise<void>;
  keepAnswer(answered: AnsweredChange): Promise<void>;
  /** Kept in the same transaction. */
  audit(event: AuditEvent): void;
}

/** A page of items and the case's revision at that moment. */
export interface ItemPage {
  readonly items: readonly StoredItem[];
  readonly caseRevision: number;
  readonly hasMore: boolean;
}

export type CaseRecords = ReturnType<typeof createCaseRecords>;

/** The items of cases and the changes to them. */
export function createCaseRecords(db: Kysely<Schema>, clock: Clock) {
  return {
    /** Begins a case that belongs to no consult yet. @throws AppError `record.conflict` when there is one of that id */
    async begin(begun: NewCase): Promise<void> {
      const isNew = await db.transaction().execute((trx) => beginCase(trx, begun));
      if (!isNew) throw new AppError('record.conflict', 'there is a case of that id');
    },

    /**
     * Does the work with the case locked, in one transaction: when the promise resolves everything of it is durable, and when it
     * rejects nothing of it was done.
     * @throws AppError `record.notFound` when there is no such case
     */
    async inCase<T>(caseId: CaseId, work: (work: CaseWork) => Promise<T>): Promise<T> {
      return db.transaction().execute(async (trx) => {
        const row = await trx.selectFrom('cases').select(['revision', 'item_count']).where('id', '=', caseId).forUpdate().executeTakeFirst();
        if (row === undefined) throw new AppError('record.notFound', 'no such case');
        const locked = new LockedCase(trx, caseId, row.revision, row.item_count);
        const result = await work(locked);
        await locked.finish(row.revision, clock.wallMs());
        await writeAudit(trx, locked.events.map((event) => ({ event, atMs: clock.wallMs() })));
        return result;
      });
    },

    /** Whether a change of that id was answered. */
    async isAnswered(caseId: CaseId, id: CaseChangeId): Promise<boolean> {
      return (await db.selectFrom('case_changes').select('id').where('case_id', '=', caseId).where('id', '=', id).executeTakeFirst()) !== undefined;
    },

    /** Items changed after a revision, in the order of revisions, from one moment; fewer than `limit` when they hold more than `maxBytes`. */
    async itemsSince(caseId: CaseId, sinceRevision: number, limit: number, maxBytes: number): Promise<ItemPage> {
      return db
        .transaction()
        .setIsolationLevel('repeatable read')
        .execute(async (trx) => {
          const found = await trx.selectFrom('cases').select('revision').where('id', '=', caseId).executeTakeFirst();
          if (found === undefined) throw new AppError('record.notFound', 'no such case');
          const sizes = await trx
            .selectFrom('case_items')
            .select(['revision', sql<number>`octet_length(body::text) + coalesce(octet_length(text_state), 0)`.as('bytes')])
            .where('case_id', '=', caseId)
            .where('revision', '>', sinceRevision)
            .orderBy('revision')
            .limit(limit + 1)
            .execute();
          let bytes = 0;
          const taken = sizes.slice(0, limit).filter((row, index) => {
            bytes += row.bytes;
            return index === 0 || bytes <= maxBytes;
          });
          const last = taken.at(-1);
          if (last === undefined) return { items: [], caseRevision: found.revision, hasMore: false };
          const rows = await trx.selectFrom('case_items').selectAll().where('case_id', '=', caseId).where('revision', '>', sinceRevision).where('revision', '<=', last.revision).orderBy('revision').execute();
          return { items: rows.map(toItem), caseRevision: found.revision, hasMore: sizes.length > taken.length };
        });
    },
  };
}

class LockedCase implements CaseWork {
  readonly #trx: Transaction<Schema>;
  readonly #caseId: CaseId;
  readonly events: AuditEvent[] = [];
  revision: number;
  itemCount: number;

  constructor(trx: Transaction<Schema>, caseId: CaseId, revision: number, itemCount: number) {
    this.#trx = trx;
    this.#caseId = caseId;
    this.revision = revision;
    this.itemCount = itemCount;
  }

  async answered(id: CaseChangeId): Promise<{ readonly digest: string; readonly receipt: CaseReceipt } | null> {
    const row = await this.#trx.selectFrom('case_changes').select(['digest', 'receipt']).where('case_id', '=', this.#caseId).where('id', '=', id).executeTakeFirst();
    return row === undefined ? null : { digest: row.digest, receipt: caseReceiptSchema.parse(row.receipt) };
  }

  async item(id: CaseItemId): Promise<StoredItem | null> {
    const row = await this.#trx.selectFrom('case_items').selectAll().where('case_id', '=', this.#caseId).where('id', '=', id).executeTakeFirst();
    return row === undefined ? null : toItem(row);
  }

  async changesOf(id: CaseItemId, sinceRevision: number) {
    const rows = await this.#trx
      .selectFrom('case_changes')
      .select(['revision', 'fields', 'author', 'at_ms'])
      .where('case_id', '=', this.#caseId)
      .where('item_id', '=', id)
      .where('revision', '>', sinceRevision)
      .orderBy('revision')
      .execute();
    return rows.flatMap((row) => (row.revision === null ? [] : [{ revision: row.revision, fields: row.fields, author: partySchema.parse(row.author), atMs: row.at_ms }]));
  }

  async isHeld(hash: string, sizeBytes: number): Promise<boolean> {
    const row = await this.#trx
      .selectFrom('attachments')
      .select('hash')
      .where('case_id', '=', this.#caseId)
      .where('hash', '=', hash)
      .where('size_bytes', '=', sizeBytes)
      .where('held_at_ms', 'is not', null)
      .executeTakeFirst();
    return row !== undefined;
  }

  async putItem(item: StoredItem): Promise<void> {
    if (item.revision !== this.revision + 1) throw new Error('an item goes to the next revision of its case');
    this.revision = item.revision;
    const { content } = item;
    const changing = {
      revision: item.revision, body: JSON.stringify(content.body), field_revisions: JSON.stringify(item.fieldRevisions), text_state: item.textState,
      changed_at_ms: item.changedAtMs, retraction: item.retraction === null ? null : JSON.stringify(item.retraction),
    };
    const updated = await this.#trx.updateTable('case_items').set(changing).where('case_id', '=', this.#caseId).where('id', '=', item.id).returning('id').executeTakeFirst();
    if (updated !== undefined) return;
    this.itemCount += 1;
    await this.#trx
      .insertInto('case_items')
      .values({ ...changing, case_id: this.#caseId, id: item.id, kind: content.kind, author: JSON.stringify(item.author), created_at_ms: item.createdAtMs })
      .execute();
  }

  async keepAnswer(answered: AnsweredChange): Promise<void> {
    await this.#trx
      .insertInto('case_changes')
      .values({
        case_id: this.#caseId, id: answered.id, digest: answered.digest, receipt: JSON.stringify(answered.receipt), revision: answered.revision, item_id: answered.itemId,
        fields: JSON.stringify(answered.fields), author: JSON.stringify(answered.author), made_at_ms: answered.madeAtMs, at_ms: answered.atMs,
      })
      .execute();
  }

  audit(event: AuditEvent): void {
    this.events.push(event);
  }

  async finish(firstRevision: number, nowMs: number): Promise<void> {
    if (this.revision === firstRevision) return;
    await this.#trx.updateTable('cases').set({ revision: this.revision, item_count: this.itemCount, changed_at_ms: nowMs }).where('id', '=', this.#caseId).execute();
  }
}

/** An item as its row has it. */
export function toItem(row: Selectable<Schema['case_items']>): StoredItem {
  // One option for each kind, and each pairs its kind with its body.
  const content = caseItemContentSchema.parse({ kind: row.kind, body: row.body }) as CaseItemContent;
  return {
    id: row.id,
    revision: row.revision,
    content,
    fieldRevisions: row.field_revisions,
    textState: row.text_state === null ? null : new Uint8Array(row.text_state),
    author: partySchema.parse(row.author),
    createdAtMs: row.created_at_ms,
    changedAtMs: row.changed_at_ms,
    retraction: caseItemSchema.shape.retraction.parse(row.retraction),
  };
}
