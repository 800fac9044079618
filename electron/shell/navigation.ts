import type { WebContents, WindowOpenHandlerResponse } from 'electron';
import type { HostLog } from '../host/logFile.ts';
import { parseAppUrl } from './origin.ts';
import { safeWebPreferences } from './webPreferences.ts';

/** The picture pop-out for a second screen: the only window a page may open. */
export const POP_OUT_PATH = '/popout';

/** A page may load its own entry anew and go nowhere else; places inside the page are made with the history, which is no navigation. */
export function mayNavigate(url: string): boolean {
  const target = parseAppUrl(url);
  return target !== null && (target.pathname === '/' || target.pathname === '/index.html');
}

/** Blank addresses too are refused: a blank window is under its opener's control and outside every rule here. */
export function mayOpenWindow(url: string): boolean {
  return parseAppUrl(url)?.pathname === POP_OUT_PATH;
}

/** Locks one web contents: no navigation, no redirect, no new window but the pop-out, no webview. */
export function lockNavigation(contents: WebContents, log: HostLog): void {
  const refuse = (what: string, url: string) => log.write('warn', 'navigation', `${what} was refused`, { url: url.slice(0, 100) });
  contents.on('will-frame-navigate', (event) => {
    if (event.isMainFrame && mayNavigate(event.url)) return;
    event.preventDefault();
    refuse('a navigation', event.url);
  });
  contents.on('will-navigate', (event) => {
    if (!mayNavigate(event.url)) event.preventDefault();
  });
  contents.on('will-redirect', (event) => {
    event.preventDefault(); // our own answers never redirect
    refuse('a redirect', event.url);
  });
  contents.on('will-attach-webview', (event) => {
    event.preventDefault();
    refuse('a webview', 'webview');
  });
  contents.setWindowOpenHandler(({ url }): WindowOpenHandlerResponse => {
    if (!mayOpenWindow(url)) {
      refuse('a new window', url);
      return { action: 'deny' };
    }
    // Without the preload: its opener, which has one, does what the pop-out needs.
    return { action: 'allow', overrideBrowserWindowOptions: { autoHideMenuBar: true, backgroundColor: '#000000', webPreferences: safeWebPreferences() } };
  });
}
