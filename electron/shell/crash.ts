import { app, type BrowserWindow, dialog } from 'electron';
import type { Clock } from '#shared/lib/clock';
import type { Undo } from '#shared/lib/disposable';
import { drop } from '#shared/lib/drop';
import type { HostLog } from '../host/logFile.ts';
import { CrashPolicy } from './crashPolicy.ts';
import type { ShellTexts } from './texts.ts';

const UNRESPONSIVE_PATIENCE_MS = 10_000;

export interface CrashOptions {
  readonly window: BrowserWindow;
  readonly clock: Clock;
  readonly log: HostLog;
  readonly isKiosk: () => boolean;
  readonly texts: () => ShellTexts;
}

/**
 * Brings a crashed page back and asks about one that hangs. The consult itself lives on the server, and the page rejoins when it
 * loads. A kiosk asks nobody: there is no one to answer.
 */
export function watchCrashes({ window, clock, log, isKiosk, texts }: CrashOptions): void {
  const policy = new CrashPolicy(clock);
  let cancelPatience: Undo | null = null;

  window.webContents.on('render-process-gone', (_event, details) => {
    log.write('error', 'crash', `the page's process is gone: ${details.reason} (${details.exitCode})`);
    if (details.reason === 'clean-exit' || window.isDestroyed()) return;
    if (policy.shouldReload()) return window.webContents.reload();
    if (isKiosk()) return void clock.after(60_000, () => window.webContents.reload());
    ask(texts().crashed);
  });
  window.on('unresponsive', () => {
    log.write('warn', 'crash', 'the page does not answer');
    cancelPatience ??= clock.after(UNRESPONSIVE_PATIENCE_MS, () => {
      cancelPatience = null;
      if (window.isDestroyed()) return;
      if (isKiosk()) return restartPage();
      ask(texts().hanging);
    });
  });
  window.on('responsive', () => {
    cancelPatience?.();
    cancelPatience = null;
  });
  window.on('closed', () => cancelPatience?.());
  app.on('child-process-gone', (_event, details) => log.write('warn', 'crash', `a helper process is gone: ${details.type} ${details.reason}`));

  function restartPage(): void {
    // A hanging process ignores a reload: end it, then `render-process-gone` loads the page again.
    window.webContents.forcefullyCrashRenderer();
  }

  function ask(text: string): void {
    const { reload, wait } = texts();
    const answer = dialog.showMessageBox(window, { type: 'warning', message: text, buttons: [reload, wait], defaultId: 0, cancelId: 1, noLink: true });
    drop(
      answer.then(({ response }) => {
        if (response !== 0 || window.isDestroyed()) return;
        if (window.webContents.isCrashed()) window.webContents.reload();
        else restartPage();
      }),
      'a dialog that cannot be shown leaves the page as it is',
    );
  }
}
