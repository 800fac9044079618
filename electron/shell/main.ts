/**
 * The desktop application: composition only.
 *
 *   huizhen [huizhen://consult/ID] [--kiosk] [--server-url=URL] [--profile-dir=DIR] [--start-path=/…]
 *   huizhen --set-kiosk-code                       (code on standard input)
 *   huizhen --trust-certificate=HOST=SHA256
 *   huizhen --verify-control-record
 */
import { join } from 'node:path';
import { app, type BrowserWindow, dialog, safeStorage, session, systemPreferences } from 'electron';
import type { ConsultId } from '#shared/domain/ids';
import type { MachineSettings } from '#shared/host/contract';
import { createSystemClock } from '#shared/lib/clock';
import type { Undo } from '#shared/lib/disposable';
import { drop } from '#shared/lib/drop';
import { composeHost } from '../host/composeHost.ts';
import { parseSetupCommand, runSetup } from '../host/setup.ts';
import { VERSION } from '../host/version.ts';
import { registerAppScheme, serveApp } from './appProtocol.ts';
import { installCertificateTrust } from './certificateTrust.ts';
import { createControlDialog } from './confirmControl.ts';
import { watchCrashes } from './crash.ts';
import { connectIpc } from './ipc.ts';
import { enterKiosk } from './kiosk.ts';
import { installMenu } from './menu.ts';
import { lockNavigation } from './navigation.ts';
import { installPermissions } from './permissions.ts';
import { createPowerSave, forwardPowerEvents } from './powerSave.ts';
import { createSafeStorageProtector } from './safeStorageProtector.ts';
import { installScreenShare } from './screenShare.ts';
import { claimSingleInstance } from './singleInstance.ts';
import { shellTexts } from './texts.ts';
import { createMainWindow, startUrl } from './window.ts';

const clock = createSystemClock(globalThis);

function option(name: string): string | null {
  const prefix = `--${name}=`;
  return process.argv.find((argument) => argument.startsWith(prefix))?.slice(prefix.length) ?? null;
}

// 1. What must be said before Electron is ready.
app.enableSandbox();
registerAppScheme();
const profileDir = option('profile-dir');
if (profileDir) app.setPath('userData', profileDir);

// 2. One instance; a deep link waits until a page is there to hear it.
const wantsKiosk = process.argv.includes('--kiosk');
const setupCommand = parseSetupCommand(process.argv);
let waitingLink: ConsultId | null = null;
let onLinkArrived: () => void = () => undefined;
let showWindow: () => void = () => undefined;

async function start(): Promise<void> {
  let mainWindow: BrowserWindow | null = null;
  let language: MachineSettings['language'] = null;
  const texts = () => shellTexts(language, app.getLocale());
  let leaveKiosk: Undo = () => undefined;
  let isInKiosk = false;
  const parts = composeHost({
    folder: join(app.getPath('userData'), 'host'),
    clock,
    kind: 'electron',
    version: VERSION,
    isKiosk: wantsKiosk,
    protector: createSafeStorageProtector(safeStorage, process.platform),
    power: createPowerSave(),
    askPerson: createControlDialog(() => mainWindow, () => texts()),
    onKioskLeft: () => {
      isInKiosk = false;
      leaveKiosk();
      app.quit();
    },
  });
  const { host, log, settings, kiosk, trustedCertificates } = parts;
  log.write('info', 'shell', `start ${VERSION}`);

  if (setupCommand) {
    process.stdout.write(`${await runSetup(setupCommand, parts, process.stdin)}\n`);
    return app.exit(0);
  }
  const serverUrl = option('server-url');
  if (serverUrl) await settings.update({ serverUrl });
  language = (await settings.get()).language;
  if (wantsKiosk && (await kiosk.status()) === 'unset') {
    dialog.showErrorBox('会诊 Huizhen', texts().kioskNeedsCode);
    return app.exit(1);
  }

  // 3. Everything a page could lean on, before there is one.
  const pages = session.defaultSession;
  installMenu(process.platform);
  serveApp(pages, join(import.meta.dirname, '..', 'client'));
  installPermissions(pages, async (type) => process.platform !== 'darwin' || systemPreferences.askForMediaAccess(type === 'video' ? 'camera' : 'microphone'));
  installScreenShare(pages, texts, log);
  installCertificateTrust(pages, await trustedCertificates.list(), log);
  app.on('web-contents-created', (_event, contents) => lockNavigation(contents, log));
  forwardPowerEvents(host);

  drop(parts.control.open(), 'a device that cannot be had is told by control.describe');
  app.on('will-quit', () => drop(parts.control.close(), 'the device brakes by itself when nobody orders it any more'));

  // 4. The window, joined to the host, then its page.
  const window = createMainWindow(join(import.meta.dirname, 'preload.cjs'));
  mainWindow = window;
  let isPageReady = false;
  const deliverLink = () => {
    if (!isPageReady || !waitingLink) return;
    host.emit('deepLink.opened', { consultId: waitingLink });
    waitingLink = null;
  };
  onLinkArrived = deliverLink;
  showWindow = () => {
    if (window.isMinimized()) window.restore();
    window.focus();
  };
  window.webContents.on('did-start-navigation', ({ isMainFrame, isSameDocument }) => {
    if (isMainFrame && !isSameDocument) isPageReady = false;
  });
  connectIpc({
    host,
    log,
    contents: window.webContents,
    onPageReady: () => {
      isPageReady = true;
      deliverLink();
      drop(
        settings.get().then((current) => {
          language = current.language;
        }),
        'the words stay in the language they were in',
      );
    },
  });
  watchCrashes({ window, clock, log, isKiosk: () => isInKiosk, texts });
  if (wantsKiosk) {
    isInKiosk = true;
    leaveKiosk = enterKiosk(window, log);
  }
  await window.loadURL(startUrl(option('start-path')));
}

const isFirst =
  setupCommand !== null ||
  claimSingleInstance({
    onActivated: () => showWindow(),
    onDeepLink: (consultId) => {
      waitingLink = consultId;
      onLinkArrived();
    },
  });

if (isFirst) {
  app.on('window-all-closed', () => app.quit());
  app
    .whenReady()
    .then(start)
    .catch((error: unknown) => {
      process.stderr.write(`huizhen: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
      app.exit(1);
    });
} else {
  app.quit();
}
