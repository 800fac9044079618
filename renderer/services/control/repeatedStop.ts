import { STOP_BYTES, writeStop } from '#shared/control/frames/stopFrame';
import type { Clock } from '#shared/lib/clock';
import type { Undo } from '#shared/lib/disposable';

/** [CTL56] A stop is sent again after this until it is latched, ms. */
export const STOP_EVERY_MS = 100;
/** [CTL93] Not confirmed for this long, it is said to be not confirmed, ms: some round trips of a bad line, and no time for anybody's doubt. */
const UNCONFIRMED_AFTER_MS = 600;

/** Of a stop that was pressed here: none, on its way, or on its way for so long that nobody may count on it. */
export type StopStanding = 'none' | 'sending' | 'unconfirmed';

export interface RepeatedStopOptions {
  readonly clock: Clock;
  /** A number below 2³², another each time. */
  readonly newStopId: () => number;
  /** Once for each time that it is sent; the frame and its number are those of one press. */
  readonly send: (bytes: Uint8Array<ArrayBuffer>, stopId: number) => void;
  /** `standing` is another. */
  readonly onChanged: (standing: StopStanding) => void;
}

/** A stop that is sent again and again until somebody who knows says that it holds, or the person takes it back. */
export class RepeatedStop {
  readonly #options: RepeatedStopOptions;
  readonly #bytes = new Uint8Array(STOP_BYTES);
  #stopId = 0;
  #sinceMs = 0;
  #standing: StopStanding = 'none';
  #cancelNext: Undo | null = null;

  constructor(options: RepeatedStopOptions) {
    this.#options = options;
  }

  get standing(): StopStanding {
    return this.#standing;
  }

  /** Pressed again it is another stop, also while the first is on its way; how long nobody has answered goes on. */
  stop(): void {
    this.#stopId = this.#options.newStopId();
    writeStop(new DataView(this.#bytes.buffer), this.#stopId);
    if (this.#standing === 'none') {
      this.#sinceMs = this.#options.clock.monotonicMs();
      this.#setStanding('sending');
    }
    this.#cancelNext?.();
    this.#send();
  }

  /** It holds, or the person takes it back. */
  end(): void {
    this.#cancelNext?.();
    this.#cancelNext = null;
    this.#setStanding('none');
  }

  #send(): void {
    const { clock, send } = this.#options;
    this.#cancelNext = clock.after(STOP_EVERY_MS, () => this.#send());
    if (clock.monotonicMs() - this.#sinceMs >= UNCONFIRMED_AFTER_MS) this.#setStanding('unconfirmed');
    send(this.#bytes.slice(), this.#stopId);
  }

  #setStanding(standing: StopStanding): void {
    if (standing === this.#standing) return;
    this.#standing = standing;
    this.#options.onChanged(standing);
  }
}
