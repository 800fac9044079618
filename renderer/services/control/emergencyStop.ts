import { frameTypeOf } from '#shared/control/frames/frame';
import { createDeviceState, readState } from '#shared/control/frames/stateFrame';
import { STOP_BYTES, writeStop } from '#shared/control/frames/stopFrame';
import type { Clock } from '#shared/lib/clock';
import type { Undo } from '#shared/lib/disposable';
import type { ControlLink } from './controlLink.ts';

/** [CTL56] A stop is sent again after this until it is latched, ms. */
const STOP_EVERY_MS = 100;

/** What of the link a stop needs. */
export type StopLink = Pick<ControlLink, 'view' | 'on' | 'sendBoth'>;

/** [CTL31] [CTL56] The emergency stop of any participant: on both paths, at once and again until the device's side says that it holds. */
export class EmergencyStop {
  readonly #link: StopLink;
  readonly #clock: Clock;
  readonly #newStopId: () => number;
  readonly #onChanged: () => void;
  readonly #state = createDeviceState();
  readonly #bytes = new Uint8Array(STOP_BYTES);
  readonly #undos: Undo[];
  #cancelNext: Undo | null = null;

  /** @param options.newStopId a number below 2³², another each time */
  constructor(options: { link: StopLink; clock: Clock; newStopId: () => number; onChanged: () => void }) {
    this.#link = options.link;
    this.#clock = options.clock;
    this.#newStopId = options.newStopId;
    this.#onChanged = options.onChanged;
    this.#undos = [
      options.link.on('changed', () => {
        const { offer, status } = options.link.view;
        if (offer === null || status?.isStopLatched === true) this.#end();
      }),
      options.link.on('frame', ({ bytes, from }) => {
        if (this.#cancelNext === null || from !== options.link.view.offer?.peerId || frameTypeOf(bytes) !== 'state') return;
        if (readState(bytes, this.#state) === null && this.#state.isStopLatched) this.#end();
      }),
    ];
  }

  /** Pressed, and not known to hold. */
  get isSending(): boolean {
    return this.#cancelNext !== null;
  }

  /** Pressed again it is another stop, also while the first is on its way. */
  stop(): void {
    writeStop(new DataView(this.#bytes.buffer), this.#newStopId());
    this.#cancelNext?.();
    this.#cancelNext = null;
    this.#send();
    this.#onChanged();
  }

  close(): void {
    this.#cancelNext?.();
    this.#cancelNext = null;
    for (const undo of this.#undos) undo();
  }

  #send(): void {
    this.#cancelNext = this.#clock.after(STOP_EVERY_MS, () => this.#send());
    this.#link.sendBoth(this.#bytes.slice());
  }

  #end(): void {
    if (this.#cancelNext === null) return;
    this.#cancelNext();
    this.#cancelNext = null;
    this.#onChanged();
  }
}
