import type { Session } from 'electron';
import { isTrustedFrame, parseAppUrl } from './origin.ts';

type MediaType = 'audio' | 'video';

/** Permission → why our page needs it. What is not here is refused: USB, serial, HID and the like are the host's business. */
const GRANTED = {
  'display-capture': 'sharing a screen or window; what is shared is chosen in screenShare.ts',
  fullscreen: 'the stage in full screen',
  'speaker-selection': 'alarms and voices on the speaker the person chose',
  'clipboard-sanitized-write': 'statistics and diagnostics copied as text',
  'screen-wake-lock': 'a cart seen from across the ward must not go dark',
  'window-management': 'the picture pop-out on the second screen',
  notifications: 'an invitation or an urgent request is noticed while the window is behind others; the person has asked for it',
  'persistent-storage': 'case files kept offline must not be evicted by the browser engine',
  'local-network-access': 'the hospital server is in the local network',
  'local-network': 'the hospital server is in the local network',
  'loopback-network': 'demonstration and development servers run on this machine',
} as const;

/** Camera and microphone are granted apart: a grant for one never carries the other. */
const GRANTED_MEDIA: Readonly<Record<MediaType, string>> = {
  audio: 'the person is heard',
  video: 'the person, the ward and the instruments are seen',
};

/** Who asks: only the main frame of our own page may. */
export interface Requester {
  readonly url: string;
  readonly isMainFrame: boolean;
}

/**
 * Whether a permission is granted. `mediaTypes` counts for `media` only: every type asked for must be granted, and none at all (or
 * an unknown one) is refused.
 */
export function isPermissionGranted(requester: Requester, permission: string, mediaTypes: readonly string[] = []): boolean {
  if (!requester.isMainFrame || parseAppUrl(requester.url) === null) return false;
  if (permission !== 'media') return Object.hasOwn(GRANTED, permission);
  return mediaTypes.length > 0 && mediaTypes.every((type) => Object.hasOwn(GRANTED_MEDIA, type));
}

/**
 * Installs the table on a session: for questions (`check`) and for requests, and no device of any bus.
 * @param askSystem asks the operating system too where it has a say of its own (macOS); resolves to its answer.
 */
export function installPermissions(session: Session, askSystem: (type: MediaType) => Promise<boolean>): void {
  session.setPermissionCheckHandler((_contents, permission, requestingOrigin, details) => {
    const isOurOrigin = parseAppUrl(requestingOrigin) !== null;
    return isOurOrigin && isPermissionGranted({ url: details.requestingUrl ?? requestingOrigin, isMainFrame: details.isMainFrame }, permission, details.mediaType ? [details.mediaType] : []);
  });
  session.setPermissionRequestHandler((contents, permission, callback, details) => {
    const mediaTypes = 'mediaTypes' in details ? (details.mediaTypes ?? []) : [];
    const isTop = details.isMainFrame && isTrustedFrame(contents.mainFrame);
    if (!isTop || !isPermissionGranted({ url: details.requestingUrl, isMainFrame: details.isMainFrame }, permission, mediaTypes)) return callback(false);
    if (permission !== 'media') return callback(true);
    Promise.all(mediaTypes.map(askSystem)).then(
      (answers) => callback(answers.every(Boolean)),
      () => callback(false),
    );
  });
  session.setDevicePermissionHandler(() => false);
}
