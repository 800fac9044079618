import type { AbsenceId, DutyId, OrganisationId, PersonId, VenueId } from '#shared/domain/ids';
import type { Absence, Duty, Expert, Expertise, ScheduleProfile, Span, Venue, Week } from '#shared/domain/scheduling';
import { gradesFrom, type SpecialtyCode, specialtiesCovering, type TitleGrade } from '#shared/domain/specialties';
import { AppError } from '#shared/protocol/errors';
import { type Kysely, sql } from 'kysely';
import { subtreeIds } from './organisations.ts';
import { personParty, selectPeople } from './parties.ts';
import type { Schema } from './schema.ts';

/** How many absences one person may have ahead, and how many entries a list holds. */
const MOST_ABSENCES = 500;
const LIST_LIMIT = 2000;

export type ScheduleProfiles = ReturnType<typeof createScheduleProfiles>;

/** What people can be asked for and when, who is on duty, and which rooms there are. */
export function createScheduleProfiles(db: Kysely<Schema>) {
  return {
    /** With absences that end after `sinceMs`; null when there is no such person. */
    async profile(personId: PersonId, sinceMs: number): Promise<ScheduleProfile | null> {
      const row = await selectPeople(db).leftJoin('expertise', 'expertise.person_id', 'people.id').select(['expertise.grade', 'expertise.time_zone', 'expertise.hours']).where('people.id', '=', personId).executeTakeFirst();
      if (row === undefined) return null;
      const specialties = await db.selectFrom('person_specialties').select('specialty').where('person_id', '=', personId).orderBy('specialty').execute();
      const absences = await db.selectFrom('absences').selectAll().where('person_id', '=', personId).where('ends_at_ms', '>', sinceMs).orderBy('starts_at_ms').limit(MOST_ABSENCES).execute();
      return {
        person: personParty(row),
        expertise: { grade: row.grade, specialties: specialties.map(({ specialty }) => specialty) },
        week: row.time_zone === null || row.hours === null ? null : { timeZone: row.time_zone, hours: [...row.hours] },
        absences: absences.map((absence) => ({ id: absence.id, kind: absence.kind, fromMs: absence.starts_at_ms, untilMs: absence.ends_at_ms })),
      };
    },

    async setExpertise(personId: PersonId, { grade, specialties }: Expertise): Promise<void> {
      await db.transaction().execute(async (trx) => {
        await trx.insertInto('expertise').values({ person_id: personId, grade, time_zone: null, hours: null }).onConflict((conflict) => conflict.column('person_id').doUpdateSet({ grade })).execute();
        await trx.deleteFrom('person_specialties').where('person_id', '=', personId).execute();
        const distinct = [...new Set(specialties)];
        if (distinct.length > 0) await trx.insertInto('person_specialties').values(distinct.map((specialty) => ({ person_id: personId, specialty }))).execute();
      });
    },

    /** Null: the default week counts again. */
    async setWeek(personId: PersonId, week: Week | null): Promise<void> {
      const said = { time_zone: week?.timeZone ?? null, hours: week === null ? null : JSON.stringify(week.hours) };
      await db.insertInto('expertise').values({ person_id: personId, grade: null, ...said }).onConflict((conflict) => conflict.column('person_id').doUpdateSet(said)).execute();
    },

    /** @throws AppError `capacity.full` when the person has as many ahead as are kept */
    async addAbsence(personId: PersonId, absence: Absence, nowMs: number): Promise<void> {
      const { ahead } = await db.selectFrom('absences').select((select) => select.fn.countAll<number>().as('ahead')).where('person_id', '=', personId).where('ends_at_ms', '>', nowMs).executeTakeFirstOrThrow();
      if (ahead >= MOST_ABSENCES) throw new AppError('capacity.full', 'too many absences');
      await db.insertInto('absences').values({ id: absence.id, person_id: personId, kind: absence.kind, starts_at_ms: absence.fromMs, ends_at_ms: absence.untilMs }).execute();
    },

    /** @returns false: that person has no such absence */
    async removeAbsence(personId: PersonId, id: AbsenceId): Promise<boolean> {
      return (await db.deleteFrom('absences').where('id', '=', id).where('person_id', '=', personId).returning('id').executeTakeFirst()) !== undefined;
    },

    /** Active experts of a specialty (null: of any) with at least that title, the least loaded in `loadSpan` first; at most 2000. */
    async experts(specialty: SpecialtyCode | null, leastGrade: TitleGrade, { fromMs, untilMs }: Span): Promise<Expert[]> {
      let query = selectPeople(db)
        .leftJoin('expertise', 'expertise.person_id', 'people.id')
        .select((select) => [
          'expertise.grade',
          sql<string | null>`(select string_agg(specialty, ' ' order by specialty) from person_specialties where person_id = people.id)`.as('specialties'),
          select.selectFrom('bookings').select((count) => count.fn.countAll<number>().as('load')).where('resource_kind', '=', 'person').whereRef('resource_id', '=', sql.ref('people.id')).where('ends_at_ms', '>', fromMs).where('starts_at_ms', '<', untilMs).as('load'),
        ])
        .where('people.is_active', '=', true)
        .where('people.role', '=', 'expert');
      if (specialty !== null) query = query.where('people.id', 'in', db.selectFrom('person_specialties').select('person_id').where('specialty', 'in', specialtiesCovering(specialty)));
      if (leastGrade !== 'resident') query = query.where('expertise.grade', 'in', gradesFrom(leastGrade));
      const rows = await query.orderBy('load').orderBy('people.id').limit(LIST_LIMIT).execute();
      // Codes were parsed before they were written.
      return rows.map((row) => ({ person: personParty(row), expertise: { grade: row.grade, specialties: (row.specialties?.split(' ') ?? []) as SpecialtyCode[] }, load: row.load ?? 0 }));
    },

    /** Duties for the organisations of a tree that touch the time, by beginning; at most 2000. */
    async duties(rootId: OrganisationId, { fromMs, untilMs }: Span): Promise<Duty[]> {
      const rows = await db.selectFrom('duties').selectAll().where('organisation_id', 'in', subtreeIds(rootId)).where('ends_at_ms', '>', fromMs).where('starts_at_ms', '<', untilMs).orderBy('starts_at_ms').limit(LIST_LIMIT).execute();
      if (rows.length === 0) return [];
      const people = await selectPeople(db).where('people.id', 'in', [...new Set(rows.map((row) => row.person_id))]).execute();
      const parties = new Map(people.map((row) => [row.id, personParty(row)]));
      return rows.flatMap((row) => {
        const person = parties.get(row.person_id);
        return person === undefined ? [] : [{ id: row.id, organisationId: row.organisation_id, role: row.role, specialty: row.specialty, person, fromMs: row.starts_at_ms, untilMs: row.ends_at_ms }];
      });
    },

    async addDuty({ id, organisationId, role, specialty, fromMs, untilMs }: Omit<Duty, 'person'>, personId: PersonId): Promise<void> {
      await db.insertInto('duties').values({ id, organisation_id: organisationId, role, specialty, person_id: personId, starts_at_ms: fromMs, ends_at_ms: untilMs }).execute();
    },

    /** @returns false: no organisation of that tree has such an entry */
    async removeDuty(id: DutyId, rootId: OrganisationId): Promise<boolean> {
      return (await db.deleteFrom('duties').where('id', '=', id).where('organisation_id', 'in', subtreeIds(rootId)).returning('id').executeTakeFirst()) !== undefined;
    },

    /** Rooms of a tree, by organisation; at most 2000. */
    async venues(rootId: OrganisationId): Promise<Venue[]> {
      const rows = await db.selectFrom('venues').selectAll().where('organisation_id', 'in', subtreeIds(rootId)).orderBy('organisation_id').orderBy('id').limit(LIST_LIMIT).execute();
      return rows.map(toVenue);
    },

    async venue(id: VenueId): Promise<Venue | null> {
      const row = await db.selectFrom('venues').selectAll().where('id', '=', id).executeTakeFirst();
      return row === undefined ? null : toVenue(row);
    },

    /** Adds a room, or renames or retires it; whose it is stays. */
    async saveVenue({ id, organisationId, name, isRetired }: Venue): Promise<void> {
      const said = { name_zh: name.zh, name_en: name.en, is_retired: isRetired };
      await db.insertInto('venues').values({ id, organisation_id: organisationId, ...said }).onConflict((conflict) => conflict.column('id').doUpdateSet(said)).execute();
    },
  };
}

function toVenue(row: Schema['venues']): Venue {
  return { id: row.id, organisationId: row.organisation_id, name: { zh: row.name_zh, en: row.name_en }, isRetired: row.is_retired };
}
