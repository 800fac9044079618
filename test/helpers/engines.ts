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
      await sql`alter table audit disable trigger user`.execute(database.db);
      const { rows } = await sql<{ tablename: string }>`select tablename from pg_tables where schemaname = 'public' and tablename not like 'kysely%'`.execute(database.db);
      await sql`truncate table ${sql.join(rows.map(({ tablename }) => sql.table(tablename)))} restart identity cascade`.execute(database.db);
      await sql`alter table audit enable trigger user`.execute(database.db);
    },
    close: async () => {
      for (const other of others) await other.close();
      await database.close();
      await postgres?.stop();
    },
  };
}
