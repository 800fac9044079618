import type { CaseSummary } from '#shared/domain/caseFile';
import type { CaseId, OrganisationId } from '#shared/domain/ids';
import type { Party } from '#shared/domain/people';
import { hasPermission, type Role } from '#shared/domain/roles';
import { type Kysely, type RawBuilder, sql } from 'kysely';
import { subtreeIds } from './organisations.ts';
import type { Schema } from './schema.ts';

/** [ACC1] Who reads all cases of the own organisation; schedulers besides those of their tree. */
const OWN_ORGANISATION: readonly Role[] = ['requester', 'bedside', 'approver', 'cart'];

/** A case somebody may read. `accessUntilMs` null: without an end. */
export type ReadableCase = Omit<CaseSummary, 'leaseUntilMs'>;

/** Who may read a case at a moment, for telling those connected. */
export interface CaseAudience {
  /** The case's, at that moment. */
  readonly revision: number;
  readonly organisationId: OrganisationId;
  /** The organisation, the centres that have a request about the case, and those above them. */
  readonly lineage: readonly OrganisationId[];
  readonly invitedIds: readonly string[];
}

interface ReadableRow {
  readonly id: CaseId;
  readonly revision: number;
  readonly changed_at_ms: number;
  readonly organisation_id: OrganisationId;
  readonly organisation_zh: string;
  readonly organisation_en: string;
  readonly until_ms: number | null;
  readonly patient_name: string | null;
  readonly patient_sex: CaseSummary['patientSex'] | null;
  readonly patient_age: number | null;
  readonly question: string | null;
}

export type CaseAccess = ReturnType<typeof createCaseAccess>;

/**
 * The one place that knows who may read which case (ACC1, ACC2, ACC5).
 * @param accessAfterConsultMs how long an invitation gives reading after its consult's end
 */
export function createCaseAccess(db: Kysely<Schema>, accessAfterConsultMs: number) {
  /** Until when an invitation lasts: a consult that nobody began ends when it was planned to. */
  const invitationEnd = sql<number | null>`case consults.state when 'inSession' then null
    else coalesce(consults.ended_at_ms, consults.starts_at_ms + consults.duration_minutes * 60000::bigint) + ${accessAfterConsultMs}::bigint end`;

  const grantsOf = (party: Party): RawBuilder<unknown> => {
    const invited = sql`select case_consults.case_id, ${invitationEnd} as until_ms from consult_members
      join case_consults on case_consults.consult_id = consult_members.consult_id join consults on consults.id = case_consults.consult_id
      where consult_members.party_id = ${party.id}`;
    const ofOrganisation = sql`union all select id as case_id, null::bigint as until_ms from cases where organisation_id = ${party.organisationId}`;
    const ofTree = sql`union all select id as case_id, null::bigint as until_ms from cases where organisation_id in ${subtreeIds(party.organisationId)}`;
    // [ACC7] The centre that has a request about the case before it, and the centres above that one.
    const ofCentre = sql`union all select case_id, null::bigint as until_ms from consult_requests
      where state not in ('draft', 'awaitingApproval', 'declined', 'cancelled') and centre_id in ${subtreeIds(party.organisationId)}`;
    return sql`${invited} ${OWN_ORGANISATION.includes(party.role) ? ofOrganisation : sql``} ${party.role === 'scheduler' ? sql`${ofTree} ${ofCentre}` : sql``}`;
  };

  const select = async (party: Party, nowMs: number, narrow: RawBuilder<unknown>): Promise<ReadableCase[]> => {
    if (!hasPermission(party.role, 'case.read')) return [];
    const { rows } = await sql<ReadableRow>`
      with grants as (${grantsOf(party)}),
      readable as (
        select case_id, case when bool_or(until_ms is null) then null else max(until_ms) end as until_ms
        from grants where until_ms is null or until_ms > ${nowMs}::bigint group by case_id)
      select cases.id, cases.revision, cases.changed_at_ms, cases.organisation_id, organisations.name_zh as organisation_zh, organisations.name_en as organisation_en, readable.until_ms,
        patient.body ->> 'name' as patient_name, patient.body ->> 'sex' as patient_sex, (patient.body ->> 'ageYears')::integer as patient_age, request.body ->> 'question' as question
      from readable join cases on cases.id = readable.case_id join organisations on organisations.id = cases.organisation_id
      left join case_items patient on patient.case_id = cases.id and patient.id = 'patient'
      left join case_items request on request.case_id = cases.id and request.id = 'request'
      ${narrow}`.execute(db);
    return withParts(db, party, nowMs, rows);
  };

  return {
    /** Cases the party may read at `nowMs`, the last changed first. */
    async newest(party: Party, nowMs: number, limit: number): Promise<ReadableCase[]> {
      return select(party, nowMs, sql`order by cases.changed_at_ms desc, cases.id limit ${limit}`);
    },

    /** Those of the named that the party may read at `nowMs`. */
    async among(party: Party, nowMs: number, caseIds: readonly CaseId[]): Promise<ReadableCase[]> {
      return caseIds.length === 0 ? [] : select(party, nowMs, sql`where cases.id = any(${[...caseIds]}::text[])`);
    },

    /** Whether the party may see the images of the case at `nowMs`: who reads it, and observers who are invited. */
    async mayReadImages(party: Party, nowMs: number, caseId: CaseId): Promise<boolean> {
      if (!hasPermission(party.role, 'images.read')) return false;
      const { rows } = await sql<{ case_id: CaseId }>`with grants as (${grantsOf(party)})
        select case_id from grants where case_id = ${caseId} and (until_ms is null or until_ms > ${nowMs}::bigint) limit 1`.execute(db);
      return rows.length > 0;
    },

    /** Null when there is no such case. */
    async audience(caseId: CaseId, nowMs: number): Promise<CaseAudience | null> {
      const found = await db.selectFrom('cases').select(['organisation_id', 'revision']).where('id', '=', caseId).executeTakeFirst();
      if (found === undefined) return null;
      const lineage = await sql<{ id: OrganisationId }>`with recursive lineage (id, parent_id) as (
        select id, parent_id from organisations where id = ${found.organisation_id} or id in (
          select centre_id from consult_requests where case_id = ${caseId} and state not in ('draft', 'awaitingApproval', 'declined', 'cancelled'))
        union select above.id, above.parent_id from organisations above join lineage on above.id = lineage.parent_id) select id from lineage`.execute(db);
      const invited = await sql<{ party_id: string }>`select distinct consult_members.party_id from case_consults
        join consults on consults.id = case_consults.consult_id join consult_members on consult_members.consult_id = consults.id
        where case_consults.case_id = ${caseId} and coalesce(${invitationEnd}, ${nowMs}::bigint + 1) > ${nowMs}::bigint`.execute(db);
      return { revision: found.revision, organisationId: found.organisation_id, lineage: lineage.rows.map(({ id }) => id), invitedIds: invited.rows.map(({ party_id }) => party_id) };
    },
  };
}

/** Whether the party is among those who may read the case, or see its images; says the same as `CaseAccess.among` and `mayReadImages`. */
export function isInAudience(audience: CaseAudience, party: Party, what: 'case.read' | 'images.read' = 'case.read'): boolean {
  if (!hasPermission(party.role, what)) return false;
  if (OWN_ORGANISATION.includes(party.role) && party.organisationId === audience.organisationId) return true;
  if (party.role === 'scheduler' && audience.lineage.includes(party.organisationId)) return true;
  return audience.invitedIds.includes(party.id);
}

/** Adds consults and attachments: two queries for any number of cases. */
async function withParts(db: Kysely<Schema>, party: Party, nowMs: number, rows: readonly ReadableRow[]): Promise<ReadableCase[]> {
  if (rows.length === 0) return [];
  const ids = sql`any(${rows.map((row) => row.id)}::text[])`;
  const consults = await db
    .selectFrom('case_consults')
    .innerJoin('consults', 'consults.id', 'case_consults.consult_id')
    .select(['case_consults.case_id', 'consults.id', 'consults.state', 'consults.starts_at_ms', 'consults.duration_minutes'])
    .where('case_consults.case_id', '=', sql<CaseId>`${ids}`)
    .orderBy('consults.starts_at_ms')
    .orderBy('consults.id')
    .execute();
  const bytes = await sql<{ case_id: CaseId; total: number }>`select case_id, sum(size_bytes)::bigint as total from attachments
    where held_at_ms is not null and case_id = ${ids} group by case_id`.execute(db);
  const totals = new Map(bytes.rows.map((row) => [row.case_id, row.total]));
  const byCase = new Map<CaseId, typeof consults>();
  for (const consult of consults) byCase.set(consult.case_id, [...(byCase.get(consult.case_id) ?? []), consult]);
  return rows.map((row) => {
    const own = byCase.get(row.id) ?? [];
    const next = own.find((consult) => consult.state === 'inSession' || (consult.state === 'scheduled' && consult.starts_at_ms + consult.duration_minutes * 60_000 > nowMs));
    return {
      id: row.id,
      revision: row.revision,
      organisationId: row.organisation_id,
      organisationName: { zh: row.organisation_zh, en: row.organisation_en },
      patientName: row.patient_name ?? '',
      patientSex: row.patient_sex ?? 'unknown',
      patientAge: row.patient_age,
      question: row.question ?? '',
      consultIds: own.slice(-100).map((consult) => consult.id),
      nextConsultAtMs: next?.starts_at_ms ?? null,
      changedAtMs: row.changed_at_ms,
      canWrite: hasPermission(party.role, 'case.write'),
      accessUntilMs: row.until_ms,
      attachmentBytes: totals.get(row.id) ?? 0,
    };
  });
}
