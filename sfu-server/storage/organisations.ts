import type { OrganisationId } from '#shared/domain/ids';
import { type Bilingual, type Organisation, TIERS } from '#shared/domain/people';
import { type Kysely, sql } from 'kysely';
import type { Schema } from './schema.ts';

export type Organisations = ReturnType<typeof createOrganisations>;

/** The province → city → county tree. */
export function createOrganisations(db: Kysely<Schema>) {
  return {
    async byId(id: OrganisationId): Promise<Organisation | null> {
      const row = await db.selectFrom('organisations').selectAll().where('id', '=', id).executeTakeFirst();
      return row === undefined ? null : toOrganisation(row);
    },

    /** The organisation and all below it, its root first; empty when there is none of that id. */
    async subtree(rootId: OrganisationId): Promise<Organisation[]> {
      const rows = await db.selectFrom('organisations').selectAll().where('id', 'in', subtreeIds(rootId)).orderBy('id').execute();
      return rows.map(toOrganisation).sort((a, b) => TIERS.indexOf(a.tier) - TIERS.indexOf(b.tier));
    },

    /** True when `id` is `rootId` or below it. */
    async isWithin(id: OrganisationId, rootId: OrganisationId): Promise<boolean> {
      const row = await db.selectFrom('organisations').select('id').where('id', '=', id).where('id', 'in', subtreeIds(rootId)).executeTakeFirst();
      return row !== undefined;
    },

    /** The organisation and all above it; empty when there is none of that id. */
    async lineage(id: OrganisationId): Promise<OrganisationId[]> {
      const { rows } = await sql<{ id: OrganisationId }>`with recursive lineage (id, parent_id) as (
        select id, parent_id from organisations where id = ${id}
        union select above.id, above.parent_id from organisations above join lineage on above.id = lineage.parent_id) select id from lineage`.execute(db);
      return rows.map((row) => row.id);
    },

    /** Organisations with an active scheduler, in one line with the given one: itself, those above it, those below. */
    async centresAround(id: OrganisationId): Promise<{ readonly id: OrganisationId; readonly name: Bilingual; readonly relation: 'own' | 'above' | 'below' }[]> {
      const isWithin = await organisationTree(db);
      const rows = await db
        .selectFrom('organisations')
        .select(['id', 'name_zh', 'name_en'])
        .where('id', 'in', desks(db))
        .orderBy('id')
        .execute();
      const relationOf = (other: OrganisationId): 'own' | 'above' | 'below' | null => (other === id ? 'own' : isWithin(id, other) ? 'above' : isWithin(other, id) ? 'below' : null);
      const centres = rows.flatMap((row) => {
        const relation = relationOf(row.id);
        return relation === null ? [] : [{ id: row.id, name: { zh: row.name_zh, en: row.name_en }, relation }];
      });
      // The nearest above comes first: it is whom a hospital asks when nobody says otherwise.
      const rank = { own: 0, above: 1, below: 2 };
      return centres.sort((a, b) => rank[a.relation] - rank[b.relation] || (a.relation === 'above' ? Number(isWithin(b.id, a.id)) - Number(isWithin(a.id, b.id)) : 0)).slice(0, 500);
    },

    /** Adds an organisation; one of the same id is left as it is. */
    async create(organisation: Organisation): Promise<void> {
      await db
        .insertInto('organisations')
        .values({ id: organisation.id, parent_id: organisation.parentId, tier: organisation.tier, name_zh: organisation.name.zh, name_en: organisation.name.en })
        .onConflict((conflict) => conflict.column('id').doNothing())
        .execute();
    },

    async rename(id: OrganisationId, name: Bilingual): Promise<void> {
      await db.updateTable('organisations').set({ name_zh: name.zh, name_en: name.en }).where('id', '=', id).execute();
    },
  };
}

/** Where somebody works who takes requests: an active scheduler. */
export async function organisationsWithDesk(db: Kysely<Schema>): Promise<ReadonlySet<OrganisationId>> {
  return new Set((await desks(db).execute()).map((row) => row.organisation_id));
}

function desks(db: Kysely<Schema>) {
  return db.selectFrom('people').select('organisation_id').where('role', '=', 'scheduler').where('is_active', '=', true);
}

/** The ids of an organisation and all below it, as a sub-select. `union` without `all`: a cycle made by hand ends too. */
export function subtreeIds(rootId: OrganisationId) {
  return sql<OrganisationId>`(with recursive subtree (id) as (
    select id from organisations where id = ${rootId}
    union select child.id from organisations child join subtree on child.parent_id = subtree.id
  ) select id from subtree)`;
}

/** The whole tree in one reading: whether `id` is `rootId` or below it. There are hundreds of organisations, not millions. */
export async function organisationTree(db: Kysely<Schema>): Promise<(id: OrganisationId, rootId: OrganisationId) => boolean> {
  const rows = await db.selectFrom('organisations').select(['id', 'parent_id']).execute();
  const parents = new Map(rows.map((row) => [row.id, row.parent_id]));
  return (id, rootId) => {
    const seen = new Set<OrganisationId>(); // a cycle made by hand ends too
    for (let at: OrganisationId | null = id; at !== null && !seen.has(at); at = parents.get(at) ?? null) {
      if (at === rootId) return true;
      seen.add(at);
    }
    return false;
  };
}

function toOrganisation(row: Schema['organisations']): Organisation {
  return { id: row.id, parentId: row.parent_id, tier: row.tier, name: { zh: row.name_zh, en: row.name_en } };
}
