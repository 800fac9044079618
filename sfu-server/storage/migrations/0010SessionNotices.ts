import { type Kysely, sql } from 'kysely';

/** Notices, letters and links of sessions that nobody applied for: about a request or a consult, exactly one of them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

const STATEMENTS: readonly string[] = [
  ...['notices', 'deliveries'].flatMap((table) => [
    `alter table ${table} alter column request_id drop not null`,
    `alter table ${table} add column consult_id text references consults (id) on delete cascade`,
    `alter table ${table} add constraint ${table}_about check ((request_id is null) <> (consult_id is null))`,
    `create index ${table}_consult on ${table} (consult_id) where consult_id is not null`,
  ]),
  // A link has its consult already; without a request the session is nobody's application.
  'alter table invitation_links alter column request_id drop not null',
];
