import { app } from 'electron';
import type { ConsultId } from '#shared/domain/ids';
import { DEEP_LINK_SCHEME, findDeepLink, parseDeepLink } from './deepLink.ts';

export interface SingleInstanceOptions {
  /** A second start: show the window that is there. */
  readonly onActivated: () => void;
  readonly onDeepLink: (consultId: ConsultId) => void;
}

/**
 * Takes the application's only place; false when another instance has it (that one has been told of our arguments, and we quit).
 * Deep links come as an argument of this start, of a second start, or on macOS as an event.
 */
export function claimSingleInstance({ onActivated, onDeepLink }: SingleInstanceOptions): boolean {
  if (!app.requestSingleInstanceLock()) return false;
  app.setAsDefaultProtocolClient(DEEP_LINK_SCHEME);
  app.on('second-instance', (_event, argv) => {
    onActivated();
    const consultId = findDeepLink(argv);
    if (consultId) onDeepLink(consultId);
  });
  app.on('open-url', (event, url) => {
    event.preventDefault();
    onActivated();
    const consultId = parseDeepLink(url);
    if (consultId) onDeepLink(consultId);
  });
  const first = findDeepLink(process.argv);
  if (first) onDeepLink(first);
  return true;
}
