import type { Urgency } from '#shared/domain/consultation/form';
import type { NoticeKind } from '#shared/domain/consultation/notices';
import type { OutsideChannel } from '#shared/domain/delivery';
import type { Clock } from '#shared/lib/clock';
import type { Undo } from '#shared/lib/disposable';
import type { NoticeAbout } from '#shared/protocol/notices';
import type { ClaimedDelivery, Deliveries, DeliveryResult } from '../storage/deliveries.ts';
import type { DeliverySubject } from '../storage/deliverySubject.ts';
import type { Notices } from '../storage/notices.ts';
import type { MadeReminder } from '../storage/reminders.ts';
import { type Channel, DeliveryFailure } from './channel.ts';

export interface OutboxOptions {
  readonly deliveries: Deliveries;
  readonly notices: Pick<Notices, 'keep'>;
  /** Makes the reminders that are due. */
  readonly remind: (nowMs: number) => Promise<readonly MadeReminder[]>;
  readonly channels: ReadonlyMap<OutsideChannel, Channel>;
  readonly clock: Clock;
  /** Somebody has something to be told in the client. */
  readonly onNotices: (about: NoticeAbout, urgency: Urgency | null, kind: NoticeKind, partyIds: readonly string[]) => void;
  readonly onGivenUp: (delivery: ClaimedDelivery, result: DeliveryResult) => void;
  /** A round failed, by the database or by a fault of ours; the next one tries again. */
  readonly onFailure: (error: unknown) => void;
}

const EVERY_MS = 10_000;
/** Longer than any try may take. Who is killed while sending keeps a notice back for so long. */
export const LEASE_MS = 120_000;
const FIRST_DELAY_MS = 30_000;
const LONGEST_DELAY_MS = 3_600_000;
/** [NTC6] After that nobody would want it. */
export const GIVE_UP_AFTER_MS = 86_400_000;
const AT_ONCE = 10;

/** [NTC4] Sends what steps have left to be sent, from any number of servers, until it is there or a day is over. */
export class Outbox {
  readonly #options: OutboxOptions;
  #running: Promise<void> | null = null;
  #isAskedAgain = false;
  #isClosed = false;
  #cancelTimer: Undo = () => undefined;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** Begins to look at the outbox by itself; `wake` looks at once. */
  start(): void {
    this.#cancelTimer = this.#options.clock.after(EVERY_MS, () => {
      this.wake();
      if (!this.#isClosed) this.start();
    });
  }

  /** There is something to send. */
  wake(): void {
    if (this.#isClosed) return;
    this.#isAskedAgain = true;
    this.#running ??= this.#work();
  }

  /** One look at everything that is due; for tests, and the loop. */
  async round(): Promise<void> {
    const { remind, deliveries, clock, onNotices, onFailure } = this.#options;
    for (const { about, urgency, partyIds } of await remind(clock.wallMs())) onNotices(about, urgency, 'reminder', partyIds);
    for (;;) {
      const claimed = this.#isClosed || this.#options.channels.size === 0 ? [] : await deliveries.claim(clock.wallMs(), LEASE_MS, AT_ONCE);
      if (claimed.length === 0) return;
      // One that cannot be read or kept holds up none of the others; its lease ends, and it is tried again.
      await Promise.all(claimed.map((delivery) => this.#deliver(delivery).catch(onFailure)));
    }
  }

  /** Takes on no more, cuts what can be cut, and waits for the rest. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelTimer();
    for (const channel of this.#options.channels.values()) channel.close();
    await this.#running;
  }

  async #work(): Promise<void> {
    while (this.#isAskedAgain && !this.#isClosed) {
      this.#isAskedAgain = false;
      try {
        await this.round();
      } catch (error) {
        this.#options.onFailure(error);
      }
    }
    this.#running = null;
  }

  async #deliver(delivery: ClaimedDelivery): Promise<void> {
    const { deliveries, notices, clock, onNotices, onGivenUp } = this.#options;
    const subject = await deliveries.subjectOf(delivery);
    const result = subject === null ? ({ type: 'failed', reason: 'outdated', address: null } as const) : await this.#try(delivery, subject);
    const isLost = subject !== null && (result.type === 'givenUp' || (result.type === 'failed' && result.reason === 'refused'));
    const told: string[] = [];
    const kept = await deliveries.settle(delivery, result, clock.wallMs(), async (trx) => {
      const centreId = subject?.centreId ?? null;
      if (isLost && centreId !== null) told.push(...(await notices.keep(trx, delivery.about, [{ kind: 'undelivered', to: { type: 'role', role: 'scheduler', organisationId: centreId } }], clock.wallMs())));
    });
    if (!kept || !isLost) return;
    onGivenUp(delivery, result);
    onNotices(delivery.about, subject.urgency, 'undelivered', told);
  }

  async #try(delivery: ClaimedDelivery, subject: DeliverySubject): Promise<DeliveryResult> {
    const { clock, channels, onFailure } = this.#options;
    if (!subject.isActive) return { type: 'failed', reason: 'inactive', address: null };
    if (isOvertaken(delivery, subject, clock.wallMs())) return { type: 'failed', reason: 'outdated', address: null };
    const nowMs = clock.wallMs();
    const nextTryAtMs = nowMs + Math.min(FIRST_DELAY_MS * 2 ** Math.min(delivery.tries - 1, 20), LONGEST_DELAY_MS);
    try {
      const channel = channels.get(delivery.channel);
      // Put there when the server still had that channel, or by another one that has.
      if (channel === undefined) throw new DeliveryFailure('unreachable', false, null);
      return { type: 'sent', address: await channel.send(delivery, subject) };
    } catch (error) {
      if (!(error instanceof DeliveryFailure)) onFailure(error);
      const { reason, isFinal, address } = error instanceof DeliveryFailure ? error : new DeliveryFailure('unreachable', false, null);
      if (isFinal) return { type: 'failed', reason, address };
      return nextTryAtMs - delivery.madeAtMs >= GIVE_UP_AFTER_MS ? { type: 'givenUp', reason, address } : { type: 'later', reason, address, nextTryAtMs };
    }
  }
}

/** [NTC7] Whether what a notice says is not so any more: nobody is invited to what has moved on without them. */
function isOvertaken({ kind, personId, aboutStartsAtMs }: ClaimedDelivery, { session, requesterId }: DeliverySubject, nowMs: number): boolean {
  const isToCome = session?.isToCome === true;
  const comes = session !== null && isToCome && session.comingIds.includes(personId);
  if (kind === 'reminder') return !comes || session.startsAtMs !== aboutStartsAtMs || session.startsAtMs <= nowMs;
  if (kind === 'invited') return !comes;
  // Who applied is told of a time, whether they come or not.
  if (kind === 'moved' || kind === 'scheduled') return !(comes || (isToCome && personId === requesterId));
  if (kind === 'notNeeded') return comes;
  return false;
}
