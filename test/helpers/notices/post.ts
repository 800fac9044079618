import type { OutsideChannel } from '../../../shared/domain/delivery.ts';
import type { PersonId } from '../../../shared/domain/ids.ts';
import type { Clock } from '../../../shared/lib/clock.ts';
import type { NoticeKind } from '../../../shared/domain/consultation/notices.ts';
import { newId } from '../../../sfu-server/auth/random.ts';
import type { Channel } from '../../../sfu-server/notices/channel.ts';
import { InvitationAnswers, type InvitationAnswersOptions } from '../../../sfu-server/notices/invitationAnswers.ts';
import { MailChannel } from '../../../sfu-server/notices/mailChannel.ts';
import { Outbox } from '../../../sfu-server/notices/outbox.ts';
import { WebhookChannel } from '../../../sfu-server/notices/webhookChannel.ts';
import { createSessionNotices } from '../../../sfu-server/scheduling/sessionNotices.ts';
import { Calendars } from '../../../sfu-server/scheduling/calendars.ts';
import { createAppointments } from '../../../sfu-server/storage/appointments.ts';
import { Audit } from '../../../sfu-server/storage/audit.ts';
import { createCalendarFeeds } from '../../../sfu-server/storage/calendarFeeds.ts';
import type { Database } from '../../../sfu-server/storage/database.ts';
import { createDeliveries } from '../../../sfu-server/storage/deliveries.ts';
import { createInvitationLinks } from '../../../sfu-server/storage/invitationLinks.ts';
import { createNotices } from '../../../sfu-server/storage/notices.ts';
import { createOrganisations } from '../../../sfu-server/storage/organisations.ts';
import { makeReminders } from '../../../sfu-server/storage/reminders.ts';

export const PUBLIC_URL = 'https://huizhen.example.org';
export const HOOK_SECRET = 'a-secret-of-the-hospital';

export interface PostOptions {
  readonly smtpPort: number;
  readonly hookUrl: string | null;
  readonly answer?: InvitationAnswersOptions['answer'];
  readonly signIn?: { readonly user: string; readonly password: string };
}

/** What carries notices out of the client, put together as the server does. */
export function openPost({ db }: Database, clock: Clock, { smtpPort, hookUrl, answer, signIn }: PostOptions) {
  const channels: OutsideChannel[] = ['email', ...(hookUrl === null ? [] : (['webhook'] as const))];
  const deliveries = createDeliveries(db);
  const notices = createNotices(db, newId, channels);
  const publicUrl = () => PUBLIC_URL;
  const unasked: InvitationAnswersOptions['answer'] = async () => {
    throw new Error('nobody answers here');
  };
  const told: (readonly [NoticeKind, string])[] = [];
  const sessions = createSessionNotices({ notices, clock, onNotices: (_consultId, kind, partyIds) => told.push(...partyIds.map((id) => [kind, id] as const)) });
  const answerTo: InvitationAnswersOptions['answer'] = async (trx, party, about, given) => {
    if (about.type === 'request') return (answer ?? unasked)(trx, party, about, given);
    const { tell } = await sessions.answer(trx, about.consultId, party.id as PersonId, given); // only people are sent letters
    return async () => tell();
  };
  const answers = new InvitationAnswers({ links: createInvitationLinks(db), deliveries, audit: new Audit(db, clock), clock, timeZone: 'Asia/Shanghai', publicUrl, answer: answerTo });
  const calendars = new Calendars({ appointments: createAppointments(db), feeds: createCalendarFeeds(db), organisations: createOrganisations(db), clock });
  const mail = new MailChannel({ settings: { host: '127.0.0.1', port: smtpPort, isTls: false, mayBePlain: true, signIn: signIn ?? null, from: '会诊 <noreply@huizhen.example.org>' }, calendars, answers, timeZone: 'Asia/Shanghai', publicUrl });
  const failures: unknown[] = [];
  const givenUp: string[] = [];
  const outbox = new Outbox({
    deliveries, notices, clock,
    remind: (nowMs) => makeReminders(db, notices, nowMs, (error) => failures.push(error)),
    channels: new Map<OutsideChannel, Channel>([['email', mail], ...(hookUrl === null ? [] : [['webhook', new WebhookChannel({ url: hookUrl, secret: HOOK_SECRET }, clock, publicUrl)] as const])]),
    onNotices: (_about, _urgency, kind, partyIds) => told.push(...partyIds.map((id) => [kind, id] as const)),
    onGivenUp: ({ kind, personId }, { type }) => givenUp.push(`${kind} ${personId} ${type}`),
    onFailure: (error) => failures.push(error),
  });
  return { outbox, answers, sessions, deliveries, notices, told, failures, givenUp };
}
