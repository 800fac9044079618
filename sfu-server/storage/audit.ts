import type { OrganisationId } from '#shared/domain/ids';
import type { Party } from '#shared/domain/people';
import type { Clock } from '#shared/lib/clock';
import type { AuditEntry } from '#shared/protocol/admin';
import { AppError, type ErrorCode } from '#shared/protocol/errors';
import type { Kysely, Transaction } from 'kysely';
import { chainHash, FIRST_HASH } from './auditChain.ts';
import { takeLock } from './locks.ts';
import { subtreeIds } from './organisations.ts';
import type { Schema } from './schema.ts';

/** Something that was done or refused. Ids only: never a name, never what somebody typed. */
export interface AuditEvent {
  readonly actorKind: AuditEntry['actorKind'];
  readonly actorId: string | null;
  /** Whose auditors may read it, with those above; null: only the auditors of an organisation without a parent. */
  readonly organisationId: OrganisationId | null;
  /** Mostly a request's name. */
  readonly action: string;
  /** The id of what it was done to. */
  readonly subject: string | null;
  readonly outcome: AuditEntry['outcome'];
  /** Why it was refused. */
  readonly code: ErrorCode | null;
}

/** An event, and when it was; Unix epoch ms of the server's civil clock. */
export interface TimedEvent {
  readonly event: AuditEvent;
  readonly atMs: number;
}

/** The actor's part of an event. */
export type AuditActor = Pick<AuditEvent, 'actorKind' | 'actorId' | 'organisationId'>;

/** A person or a cart as the actor of an event. */
export function auditActor(party: Party): AuditActor {
  return { actorKind: party.kind, actorId: party.id, organisationId: party.organisationId };
}

export interface AuditPage {
  /** Only entries before this sequence; null: from the newest. */
  readonly beforeSequence: number | null;
  readonly limit: number;
  readonly outcome: AuditEntry['outcome'] | null;
}

/** `brokenAt`: the first sequence that does not follow from the one before it. */
export type ChainVerdict =
  | { readonly type: 'whole'; readonly entries: number; readonly headHash: string }
  | { readonly type: 'broken'; readonly brokenAt: number };

/** What lives without the log is nothing: callers that only record hold this. */
export interface AuditWriter {
  append(event: AuditEvent): Promise<void>;
}

interface Waiting extends TimedEvent {
  resolve(): void;
  reject(error: unknown): void;
}

/** How many events are kept in one transaction, and how many may wait. */
const BATCH = 200;
const WAITING_LIMIT = 20_000;
const VERIFY_PAGE = 1000;

/**
 * The append-only, hash-chained log. One writer at a time: in this process by its own queue, which writes what has gathered in
 * one transaction, and between processes by a database lock. The chain shows a changed, removed or inserted row; that the tail
 * was cut off shows only against a head hash kept elsewhere (`verifyChain` gives it).
 */
export class Audit implements AuditWriter {
  readonly #db: Kysely<Schema>;
  readonly #clock: Clock;
  #waiting: Waiting[] = [];
  #writing: Promise<void> | null = null;
  #isClosed = false;

  constructor(db: Kysely<Schema>, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
  }

  /** Resolves when the event is kept. @throws AppError `storage.full` when too many wait, `server.stopping` after `close` */
  append(event: AuditEvent): Promise<void> {
    if (this.#isClosed) return Promise.reject(new AppError('server.stopping', 'the audit log is closed'));
    if (this.#waiting.length >= WAITING_LIMIT) return Promise.reject(new AppError('storage.full', 'too many audit events wait to be written'));
    const kept = new Promise<void>((resolve, reject) => {
      this.#waiting.push({ event, atMs: this.#clock.wallMs(), resolve, reject });
    });
    this.#writing ??= this.#writeAll();
    return kept;
  }

  /** The newest first. Without `readerOrganisationId` (null) everything, else what concerns that organisation and those below. */
  async list(page: AuditPage, readerOrganisationId: OrganisationId | null): Promise<AuditEntry[]> {
    let query = this.#db.selectFrom('audit').selectAll();
    if (page.beforeSequence !== null) query = query.where('sequence', '<', page.beforeSequence);
    if (page.outcome !== null) query = query.where('outcome', '=', page.outcome);
    if (readerOrganisationId !== null) query = query.where('organisation_id', 'in', subtreeIds(readerOrganisationId));
    const rows = await query.orderBy('sequence', 'desc').limit(page.limit).execute();
    return rows.map((row) => ({
      sequence: row.sequence, atMs: row.at_ms, actorKind: row.actor_kind, actorId: row.actor_id,
      action: row.action, subject: row.subject, outcome: row.outcome, code: row.code,
    }));
  }

  /** Walks the whole chain, a page at a time. */
  async verifyChain(): Promise<ChainVerdict> {
    let previous = { sequence: 0, hash: FIRST_HASH };
    for (;;) {
      const rows = await this.#db.selectFrom('audit').selectAll().where('sequence', '>', previous.sequence).orderBy('sequence').limit(VERIFY_PAGE).execute();
      for (const row of rows) {
        const { hash, previous_hash: previousHash, ...record } = row;
        const follows = row.sequence === previous.sequence + 1 && previousHash === previous.hash && hash === chainHash(previousHash, record);
        if (!follows) return { type: 'broken', brokenAt: previous.sequence + 1 };
        previous = { sequence: row.sequence, hash };
      }
      if (rows.length < VERIFY_PAGE) return { type: 'whole', entries: previous.sequence, headHash: previous.hash };
    }
  }

  /** Takes no more, and resolves when everything taken is kept. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#writing;
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, BATCH);
      try {
        await this.#write(batch);
        for (const one of batch) one.resolve();
      } catch (error) {
        for (const one of batch) one.reject(error);
      }
    }
    this.#writing = null;
  }

  async #write(batch: readonly Waiting[]): Promise<void> {
    await this.#db.transaction().execute((trx) => writeAudit(trx, batch));
  }
}

/** Adds events to the chain within a transaction, so that what was done and its record are kept together or not at all. */
export async function writeAudit(trx: Transaction<Schema>, events: readonly TimedEvent[]): Promise<void> {
  if (events.length === 0) return;
  await takeLock(trx, 'audit');
  const last = await trx.selectFrom('audit').select(['sequence', 'hash']).orderBy('sequence', 'desc').limit(1).executeTakeFirst();
  let sequence = last?.sequence ?? 0;
  let previousHash = last?.hash ?? FIRST_HASH;
  const rows = events.map(({ event, atMs }) => {
    sequence += 1;
    const record = {
      sequence, at_ms: atMs, actor_kind: event.actorKind, actor_id: event.actorId, organisation_id: event.organisationId,
      action: event.action, subject: event.subject, outcome: event.outcome, code: event.code,
    };
    const row = { ...record, previous_hash: previousHash, hash: chainHash(previousHash, record) };
    previousHash = row.hash;
    return row;
  });
  await trx.insertInto('audit').values(rows).execute();
}
