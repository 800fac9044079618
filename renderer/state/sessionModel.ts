import { createStore, type StoreApi } from 'zustand/vanilla';
import type { Party } from '#shared/domain/people';
import type { Permission } from '#shared/domain/roles';
import { type BackoffPolicy, backoffDelayMs } from '#shared/lib/backoff';
import type { Clock } from '#shared/lib/clock';
import { DisposableStack, type Undo } from '#shared/lib/disposable';
import { drop } from '#shared/lib/drop';
import { AppError, toAppError } from '#shared/protocol/errors';
import type { FirstSetUpParams } from '#shared/protocol/session';
import type { SessionPort, SignalingPort } from './ports.ts';

export type SessionPhase =
  /** Looking for a kept session, or waiting for the server to confirm it. */
  | 'restoring'
  | 'signedOut'
  | 'working'
  | 'signedIn';

export interface SessionState {
  readonly phase: SessionPhase;
  readonly self: Party | null;
  readonly permissions: readonly string[];
  readonly serverVersion: string | null;
  readonly error: AppError | null;
  /** `open`: the server has no account yet; `taken`: it got its first one from somebody else while this machine asked for it. */
  readonly setUp: 'none' | 'open' | 'taken';
  /** While locked out: until when, monotonic ms. */
  readonly lockedUntilMs: number | null;
  /** Nobody is signed in, and the last try to reach the server found none. */
  readonly isServerAway: boolean;
  /** The socket as a person would say it. `sinceMs` monotonic; null while connected. */
  readonly link: { readonly isOnline: boolean; readonly sinceMs: number | null };
}

export interface SessionModel {
  readonly store: StoreApi<SessionState>;
  /** At the start: the kept token, else the cart's key, else the sign-in screen. */
  restore(): void;
  signIn(signInName: string, password: string): void;
  /**
   * Asks whether the server waits for its first set-up; for the sign-in screen, whenever it shows or the server is another. Asks
   * again while the server is away and nobody is signed in: so it is known when it is back.
   */
  lookForSetUp(): void;
  /** Creates the first organisation and administrator, and signs the latter in. */
  completeSetUp(params: FirstSetUpParams): void;
  enrolCart(code: string): void;
  signInCart(): void;
  signOut(): void;
  clearError(): void;
  retryNow(): void;
  has(permission: Permission): boolean;
  close(): void;
}

export interface SessionModelOptions {
  readonly signaling: SignalingPort;
  readonly service: SessionPort;
  readonly clock: Clock;
  readonly serverUrl: () => string;
  /** The cart this machine is enrolled as, from the settings. */
  readonly cartId: () => string | null;
  readonly setCartId: (cartId: string | null) => void;
}

const CART_RETRY: BackoffPolicy = { firstMs: 1000, maxMs: 15_000, jitter: 0.2 };
/** Between looks for a server that is away, ms. */
const LOOK_AGAIN_MS = 5000;

export function createSessionModel(options: SessionModelOptions): SessionModel {
  const { signaling, service, clock } = options;
  const undos = new DisposableStack();
  let retries = 0;
  let cancelRetry: Undo | null = null;
  let cancelLook: Undo | null = null;
  /** Rises with every attempt to become somebody: the late answer of an older one is ignored. */
  let generation = 0;

  const store = createStore<SessionState>(() => ({
    phase: 'restoring',
    self: null,
    permissions: [],
    serverVersion: null,
    error: null,
    setUp: 'none',
    lockedUntilMs: null,
    isServerAway: false,
    link: { isOnline: true, sinceMs: null },
  }));

  function signedOut(error: AppError | null): void {
    generation += 1;
    signaling.close();
    drop(service.clearToken(), 'a token that stays behind is refused by the server anyway');
    const lockedUntilMs = error?.code === 'auth.lockedOut' && error.retryAfterMs !== undefined ? clock.monotonicMs() + error.retryAfterMs : null;
    store.setState({ phase: 'signedOut', self: null, permissions: [], error, lockedUntilMs, link: { isOnline: true, sinceMs: null } });
  }

  /** Asks the server who the token's holder is: until it has answered nobody is signed in. */
  async function confirm(mine: number): Promise<void> {
    try {
      const answer = await signaling.request('session.whoAmI', {}, { timeoutMs: 20_000 });
      if (mine !== generation) return;
      cancelLook?.();
      cancelLook = null;
      store.setState({ isServerAway: false, phase: 'signedIn', self: answer.self, permissions: answer.permissions, serverVersion: answer.serverVersion, error: null, lockedUntilMs: null });
    } catch (error) {
      if (mine !== generation) return;
      const failure = toAppError(error);
      if (failure.category === 'permission' || failure.code === 'input.unsupportedVersion') signedOut(failure);
      else store.setState({ error: failure }); // the socket goes on trying; `onStatus` asks again when it is there
    }
  }

  function open(token: string): void {
    generation += 1;
    const mine = generation;
    signaling.open(options.serverUrl(), token);
    drop(confirm(mine), 'confirm handles its own failures');
  }

  function attempt(work: () => Promise<{ token: string }>, onFailure: (error: AppError) => void): void {
    generation += 1;
    const mine = generation;
    store.setState(({ setUp }) => ({ phase: 'working', error: null, setUp: setUp === 'taken' ? 'none' : setUp }));
    work().then(
      (result) => {
        if (mine === generation) open(result.token);
      },
      (error: unknown) => {
        if (mine === generation) onFailure(toAppError(error));
      },
    );
  }

  function lookForSetUp(): void {
    cancelLook?.();
    cancelLook = null;
    const serverUrl = options.serverUrl();
    if (serverUrl === '') return;
    service.isSetUpOpen().then(
      (isOpen) => {
        if (serverUrl === options.serverUrl()) store.setState({ setUp: isOpen ? 'open' : 'none', isServerAway: false });
      },
      (error: unknown) => {
        // Any other failure is found out by signing in.
        if (serverUrl !== options.serverUrl() || toAppError(error).category !== 'network') return;
        if (store.getState().phase !== 'signedOut' && store.getState().phase !== 'working') return;
        store.setState({ isServerAway: true });
        cancelLook = clock.after(LOOK_AGAIN_MS, lookForSetUp);
      },
    );
  }

  function signInCart(): void {
    const cartId = options.cartId();
    cancelRetry?.();
    cancelRetry = null;
    if (cartId === null) return signedOut(null);
    attempt(
      () => service.signInCart(cartId),
      (error) => {
        signedOut(error);
        if (error.category !== 'network') return;
        // A cart has nobody to press «try again»: it keeps at it until the network is back.
        cancelRetry = clock.after(backoffDelayMs(CART_RETRY, retries, Math.random), signInCart);
        retries += 1;
      },
    );
  }

  undos.add(
    signaling.onStatus((status) => {
      if (status.step === 'connected') {
        retries = 0;
        store.setState({ link: { isOnline: true, sinceMs: null } });
        if (store.getState().phase === 'restoring') drop(confirm(generation), 'confirm handles its own failures');
      } else if (status.step === 'connecting') {
        const { link } = store.getState();
        // The first connection is not a loss: it becomes one when a try has failed.
        if (status.attempt > 0 || store.getState().phase === 'signedIn') store.setState({ link: { isOnline: false, sinceMs: link.sinceMs ?? clock.monotonicMs() } });
      } else if (status.step === 'refused') {
        if (store.getState().self?.kind === 'cart') signInCart();
        else signedOut(status.error);
      }
    }),
  );
  undos.add(
    signaling.on('session.ended', () => {
      signedOut(new AppError('auth.sessionEnded', 'the server ended the session'));
    }),
  );
  undos.add(() => cancelRetry?.());
  undos.add(() => cancelLook?.());

  return {
    store,
    restore() {
      drop(
        service.readToken().then((stored) => {
          if (stored) open(stored.token);
          else if (options.cartId() !== null) signInCart();
          else store.setState({ phase: 'signedOut' });
        }),
        'a store that cannot be read means nobody is signed in',
        () => store.setState({ phase: 'signedOut' }),
      );
    },
    signIn(signInName, password) {
      attempt(() => service.signIn(signInName, password), signedOut);
    },
    lookForSetUp,
    completeSetUp(params) {
      attempt(
        async () => {
          await service.completeSetUp(params);
          store.setState({ setUp: 'none' });
          return service.signIn(params.administrator.signInName, params.administrator.password);
        },
        (error) => {
          const isTaken = error.code === 'auth.forbidden';
          signedOut(isTaken ? null : error);
          if (isTaken) store.setState({ setUp: 'taken' });
        },
      );
    },
    enrolCart(code) {
      attempt(async () => {
        const cartId = await service.enrolCart(code);
        options.setCartId(cartId);
        return service.signInCart(cartId);
      }, signedOut);
    },
    signInCart,
    signOut() {
      const leave = () => signedOut(null);
      signaling.request('session.signOut', {}, { timeoutMs: 2000 }).then(leave, leave); // offline too: the token is dropped here either way
    },
    clearError() {
      store.setState(({ setUp }) => ({ error: null, setUp: setUp === 'taken' ? 'none' : setUp }));
    },
    retryNow() {
      signaling.retryNow();
      if (cancelRetry) signInCart();
      if (cancelLook) lookForSetUp();
    },
    has(permission) {
      return store.getState().permissions.includes(permission);
    },
    close() {
      generation += 1;
      undos.dispose();
    },
  };
}
