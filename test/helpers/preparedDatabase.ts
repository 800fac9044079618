import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { btree_gist } from '@electric-sql/pglite/contrib/btree_gist';
import { openDatabase } from '../../sfu-server/storage/database.ts';

const root = join(import.meta.dirname, '..', '..');
const storage = join(root, 'sfu-server', 'storage');
const cache = join(root, 'dist', 'test', 'database');

/** What an empty embedded database is made of: with any of it changed it is made anew. */
async function keyOf(): Promise<string> {
  const migrations = (await readdir(join(storage, 'migrations'))).sort().map((name) => join(storage, 'migrations', name));
  const engine = join(dirname(createRequire(import.meta.url).resolve('@electric-sql/pglite')), '..', 'package.json');
  const hash = createHash('sha256');
  for (const file of [...migrations, join(storage, 'database.ts'), join(storage, 'durableFolder.ts'), engine, import.meta.filename]) hash.update(await readFile(file));
  return hash.digest('hex').slice(0, 16);
}

async function prepare(): Promise<string> {
  const ready = join(cache, await keyOf());
  if (existsSync(ready)) return ready;
  await mkdir(cache, { recursive: true });
  const making = await mkdtemp(join(cache, 'making-'));
  const folder = join(making, 'db');
  const database = await openDatabase({ type: 'folder', folder }, (error) => {
    throw error;
  });
  await database.close();
  const raw = await PGlite.create({ dataDir: folder, extensions: { btree_gist } });
  await writeFile(join(making, 'db.tar'), Buffer.from(await (await raw.dumpDataDir('none')).arrayBuffer()));
  await raw.close();
  // Whole or not at all: another process may make it at the same moment, and then its own is as good.
  await rename(making, ready).catch(async (error: unknown) => {
    if (!existsSync(ready)) throw error;
    await rm(making, { recursive: true, force: true });
  });
  return ready;
}

let prepared: Promise<string> | null = null;
const preparedOnce = (): Promise<string> => {
  prepared ??= prepare();
  return prepared;
};

/**
 * Making an embedded database and bringing it to the present schema takes some seconds of a processor, which every server of the suite
 * would spend anew. It is made once for each state of the migrations, by the product's own code, and kept among the bundles; servers
 * of tests begin from a copy. That the first start on an empty disk works is the matter of the tests that start from one.
 * @param folder where a server will look for its database; stays as it is when there is one
 */
export async function putPreparedDatabase(folder: string): Promise<void> {
  if (!existsSync(folder)) await cp(join(await preparedOnce(), 'db'), folder, { recursive: true });
}

/** The same for a database in memory, as `loadDataDir` takes it. */
export async function preparedDump(): Promise<Blob> {
  return new Blob([await readFile(join(await preparedOnce(), 'db.tar'))]);
}
