import { app, type BrowserWindow } from 'electron';
import { DisposableStack, type Undo } from '#shared/lib/disposable';
import { drop } from '#shared/lib/drop';
import type { HostLog } from '../host/logFile.ts';
import { setLinuxAutostart } from './autostart.ts';
import { isBlockedInKiosk } from './shortcuts.ts';

/**
 * Makes `window` a kiosk: full screen, starts with the machine, neither closes nor obeys keys that lead out. The undo frees the
 * window and removes the automatic start (a technician who left by the code wants the desktop after the next restart as well).
 */
export function enterKiosk(window: BrowserWindow, log: HostLog): Undo {
  const owned = new DisposableStack();
  const onClose = (event: { preventDefault(): void }) => event.preventDefault();
  const onInput = (event: { preventDefault(): void }, input: Parameters<typeof isBlockedInKiosk>[0]) => {
    if (isBlockedInKiosk(input)) event.preventDefault();
  };
  const onQuit = (event: { preventDefault(): void }) => event.preventDefault();
  const stayInKiosk = () => window.setKiosk(true);

  window.setKiosk(true);
  owned.add(() => window.setKiosk(false));
  window.on('close', onClose);
  owned.add(() => window.off('close', onClose));
  window.on('leave-full-screen', stayInKiosk);
  owned.add(() => window.off('leave-full-screen', stayInKiosk));
  window.webContents.on('before-input-event', onInput);
  owned.add(() => window.webContents.off('before-input-event', onInput));
  app.on('before-quit', onQuit);
  owned.add(() => app.off('before-quit', onQuit));
  setAutostart(true, log);
  owned.add(() => setAutostart(false, log));
  return () => owned.dispose();
}

function setAutostart(isOn: boolean, log: HostLog): void {
  if (!app.isPackaged) return; // a development tree must not enter itself into the session
  if (process.platform !== 'linux') return app.setLoginItemSettings({ openAtLogin: isOn, args: ['--kiosk'] });
  // An AppImage is unpacked to a new place at each start; it tells its own in APPIMAGE.
  const program = process.env.APPIMAGE ?? process.execPath;
  drop(setLinuxAutostart(app.getPath('appData'), isOn ? [program, '--kiosk'] : null), 'the kiosk works without; the log says so', (error) =>
    log.write('error', 'kiosk', 'the automatic start could not be changed', { reason: String(error) }),
  );
}
