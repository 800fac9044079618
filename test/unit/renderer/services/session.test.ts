import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { webcrypto } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { cartIdSchema } from '#shared/domain/ids';
import { ManualClock } from '#shared/lib/clock';
import { enrolCartParamsSchema, cartSignInParamsSchema, SESSION_ROUTES } from '#shared/protocol/session';
import { type FetchLike, HttpClient } from '../../../../renderer/services/http.ts';
import { SessionService } from '../../../../renderer/services/session/sessionService.ts';
import { createDeviceKeys, type DeviceKeyRecord, type DeviceKeys } from '../../../../renderer/storage/deviceKeys.ts';
import { createTokenStore, type TextPlace } from '../../../../renderer/storage/tokenStore.ts';
import { settle } from '../../../helpers/fakeSignaling.ts';
import { PARTIES } from '../../../helpers/staticConsultModel.ts';

const json = (status: number, body: unknown) => new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });

function memoryPlace(): TextPlace & { readonly texts: Map<string, string> } {
  const texts = new Map<string, string>();
  return {
    texts,
    read: (key) => texts.get(key) ?? null,
    write(key, value) {
      texts.set(key, value);
      return true;
    },
    remove: (key) => void texts.delete(key),
  };
}

function memoryKeys(): DeviceKeys & { record: DeviceKeyRecord | null } {
  return {
    record: null,
    async read(cartId) {
      return this.record?.cartId === cartId ? this.record : null;
    },
    async write(record) {
      this.record = record;
    },
    async clear() {
      this.record = null;
    },
  };
}

describe('HttpClient', () => {
  const client = (fetch: FetchLike, clock = new ManualClock()) => new HttpClient({ clock, serverUrl: () => 'https://server.example', fetch });

  it('gives the parsed answer and sends the protocol\'s version', async () => {
    let seen: [string, RequestInit] | null = null;
    const http = client(async (url, init) => {
      seen = [url, init];
      return json(200, { n: 1 });
    });
    expect(await http.post('/api/x', { a: 1 }, z.object({ n: z.number() }))).toEqual({ n: 1 });
    expect(seen).toMatchObject(['https://server.example/api/x', { method: 'POST', headers: { 'x-huizhen-protocol': '1.0' }, body: '{"a":1}' }]);
  });

  it('turns the server\'s refusal into its code with the time to wait', async () => {
    const http = client(async () => json(423, { code: 'auth.lockedOut', message: 'locked', retryAfterMs: 5000 }));
    await expect(http.post('/x', {}, z.unknown())).rejects.toMatchObject({ code: 'auth.lockedOut', retryAfterMs: 5000 });
  });

  it('tells a dead network, a proxy\'s page and a wrong answer apart', async () => {
    await expect(client(() => Promise.reject(new TypeError('failed'))).post('/x', {}, z.unknown())).rejects.toMatchObject({ code: 'network.offline' });
    await expect(client(async () => new Response('<html>', { status: 502 })).post('/x', {}, z.unknown())).rejects.toMatchObject({ code: 'network.offline' });
    await expect(client(async () => json(200, { n: 'one' })).post('/x', {}, z.object({ n: z.number() }))).rejects.toMatchObject({ code: 'internal.bug' });
  });

  it('gives up after its time and leaves no timer', async () => {
    const clock = new ManualClock();
    const http = client((_url, init) => new Promise((_resolve, reject) => init.signal?.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError')))), clock);
    const answer = expect(http.post('/x', {}, z.unknown(), { timeoutMs: 3000 })).rejects.toMatchObject({ code: 'server.timeout' });
    clock.advance(3000);
    await answer;
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('tokenStore', () => {
  const token = { token: 't', expiresAtMs: 5 };

  it('reads the tab first, then the vault, and survives rubbish', async () => {
    const place = memoryPlace();
    let kept: string | null = JSON.stringify(token);
    const store = createTokenStore(place, { read: async () => kept, store: async (text) => void (kept = text), remove: async () => void (kept = null) });
    expect(await store.read()).toEqual(token);
    await store.write({ ...token, token: 'u' });
    expect(await store.read()).toMatchObject({ token: 'u' });
    await store.clear();
    expect([await store.read(), kept, place.texts.size]).toEqual([null, null, 0]);
    place.write('huizhen.session', '{broken');
    expect(await store.read()).toBeNull();
  });

  it('goes on without a vault that fails', async () => {
    const failing = () => Promise.reject(new Error('no vault'));
    const store = createTokenStore(memoryPlace(), { read: failing, store: failing, remove: failing });
    await store.write(token);
    expect(await store.read()).toEqual(token);
    await store.clear();
    expect(await store.read()).toBeNull();
  });
});

describe('deviceKeys', () => {
  it('hold one machine\'s key, usable and not readable, and forget it', async () => {
    const keys = createDeviceKeys(null, 'test-device');
    const pair = (await webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify'])) as CryptoKeyPair; // the algorithm makes a pair
    await keys.write({ cartId: 'c-1', keyPair: pair, createdAtMs: 1 });
    await keys.write({ cartId: 'c-2', keyPair: pair, createdAtMs: 2 });
    expect(await keys.read('c-1')).toBeNull();
    expect(await keys.read('c-2')).toMatchObject({ cartId: 'c-2', createdAtMs: 2 });
    await keys.clear();
    expect(await keys.read('c-2')).toBeNull();
  });

  it('[OFF12] move to a storage of their own, and stay there when the one they came from is lost', async () => {
    const pair = (await webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify'])) as CryptoKeyPair; // the algorithm makes a pair
    await createDeviceKeys(null, 'test-earlier').write({ cartId: 'c-1', keyPair: pair, createdAtMs: 1 });
    const bucket = { indexedDB: new IDBFactory(), IDBKeyRange };
    const start = () => createDeviceKeys(async () => bucket, 'test-earlier');
    expect(await start().read('c-1')).toMatchObject({ createdAtMs: 1 });
    expect(await createDeviceKeys(null, 'test-earlier').read('c-1')).toBeNull();
    expect(await start().read('c-1')).toMatchObject({ createdAtMs: 1 });
  });
});

describe('SessionService', () => {
  function setUp(answers: Readonly<Record<string, (body: unknown) => Response>>, keys = memoryKeys()) {
    const clock = new ManualClock();
    const tokens = createTokenStore(memoryPlace(), null);
    const http = new HttpClient({
      clock,
      serverUrl: () => '',
      fetch: async (url, init) => answers[url]?.(JSON.parse(String(init.body))) ?? json(404, {}),
    });
    return { clock, tokens, keys, service: new SessionService({ http, clock, tokens, keys, subtle: webcrypto.subtle as SubtleCrypto, // Node's is the browser's, under another type
      client: 'test' }) };
  }
  const signedIn = { token: 't-1', expiresAtMs: 2_000_000_000_000, self: PARTIES.cart };

  it('keeps the token of a sign-in until it runs out', async () => {
    const { service, clock } = setUp({ [SESSION_ROUTES.signIn]: () => json(200, { ...signedIn, expiresAtMs: 1_800_000_100_000 }) });
    await service.signIn('expert', 'secret');
    expect(await service.readToken()).toMatchObject({ token: 't-1' });
    clock.advance(200_000);
    expect(await service.readToken()).toBeNull();
  });

  it('enrols with a key that cannot leave the machine, and signs the challenge with it', async () => {
    let publicKey: JsonWebKey | null = null;
    let isVerified: Promise<boolean> | null = null;
    const { service, keys } = setUp({
      [SESSION_ROUTES.enrolCart]: (body) => {
        publicKey = enrolCartParamsSchema.parse(body).publicKey;
        return json(200, { cartId: 'c-1', self: PARTIES.cart });
      },
      [SESSION_ROUTES.cartChallenge]: () => json(200, { nonce: 'AAAA' }),
      [SESSION_ROUTES.cartSignIn]: (body) => {
        const { signature, cartId, nonce } = cartSignInParamsSchema.parse(body);
        const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
        isVerified = webcrypto.subtle
          .importKey('jwk', publicKey ?? {}, algorithm, false, ['verify'])
          .then((key) => webcrypto.subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, key, Buffer.from(signature, 'base64url'), Buffer.from(`huizhen-cart-sign-in:${cartId}:${nonce}`)));
        return json(200, signedIn);
      },
    });
    expect(await service.enrolCart('12345678')).toBe('c-1');
    expect(keys.record?.keyPair.privateKey.extractable).toBe(false);
    expect(publicKey).not.toHaveProperty('d');
    expect((await service.signInCart(cartIdSchema.parse('c-1'))).token).toBe('t-1');
    expect(await isVerified).toBe(true);
  });

  it('leaves an earlier enrolment as it was when a code is refused', async () => {
    const keys = memoryKeys();
    const pair = await webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify']);
    keys.record = { cartId: 'c-old', keyPair: pair as CryptoKeyPair, createdAtMs: 1 }; // the algorithm makes a pair
    const { service } = setUp({ [SESSION_ROUTES.enrolCart]: () => json(403, { code: 'auth.enrolmentRefused', message: 'no' }) }, keys);
    await expect(service.enrolCart('00000000')).rejects.toMatchObject({ code: 'auth.enrolmentRefused' });
    expect(keys.record?.cartId).toBe('c-old');
  });

  it('refuses to sign in as a cart whose key this machine does not hold', async () => {
    const { service } = setUp({});
    await expect(service.signInCart('c-1')).rejects.toMatchObject({ code: 'auth.enrolmentRefused' });
    await settle();
  });
});
