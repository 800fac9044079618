import type { ConsultId, OrganisationId, PersonId } from '#shared/domain/ids';
import type { Bilingual, Party } from '#shared/domain/people';
import type { Appointment } from '#shared/domain/scheduling';
import type { Clock } from '#shared/lib/clock';
import { AppError } from '#shared/protocol/errors';
import { sha256Hex } from '../auth/digest.ts';
import type { Appointments } from '../storage/appointments.ts';
import type { CalendarFeeds } from '../storage/calendarFeeds.ts';
import type { Organisations } from '../storage/organisations.ts';
import { type CalendarAddresses, feedFile, invitationFile, isComingToAny } from './calendarFile.ts';

/** How far back a feed reaches. */
const FEED_BEHIND_MS = 92 * 86_400_000;

export interface CalendarsOptions {
  readonly appointments: Appointments;
  readonly feeds: CalendarFeeds;
  readonly organisations: Organisations;
  readonly clock: Clock;
}

/** A calendar file to be sent, and what it asks of the calendar (RFC 5546). */
export interface CalendarMessage {
  readonly method: 'REQUEST' | 'CANCEL';
  readonly file: string;
}

/** Calendar files of what is in the database. */
export class Calendars {
  readonly #options: CalendarsOptions;

  constructor(options: CalendarsOptions) {
    this.#options = options;
  }

  /** The calendar behind a secret address. @throws AppError `record.notFound` for one that is not, or no longer, anybody's */
  async feed(token: string, clientUrl: string): Promise<string> {
    const { appointments, feeds, clock } = this.#options;
    const feed = await feeds.byTokenHash(sha256Hex(token));
    if (feed === null) throw new AppError('record.notFound', 'no such calendar');
    const nowMs = clock.wallMs();
    const own = await appointments.ofPerson(feed.personId, nowMs - FEED_BEHIND_MS);
    return feedFile(feed.personId, own.appointments, own.series, { language: feed.language, clientUrl, nowMs, centres: await this.#centresOf(own.appointments) });
  }

  /** One session's invitation for somebody who is, or was, on its panel; of a series, all that they come to, as it is now. @throws AppError `consult.notFound` */
  async invitation(consultId: ConsultId, recipientId: PersonId, language: 'zh' | 'en', clientUrl: string, addresses: CalendarAddresses): Promise<CalendarMessage> {
    const { appointments } = this.#options;
    const appointment = await appointments.byId(consultId);
    if (appointment === null || !appointment.panel.some(({ person }) => person.id === recipientId)) throw new AppError('consult.notFound', 'not invited to such a session');
    return this.#messageOf(appointment, recipientId, language, clientUrl, addresses);
  }

  /** That somebody need not come to a session any more, whether they are still on its panel or not; null when there is no such session. What is left to them of a series goes along. */
  async cancellation(consultId: ConsultId, recipient: Party, language: 'zh' | 'en', clientUrl: string, addresses: CalendarAddresses): Promise<CalendarMessage | null> {
    const { appointments } = this.#options;
    const appointment = await appointments.byId(consultId);
    if (appointment === null) return null;
    const others = appointment.panel.filter(({ person }) => person.id !== recipient.id);
    const without: Appointment = { ...appointment, panel: [...others, { person: recipient, answer: 'declined', reason: null, answeredAtMs: null }] };
    return this.#messageOf(without, recipient.id as PersonId, language, clientUrl, addresses); // only people are invited
  }

  async #messageOf(one: Appointment, recipientId: PersonId, language: 'zh' | 'en', clientUrl: string, addresses: CalendarAddresses): Promise<CalendarMessage> {
    const { appointments, clock } = this.#options;
    const [series] = await appointments.seriesOf([one]);
    const others = series === undefined ? [] : (await appointments.ofSeries(series.id)).filter(({ consultId, panel }) => consultId !== one.consultId && panel.some(({ person }) => person.id === recipientId));
    const all = [one, ...others];
    const file = invitationFile(recipientId, all, series ?? null, { language, clientUrl, nowMs: clock.wallMs(), centres: await this.#centresOf(all) }, addresses);
    return { method: isComingToAny(recipientId, all) ? 'REQUEST' : 'CANCEL', file };
  }

  async #centresOf(appointments: readonly Appointment[]): Promise<ReadonlyMap<OrganisationId, Bilingual>> {
    const centres = new Map<OrganisationId, Bilingual>();
    for (const id of new Set(appointments.map(({ centreId }) => centreId))) {
      const centre = await this.#options.organisations.byId(id);
      if (centre !== null) centres.set(id, centre.name);
    }
    return centres;
  }
}
