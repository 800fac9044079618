import type { Clock } from '#shared/lib/clock';
import type { ExpressionBuilder, Kysely } from 'kysely';
import type { Schema } from './schema.ts';

export type ImageObjects = ReturnType<typeof createImageObjects>;

/** Contents of the object store that were taken in as images, by hash. */
export function createImageObjects(db: Kysely<Schema>, clock: Clock) {
  /** In no image, attachment or sealed opinion of any case: the store keeps one content once, whoever has it. */
  const isUnused = ({ and, not, exists, selectFrom, ref }: ExpressionBuilder<Schema, 'imaging_objects'>) => {
    const usedIn = (table: 'imaging_instances' | 'attachments' | 'opinion_files') => exists(selectFrom(table).select('hash').whereRef(`${table}.hash`, '=', ref('imaging_objects.hash')));
    return and([not(usedIn('imaging_instances')), not(usedIn('attachments')), not(usedIn('opinion_files'))]);
  };

  return {
    /** Said before a content is taken in, each time: from here on it is not thought unused. */
    async note(hash: string): Promise<void> {
      const row = { hash, taken_at_ms: clock.wallMs() };
      await db.insertInto('imaging_objects').values(row).onConflict((conflict) => conflict.column('hash').doUpdateSet({ taken_at_ms: row.taken_at_ms })).execute();
    },

    /** Those that nobody has, and that were last taken in before `beforeMs`. */
    async unused(beforeMs: number, limit: number): Promise<string[]> {
      return (await db.selectFrom('imaging_objects').select('hash').where('taken_at_ms', '<', beforeMs).where(isUnused).limit(limit).execute()).map(({ hash }) => hash);
    },

    /** Forgets one if it is still unused. @returns whether it was */
    async forget(hash: string, beforeMs: number): Promise<boolean> {
      const { numDeletedRows } = await db.deleteFrom('imaging_objects').where('hash', '=', hash).where('taken_at_ms', '<', beforeMs).where(isUnused).executeTakeFirst();
      return numDeletedRows > 0n;
    },
  };
}
