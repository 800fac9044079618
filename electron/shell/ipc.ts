import { type IpcMainEvent, type IpcMainInvokeEvent, ipcMain, type WebContents } from 'electron';
import { HOST_EVENTS, type HostEventName, type HostMessage } from '#shared/host/contract';
import { packFrame, unpackFrame } from '#shared/host/controlFrames';
import { DisposableStack, type Undo } from '#shared/lib/disposable';
import type { Host } from '../host/host.ts';
import type { HostLog } from '../host/logFile.ts';
import { isTrustedFrame } from './origin.ts';

/** One channel for requests and answers one way and events the other. Written alike in preload.ts. */
export const HOST_CHANNEL = 'huizhen.host';
/** Another for frames of remote control, both ways: many a second, and never answered. Written alike in preload.ts. */
export const FRAME_CHANNEL = 'huizhen.frames';

export interface IpcOptions {
  readonly host: Host;
  readonly log: HostLog;
  /** The main window's contents: pop-outs have no preload and nothing to ask. */
  readonly contents: WebContents;
  /** The page has asked for `host.info`, so it listens from now on. */
  readonly onPageReady: () => void;
}

/** Joins the main window's page to the host. The undo ends it. */
export function connectIpc({ host, log, contents, onPageReady }: IpcOptions): Undo {
  const owned = new DisposableStack();

  ipcMain.handle(HOST_CHANNEL, async (event: IpcMainInvokeEvent, raw: unknown): Promise<HostMessage> => {
    if (event.sender !== contents || !isTrustedFrame(event.senderFrame)) {
      log.write('warn', 'ipc', 'a message from a foreign frame was refused');
      return { type: 'error', id: 0, code: 'auth.forbidden', message: 'this frame may not speak to the host' };
    }
    const answer = await host.handleMessage(raw);
    if (answer.type === 'result' && isInfoRequest(raw)) onPageReady();
    return answer;
  });
  owned.add(() => ipcMain.removeHandler(HOST_CHANNEL));

  const send = (name: HostEventName, payload: unknown) => {
    if (contents.isDestroyed() || !isTrustedFrame(contents.mainFrame)) return;
    contents.send(HOST_CHANNEL, { type: 'event', name, payload } satisfies HostMessage);
  };
  // The keys of the table are the names; Object.keys only forgets it.
  for (const name of Object.keys(HOST_EVENTS) as HostEventName[]) owned.add(host.events.on(name, (payload) => send(name, payload)));

  const receiveFrame = (event: IpcMainEvent, raw: unknown) => {
    if (event.sender !== contents || !isTrustedFrame(event.senderFrame)) return log.write('warn', 'ipc', 'a frame from a foreign page was refused');
    const carried = raw instanceof Uint8Array ? unpackFrame(raw) : null;
    if (carried !== null && carried.from !== '') host.control.handleFrame(carried.frame, carried.from);
  };
  ipcMain.on(FRAME_CHANNEL, receiveFrame);
  owned.add(() => ipcMain.off(FRAME_CHANNEL, receiveFrame));
  owned.add(
    host.control.onState((bytes) => {
      if (!contents.isDestroyed() && isTrustedFrame(contents.mainFrame)) contents.send(FRAME_CHANNEL, packFrame('', bytes));
    }),
  );
  // One for each time that the page asked, so that none queue up before a page that stands still.
  owned.add(
    host.control.onPicture((bytes) => {
      if (!contents.isDestroyed() && isTrustedFrame(contents.mainFrame)) contents.send(FRAME_CHANNEL, bytes);
    }),
  );
  return () => owned.dispose();
}

function isInfoRequest(raw: unknown): boolean {
  return typeof raw === 'object' && raw !== null && 'name' in raw && raw.name === 'host.info';
}
