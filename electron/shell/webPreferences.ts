import type { WebPreferences } from 'electron';

/** What every window of ours is made with, written out although most are Electron's defaults: a changed default must not loosen them. */
export function safeWebPreferences(preload?: string): WebPreferences {
  return {
    sandbox: true,
    contextIsolation: true,
    nodeIntegration: false,
    nodeIntegrationInWorker: false,
    nodeIntegrationInSubFrames: false,
    webSecurity: true,
    allowRunningInsecureContent: false,
    experimentalFeatures: false,
    webviewTag: false,
    navigateOnDragDrop: false,
    disableBlinkFeatures: 'Auxclick',
    spellcheck: false,
    // A consult goes on while its window is covered: timers and video must not be throttled.
    backgroundThrottling: false,
    // The far end's sound starts when they speak, not when somebody clicks.
    autoplayPolicy: 'no-user-gesture-required',
    ...(preload === undefined ? {} : { preload }),
  };
}
