import { type Kysely, sql } from 'kysely';

/** What is kept of a session besides its talk: who was in the room from when to when, and its agenda. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

const STATEMENTS: readonly string[] = [
  `create table consult_presence (
    consult_id text not null references consults (id) on delete cascade, peer_id text primary key, party jsonb not null,
    entered_at_ms bigint not null, seen_at_ms bigint not null, left_at_ms bigint)`,
  'create index consult_presence_consult on consult_presence (consult_id, entered_at_ms)',
  `create table consult_agendas (
    consult_id text primary key references consults (id) on delete cascade, version integer not null, items jsonb not null)`,
];
