import { participantsOf } from '#shared/domain/consultation/access';
import type { Urgency } from '#shared/domain/consultation/form';
import { type ConsultRequest, consultRequestSchema } from '#shared/domain/consultation/request';
import type { ConsultId, ConsultRequestId, OrganisationId, PersonId } from '#shared/domain/ids';
import type { Bilingual, Party } from '#shared/domain/people';
import type { Answer, Appointment } from '#shared/domain/scheduling';
import type { NoticeAbout } from '#shared/protocol/notices';
import type { Kysely } from 'kysely';
import { readAppointment } from './appointments.ts';
import { personParty, selectPeople } from './parties.ts';
import type { Schema } from './schema.ts';

/** The session a notice speaks of, as it stands. Times are of the server's civil clock. */
export interface SubjectSession {
  readonly consultId: ConsultId;
  readonly startsAtMs: number;
  readonly durationMinutes: number;
  /** Planned, and neither begun nor called off. */
  readonly isToCome: boolean;
  readonly isCancelled: boolean;
  readonly isOfSeries: boolean;
  /** Everybody for whom it is or was a date. */
  readonly askedIds: readonly string[];
  /** Those who come, or have not said that they do not. */
  readonly comingIds: readonly string[];
  /** What those who were invited said. */
  readonly answers: ReadonlyMap<string, Answer>;
}

/** What a notice outside the client speaks of, and to whom, as it stands at this moment. */
export interface DeliverySubject {
  readonly about: NoticeAbout;
  /** Of the request, or of the session where there is none. */
  readonly state: ConsultRequest['state'] | Appointment['state'];
  /** Null: nobody applied, so nothing was said of it. */
  readonly urgency: Urgency | null;
  /** Who applied; null: nobody. */
  readonly requesterId: PersonId | null;
  readonly session: SubjectSession | null;
  /** The applying hospital, or the one the session is for. */
  readonly organisationName: Bilingual;
  readonly centreId: OrganisationId | null;
  readonly centreName: Bilingual | null;
  readonly recipient: Party;
  readonly signInName: string;
  readonly email: string | null;
  readonly isActive: boolean;
}

type Matter = Pick<DeliverySubject, 'state' | 'urgency' | 'requesterId' | 'session' | 'centreId'> & { readonly organisationId: OrganisationId };

/** Null: the matter or the person is not there any more. */
export async function readDeliverySubject(db: Kysely<Schema>, { about, personId }: { readonly about: NoticeAbout; readonly personId: PersonId }): Promise<DeliverySubject | null> {
  const matter = about.type === 'request' ? await ofRequest(db, about.requestId) : await ofSession(db, about.consultId);
  const person = await selectPeople(db).select(['people.email', 'people.is_active', 'people.sign_in_name']).where('people.id', '=', personId).executeTakeFirst();
  if (matter === null || person === undefined) return null;
  const { organisationId, ...rest } = matter;
  const names = await db.selectFrom('organisations').select(['id', 'name_zh', 'name_en']).where('id', 'in', rest.centreId === null ? [organisationId] : [organisationId, rest.centreId]).execute();
  const nameOf = (id: OrganisationId | null): Bilingual | null => {
    const row = names.find((one) => one.id === id);
    return row === undefined ? null : { zh: row.name_zh, en: row.name_en };
  };
  const organisationName = nameOf(organisationId);
  if (organisationName === null) return null;
  return { about, ...rest, organisationName, centreName: nameOf(rest.centreId), recipient: personParty(person), signInName: person.sign_in_name, email: person.email, isActive: person.is_active };
}

async function ofRequest(db: Kysely<Schema>, id: ConsultRequestId): Promise<Matter | null> {
  const row = await db.selectFrom('consult_requests').select('body').where('id', '=', id).executeTakeFirst();
  if (row === undefined) return null;
  const { state, form, requesterId, organisationId, centreId, appointment } = consultRequestSchema.parse(row.body);
  const session: SubjectSession | null = appointment && {
    consultId: appointment.consultId, startsAtMs: appointment.startsAtMs, durationMinutes: appointment.durationMinutes,
    isToCome: state === 'scheduled' || state === 'rehearsed', isCancelled: state === 'cancelled', isOfSeries: false,
    askedIds: [...appointment.panel.map(({ personId }) => personId), ...appointment.attendeeIds, appointment.hostPersonId],
    comingIds: participantsOf(appointment).map((party) => party.id),
    answers: new Map(appointment.panel.map(({ personId, answer }) => [personId as string, answer])),
  };
  return { state, urgency: form.urgency, requesterId, session, organisationId, centreId };
}

async function ofSession(db: Kysely<Schema>, consultId: ConsultId): Promise<Matter | null> {
  const found = await readAppointment(db, consultId);
  if (found === null) return null;
  const { state, startsAtMs, durationMinutes, series, panel, cartIds, organisationId, centreId } = found;
  const session: SubjectSession = {
    consultId, startsAtMs, durationMinutes, isToCome: state === 'scheduled', isCancelled: state === 'cancelled', isOfSeries: series !== null,
    askedIds: panel.map(({ person }) => person.id),
    comingIds: [...panel.flatMap(({ person, answer }) => (answer === 'declined' ? [] : [person.id])), ...cartIds],
    answers: new Map(panel.map(({ person, answer }) => [person.id as string, answer])),
  };
  return { state, urgency: null, requesterId: null, session, organisationId, centreId };
}
