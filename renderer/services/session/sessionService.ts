import type { Clock } from '#shared/lib/clock';
import { AppError } from '#shared/protocol/errors';
import {
  cartChallengeResultSchema,
  enrolCartResultSchema,
  type FirstSetUpParams,
  firstSetUpResultSchema,
  publicKeyJwkSchema,
  SESSION_ROUTES,
  setUpStateResultSchema,
  type SignInResult,
  signInResultSchema,
} from '#shared/protocol/session';
import type { DeviceKeys } from '../../storage/deviceKeys.ts';
import type { StoredToken, TokenStore } from '../../storage/tokenStore.ts';
import type { HttpClient } from '../http.ts';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' } as const;

function base64Url(bytes: ArrayBuffer): string {
  let text = '';
  for (const byte of new Uint8Array(bytes)) text += String.fromCharCode(byte);
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

export interface SessionServiceOptions {
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly tokens: TokenStore;
  readonly keys: DeviceKeys;
  /** `globalThis.crypto.subtle`; absent on a page that is neither HTTPS nor local. */
  readonly subtle: SubtleCrypto | undefined;
  /** How this program names itself in the person's list of sessions. */
  readonly client: string;
}

/** What comes before the socket: becoming somebody, and keeping the proof of it. All methods reject with AppError. */
export class SessionService {
  readonly #o: SessionServiceOptions;

  constructor(options: SessionServiceOptions) {
    this.#o = options;
  }

  /** The kept token, or null when there is none or it has run out by this machine's clock. */
  async readToken(): Promise<StoredToken | null> {
    const stored = await this.#o.tokens.read();
    if (stored && stored.expiresAtMs <= this.#o.clock.wallMs()) {
      await this.#o.tokens.clear();
      return null;
    }
    return stored;
  }

  async clearToken(): Promise<void> {
    await this.#o.tokens.clear();
  }

  async signIn(signInName: string, password: string): Promise<SignInResult> {
    const result = await this.#o.http.post(SESSION_ROUTES.signIn, { signInName, password, client: this.#o.client }, signInResultSchema);
    await this.#o.tokens.write({ token: result.token, expiresAtMs: result.expiresAtMs });
    return result;
  }

  /** True while the server has no account, so that nobody can sign in. */
  async isSetUpOpen(): Promise<boolean> {
    return (await this.#o.http.post(SESSION_ROUTES.setUpState, {}, setUpStateResultSchema)).isOpen;
  }

  /** Creates the first organisation and its administrator. `auth.forbidden` when somebody was quicker. */
  async completeSetUp(params: FirstSetUpParams): Promise<void> {
    await this.#o.http.post(SESSION_ROUTES.firstSetUp, params, firstSetUpResultSchema);
  }

  /**
   * Makes the machine's key and trades the one-time code for the cart's identity. The key is stored only after the server took
   * it, so that a refused code leaves an earlier enrolment as it was. Returns the cart's id.
   */
  async enrolCart(code: string): Promise<string> {
    const subtle = this.#subtle();
    const keyPair = await subtle.generateKey(ALGORITHM, false, ['sign', 'verify']);
    const publicKey = publicKeyJwkSchema.parse(await subtle.exportKey('jwk', keyPair.publicKey));
    const result = await this.#o.http.post(SESSION_ROUTES.enrolCart, { code, publicKey }, enrolCartResultSchema);
    await this.#o.keys.write({ cartId: result.cartId, keyPair, createdAtMs: this.#o.clock.wallMs() });
    return result.cartId;
  }

  /** Signs the server's challenge with the machine's key. `auth.enrolmentRefused` when this machine holds no key of that cart. */
  async signInCart(cartId: string): Promise<SignInResult> {
    const subtle = this.#subtle();
    const record = await this.#o.keys.read(cartId);
    if (!record) throw new AppError('auth.enrolmentRefused', 'this machine holds no key of the cart');
    const { nonce } = await this.#o.http.post(SESSION_ROUTES.cartChallenge, { cartId }, cartChallengeResultSchema);
    const message = new TextEncoder().encode(`huizhen-cart-sign-in:${cartId}:${nonce}`);
    const signature = await subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, record.keyPair.privateKey, message);
    const result = await this.#o.http.post(
      SESSION_ROUTES.cartSignIn,
      { cartId, nonce, signature: base64Url(signature), client: this.#o.client },
      signInResultSchema,
    );
    await this.#o.tokens.write({ token: result.token, expiresAtMs: result.expiresAtMs });
    return result;
  }

  /** Forgets the enrolment on this machine; the server keeps the cart until an administrator revokes it. */
  async forgetCart(): Promise<void> {
    await this.#o.keys.clear();
  }

  #subtle(): SubtleCrypto {
    if (!this.#o.subtle) throw new AppError('device.unsupported', 'WebCrypto needs a secure page (HTTPS, app:// or this machine)');
    return this.#o.subtle;
  }
}
