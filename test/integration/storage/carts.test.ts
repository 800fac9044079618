import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { beforeEach, expect, it } from 'vitest';
import type { CartId } from '#shared/domain/ids';
import { toAppError } from '#shared/protocol/errors';
import { publicKeyJwkSchema } from '#shared/protocol/session';
import { cartChallengeText } from '../../../sfu-server/auth/carts.ts';
import { onEachEngine } from '../../helpers/onEachEngine.ts';
import { addCart, addOrganisations, cartId, createServerParts, type ServerParts } from '../../helpers/serverParts.ts';

const codeOf = (work: Promise<unknown>) => work.then(() => 'done', (error: unknown) => toAppError(error).code);

function newKey() {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { privateKey: pair.privateKey, jwk: publicKeyJwkSchema.parse(pair.publicKey.export({ format: 'jwk' })) };
}

onEachEngine('ward carts', (engine) => {
  let parts: ServerParts;
  let cart: CartId;

  beforeEach(async () => {
    parts = createServerParts(engine.database);
    await addOrganisations(parts);
    cart = await addCart(parts, 'cart-1');
  });

  const wrongCodeThan = (code: string, index: number) => String((Number(code) + index + 1) % 100_000_000).padStart(8, '0');
  const enrolled = async (id = cart) => {
    const key = newKey();
    const { code } = await parts.cartSignIn.createCode(id);
    await parts.cartSignIn.enrol(code, key.jwk);
    return key;
  };
  const answer = (privateKey: KeyObject, nonce: string, id = cart) =>
    sign('sha256', Buffer.from(cartChallengeText(id, nonce)), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url');
  const signIn = (privateKey: KeyObject, id = cart) => {
    const { nonce } = parts.cartSignIn.challenge(id);
    return parts.cartSignIn.signIn(id, nonce, answer(privateKey, nonce, id), 'a cart');
  };
  const stateOf = async (id = cart) => (await parts.carts.record(id, parts.clock.wallMs()))?.state;

  it('[CRT1] enrols once with a code of eight digits', async () => {
    expect(await stateOf()).toBe('new');
    const { code, expiresAtMs } = await parts.cartSignIn.createCode(cart);
    expect(code).toMatch(/^\d{8}$/);
    expect(expiresAtMs).toBe(parts.clock.wallMs() + 15 * 60_000);
    expect(await stateOf()).toBe('awaitingEnrolment');
    expect(await parts.cartSignIn.enrol(code, newKey().jwk)).toMatchObject({ cartId: cart, self: { kind: 'cart', role: 'cart' } });
    expect(await stateOf()).toBe('enrolled');
    expect(await codeOf(parts.cartSignIn.enrol(code, newKey().jwk))).toBe('auth.enrolmentRefused');
  });

  it('[CRT1] refuses a code after 15 minutes, and one that a newer took the place of', async () => {
    const first = await parts.cartSignIn.createCode(cart);
    const second = await parts.cartSignIn.createCode(cart);
    if (first.code !== second.code) expect(await codeOf(parts.cartSignIn.enrol(first.code, newKey().jwk))).toBe('auth.enrolmentRefused');
    parts.clock.advance(15 * 60_000);
    expect(await codeOf(parts.cartSignIn.enrol(second.code, newKey().jwk))).toBe('auth.enrolmentRefused');
    expect(await stateOf()).toBe('new');
  });

  it('[CRT1] keeps only the hash of a code', async () => {
    const { code } = await parts.cartSignIn.createCode(cart);
    expect(JSON.stringify(await engine.database.db.selectFrom('enrolment_codes').selectAll().execute())).not.toContain(code);
  });

  it('[CRT2] kills a code after ten wrong ones, also when they come at once over two processes', async () => {
    const other = createServerParts(await engine.openAnother(), parts.clock);
    const { code } = await parts.cartSignIn.createCode(cart);
    const tries = Array.from({ length: 10 }, (_, index) => codeOf((index % 2 === 0 ? parts : other).cartSignIn.enrol(wrongCodeThan(code, index), newKey().jwk)));
    expect(await Promise.all(tries)).toEqual(Array(10).fill('auth.enrolmentRefused'));
    expect(await codeOf(parts.cartSignIn.enrol(code, newKey().jwk))).toBe('auth.enrolmentRefused');
  });

  it('[CRT2] still takes the right code after nine wrong ones', async () => {
    const { code } = await parts.cartSignIn.createCode(cart);
    for (let index = 0; index < 9; index += 1) await codeOf(parts.cartSignIn.enrol(wrongCodeThan(code, index), newKey().jwk));
    expect(await codeOf(parts.cartSignIn.enrol(code, newKey().jwk))).toBe('done');
  });

  it('[CRT3] lets exactly one of twenty parallel uses of a code succeed', async () => {
    const other = createServerParts(await engine.openAnother(), parts.clock);
    const { code } = await parts.cartSignIn.createCode(cart);
    const keys = Array.from({ length: 20 }, newKey);
    const codes = await Promise.all(keys.map((key, index) => codeOf((index % 2 === 0 ? parts : other).cartSignIn.enrol(code, key.jwk))));
    expect(codes.filter((one) => one === 'done')).toHaveLength(1);
    const winner = keys[codes.indexOf('done')] ?? expect.fail('nobody won');
    expect(await codeOf(signIn(winner.privateKey))).toBe('done');
  });

  it('[CRT4] takes an answer once', async () => {
    const { privateKey } = await enrolled();
    const { nonce } = parts.cartSignIn.challenge(cart);
    const signature = answer(privateKey, nonce);
    const both = await Promise.all([codeOf(parts.cartSignIn.signIn(cart, nonce, signature, '')), codeOf(parts.cartSignIn.signIn(cart, nonce, signature, ''))]);
    expect(both.sort()).toEqual(['auth.badCredentials', 'done']);
  });

  it('[CRT4] takes no answer after 60 s, nor to a nonce of another cart', async () => {
    const { privateKey } = await enrolled();
    const { nonce } = parts.cartSignIn.challenge(cart);
    parts.clock.advance(60_000);
    expect(await codeOf(parts.cartSignIn.signIn(cart, nonce, answer(privateKey, nonce), ''))).toBe('auth.badCredentials');
    const foreign = parts.cartSignIn.challenge(cartId('cart-2'));
    expect(await codeOf(parts.cartSignIn.signIn(cart, foreign.nonce, answer(privateKey, foreign.nonce), ''))).toBe('auth.badCredentials');
  });

  it('[CRT5] takes a signature by the enrolled key only', async () => {
    const { privateKey } = await enrolled();
    expect(await signIn(privateKey)).toMatchObject({ self: { id: cart, organisationId: 'city' } });
    expect(await codeOf(signIn(newKey().privateKey))).toBe('auth.badCredentials');
    const { nonce } = parts.cartSignIn.challenge(cart);
    const der = sign('sha256', Buffer.from(cartChallengeText(cart, nonce)), privateKey).toString('base64url');
    expect(await codeOf(parts.cartSignIn.signIn(cart, nonce, der, ''))).toBe('auth.badCredentials');
  });

  it('[CRT5] takes no key that is no point of the curve, and spends no code on it', async () => {
    const { code } = await parts.cartSignIn.createCode(cart);
    const bad = { ...newKey().jwk, x: Buffer.alloc(32, 1).toString('base64url') };
    expect(await codeOf(parts.cartSignIn.enrol(code, bad))).toBe('input.malformed');
    expect(await codeOf(parts.cartSignIn.enrol(code, newKey().jwk))).toBe('done');
  });

  it('[CRT6] [SES4] revokes for good', async () => {
    const { privateKey } = await enrolled();
    const { token } = await signIn(privateKey);
    const { code } = await parts.cartSignIn.createCode(cart);
    const ended: string[] = [];
    parts.sessions.events.on('ended', ({ reason }) => ended.push(reason));
    await parts.cartSignIn.revoke(cart);
    expect(ended).toEqual(['revoked']);
    expect(await codeOf(parts.sessions.authenticate(token))).toBe('auth.sessionEnded');
    expect(await codeOf(signIn(privateKey))).toBe('auth.badCredentials');
    expect(await codeOf(parts.cartSignIn.enrol(code, newKey().jwk))).toBe('auth.enrolmentRefused');
    expect(await stateOf()).toBe('revoked');
  });

  it('[CRT7] ends the sessions of the earlier key', async () => {
    const { token } = await signIn((await enrolled()).privateKey);
    const next = await enrolled();
    expect(await codeOf(parts.sessions.authenticate(token))).toBe('auth.sessionEnded');
    expect(await codeOf(signIn(next.privateKey))).toBe('done');
  });
});
