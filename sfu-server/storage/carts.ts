import type { CartId, OrganisationId } from '#shared/domain/ids';
import type { Bilingual, Party } from '#shared/domain/people';
import type { cartRecordSchema } from '#shared/protocol/admin';
import type { Kysely } from 'kysely';
import type { z } from 'zod';
import { takeLock } from './locks.ts';
import { subtreeIds } from './organisations.ts';
import { cartParty, selectCarts } from './parties.ts';
import type { Schema } from './schema.ts';

export type CartRecord = z.infer<typeof cartRecordSchema>;

export type Carts = ReturnType<typeof createCarts>;

/** Ward carts: their keys and their one-time enrolment codes. */
export function createCarts(db: Kysely<Schema>) {
  const records = selectCarts(db)
    .leftJoin('enrolment_codes', 'enrolment_codes.cart_id', 'carts.id')
    .select(['carts.public_key', 'carts.is_revoked', 'carts.last_seen_at_ms', 'enrolment_codes.expires_at_ms']);

  return {
    async create(cart: { readonly id: CartId; readonly organisationId: OrganisationId; readonly name: Bilingual; readonly createdAtMs: number }): Promise<void> {
      await db
        .insertInto('carts')
        .values({ id: cart.id, organisation_id: cart.organisationId, name_zh: cart.name.zh, name_en: cart.name.en, public_key: null, is_revoked: false, last_seen_at_ms: null, created_at_ms: cart.createdAtMs })
        .execute();
    },

    /** The cart as others see it, enrolled or not. */
    async party(id: CartId): Promise<Party | null> {
      const row = await selectCarts(db).where('carts.id', '=', id).executeTakeFirst();
      return row === undefined ? null : cartParty(row);
    },

    /** Those of `ids` that are not revoked. */
    async activeParties(ids: readonly CartId[]): Promise<Party[]> {
      if (ids.length === 0) return [];
      const rows = await selectCarts(db).where('carts.id', 'in', ids).where('carts.is_revoked', '=', false).execute();
      return rows.map(cartParty);
    },

    /** Every cart that is not revoked, at most 5000. */
    async directory(): Promise<Party[]> {
      const rows = await selectCarts(db).where('carts.is_revoked', '=', false).orderBy('carts.organisation_id').orderBy('carts.id').limit(5000).execute();
      return rows.map(cartParty);
    },

    /** @param nowMs server's civil clock, to tell a code that still holds */
    async record(id: CartId, nowMs: number): Promise<CartRecord | null> {
      const row = await records.where('carts.id', '=', id).executeTakeFirst();
      return row === undefined ? null : toRecord(row, nowMs);
    },

    /** Carts of an organisation and all below it, at most 5000. */
    async recordsWithin(rootId: OrganisationId, nowMs: number): Promise<CartRecord[]> {
      const rows = await records.where('carts.organisation_id', 'in', subtreeIds(rootId)).orderBy('carts.created_at_ms').limit(5000).execute();
      return rows.map((row) => toRecord(row, nowMs));
    },

    /** The public key (JWK as JSON text) of an enrolled cart that is not revoked. */
    async publicKey(id: CartId): Promise<string | null> {
      const row = await db.selectFrom('carts').select('public_key').where('id', '=', id).where('is_revoked', '=', false).executeTakeFirst();
      return row?.public_key ?? null;
    },

    async setPublicKey(id: CartId, publicKey: string): Promise<void> {
      await db.updateTable('carts').set({ public_key: publicKey }).where('id', '=', id).where('is_revoked', '=', false).execute();
    },

    async setLastSeen(id: CartId, atMs: number): Promise<void> {
      await db.updateTable('carts').set({ last_seen_at_ms: atMs }).where('id', '=', id).execute();
    },

    /** The cart's key and code are destroyed; it can never sign in again. */
    async revoke(id: CartId): Promise<void> {
      await db.transaction().execute(async (trx) => {
        await takeLock(trx, 'enrolment');
        await trx.deleteFrom('enrolment_codes').where('cart_id', '=', id).execute();
        await trx.updateTable('carts').set({ is_revoked: true, public_key: null }).where('id', '=', id).execute();
      });
    },

    /**
     * Keeps a code's hash in place of the cart's earlier one; what has expired goes.
     * @returns false when another cart holds the same code at this moment: draw again
     */
    async putEnrolmentCode(cartId: CartId, codeHash: string, expiresAtMs: number, nowMs: number): Promise<boolean> {
      return db.transaction().execute(async (trx) => {
        await takeLock(trx, 'enrolment');
        await trx.deleteFrom('enrolment_codes').where((where) => where.or([where('expires_at_ms', '<=', nowMs), where('cart_id', '=', cartId)])).execute();
        const taken = await trx.selectFrom('enrolment_codes').select('cart_id').where('code_hash', '=', codeHash).executeTakeFirst();
        if (taken !== undefined) return false;
        await trx.insertInto('enrolment_codes').values({ cart_id: cartId, code_hash: codeHash, expires_at_ms: expiresAtMs, tries: 0 }).execute();
        return true;
      });
    },

    /**
     * Spends a code and gives its cart the key. A code names no cart, so every try counts against all codes outstanding, and one
     * that has seen `maxTries` is dead. One lock around it: parallel tries are counted one after another.
     * @returns the cart, or null for a wrong, spent, expired or dead code
     */
    async enrol(codeHash: string, publicKey: string, nowMs: number, maxTries: number): Promise<CartId | null> {
      return db.transaction().execute(async (trx) => {
        await takeLock(trx, 'enrolment');
        const spent = await trx
          .deleteFrom('enrolment_codes')
          .where('code_hash', '=', codeHash)
          .where('expires_at_ms', '>', nowMs)
          .where('tries', '<', maxTries)
          .returning('cart_id')
          .executeTakeFirst();
        if (spent === undefined) {
          await trx.updateTable('enrolment_codes').set((set) => ({ tries: set('tries', '+', 1) })).execute();
          return null;
        }
        await trx.updateTable('carts').set({ public_key: publicKey }).where('id', '=', spent.cart_id).execute();
        return spent.cart_id;
      });
    },
  };
}

type RecordRow = Parameters<typeof cartParty>[0] & {
  readonly public_key: string | null;
  readonly is_revoked: boolean;
  readonly last_seen_at_ms: number | null;
  readonly expires_at_ms: number | null;
};

function toRecord(row: RecordRow, nowMs: number): CartRecord {
  const party = cartParty(row);
  return { id: row.id, name: party.name, organisationId: row.organisation_id, organisationName: party.organisationName, state: stateOf(row, nowMs), lastSeenAtMs: row.last_seen_at_ms };
}

function stateOf(row: RecordRow, nowMs: number): CartRecord['state'] {
  if (row.is_revoked) return 'revoked';
  if (row.expires_at_ms !== null && row.expires_at_ms > nowMs) return 'awaitingEnrolment';
  return row.public_key === null ? 'new' : 'enrolled';
}
