import type { ConsultId } from '#shared/domain/ids';
import type { Resource, Span, Taken } from '#shared/domain/scheduling';
import { AppError } from '#shared/protocol/errors';
import { sql, type Transaction } from 'kysely';
import { takeResourceLocks } from './locks.ts';
import type { Schema } from './schema.ts';
import { isExclusionViolation } from './sqlErrors.ts';

/** A resource kept for a session. */
export interface Hold {
  readonly consultId: ConsultId;
  readonly resource: Resource;
  readonly span: Span;
}

/** Rows in one insert: four parameters and more each, of the 65 535 a statement may have. */
const INSERT_ROWS = 500;
const NAMED = 50;

/**
 * Keeps all of them, or none. The locks come first so that the refusal can say what is taken; that no two bookings overlap is kept
 * by the table itself, whoever writes to it.
 * @throws AppError `schedule.conflict` naming what is taken and when, at most 50; the transaction must then be given up
 */
export async function holdResources(trx: Transaction<Schema>, holds: readonly Hold[]): Promise<void> {
  if (holds.length === 0) return;
  try {
    await takeResourceLocks(trx, holds.map(({ resource }) => `${resource.kind} ${resource.id}`));
    const taken = await overlapping(trx, holds);
    if (taken.length > 0) throw new AppError('schedule.conflict', `${taken.length} of what is needed is taken at that time`, { taken });
    for (let index = 0; index < holds.length; index += INSERT_ROWS) {
      const rows = holds.slice(index, index + INSERT_ROWS).map(({ consultId, resource, span }) => ({ consult_id: consultId, resource_kind: resource.kind, resource_id: resource.id, starts_at_ms: span.fromMs, ends_at_ms: span.untilMs }));
      await trx.insertInto('bookings').values(rows).execute();
    }
  } catch (error) {
    if (isExclusionViolation(error)) throw new AppError('schedule.conflict', 'something needed was taken in this moment', { cause: error });
    throw error;
  }
}

/** Gives back what is kept for a session; with `resource` only that. */
export async function releaseResources(trx: Transaction<Schema>, consultIds: readonly ConsultId[], resource: Resource | null = null): Promise<void> {
  if (consultIds.length === 0) return;
  let query = trx.deleteFrom('bookings').where('consult_id', 'in', consultIds);
  if (resource !== null) query = query.where('resource_kind', '=', resource.kind).where('resource_id', '=', resource.id);
  await query.execute();
}

async function overlapping(trx: Transaction<Schema>, holds: readonly Hold[]): Promise<Taken[]> {
  const column = (values: readonly (string | number)[], type: string) => sql`${[...values]}::${sql.raw(type)}[]`;
  const { rows } = await sql<{ resource_kind: Resource['kind']; resource_id: Resource['id']; starts_at_ms: number; ends_at_ms: number }>`
    select distinct bookings.resource_kind, bookings.resource_id, bookings.starts_at_ms, bookings.ends_at_ms
    from unnest(${column(holds.map(({ resource }) => resource.kind), 'text')}, ${column(holds.map(({ resource }) => resource.id), 'text')},
      ${column(holds.map(({ span }) => span.fromMs), 'bigint')}, ${column(holds.map(({ span }) => span.untilMs), 'bigint')}) as wanted (kind, id, from_ms, until_ms)
    join bookings on bookings.resource_kind = wanted.kind and bookings.resource_id = wanted.id and bookings.ends_at_ms > wanted.from_ms and bookings.starts_at_ms < wanted.until_ms
    order by bookings.starts_at_ms, bookings.resource_id limit ${NAMED}`.execute(trx);
  return rows.map((row) => ({ kind: row.resource_kind, id: row.resource_id, fromMs: row.starts_at_ms, untilMs: row.ends_at_ms }));
}
