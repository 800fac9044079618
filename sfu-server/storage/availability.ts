import type { CartId, ConsultId, PersonId, VenueId } from '#shared/domain/ids';
import type { Hours, Resource, Span } from '#shared/domain/scheduling';
import type { SpecialtyCode, TitleGrade } from '#shared/domain/specialties';
import { type Kysely, sql } from 'kysely';
import type { Schema } from './schema.ts';

/** Somebody who could come, with everything that decides when. */
export interface PersonAvailability {
  readonly id: PersonId;
  readonly grade: TitleGrade | null;
  readonly specialties: readonly SpecialtyCode[];
  /** Null: not said. */
  readonly week: { readonly timeZone: string; readonly hours: readonly Hours[] } | null;
  readonly busy: readonly Span[];
  readonly absent: readonly Span[];
  readonly onDuty: readonly Span[];
  /** Sessions in the time that was asked for. */
  readonly load: number;
}

export interface Availability {
  readonly people: readonly PersonAvailability[];
  readonly things: readonly { readonly resource: Resource; readonly busy: readonly Span[] }[];
}

export interface AvailabilityQuestion {
  readonly personIds: readonly PersonId[];
  /** Every active expert besides who has one of the specialties and one of the grades of any of these; without a title one counts as a resident. */
  readonly experts: readonly { readonly specialties: readonly SpecialtyCode[]; readonly grades: readonly TitleGrade[] }[];
  readonly cartIds: readonly CartId[];
  readonly venueId: VenueId | null;
  readonly span: Span;
  /** In which sessions are counted as load. */
  readonly loadSpan: Span;
  /** A session whose bookings do not count as busy; null: all do. */
  readonly moving: ConsultId | null;
}

interface Row {
  readonly kind: Resource['kind'];
  readonly id: string;
  readonly grade: TitleGrade | null;
  readonly time_zone: string | null;
  readonly hours: readonly Hours[] | null;
  readonly specialties: string | null;
  readonly busy: string | null;
  readonly absent: string | null;
  readonly on_duty: string | null;
  readonly load: number;
}

/** People of the question who are not active are left out; so are carts that were revoked and rooms that are not used any more. */
export async function readAvailability(db: Kysely<Schema>, { personIds, experts, cartIds, venueId, span, loadSpan, moving }: AvailabilityQuestion): Promise<Availability> {
  // Spans travel as text: tens of thousands of rows cost more to read one by one than to put together there and take apart here.
  const asText = sql`string_agg(starts_at_ms || '-' || ends_at_ms, ' ')`;
  const within = ({ fromMs, untilMs }: Span) => sql`ends_at_ms > ${fromMs}::bigint and starts_at_ms < ${untilMs}::bigint`;
  const spansIn = (table: 'bookings' | 'absences' | 'duties', owner: ReturnType<typeof sql>) => sql`(select ${asText} from ${sql.table(table)} where ${owner} and ${within(span)})`;
  const isAnother = moving === null ? sql`true` : sql`consult_id <> ${moving}`;
  const fits = experts.map(({ specialties, grades }) => sql`(coalesce(expertise.grade, 'resident') = any(${[...grades]}::text[])
    and people.id in (select person_id from person_specialties where specialty = any(${[...specialties]}::text[])))`);
  const bookedThing = (kind: Resource['kind'], table: 'carts' | 'venues', ids: readonly string[], isGone: 'is_revoked' | 'is_retired') => sql`union all
    select ${kind}::text, id, null, null, null, null, ${spansIn('bookings', sql`resource_kind = ${kind}::text and resource_id = ${sql.ref(`${table}.id`)} and ${isAnother}`)}, null, null, 0
    from ${sql.table(table)} where id = any(${[...ids]}::text[]) and not ${sql.ref(isGone)}`;
  const { rows } = await sql<Row>`
    select 'person' as kind, people.id, expertise.grade, expertise.time_zone, expertise.hours,
      (select string_agg(specialty, ' ') from person_specialties where person_id = people.id) as specialties,
      held.busy,
      ${spansIn('absences', sql`person_id = people.id`)} as absent,
      ${spansIn('duties', sql`person_id = people.id`)} as on_duty,
      held.load
    from people left join expertise on expertise.person_id = people.id
    cross join lateral (
      select ${asText} filter (where ${within(span)} and ${isAnother}) as busy, (count(*) filter (where ${within(loadSpan)}))::integer as load
      from bookings where resource_kind = 'person' and resource_id = people.id and ${within({ fromMs: Math.min(span.fromMs, loadSpan.fromMs), untilMs: Math.max(span.untilMs, loadSpan.untilMs) })}) held
    where people.is_active and (people.id = any(${[...personIds]}::text[]) or (people.role = 'expert' and (${sql.join([sql`false`, ...fits], sql` or `)})))
    ${cartIds.length === 0 ? sql`` : bookedThing('cart', 'carts', cartIds, 'is_revoked')}
    ${venueId === null ? sql`` : bookedThing('venue', 'venues', [venueId], 'is_retired')}`.execute(db);
  const people: PersonAvailability[] = [];
  const things: Availability['things'][number][] = [];
  for (const row of rows) {
    const busy = toSpans(row.busy);
    // The kind beside an id says which kind of id it is; codes were parsed before they were written.
    if (row.kind !== 'person') things.push({ resource: { kind: row.kind, id: row.id as CartId | VenueId }, busy });
    else {
      people.push({
        id: row.id as PersonId, grade: row.grade, specialties: (row.specialties?.split(' ') ?? []) as SpecialtyCode[],
        week: row.time_zone === null || row.hours === null ? null : { timeZone: row.time_zone, hours: row.hours },
        busy, absent: toSpans(row.absent), onDuty: toSpans(row.on_duty), load: row.load,
      });
    }
  }
  return { people, things };
}

function toSpans(text: string | null): Span[] {
  if (text === null) return [];
  return text.split(' ').map((span) => {
    const dash = span.indexOf('-');
    return { fromMs: Number(span.slice(0, dash)), untilMs: Number(span.slice(dash + 1)) };
  });
}
