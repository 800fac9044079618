import { request as httpRequest } from 'node:http';
import { createConnection } from 'node:net';
import { type HostMessage, hostMessageSchema } from '#shared/host/contract';
import { createSystemClock, ManualClock } from '#shared/lib/clock';
import { AppError, errorCodeSchema } from '#shared/protocol/errors';
import { createRandom } from '#shared/lib/seededRandom';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { LaunchTokens } from '../../../electron/loopback/launchTokens.ts';
import { LoopbackServer, MAX_MESSAGE_BYTES } from '../../../electron/loopback/loopbackServer.ts';
import { createBridge } from '../../../renderer/bridge/createBridge.ts';
import type { HostBridge } from '../../../renderer/bridge/hostBridge.ts';
import type { OpenSocket } from '../../../renderer/bridge/loopbackBridge.ts';
import { createTestHost, randomNonsense } from '../../unit/electron/fakes.ts';

const ORIGIN = 'http://127.0.0.1:7400';

async function openServer(clock = createSystemClock(globalThis), port = 0) {
  const parts = await createTestHost();
  const server = await LoopbackServer.open({ host: parts.host, allowedOrigins: [ORIGIN], clock, log: parts.log, port });
  onTestFinished(() => server.close());
  return { ...parts, server };
}

/** A fresh launch token of this server. */
function launchToken(server: LoopbackServer): string {
  return new URLSearchParams(server.createLaunchFragment().slice(1)).get('token') ?? '';
}

/** A raw client that reads one message after the other. */
class RawClient {
  readonly #socket: WebSocket;
  readonly #messages: HostMessage[] = [];
  #wake: () => void = () => undefined;
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data) => {
      this.#messages.push(hostMessageSchema.parse(JSON.parse(String(data))));
      this.#wake();
    });
    socket.on('error', () => undefined); // the close that follows is what is looked at
    this.closed = new Promise((resolve) => socket.on('close', (code, reason) => resolve({ code, reason: String(reason) })));
    onTestFinished(() => socket.terminate());
  }

  static async open(server: LoopbackServer): Promise<RawClient> {
    const socket = new WebSocket(server.url, { origin: ORIGIN });
    const client = new RawClient(socket);
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    return client;
  }

  static async openAuthenticated(server: LoopbackServer): Promise<RawClient> {
    const client = await RawClient.open(server);
    client.send({ type: 'request', id: 0, name: 'loopback.authenticate', params: { token: launchToken(server) } });
    expect(await client.next()).toMatchObject({ type: 'result', id: 0 });
    return client;
  }

  send(message: unknown): void {
    this.#socket.send(typeof message === 'string' || Buffer.isBuffer(message) ? message : JSON.stringify(message));
  }

  async next(): Promise<HostMessage> {
    for (;;) {
      const message = this.#messages.shift();
      if (message) return message;
      await Promise.race([new Promise<void>((resolve) => (this.#wake = resolve)), this.closed.then(({ code }) => Promise.reject(new Error(`closed with ${code}`)))]);
    }
  }
}

/** The handshake's refusal: status and code. */
function refusedHandshake(server: LoopbackServer, headers: Record<string, string>, path = '/'): Promise<{ status: number; code: unknown }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({
      host: '127.0.0.1',
      port: server.port,
      path,
      headers: { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==', ...headers },
    });
    request.on('upgrade', (_response, socket) => {
      socket.destroy();
      reject(new Error('the handshake was accepted'));
    });
    request.on('response', (response) => {
      let body = '';
      response.on('data', (chunk) => (body += chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, code: JSON.parse(body).code }));
    });
    request.on('error', reject);
    request.end();
  });
}

describe('the door', () => {
  it('[DSK50] listens on 127.0.0.1 and nowhere else', async () => {
    const { server } = await openServer();
    expect(server.url).toMatch(/^ws:\/\/127\.0\.0\.1:\d+\/$/);
    const elsewhere = await new Promise<string>((resolve) => {
      const socket = createConnection({ host: '127.0.0.2', port: server.port });
      socket.on('connect', () => resolve('connected'));
      socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'error'));
    });
    expect(elsewhere).toBe('ECONNREFUSED');
  });

  it.each(['http://127.0.0.1:7401', 'http://127.0.0.1', 'https://127.0.0.1:7400', 'http://localhost:7400', 'http://evil.example', 'null', 'http://127.0.0.1:7400.evil.example', 'http://127.0.0.1:7400/', ''])(
    '[DSK51] refuses the origin %j with auth.forbidden',
    async (origin) => {
      const { server } = await openServer();
      expect(await refusedHandshake(server, { host: `127.0.0.1:${server.port}`, origin })).toEqual({ status: 403, code: 'auth.forbidden' });
    },
  );

  it('[DSK51] refuses a missing origin: no page comes without', async () => {
    const { server } = await openServer();
    expect(await refusedHandshake(server, { host: `127.0.0.1:${server.port}` })).toEqual({ status: 403, code: 'auth.forbidden' });
  });

  it.each(['evil.example', 'localhost', '127.0.0.1', '127.0.0.1:1', 'evil.example:PORT', 'localhost:PORT', '[::1]:PORT', '127.0.0.1.evil.example:PORT'])('[DSK52] refuses the Host %s (DNS rebinding) with auth.forbidden', async (host) => {
    const { server } = await openServer();
    expect(await refusedHandshake(server, { host: host.replace('PORT', String(server.port)), origin: ORIGIN })).toEqual({ status: 403, code: 'auth.forbidden' });
  });

  it('[DSK53] has one path and no query: a token in an address would be logged', async () => {
    const { server } = await openServer();
    const headers = { host: `127.0.0.1:${server.port}`, origin: ORIGIN };
    expect(await refusedHandshake(server, headers, '/other')).toEqual({ status: 404, code: 'input.unknownRequest' });
    expect(await refusedHandshake(server, headers, `/?token=${launchToken(server)}`)).toEqual({ status: 404, code: 'input.unknownRequest' });
  });

  it('[DSK53] answers plain HTTP with nothing to read', async () => {
    const { server } = await openServer();
    const answer = await fetch(server.url.replace('ws', 'http'));
    expect([answer.status, await answer.json()]).toEqual([426, { code: 'input.unknownRequest' }]);
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
  });

  it('[DSK54] takes 16 connections and refuses the next with capacity.full', async () => {
    const { server } = await openServer();
    for (let index = 0; index < 16; index += 1) await RawClient.open(server);
    expect(await refusedHandshake(server, { host: `127.0.0.1:${server.port}`, origin: ORIGIN })).toEqual({ status: 503, code: 'capacity.full' });
  });
});

describe('the token', () => {
  it.each([
    ['a wrong token', { type: 'request', id: 3, name: 'loopback.authenticate', params: { token: 'ab'.repeat(32) } }],
    ['an empty token', { type: 'request', id: 3, name: 'loopback.authenticate', params: { token: '' } }],
    ['no token', { type: 'request', id: 3, name: 'loopback.authenticate', params: {} }],
    ['a token that is no text', { type: 'request', id: 3, name: 'loopback.authenticate', params: { token: ['a'] } }],
    ['a request before it', { type: 'request', id: 3, name: 'host.info', params: {} }],
    ['no JSON', '{'],
    ['bytes', Buffer.from([1, 2, 3])],
  ])('[DSK55] %s is refused with auth.required and the connection closed', async (_what, message) => {
    const { server } = await openServer();
    const client = await RawClient.open(server);
    client.send(message);
    expect(await client.next()).toMatchObject({ type: 'error', code: 'auth.required' });
    expect(await client.closed).toEqual({ code: 4401, reason: 'auth.required' });
  });

  it('[DSK55] does not show what is wrong about a token: a right beginning is refused like any other', async () => {
    const { server } = await openServer();
    const token = launchToken(server);
    for (const wrong of [token.slice(0, 63), `${token}0`, token.toUpperCase(), token.replace(/.$/, (last) => (last === '0' ? '1' : '0'))]) {
      const client = await RawClient.open(server);
      client.send({ type: 'request', id: 1, name: 'loopback.authenticate', params: { token: wrong } });
      expect(await client.closed).toEqual({ code: 4401, reason: 'auth.required' });
    }
  });

  it('[DSK56] of the command line works once; the one given for it opens further connections', async () => {
    const { server } = await openServer();
    const token = launchToken(server);
    const authenticate = async (presented: string) => {
      const client = await RawClient.open(server);
      client.send({ type: 'request', id: 1, name: 'loopback.authenticate', params: { token: presented } });
      const answer = await client.next();
      return answer.type === 'result' ? (answer.result as { token: string }).token : answer.type; // checked by the type
    };
    const session = await authenticate(token);
    expect(session).toMatch(/^[0-9a-f]{64}$/);
    expect(session).not.toBe(token);
    expect(await authenticate(token)).toBe('error');
    expect(await authenticate(session)).toBe(session);
    expect(await authenticate(session)).toBe(session);
  });

  it('[DSK56] a page that is not opened keeps at most 8 launch tokens alive', () => {
    const tokens = new LaunchTokens();
    const made = Array.from({ length: 9 }, () => tokens.createLaunchToken());
    expect(tokens.exchange(made[0] ?? '')).toBeNull();
    expect(tokens.exchange(made[8] ?? '')).not.toBeNull();
  });

  it('[DSK57] that does not come within 5 s ends the connection', async () => {
    const clock = new ManualClock();
    const { server } = await openServer(clock);
    const client = await RawClient.open(server);
    clock.advance(4999);
    expect(server.connectionCount).toBe(1);
    clock.advance(1);
    expect(await client.closed).toEqual({ code: 4408, reason: 'auth.required' });
    await server.close();
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('messages', () => {
  it('[DSK58] are answered by the host, each under its id', async () => {
    const { server } = await openServer();
    const client = await RawClient.openAuthenticated(server);
    client.send({ type: 'request', id: 41, name: 'settings.set', params: { language: 'en' } });
    client.send({ type: 'request', id: 42, name: 'vault.read', params: { name: 'a' } });
    const answers = [await client.next(), await client.next()];
    expect(answers).toContainEqual(expect.objectContaining({ type: 'result', id: 41, result: expect.objectContaining({ language: 'en' }) }));
    expect(answers).toContainEqual(expect.objectContaining({ type: 'error', id: 42, code: 'vault.unprotected' }));
  });

  it('[DSK59] too large ends the connection with 1009, and nobody else notices', async () => {
    const { server } = await openServer();
    const other = await RawClient.openAuthenticated(server);
    const client = await RawClient.openAuthenticated(server);
    client.send(`"${'x'.repeat(MAX_MESSAGE_BYTES)}"`);
    expect((await client.closed).code).toBe(1009);
    other.send({ type: 'request', id: 1, name: 'host.info', params: {} });
    expect(await other.next()).toMatchObject({ type: 'result' });
  });

  it('[DSK59] the largest secret of the contract goes through', async () => {
    const { server } = await openServer();
    const client = await RawClient.openAuthenticated(server);
    client.send({ type: 'request', id: 1, name: 'vault.store', params: { name: 'a', secret: '\u0001'.repeat(10_000) } });
    expect(await client.next()).toMatchObject({ type: 'error', code: 'vault.unprotected' });
  });

  it('[DSK59] 1,000 seeded random messages are each refused with a code, who persists is dropped, nobody else notices', async () => {
    const { server, host } = await openServer();
    const listenersBefore = host.events.listenerCount;
    const witness = await RawClient.openAuthenticated(server);
    const random = createRandom(59);
    let refused = 0;
    while (refused < 1000) {
      const client = await RawClient.openAuthenticated(server);
      // 32 are answered, then the connection is closed.
      for (let index = 0; index < 32; index += 1) {
        const kind = Math.floor(random() * 4);
        if (kind === 0) client.send(Buffer.from(Array.from({ length: Math.floor(random() * 64) }, () => Math.floor(random() * 256))));
        else if (kind === 1) client.send(JSON.stringify(randomNonsense(random)).slice(0, -1));
        else client.send(randomNonsense(random));
        const answer = await client.next();
        expect(answer.type === 'error' && errorCodeSchema.safeParse(answer.code).success ? answer.code : answer).toMatch(/^(input\.|device\.unsupported)/);
        refused += 1;
      }
      expect(await client.closed).toEqual({ code: 4400, reason: 'input.malformed' });
    }
    witness.send({ type: 'request', id: 9, name: 'host.info', params: {} });
    expect(await witness.next()).toMatchObject({ type: 'result', id: 9 });
    await server.close();
    expect(server.connectionCount).toBe(0);
    expect(host.events.listenerCount).toBe(listenersBefore);
  });

  it('[DSK58] events of the host go to those who have shown a token, and only to them', async () => {
    const { server, host } = await openServer();
    const stranger = await RawClient.open(server);
    const client = await RawClient.openAuthenticated(server);
    host.emit('deepLink.opened', { consultId: 'consult-1' });
    expect(await client.next()).toEqual({ type: 'event', name: 'deepLink.opened', payload: { consultId: 'consult-1' } });
    stranger.send('x');
    expect(await stranger.next()).toMatchObject({ type: 'error', code: 'auth.required' });
  });
});

/** A bridge as a page would have it, with the browser's parts in memory. */
async function openPage(fragment: string, session: Map<string, string>) {
  const clock = createSystemClock(globalThis);
  const storage = (map: Map<string, string>) => ({
    getItem: (key: string) => map.get(key) ?? null,
    setItem: (key: string, value: string) => void map.set(key, value),
    removeItem: (key: string) => void map.delete(key),
  });
  const addresses: string[] = [];
  const openSocket: OpenSocket = (url, { onOpen, onMessage, onClose }) => {
    const socket = new WebSocket(url, { origin: ORIGIN });
    socket.on('open', onOpen);
    socket.on('message', (data) => onMessage(String(data)));
    socket.on('close', onClose);
    socket.on('error', () => undefined); // `close` follows
    return { bufferedAmount: 0, send: (text) => socket.send(text), close: () => socket.close() };
  };
  const created = await createBridge({
    clock,
    random: () => 0.5,
    preloadHost: undefined,
    page: { location: { hash: fragment, pathname: '/', search: '' }, history: { replaceState: (_data, _unused, url) => void addresses.push(url) } },
    openLocalStorage: () => storage(new Map()),
    openSessionStorage: () => storage(session),
    openSocket,
    wake: { wakeLock: undefined, onVisible: () => () => undefined },
    userAgent: 'test',
  });
  onTestFinished(() => created.bridge.close());
  return { ...created, addresses };
}

/** Asks again and again until the bridge is back; each refusal must be the one for a lost host. */
async function untilAnswered(bridge: HostBridge) {
  for (;;) {
    try {
      return await bridge.request('host.info', {});
    } catch (error) {
      expect(error instanceof AppError ? error.code : error).toBe('host.unavailable');
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

describe('page and host together', () => {
  it('[DSK70] the page takes the fragment off its address and speaks to the host', async () => {
    const { server, host } = await openServer();
    const session = new Map<string, string>();
    const { bridge, lostHost, addresses } = await openPage(server.createLaunchFragment(), session);
    expect(lostHost).toBeNull();
    expect(addresses).toEqual(['/']);
    expect(bridge.info).toMatchObject({ kind: 'loopback', version: '1.2.3', vault: 'unprotected', vaultReason: 'none in tests' });
    expect(bridge.abilities).toEqual({ hasVault: false, hasMachineSettings: true, hasSystemEvents: false, hasLogFile: true, isKiosk: false });
    expect((await bridge.request('settings.set', { theme: 'cart' })).theme).toBe('cart');
    await expect(bridge.request('vault.store', { name: 'a', secret: 'b' })).rejects.toMatchObject({ code: 'vault.unprotected' });
    await expect(bridge.request('vault.store', { name: 'a', secret: 'x'.repeat(MAX_MESSAGE_BYTES) })).rejects.toMatchObject({ code: 'input.tooLarge' });
    const heard = new Promise((resolve) => bridge.on('power.resumed', resolve));
    host.emit('power.resumed', {});
    expect(await heard).toEqual({});
  });

  it('[DSK71] a reload comes back with the token kept for this tab, though the launch token is used up', async () => {
    const { server } = await openServer();
    const session = new Map<string, string>();
    const fragment = server.createLaunchFragment();
    (await openPage(fragment, session)).bridge.close();
    const reloaded = await openPage('', session);
    expect(reloaded.bridge.kind).toBe('loopback');
    const thief = await openPage(fragment, new Map());
    expect(thief.bridge.kind).toBe('browser');
    expect(thief.lostHost).toMatchObject({ code: 'auth.required' });
  });

  it('[DSK72] a dropped connection is taken up again by itself; what was under way is refused, not repeated', async () => {
    const { server, host } = await openServer();
    const { bridge } = await openPage(server.createLaunchFragment(), new Map());
    const heard = host.events.listenerCount;
    expect(heard).toBeGreaterThan(0);
    // The host drops a connection that sends nonsense: the socket is lost for the page, the token is not.
    const nonsense = Array.from({ length: 32 }, () => bridge.request('vault.read', { name: 'NOT A NAME' }).then(() => 'result', (error: AppError) => error.code));
    expect(new Set(await Promise.all(nonsense))).toEqual(new Set(['input.malformed']));
    expect((await untilAnswered(bridge)).kind).toBe('loopback');
    expect(host.events.listenerCount).toBe(heard); // one connection's, not two
  });

  it('[DSK73] where the host is gone the page says so and goes on as a browser', async () => {
    const { server } = await openServer();
    const fragment = server.createLaunchFragment();
    await server.close();
    const { bridge, lostHost } = await openPage(fragment, new Map());
    expect(bridge.kind).toBe('browser');
    expect(lostHost).toMatchObject({ code: 'host.unavailable' });
  });
});
