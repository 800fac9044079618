import type { Notice, NoticeKind } from '#shared/domain/consultation/notices';
import type { ConsultId, PersonId } from '#shared/domain/ids';
import type { Answer, Appointment } from '#shared/domain/scheduling';
import type { Clock } from '#shared/lib/clock';
import type { Transaction } from 'kysely';
import type { Notices } from '../storage/notices.ts';
import type { Schema } from '../storage/schema.ts';
import { answerInvitation, type AppointmentChanged, comingIds } from './booking.ts';

/** What was done to a session that nobody applied for. `wasComing`: who is replaced had not declined. */
export type SessionDeed =
  | { readonly type: 'booked' | 'moved' | 'cancelled' }
  | { readonly type: 'answered'; readonly answer: Exclude<Answer, 'pending'> }
  | { readonly type: 'substituted'; readonly personId: PersonId; readonly byPersonId: PersonId; readonly wasComing: boolean };

/** Who has to hear of it, but for those who know. `after`: the session as it is now. */
function noticesOfSession(after: Appointment, deed: SessionDeed, knowing: ReadonlySet<string>): Notice[] {
  const parties = (kind: NoticeKind, ids: readonly string[]): Notice[] => {
    const told = [...new Set(ids)].filter((id) => !knowing.has(id));
    return told.length === 0 ? [] : [{ kind, to: { type: 'parties', ids: told } }];
  };
  switch (deed.type) {
    case 'booked':
      return [...parties('invited', comingIds(after)), ...parties('scheduled', after.cartIds)];
    case 'moved':
    case 'cancelled':
      return parties(deed.type, [...comingIds(after), ...after.cartIds]);
    case 'answered':
      return [{ kind: deed.answer === 'declined' ? 'invitationDeclined' : 'invitationAccepted', to: { type: 'role', role: 'scheduler', organisationId: after.centreId } }];
    case 'substituted':
      return [...parties('invited', [deed.byPersonId]), ...(deed.wasComing ? parties('notNeeded', [deed.personId]) : [])];
  }
}

export interface SessionNoticesOptions {
  readonly notices: Pick<Notices, 'keep'>;
  readonly clock: Clock;
  /** Somebody has something to be told, of which it is kept that they were. */
  readonly onNotices: (consultId: ConsultId, kind: NoticeKind, partyIds: readonly string[]) => void;
}

export type SessionNotices = ReturnType<typeof createSessionNotices>;

/** [NTC12] Keeps what is to be told of a session within the transaction of what was done to it. */
export function createSessionNotices({ notices, clock, onNotices }: SessionNoticesOptions) {
  /**
   * Of sessions of a series everybody is told once, about the first of those they come to: the calendar of a letter holds them all.
   * The one who did it is not told what they did.
   * @returns tells of it, to be called when the transaction is through
   */
  async function keep(trx: Transaction<Schema>, changed: readonly Appointment[], deed: SessionDeed, actorId: string): Promise<() => void> {
    const told: (readonly [ConsultId, NoticeKind, readonly string[]])[] = [];
    const knowing = new Set([actorId]);
    // A desk hears of an answer once.
    for (const after of deed.type === 'answered' ? changed.slice(0, 1) : changed) {
      const { consultId } = after;
      for (const notice of noticesOfSession(after, deed, knowing)) {
        const partyIds = await notices.keep(trx, { type: 'session', consultId }, [notice], clock.wallMs());
        told.push([consultId, notice.kind, partyIds]);
        for (const id of partyIds) knowing.add(id);
      }
    }
    return () => {
      for (const one of told) onNotices(...one);
    };
  }

  return {
    keep,

    /** An invitation answered from outside the client; as `answerInvitation`, with what is told of it. */
    async answer(trx: Transaction<Schema>, consultId: ConsultId, personId: PersonId, answer: Parameters<typeof answerInvitation>[3]): Promise<{ readonly changed: AppointmentChanged; readonly tell: () => void }> {
      const changed = await answerInvitation(trx, consultId, personId, answer, clock.wallMs());
      return { changed, tell: await keep(trx, [changed.appointment], { type: 'answered', answer: answer.answer }, personId) };
    },
  };
}
