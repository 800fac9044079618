import type { ConsultId, OrganisationId, PersonId } from '#shared/domain/ids';
import type { Bilingual, Party } from '#shared/domain/people';
import type { Appointment } from '#shared/domain/scheduling';
import type { Clock } from '#shared/lib/clock';
import { AppError } from '#shared/protocol/errors';
import { sha256Hex } from '../auth/digest.ts';
import type { Appointments } from '../storage/appointments.ts';
import type { CalendarFeeds } from '../storage/calendarFeeds.ts';
import type { Organisations } from '../storage/organisations.ts';
import { type CalendarAddresses, feedFile, invitationFile } from './calendarFile.ts';

/** How far back a feed reaches. */
const FEED_BEHIND_MS = 92 * 86_400_000;

export interface CalendarsOptions {
  readonly appointments: Appointments;
  readonly feeds: CalendarFeeds;
  readonly organisations: Organisations;
  readonly clock: Clock;
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

  /** One session's invitation for somebody who is, or was, on its panel. @throws AppError `consult.notFound` */
  async invitation(consultId: ConsultId, recipientId: PersonId, language: 'zh' | 'en', clientUrl: string, addresses: CalendarAddresses): Promise<string> {
    const { appointments, clock } = this.#options;
    const appointment = await appointments.byId(consultId);
    if (appointment === null || !appointment.panel.some(({ person }) => person.id === recipientId)) throw new AppError('consult.notFound', 'not invited to such a session');
    const [series] = await appointments.seriesOf([appointment]);
    return invitationFile(recipientId, [appointment], series ?? null, { language, clientUrl, nowMs: clock.wallMs(), centres: await this.#centresOf([appointment]) }, addresses);
  }

  /** That somebody need not come to a session any more, whether they are still on its panel or not; null when there is no such session. */
  async cancellation(consultId: ConsultId, recipient: Party, language: 'zh' | 'en', clientUrl: string, addresses: CalendarAddresses): Promise<string | null> {
    const { appointments, clock } = this.#options;
    const appointment = await appointments.byId(consultId);
    if (appointment === null) return null;
    const others = appointment.panel.filter(({ person }) => person.id !== recipient.id);
    const without: Appointment = { ...appointment, panel: [...others, { person: recipient, answer: 'declined', reason: null, answeredAtMs: null }] };
    const [series] = await appointments.seriesOf([appointment]);
    return invitationFile(recipient.id as PersonId, [without], series ?? null, { language, clientUrl, nowMs: clock.wallMs(), centres: await this.#centresOf([appointment]) }, addresses); // only people are invited
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
