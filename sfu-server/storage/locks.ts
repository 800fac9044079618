import { type Kysely, sql } from 'kysely';
import type { Schema } from './schema.ts';

/** Names of the database-wide locks; the numbers are arbitrary but fixed, and the same in every process. */
const LOCKS = { audit: 7_400_001, enrolment: 7_400_002, firstSetUp: 7_400_003 } as const;

/** Waits for a lock that all processes of the database share; given back at the end of the transaction `trx`. */
export async function takeLock(trx: Kysely<Schema>, name: keyof typeof LOCKS): Promise<void> {
  await sql`select pg_advisory_xact_lock(${LOCKS[name]})`.execute(trx);
}
