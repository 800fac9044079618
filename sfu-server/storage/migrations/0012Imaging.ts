import { type Kysely, sql } from 'kysely';

/** The built-in image store: studies, each of one case, and their instances; the files are in the object store. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

const STATEMENTS: readonly string[] = [
  // A study is of one case, whoever sends it first.
  `create table imaging_studies (
    study_uid text primary key, case_id text not null references cases (id) on delete cascade, created_at_ms bigint not null)`,
  'create index imaging_studies_case on imaging_studies (case_id)',
  // As text: the answer goes out as it was made, and nobody searches within.
  `create table imaging_instances (
    case_id text not null references cases (id) on delete cascade, variant text not null, sop_uid text not null, study_uid text not null references imaging_studies (study_uid),
    series_uid text not null, sop_class_uid text not null, hash text not null, size_bytes bigint not null, pixels text, metadata text not null,
    instance_number integer not null, stored_at_ms bigint not null, report text,
    primary key (case_id, variant, sop_uid))`,
  // Studies of the hospital's PACS that were asked for, and how far each has come.
  `create table imaging_links (
    study_uid text primary key, case_id text not null references cases (id) on delete cascade, linked_by jsonb not null, state text not null, code text,
    loaded integer not null, total integer not null, linked_at_ms bigint not null)`,
  'create index imaging_links_case on imaging_links (case_id)',
  'create index imaging_instances_series on imaging_instances (case_id, variant, study_uid, series_uid, instance_number, sop_uid)',
];
