import { sql } from 'kysely';
import type { DatabaseConfig } from '../../sfu-server/config.ts';
import { type Database, openDatabase } from '../../sfu-server/storage/database.ts';
import { startPostgres } from './postgres.ts';

/** One of the two databases that every storage test runs on. */
export interface TestEngine {
  readonly database: Database;
  /** Opens what another server process on the same database would have; with PGlite, which has only one process, the same. */
  openAnother(): Promise<Database>;
  /** Empties the database and brings it to the present schema again. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

export const ENGINE_NAMES = ['PGlite', 'PostgreSQL'] as const;

/**
 * All rows of all tables, and numbers that begin anew, in one statement. Not `truncate`, which makes new files for each table and each of
 * its indexes: for the few rows of a test that takes fifty times as long. As a replica nothing minds that a row goes: no key of another
 * table, and no trigger that keeps the audit.
 */
const EMPTY = `do $$ declare one record; begin
  set local session_replication_role = replica;
  for one in select tablename as name from pg_tables where schemaname = 'public' and tablename not like 'kysely%' loop
    execute format('delete from %I', one.name);
  end loop;
  for one in select sequencename as name from pg_sequences where schemaname = 'public' and last_value is not null loop
    execute format('alter sequence %I restart', one.name);
  end loop;
end $$`;

const fail = (error: Error) => {
  throw error;
};

/** Opens an empty database of that kind. */
export async function openEngine(name: (typeof ENGINE_NAMES)[number]): Promise<TestEngine> {
  const postgres = name === 'PostgreSQL' ? await startPostgres() : null;
  const config: DatabaseConfig = postgres === null ? { type: 'memory' } : { type: 'postgres', url: postgres.createDatabase() };
  const database = await openDatabase(config, fail);
  const others: Database[] = [];
  return {
    database,
    openAnother: async () => {
      if (postgres === null) return database;
      const other = await openDatabase(config, fail);
      others.push(other);
      return other;
    },
    reset: async () => {
      await sql.raw(EMPTY).execute(database.db);
    },
    close: async () => {
      for (const other of others) await other.close();
      await database.close();
      await postgres?.stop();
    },
  };
}
