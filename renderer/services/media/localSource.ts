import type { SourceId } from '#shared/domain/ids';
import { isVideoProfile, type SourceProfileName } from '#shared/domain/sourceProfiles';

/**
 * A captured source of this machine: its track, whether its owner wants it heard, and the sender it is on, if any.
 *
 * What leaves the machine is decided here and nowhere else, without a server and without a queue: muting disables the track in
 * the same turn (silence from that instant) and takes it off the sender (no packets at all); a sender that appears while muted
 * never gets the track.
 */
export class LocalSource {
  readonly sourceId: SourceId;
  readonly profile: SourceProfileName;
  #track: MediaStreamTrack;
  #label: string;
  #isMuted: boolean;
  #sender: RTCRtpSender | null = null;
  /** The track the sender has after the last finished replacement; undefined while one is under way. */
  #attached: MediaStreamTrack | null | undefined = null;
  /** The sender on which a replacement is under way. */
  #replacing: RTCRtpSender | null = null;
  /** A replacement that the present sender refused: it is asked for again when something else is wanted, and not before. */
  #refused: { readonly track: MediaStreamTrack | null } | null = null;
  isDeviceLost = false;
  /** The mode in use; null before the first encoding and for sound. */
  modeId: string | null = null;
  readonly #onChanged: () => void;

  constructor(init: { sourceId: SourceId; profile: SourceProfileName; track: MediaStreamTrack; label: string; isMuted: boolean; onChanged: () => void }) {
    this.sourceId = init.sourceId;
    this.profile = init.profile;
    this.#track = init.track;
    this.#label = init.label;
    this.#isMuted = init.isMuted;
    this.#onChanged = init.onChanged;
    this.#track.enabled = !this.#isMuted;
  }

  get track(): MediaStreamTrack {
    return this.#track;
  }

  get label(): string {
    return this.#label;
  }

  get isVideo(): boolean {
    return isVideoProfile(this.profile);
  }

  get isMuted(): boolean {
    return this.#isMuted;
  }

  /** True when the sender has this source's live track: packets can leave. */
  get isAttached(): boolean {
    return this.#sender !== null && this.#attached === this.#track && this.#track.readyState === 'live';
  }

  get sender(): RTCRtpSender | null {
    return this.#sender;
  }

  setMuted(isMuted: boolean): void {
    this.#isMuted = isMuted;
    this.#track.enabled = !isMuted;
    this.#refused = null;
    this.#settle();
  }

  /** Called in the turn in which the sender is made, before anything can be sent on it. */
  handleSender(sender: RTCRtpSender): void {
    this.#sender = sender;
    this.#attached = sender.track;
    this.#replacing = null; // one on a sender before may never end: its connection was closed under it [MUT5]
    this.#refused = null;
    this.#settle();
  }

  handleSenderGone(): void {
    this.#sender = null;
    this.#attached = null;
    this.#replacing = null;
  }

  /** Puts another device's track behind the source; the old one is stopped. */
  replaceTrack(track: MediaStreamTrack, label: string): void {
    const old = this.#track;
    this.#track = track;
    this.#label = label;
    this.#track.enabled = !this.#isMuted;
    this.isDeviceLost = false;
    if (old !== track) old.stop();
    this.#settle();
    this.#onChanged();
  }

  close(): void {
    this.#track.stop();
    this.#sender = null;
    this.#attached = null;
  }

  /** Brings the sender to what is wanted; while a replacement is under way the newest wish waits for it, older ones are void. */
  #settle(): void {
    const sender = this.#sender;
    if (!sender || this.#replacing === sender) return;
    const wanted = this.#isMuted ? null : this.#track;
    if (this.#attached === wanted || this.#refused?.track === wanted) return;
    this.#replacing = sender;
    this.#attached = undefined;
    const done = (attached: MediaStreamTrack | null, isRefused: boolean) => {
      if (sender !== this.#sender) return;
      this.#replacing = null;
      this.#attached = attached;
      this.#refused = isRefused ? { track: wanted } : null;
      this.#settle();
      this.#onChanged();
    };
    sender.replaceTrack(wanted).then(
      () => done(wanted, false),
      () => done(sender.track, true), // a closed sender: the next generation brings another
    );
  }
}
