import { type Kysely, sql } from 'kysely';

/** Notices beyond the client: addresses, what is on its way, reminders, and the links by which an invitation is answered. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

const STATEMENTS: readonly string[] = [
  'alter table people add column email text',
  // Not tied to the notice's row: those of the client are kept in a limited number, this is evidence.
  `create table deliveries (
    id text primary key, request_id text not null references consult_requests (id) on delete cascade, party_id text not null, kind text not null, channel text not null,
    state text not null, reason text, address text, about_starts_at_ms bigint, made_at_ms bigint not null, next_try_at_ms bigint not null, tries integer not null, done_at_ms bigint)`,
  "create index deliveries_due on deliveries (next_try_at_ms) where state = 'waiting'",
  'create index deliveries_request on deliveries (request_id, made_at_ms)',
  // By the time and not by the invitation's number: a substitute changes the number, and is no reason to remind the others again.
  `create table reminders (
    consult_id text not null references consults (id) on delete cascade, starts_at_ms bigint not null, lead_minutes integer not null, party_id text not null, made_at_ms bigint not null,
    primary key (consult_id, starts_at_ms, lead_minutes, party_id))`,
  `create table invitation_links (
    token_hash text primary key, request_id text not null references consult_requests (id) on delete cascade, consult_id text not null references consults (id) on delete cascade, person_id text not null references people (id),
    starts_at_ms bigint not null, duration_minutes integer not null, made_at_ms bigint not null, used_at_ms bigint)`,
  'create index invitation_links_invitation on invitation_links (consult_id, person_id)',
];
