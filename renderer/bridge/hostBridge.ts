import type { HostEventMap, HostEventName, HostInfo, HostParams, HostRequestName, HostResult } from '#shared/host/contract';
import type { CarriedPicture } from '#shared/host/controlPictures';
import type { Undo } from '#shared/lib/disposable';

/** What the page can count on, wherever it runs. The interface hides what is false rather than letting it fail. */
export interface HostAbilities {
  /** Secrets are sealed by the operating system. Without it the page keeps non-extractable WebCrypto keys. */
  readonly hasVault: boolean;
  /** Settings are of the machine (true) or of this browser profile only (false). */
  readonly hasMachineSettings: boolean;
  /** `huizhen://` links and suspend/resume events arrive. */
  readonly hasSystemEvents: boolean;
  /** Log lines reach a file on this machine, and `diagnostics.collect` has them. */
  readonly hasLogFile: boolean;
  readonly isKiosk: boolean;
}

/**
 * Frames of remote control to and from the device of this machine. Neither way waits or repeats: what cannot go now is lost, and a newer
 * one follows.
 */
export interface HostFrames {
  /** `from`: the participant it came from, ASCII without spaces, 64 at most. @throws RangeError for what cannot be a frame */
  send(bytes: Uint8Array, from: string): void;
  /** State frames of the device, 50 a second. The bytes are the listener's. */
  onFrame(listener: (bytes: Uint8Array) => void): Undo;
  /** [CTL116] Pictures of the device's scanner, one for each `control.wantPicture`. */
  onPicture(listener: (picture: CarriedPicture) => void): Undo;
}

/** The page's one door to the desktop host. Made by `createBridge`. */
export interface HostBridge {
  readonly kind: 'electron' | 'loopback' | 'browser';
  /** Null in a plain browser. */
  readonly info: HostInfo | null;
  readonly abilities: HostAbilities;
  /** @throws AppError with the host's code; `host.unavailable` while the host is out of reach; `input.tooLarge` past the size limit. */
  request<N extends HostRequestName>(name: N, params: HostParams<N>): Promise<HostResult<N>>;
  /** Subscribes. A deep link that came before anyone listened is kept, and given to the first who does. */
  on<N extends HostEventName>(name: N, listener: (payload: HostEventMap[N]) => void): Undo;
  /** Null in a plain browser: there is no device to steer. */
  readonly frames: HostFrames | null;
  close(): void;
}

export function abilitiesOf(info: HostInfo): HostAbilities {
  return { hasVault: info.vault === 'operatingSystem', hasMachineSettings: true, hasSystemEvents: info.kind === 'electron', hasLogFile: true, isKiosk: info.isKiosk };
}
