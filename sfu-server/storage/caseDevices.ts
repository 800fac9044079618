import type { CartId, DeviceId, OrganisationId, PersonId } from '#shared/domain/ids';
import type { Party } from '#shared/domain/people';
import { type Kysely, type Selectable, sql } from 'kysely';
import { subtreeIds } from './organisations.ts';
import { cartParty, type PartyRef, personParty, selectCarts, selectPeople } from './parties.ts';
import type { Schema } from './schema.ts';

/** A party's copies on a machine. Times are Unix epoch ms of the server's civil clock. */
export interface DeviceRecord {
  readonly deviceId: DeviceId;
  readonly party: Party;
  readonly client: string;
  readonly cachedCases: number;
  readonly lastSeenAtMs: number;
  readonly wipeAskedAtMs: number | null;
  readonly wipeDoneAtMs: number | null;
}

const LIST_LIMIT = 5000;

export type CaseDevices = ReturnType<typeof createCaseDevices>;

/** Machines with copies of case files, one row for each party that signs in on one. */
export function createCaseDevices(db: Kysely<Schema>) {
  const within = (organisationId: OrganisationId) => sql<boolean>`case_devices.party_id in (
    select id from people where organisation_id in ${subtreeIds(organisationId)} union all select id from carts where organisation_id in ${subtreeIds(organisationId)})`;

  return {
    /** Notes that the machine was heard of. @returns whether it has been told to wipe and has not said that it did */
    async seen(deviceId: DeviceId, party: PartyRef, client: string, cachedCases: number, nowMs: number): Promise<boolean> {
      const row = await db
        .insertInto('case_devices')
        .values({ device_id: deviceId, party_kind: party.kind, party_id: party.id, client, cached_cases: cachedCases, last_seen_at_ms: nowMs, wipe_asked_at_ms: null, wipe_done_at_ms: null })
        .onConflict((conflict) => conflict.columns(['device_id', 'party_id']).doUpdateSet({ client, cached_cases: cachedCases, last_seen_at_ms: nowMs }))
        .returning(['wipe_asked_at_ms', 'wipe_done_at_ms'])
        .executeTakeFirstOrThrow();
      return row.wipe_asked_at_ms !== null && row.wipe_done_at_ms === null;
    },

    /** Machines of parties of the organisation and those below, the last heard of first, at most 5000. */
    async list(organisationId: OrganisationId): Promise<DeviceRecord[]> {
      const rows = await db.selectFrom('case_devices').selectAll().where(within(organisationId)).orderBy('last_seen_at_ms', 'desc').orderBy('device_id').limit(LIST_LIMIT).execute();
      return withParties(db, rows);
    },

    /** Asks for a wipe; the machine hears it when it next asks for its list. @returns the ids of the parties concerned; none: no such machine of that organisation */
    async askWipe(deviceId: DeviceId, organisationId: OrganisationId, nowMs: number): Promise<string[]> {
      const rows = await db.updateTable('case_devices').set({ wipe_asked_at_ms: nowMs, wipe_done_at_ms: null }).where('device_id', '=', deviceId).where(within(organisationId)).returning('party_id').execute();
      return rows.map((row) => row.party_id);
    },

    /** The party's copies on the machine are gone. @returns false when nobody had asked for that */
    async reportWiped(deviceId: DeviceId, partyId: string, nowMs: number): Promise<boolean> {
      const row = await db
        .updateTable('case_devices')
        .set({ wipe_done_at_ms: nowMs, cached_cases: 0, last_seen_at_ms: nowMs })
        .where('device_id', '=', deviceId)
        .where('party_id', '=', partyId)
        .where('wipe_asked_at_ms', 'is not', null)
        .returning('device_id')
        .executeTakeFirst();
      return row !== undefined;
    },
  };
}

async function withParties(db: Kysely<Schema>, rows: readonly Selectable<Schema['case_devices']>[]): Promise<DeviceRecord[]> {
  // The kind beside an id says which kind of id it is.
  const personIds = rows.filter((row) => row.party_kind === 'person').map((row) => row.party_id as PersonId);
  const cartIds = rows.filter((row) => row.party_kind === 'cart').map((row) => row.party_id as CartId);
  const people = personIds.length === 0 ? [] : await selectPeople(db).where('people.id', '=', sql<PersonId>`any(${personIds}::text[])`).execute();
  const carts = cartIds.length === 0 ? [] : await selectCarts(db).where('carts.id', '=', sql<CartId>`any(${cartIds}::text[])`).execute();
  const parties = new Map<string, Party>([...people.map(personParty), ...carts.map(cartParty)].map((party) => [party.id, party]));
  return rows.flatMap((row) => {
    const party = parties.get(row.party_id);
    if (party === undefined) return [];
    return [{ deviceId: row.device_id, party, client: row.client, cachedCases: row.cached_cases, lastSeenAtMs: row.last_seen_at_ms, wipeAskedAtMs: row.wipe_asked_at_ms, wipeDoneAtMs: row.wipe_done_at_ms }];
  });
}
