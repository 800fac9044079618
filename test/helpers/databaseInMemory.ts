import { PGlite, type PGliteOptions } from '@electric-sql/pglite';
import { preparedDump } from './preparedDatabase.ts';

/** Run before each file of integration tests: a database in memory begins from the prepared one, whoever opens it. */
PGlite.create = new Proxy(PGlite.create, {
  apply: async (create, pglite, [options]: [PGliteOptions]) => Reflect.apply(create, pglite, [options.dataDir === 'memory://' && options.loadDataDir === undefined ? { ...options, loadDataDir: await preparedDump() } : options]),
});
