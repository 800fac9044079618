import { type Kysely, sql } from 'kysely';
import type { Schema } from './schema.ts';

/** Names of the database-wide locks; the numbers are arbitrary but fixed, and the same in every process. */
const LOCKS = { audit: 7_400_001, enrolment: 7_400_002, firstSetUp: 7_400_003 } as const;

/** The space of the locks of single bookable things; locks of two numbers never meet those of one. */
const RESOURCE_LOCKS = 7_400;

/**
 * Waits for the locks of bookable things, given back at the end of `trx`. In the order of their numbers, so that two who want the
 * same ones never wait for each other.
 */
export async function takeResourceLocks(trx: Kysely<Schema>, names: readonly string[]): Promise<void> {
  const numbers = [...new Set(names.map(hash32))].sort((a, b) => a - b);
  if (numbers.length > 0) await sql`select pg_advisory_xact_lock(${RESOURCE_LOCKS}::integer, number) from unnest(${numbers}::integer[]) number`.execute(trx);
}

/** FNV-1a of the characters' codes, as a signed 32-bit number: PostgreSQL's integer. Two names of one number only share a lock. */
function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash | 0;
}

/** Waits for a lock that all processes of the database share; given back at the end of the transaction `trx`. */
export async function takeLock(trx: Kysely<Schema>, name: keyof typeof LOCKS): Promise<void> {
  await sql`select pg_advisory_xact_lock(${LOCKS[name]})`.execute(trx);
}
