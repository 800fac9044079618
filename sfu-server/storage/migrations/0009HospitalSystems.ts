import { type Kysely, sql } from 'kysely';

/** Systems of hospitals that use the FHIR facade, and by what they know the requests they made. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

const STATEMENTS: readonly string[] = [
  `create table hospital_systems (
    id text primary key, organisation_id text not null references organisations (id), name text not null, scopes jsonb not null, token_hash text not null unique,
    created_at_ms bigint not null, expires_at_ms bigint not null, revoked_at_ms bigint, last_used_at_ms bigint)`,
  'create index hospital_systems_organisation on hospital_systems (organisation_id)',
  // The same order sent twice is one request, also when it is sent twice at once.
  `create table request_identifiers (
    organisation_id text not null references organisations (id), system text not null, value text not null,
    request_id text not null references consult_requests (id) on delete cascade, digest text not null, primary key (organisation_id, system, value))`,
  'create index request_identifiers_request on request_identifiers (request_id)',
  // A system that asks what is new asks often, and a step that changes no state is new too.
  'alter table consult_requests add column changed_at_ms bigint not null default 0',
  `update consult_requests set changed_at_ms = coalesce((select max(at_ms) from consult_request_steps where request_id = consult_requests.id), created_at_ms)`,
  'create index consult_requests_changed on consult_requests (organisation_id, changed_at_ms, id)',
  // Items have ids of their own within a case only; outside a consent is known by this.
  `create index case_items_consents on case_items (md5(case_id || '/' || id)) where kind = 'consent'`,
  // What a hospital's pages are made of.
  'create index cases_organisation_id on cases (organisation_id, id)',
];
