import { type Kysely, sql } from 'kysely';

/** The first tables: organisations, accounts, carts, sessions, consults, chat and the audit log. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

const STATEMENTS: readonly string[] = [
  'create table installation (key text primary key, value text not null)',
  `create table organisations (
    id text primary key, parent_id text references organisations (id), tier text not null, name_zh text not null, name_en text not null)`,
  'create index organisations_parent on organisations (parent_id)',
  `create table people (
    id text primary key, sign_in_name text not null unique, password_hash text not null,
    name_zh text not null, name_en text not null, title_zh text, title_en text, role text not null,
    organisation_id text not null references organisations (id),
    is_active boolean not null default true, is_demo boolean not null default false, created_at_ms bigint not null)`,
  'create index people_organisation on people (organisation_id)',
  `create table sign_in_attempts (
    sign_in_name text primary key, failures integer not null, lockouts integer not null, locked_until_ms bigint, last_attempt_at_ms bigint not null)`,
  `create table carts (
    id text primary key, organisation_id text not null references organisations (id), name_zh text not null, name_en text not null,
    public_key text, is_revoked boolean not null default false, last_seen_at_ms bigint, created_at_ms bigint not null)`,
  `create table enrolment_codes (
    cart_id text primary key references carts (id), code_hash text not null unique, expires_at_ms bigint not null, tries integer not null default 0)`,
  `create table sessions (
    id text primary key, token_hash text not null unique, party_kind text not null, party_id text not null, client text not null,
    created_at_ms bigint not null, last_seen_at_ms bigint not null, expires_at_ms bigint not null)`,
  'create index sessions_party on sessions (party_id)',
  'create index sessions_expiry on sessions (expires_at_ms)',
  `create table consults (
    id text primary key, kind text not null, state text not null, starts_at_ms bigint not null, duration_minutes integer not null,
    patient_name text not null, patient_age integer, patient_sex text not null, question text not null,
    organisation_id text not null references organisations (id), host_person_id text not null references people (id),
    is_locked boolean not null default false, has_waiting_room boolean not null default false,
    created_at_ms bigint not null, started_at_ms bigint)`,
  'create index consults_start on consults (starts_at_ms)',
  'create index consults_organisation on consults (organisation_id, starts_at_ms)',
  `create table consult_members (
    consult_id text not null references consults (id) on delete cascade, party_kind text not null, party_id text not null, position integer not null,
    primary key (consult_id, party_id))`,
  'create index consult_members_party on consult_members (party_id)',
  `create table consult_admissions (
    consult_id text not null references consults (id) on delete cascade, party_id text not null, at_ms bigint not null,
    primary key (consult_id, party_id))`,
  `create table chat_messages (
    sequence bigint generated always as identity, consult_id text not null references consults (id) on delete cascade, id text not null,
    author jsonb not null, text text not null, at_ms bigint not null, primary key (consult_id, id))`,
  'create index chat_order on chat_messages (consult_id, sequence)',
  `create table audit (
    sequence bigint primary key, at_ms bigint not null, actor_kind text not null, actor_id text, organisation_id text,
    action text not null, subject text, outcome text not null, code text, previous_hash text not null, hash text not null unique)`,
  'create index audit_organisation on audit (organisation_id, sequence)',
  // The chain shows a change; this keeps a mistake in our own code from making one.
  `create function refuse_audit_change() returns trigger language plpgsql as $$
    begin raise exception 'the audit log is append-only'; end $$`,
  'create trigger audit_append_only before update or delete on audit for each row execute function refuse_audit_change()',
  'create trigger audit_no_truncate before truncate on audit for each statement execute function refuse_audit_change()',
];
