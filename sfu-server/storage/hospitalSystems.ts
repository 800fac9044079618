import type { SystemScope } from '#shared/domain/hospitalSystem';
import type { HospitalSystemId, OrganisationId } from '#shared/domain/ids';
import type { HospitalSystem } from '#shared/protocol/systems';
import type { Kysely } from 'kysely';
import { subtreeIds } from './organisations.ts';
import type { Schema } from './schema.ts';

export interface NewHospitalSystem {
  readonly id: HospitalSystemId;
  readonly organisationId: OrganisationId;
  readonly name: string;
  readonly scopes: readonly SystemScope[];
  /** Server's civil clock. */
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
}

const LIST_LIMIT = 1000;

export type HospitalSystemStore = ReturnType<typeof createHospitalSystemStore>;

/** Systems of hospitals, with the hashes of their tokens; the rules are in `auth/hospitalSystems.ts`. */
export function createHospitalSystemStore(db: Kysely<Schema>) {
  const records = () =>
    db
      .selectFrom('hospital_systems')
      .innerJoin('organisations', 'organisations.id', 'hospital_systems.organisation_id')
      .selectAll('hospital_systems')
      .select(['organisations.name_zh', 'organisations.name_en']);
  type Row = Awaited<ReturnType<ReturnType<typeof records>['execute']>>[number];
  const toRecord = (row: Row): HospitalSystem => ({
    id: row.id, name: row.name, organisationId: row.organisation_id, organisationName: { zh: row.name_zh, en: row.name_en }, scopes: [...row.scopes],
    createdAtMs: row.created_at_ms, expiresAtMs: row.expires_at_ms, revokedAtMs: row.revoked_at_ms, lastUsedAtMs: row.last_used_at_ms,
  });

  return {
    /** @param tokenHash SHA-256, hex */
    async insert({ id, organisationId, name, scopes, createdAtMs, expiresAtMs }: NewHospitalSystem, tokenHash: string): Promise<void> {
      await db
        .insertInto('hospital_systems')
        .values({ id, organisation_id: organisationId, name, scopes: JSON.stringify(scopes), token_hash: tokenHash, created_at_ms: createdAtMs, expires_at_ms: expiresAtMs, revoked_at_ms: null, last_used_at_ms: null })
        .execute();
    },

    /** Revoked and expired ones too. */
    async byTokenHash(tokenHash: string): Promise<HospitalSystem | null> {
      const row = await records().where('token_hash', '=', tokenHash).executeTakeFirst();
      return row === undefined ? null : toRecord(row);
    },

    async byId(id: HospitalSystemId): Promise<HospitalSystem | null> {
      const row = await records().where('hospital_systems.id', '=', id).executeTakeFirst();
      return row === undefined ? null : toRecord(row);
    },

    /** Those of an organisation and all below it, the newest first; at most 1000. */
    async within(rootId: OrganisationId): Promise<HospitalSystem[]> {
      const rows = await records().where('organisation_id', 'in', subtreeIds(rootId)).orderBy('created_at_ms', 'desc').orderBy('hospital_systems.id').limit(LIST_LIMIT).execute();
      return rows.map(toRecord);
    },

    /** Only the first call changes anything. */
    async revoke(id: HospitalSystemId, nowMs: number): Promise<void> {
      await db.updateTable('hospital_systems').set({ revoked_at_ms: nowMs }).where('id', '=', id).where('revoked_at_ms', 'is', null).execute();
    },

    async setLastUsed(id: HospitalSystemId, atMs: number): Promise<void> {
      await db.updateTable('hospital_systems').set({ last_used_at_ms: atMs }).where('id', '=', id).execute();
    },
  };
}
