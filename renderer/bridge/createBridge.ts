import type { Clock } from '#shared/lib/clock';
import { AppError } from '#shared/protocol/errors';
import { createBrowserBridge } from './browserBridge.ts';
import { openElectronBridge, type PreloadHost } from './electronBridge.ts';
import type { HostBridge } from './hostBridge.ts';
import { forgetLoopbackAddress, keepLoopbackAddress, type PageAddress, takeLoopbackAddress } from './loopbackAddress.ts';
import { LoopbackBridge, type OpenSocket } from './loopbackBridge.ts';
import { createPageStorage, type StorageLike } from './pageStorage.ts';
import { ScreenWake, type WakeHost } from './screenWake.ts';

/** What the bridge takes from the browser, so that tests give their own. */
export interface BridgeEnvironment {
  readonly clock: Clock;
  readonly random: () => number;
  /** `window.huizhenHost`, there only in Electron. */
  readonly preloadHost: PreloadHost | undefined;
  readonly page: PageAddress;
  readonly openLocalStorage: () => StorageLike;
  readonly openSessionStorage: () => StorageLike;
  readonly openSocket: OpenSocket;
  readonly wake: WakeHost;
  readonly userAgent: string;
}

export interface CreatedBridge {
  readonly bridge: HostBridge;
  /** Why a host that should be there is not; worth telling, because settings then last for this browser only. */
  readonly lostHost: AppError | null;
}

/** The best bridge this page can have: Electron's, else the loopback host it was started with, else the browser alone. */
export async function createBridge(environment: BridgeEnvironment): Promise<CreatedBridge> {
  const { clock, random, preloadHost, page, openSocket, userAgent } = environment;
  if (preloadHost) return { bridge: await openElectronBridge(preloadHost), lostHost: null };

  const session = createPageStorage(environment.openSessionStorage);
  const address = takeLoopbackAddress(page, session);
  let lostHost: AppError | null = null;
  if (address) {
    try {
      const bridge = await LoopbackBridge.open({
        address,
        openSocket,
        clock,
        random,
        onToken: (renewed) => keepLoopbackAddress(session, renewed),
        onRefused: () => forgetLoopbackAddress(session),
        screenWake: new ScreenWake(environment.wake),
      });
      return { bridge, lostHost: null };
    } catch (error) {
      lostHost = error instanceof AppError ? error : new AppError('host.unavailable', 'the loopback host cannot be reached', { cause: error });
    }
  }
  const bridge = createBrowserBridge({
    storage: createPageStorage(environment.openLocalStorage),
    screenWake: new ScreenWake(environment.wake),
    userAgent,
    wallMs: () => clock.wallMs(),
  });
  return { bridge, lostHost };
}
