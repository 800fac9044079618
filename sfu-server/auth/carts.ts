import { createPublicKey, verify } from 'node:crypto';
import type { CartId } from '#shared/domain/ids';
import type { Party } from '#shared/domain/people';
import type { Clock } from '#shared/lib/clock';
import { AppError } from '#shared/protocol/errors';
import { publicKeyJwkSchema, type SignInResult } from '#shared/protocol/session';
import type { z } from 'zod';
import { type AuditWriter, auditActor } from '../storage/audit.ts';
import type { Carts } from '../storage/carts.ts';
import { sha256Hex } from './digest.ts';
import { Nonces } from './nonces.ts';
import { newEnrolmentCode } from './random.ts';
import type { Sessions } from './sessions.ts';

export type PublicKeyJwk = z.infer<typeof publicKeyJwkSchema>;

export interface CartSignInOptions {
  readonly carts: Carts;
  readonly sessions: Sessions;
  readonly audit: AuditWriter;
  readonly clock: Clock;
}

const CODE_LIFETIME_MS = 15 * 60_000;
/** Wrong codes that may be tried while a code is outstanding: ten of a hundred million. */
const MAX_TRIES = 10;
const MAX_DRAWS = 5;

/** What a cart signs to prove its key; see `cartSignInParamsSchema`. */
export function cartChallengeText(cartId: CartId, nonce: string): string {
  return `huizhen-cart-sign-in:${cartId}:${nonce}`;
}

/** Ward carts: enrolled once with a short code that a person carries to them, afterwards signed in by a key that never leaves them. */
export class CartSignIn {
  readonly #options: CartSignInOptions;
  readonly #nonces: Nonces;

  constructor(options: CartSignInOptions) {
    this.#options = options;
    this.#nonces = new Nonces(options.clock);
  }

  /**
   * A code of eight digits with which one machine may become the cart, within 15 minutes; an earlier code of the cart is void.
   * Whether the asker may do this is the caller's question.
   */
  async createCode(cartId: CartId): Promise<{ readonly code: string; readonly expiresAtMs: number }> {
    const nowMs = this.#options.clock.wallMs();
    const expiresAtMs = nowMs + CODE_LIFETIME_MS;
    for (let draw = 0; draw < MAX_DRAWS; draw += 1) {
      const code = newEnrolmentCode();
      if (await this.#options.carts.putEnrolmentCode(cartId, sha256Hex(code), expiresAtMs, nowMs)) return { code, expiresAtMs };
    }
    throw new AppError('internal.bug', `${MAX_DRAWS} codes drawn were all taken`);
  }

  /**
   * Spends a code: the machine with this public key is the cart from now on, and sessions of an earlier key end.
   * @throws AppError `auth.enrolmentRefused` for a wrong, spent, expired or too often guessed code; `input.malformed` for a key
   * that is no point of the curve
   */
  async enrol(code: string, publicKey: PublicKeyJwk): Promise<{ readonly cartId: CartId; readonly self: Party }> {
    const { carts, sessions, audit, clock } = this.#options;
    toKeyObject(publicKey);
    const cartId = await carts.enrol(sha256Hex(code), JSON.stringify(publicKey), clock.wallMs(), MAX_TRIES);
    const self = cartId === null ? null : await carts.party(cartId);
    if (cartId === null || self === null) {
      await audit.append({ actorKind: 'anonymous', actorId: null, organisationId: null, action: 'cart.enrol', subject: null, outcome: 'refused', code: 'auth.enrolmentRefused' });
      throw new AppError('auth.enrolmentRefused', 'the code is wrong, spent or too old');
    }
    await sessions.endAllOf(cartId, 'revoked');
    await audit.append({ ...auditActor(self), action: 'cart.enrol', subject: cartId, outcome: 'done', code: null });
    return { cartId, self };
  }

  /** A nonce to sign. Also for ids that do not exist: who asks learns nothing. */
  challenge(cartId: CartId): { readonly nonce: string } {
    return { nonce: this.#nonces.give(cartId) };
  }

  /** @throws AppError `auth.badCredentials` for a nonce that is unknown, spent or old, an unknown or revoked cart, a wrong signature */
  async signIn(cartId: CartId, nonce: string, signature: string, client: string): Promise<SignInResult> {
    const { carts, sessions, audit, clock } = this.#options;
    // The nonce is spent before anything is awaited: of two uses at once only one can see it.
    const isFresh = this.#nonces.spend(cartId, nonce);
    const stored = await carts.publicKey(cartId);
    const self = await carts.party(cartId);
    if (!isFresh || stored === null || self === null || !isSignedBy(stored, cartChallengeText(cartId, nonce), signature)) {
      await audit.append({
        actorKind: 'anonymous', actorId: null, organisationId: self?.organisationId ?? null, action: 'cart.signIn', subject: self === null ? null : cartId, outcome: 'refused', code: 'auth.badCredentials',
      });
      throw new AppError('auth.badCredentials', 'the cart could not prove itself');
    }
    const session = await sessions.start(self, client);
    await carts.setLastSeen(cartId, clock.wallMs());
    await audit.append({ ...auditActor(self), action: 'cart.signIn', subject: cartId, outcome: 'done', code: null });
    return { token: session.token, expiresAtMs: session.expiresAtMs, self };
  }

  /** Destroys the cart's key and codes, then ends its sessions: in this order no new one can slip in between. */
  async revoke(cartId: CartId): Promise<void> {
    await this.#options.carts.revoke(cartId);
    await this.#options.sessions.endAllOf(cartId, 'revoked');
  }
}

function toKeyObject(jwk: PublicKeyJwk) {
  try {
    return createPublicKey({ key: jwk, format: 'jwk' });
  } catch (error) {
    throw new AppError('input.malformed', 'the public key is no point of P-256', { cause: error });
  }
}

function isSignedBy(storedKey: string, text: string, signature: string): boolean {
  const key = toKeyObject(publicKeyJwkSchema.parse(JSON.parse(storedKey)));
  const bytes = Buffer.from(signature, 'base64url');
  return bytes.length === 64 && verify('sha256', Buffer.from(text, 'utf8'), { key, dsaEncoding: 'ieee-p1363' }, bytes);
}
