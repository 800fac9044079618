import { type Kysely, sql } from 'kysely';

/** Consultation requests and the steps they took. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

const STATEMENTS: readonly string[] = [
  `create table consult_requests (
    id text primary key, case_id text not null references cases (id), organisation_id text not null references organisations (id),
    requester_id text not null references people (id), centre_id text references organisations (id), consult_id text unique references consults (id),
    state text not null, urgency_rank integer not null, version integer not null, created_at_ms bigint not null, state_since_ms bigint not null,
    submitted_at_ms bigint, body jsonb not null)`,
  // A desk reads what a centre has, the most urgent first and among those the longest waiting.
  'create index consult_requests_desk on consult_requests (centre_id, state, urgency_rank, submitted_at_ms)',
  'create index consult_requests_hospital on consult_requests (organisation_id, state, created_at_ms)',
  'create index consult_requests_case on consult_requests (case_id)',
  `create table consult_request_steps (
    request_id text not null references consult_requests (id) on delete cascade, version integer not null, actor jsonb not null,
    from_state text not null, to_state text not null, step jsonb not null, at_ms bigint not null, primary key (request_id, version))`,
];
