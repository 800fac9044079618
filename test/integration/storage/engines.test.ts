import { spawnSync } from 'node:child_process';
import fs, { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { toAppError } from '#shared/protocol/errors';
import { type Database, openDatabase } from '../../../sfu-server/storage/database.ts';
import { MIGRATIONS } from '../../../sfu-server/storage/migrations/all.ts';
import { createInstallation } from '../../../sfu-server/storage/installation.ts';
import { startPostgres, type TestPostgres } from '../../helpers/postgres.ts';

const fail = (error: Error) => {
  throw error;
};

describe('opening a database', () => {
  let postgres: TestPostgres;
  let folder: string;
  const open: Database[] = [];
  const opened = async (config: Parameters<typeof openDatabase>[0]) => {
    const database = await openDatabase(config, fail);
    open.push(database);
    return database;
  };

  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres.stop());
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'huizhen-db-'));
  });
  afterEach(async () => {
    for (const database of open.splice(0)) await database.close();
    rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
  });

  const columns = async ({ db }: Database) =>
    (
      await sql<{ line: string }>`select table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable as line
        from information_schema.columns where table_schema = 'public' order by 1`.execute(db)
    ).rows.map((row) => row.line);

  it('[STO1] gives both engines the same schema', async () => {
    const ours = await columns(await opened({ type: 'memory' }));
    expect(ours).toContain('consults.starts_at_ms bigint NO');
    expect(await columns(await opened({ type: 'postgres', url: postgres.createDatabase() }))).toEqual(ours);
  });

  it('[STO1] migrates once when four processes start on an empty database', async () => {
    const url = postgres.createDatabase();
    const all = await Promise.all(Array.from({ length: 4 }, () => opened({ type: 'postgres', url })));
    const done = await sql<{ name: string }>`select name from kysely_migration`.execute(all[3]?.db ?? expect.fail('not opened'));
    expect(done.rows).toEqual(Object.keys(MIGRATIONS).map((name) => ({ name })));
  });

  it('[STO2] refuses a database from a newer program', async () => {
    const config = { type: 'postgres', url: postgres.createDatabase() } as const;
    const database = await opened(config);
    await sql`insert into kysely_migration (name, timestamp) values ('9999-future', '2099')`.execute(database.db);
    await expect(openDatabase(config, fail)).rejects.toMatchObject({ code: 'storage.corrupt' });
  });

  it('keeps what was written in a folder', async () => {
    const config = { type: 'folder', folder: join(folder, 'db') } as const;
    const first = await opened(config);
    await createInstallation(first.db).set('test', 'kept');
    await first.close();
    expect(await first.isAnswering()).toBe(false);
    expect(await createInstallation((await opened(config)).db).get('test')).toBe('kept');
  });

  it('[CAS2] has on the disk what was committed in a folder', async () => {
    const { db } = await opened({ type: 'folder', folder: join(folder, 'db') });
    const settings = await sql<{ name: string; setting: string }>`select name, setting from pg_settings where name in ('fsync', 'synchronous_commit', 'full_page_writes') order by name`.execute(db);
    expect(settings.rows).toEqual([{ name: 'fsync', setting: 'on' }, { name: 'full_page_writes', setting: 'on' }, { name: 'synchronous_commit', setting: 'on' }]);
    const synced = vi.spyOn(fs, 'fsyncSync');
    syncBuiltinESMExports();
    await createInstallation(db).set('test', 'kept');
    expect(synced).toHaveBeenCalled();
    synced.mockRestore();
    syncBuiltinESMExports();
  });

  it('[STO3] opens a folder once at a time', async () => {
    const config = { type: 'folder', folder: join(folder, 'db') } as const;
    const first = await opened(config);
    expect(await openDatabase(config, fail).catch((error: unknown) => toAppError(error).message)).toContain('another process uses');
    await first.close();
    await opened(config);
  });

  it('[STO3] is not held by a process that is gone, nor by another of the same id', async () => {
    const config = { type: 'folder', folder: join(folder, 'db') } as const;
    const gone = spawnSync(process.execPath, ['--version']).pid;
    writeFileSync(join(folder, 'db.lock'), JSON.stringify({ pid: gone, startedAt: '1' }));
    await (await opened(config)).close();
    writeFileSync(join(folder, 'db.lock'), JSON.stringify({ pid: process.pid, startedAt: '1' }));
    await (await opened(config)).close();
    writeFileSync(join(folder, 'db.lock'), '{"pid"');
    await opened(config);
  });
});
