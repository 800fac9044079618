import type { PersonId } from '#shared/domain/ids';
import type { Kysely } from 'kysely';
import type { Schema } from './schema.ts';

export interface CalendarFeed {
  readonly personId: PersonId;
  readonly language: 'zh' | 'en';
}

export type CalendarFeeds = ReturnType<typeof createCalendarFeeds>;

/** The secret addresses of calendar files, one a person. Only hashes are kept: who reads the table reads no calendar. */
export function createCalendarFeeds(db: Kysely<Schema>) {
  return {
    /** In place of an earlier one. @param tokenHash SHA-256, hex */
    async put({ personId, language }: CalendarFeed, tokenHash: string, nowMs: number): Promise<void> {
      const said = { token_hash: tokenHash, language, created_at_ms: nowMs };
      await db.insertInto('calendar_feeds').values({ person_id: personId, ...said }).onConflict((conflict) => conflict.column('person_id').doUpdateSet(said)).execute();
    },

    /** When the person's address was made; null when there is none. */
    async createdAtMs(personId: PersonId): Promise<number | null> {
      return (await db.selectFrom('calendar_feeds').select('created_at_ms').where('person_id', '=', personId).executeTakeFirst())?.created_at_ms ?? null;
    },

    /** @returns whose it is, while they are active */
    async byTokenHash(tokenHash: string): Promise<CalendarFeed | null> {
      const row = await db
        .selectFrom('calendar_feeds')
        .innerJoin('people', 'people.id', 'calendar_feeds.person_id')
        .select(['person_id', 'language'])
        .where('token_hash', '=', tokenHash)
        .where('people.is_active', '=', true)
        .executeTakeFirst();
      return row === undefined ? null : { personId: row.person_id, language: row.language };
    },

    /** @returns false: there was none */
    async revoke(personId: PersonId): Promise<boolean> {
      return (await db.deleteFrom('calendar_feeds').where('person_id', '=', personId).returning('person_id').executeTakeFirst()) !== undefined;
    },
  };
}
