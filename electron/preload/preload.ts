import { contextBridge, ipcRenderer } from 'electron';
import type { HostMessage, HostRequestName } from '#shared/host/contract';

/** The one channel; written alike in shell/ipc.ts. */
const HOST_CHANNEL = 'huizhen.host';

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
};

contextBridge.exposeInMainWorld('huizhenHost', huizhenHost);
