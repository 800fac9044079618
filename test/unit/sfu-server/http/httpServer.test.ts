import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSystemClock, ManualClock } from '#shared/lib/clock';
import { AppError } from '#shared/protocol/errors';
import { PROTOCOL_VERSION } from '#shared/protocol/version';
import { createHttpServer, type HttpServerOptions, type HuizhenHttpServer } from '../../../../sfu-server/http/createHttpServer.ts';
import { isOriginAllowed } from '../../../../sfu-server/http/origins.ts';
import { loadTls } from '../../../../sfu-server/http/tls.ts';
import { createLog } from '../../../../sfu-server/observability/log.ts';
import { createMetrics } from '../../../../sfu-server/observability/metrics.ts';
import { orgId, personId } from '../../../helpers/serverParts.ts';

const self = { kind: 'person', id: personId('lin'), name: { zh: '林', en: 'Lin' }, title: null, role: 'expert', organisationId: orgId('city'), organisationName: { zh: '市', en: 'City' } } as const;

/** The two services behind the routes, answering as told. */
class FakeSignIn {
  asked: unknown[] = [];
  failure: Error | null = null;

  async signIn(...parameters: unknown[]) {
    this.asked.push(parameters);
    if (this.failure) throw this.failure;
    return { token: 'token', expiresAtMs: 1, self };
  }
}

describe('the HTTP server', () => {
  let folder: string;
  let server: HuizhenHttpServer | null = null;
  let url = '';
  let isReady = true;
  let signIn: FakeSignIn;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'huizhen-http-'));
    signIn = new FakeSignIn();
    isReady = true;
  });
  afterEach(async () => {
    await server?.close();
    server = null;
    rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
  });

  const start = async (config: Partial<HttpServerOptions['config']> = {}, rest: Partial<HttpServerOptions> = {}) => {
    server = await createHttpServer({
      config: { host: '127.0.0.1', port: 0, allowedOrigins: ['app://huizhen'], trustProxy: false, metricsToken: null, authRequestsPerMinute: 1000, ...config },
      tls: null,
      signIn: signIn as unknown as HttpServerOptions['signIn'], // the routes use its one method
      cartSignIn: { challenge: () => ({ nonce: 'n' }) } as unknown as HttpServerOptions['cartSignIn'], // as above
      firstSetUp: { isOpen: async () => true } as unknown as HttpServerOptions['firstSetUp'], // as above
      cases: {} as HttpServerOptions['cases'], // none of these routes is asked here
      calendars: {} as HttpServerOptions['calendars'], // as above
      opinions: {} as HttpServerOptions['opinions'], // nor of these
      facade: {} as HttpServerOptions['facade'], // nor of these
      invitations: {} as HttpServerOptions['invitations'], // nor of these
      imaging: {} as HttpServerOptions['imaging'], // as above
      clientFolder: folder,
      isReady: async () => isReady,
      metrics: createMetrics(false),
      log: createLog('silent'),
      ...rest,
    });
    url = await server.listen();
  };
  const body = { signInName: 'lin', password: 'secret', client: 'test' };
  const post = (path: string, content: unknown, headers: Record<string, string> = {}) =>
    fetch(`${url}${path}`, { method: 'POST', headers: { 'content-type': 'application/json', 'x-huizhen-protocol': PROTOCOL_VERSION, ...headers }, body: typeof content === 'string' ? content : JSON.stringify(content) });
  const outcome = async (response: Response) => `${response.status} ${((await response.json()) as { code?: string }).code ?? 'ok'}`; // either a result or a WireError

  it('[WEB1] signs in and hands over what was sent', async () => {
    await start();
    const response = await post('/api/sign-in', body);
    expect(response.status).toBe(200);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await response.json()).toEqual({ token: 'token', expiresAtMs: 1, self });
    expect(signIn.asked).toEqual([['lin', 'secret', 'test']]);
    expect(await (await post('/api/carts/challenge', { cartId: 'c1' })).json()).toEqual({ nonce: 'n' });
  });

  it.each([
    [new AppError('auth.badCredentials', 'no'), '401 auth.badCredentials', null],
    [new AppError('auth.lockedOut', 'no', { retryAfterMs: 1500 }), '423 auth.lockedOut', '2'],
    [new AppError('server.stopping', 'no'), '503 server.stopping', null],
  ])('[WEB1] answers %s with its status', async (failure, expected, retryAfter) => {
    await start();
    signIn.failure = failure;
    const response = await post('/api/sign-in', body);
    expect(response.headers.get('retry-after')).toBe(retryAfter);
    expect(await outcome(response)).toBe(expected);
  });

  it('[WEB1] keeps a bug\'s own words to itself', async () => {
    await start();
    signIn.failure = new Error('duplicate key for patient 陈小明');
    const response = await post('/api/sign-in', body);
    expect(response.status).toBe(500);
    expect(await response.json()).toEqual({ code: 'internal.bug', message: 'the server failed at this request' });
  });

  it.each([
    ['no version', body, { 'x-huizhen-protocol': '' }, '400 input.unsupportedVersion'],
    ['another major version', body, { 'x-huizhen-protocol': '99.0' }, '400 input.unsupportedVersion'],
    ['a foreign page', body, { origin: 'https://evil.example' }, '403 auth.forbidden'],
    ['what is not JSON', '{', {}, '400 input.malformed'],
    ['another type', 'a=b', { 'content-type': 'application/x-www-form-urlencoded' }, '400 input.malformed'],
    ['a missing field', { signInName: 'lin' }, {}, '400 input.malformed'],
    ['too much', { ...body, client: 'x'.repeat(20_000) }, {}, '413 input.tooLarge'],
  ])('[WEB2] refuses %s', async (_what, content, headers, expected) => {
    await start();
    expect(await outcome(await post('/api/sign-in', content, headers))).toBe(expected);
    expect(signIn.asked).toEqual([]);
  });

  it('[WEB2] limits an address, and says when to come again', async () => {
    await start({ authRequestsPerMinute: 2 });
    const codes = [];
    for (let index = 0; index < 3; index += 1) codes.push(await outcome(await post('/api/sign-in', body)));
    expect(codes).toEqual(['200 ok', '200 ok', '429 input.rateLimited']);
    const refused = await post('/api/sign-in', body);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await outcome(await post('/api/carts/challenge', { cartId: 'c1' }))).toBe('200 ok');
  });

  it('[SET5] [WEB2] tells whether it waits for its first set-up, and limits who tries codes', async () => {
    await start({ authRequestsPerMinute: 2 });
    expect(await (await post('/api/set-up/state', {})).json()).toEqual({ isOpen: true });
    const codes = [];
    for (let index = 0; index < 3; index += 1) codes.push(await outcome(await post('/api/set-up', { code: '' })));
    expect(codes).toEqual(['400 input.malformed', '400 input.malformed', '429 input.rateLimited']);
  });

  it('[WEB2] lets the desktop\'s and its own origin in, with the headers a browser asks for', async () => {
    await start();
    const response = await post('/api/sign-in', body, { origin: 'app://huizhen' });
    expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([200, 'app://huizhen']);
    const preflight = await fetch(`${url}/api/sign-in`, { method: 'OPTIONS', headers: { origin: 'app://huizhen', 'access-control-request-method': 'POST' } });
    expect([preflight.status, preflight.headers.get('access-control-allow-headers')]).toEqual([204, 'authorization, content-type, range, upload-offset, x-huizhen-protocol']);
    expect(await outcome(await post('/api/sign-in', body, { origin: url }))).toBe('200 ok');
  });

  it('tells origins apart', () => {
    expect(isOriginAllowed('https://a:1', 'a:1', [])).toBe(true);
    expect(isOriginAllowed('https://a.evil', 'a', [])).toBe(false);
    expect(isOriginAllowed('null', 'a', ['app://huizhen'])).toBe(false);
  });

  it('says whether it lives and whether it can serve', async () => {
    await start();
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    isReady = false;
    expect((await fetch(`${url}/readyz`)).status).toBe(503);
  });

  it('[WEB3] shows metrics on loopback, unless a proxy makes everybody loopback, or to the bearer of the token', async () => {
    await start();
    expect(await (await fetch(`${url}/metrics`)).text()).toContain('huizhen_rooms');
    await server?.close();
    await start({ trustProxy: true, metricsToken: 'a token of some length' });
    const statusWith = async (authorization: string) => (await fetch(`${url}/metrics`, { headers: authorization === '' ? {} : { authorization } })).status;
    expect([await statusWith(''), await statusWith('Bearer wrong'), await statusWith('Bearer a token of some length')]).toEqual([403, 403, 200]);
  });

  it('[WEB4] serves the client: the page for any address, hashed files for ever', async () => {
    mkdirSync(join(folder, 'assets'));
    writeFileSync(join(folder, 'index.html'), '<html>page</html>');
    writeFileSync(join(folder, 'assets', 'main-abc123.js'), 'code');
    await start();
    const html = { headers: { accept: 'text/html' } };
    for (const path of ['/', '/consult/123']) {
      const page = await fetch(`${url}${path}`, html);
      expect([page.status, page.headers.get('cache-control'), await page.text()]).toEqual([200, 'no-cache', '<html>page</html>']);
      const policy = page.headers.get('content-security-policy') ?? '';
      expect(policy).toContain("script-src 'self' 'wasm-unsafe-eval';");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toContain('upgrade-insecure-requests');
      expect(page.headers.get('strict-transport-security')).toBeNull();
      expect(page.headers.get('permissions-policy')).toContain('camera=(self)');
    }
    const script = await fetch(`${url}/assets/main-abc123.js`);
    expect([script.status, script.headers.get('cache-control')]).toEqual([200, 'public, max-age=31536000, immutable']);
    expect((await fetch(`${url}/assets/gone.js`, html)).status).toBe(404);
    expect(await outcome(await fetch(`${url}/api/nothing`, html))).toBe('404 input.unknownRequest');
    expect((await fetch(`${url}/%2e%2e/%2e%2e/etc/passwd`)).status).toBe(404);
  });

  it('works without a built client', async () => {
    await start({}, { clientFolder: null });
    expect((await fetch(`${url}/`, { headers: { accept: 'text/html' } })).status).toBe(404);
  });

  it('[WEB5] makes a certificate once and serves with it', async () => {
    const clock = createSystemClock(globalThis);
    const tls = await loadTls({ type: 'selfSigned' }, folder, ['127.0.0.1', 'cart.local'], clock);
    expect(tls?.fingerprint).toMatch(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
    expect(await loadTls({ type: 'selfSigned' }, folder, [], clock)).toMatchObject({ fingerprint: tls?.fingerprint });
    await start({}, { tls });
    const status = await new Promise((resolve, reject) => {
      const asked = httpsRequest(`${url}/healthz`, { ca: tls?.certificate, agent: false }, (response) => {
        response.resume();
        resolve([response.statusCode, response.headers['strict-transport-security']]);
      });
      asked.once('error', reject);
      asked.end();
    });
    expect(status).toEqual([200, undefined]);
  });

  it('[WEB5] makes a new certificate in the last month of the old', async () => {
    const clock = new ManualClock(Date.UTC(2026, 0, 1));
    const first = await loadTls({ type: 'selfSigned' }, folder, [], clock);
    clock.advance(3625 * 86_400_000);
    expect((await loadTls({ type: 'selfSigned' }, folder, [], clock))?.fingerprint).not.toBe(first?.fingerprint);
  });

  it('[CFG1] names the certificate file that cannot be used', async () => {
    const clock = new ManualClock();
    await expect(loadTls({ type: 'files', certificateFile: join(folder, 'none'), keyFile: join(folder, 'none') }, folder, [], clock)).rejects.toThrow('HUIZHEN_TLS_CERT: the file cannot be read');
    writeFileSync(join(folder, 'bad.pem'), 'nonsense');
    await expect(loadTls({ type: 'files', certificateFile: join(folder, 'bad.pem'), keyFile: join(folder, 'bad.pem') }, folder, [], clock)).rejects.toThrow('HUIZHEN_TLS_CERT: the file holds no PEM certificate');
    const kept = await loadTls({ type: 'selfSigned' }, folder, [], clock);
    writeFileSync(join(folder, 'good.pem'), kept?.certificate ?? '');
    writeFileSync(join(folder, 'other.pem'), generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }));
    for (const key of ['other.pem', 'bad.pem']) {
      await expect(loadTls({ type: 'files', certificateFile: join(folder, 'good.pem'), keyFile: join(folder, key) }, folder, [], clock)).rejects.toThrow('HUIZHEN_TLS_KEY: the file holds no PEM key, or that of another certificate');
    }
  });
});
