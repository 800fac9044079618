import { type Kysely, sql } from 'kysely';

/** Case files: the cases and their items, what was done to them, their attachments, and the machines with copies. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

/** A party as JSON, of the host of a consult: who a case of a consult from before this table is said to be begun by. */
const HOST = `jsonb_build_object(
  'kind', 'person', 'id', people.id, 'name', jsonb_build_object('zh', people.name_zh, 'en', people.name_en),
  'title', case when people.title_zh is null or people.title_en is null then null else jsonb_build_object('zh', people.title_zh, 'en', people.title_en) end,
  'role', people.role, 'organisationId', organisations.id, 'organisationName', jsonb_build_object('zh', organisations.name_zh, 'en', organisations.name_en))`;

const STATEMENTS: readonly string[] = [
  'alter table consults add column ended_at_ms bigint',
  `update consults set ended_at_ms = starts_at_ms + duration_minutes * 60000::bigint where state in ('ended', 'cancelled')`,
  `create table cases (
    id text primary key, organisation_id text not null references organisations (id), revision bigint not null, item_count integer not null,
    created_at_ms bigint not null, changed_at_ms bigint not null)`,
  'create index cases_organisation on cases (organisation_id)',
  `create table case_consults (
    consult_id text primary key references consults (id) on delete cascade, case_id text not null references cases (id))`,
  'create index case_consults_case on case_consults (case_id)',
  `create table case_items (
    case_id text not null references cases (id) on delete cascade, id text not null, kind text not null, revision bigint not null,
    body jsonb not null, field_revisions jsonb not null, text_state bytea, author jsonb not null,
    created_at_ms bigint not null, changed_at_ms bigint not null, retraction jsonb, primary key (case_id, id), unique (case_id, revision))`,
  `create table case_changes (
    case_id text not null references cases (id) on delete cascade, id text not null, digest text not null, receipt jsonb not null,
    revision bigint, item_id text not null, fields jsonb not null, author jsonb not null, made_at_ms bigint not null, at_ms bigint not null,
    primary key (case_id, id), unique (case_id, revision))`,
  'create index case_changes_item on case_changes (case_id, item_id, revision)',
  `create table attachments (
    case_id text not null references cases (id) on delete cascade, hash text not null, size_bytes bigint not null, media_type text not null,
    begun_at_ms bigint not null, held_at_ms bigint, primary key (case_id, hash))`,
  'create index attachments_hash on attachments (hash)',
  `create table case_devices (
    device_id text not null, party_kind text not null, party_id text not null, client text not null, cached_cases integer not null,
    last_seen_at_ms bigint not null, wipe_asked_at_ms bigint, wipe_done_at_ms bigint, primary key (device_id, party_id))`,
  'create index case_devices_party on case_devices (party_id)',
  // Consults from before get a case each, of the same id, with what was known of the patient and the question.
  'insert into cases select id, organisation_id, 2, 2, created_at_ms, created_at_ms from consults',
  'insert into case_consults select id, id from consults',
  `insert into case_items
    select consults.id, 'patient', 'patient', 1,
      jsonb_build_object('name', patient_name, 'sex', patient_sex, 'birthDate', null, 'ageYears', patient_age, 'recordNumber', null, 'phone', null),
      '{"name":1,"sex":1,"birthDate":1,"ageYears":1,"recordNumber":1,"phone":1}'::jsonb, null, ${HOST}, consults.created_at_ms, consults.created_at_ms, null
    from consults join people on people.id = consults.host_person_id join organisations on organisations.id = people.organisation_id`,
  `insert into case_items
    select consults.id, 'request', 'request', 2, jsonb_build_object('question', question, 'diagnosis', '', 'urgency', 'routine', 'ward', '', 'bed', ''),
      '{"question":2,"diagnosis":2,"urgency":2,"ward":2,"bed":2}'::jsonb, null, ${HOST}, consults.created_at_ms, consults.created_at_ms, null
    from consults join people on people.id = consults.host_person_id join organisations on organisations.id = people.organisation_id`,
  `insert into case_changes
    select case_id, 'begun-' || kind, '', jsonb_build_object('status', 'held', 'changeId', 'begun-' || kind, 'revision', revision, 'heldAtMs', created_at_ms),
      revision, id, '[]'::jsonb, author, created_at_ms, created_at_ms from case_items`,
];
