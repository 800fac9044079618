import type { CartId, ConsultId, ConsultRequestId, OrganisationId, PersonId, SeriesId, VenueId } from '#shared/domain/ids';
import type { Party } from '#shared/domain/people';
import type { CivilDate, Recurrence } from '#shared/domain/recurrence';
import type { Answer, Appointment, Invitation, Resource } from '#shared/domain/scheduling';
import type { SpecialtyCode } from '#shared/domain/specialties';
import { type Kysely, sql, type Transaction } from 'kysely';
import { subtreeIds } from './organisations.ts';
import { personParty, selectPeople } from './parties.ts';
import type { Schema } from './schema.ts';

/** What planning adds to a consult that is there. */
export interface NewAppointment {
  readonly consultId: ConsultId;
  readonly requestId: ConsultRequestId | null;
  readonly timeZone: string;
  readonly specialty: SpecialtyCode | null;
  readonly centreId: OrganisationId;
  readonly venueId: VenueId | null;
  readonly series: { readonly id: SeriesId; readonly date: CivilDate } | null;
  readonly invited: readonly { readonly personId: PersonId; readonly answer: Answer }[];
  readonly nowMs: number;
}

/** A series with what its calendar file needs. */
export interface SeriesRecord {
  readonly id: SeriesId;
  readonly rule: Recurrence;
  readonly minuteOfDay: number;
  readonly sequence: number;
}

/** The longest list of a calendar. */
const CALENDAR_LIMIT = 2000;

type Db = Kysely<Schema>;

function appointmentRows(db: Db) {
  return db
    .selectFrom('appointments')
    .innerJoin('consults', 'consults.id', 'appointments.consult_id')
    .selectAll('appointments')
    .select(['consults.kind', 'consults.state', 'consults.starts_at_ms', 'consults.duration_minutes', 'consults.question', 'consults.organisation_id', 'consults.host_person_id']);
}
type AppointmentRow = Awaited<ReturnType<ReturnType<typeof appointmentRows>['execute']>>[number];

/** Adds the appointment of a consult and whom it invites. */
export async function insertAppointment(trx: Transaction<Schema>, appointment: NewAppointment): Promise<void> {
  const { consultId, requestId, timeZone, specialty, centreId, venueId, series, invited, nowMs } = appointment;
  await trx
    .insertInto('appointments')
    .values({
      consult_id: consultId, request_id: requestId, time_zone: timeZone, specialty, centre_id: centreId, venue_id: venueId, sequence: 0,
      series_id: series?.id ?? null, series_date: series?.date ?? null, cancel_reason: null, changed_at_ms: nowMs,
    })
    .execute();
  if (invited.length === 0) return;
  await trx
    .insertInto('invitations')
    .values(invited.map(({ personId, answer }, position) => ({ consult_id: consultId, person_id: personId, position, answer, reason: null, answered_at_ms: answer === 'pending' ? null : nowMs })))
    .execute();
}

export async function insertSeries(trx: Transaction<Schema>, series: Omit<SeriesRecord, 'sequence'>): Promise<void> {
  await trx.insertInto('session_series').values({ id: series.id, rule: JSON.stringify(series.rule), minute_of_day: series.minuteOfDay, sequence: 0 }).execute();
}

/** Makes everybody else who would change it wait until the end of `trx`, and gives it as it is; null when there is none. */
export async function lockAppointment(trx: Transaction<Schema>, id: ConsultId): Promise<Appointment | null> {
  await trx.selectFrom('appointments').select('consult_id').where('consult_id', '=', id).forUpdate().execute();
  return readAppointment(trx, id);
}

export async function readAppointment(db: Db, id: ConsultId): Promise<Appointment | null> {
  const rows = await appointmentRows(db).where('appointments.consult_id', '=', id).execute();
  return (await withParts(db, rows))[0] ?? null;
}

/** Those of a series that are still to be held, from that day of its rule on (null: all), by their day; the whole series is locked, in the order of their ids. */
export async function lockSeries(trx: Transaction<Schema>, seriesId: SeriesId, fromDate: CivilDate | null): Promise<readonly Appointment[]> {
  await trx.selectFrom('appointments').select('consult_id').where('series_id', '=', seriesId).orderBy('consult_id').forUpdate().execute();
  let query = appointmentRows(trx).where('series_id', '=', seriesId).where('consults.state', '=', 'scheduled');
  if (fromDate !== null) query = query.where('series_date', '>=', fromDate);
  return withParts(trx, await query.orderBy('series_date').execute());
}

/** What of an appointment is changed; what is left out stays. */
export interface AppointmentChange {
  readonly startsAtMs?: number;
  readonly durationMinutes?: number;
  readonly venueId?: VenueId | null;
  readonly hostPersonId?: PersonId;
  readonly cancelReason?: string;
}

/** Changes it and raises its sequence, and that of its series, which is at least as high. @returns the new sequence */
export async function changeAppointment(trx: Transaction<Schema>, { consultId, series, sequence }: Pick<Appointment, 'consultId' | 'series' | 'sequence'>, change: AppointmentChange, nowMs: number): Promise<number> {
  const { startsAtMs, durationMinutes, venueId, hostPersonId, cancelReason } = change;
  let next = sequence + 1;
  if (series !== null) {
    const raised = await trx.updateTable('session_series').set((set) => ({ sequence: set('sequence', '+', 1) })).where('id', '=', series.id).returning('sequence').executeTakeFirstOrThrow();
    next = raised.sequence;
  }
  await trx
    .updateTable('appointments')
    .set({ sequence: next, changed_at_ms: nowMs, ...(venueId === undefined ? {} : { venue_id: venueId }), ...(cancelReason === undefined ? {} : { cancel_reason: cancelReason }) })
    .where('consult_id', '=', consultId)
    .execute();
  if (startsAtMs === undefined && durationMinutes === undefined && hostPersonId === undefined && cancelReason === undefined) return next;
  await trx
    .updateTable('consults')
    .set({
      ...(startsAtMs === undefined ? {} : { starts_at_ms: startsAtMs }),
      ...(durationMinutes === undefined ? {} : { duration_minutes: durationMinutes }),
      ...(hostPersonId === undefined ? {} : { host_person_id: hostPersonId }),
      ...(cancelReason === undefined ? {} : { state: 'cancelled' as const, ended_at_ms: nowMs }),
    })
    .where('id', '=', consultId)
    .execute();
  return next;
}

/** What somebody answered; whoever was not invited is invited by it. */
export async function setAnswer(trx: Transaction<Schema>, consultId: ConsultId, personId: PersonId, answer: Answer, reason: string | null, nowMs: number): Promise<void> {
  const said = { answer, reason, answered_at_ms: answer === 'pending' ? null : nowMs };
  await trx
    .insertInto('invitations')
    .values({ consult_id: consultId, person_id: personId, position: 1000, ...said })
    .onConflict((conflict) => conflict.columns(['consult_id', 'person_id']).doUpdateSet(said))
    .execute();
}

/** Everybody who has not declined is asked anew: what they agreed to has changed. */
export async function askAgain(trx: Transaction<Schema>, consultId: ConsultId, exceptPersonId: PersonId | null): Promise<void> {
  let query = trx.updateTable('invitations').set({ answer: 'pending', reason: null, answered_at_ms: null }).where('consult_id', '=', consultId).where('answer', '=', 'accepted');
  if (exceptPersonId !== null) query = query.where('person_id', '!=', exceptPersonId);
  await query.execute();
}

export async function removeInvitation(trx: Transaction<Schema>, consultId: ConsultId, personId: PersonId): Promise<void> {
  await trx.deleteFrom('invitations').where('consult_id', '=', consultId).where('person_id', '=', personId).execute();
}

/** A member reads the case and enters the room; a person who declined does neither. */
export async function setMember(trx: Transaction<Schema>, consultId: ConsultId, party: { readonly kind: Party['kind']; readonly id: PersonId | CartId }, isMember: boolean): Promise<void> {
  if (!isMember) {
    await trx.deleteFrom('consult_members').where('consult_id', '=', consultId).where('party_id', '=', party.id).execute();
    return;
  }
  await trx
    .insertInto('consult_members')
    .values({ consult_id: consultId, party_kind: party.kind, party_id: party.id, position: 1000 })
    .onConflict((conflict) => conflict.columns(['consult_id', 'party_id']).doNothing())
    .execute();
}

export type Appointments = ReturnType<typeof createAppointments>;

/** Reading appointments. */
export function createAppointments(db: Db) {
  return {
    byId: (id: ConsultId) => readAppointment(db, id),

    /** Those of the ids that there are, in any order. */
    async byIds(ids: readonly ConsultId[]): Promise<Appointment[]> {
      return ids.length === 0 ? [] : withParts(db, await appointmentRows(db).where('appointments.consult_id', 'in', ids).execute());
    },

    /** Of a request, the newest: it has one, unless that was cancelled and another planned. */
    async ofRequest(requestId: ConsultRequestId): Promise<Appointment | null> {
      const rows = await appointmentRows(db).where('request_id', '=', requestId).orderBy('changed_at_ms', 'desc').limit(1).execute();
      return (await withParts(db, rows))[0] ?? null;
    },

    /** What keeps a resource busy in that time, by start. */
    async ofResource(resource: Resource, fromMs: number, untilMs: number): Promise<Appointment[]> {
      const held = db.selectFrom('bookings').select('consult_id').where('resource_kind', '=', resource.kind).where('resource_id', '=', resource.id).where('ends_at_ms', '>', fromMs).where('starts_at_ms', '<', untilMs);
      return withParts(db, await appointmentRows(db).where('appointments.consult_id', 'in', held).orderBy('consults.starts_at_ms').limit(CALENDAR_LIMIT).execute());
    },

    /** Sessions for the hospitals, or held by the centres, of a tree, by start; cancelled ones too. */
    async ofTree(rootId: OrganisationId, fromMs: number, untilMs: number): Promise<Appointment[]> {
      const rows = await appointmentRows(db)
        .where((where) => where.or([where('consults.organisation_id', 'in', subtreeIds(rootId)), where('appointments.centre_id', 'in', subtreeIds(rootId))]))
        .where('consults.starts_at_ms', '<', untilMs)
        .where(sql<number>`consults.starts_at_ms + consults.duration_minutes * 60000::bigint`, '>', fromMs)
        .orderBy('consults.starts_at_ms')
        .limit(CALENDAR_LIMIT)
        .execute();
      return withParts(db, rows);
    },

    /** For a calendar file: a person's appointments since `fromMs`, cancelled and declined ones too, and the series they belong to. */
    async ofPerson(personId: PersonId, fromMs: number): Promise<{ readonly appointments: readonly Appointment[]; readonly series: readonly SeriesRecord[] }> {
      const invited = db.selectFrom('invitations').select('consult_id').where('person_id', '=', personId);
      const appointments = await withParts(db, await appointmentRows(db).where('appointments.consult_id', 'in', invited).where('consults.starts_at_ms', '>=', fromMs).orderBy('consults.starts_at_ms').limit(CALENDAR_LIMIT).execute());
      return { appointments, series: await seriesOf(db, appointments) };
    },

    /** Every session of a series, by its day; cancelled ones too. */
    async ofSeries(seriesId: SeriesId): Promise<Appointment[]> {
      return withParts(db, await appointmentRows(db).where('series_id', '=', seriesId).orderBy('series_date').execute());
    },

    async seriesOf(appointments: readonly Appointment[]): Promise<readonly SeriesRecord[]> {
      return seriesOf(db, appointments);
    },

    /** Sessions and minutes of each active person of a tree in that time, and how often they declined; most sessions first. */
    async workload(rootId: OrganisationId, fromMs: number, untilMs: number): Promise<{ readonly person: Party; readonly sessions: number; readonly minutes: number; readonly declined: number }[]> {
      const people = await selectPeople(db).where('people.organisation_id', 'in', subtreeIds(rootId)).where('people.is_active', '=', true).where('people.role', 'in', ['expert', 'requester', 'scheduler']).limit(5000).execute();
      const inTime = db
        .selectFrom('invitations')
        .innerJoin('consults', 'consults.id', 'invitations.consult_id')
        .where('consults.starts_at_ms', '>=', fromMs)
        .where('consults.starts_at_ms', '<', untilMs)
        .where('consults.state', '!=', 'cancelled')
        .where('invitations.person_id', 'in', people.length === 0 ? sql<PersonId>`(select null)` : people.map(({ id }) => id));
      const counted = await inTime
        .select((select) => [
          'invitations.person_id',
          select.fn.countAll<number>().filterWhere('answer', '!=', 'declined').as('sessions'),
          sql<number>`coalesce(sum(duration_minutes) filter (where answer <> 'declined'), 0)::bigint`.as('minutes'),
          select.fn.countAll<number>().filterWhere('answer', '=', 'declined').as('declined'),
        ])
        .groupBy('invitations.person_id')
        .execute();
      const byPerson = new Map(counted.map((row) => [row.person_id, row]));
      return people
        .map((row) => {
          const own = byPerson.get(row.id);
          return { person: personParty(row), sessions: own?.sessions ?? 0, minutes: own?.minutes ?? 0, declined: own?.declined ?? 0 };
        })
        .sort((a, b) => b.sessions - a.sessions);
    },
  };
}

async function seriesOf(db: Db, appointments: readonly Appointment[]): Promise<readonly SeriesRecord[]> {
  const ids = [...new Set(appointments.flatMap(({ series }) => (series === null ? [] : [series.id])))];
  if (ids.length === 0) return [];
  const rows = await db.selectFrom('session_series').selectAll().where('id', 'in', ids).execute();
  return rows.map((row) => ({ id: row.id, rule: row.rule, minuteOfDay: row.minute_of_day, sequence: row.sequence }));
}

/** Adds panels and carts: three queries for any number of appointments. */
async function withParts(db: Db, rows: readonly AppointmentRow[]): Promise<Appointment[]> {
  if (rows.length === 0) return [];
  const ids = rows.map((row) => row.consult_id);
  const invited = await db.selectFrom('invitations').selectAll().where('consult_id', 'in', ids).orderBy('position').orderBy('person_id').execute();
  const people = invited.length === 0 ? [] : await selectPeople(db).where('people.id', 'in', [...new Set(invited.map((row) => row.person_id))]).execute();
  const parties = new Map(people.map((row) => [row.id, personParty(row)]));
  const carts = await db.selectFrom('consult_members').select(['consult_id', 'party_id']).where('consult_id', 'in', ids).where('party_kind', '=', 'cart').orderBy('position').execute();
  const panels = new Map<ConsultId, Invitation[]>(ids.map((id) => [id, []]));
  for (const row of invited) {
    const person = parties.get(row.person_id);
    if (person) panels.get(row.consult_id)?.push({ person, answer: row.answer, reason: row.reason, answeredAtMs: row.answered_at_ms });
  }
  const cartIds = new Map<ConsultId, CartId[]>(ids.map((id) => [id, []]));
  for (const row of carts) cartIds.get(row.consult_id)?.push(row.party_id as CartId); // a row of a cart
  return rows.map((row) => ({
    consultId: row.consult_id,
    requestId: row.request_id,
    kind: row.kind,
    state: row.state,
    startsAtMs: row.starts_at_ms,
    durationMinutes: row.duration_minutes,
    timeZone: row.time_zone,
    title: row.question,
    specialty: row.specialty,
    organisationId: row.organisation_id,
    centreId: row.centre_id,
    hostPersonId: row.host_person_id,
    panel: panels.get(row.consult_id) ?? [],
    cartIds: cartIds.get(row.consult_id) ?? [],
    venueId: row.venue_id,
    sequence: row.sequence,
    series: row.series_id === null || row.series_date === null ? null : { id: row.series_id, date: row.series_date },
    cancelReason: row.cancel_reason,
  }));
}
