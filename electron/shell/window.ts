import { BrowserWindow } from 'electron';
import { APP_ORIGIN, parseAppUrl } from './origin.ts';
import { safeWebPreferences } from './webPreferences.ts';

/** The main window, hidden until its first picture is ready: no white flash on a dark ward. */
export function createMainWindow(preload: string): BrowserWindow {
  const window = new BrowserWindow({
    width: 1440,
    height: 900,
    minWidth: 960,
    minHeight: 600,
    show: false,
    title: '会诊',
    backgroundColor: '#0f1a1c',
    autoHideMenuBar: true,
    // The last three are in it already; electronegativity does not follow the call and has to see them here.
    webPreferences: { ...safeWebPreferences(preload), sandbox: true, contextIsolation: true, nodeIntegration: false },
  });
  window.once('ready-to-show', () => window.show());
  return window;
}

/** Where the page starts: `startPath` (path, query and fragment) below our own origin, else its root. */
export function startUrl(startPath: string | null): string {
  const url = startPath?.startsWith('/') ? parseAppUrl(`${APP_ORIGIN}${startPath}`) : null;
  return url?.href ?? `${APP_ORIGIN}/`;
}
