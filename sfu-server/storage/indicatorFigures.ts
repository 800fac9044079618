import type { ServiceLevels } from '#shared/domain/consultation/serviceLevel';
import type { OrganisationId } from '#shared/domain/ids';
import type { Figures, Indicators } from '#shared/protocol/indicators';
import { type Kysely, type RawBuilder, sql } from 'kysely';
import { subtreeIds } from './organisations.ts';
import type { Schema } from './schema.ts';

/** Which requests are looked at (IND1). */
export interface IndicatorRange {
  readonly rootId: OrganisationId;
  readonly fromMs: number;
  readonly toMs: number;
  readonly nowMs: number;
  /** IANA. */
  readonly timeZone: string;
  readonly respondMs: ServiceLevels['respondMs'];
}

/** A row of the sums: numbers that are means come as double precision, counts as integers. */
interface FigureRow {
  readonly requests: number; readonly emergencies: number; readonly accepted: number; readonly held: number; readonly completed: number; readonly declined: number; readonly cancelled: number; readonly no_shows: number;
  readonly accept_median: number | null; readonly accept_mean: number | null; readonly session_count: number; readonly session_median: number | null; readonly session_mean: number | null;
  readonly in_time: number; readonly answerable: number; readonly tries: number; readonly passed: number; readonly round_trip: number | null; readonly loss: number | null; readonly up: number | null;
  readonly rated: number; readonly overall: number | null; readonly timeliness: number | null; readonly quality: number | null; readonly technique: number | null;
}

/** The three ways to group at once; of each row all but one key are null. */
type GroupedRow = FigureRow & { readonly is_total: boolean; readonly centre_id: OrganisationId | null; readonly organisation_id: OrganisationId | null; readonly month: string | null };

export type IndicatorFigures = ReturnType<typeof createIndicatorFigures>;

/** Sums over requests and their steps, made by the database. */
export function createIndicatorFigures(db: Kysely<Schema>) {
  return {
    /** Everything, by centre, by hospital and by month, in one reading of the requests. */
    async grouped(range: IndicatorRange) {
      const { rows } = await sql<GroupedRow>`with facts as (${facts(range)})
        select grouping(centre_id, organisation_id, month) = 7 as is_total, centre_id, organisation_id, month, ${SUMS}
        from facts group by grouping sets ((), (centre_id), (organisation_id), (month)) order by month, centre_id, organisation_id`.execute(db);
      return rows.map((row) => ({ isTotal: row.is_total, centreId: row.centre_id, organisationId: row.organisation_id, month: row.month, figures: toFigures(row) }));
    },

    /** [IND4] */
    async bySpecialty(range: IndicatorRange): Promise<Indicators['bySpecialty']> {
      const { rows } = await sql<FigureRow & { readonly code: string }>`with facts as (${facts(range)}), wanting as (
          select facts.*, wanted.code from facts cross join lateral (select distinct one ->> 'specialty' as code from jsonb_array_elements(facts.wanted) one) wanted)
        select code, ${SUMS} from wanting group by code order by code`.execute(db);
      return rows.map((row) => ({ code: row.code, figures: toFigures(row) }));
    },

    async reasons(range: IndicatorRange): Promise<Indicators['reasons']> {
      const { rows } = await sql<Indicators['reasons'][number]>`with facts as (${facts(range)})
        select steps.step ->> 'type' as kind, steps.step ->> 'reason' as reason, count(*)::integer as count
        from facts join consult_request_steps steps on steps.request_id = facts.id
        where steps.step ->> 'type' in ('decline', 'cancel', 'noShow')
        group by 1, 2 order by count(*) desc, 1, 2 limit 200`.execute(db);
      return rows;
    },

    /** Names of organisations, by id. */
    async names(): Promise<ReadonlyMap<OrganisationId, { readonly zh: string; readonly en: string }>> {
      const rows = await db.selectFrom('organisations').select(['id', 'name_zh', 'name_en']).execute();
      return new Map(rows.map(({ id, name_zh: zh, name_en: en }) => [id, { zh, en }]));
    },
  };
}

/** One row for each request, with what its steps say. */
function facts({ rootId, fromMs, toMs, nowMs, timeZone, respondMs }: IndicatorRange): RawBuilder<unknown> {
  const tree = subtreeIds(rootId);
  return sql`
    select r.id, r.centre_id, r.organisation_id, r.urgency_rank, r.state, r.submitted_at_ms, r.body -> 'form' -> 'wanted' as wanted, r.body -> 'ratings' -> 'hospital' as rating,
      to_char(to_timestamp(r.submitted_at_ms / 1000.0) at time zone ${timeZone}::text, 'YYYY-MM') as month,
      r.submitted_at_ms + case r.urgency_rank when 0 then ${respondMs.emergency}::bigint when 1 then ${respondMs.urgent}::bigint else ${respondMs.routine}::bigint end as due_at_ms,
      ${nowMs}::bigint as now_ms, s.*
    from consult_requests r cross join lateral (
      select min(at_ms) filter (where step ->> 'type' = 'accept') as accepted_at_ms,
        min(at_ms) filter (where step ->> 'type' in ('accept', 'decline', 'returnForMaterial')) as answered_at_ms,
        min(at_ms) filter (where step ->> 'type' = 'start') as started_at_ms,
        count(*) filter (where step ->> 'type' = 'noShow') as no_shows,
        count(*) filter (where step ->> 'type' = 'rehearse') as tries,
        count(*) filter (where step ->> 'type' = 'rehearse' and (step -> 'rehearsal' ->> 'hasPassed')::boolean) as passed,
        sum((step -> 'rehearsal' ->> 'roundTripMs')::double precision) as round_trips, count(step -> 'rehearsal' ->> 'roundTripMs') as round_trip_count,
        sum((step -> 'rehearsal' ->> 'lossRatio')::double precision) as losses, count(step -> 'rehearsal' ->> 'lossRatio') as loss_count,
        sum((step -> 'rehearsal' ->> 'upBps')::double precision) as ups, count(step -> 'rehearsal' ->> 'upBps') as up_count
      from consult_request_steps where request_id = r.id) s
    where r.submitted_at_ms >= ${fromMs} and r.submitted_at_ms < ${toMs} and (r.centre_id in ${tree} or r.organisation_id in ${tree})`;
}

const star = (name: string) => sql`avg((rating ->> ${sql.lit(name)})::double precision)`;
const wait = (reached: string) => sql`${sql.ref(reached)} - submitted_at_ms`;
const mean = (total: string, number: string) => sql`(sum(${sql.ref(total)}) / nullif(sum(${sql.ref(number)}), 0))::double precision`;

const SUMS = sql`count(*)::integer as requests, count(*) filter (where urgency_rank = 0)::integer as emergencies,
  count(accepted_at_ms)::integer as accepted, count(started_at_ms)::integer as held,
  count(*) filter (where state in ('completed', 'rated', 'archived'))::integer as completed, count(*) filter (where state = 'declined')::integer as declined,
  count(*) filter (where state = 'cancelled')::integer as cancelled, coalesce(sum(no_shows), 0)::integer as no_shows,
  percentile_cont(0.5) within group (order by ${wait('accepted_at_ms')}) as accept_median, avg(${wait('accepted_at_ms')})::double precision as accept_mean,
  count(started_at_ms)::integer as session_count, percentile_cont(0.5) within group (order by ${wait('started_at_ms')}) as session_median, avg(${wait('started_at_ms')})::double precision as session_mean,
  count(*) filter (where answered_at_ms <= due_at_ms)::integer as in_time, count(*) filter (where answered_at_ms is not null or (due_at_ms < now_ms and state <> 'cancelled'))::integer as answerable,
  coalesce(sum(tries), 0)::integer as tries, coalesce(sum(passed), 0)::integer as passed,
  ${mean('round_trips', 'round_trip_count')} as round_trip, ${mean('losses', 'loss_count')} as loss, ${mean('ups', 'up_count')} as up,
  count(rating ->> 'overall')::integer as rated, ${star('overall')} as overall, ${star('timeliness')} as timeliness, ${star('quality')} as quality, ${star('technique')} as technique`;

function toFigures(row: FigureRow): Figures {
  return {
    requests: row.requests, emergencies: row.emergencies, accepted: row.accepted, held: row.held, completed: row.completed, declined: row.declined, cancelled: row.cancelled, noShows: row.no_shows,
    toAccepted: { count: row.accepted, medianMs: row.accept_median, meanMs: row.accept_mean },
    toSession: { count: row.session_count, medianMs: row.session_median, meanMs: row.session_mean },
    answered: { inTime: row.in_time, of: row.answerable },
    rehearsals: { count: row.tries, passed: row.passed, roundTripMs: row.round_trip, lossRatio: row.loss, upBps: row.up },
    ratings: { count: row.rated, overall: row.overall, timeliness: row.timeliness, quality: row.quality, technique: row.technique },
  };
}
