import type { OrganisationId, PersonId } from '#shared/domain/ids';
import type { Bilingual, Party } from '#shared/domain/people';
import type { Role } from '#shared/domain/roles';
import type { personRecordSchema } from '#shared/protocol/admin';
import { AppError } from '#shared/protocol/errors';
import type { Kysely, Transaction } from 'kysely';
import type { z } from 'zod';
import { subtreeIds } from './organisations.ts';
import { personParty, selectPeople, titleOf } from './parties.ts';
import type { Schema } from './schema.ts';
import { isUniqueViolation } from './sqlErrors.ts';

export type PersonRecord = z.infer<typeof personRecordSchema>;

export interface NewPerson {
  readonly id: PersonId;
  /** Lower case. */
  readonly signInName: string;
  readonly passwordHash: string;
  readonly name: Bilingual;
  readonly title: Bilingual | null;
  readonly role: Exclude<Role, 'cart'>;
  readonly organisationId: OrganisationId;
  readonly isDemo: boolean;
  /** Server's civil clock. */
  readonly createdAtMs: number;
}

/** What sign-in compares with; never leaves the auth room. */
export interface Credentials {
  readonly personId: PersonId;
  readonly organisationId: OrganisationId;
  readonly passwordHash: string;
  readonly isActive: boolean;
}

export type People = ReturnType<typeof createPeople>;

/** Accounts of persons. */
export function createPeople(db: Kysely<Schema>) {
  const credentials = db.selectFrom('people').select(['id', 'organisation_id', 'password_hash', 'is_active']);
  const records = selectPeople(db)
    .leftJoin('sign_in_attempts', 'sign_in_attempts.sign_in_name', 'people.sign_in_name')
    .select(['people.sign_in_name', 'people.is_active', 'people.email', 'sign_in_attempts.locked_until_ms']);

  return {
    async credentialsByName(signInName: string): Promise<Credentials | null> {
      const row = await credentials.where('sign_in_name', '=', signInName).executeTakeFirst();
      return row === undefined ? null : toCredentials(row);
    },

    async credentialsById(id: PersonId): Promise<Credentials | null> {
      const row = await credentials.where('id', '=', id).executeTakeFirst();
      return row === undefined ? null : toCredentials(row);
    },

    /** The person as others see them, active or not. */
    async party(id: PersonId): Promise<Party | null> {
      const row = await selectPeople(db).where('people.id', '=', id).executeTakeFirst();
      return row === undefined ? null : personParty(row);
    },

    /** Those of `ids` who are active. */
    async activeParties(ids: readonly PersonId[]): Promise<Party[]> {
      if (ids.length === 0) return [];
      const rows = await selectPeople(db).where('people.id', 'in', ids).where('people.is_active', '=', true).execute();
      return rows.map(personParty);
    },

    /** Every active person whose role is one of `roles`, by organisation and name; at most 5000. */
    async directory(roles: readonly Role[]): Promise<Party[]> {
      if (roles.length === 0) return [];
      const rows = await selectPeople(db)
        .where('people.is_active', '=', true)
        .where('people.role', 'in', roles)
        .orderBy('people.organisation_id')
        .orderBy('people.sign_in_name')
        .limit(5000)
        .execute();
      return rows.map(personParty);
    },

    /** @param nowMs server's civil clock, to tell a lock that still holds */
    async record(id: PersonId, nowMs: number): Promise<PersonRecord | null> {
      const row = await records.where('people.id', '=', id).executeTakeFirst();
      return row === undefined ? null : toRecord(row, nowMs);
    },

    /** Accounts of an organisation and all below it, at most 5000. */
    async recordsWithin(rootId: OrganisationId, nowMs: number): Promise<PersonRecord[]> {
      const rows = await records.where('people.organisation_id', 'in', subtreeIds(rootId)).orderBy('people.sign_in_name').limit(5000).execute();
      return rows.map((row) => toRecord(row, nowMs));
    },

    /** @throws AppError `record.conflict` when the sign-in name is taken */
    async create(person: NewPerson): Promise<void> {
      try {
        await db
          .insertInto('people')
          .values({
            id: person.id, sign_in_name: person.signInName, password_hash: person.passwordHash,
            name_zh: person.name.zh, name_en: person.name.en, title_zh: person.title?.zh ?? null, title_en: person.title?.en ?? null,
            role: person.role, organisation_id: person.organisationId, is_active: true, is_demo: person.isDemo, email: null, created_at_ms: person.createdAtMs,
          })
          .execute();
      } catch (error) {
        if (isUniqueViolation(error)) throw new AppError('record.conflict', 'the sign-in name is taken', { cause: error });
        throw error;
      }
    },

    async email(id: PersonId): Promise<string | null> {
      const row = await db.selectFrom('people').select('email').where('id', '=', id).executeTakeFirst();
      return row?.email ?? null;
    },

    async setEmail(id: PersonId, email: string | null): Promise<void> {
      await db.updateTable('people').set({ email }).where('id', '=', id).execute();
    },

    async setActive(id: PersonId, isActive: boolean): Promise<void> {
      await db.updateTable('people').set({ is_active: isActive }).where('id', '=', id).execute();
    },

    /** @param also done in the same transaction: what the old password opened and the new one is to open */
    async setPasswordHash(id: PersonId, passwordHash: string, also?: (trx: Transaction<Schema>) => Promise<void>): Promise<void> {
      await db.transaction().execute(async (trx) => {
        await trx.updateTable('people').set({ password_hash: passwordHash }).where('id', '=', id).execute();
        await also?.(trx);
      });
    },

    /** True when somebody is in the database who is not of the demo hospital. */
    async hasRealPeople(): Promise<boolean> {
      const row = await db.selectFrom('people').select('id').where('is_demo', '=', false).limit(1).executeTakeFirst();
      return row !== undefined;
    },
  };
}

function toCredentials(row: Pick<Schema['people'], 'id' | 'organisation_id' | 'password_hash' | 'is_active'>): Credentials {
  return { personId: row.id, organisationId: row.organisation_id, passwordHash: row.password_hash, isActive: row.is_active };
}

type RecordRow = Parameters<typeof personParty>[0] & { readonly sign_in_name: string; readonly is_active: boolean; readonly email: string | null; readonly locked_until_ms: number | null };

function toRecord(row: RecordRow, nowMs: number): PersonRecord {
  const isLocked = row.locked_until_ms !== null && row.locked_until_ms > nowMs;
  return {
    id: row.id,
    signInName: row.sign_in_name,
    name: { zh: row.name_zh, en: row.name_en },
    title: titleOf(row),
    role: row.role,
    organisationId: row.organisation_id,
    organisationName: { zh: row.organisation_zh, en: row.organisation_en },
    lockedUntilMs: isLocked ? row.locked_until_ms : null,
    isActive: row.is_active,
    email: row.email,
  };
}
