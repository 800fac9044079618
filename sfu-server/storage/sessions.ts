import type { CartId, OrganisationId, PersonId, SessionId } from '#shared/domain/ids';
import type { Party } from '#shared/domain/people';
import type { Role } from '#shared/domain/roles';
import { type Kysely, sql } from 'kysely';
import { Batch } from './batch.ts';
import { cartParty, type PartyRef, personParty } from './parties.ts';
import type { Schema } from './schema.ts';

/** A session as it is kept. Times are the server's civil clock. */
export interface SessionRecord {
  readonly id: SessionId;
  readonly party: PartyRef;
  readonly client: string;
  readonly createdAtMs: number;
  readonly lastSeenAtMs: number;
  readonly expiresAtMs: number;
}

export type SessionStore = ReturnType<typeof createSessionStore>;

/**
 * Sessions in the database; the rules are in `auth/sessions.ts`.
 * @param gather for how long tokens are gathered before they are looked up together, see `Batch`
 */
export function createSessionStore(db: Kysely<Schema>, gather: (look: () => void) => void) {
  const byTokenHash = new Batch((hashes) => findByTokenHashes(db, hashes), gather);
  return {
    async insert(session: SessionRecord, tokenHash: string): Promise<void> {
      await db
        .insertInto('sessions')
        .values({
          id: session.id, token_hash: tokenHash, party_kind: session.party.kind, party_id: session.party.id, client: session.client,
          created_at_ms: session.createdAtMs, last_seen_at_ms: session.lastSeenAtMs, expires_at_ms: session.expiresAtMs,
        })
        .execute();
    },

    /**
     * A token's session and who is behind it. Every connection asks this: those that come at once share a query, which is what
     * lets a whole hospital come back after a power cut. The party is null once it may not sign in any more.
     */
    byTokenHash(tokenHash: string): Promise<{ readonly session: SessionRecord; readonly party: Party | null } | null> {
      return byTokenHash.get(tokenHash);
    },

    /** A party's sessions, the newest first. */
    async listOf(partyId: string): Promise<SessionRecord[]> {
      const rows = await db.selectFrom('sessions').selectAll().where('party_id', '=', partyId).orderBy('created_at_ms', 'desc').orderBy('id').execute();
      return rows.map(toSession);
    },

    /** Only the first caller gets true: whoever deletes it tells the world. */
    async remove(id: SessionId): Promise<boolean> {
      const row = await db.deleteFrom('sessions').where('id', '=', id).returning('id').executeTakeFirst();
      return row !== undefined;
    },

    async removeOf(partyId: string, except: SessionId | null): Promise<SessionId[]> {
      let query = db.deleteFrom('sessions').where('party_id', '=', partyId);
      if (except !== null) query = query.where('id', '!=', except);
      const rows = await query.returning('id').execute();
      return rows.map((row) => row.id);
    },

    async removeExpired(nowMs: number): Promise<SessionId[]> {
      const rows = await db.deleteFrom('sessions').where('expires_at_ms', '<=', nowMs).returning('id').execute();
      return rows.map((row) => row.id);
    },

    /** False when the session has ended meanwhile. */
    async setLastSeen(id: SessionId, atMs: number): Promise<boolean> {
      const row = await db.updateTable('sessions').set({ last_seen_at_ms: atMs }).where('id', '=', id).returning('id').executeTakeFirst();
      return row !== undefined;
    },
  };
}

async function findByTokenHashes(db: Kysely<Schema>, hashes: readonly string[]) {
  const rows = await db
    .selectFrom('sessions')
    .leftJoin('people', (join) => join.on('sessions.party_kind', '=', 'person').onRef('people.id', '=', 'sessions.party_id').on('people.is_active', '=', true))
    .leftJoin('carts', (join) => join.on('sessions.party_kind', '=', 'cart').onRef('carts.id', '=', 'sessions.party_id').on('carts.is_revoked', '=', false))
    .leftJoin('organisations', (join) => join.on((on) => on('organisations.id', '=', on.fn.coalesce('people.organisation_id', 'carts.organisation_id'))))
    .selectAll('sessions')
    .select([
      'people.name_zh as person_zh', 'people.name_en as person_en', 'people.title_zh', 'people.title_en', 'people.role', 'carts.name_zh as cart_zh', 'carts.name_en as cart_en',
      'organisations.id as organisation_id', 'organisations.name_zh as organisation_zh', 'organisations.name_en as organisation_en',
    ])
    .where('sessions.token_hash', '=', sql<string>`any(${[...hashes]}::text[])`)
    .execute();
  return new Map(rows.map((row) => [row.token_hash, { session: toSession(row), party: toParty(row) }]));
}

function toSession(row: Schema['sessions']): SessionRecord {
  return {
    id: row.id,
    party: { kind: row.party_kind, id: row.party_id },
    client: row.client,
    createdAtMs: row.created_at_ms,
    lastSeenAtMs: row.last_seen_at_ms,
    expiresAtMs: row.expires_at_ms,
  };
}

interface PartyColumns {
  readonly party_id: string;
  readonly person_zh: string | null;
  readonly person_en: string | null;
  readonly title_zh: string | null;
  readonly title_en: string | null;
  readonly role: Role | null;
  readonly cart_zh: string | null;
  readonly cart_en: string | null;
  readonly organisation_id: OrganisationId | null;
  readonly organisation_zh: string | null;
  readonly organisation_en: string | null;
}

function toParty(row: PartyColumns): Party | null {
  const { party_id: id, organisation_id, organisation_zh, organisation_en } = row;
  if (organisation_id === null || organisation_zh === null || organisation_en === null) return null;
  const organisation = { organisation_id, organisation_zh, organisation_en };
  // The table that was joined says which kind of id it is.
  if (row.role !== null && row.person_zh !== null && row.person_en !== null) {
    return personParty({ ...organisation, id: id as PersonId, name_zh: row.person_zh, name_en: row.person_en, title_zh: row.title_zh, title_en: row.title_en, role: row.role });
  }
  if (row.cart_zh !== null && row.cart_en !== null) return cartParty({ ...organisation, id: id as CartId, name_zh: row.cart_zh, name_en: row.cart_en });
  return null;
}
