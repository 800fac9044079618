import { type ConsultRequest, consultRequestSchema } from '#shared/domain/consultation/request';
import type { CaseId, CaseItemId, ConsultId, ConsultRequestId, OrganisationId, PersonId } from '#shared/domain/ids';
import type { Organisation, Party } from '#shared/domain/people';
import type { SpecialtyCode, TitleGrade } from '#shared/domain/specialties';
import { type Kysely, sql, type Transaction } from 'kysely';
import { type StoredItem, toItem } from './caseRecords.ts';
import { treeIds } from './facadeRows.ts';
import { createPartyDirectory, personParty, selectPeople } from './parties.ts';
import type { Schema } from './schema.ts';

/** What another system knows something by: whose numbering, and which number. */
export interface OutsideIdentifier {
  readonly system: string;
  readonly value: string;
}

export interface FacadeRequest {
  readonly request: ConsultRequest;
  readonly identifiers: readonly OutsideIdentifier[];
  readonly requester: Party | null;
}

export interface FacadePerson {
  readonly party: Party;
  readonly isActive: boolean;
  readonly specialties: readonly SpecialtyCode[];
  readonly grade: TitleGrade | null;
}

/** A session as an encounter. Times are Unix epoch ms of the server's civil clock. */
export interface FacadeSession {
  readonly id: ConsultId;
  readonly state: Schema['consults']['state'];
  readonly organisationId: OrganisationId;
  readonly startsAtMs: number;
  readonly startedAtMs: number | null;
  readonly endedAtMs: number | null;
  readonly hasAppointment: boolean;
  readonly requestId: ConsultRequestId | null;
  readonly members: readonly Party[];
}

export interface FacadeAuditEntry {
  readonly sequence: number;
  readonly atMs: number;
  readonly actorKind: Schema['audit']['actor_kind'];
  readonly actorId: string | null;
  readonly action: string;
  readonly subject: string | null;
  readonly outcome: Schema['audit']['outcome'];
  readonly code: string | null;
}

export type FacadeRecords = ReturnType<typeof createFacadeRecords>;

/** What the rows of `facadeRows.ts` stand for, whole. Who may see them was asked there; here it is not. */
export function createFacadeRecords(db: Kysely<Schema>) {
  const parties = createPartyDirectory(db);
  return {
    async requests(ids: readonly string[]): Promise<FacadeRequest[]> {
      if (ids.length === 0) return [];
      const own = ids as readonly ConsultRequestId[]; // ids of rows of that table
      const rows = await db.selectFrom('consult_requests').select('body').where('id', 'in', own).execute();
      const identifiers = await db.selectFrom('request_identifiers').selectAll().where('request_id', 'in', own).orderBy('system').orderBy('value').execute();
      const requests = rows.map(({ body }) => consultRequestSchema.parse(body));
      const named = new Map((await parties.named(requests.map(({ requesterId }) => requesterId))).map((party) => [party.id as string, party]));
      return requests.map((request) => ({ request, requester: named.get(request.requesterId) ?? null, identifiers: identifiers.filter((row) => row.request_id === request.id).map(({ system, value }) => ({ system, value })) }));
    },

    async sessions(ids: readonly string[]): Promise<FacadeSession[]> {
      if (ids.length === 0) return [];
      const own = ids as readonly ConsultId[]; // ids of rows of that table
      const rows = await db
        .selectFrom('consults')
        .leftJoin('appointments', 'appointments.consult_id', 'consults.id')
        .select(['consults.id', 'state', 'organisation_id', 'starts_at_ms', 'started_at_ms', 'ended_at_ms', 'appointments.consult_id as appointment_id', 'appointments.request_id'])
        .where('consults.id', 'in', own)
        .execute();
      const members = await db.selectFrom('consult_members').select(['consult_id', 'party_id']).where('consult_id', 'in', own).orderBy('position').orderBy('party_id').execute();
      const named = new Map((await parties.named([...new Set(members.map(({ party_id }) => party_id))])).map((party) => [party.id as string, party]));
      return rows.map((row) => ({
        id: row.id, state: row.state, organisationId: row.organisation_id, startsAtMs: row.starts_at_ms, startedAtMs: row.started_at_ms, endedAtMs: row.ended_at_ms,
        hasAppointment: row.appointment_id !== null, requestId: row.request_id,
        members: members.flatMap((member) => (member.consult_id === row.id ? (named.get(member.party_id) ?? []) : [])),
      }));
    },

    async people(ids: readonly string[]): Promise<FacadePerson[]> {
      if (ids.length === 0) return [];
      const rows = await selectPeople(db)
        .leftJoin('expertise', 'expertise.person_id', 'people.id')
        .select(['people.is_active', 'expertise.grade', sql<string | null>`(select string_agg(specialty, ' ' order by specialty) from person_specialties where person_id = people.id)`.as('specialties')])
        .where('people.id', 'in', ids as readonly PersonId[]) // ids of rows of that table
        .execute();
      // Codes were parsed before they were written.
      return rows.map((row) => ({ party: personParty(row), isActive: row.is_active, grade: row.grade, specialties: (row.specialties?.split(' ') ?? []) as SpecialtyCode[] }));
    },

    async organisations(ids: readonly string[]): Promise<Organisation[]> {
      if (ids.length === 0) return [];
      const rows = await db.selectFrom('organisations').selectAll().where('id', 'in', ids as readonly OrganisationId[]).execute(); // ids of rows of that table
      return rows.map((row) => ({ id: row.id, parentId: row.parent_id, tier: row.tier, name: { zh: row.name_zh, en: row.name_en } }));
    },

    /** The ids of a whole tree: who stands in the directory of its hospitals' systems. */
    async tree(organisationId: OrganisationId): Promise<ReadonlySet<OrganisationId>> {
      const rows = await db.selectFrom('organisations').select('id').where('id', 'in', treeIds(organisationId)).execute();
      return new Set(rows.map(({ id }) => id));
    },

    async patients(caseIds: readonly string[]): Promise<{ readonly caseId: CaseId; readonly item: StoredItem }[]> {
      if (caseIds.length === 0) return [];
      const rows = await db.selectFrom('case_items').selectAll().where('case_id', 'in', caseIds as readonly CaseId[]).where('id', '=', sql<CaseItemId>`'patient'`).execute(); // ids of rows of that table
      return rows.map((row) => ({ caseId: row.case_id, item: toItem(row) }));
    },

    /** By what they are known outside: an item's own id is one of its case only. */
    async consents(ids: readonly string[]): Promise<{ readonly id: string; readonly caseId: CaseId; readonly item: StoredItem }[]> {
      if (ids.length === 0) return [];
      const known = sql<string>`md5(case_id || '/' || id)`;
      const rows = await db.selectFrom('case_items').selectAll().select(known.as('known_id')).where('kind', '=', 'consent').where(known, 'in', ids).execute();
      return rows.map((row) => ({ id: row.known_id, caseId: row.case_id, item: toItem(row) }));
    },

    async auditEntries(ids: readonly string[]): Promise<FacadeAuditEntry[]> {
      if (ids.length === 0) return [];
      const rows = await db.selectFrom('audit').selectAll().where('sequence', 'in', ids.map(Number)).execute();
      return rows.map((row) => ({ sequence: row.sequence, atMs: row.at_ms, actorKind: row.actor_kind, actorId: row.actor_id, action: row.action, subject: row.subject, outcome: row.outcome, code: row.code }));
    },

    /** The requests that the hospital's systems know by one of these, with what was sent to make them. */
    async known(organisationId: OrganisationId, identifiers: readonly OutsideIdentifier[]): Promise<{ readonly requestId: ConsultRequestId; readonly digest: string }[]> {
      const found = new Map<ConsultRequestId, string>();
      for (const { system, value } of identifiers) {
        const row = await db.selectFrom('request_identifiers').select(['request_id', 'digest']).where('organisation_id', '=', organisationId).where('system', '=', system).where('value', '=', value).executeTakeFirst();
        if (row !== undefined) found.set(row.request_id, row.digest);
      }
      return [...found].map(([requestId, digest]) => ({ requestId, digest }));
    },

    /** Keeps by what a hospital's system knows a request, in the transaction that makes it; a unique key refuses what is known already. @param digest SHA-256, hex */
    async keepIdentifiers(trx: Transaction<Schema>, organisationId: OrganisationId, requestId: ConsultRequestId, identifiers: readonly OutsideIdentifier[], digest: string): Promise<void> {
      if (identifiers.length === 0) return;
      await trx.insertInto('request_identifiers').values(identifiers.map(({ system, value }) => ({ organisation_id: organisationId, system, value, request_id: requestId, digest }))).execute();
    },
  };
}
