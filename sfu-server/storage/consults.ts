import type { ConsultState, ConsultSummary } from '#shared/domain/consult';
import type { CartId, CaseId, ConsultId, OrganisationId, PersonId } from '#shared/domain/ids';
import type { Bilingual, Party } from '#shared/domain/people';
import { hasPermission } from '#shared/domain/roles';
import { AppError } from '#shared/protocol/errors';
import { required } from '#shared/lib/assert';
import { type Kysely, type Selectable, sql, type Transaction } from 'kysely';
import { beginCase, firstItemsOf, linkConsult } from './caseStart.ts';
import { subtreeIds } from './organisations.ts';
import { cartParty, type PartyRef, personParty, selectCarts, selectPeople } from './parties.ts';
import type { Schema } from './schema.ts';

/** A consult with everything the room needs to open. Times are Unix epoch ms of the server's civil clock. */
export interface ConsultRecord {
  readonly id: ConsultId;
  readonly kind: ConsultSummary['kind'];
  readonly state: ConsultState;
  readonly startsAtMs: number;
  readonly durationMinutes: number;
  /** The whole name; masked by `summariseConsult` before it leaves for a list. */
  readonly patient: { readonly name: string; readonly age: number | null; readonly sex: ConsultSummary['patientSex'] };
  readonly question: string;
  readonly organisationId: OrganisationId;
  readonly organisationName: Bilingual;
  /** The appointed host, who is also a member. */
  readonly host: Party;
  readonly members: readonly Party[];
  readonly isLocked: boolean;
  readonly hasWaitingRoom: boolean;
  /** When it first went in session. */
  readonly startedAtMs: number | null;
}

export interface NewConsult {
  readonly id: ConsultId;
  readonly kind: ConsultSummary['kind'];
  readonly state: ConsultState;
  readonly startsAtMs: number;
  readonly durationMinutes: number;
  readonly patient: ConsultRecord['patient'];
  readonly question: string;
  readonly organisationId: OrganisationId;
  readonly hostPersonId: PersonId;
  /** In the order in which they are shown; the host is added when missing. */
  readonly members: readonly PartyRef[];
  readonly hasWaitingRoom: boolean;
  readonly createdAtMs: number;
  /** The case it is about, which is begun when there is none of that id; null: it is about no one patient (a weekly MDT). */
  readonly caseFile: { readonly id: CaseId; readonly begunBy: Party } | null;
}

/** From which states each may be reached; staying is always allowed. */
const COMES_FROM: Readonly<Record<ConsultState, readonly ConsultState[]>> = {
  scheduled: [],
  inSession: ['scheduled'],
  ended: ['inSession'],
  cancelled: ['scheduled'],
};

/** How many consults a list holds at most. */
const LIST_LIMIT = 500;

type ConsultRow = Selectable<Schema['consults']> & { readonly organisation_zh: string; readonly organisation_en: string };

export type Consults = ReturnType<typeof createConsults>;

/** Consults, their members, and who was admitted. */
export function createConsults(db: Kysely<Schema>) {
  const rows = db
    .selectFrom('consults')
    .innerJoin('organisations', 'organisations.id', 'consults.organisation_id')
    .selectAll('consults')
    .select(['organisations.name_zh as organisation_zh', 'organisations.name_en as organisation_en']);

  const ofMember = (partyId: string) => db.selectFrom('consult_members').select('consult_id').where('party_id', '=', partyId);

  return {
    /**
     * Consults that touch the time from `fromMs` to `toMs`, and those still in session, that the party is part of; with
     * `consult.administer` also all of the party's organisation and those below. By start, at most 500.
     */
    async listFor(party: Party, fromMs: number, toMs: number): Promise<ConsultRecord[]> {
      const found = await rows
        .where('consults.starts_at_ms', '<', toMs)
        .where((where) => where.or([where(sql<number>`consults.starts_at_ms + consults.duration_minutes * 60000::bigint`, '>', fromMs), where('consults.state', '=', 'inSession')]))
        .where((where) =>
          where.or([
            where('consults.id', 'in', ofMember(party.id)),
            ...(hasPermission(party.role, 'consult.administer') ? [where('consults.organisation_id', 'in', subtreeIds(party.organisationId))] : []),
          ]),
        )
        .orderBy('consults.starts_at_ms')
        .orderBy('consults.id')
        .limit(LIST_LIMIT)
        .execute();
      return withParties(db, found);
    },

    async byId(id: ConsultId): Promise<ConsultRecord | null> {
      const row = await rows.where('consults.id', '=', id).executeTakeFirst();
      if (row === undefined) return null;
      const [record] = await withParties(db, [row]);
      return record ?? null;
    },

    async create(consult: NewConsult): Promise<void> {
      await db.transaction().execute((trx) => insertConsult(trx, consult));
    },

    /**
     * Moves a consult on; already there is no change. What an ended one had booked from then on is given back.
     * @param nowMs kept as the start when it goes in session, as the end when it is ended or cancelled
     * @throws AppError `record.conflict` when the present state does not lead there, `consult.notFound`
     */
    async setState(id: ConsultId, state: ConsultState, nowMs: number): Promise<void> {
      const from = COMES_FROM[state];
      const moveOn = async (trx: Kysely<Schema>): Promise<boolean> => {
        const moved = await trx
          .updateTable('consults')
          .set(state === 'inSession' ? { state, started_at_ms: nowMs } : { state, ended_at_ms: nowMs })
          .where('id', '=', id)
          .where('state', 'in', from)
          .returning('id')
          .executeTakeFirst();
        if (moved !== undefined && state === 'ended') await giveBackFrom(trx, id, nowMs);
        return moved !== undefined;
      };
      // A step of the workflow brings its own transaction.
      if (from.length > 0 && (await (db.isTransaction ? moveOn(db) : db.transaction().execute(moveOn)))) return;
      const row = await db.selectFrom('consults').select('state').where('id', '=', id).executeTakeFirst();
      if (row === undefined) throw new AppError('consult.notFound', 'no such consult');
      if (row.state !== state) throw new AppError('record.conflict', `a consult that is ${row.state} cannot become ${state}`);
    },

    async setLocked(id: ConsultId, isLocked: boolean): Promise<void> {
      await db.updateTable('consults').set({ is_locked: isLocked }).where('id', '=', id).execute();
    },

    /** Appoints a host, who becomes a member when not yet one. */
    async setHost(id: ConsultId, personId: PersonId): Promise<void> {
      await db.transaction().execute(async (trx) => {
        await trx.updateTable('consults').set({ host_person_id: personId }).where('id', '=', id).execute();
        await trx
          .insertInto('consult_members')
          .values({ consult_id: id, party_kind: 'person', party_id: personId, position: 1000 })
          .onConflict((conflict) => conflict.columns(['consult_id', 'party_id']).doNothing())
          .execute();
      });
    },

    async isMember(id: ConsultId, partyId: string): Promise<boolean> {
      return (await ofMember(partyId).where('consult_id', '=', id).executeTakeFirst()) !== undefined;
    },

    /** Remembers that the host let the party in, so that nobody waits twice, not even after the server was killed. */
    async recordAdmission(id: ConsultId, partyId: string, atMs: number): Promise<void> {
      await db
        .insertInto('consult_admissions')
        .values({ consult_id: id, party_id: partyId, at_ms: atMs })
        .onConflict((conflict) => conflict.columns(['consult_id', 'party_id']).doNothing())
        .execute();
    },

    async isAdmitted(id: ConsultId, partyId: string): Promise<boolean> {
      const row = await db.selectFrom('consult_admissions').select('party_id').where('consult_id', '=', id).where('party_id', '=', partyId).executeTakeFirst();
      return row !== undefined;
    },

    /** Takes an admission back: the party was removed and has to ask again. */
    async revokeAdmission(id: ConsultId, partyId: string): Promise<void> {
      await db.deleteFrom('consult_admissions').where('consult_id', '=', id).where('party_id', '=', partyId).execute();
    },
  };
}

/** The rest of a session that ended before its time is free again: somebody may be needed elsewhere at once. */
async function giveBackFrom(db: Kysely<Schema>, id: ConsultId, nowMs: number): Promise<void> {
  await db.deleteFrom('bookings').where('consult_id', '=', id).where('starts_at_ms', '>=', nowMs).execute();
  await db.updateTable('bookings').set({ ends_at_ms: nowMs }).where('consult_id', '=', id).where('ends_at_ms', '>', nowMs).execute();
}

/** Adds a consult within a transaction, and its case when it has one. */
export async function insertConsult(trx: Transaction<Schema>, consult: NewConsult): Promise<void> {
  const isHostMember = consult.members.some((member) => member.id === consult.hostPersonId);
  const members: readonly PartyRef[] = isHostMember ? consult.members : [{ kind: 'person', id: consult.hostPersonId }, ...consult.members];
  const distinct = [...new Map(members.map((member) => [member.id, member])).values()];
  await trx
    .insertInto('consults')
    .values({
      id: consult.id, kind: consult.kind, state: consult.state, starts_at_ms: consult.startsAtMs, duration_minutes: consult.durationMinutes,
      patient_name: consult.patient.name, patient_age: consult.patient.age, patient_sex: consult.patient.sex, question: consult.question,
      organisation_id: consult.organisationId, host_person_id: consult.hostPersonId, is_locked: false, has_waiting_room: consult.hasWaitingRoom,
      created_at_ms: consult.createdAtMs, started_at_ms: consult.state === 'inSession' ? consult.startsAtMs : null, ended_at_ms: null,
    })
    .execute();
  await trx
    .insertInto('consult_members')
    .values(distinct.map((member, position) => ({ consult_id: consult.id, party_kind: member.kind, party_id: member.id, position })))
    .execute();
  if (consult.caseFile === null) return;
  const { id: caseId, begunBy } = consult.caseFile;
  await beginCase(trx, { id: caseId, organisationId: consult.organisationId, begunBy, items: firstItemsOf(consult.patient, consult.question), attachments: [], nowMs: consult.createdAtMs });
  await linkConsult(trx, caseId, consult.id);
}

/** Adds hosts and members: three queries for any number of consults. */
async function withParties(db: Kysely<Schema>, consults: readonly ConsultRow[]): Promise<ConsultRecord[]> {
  if (consults.length === 0) return [];
  const memberships = await db.selectFrom('consult_members').selectAll().where('consult_id', 'in', consults.map((row) => row.id)).orderBy('position').execute();
  // The kind beside an id says which kind of id it is.
  const personIds = [...memberships.filter((row) => row.party_kind === 'person').map((row) => row.party_id as PersonId), ...consults.map((row) => row.host_person_id)];
  const cartIds = memberships.filter((row) => row.party_kind === 'cart').map((row) => row.party_id as CartId);
  const people = await selectPeople(db).where('people.id', 'in', personIds).execute();
  const carts = cartIds.length === 0 ? [] : await selectCarts(db).where('carts.id', 'in', cartIds).execute();
  const parties = new Map<string, Party>([...people.map(personParty), ...carts.map(cartParty)].map((party) => [party.id, party]));
  const members = new Map<ConsultId, Party[]>();
  for (const row of memberships) {
    const party = parties.get(row.party_id);
    if (party) members.set(row.consult_id, [...(members.get(row.consult_id) ?? []), party]);
  }
  return consults.map((row) => ({
    id: row.id,
    kind: row.kind,
    state: row.state,
    startsAtMs: row.starts_at_ms,
    durationMinutes: row.duration_minutes,
    patient: { name: row.patient_name, age: row.patient_age, sex: row.patient_sex },
    question: row.question,
    organisationId: row.organisation_id,
    organisationName: { zh: row.organisation_zh, en: row.organisation_en },
    host: required(parties.get(row.host_person_id), 'the host, by its foreign key'),
    members: members.get(row.id) ?? [],
    isLocked: row.is_locked,
    hasWaitingRoom: row.has_waiting_room,
    startedAtMs: row.started_at_ms,
  }));
}
