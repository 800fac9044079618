import { ManualClock } from '#shared/lib/clock';
import { describe, expect, it } from 'vitest';
import { createBrowserBridge } from '../../../../renderer/bridge/browserBridge.ts';
import { createBridge, type BridgeEnvironment } from '../../../../renderer/bridge/createBridge.ts';
import { openElectronBridge, type PreloadHost } from '../../../../renderer/bridge/electronBridge.ts';
import { takeLoopbackAddress } from '../../../../renderer/bridge/loopbackAddress.ts';
import { LoopbackBridge, type SocketListeners } from '../../../../renderer/bridge/loopbackBridge.ts';
import { createPageStorage } from '../../../../renderer/bridge/pageStorage.ts';
import { ScreenWake } from '../../../../renderer/bridge/screenWake.ts';

const INFO = { kind: 'electron', version: '1', platform: 'linux-x64', isKiosk: false, vault: 'operatingSystem', vaultReason: null };
const NO_WAKE = { wakeLock: undefined, onVisible: () => () => undefined };
const TOKEN = 'ab'.repeat(32);

function memoryStorage(map = new Map<string, string>()) {
  return createPageStorage(() => ({
    getItem: (key) => map.get(key) ?? null,
    setItem: (key, value) => void map.set(key, value),
    removeItem: (key) => void map.delete(key),
  }));
}

/** A preload that answers from a table and lets the test send events. */
class FakePreload implements PreloadHost {
  readonly listeners = new Set<(message: unknown) => void>();
  answers: Record<string, unknown> = { 'host.info': { type: 'result', id: 1, result: INFO } };

  async request(name: string): Promise<unknown> {
    return this.answers[name];
  }

  onEvent(listener: (message: unknown) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  readonly frameListeners = new Set<(carried: unknown) => void>();
  readonly sentFrames: Uint8Array[] = [];

  sendFrame(carried: Uint8Array): void {
    this.sentFrames.push(carried);
  }

  onFrame(listener: (carried: unknown) => void): () => void {
    this.frameListeners.add(listener);
    return () => this.frameListeners.delete(listener);
  }

  send(message: unknown): void {
    for (const listener of this.listeners) listener(message);
  }
}

describe('in Electron', () => {
  it('[DSK74] results are parsed, errors keep their code, anything else is internal.bug', async () => {
    const preload = new FakePreload();
    const bridge = await openElectronBridge(preload);
    expect(bridge.abilities).toEqual({ hasVault: true, hasMachineSettings: true, hasSystemEvents: true, hasLogFile: true, isKiosk: false });
    preload.answers['vault.read'] = { type: 'error', id: 2, code: 'storage.corrupt', message: 'x' };
    await expect(bridge.request('vault.read', { name: 'a' })).rejects.toMatchObject({ code: 'storage.corrupt' });
    for (const nonsense of [undefined, null, {}, { type: 'result', id: 1, result: { secret: 5 } }, { type: 'error', id: 1, code: 'made.up', message: '' }, { type: 'event', name: 'x', payload: {} }]) {
      preload.answers['vault.read'] = nonsense;
      await expect(bridge.request('vault.read', { name: 'a' })).rejects.toMatchObject({ code: 'internal.bug' });
    }
    bridge.close();
    expect(preload.listeners.size).toBe(0);
    await expect(bridge.request('host.info', {})).rejects.toMatchObject({ code: 'host.unavailable' });
  });

  it('[CTL49] frames go both ways by a channel of their own, and what is none is dropped', async () => {
    const preload = new FakePreload();
    const bridge = await openElectronBridge(preload);
    const heard: number[][] = [];
    bridge.frames?.onFrame((bytes) => heard.push([...bytes]));
    bridge.frames?.send(Uint8Array.of(7, 8), 'ab');
    expect(preload.sentFrames.map((bytes) => [...bytes])).toEqual([[2, 97, 98, 7, 8]]);
    for (const carried of [Uint8Array.of(0, 5, 6), Uint8Array.of(), Uint8Array.of(0), Uint8Array.of(200, 1), 'x', null, [0, 1]]) for (const listener of preload.frameListeners) listener(carried);
    expect(heard).toEqual([[5, 6]]);
    bridge.close();
    bridge.frames?.send(Uint8Array.of(7), 'ab');
    expect([preload.sentFrames.length, preload.frameListeners.size]).toEqual([1, 0]);
  });

  it('[DSK75] a deep link that came before anyone listened is kept, once; unknown events are dropped', async () => {
    const preload = new FakePreload();
    const bridge = await openElectronBridge(preload);
    for (const consultId of ['consult-1', 'consult-2']) preload.send({ type: 'event', name: 'deepLink.opened', payload: { consultId } });
    preload.send({ type: 'event', name: 'evil', payload: {} });
    preload.send({ type: 'event', name: 'deepLink.opened', payload: { consultId: 5 } });
    const heard: string[] = [];
    bridge.on('deepLink.opened', ({ consultId }) => heard.push(consultId));
    bridge.on('deepLink.opened', ({ consultId }) => heard.push(`second ${consultId}`));
    preload.send({ type: 'event', name: 'deepLink.opened', payload: { consultId: 'consult-3' } });
    expect(heard).toEqual(['consult-2', 'consult-3', 'second consult-3']);
  });
});

describe('address of the loopback host', () => {
  function take(hash: string, map = new Map<string, string>()) {
    const replaced: string[] = [];
    const page = { location: { hash, pathname: '/', search: '?x=1' }, history: { replaceState: (_data: unknown, _unused: string, url: string) => void replaced.push(url) } };
    return { address: takeLoopbackAddress(page, memoryStorage(map)), replaced, map };
  }

  it('[DSK70] is read from the fragment, taken off the address, and what else stood there stays as it was', () => {
    const { address, replaced } = take(`#/consult/c-1?a=%2F&host=ws://127.0.0.1:4100/&token=${TOKEN}`);
    expect(address).toEqual({ url: 'ws://127.0.0.1:4100/', token: TOKEN });
    expect(replaced).toEqual(['/?x=1#/consult/c-1?a=%2F']);
    expect(take('#/consult/c-1')).toMatchObject({ address: null, replaced: [] });
  });

  it.each(['ws://evil.example/', 'ws://127.0.0.1.evil.example:1/', 'wss://127.0.0.1:1/', 'ws://127.0.0.1:1/path', 'ws://localhost:1/', 'ws://127.0.0.1/', 'ws://user@127.0.0.1:1/'])('[DSK76] a link to the host %s leads nowhere, and its token leaves the address', (url) => {
    const { address, replaced, map } = take(`#host=${url}&token=${TOKEN}`);
    expect(address).toBeNull();
    expect(replaced).toEqual(['/?x=1']);
    expect(map.size).toBe(0);
  });

  it('[DSK71] is kept for the tab; a damaged note is no address', () => {
    const { map } = take(`#host=ws://127.0.0.1:4100/&token=${TOKEN}`);
    expect(take('', map).address).toEqual({ url: 'ws://127.0.0.1:4100/', token: TOKEN });
    expect(take('', new Map([['huizhen.loopback', '{']])).address).toBeNull();
  });
});

describe('loopback connection', () => {
  function openFake() {
    const clock = new ManualClock();
    const sockets: { listeners: SocketListeners; sent: string[]; frames: Uint8Array[]; bufferedAmount: number; isClosed: boolean }[] = [];
    const tokens: string[] = [];
    const open = LoopbackBridge.open({
      address: { url: 'ws://127.0.0.1:4100/', token: TOKEN },
      clock,
      random: () => 0.5,
      onToken: ({ token }) => tokens.push(token),
      onRefused: () => tokens.push('refused'),
      screenWake: new ScreenWake(NO_WAKE),
      openSocket: (_url, listeners) => {
        const socket = { listeners, sent: [] as string[], frames: [] as Uint8Array[], bufferedAmount: 0, isClosed: false };
        sockets.push(socket);
        return {
          get bufferedAmount() {
            return socket.bufferedAmount;
          },
          send: (message) => void (typeof message === 'string' ? socket.sent.push(message) : socket.frames.push(message)),
          close: () => (socket.isClosed = true),
        };
      },
    });
    const socket = (index: number) => {
      const found = sockets[index];
      if (!found) throw new Error(`no socket ${index}`);
      return found;
    };
    const answer = (index: number, message: unknown) => socket(index).listeners.onMessage(JSON.stringify(message));
    const authenticate = (index: number) => {
      socket(index).listeners.onOpen();
      answer(index, { type: 'result', id: 0, result: { token: 'cd'.repeat(32) } });
    };
    return { clock, sockets, tokens, open, socket, answer, authenticate };
  }

  async function openReady() {
    const fake = openFake();
    fake.authenticate(0);
    fake.answer(0, { type: 'result', id: 1, result: { ...INFO, kind: 'loopback' } });
    return { ...fake, bridge: await fake.open };
  }

  it('[CTL49] frames go at once or never: not before the token, not behind a socket that does not take them', async () => {
    const fake = openFake();
    fake.authenticate(0);
    fake.answer(0, { type: 'result', id: 1, result: { ...INFO, kind: 'loopback' } });
    const { frames } = await fake.open;
    const heard: number[][] = [];
    frames.onFrame((bytes) => heard.push([...bytes]));
    fake.socket(0).listeners.onMessage(Uint8Array.of(0, 5, 6).buffer);
    fake.socket(0).listeners.onMessage(Uint8Array.of(90).buffer);
    expect(heard).toEqual([[5, 6]]);
    frames.send(Uint8Array.of(7, 8), 'ab');
    fake.socket(0).bufferedAmount = 8000;
    frames.send(Uint8Array.of(9), 'ab');
    fake.socket(0).bufferedAmount = 0;
    fake.socket(0).listeners.onClose(1006);
    frames.send(Uint8Array.of(9), 'ab');
    expect(fake.socket(0).frames.map((bytes) => [...bytes])).toEqual([[2, 97, 98, 7, 8]]);
    expect(() => frames.send(Uint8Array.of(1), 'a b')).toThrow(RangeError);
    expect(() => frames.send(new Uint8Array(257), 'a')).toThrow(RangeError);
  });

  it('[DSK72] comes back after growing waits with the session token, and stops when closed', async () => {
    const { bridge, clock, sockets, socket, authenticate } = await openReady();
    const request = bridge.request('settings.get', {});
    socket(0).listeners.onClose(1006);
    await expect(request).rejects.toMatchObject({ code: 'host.unavailable' });
    await expect(bridge.request('settings.get', {})).rejects.toMatchObject({ code: 'host.unavailable' });
    for (const waitMs of [250, 500, 1000, 2000, 4000, 5000, 5000]) {
      const before = sockets.length;
      clock.advance(waitMs - 1);
      expect(sockets).toHaveLength(before);
      clock.advance(1);
      expect(sockets).toHaveLength(before + 1);
      socket(before).listeners.onClose(1006);
    }
    clock.advance(5000);
    const last = sockets.length - 1;
    authenticate(last);
    expect(socket(last).sent[0]).toContain('cd'.repeat(32));
    expect(bridge.isConnected).toBe(true);
    bridge.close();
    expect(socket(last).isClosed).toBe(true);
    expect(clock.pendingTimers).toBe(0);
  });

  it('[DSK73] nobody answers within 5 s: host.unavailable; a refused token: auth.required and no further try', async () => {
    const silent = openFake();
    silent.clock.advance(5000);
    await expect(silent.open).rejects.toMatchObject({ code: 'host.unavailable' });
    expect(silent.clock.pendingTimers).toBe(0);
    const refused = openFake();
    refused.socket(0).listeners.onClose(4401);
    await expect(refused.open).rejects.toMatchObject({ code: 'auth.required' });
    expect(refused.tokens).toEqual(['refused']);
    expect(refused.clock.pendingTimers).toBe(0);
  });

  it('[DSK77] nonsense from the other side is dropped, an answer that never comes is refused, a flood is bounded', async () => {
    const { bridge, answer, socket, clock } = await openReady();
    for (const nonsense of ['{', '', 'null', '[]', '{"type":"result"}']) socket(0).listeners.onMessage(nonsense);
    socket(0).listeners.onMessage(new ArrayBuffer(4));
    answer(0, { type: 'request', id: 1, name: 'x', params: {} });
    answer(0, { type: 'result', id: 999, result: {} });
    const waiting = Array.from({ length: 60 }, () => bridge.request('settings.get', {}).catch((error: { code: string }) => error.code));
    await expect(bridge.request('settings.get', {})).rejects.toMatchObject({ code: 'input.rateLimited' });
    clock.advance(15_000);
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(['host.unavailable']));
    bridge.close();
  });
});

describe('in a plain browser', () => {
  function openBrowser(map = new Map<string, string>()) {
    return { map, bridge: createBrowserBridge({ storage: memoryStorage(map), screenWake: new ScreenWake(NO_WAKE), userAgent: 'agent', wallMs: () => 1_800_000_000_000 }) };
  }

  it('[DSK78] settings last in this profile, the vault refuses, and there is no kiosk', async () => {
    const { bridge, map } = openBrowser();
    expect(bridge.abilities).toEqual({ hasVault: false, hasMachineSettings: false, hasSystemEvents: false, hasLogFile: false, isKiosk: false });
    await bridge.request('settings.set', { language: 'en' });
    expect((await openBrowser(map).bridge.request('settings.get', {})).language).toBe('en');
    await expect(bridge.request('vault.store', { name: 'a', secret: 'b' })).rejects.toMatchObject({ code: 'vault.unprotected' });
    await expect(bridge.request('vault.read', { name: 'a' })).rejects.toMatchObject({ code: 'vault.unprotected' });
    await expect(bridge.request('kiosk.exit', { code: 'x' })).rejects.toMatchObject({ code: 'device.unsupported' });
    await expect(bridge.request('host.info', {})).rejects.toMatchObject({ code: 'host.unavailable' });
    await bridge.request('log.write', { level: 'warn', at: 'test', message: 'seen' });
    expect((await bridge.request('diagnostics.collect', {})).text).toContain('warn test: seen');
  });

  it('[DSK78] settings that cannot be understood are put aside, and storage that is forbidden costs memory only', async () => {
    const { bridge, map } = openBrowser(new Map([['huizhen.settings', '{broken']]));
    expect((await bridge.request('settings.get', {})).language).toBeNull();
    expect([...map.entries()]).toEqual([['huizhen.settings.corrupt-1800000000000', '{broken']]);
    const forbidden = createBrowserBridge({
      storage: createPageStorage(() => {
        throw new Error('SecurityError');
      }),
      screenWake: new ScreenWake(NO_WAKE),
      userAgent: '',
      wallMs: () => 0,
    });
    await forbidden.request('settings.set', { theme: 'dark' });
    expect((await forbidden.request('settings.get', {})).theme).toBe('dark');
  });

  it('[DSK79] the screen is kept on during a consult, and again after the page was hidden', async () => {
    let held = 0;
    let asked = 0;
    let show: () => void = () => undefined;
    const wake = new ScreenWake({
      wakeLock: {
        request: async () => {
          held += 1;
          asked += 1;
          return {
            release: async () => {
              held -= 1;
            },
          };
        },
      },
      onVisible: (listener) => {
        show = listener;
        return () => (show = () => undefined);
      },
    });
    wake.setActive(true);
    wake.setActive(true);
    show();
    wake.setActive(false);
    show();
    await Promise.resolve();
    await Promise.resolve();
    await Promise.resolve();
    expect([asked, held]).toEqual([2, 0]);
    wake.close();
  });
});

describe('choice of the bridge', () => {
  const environment = (preloadHost?: PreloadHost): BridgeEnvironment => ({
    clock: new ManualClock(),
    random: () => 0.5,
    preloadHost,
    page: { location: { hash: '', pathname: '/', search: '' }, history: { replaceState: () => undefined } },
    openLocalStorage: () => {
      throw new Error('forbidden');
    },
    openSessionStorage: () => {
      throw new Error('forbidden');
    },
    openSocket: () => {
      throw new Error('not to be opened');
    },
    wake: NO_WAKE,
    userAgent: '',
  });

  it('[DSK73] is Electron where there is one, else the browser alone', async () => {
    expect((await createBridge(environment(new FakePreload()))).bridge.kind).toBe('electron');
    expect(await createBridge(environment())).toMatchObject({ bridge: { kind: 'browser', info: null }, lostHost: null });
  });
});
