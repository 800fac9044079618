import { describe, expect, it } from 'vitest';
import { permissionsOf } from '#shared/domain/roles';
import { ManualClock } from '#shared/lib/clock';
import { AppError } from '#shared/protocol/errors';
import type { FirstSetUpParams, SignInResult } from '#shared/protocol/session';
import type { SessionPort } from '../../../../renderer/state/ports.ts';
import { createSessionModel } from '../../../../renderer/state/sessionModel.ts';
import type { StoredToken } from '../../../../renderer/storage/tokenStore.ts';
import { FakeSignaling, settle } from '../../../helpers/fakeSignaling.ts';
import { PARTIES } from '../../../helpers/staticConsultModel.ts';

function setUp(options: { token?: StoredToken | null; cartId?: string | null; signIn?: () => Promise<SignInResult>; signInCart?: () => Promise<SignInResult>; isSetUpOpen?: () => Promise<boolean>; completeSetUp?: () => Promise<void> } = {}) {
  const signaling = new FakeSignaling();
  const clock = new ManualClock();
  const done: string[] = [];
  let cartId = options.cartId ?? null;
  const result = { token: 't-1', expiresAtMs: clock.wallMs() + 1000, self: PARTIES.expert };
  const service: SessionPort = {
    readToken: async () => options.token ?? null,
    clearToken: async () => void done.push('clearToken'),
    signIn: options.signIn ?? (async () => result),
    enrolCart: async () => 'c-9',
    signInCart: options.signInCart ?? (async () => ({ ...result, token: 't-cart', self: PARTIES.cart })),
    forgetCart: async () => undefined,
    isSetUpOpen: options.isSetUpOpen ?? (async () => false),
    completeSetUp: options.completeSetUp ?? (async () => undefined),
  };
  signaling.answer('session.whoAmI', () => ({ self: PARTIES.expert, permissions: permissionsOf('expert'), serverTimeMs: 0, serverVersion: '1.2.3' }));
  const model = createSessionModel({
    signaling, service, clock, serverUrl: () => 'https://server.example', cartId: () => cartId,
    setCartId: (next) => {
      cartId = next;
    },
  });
  return { model, signaling, clock, done, cartId: () => cartId };
}

describe('sessionModel', () => {
  it('signs in, opens the socket with the token, and is somebody only when the server has said so', async () => {
    const { model, signaling } = setUp();
    model.restore();
    await settle();
    expect(model.store.getState().phase).toBe('signedOut');
    model.signIn('expert', 'secret');
    expect(model.store.getState().phase).toBe('working');
    await settle();
    expect(signaling.opened).toEqual([{ serverUrl: 'https://server.example', token: 't-1' }]);
    expect(model.store.getState()).toMatchObject({ phase: 'signedIn', self: PARTIES.expert, serverVersion: '1.2.3' });
    expect([model.has('consult.join'), model.has('people.administer')]).toEqual([true, false]);
  });

  it('says how long a lock-out lasts, by the monotonic clock', async () => {
    const { model, clock } = setUp({ signIn: () => Promise.reject(new AppError('auth.lockedOut', 'locked', { retryAfterMs: 60_000 })) });
    model.signIn('expert', 'wrong');
    await settle();
    expect(model.store.getState()).toMatchObject({ phase: 'signedOut', error: { code: 'auth.lockedOut' }, lockedUntilMs: clock.monotonicMs() + 60_000 });
  });

  it('restores a kept token, and waits through a server that is away', async () => {
    const { model, signaling } = setUp({ token: { token: 't-old', expiresAtMs: 9e15 } });
    signaling.answer('session.whoAmI', () => Promise.reject(new AppError('server.timeout', 'away')));
    model.restore();
    await settle();
    expect(model.store.getState()).toMatchObject({ phase: 'restoring', self: null });
    signaling.setStatus({ step: 'connecting', attempt: 2, sinceMs: 0 });
    expect(model.store.getState().link.isOnline).toBe(false);
    signaling.answer('session.whoAmI', () => ({ self: PARTIES.expert, permissions: [], serverTimeMs: 0, serverVersion: '1' }));
    signaling.setStatus({ step: 'connected' });
    await settle();
    expect(model.store.getState()).toMatchObject({ phase: 'signedIn', link: { isOnline: true, sinceMs: null } });
  });

  it('drops a token the server refuses, and says that the session has ended', async () => {
    const { model, signaling, done } = setUp({ token: { token: 't-old', expiresAtMs: 9e15 } });
    signaling.answer('session.whoAmI', () => Promise.reject(new AppError('auth.sessionEnded', 'gone')));
    model.restore();
    await settle();
    expect(model.store.getState()).toMatchObject({ phase: 'signedOut', self: null, error: { code: 'auth.sessionEnded' } });
    expect(done).toContain('clearToken');
  });

  it('is signed out at once when the session is revoked elsewhere', async () => {
    const { model, signaling } = setUp();
    model.signIn('expert', 'secret');
    await settle();
    signaling.say('session.ended', { reason: 'revoked' });
    expect(model.store.getState()).toMatchObject({ phase: 'signedOut', error: { code: 'auth.sessionEnded' } });
    expect(signaling.status.step).toBe('closed');
  });

  it('is offline without being signed out while the socket reconnects', async () => {
    const { model, signaling } = setUp();
    model.signIn('expert', 'secret');
    await settle();
    signaling.setStatus({ step: 'connecting', attempt: 0, sinceMs: 5 });
    expect(model.store.getState()).toMatchObject({ phase: 'signedIn', link: { isOnline: false } });
    model.retryNow();
    expect(signaling.retries).toBe(1);
  });

  it('lets the newest of two attempts win', async () => {
    let finishFirst: (result: SignInResult) => void = () => undefined;
    const first = new Promise<SignInResult>((resolve) => {
      finishFirst = resolve;
    });
    const answers = [first, Promise.resolve({ token: 't-second', expiresAtMs: 9e15, self: PARTIES.expert })];
    const { model, signaling } = setUp({ signIn: () => answers.shift() ?? Promise.reject(new Error('asked too often')) });
    model.signIn('a', 'a');
    model.signIn('b', 'b');
    await settle();
    finishFirst({ token: 't-first', expiresAtMs: 9e15, self: PARTIES.expert });
    await settle();
    expect(signaling.opened.map((one) => one.token)).toEqual(['t-second']);
  });

  it('enrols a cart, remembers which one it is, and signs it in', async () => {
    const { model, signaling, cartId } = setUp();
    model.enrolCart('12345678');
    await settle();
    expect(cartId()).toBe('c-9');
    expect(signaling.opened.map((one) => one.token)).toEqual(['t-cart']);
  });

  it('keeps trying to sign a cart in while the network is away, for there is nobody to press a button', async () => {
    let tries = 0;
    const { model, clock, signaling } = setUp({
      cartId: 'c-1',
      signInCart: () => {
        tries += 1;
        return tries < 3 ? Promise.reject(new AppError('network.offline', 'away')) : Promise.resolve({ token: 't-cart', expiresAtMs: 9e15, self: PARTIES.cart });
      },
    });
    model.restore();
    for (let turn = 0; turn < 4; turn += 1) {
      await settle();
      clock.advance(20_000);
    }
    await settle();
    expect(tries).toBe(3);
    expect(signaling.opened.map((one) => one.token)).toEqual(['t-cart']);
  });

  it('signs out even when the server does not answer, and leaves no listener behind when closed', async () => {
    const { model, signaling } = setUp();
    model.signIn('expert', 'secret');
    await settle();
    model.signOut();
    await settle();
    expect(model.store.getState()).toMatchObject({ phase: 'signedOut', error: null });
    model.close();
    expect(signaling.listenerCount).toBe(0);
  });

  describe('on a server without accounts', () => {
    const wish: FirstSetUpParams = { code: 'abcd', organisation: { name: { zh: '省', en: 'Province' }, tier: 'province' }, administrator: { signInName: 'wen', name: { zh: '温', en: 'Wen' }, password: 'quite long enough' } };
    const isSetUpOpen = async () => true;

    it('[SET5] offers the first set-up, and signs the new administrator in', async () => {
      const { model, signaling } = setUp({ isSetUpOpen });
      model.restore();
      model.lookForSetUp();
      await settle();
      expect(model.store.getState()).toMatchObject({ phase: 'signedOut', setUp: 'open' });
      model.completeSetUp(wish);
      await settle();
      expect(signaling.opened.map((one) => one.token)).toEqual(['t-1']);
      expect(model.store.getState()).toMatchObject({ phase: 'signedIn', setUp: 'none' });
    });

    it('[SET2] stays open after a wrong code, and says how long a lock lasts', async () => {
      const { model, clock } = setUp({ isSetUpOpen, completeSetUp: () => Promise.reject(new AppError('auth.lockedOut', 'locked', { retryAfterMs: 60_000 })) });
      model.lookForSetUp();
      await settle();
      model.completeSetUp(wish);
      await settle();
      expect(model.store.getState()).toMatchObject({ phase: 'signedOut', setUp: 'open', error: { code: 'auth.lockedOut' }, lockedUntilMs: clock.monotonicMs() + 60_000 });
    });

    it('[SET3] asks to sign in when somebody was quicker', async () => {
      const { model } = setUp({ isSetUpOpen, completeSetUp: () => Promise.reject(new AppError('auth.forbidden', 'set up already')) });
      model.lookForSetUp();
      await settle();
      model.completeSetUp(wish);
      await settle();
      expect(model.store.getState()).toMatchObject({ phase: 'signedOut', setUp: 'taken', error: null });
      model.signIn('wen', 'secret');
      expect(model.store.getState().setUp).toBe('none');
    });

    it('[KEY5] says of a server that does not answer only that it is away, and notices when it is back', async () => {
      let isAway = true;
      const { model, clock } = setUp({ isSetUpOpen: () => (isAway ? Promise.reject(new AppError('network.offline', 'away')) : Promise.resolve(false)) });
      model.restore();
      await settle();
      model.lookForSetUp();
      await settle();
      expect(model.store.getState()).toMatchObject({ phase: 'signedOut', setUp: 'none', error: null, isServerAway: true });
      isAway = false;
      clock.advance(10_000);
      await settle();
      expect(model.store.getState()).toMatchObject({ phase: 'signedOut', isServerAway: false });
    });
  });
});
