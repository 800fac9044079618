import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { btree_gist } from '@electric-sql/pglite/contrib/btree_gist';
import { Kysely, PGliteDialect, sql } from 'kysely';
import { Migrator } from 'kysely/migration';
import { expect, it } from 'vitest';
import { durableFolderOptions } from '../../../sfu-server/storage/durableFolder.ts';
import { openDatabase } from '../../../sfu-server/storage/database.ts';
import { MIGRATIONS } from '../../../sfu-server/storage/migrations/all.ts';

it('[IMG14] copies without names that an earlier program made are made anew, and the images stay', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'huizhen-copies-'));
  try {
    const earlier = new Kysely<unknown>({ dialect: new PGliteDialect({ pglite: await PGlite.create({ ...durableFolderOptions(join(folder, 'db')), extensions: { btree_gist } }) }) });
    const known = Object.fromEntries(Object.entries(MIGRATIONS).filter(([migration]) => migration < '0018'));
    expect((await new Migrator({ db: earlier, provider: { getMigrations: async () => known } }).migrateToLatest()).error).toBeUndefined();
    // Rows alone: what they belong to is not looked at.
    await sql`set session_replication_role = replica`.execute(earlier);
    for (const variant of ['original', 'deidentified']) {
      await sql`insert into imaging_instances (case_id, variant, sop_uid, study_uid, series_uid, sop_class_uid, hash, size_bytes, metadata, instance_number, stored_at_ms) values ('c', ${variant}, '1.2.3', '1.2', '1.2.1', '1.2.840', ${variant}, 1, '{}', 1, 1)`.execute(earlier);
    }
    await earlier.destroy();
    const database = await openDatabase({ type: 'folder', folder: join(folder, 'db') }, (error) => expect.fail(error.message));
    expect(await database.db.selectFrom('imaging_instances').select('variant').execute()).toEqual([{ variant: 'original' }]);
    await database.close();
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
  }
});
