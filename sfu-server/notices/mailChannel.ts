import { createTransport, type Transporter } from 'nodemailer';
import type { PersonId } from '#shared/domain/ids';
import type { MailSettings } from '../config.ts';
import type { CalendarAddresses } from '../scheduling/calendarFile.ts';
import { NO_ADDRESSES } from '../scheduling/calendarFile.ts';
import type { CalendarMessage, Calendars } from '../scheduling/calendars.ts';
import type { ClaimedDelivery } from '../storage/deliveries.ts';
import type { DeliverySubject } from '../storage/deliverySubject.ts';
import { type Channel, DeliveryFailure } from './channel.ts';
import type { InvitationAnswers } from './invitationAnswers.ts';
import { composeLetter } from './letter.ts';

export interface MailChannelOptions {
  readonly settings: MailSettings;
  readonly calendars: Calendars;
  readonly answers: Pick<InvitationAnswers, 'newLink'>;
  readonly timeZone: string;
  /** Without a slash at its end. */
  readonly publicUrl: () => string;
}

/** How long a mail server may keep silent, in ms; well within a delivery's lease. */
const SILENCE_MS = 10_000;

/** Letters by SMTP. */
export class MailChannel implements Channel {
  readonly #options: MailChannelOptions;
  readonly #transport: Transporter;

  constructor(options: MailChannelOptions) {
    this.#options = options;
    const { host, port, isTls, mayBePlain, signIn } = options.settings;
    this.#transport = createTransport({
      host, port, secure: isTls, requireTLS: !isTls && !mayBePlain, ignoreTLS: mayBePlain && !isTls,
      ...(signIn === null ? {} : { auth: { user: signIn.user, pass: signIn.password } }),
      connectionTimeout: SILENCE_MS, greetingTimeout: SILENCE_MS, socketTimeout: SILENCE_MS, dnsTimeout: SILENCE_MS,
      // What a letter holds is ours; nothing of it is fetched from an address or a file.
      disableFileAccess: true, disableUrlAccess: true,
    });
  }

  async send(delivery: ClaimedDelivery, subject: DeliverySubject): Promise<string> {
    const { email } = subject;
    if (email === null) throw new DeliveryFailure('noAddress', true, null);
    const { settings, timeZone, publicUrl, answers } = this.#options;
    const clientUrl = `${publicUrl()}/`;
    const answerUrl = await answers.newLink(delivery, subject);
    const letter = composeLetter(delivery, subject, { timeZone, clientUrl, answerUrl });
    const calendar = await this.#calendarOf(delivery, subject, clientUrl, email);
    try {
      await this.#transport.sendMail({
        from: settings.from,
        to: email,
        ...letter,
        // [NTC4] The same for every try: a mailbox that got the letter before it was marked as sent shows it once.
        messageId: `<${delivery.id}@${settings.from.slice(settings.from.lastIndexOf('@') + 1).replace('>', '')}>`,
        date: new Date(delivery.madeAtMs),
        headers: { 'Auto-Submitted': 'auto-generated' },
        ...(calendar === null ? {} : { icalEvent: { filename: 'huizhen.ics', method: calendar.method, content: calendar.file } }),
      });
    } catch (error) {
      throw toFailure(error, email);
    }
    return email;
  }

  close(): void {
    this.#transport.close();
  }

  /** [NTC3] What a calendar has to know of the notice. */
  async #calendarOf({ kind, personId }: ClaimedDelivery, { session, recipient }: DeliverySubject, clientUrl: string, email: string): Promise<CalendarMessage | null> {
    if (session === null) return null;
    const { calendars, settings } = this.#options;
    const isAsked = session.askedIds.includes(personId);
    // Colleagues' addresses are theirs to give.
    const addresses: CalendarAddresses = { centre: () => settings.from.replace(/^.*<|>$/g, ''), person: (id: PersonId) => (id === personId ? email : NO_ADDRESSES.person(id)) };
    if ((kind === 'invited' || kind === 'moved' || kind === 'scheduled') && isAsked) {
      return calendars.invitation(session.consultId, personId, 'zh', clientUrl, addresses);
    }
    if (kind !== 'notNeeded' && !(kind === 'cancelled' && isAsked)) return null;
    return calendars.cancellation(session.consultId, recipient, 'zh', clientUrl, addresses);
  }
}

/** Codes of nodemailer's errors; a mail server's own answer has a number, of which 5xx is for good (RFC 5321, 4.2.1). */
function toFailure(error: unknown, address: string): DeliveryFailure {
  const { code, responseCode } = error instanceof Error ? (error as Error & { readonly code?: unknown; readonly responseCode?: unknown }) : {}; // nodemailer adds them to what it throws
  if (code === 'EAUTH' || code === 'ETLS') return new DeliveryFailure('signIn', false, address, { cause: error });
  if (typeof responseCode === 'number' && responseCode >= 500) return new DeliveryFailure('refused', true, address, { cause: error });
  if (typeof responseCode === 'number') return new DeliveryFailure('busy', false, address, { cause: error });
  return new DeliveryFailure(code === 'ETIMEDOUT' ? 'timeout' : 'unreachable', false, address, { cause: error });
}
