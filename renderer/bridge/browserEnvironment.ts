import type { Clock } from '#shared/lib/clock';
import type { BridgeEnvironment } from './createBridge.ts';
import type { PreloadHost } from './electronBridge.ts';

declare global {
  interface Window {
    /** Put there by Electron's preload; missing in a browser. */
    readonly huizhenHost?: PreloadHost;
  }
}

/** The real browser around this page, for `createBridge`. */
export function createBrowserEnvironment(page: Window & typeof globalThis, clock: Clock): BridgeEnvironment {
  return {
    clock,
    random: () => page.Math.random(),
    preloadHost: page.huizhenHost,
    page,
    openLocalStorage: () => page.localStorage,
    openSessionStorage: () => page.sessionStorage,
    openSocket: (url, { onOpen, onMessage, onClose }) => {
      const socket = new page.WebSocket(url);
      socket.binaryType = 'arraybuffer';
      socket.addEventListener('open', onOpen);
      socket.addEventListener('message', (event: MessageEvent<unknown>) => onMessage(event.data));
      socket.addEventListener('close', (event) => onClose(event.code));
      return socket;
    },
    wake: {
      // Typed as always there; it is missing without a secure context.
      wakeLock: 'wakeLock' in page.navigator ? page.navigator.wakeLock : undefined,
      onVisible: (listener) => {
        const onChange = () => {
          if (page.document.visibilityState === 'visible') listener();
        };
        page.document.addEventListener('visibilitychange', onChange);
        return () => page.document.removeEventListener('visibilitychange', onChange);
      },
    },
    userAgent: page.navigator.userAgent,
  };
}
