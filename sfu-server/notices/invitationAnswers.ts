import type { Bilingual, Party } from '#shared/domain/people';
import type { Clock } from '#shared/lib/clock';
import { AppError } from '#shared/protocol/errors';
import type { NoticeAbout } from '#shared/protocol/notices';
import { sha256Hex } from '../auth/digest.ts';
import { newToken } from '../auth/random.ts';
import { type AuditWriter, auditActor } from '../storage/audit.ts';
import type { ClaimedDelivery, Deliveries } from '../storage/deliveries.ts';
import type { DeliverySubject } from '../storage/deliverySubject.ts';
import type { InvitationLink, InvitationLinks, LinkWork } from '../storage/invitationLinks.ts';
import { sessionTime } from './noticeTexts.ts';

/** What somebody says to an invitation. */
export type InvitationAnswer = { readonly answer: 'accepted' } | { readonly answer: 'declined'; readonly reason: string };

/** What a link leads to. `open` can be answered; `answered`: just now. The others say why not. */
export type InvitationView =
  | { readonly status: 'open' | 'reasonMissing' | 'accepted' | 'declined'; readonly time: Bilingual; readonly centre: Bilingual | null; readonly name: Bilingual }
  | { readonly status: 'unknown' | 'used' | 'expired' | 'moved' | 'cancelled' | 'notNeeded' };

export interface InvitationAnswersOptions {
  readonly links: InvitationLinks;
  readonly deliveries: Pick<Deliveries, 'subjectOf'>;
  /** The workflow's step, or scheduling's where there is no request, within a transaction, as that person; gives what tells of it when the transaction is through. */
  readonly answer: (trx: LinkWork, party: Party, about: NoticeAbout, answer: InvitationAnswer) => Promise<() => Promise<void>>;
  readonly audit: AuditWriter;
  readonly clock: Clock;
  readonly timeZone: string;
  /** Without a slash at its end. */
  readonly publicUrl: () => string;
}

/** The longest reason, as scheduling keeps it. */
export const REASON_LENGTH = 300;

/**
 * [NTC9] Answering an invitation from a letter. The link is a secret of whom the letter was for: it acts as that person, for that one
 * invitation at that one time, once, until the session begins.
 */
export class InvitationAnswers {
  readonly #options: InvitationAnswersOptions;

  constructor(options: InvitationAnswersOptions) {
    this.#options = options;
  }

  /** A new link for a letter to somebody who has an invitation to answer; null when they have none. Each letter has its own: only hashes are kept. */
  async newLink({ personId }: Pick<ClaimedDelivery, 'personId'>, { about, session }: Pick<DeliverySubject, 'about' | 'session'>): Promise<string | null> {
    const nowMs = this.#options.clock.wallMs();
    if (session === null || !session.isToCome || session.answers.get(personId) !== 'pending' || session.startsAtMs <= nowMs) return null;
    const token = newToken();
    const { consultId, startsAtMs, durationMinutes } = session;
    await this.#options.links.add(sha256Hex(token), { about, consultId, personId, startsAtMs, durationMinutes }, nowMs);
    return `${this.#options.publicUrl()}/invitation/${token}`;
  }

  /** What the link leads to now; asking changes nothing, however often programs that look at links do. */
  async look(token: string): Promise<InvitationView> {
    const link = await this.#options.links.byTokenHash(sha256Hex(token));
    return link === null ? { status: 'unknown' } : this.#view(link, await this.#options.deliveries.subjectOf(link));
  }

  /** Answers, once. @throws AppError `workflow.*`, `schedule.conflict`: then the link is still good */
  async answer(token: string, answer: InvitationAnswer): Promise<InvitationView> {
    const { links, deliveries, clock, audit } = this.#options;
    const tokenHash = sha256Hex(token);
    const before = await this.look(token);
    if (before.status !== 'open') return before;
    if (answer.answer === 'declined' && answer.reason.trim() === '') return { ...before, status: 'reasonMissing' };
    const seen = await links.byTokenHash(tokenHash);
    const subject = seen === null ? null : await deliveries.subjectOf(seen);
    if (subject === null) return { status: 'unknown' };
    const done = await links.inLink(tokenHash, async (trx, link) => {
      if (link === null || link.usedAtMs !== null) return null;
      await links.use(trx, link, clock.wallMs());
      return this.#options.answer(trx, subject.recipient, link.about, answer);
    });
    if (done === null) return { status: 'used' };
    await audit.append({ ...auditActor(subject.recipient), action: 'invitation.answer', subject: seen?.consultId ?? null, outcome: 'done', code: null });
    await done();
    return { ...before, status: answer.answer };
  }

  #view(link: InvitationLink, subject: DeliverySubject | null): InvitationView {
    if (subject === null || !subject.isActive) return { status: 'unknown' };
    if (link.usedAtMs !== null) return { status: 'used' };
    const { session } = subject;
    if (session === null || session.isCancelled) return { status: 'cancelled' };
    if (session.consultId !== link.consultId || session.startsAtMs !== link.startsAtMs || session.durationMinutes !== link.durationMinutes) return { status: 'moved' };
    if (link.startsAtMs <= this.#options.clock.wallMs() || !session.isToCome) return { status: 'expired' };
    const own = session.answers.get(link.personId);
    if (own === undefined) return { status: 'notNeeded' };
    // Answered in the client meanwhile.
    if (own !== 'pending') return { status: 'used' };
    return { status: 'open', time: sessionTime(link.startsAtMs, link.durationMinutes, this.#options.timeZone), centre: subject.centreName, name: subject.recipient.name };
  }
}

/** @throws AppError `input.malformed` */
export function answerOf(form: URLSearchParams): InvitationAnswer {
  const [answer, reason] = [form.get('answer'), (form.get('reason') ?? '').replaceAll('\0', '').slice(0, REASON_LENGTH)];
  if (answer === 'accepted') return { answer };
  if (answer === 'declined') return { answer, reason };
  throw new AppError('input.malformed', 'answer: accepted or declined');
}
