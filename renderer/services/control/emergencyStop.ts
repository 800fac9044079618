import { frameTypeOf } from '#shared/control/frames/frame';
import { createDeviceState, readState } from '#shared/control/frames/stateFrame';
import type { Clock } from '#shared/lib/clock';
import type { Undo } from '#shared/lib/disposable';
import type { ControlLink } from './controlLink.ts';
import { RepeatedStop, type StopStanding } from './repeatedStop.ts';

/** Of the copies of a stop that nobody is there to take, one of so many is sent: the room may know of a device before this page does. */
const SENT_TO_NOBODY = 10;

/** What of the link a stop needs. */
export type StopLink = Pick<ControlLink, 'view' | 'on' | 'sendBoth'>;

/**
 * [CTL31] [CTL56] The emergency stop of any participant: on both paths, at once and again until the device's side says that it holds, or the
 * person takes it back. [CTL94] An offer that goes ends nothing: after a server's restart who pressed is often back before the device is.
 */
export class EmergencyStop {
  readonly #stop: RepeatedStop;
  readonly #state = createDeviceState();
  readonly #undos: Undo[];
  #copies = 0;

  /** @param options.newStopId a number below 2³², another each time */
  constructor({ link, clock, newStopId, onChanged }: { link: StopLink; clock: Clock; newStopId: () => number; onChanged: (standing: StopStanding) => void }) {
    this.#stop = new RepeatedStop({
      clock, newStopId, onChanged,
      send: (bytes) => {
        this.#copies += 1;
        if (link.view.offer !== null || this.#copies % SENT_TO_NOBODY === 1) link.sendBoth(bytes);
      },
    });
    this.#undos = [
      link.on('changed', () => {
        if (link.view.offer !== null && link.view.status?.isStopLatched === true) this.confirm();
      }),
      link.on('frame', ({ bytes, from }) => {
        if (this.#stop.standing === 'none' || from !== link.view.offer?.peerId || frameTypeOf(bytes) !== 'state') return;
        if (readState(bytes, this.#state) === null && this.#state.isStopLatched) this.confirm();
      }),
    ];
  }

  /** Pressed, and not known to hold: on its way, or so long on its way that nobody may count on it. */
  get standing(): StopStanding {
    return this.#stop.standing;
  }

  /** Pressed again it is another stop, also while the first is on its way. */
  stop(): void {
    this.#copies = 0;
    this.#stop.stop();
  }

  /** The person says that it is not needed any more; what was sent is not called back. */
  takeBack(): void {
    this.#stop.end();
  }

  /** It is known to hold. */
  confirm(): void {
    this.#stop.end();
  }

  close(): void {
    this.#stop.end();
    for (const undo of this.#undos) undo();
  }
}
