import { BrowserWindow, type DesktopCapturerSource, desktopCapturer, dialog, type Session } from 'electron';
import type { HostLog } from '../host/logFile.ts';
import { isTrustedFrame } from './origin.ts';
import type { ShellTexts } from './texts.ts';

const MAX_CHOICES = 16;

/**
 * Screen sharing: the system's own picker where there is one (macOS 15, Wayland's portal through the capturer), else a list. Only
 * our page, only upon a person's click, and what is shared is always chosen by the person and never by the page.
 */
export function installScreenShare(session: Session, texts: () => ShellTexts, log: HostLog): void {
  session.setDisplayMediaRequestHandler(
    (request, callback) => {
      // Null refuses: the page sees NotAllowedError, as in a browser.
      const refuse = () => callback(null);
      if (!isTrustedFrame(request.frame) || !request.userGesture || !request.videoRequested) {
        log.write('warn', 'screenShare', 'a request for the screen was refused');
        return refuse();
      }
      choose(texts()).then(
        (source) => {
          if (!source) return refuse();
          // Sound of the system is offered by Windows only.
          callback(request.audioRequested && process.platform === 'win32' ? { video: source, audio: 'loopback' } : { video: source });
        },
        (error: unknown) => {
          log.write('error', 'screenShare', 'the screens could not be listed', { reason: String(error) });
          refuse();
        },
      );
    },
    { useSystemPicker: true },
  );
}

async function choose(texts: ShellTexts): Promise<DesktopCapturerSource | null> {
  const all = await desktopCapturer.getSources({ types: ['screen', 'window'], thumbnailSize: { width: 0, height: 0 } });
  const sources = all.slice(0, MAX_CHOICES);
  // On Wayland the portal has asked the person already and gives the one chosen.
  if (process.env.XDG_SESSION_TYPE === 'wayland' && sources.length === 1) return sources[0] ?? null;
  const labels = sources.map((source) => (source.id.startsWith('screen:') ? `${texts.screen}: ${source.name}` : source.name).slice(0, 60));
  const options = { type: 'question' as const, message: texts.chooseScreen, buttons: [...labels, texts.cancel], defaultId: labels.length, cancelId: labels.length, noLink: true };
  const parent = BrowserWindow.getFocusedWindow();
  const { response } = await (parent ? dialog.showMessageBox(parent, options) : dialog.showMessageBox(options));
  return sources[response] ?? null;
}
