import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { findBrowser } from '../../build/setup/programs.mjs';
import { installVirtualDevices, readPattern, type VirtualDevice } from '../../build/demo/virtualDevices.mjs';
import { browserInside } from './impairment/namespace.ts';

/** What every browser of the suite is started with: no calls home, no throttling of pages in the back, sound without a click. */
export const CHROMIUM_ARGUMENTS = [
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
  '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
  '--disable-background-timer-throttling', '--disable-renderer-backgrounding', '--disable-backgrounding-occluded-windows',
  '--autoplay-policy=no-user-gesture-required', '--disable-features=WebRtcHideLocalIpsWithMdns,LocalNetworkAccessChecks',
];

/** @param namespace the network namespace it lives in; left out: the machine's own */
export async function launchChromium(extra: readonly string[] = [], namespace?: string): Promise<Browser> {
  const executablePath = findBrowser();
  if (!executablePath) throw new Error('no Chromium or Chrome is installed; run the set-up');
  return chromium.launch({ executablePath, headless: true, args: [...CHROMIUM_ARGUMENTS, ...extra], ...(namespace === undefined ? {} : browserInside(namespace, executablePath)) });
}

/** Keeps every peer connection of a page within a test's reach; the client itself exposes none. */
function rememberConnections(): void {
  const made: RTCPeerConnection[] = [];
  Object.assign(window, { testConnections: made });
  window.RTCPeerConnection = new Proxy(window.RTCPeerConnection, {
    construct(target, argumentList: ConstructorParameters<typeof RTCPeerConnection>) {
      const connection = new target(...argumentList);
      made.push(connection);
      return connection;
    },
  });
}

declare global {
  interface Window {
    testConnections: RTCPeerConnection[];
    readPattern: typeof readPattern;
    __virtualDevices: { unplug(label: string): VirtualDevice; plug(device: VirtualDevice): void };
  }
}

/** A context with virtual devices and the test's own eyes in every page. */
export async function openContext(browser: Browser, devices: readonly VirtualDevice[], options: Parameters<Browser['newContext']>[0] = {}): Promise<BrowserContext> {
  const context = await browser.newContext(options);
  await context.addInitScript(installVirtualDevices, { devices: [...devices] });
  // Functions sent to the page may carry a mark of the compiler that ran them; there it means nothing.
  await context.addInitScript('globalThis.__name ??= (value) => value');
  await context.addInitScript(rememberConnections);
  await context.addInitScript(`window.readPattern = ${readPattern.toString()}`);
  return context;
}

export interface InboundStat {
  readonly kind: 'audio' | 'video';
  readonly trackIdentifier: string;
  readonly bytesReceived: number;
  readonly packetsReceived: number;
  readonly framesDecoded: number;
  readonly frameWidth: number;
  readonly frameHeight: number;
  readonly framesPerSecond: number;
  readonly concealedSamples: number;
  readonly totalSamplesReceived: number;
  readonly totalAudioEnergy: number;
  readonly mid: string;
}

/** The inbound streams of all open connections of a page, as the browser counts them. */
export function inboundStats(page: Page): Promise<InboundStat[]> {
  return page.evaluate(async () => {
    const all: unknown[] = [];
    for (const connection of window.testConnections) {
      if (connection.connectionState === 'closed') continue;
      const report = await connection.getStats();
      report.forEach((stat: { type: string }) => {
        if (stat.type === 'inbound-rtp') all.push({ ...stat });
      });
    }
    return all as InboundStat[];
  });
}

/** Bytes of sound that left a page so far, over all its connections (RTP payload of audio senders). */
export function sentAudio(page: Page): Promise<{ packets: number; bytes: number }> {
  return page.evaluate(async () => {
    let packets = 0;
    let bytes = 0;
    for (const connection of window.testConnections) {
      if (connection.connectionState === 'closed') continue;
      const report = await connection.getStats();
      report.forEach((stat: { type: string; kind?: string; packetsSent?: number; bytesSent?: number }) => {
        if (stat.type !== 'outbound-rtp' || stat.kind !== 'audio') return;
        packets += stat.packetsSent ?? 0;
        bytes += stat.bytesSent ?? 0;
      });
    }
    return { packets, bytes };
  });
}

export const DEVICES = {
  expert: [
    { kind: 'videoinput', label: 'Desk camera', tag: 1, width: 640, height: 360, fps: 10, style: 'face' },
    { kind: 'audioinput', label: 'Headset', toneHz: 440 },
  ],
  second: [
    { kind: 'videoinput', label: 'Monitor camera', tag: 2, width: 640, height: 360, fps: 10, style: 'face' },
    { kind: 'audioinput', label: 'Table microphone', toneHz: 620 },
  ],
  cart: [
    { kind: 'videoinput', label: 'Close-up camera', tag: 3, width: 3840, height: 2160, fps: 5, style: 'field' },
    { kind: 'videoinput', label: 'Ultrasound HDMI', tag: 4, width: 1280, height: 720, fps: 8, style: 'ultrasound' },
    { kind: 'audioinput', label: 'Cart microphone', toneHz: 330 },
  ],
  smallCart: [
    { kind: 'videoinput', label: 'Close-up camera', tag: 3, width: 640, height: 360, fps: 10, style: 'field' },
    { kind: 'audioinput', label: 'Cart microphone', toneHz: 330 },
  ],
} as const satisfies Record<string, readonly VirtualDevice[]>;
