import type { PersonId } from '#shared/domain/ids';
import type { SignatureAlgorithm } from '#shared/domain/opinion';
import type { Kysely, Transaction } from 'kysely';
import type { Schema } from './schema.ts';

/** A person's key. `sealed` is the private half, opened by the person's password; what it holds is the signing room's business. */
export interface SigningKeyRecord {
  readonly id: string;
  readonly personId: PersonId;
  readonly algorithm: SignatureAlgorithm;
  /** DER. */
  readonly certificate: Uint8Array;
  readonly sealed: object;
}

export type SigningKeys = ReturnType<typeof createSigningKeys>;

/** The keys that persons sign with: one at a time for each algorithm; earlier ones are kept, retired. */
export function createSigningKeys(db: Kysely<Schema>) {
  return {
    async current(personId: PersonId, algorithm: SignatureAlgorithm): Promise<SigningKeyRecord | null> {
      const row = await db.selectFrom('signing_keys').selectAll().where('person_id', '=', personId).where('algorithm', '=', algorithm).where('retired_at_ms', 'is', null).executeTakeFirst();
      return row === undefined ? null : toRecord(row);
    },

    /** All that are in use, whatever the algorithm. */
    async allCurrent(personId: PersonId): Promise<SigningKeyRecord[]> {
      const rows = await db.selectFrom('signing_keys').selectAll().where('person_id', '=', personId).where('retired_at_ms', 'is', null).orderBy('id').execute();
      return rows.map(toRecord);
    },

    /** Puts a new key in the place of the present one, which is retired. */
    async replace({ id, personId, algorithm, certificate, sealed }: SigningKeyRecord, nowMs: number): Promise<void> {
      await db.transaction().execute(async (trx) => {
        // Two first signings at once wait for each other here, and the later one's key is the one in use.
        await trx.selectFrom('people').select('id').where('id', '=', personId).forUpdate().execute();
        await trx.updateTable('signing_keys').set({ retired_at_ms: nowMs }).where('person_id', '=', personId).where('algorithm', '=', algorithm).where('retired_at_ms', 'is', null).execute();
        await trx.insertInto('signing_keys').values({ id, person_id: personId, algorithm, certificate: Buffer.from(certificate).toString('base64'), sealed: JSON.stringify(sealed), created_at_ms: nowMs, retired_at_ms: null }).execute();
      });
    },

    async setCertificate(id: string, certificate: Uint8Array): Promise<void> {
      await db.updateTable('signing_keys').set({ certificate: Buffer.from(certificate).toString('base64') }).where('id', '=', id).execute();
    },

    /** Within the transaction that changes the password. */
    async reseal(trx: Transaction<Schema>, id: string, sealed: object): Promise<void> {
      await trx.updateTable('signing_keys').set({ sealed: JSON.stringify(sealed) }).where('id', '=', id).execute();
    },
  };
}

function toRecord(row: { id: string; person_id: PersonId; algorithm: SignatureAlgorithm; certificate: string; sealed: object }): SigningKeyRecord {
  return { id: row.id, personId: row.person_id, algorithm: row.algorithm, certificate: new Uint8Array(Buffer.from(row.certificate, 'base64')), sealed: row.sealed };
}
