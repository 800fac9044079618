import type { Kysely } from 'kysely';
import type { Schema } from './schema.ts';

export type Installation = ReturnType<typeof createInstallation>;

/** A few facts about this installation that outlive the process, by key. */
export function createInstallation(db: Kysely<Schema>) {
  return {
    async get(key: string): Promise<string | null> {
      const row = await db.selectFrom('installation').select('value').where('key', '=', key).executeTakeFirst();
      return row?.value ?? null;
    },

    async set(key: string, value: string): Promise<void> {
      await db
        .insertInto('installation')
        .values({ key, value })
        .onConflict((conflict) => conflict.column('key').doUpdateSet({ value }))
        .execute();
    },
  };
}
