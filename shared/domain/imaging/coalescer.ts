import type { Clock } from '../../lib/clock.ts';
import type { Undo } from '../../lib/disposable.ts';
import { deltaOf, type Presentation, type PresentationDelta } from './presentation.ts';

/** [IMG24] At most 20 a second. */
const MIN_GAP_MS = 50;
/** After a failure, ms. */
const RETRY_MS = 500;

/** What goes over the wire: the whole once, then what changed. */
export type PresentationChange = { readonly type: 'whole'; readonly presentation: Presentation } | { readonly type: 'delta'; readonly delta: PresentationDelta };

export interface CoalescerOptions {
  readonly clock: Clock;
  /** Rejects when it is not known to have arrived: the whole is sent next. */
  readonly send: (change: PresentationChange) => Promise<void>;
}

/**
 * Turns a stream of states into few changes: the newest state wins, nothing is sent when nothing changed (a render that changed nothing
 * cannot flood), not more often than `MIN_GAP_MS`, and one at a time, so that a slow line gets fewer and never a queue.
 */
export class Coalescer {
  readonly #options: CoalescerOptions;
  /** What the others have; null: nothing that is known. */
  #sent: Presentation | null = null;
  #wanted: Presentation | null = null;
  #cancel: Undo | null = null;
  #isSending = false;
  #notBeforeMs = Number.NEGATIVE_INFINITY;
  #isClosed = false;

  constructor(options: CoalescerOptions) {
    this.#options = options;
  }

  offer(state: Presentation): void {
    this.#wanted = state;
    this.#plan();
  }

  close(): void {
    this.#isClosed = true;
    this.#cancel?.();
  }

  #plan(): void {
    if (this.#isClosed || this.#isSending || this.#cancel !== null || this.#wanted === null) return;
    const waitMs = this.#notBeforeMs - this.#options.clock.monotonicMs();
    if (waitMs <= 0) return void this.#send(this.#wanted);
    this.#cancel = this.#options.clock.after(waitMs, () => {
      this.#cancel = null;
      this.#plan();
    });
  }

  async #send(wanted: Presentation): Promise<void> {
    this.#wanted = null;
    const delta = this.#sent === null ? null : deltaOf(this.#sent, wanted);
    if (this.#sent !== null && delta === null) return;
    this.#isSending = true;
    this.#notBeforeMs = this.#options.clock.monotonicMs() + MIN_GAP_MS;
    try {
      await this.#options.send(delta === null ? { type: 'whole', presentation: wanted } : { type: 'delta', delta });
      this.#sent = wanted;
    } catch {
      this.#sent = null;
      this.#wanted ??= wanted;
      this.#notBeforeMs = this.#options.clock.monotonicMs() + RETRY_MS;
    } finally {
      this.#isSending = false;
      this.#plan();
    }
  }
}
