import { type Kysely, sql } from 'kysely';

/** Of a study from the archive: whom a person confirmed to be the case's patient, and whose files were not taken in. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw("alter table imaging_links add column confirmed jsonb not null default '[]', add column others jsonb not null default '[]'").execute(db);
}
