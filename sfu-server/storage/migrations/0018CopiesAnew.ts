import { type Kysely, sql } from 'kysely';

/** Copies without names that were made before it was known what all names a patient: they are made anew when they are next asked for. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`delete from imaging_instances where variant = 'deidentified'`.execute(db);
}
