import { mkdir } from 'node:fs/promises';
import { PGlite } from '@electric-sql/pglite';
import { btree_gist } from '@electric-sql/pglite/contrib/btree_gist';
import { AppError } from '#shared/protocol/errors';
import { Kysely, PGliteDialect, PostgresDialect } from 'kysely';
import { Migrator } from 'kysely/migration';
import pg from 'pg';
import type { DatabaseConfig } from '../config.ts';
import { durableFolderOptions } from './durableFolder.ts';
import { lockFolder } from './folderLock.ts';
import { MIGRATIONS } from './migrations/all.ts';
import type { Schema } from './schema.ts';

/** The open database. PGlite has one connection: inside a transaction only the transaction may be used, or the two wait for each other. */
export interface Database {
  readonly db: Kysely<Schema>;
  readonly engine: 'pglite' | 'postgres';
  /** True when a query is answered; for `/readyz`. */
  isAnswering(): Promise<boolean>;
  close(): Promise<void>;
}

/** Type 20 is int8. Our bigints are times and counters below 2^53, so a number holds them exactly. */
const INT8 = 20;

/**
 * Opens the database and brings it to the newest schema; of several processes that start at once one migrates, the others wait.
 * @param onConnectionError hears of pooled connections that died while idle; the pool replaces them by itself
 * @throws AppError `storage.corrupt` when the schema is newer than this program or a migration fails
 */
export async function openDatabase(config: DatabaseConfig, onConnectionError: (error: Error) => void): Promise<Database> {
  const opened = config.type === 'postgres' ? openPostgres(config.url, onConnectionError) : await openPGlite(config.type === 'folder' ? config.folder : null);
  try {
    await migrate(opened.db);
  } catch (error) {
    await opened.close();
    throw error;
  }
  return opened;
}

function openPostgres(url: string, onConnectionError: (error: Error) => void): Database {
  const pool = new pg.Pool({
    connectionString: url,
    max: 10,
    connectionTimeoutMillis: 10_000,
    statement_timeout: 30_000,
    application_name: 'huizhen',
    types: { getTypeParser: (type: number, format?: 'text' | 'binary') => (type === INT8 ? Number : pg.types.getTypeParser(type, format)) },
  });
  pool.on('error', onConnectionError);
  return wrap(new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) }), 'postgres', () => undefined);
}

async function openPGlite(folder: string | null): Promise<Database> {
  if (folder !== null) await mkdir(folder, { recursive: true, mode: 0o700 });
  const unlock = folder === null ? () => undefined : lockFolder(folder);
  try {
    const pglite = await PGlite.create({ ...(folder === null ? { dataDir: 'memory://' } : durableFolderOptions(folder)), extensions: { btree_gist }, parsers: { [INT8]: Number } });
    return wrap(new Kysely<Schema>({ dialect: new PGliteDialect({ pglite }) }), 'pglite', unlock);
  } catch (error) {
    unlock();
    throw new AppError('storage.corrupt', 'the embedded database does not open: its disk is full or its files are damaged', { cause: error });
  }
}

function wrap(db: Kysely<Schema>, engine: Database['engine'], afterClose: () => void): Database {
  let closing: Promise<void> | null = null;
  return {
    db,
    engine,
    async isAnswering() {
      if (closing) return false;
      try {
        await db.selectFrom('installation').select('key').limit(1).execute();
        return true;
      } catch {
        return false;
      }
    },
    close() {
      closing ??= db.destroy().finally(afterClose);
      return closing;
    },
  };
}

async function migrate(db: Kysely<Schema>): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => ({ ...MIGRATIONS }) } });
  const { error } = await migrator.migrateToLatest();
  if (error === undefined) return;
  const reason = error instanceof Error ? error.message : String(error);
  throw new AppError('storage.corrupt', `the database cannot be brought to this program's schema: ${reason}`, { cause: error });
}
