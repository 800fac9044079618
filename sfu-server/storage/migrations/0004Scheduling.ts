import { type Kysely, sql } from 'kysely';

/** Scheduling: what people can do and when, duty rosters, rooms, appointments, and bookings that cannot overlap. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

const STATEMENTS: readonly string[] = [
  // Trusted since PostgreSQL 13: the owner of a database may create it.
  'create extension if not exists btree_gist',
  `create table expertise (
    person_id text primary key references people (id) on delete cascade, grade text, time_zone text, hours jsonb)`,
  `create table person_specialties (
    person_id text not null references people (id) on delete cascade, specialty text not null, primary key (person_id, specialty))`,
  'create index person_specialties_specialty on person_specialties (specialty)',
  `create table absences (
    id text primary key, person_id text not null references people (id) on delete cascade, kind text not null,
    starts_at_ms bigint not null, ends_at_ms bigint not null, check (starts_at_ms < ends_at_ms))`,
  'create index absences_person on absences (person_id, ends_at_ms)',
  `create table duties (
    id text primary key, organisation_id text not null references organisations (id), role text not null, specialty text,
    person_id text not null references people (id) on delete cascade, starts_at_ms bigint not null, ends_at_ms bigint not null,
    check (starts_at_ms < ends_at_ms))`,
  'create index duties_person on duties (person_id, ends_at_ms)',
  'create index duties_organisation on duties (organisation_id, ends_at_ms)',
  `create table venues (
    id text primary key, organisation_id text not null references organisations (id), name_zh text not null, name_en text not null,
    is_retired boolean not null default false)`,
  'create index venues_organisation on venues (organisation_id)',
  `create table session_series (id text primary key, rule jsonb not null, minute_of_day integer not null, sequence integer not null)`,
  `create table appointments (
    consult_id text primary key references consults (id) on delete cascade, request_id text, time_zone text not null, specialty text,
    centre_id text not null references organisations (id), venue_id text references venues (id), sequence integer not null,
    series_id text references session_series (id), series_date text, cancel_reason text, changed_at_ms bigint not null,
    unique (series_id, series_date))`,
  'create index appointments_request on appointments (request_id)',
  `create table invitations (
    consult_id text not null references appointments (consult_id) on delete cascade, person_id text not null references people (id),
    position integer not null, answer text not null, reason text, answered_at_ms bigint, primary key (consult_id, person_id))`,
  'create index invitations_person on invitations (person_id)',
  // Two schedulers may press at once, in two processes: it is the constraint that says no to one of them.
  `create table bookings (
    consult_id text not null references appointments (consult_id) on delete cascade, resource_kind text not null, resource_id text not null,
    starts_at_ms bigint not null, ends_at_ms bigint not null, check (starts_at_ms < ends_at_ms),
    primary key (consult_id, resource_kind, resource_id),
    constraint bookings_never_overlap exclude using gist (resource_kind with =, resource_id with =, int8range(starts_at_ms, ends_at_ms) with &&))`,
  'create index bookings_resource on bookings (resource_kind, resource_id, ends_at_ms, starts_at_ms)',
  `create table calendar_feeds (
    person_id text primary key references people (id) on delete cascade, token_hash text not null unique, language text not null, created_at_ms bigint not null)`,
];
