import type { CartId, OrganisationId, PersonId } from '#shared/domain/ids';
import type { Party } from '#shared/domain/people';
import type { Role } from '#shared/domain/roles';
import type { Kysely } from 'kysely';
import type { Schema } from './schema.ts';

/** A person or cart by kind and id, as tables refer to them. */
export interface PartyRef {
  readonly kind: Party['kind'];
  readonly id: string;
}

interface PartyRow {
  readonly name_zh: string;
  readonly name_en: string;
  readonly organisation_id: OrganisationId;
  readonly organisation_zh: string;
  readonly organisation_en: string;
}

/** People with their organisation's name, ready to be narrowed and turned into parties by `personParty`. */
export function selectPeople(db: Kysely<Schema>) {
  return db
    .selectFrom('people')
    .innerJoin('organisations', 'organisations.id', 'people.organisation_id')
    .select([
      'people.id', 'people.name_zh', 'people.name_en', 'people.title_zh', 'people.title_en', 'people.role', 'people.organisation_id',
      'organisations.name_zh as organisation_zh', 'organisations.name_en as organisation_en',
    ]);
}

/** Carts with their organisation's name. */
export function selectCarts(db: Kysely<Schema>) {
  return db
    .selectFrom('carts')
    .innerJoin('organisations', 'organisations.id', 'carts.organisation_id')
    .select([
      'carts.id', 'carts.name_zh', 'carts.name_en', 'carts.organisation_id',
      'organisations.name_zh as organisation_zh', 'organisations.name_en as organisation_en',
    ]);
}

export function titleOf(row: { readonly title_zh: string | null; readonly title_en: string | null }): Party['title'] {
  return row.title_zh === null || row.title_en === null ? null : { zh: row.title_zh, en: row.title_en };
}

export function personParty(row: PartyRow & { readonly id: PersonId; readonly title_zh: string | null; readonly title_en: string | null; readonly role: Role }): Party {
  return { kind: 'person', id: row.id, title: titleOf(row), role: row.role, ...namesOf(row) };
}

export function cartParty(row: PartyRow & { readonly id: CartId }): Party {
  return { kind: 'cart', id: row.id, title: null, role: 'cart', ...namesOf(row) };
}

function namesOf(row: PartyRow): Pick<Party, 'name' | 'organisationId' | 'organisationName'> {
  return {
    name: { zh: row.name_zh, en: row.name_en },
    organisationId: row.organisation_id,
    organisationName: { zh: row.organisation_zh, en: row.organisation_en },
  };
}

export type PartyDirectory = ReturnType<typeof createPartyDirectory>;

/** People and carts by their ids, active or not. */
export function createPartyDirectory(db: Kysely<Schema>) {
  return {
    /** Those of the ids that are somebody, people first. */
    async named(ids: readonly string[]): Promise<Party[]> {
      if (ids.length === 0) return [];
      // An id says nothing of its kind; each is looked for in both.
      const people = await selectPeople(db).where('people.id', 'in', ids as readonly PersonId[]).execute();
      const carts = await selectCarts(db).where('carts.id', 'in', ids as readonly CartId[]).execute();
      return [...people.map(personParty), ...carts.map(cartParty)];
    },
  };
}
