import type { ConsultId } from '#shared/domain/ids';
import type { Clock } from '#shared/lib/clock';
import type { InSession } from '../storage/inSession.ts';
import type { Peer } from './peer.ts';

/**
 * Writes who comes and goes. What is written of one stay is written in its order, also where the next thing happens before the last
 * is on the disk.
 */
export class PresenceLog {
  readonly #store: Pick<InSession, 'entered' | 'left' | 'seen'>;
  readonly #clock: Clock;
  readonly #onFailure: (error: unknown) => void;
  readonly #onChanged: (consultId: ConsultId) => void;
  readonly #stays = new Map<string, { readonly consultId: ConsultId; written: Promise<void> }>();
  /** Stays that ended and are not yet written. */
  readonly #leaving = new Set<Promise<void>>();

  constructor(options: { readonly store: Pick<InSession, 'entered' | 'left' | 'seen'>; readonly clock: Clock; readonly onFailure: (error: unknown) => void; readonly onChanged: (consultId: ConsultId) => void }) {
    this.#store = options.store;
    this.#clock = options.clock;
    this.#onFailure = options.onFailure;
    this.#onChanged = options.onChanged;
  }

  entered(consultId: ConsultId, peer: Peer): void {
    const nowMs = this.#clock.wallMs();
    this.#stays.set(peer.id, { consultId, written: this.#write(consultId, () => this.#store.entered(consultId, peer.id, peer.party, nowMs)) });
  }

  /** Of one that never entered nothing is known, and nothing is written. */
  left(peer: Peer): void {
    const stay = this.#stays.get(peer.id);
    if (stay === undefined) return;
    this.#stays.delete(peer.id);
    const nowMs = this.#clock.wallMs();
    const leaving = stay.written.then(() => this.#write(stay.consultId, () => this.#store.left(peer.id, nowMs)));
    this.#leaving.add(leaving);
    void leaving.finally(() => this.#leaving.delete(leaving)); // never rejects: a failure was reported
  }

  /** [INS2] Says that the stays of this server go on; called by housekeeping. */
  async beat(): Promise<void> {
    await this.#store.seen([...this.#stays.keys()], this.#clock.wallMs());
  }

  /** Resolves when all that happened is written. */
  async settle(): Promise<void> {
    await Promise.all([...this.#leaving, ...[...this.#stays.values()].map(({ written }) => written)]);
  }

  async #write(consultId: ConsultId, work: () => Promise<void>): Promise<void> {
    try {
      await work();
      this.#onChanged(consultId);
    } catch (error) {
      this.#onFailure(error);
    }
  }
}
