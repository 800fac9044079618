import { type Kysely, sql } from 'kysely';

/** The desk's index in the order in which a desk is read: the most urgent first, and among those the longest in their state. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

const STATEMENTS: readonly string[] = ['drop index consult_requests_desk', 'create index consult_requests_desk on consult_requests (centre_id, state, urgency_rank, state_since_ms, id)'];
