import type { Organisation } from '#shared/domain/people';
import type { Kysely } from 'kysely';
import { takeLock } from './locks.ts';
import { createInstallation } from './installation.ts';
import { createOrganisations } from './organisations.ts';
import { createPeople, type NewPerson } from './people.ts';
import type { Schema } from './schema.ts';

const CODE_KEY = 'firstSetUp.code';

/** `closed`: somebody is in the database already. */
export type FirstSetUpOutcome = 'done' | 'closed' | 'wrongCode';

export type FirstSetUpStore = ReturnType<typeof createFirstSetUpStore>;

/** The one-time code of an empty database, and what it is spent on. */
export function createFirstSetUpStore(db: Kysely<Schema>) {
  const isEmpty = async (on: Kysely<Schema>) => (await on.selectFrom('people').select('id').limit(1).executeTakeFirst()) === undefined;

  return {
    /** True while nobody has an account, active or not, of the demo or not. */
    isEmpty: () => isEmpty(db),

    /** Keeps a code's hash in place of the one before. @param expiresAtMs server's civil clock: a code outlives the process */
    async putCode(codeHash: string, expiresAtMs: number): Promise<void> {
      await createInstallation(db).set(CODE_KEY, JSON.stringify([codeHash, expiresAtMs]));
    },

    /** All or nothing, behind one lock: of any number of parallel tries with the right code, by any number of processes, one succeeds. */
    async complete(codeHash: string, nowMs: number, organisation: Organisation, administrator: NewPerson): Promise<FirstSetUpOutcome> {
      return db.transaction().execute(async (trx) => {
        await takeLock(trx, 'firstSetUp');
        if (!(await isEmpty(trx))) return 'closed';
        const kept = await createInstallation(trx).get(CODE_KEY);
        const [keptHash, expiresAtMs] = kept === null ? [null, 0] : (JSON.parse(kept) as [string, number]); // written by `putCode`
        if (keptHash !== codeHash || expiresAtMs <= nowMs) return 'wrongCode';
        await createOrganisations(trx).create(organisation);
        await createPeople(trx).create(administrator);
        await trx.deleteFrom('installation').where('key', '=', CODE_KEY).execute();
        return 'done';
      });
    },
  };
}
