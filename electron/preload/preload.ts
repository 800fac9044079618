import { contextBridge, ipcRenderer } from 'electron';
import type { HostMessage, HostRequestName } from '#shared/host/contract';
import { MAX_CARRIED_BYTES } from '#shared/host/controlFrames';

/** Requests and events; written alike in shell/ipc.ts. */
const HOST_CHANNEL = 'huizhen.host';
/** Frames of remote control, both ways; written alike in shell/ipc.ts. */
const FRAME_CHANNEL = 'huizhen.frames';

/** Every name there is and no other: a record, so that the compiler notices a missing one. */
const ALLOWED: Readonly<Record<HostRequestName, true>> = {
  'host.info': true,
  'settings.get': true,
  'settings.set': true,
  'vault.store': true,
  'vault.read': true,
  'vault.remove': true,
  'power.setConsultActive': true,
  'log.write': true,
  'diagnostics.collect': true,
  'kiosk.exit': true,
  'control.describe': true,
  'control.ask': true,
  'control.unask': true,
  'control.grant': true,
  'control.reveal': true,
  'control.decline': true,
  'control.release': true,
  'control.takeOver': true,
  'control.stop': true,
  'control.resetStop': true,
  'control.record': true,
  'control.attend': true,
  'control.handovers': true,
  'control.handedOver': true,
  'control.wantPicture': true,
  'control.simulatorFault': true,
};

let nextId = 1;

/**
 * What the page sees as `window.huizhenHost`. An answer is a `result` or `error` message rather than a promise that rejects:
 * errors lose their code on the way between the two worlds. The page parses it (renderer/bridge/electronBridge.ts).
 */
const huizhenHost = {
  request(name: string, params: unknown): Promise<unknown> {
    if (!Object.hasOwn(ALLOWED, name)) {
      return Promise.resolve({ type: 'error', id: 0, code: 'input.unknownRequest', message: 'the host knows no such request' } satisfies HostMessage);
    }
    const id = nextId;
    nextId += 1;
    return ipcRenderer.invoke(HOST_CHANNEL, { type: 'request', id, name, params } satisfies HostMessage);
  },
  /** Returns the undo. The listener gets the bare message: Electron's event object would hand the page a sender. */
  onEvent(listener: (message: unknown) => void): () => void {
    const forward = (_event: unknown, message: unknown) => listener(message);
    ipcRenderer.on(HOST_CHANNEL, forward);
    return () => {
      ipcRenderer.off(HOST_CHANNEL, forward);
    };
  },
  sendFrame(carried: unknown): void {
    if (carried instanceof Uint8Array && carried.byteLength <= MAX_CARRIED_BYTES) ipcRenderer.send(FRAME_CHANNEL, carried);
  },
  onFrame(listener: (carried: unknown) => void): () => void {
    const forward = (_event: unknown, carried: unknown) => listener(carried);
    ipcRenderer.on(FRAME_CHANNEL, forward);
    return () => {
      ipcRenderer.off(FRAME_CHANNEL, forward);
    };
  },
};

contextBridge.exposeInMainWorld('huizhenHost', huizhenHost);
