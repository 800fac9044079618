import { IDENTIFIER_SYSTEMS, SPECIALTY_SYSTEM } from '#shared/domain/fhirNames';
import type { CaseId, OrganisationId } from '#shared/domain/ids';
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Schema } from './schema.ts';

/** One test of a row. `column` is a name of `SOURCES` and never what somebody typed. Times are Unix epoch ms; null: open. */
export type Condition =
  | { readonly type: 'in'; readonly column: string; readonly values: readonly string[] }
  /** The column is a list, and one of the values is in it. */
  | { readonly type: 'has'; readonly column: string; readonly values: readonly string[] }
  /** The column is a list of names, one of which fits; upper and lower case are the same unless it is to fit exactly. */
  | { readonly type: 'named'; readonly column: string; readonly how: 'starts' | 'contains' | 'exactly'; readonly text: string }
  | { readonly type: 'within'; readonly column: string; readonly fromMs: number | null; readonly untilMs: number | null; readonly isNot: boolean };

/** Every group has to hold, of each group one condition. */
export interface RowQuery {
  readonly groups: readonly (readonly Condition[])[];
  /** By a column of numbers, then by id; null: by id alone, which never changes. */
  readonly sort: { readonly column: string; readonly isDescending: boolean } | null;
  /** Only rows after the one with these, in the order of `sort`. */
  readonly after: { readonly value: number; readonly id: string } | null;
  readonly limit: number;
}

/** A row that was found. `updatedMs` null: nobody keeps when that changes. */
export interface FacadeRow {
  readonly id: string;
  readonly updatedMs: number | null;
  /** FHIR's word for where it stands, where there is one. */
  readonly status: string | null;
  /** The case whose patient it tells of. */
  readonly caseId: CaseId | null;
  readonly sortValue: number;
}

type Source = (organisationId: OrganisationId) => RawBuilder<unknown>;

/** The whole tree that an organisation stands in, as a sub-select of ids; of one that hangs in a cycle made by hand, nothing. */
export function treeIds(organisationId: OrganisationId): RawBuilder<OrganisationId> {
  return sql<OrganisationId>`(with recursive up (id, parent_id) as (
      select id, parent_id from organisations where id = ${organisationId}
      union select above.id, above.parent_id from organisations above join up on above.id = up.parent_id),
    tree (id) as (select id from up where parent_id is null union select below.id from organisations below join tree on below.parent_id = tree.id)
    select id from tree)`;
}

/** What a search for an identifier may say: numbering and number, numbering alone, number alone. */
const identified = (system: keyof typeof IDENTIFIER_SYSTEMS, value: RawBuilder<unknown>) => sql`array[${`${IDENTIFIER_SYSTEMS[system]}|`}::text || ${value}, case when ${value} is null then null else ${`${IDENTIFIER_SYSTEMS[system]}|`}::text end, ${value}]`;

/** [FHR5] Experts and schedulers of the whole tree, and everybody of the own hospital who takes part in consults. */
const listed = (organisationId: OrganisationId) => sql`people.organisation_id in ${treeIds(organisationId)}
  and (people.role in ('expert', 'scheduler') or (people.organisation_id = ${organisationId} and people.role in ('requester', 'approver', 'bedside')))`;

const people: Source = (organisationId) => sql`select people.id, null::bigint as updated_ms, null::text as status, null::text as case_id,
    array[people.name_zh, people.name_en] as names, ${identified('party', sql`people.id`)} as identifiers,
    case when people.is_active then 'true' else 'false' end as active, people.organisation_id, array['Practitioner/' || people.id] as actors, people.role,
    array(select unnest(array[specialty, ${`${SPECIALTY_SYSTEM}|`}::text || specialty, ${`${SPECIALTY_SYSTEM}|`}::text]) from person_specialties where person_id = people.id) as specialties
  from people where ${listed(organisationId)}`;

const opinions = (organisationId: OrganisationId) => sql`select opinions.id, opinions.changed_at_ms as updated_ms,
    case opinions.status when 'signed' then 'final' when 'awaitingSignatures' then 'preliminary' else 'registered' end as status,
    opinions.case_id, 'ServiceRequest/' || opinions.request_id as request, 'Encounter/' || opinions.consult_id as encounter, opinions.changed_at_ms as date_ms
  from opinions join cases on cases.id = opinions.case_id where cases.organisation_id = ${organisationId}`;

/**
 * [FHR5] What a hospital's system may see, each kind as one table: its own hospital's requests, sessions, cases, opinions and log, and
 * the directory of its tree. The one place that says so: both reading and searching go through it.
 */
const SOURCES = {
  ServiceRequest: (organisationId) => sql`select requests.id, requests.changed_at_ms as updated_ms,
      requests.state as status, requests.case_id, requests.created_at_ms as authored_ms, requests.requester_id, requests.centre_id, requests.body -> 'form' ->> 'urgency' as urgency,
      array(select unnest(array[system || '|' || value, system || '|', value]) from request_identifiers where request_id = requests.id)
        || ${identified('request', sql`requests.id`)} as identifiers
    from consult_requests requests where requests.organisation_id = ${organisationId}`,
  Appointment: (organisationId) => sql`select consults.id,
      greatest(appointments.changed_at_ms, consults.started_at_ms, consults.ended_at_ms, (select max(answered_at_ms) from invitations where consult_id = consults.id)) as updated_ms,
      case consults.state when 'ended' then 'fulfilled' when 'inSession' then 'arrived'
        when 'cancelled' then case when exists (select from consult_requests where consult_id = consults.id and state = 'noShow') then 'noshow' else 'cancelled' end
        else case when exists (select from invitations where consult_id = consults.id and answer <> 'accepted') then 'pending' else 'booked' end end as status,
      case_consults.case_id, consults.starts_at_ms as date_ms,
      array(select 'Practitioner/' || person_id from invitations where consult_id = consults.id)
        || array(select case party_kind when 'cart' then 'Device/' else 'Practitioner/' end || party_id from consult_members where consult_id = consults.id) || array['Patient/' || case_consults.case_id] as actors,
      'ServiceRequest/' || appointments.request_id as request
    from appointments join consults on consults.id = appointments.consult_id left join case_consults on case_consults.consult_id = consults.id
    where consults.organisation_id = ${organisationId}`,
  Schedule: (organisationId) => sql`select * from (${people(organisationId)}) experts where role = 'expert' and active = 'true'`,
  Practitioner: people,
  PractitionerRole: people,
  Organization: (organisationId) => sql`select id, null::bigint as updated_ms, null::text as status, null::text as case_id, array[name_zh, name_en] as names,
      ${identified('organisation', sql`id`)} as identifiers, 'Organization/' || parent_id as parent
    from organisations where id in ${treeIds(organisationId)}`,
  Patient: (organisationId) => sql`select cases.id, patient.changed_at_ms as updated_ms, null::text as status, cases.id as case_id, array[patient.body ->> 'name'] as names,
      ${identified('recordNumber', sql`(patient.body ->> 'recordNumber')`)} || ${identified('case', sql`cases.id`)} as identifiers
    from cases join case_items patient on patient.case_id = cases.id and patient.id = 'patient' where cases.organisation_id = ${organisationId}`,
  Encounter: (organisationId) => sql`select consults.id, greatest(consults.created_at_ms, appointments.changed_at_ms, consults.started_at_ms, consults.ended_at_ms) as updated_ms,
      case consults.state when 'inSession' then 'in-progress' when 'ended' then 'finished' when 'cancelled' then 'cancelled' else 'planned' end as status,
      case_consults.case_id, coalesce(consults.started_at_ms, consults.starts_at_ms) as date_ms, 'Appointment/' || appointments.consult_id as appointment
    from consults left join appointments on appointments.consult_id = consults.id left join case_consults on case_consults.consult_id = consults.id
    where consults.organisation_id = ${organisationId}`,
  DiagnosticReport: opinions,
  Composition: (organisationId) => sql`select * from (${opinions(organisationId)}) all_opinions where status = 'final'`,
  Consent: (organisationId) => sql`select md5(case_items.case_id || '/' || case_items.id) as id, case_items.changed_at_ms as updated_ms,
      case when case_items.retraction is null then 'active' else 'entered-in-error' end as status, case_items.case_id, (case_items.body ->> 'signedAtMs')::bigint as date_ms
    from case_items join cases on cases.id = case_items.case_id where case_items.kind = 'consent' and cases.organisation_id = ${organisationId}`,
  AuditEvent: (organisationId) => sql`select sequence::text as id, at_ms as updated_ms, null::text as status, null::text as case_id, sequence, at_ms as date_ms, action, outcome,
      array[case actor_kind when 'person' then 'Practitioner/' else 'Device/' end || actor_id, actor_id] as agents
    from audit where organisation_id = ${organisationId}`,
} as const satisfies Record<string, Source>;

export type RowType = keyof typeof SOURCES;

/** Rows of one kind that a system of that organisation may see. */
export async function findRows(db: Kysely<Schema>, type: RowType, organisationId: OrganisationId, { groups, sort, after, limit }: RowQuery): Promise<FacadeRow[]> {
  const value = sort === null ? sql`0::bigint` : sql`coalesce(${sql.ref(`found.${sort.column}`)}, 0)::bigint`;
  const direction = sort?.isDescending === true ? sql`desc` : sql`asc`;
  const beyond = after === null ? sql`true` : sql`(${value}, found.id) ${sort?.isDescending === true ? sql`<` : sql`>`} (${after.value}::bigint, ${after.id}::text)`;
  const { rows } = await sql<{ id: string; updated_ms: number | null; status: string | null; case_id: CaseId | null; sort_value: number }>`
    select found.id, found.updated_ms, found.status, found.case_id, ${value} as sort_value from (${SOURCES[type](organisationId)}) found
    where ${whereOf(groups)} and ${beyond} order by ${value} ${direction}, found.id ${direction} limit ${limit}`.execute(db);
  return rows.map((row) => ({ id: row.id, updatedMs: row.updated_ms, status: row.status, caseId: row.case_id, sortValue: row.sort_value }));
}

/** How many there are. */
export async function countRows(db: Kysely<Schema>, type: RowType, organisationId: OrganisationId, groups: RowQuery['groups']): Promise<number> {
  const { rows } = await sql<{ count: number }>`select count(*)::integer as count from (${SOURCES[type](organisationId)}) found where ${whereOf(groups)}`.execute(db);
  return rows[0]?.count ?? 0;
}

function whereOf(groups: RowQuery['groups']): RawBuilder<unknown> {
  return sql.join([sql`true`, ...groups.map((group) => sql`(${sql.join([sql`false`, ...group.map(testOf)], sql` or `)})`)], sql` and `);
}

function testOf(condition: Condition): RawBuilder<unknown> {
  const column = sql.ref(`found.${condition.column}`);
  switch (condition.type) {
    case 'in':
      return sql`${column} = any(${[...condition.values]}::text[])`;
    case 'has':
      return sql`${column} && ${[...condition.values]}::text[]`;
    case 'named': {
      if (condition.how === 'exactly') return sql`${column} && ${[condition.text]}::text[]`;
      const pattern = `${condition.how === 'contains' ? '%' : ''}${condition.text.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`;
      return sql`exists (select from unnest(${column}) name where lower(name) like ${pattern}::text)`;
    }
    case 'within': {
      const test = sql`(${condition.fromMs === null ? sql`true` : sql`${column} >= ${condition.fromMs}::bigint`} and ${condition.untilMs === null ? sql`true` : sql`${column} < ${condition.untilMs}::bigint`})`;
      return condition.isNot ? sql`not ${test}` : test;
    }
  }
}
