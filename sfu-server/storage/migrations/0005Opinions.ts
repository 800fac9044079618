import { type Kysely, sql } from 'kysely';

/** Consultation opinions: their versions and signatures, the keys that persons sign with, and the sealed files. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

const STATEMENTS: readonly string[] = [
  `create table opinions (
    id text primary key, case_id text not null references cases (id), consult_id text not null references consults (id), request_id text,
    addendum_to jsonb, status text not null, version integer not null, panel jsonb not null, created_at_ms bigint not null, changed_at_ms bigint not null)`,
  'create index opinions_case on opinions (case_id)',
  // One opinion for a consult, and any number of addenda to it.
  'create unique index opinions_consult on opinions (consult_id) where addendum_to is null',
  `create table opinion_versions (
    opinion_id text not null references opinions (id), number integer not null, content jsonb not null, author jsonb not null, at_ms bigint not null,
    submitted jsonb, returned jsonb, document_text text, document_hash text, primary key (opinion_id, number))`,
  `create table opinion_signatures (
    opinion_id text not null, version integer not null, position integer not null, person_id text not null references people (id), signature jsonb not null,
    primary key (opinion_id, version, position), unique (opinion_id, version, person_id),
    foreign key (opinion_id, version) references opinion_versions (opinion_id, number))`,
  `create table signing_keys (
    id text primary key, person_id text not null references people (id), algorithm text not null, certificate text not null, sealed jsonb not null,
    created_at_ms bigint not null, retired_at_ms bigint)`,
  'create unique index signing_keys_current on signing_keys (person_id, algorithm) where retired_at_ms is null',
  `create table opinion_files (
    opinion_id text not null references opinions (id), language text not null, hash text not null, size_bytes bigint not null, at_ms bigint not null,
    primary key (opinion_id, language))`,
  // What somebody has signed, or is about to, stays what it was, whatever a mistake in our own code may ask.
  `create function refuse_opinion_change() returns trigger language plpgsql as $$
    begin
      if tg_op = 'DELETE' or old.document_text is not null and (new.document_text is distinct from old.document_text or new.document_hash is distinct from old.document_hash or new.content is distinct from old.content)
        then raise exception 'what was submitted to be signed does not change'; end if;
      return new;
    end $$`,
  'create trigger opinion_versions_fixed before update or delete on opinion_versions for each row execute function refuse_opinion_change()',
];
