import { type Kysely, sql } from 'kysely';

/** What people have to be told, one row for each of them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

const STATEMENTS: readonly string[] = [
  `create table notices (
    id text primary key, party_id text not null, kind text not null, request_id text not null references consult_requests (id) on delete cascade,
    made_at_ms bigint not null, read_at_ms bigint)`,
  'create index notices_party on notices (party_id, made_at_ms)',
  'create index notices_request on notices (request_id)',
];
