import { type Kysely, sql } from 'kysely';

/** Which contents of the object store were taken in as images: what of them no case has any more can go, and nothing else does. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

const STATEMENTS: readonly string[] = [
  'create table imaging_objects (hash text primary key, taken_at_ms bigint not null)',
  'insert into imaging_objects select hash, max(stored_at_ms) from imaging_instances group by hash',
  'create index imaging_instances_hash on imaging_instances (hash)',
];
