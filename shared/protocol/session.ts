import { z } from 'zod';
import { cartIdSchema, organisationIdSchema, personIdSchema } from '../domain/ids.ts';
import { bilingualSchema, partySchema, signInNameSchema, tierSchema } from '../domain/people.ts';

/** The few requests that are made before there is a session, over HTTP: POST, JSON in and out; errors are `WireError`. */
export const signInParamsSchema = z.object({ signInName: z.string().min(1).max(64), password: z.string().min(1).max(200), client: z.string().max(200) });
export const signInResultSchema = z.object({ token: z.string().max(100), expiresAtMs: z.number().int(), self: partySchema });
export type SignInResult = z.infer<typeof signInResultSchema>;

/** ECDSA P-256 public key as a JWK; the private half never leaves the cart. */
export const publicKeyJwkSchema = z.object({ kty: z.literal('EC'), crv: z.literal('P-256'), x: z.string().max(64), y: z.string().max(64) });

export const enrolCartParamsSchema = z.object({ code: z.string().regex(/^\d{8}$/), publicKey: publicKeyJwkSchema });
export const enrolCartResultSchema = z.object({ cartId: cartIdSchema, self: partySchema });

export const cartChallengeParamsSchema = z.object({ cartId: cartIdSchema });
/** `nonce`: 32 random bytes, base64url; single use, good for 60 s. */
export const cartChallengeResultSchema = z.object({ nonce: z.string().max(64) });

/** `signature`: ECDSA P-256 SHA-256 over the UTF-8 bytes of `huizhen-cart-sign-in:<cartId>:<nonce>`, IEEE P1363 form, base64url. */
export const cartSignInParamsSchema = z.object({ cartId: cartIdSchema, nonce: z.string().max(64), signature: z.string().max(128), client: z.string().max(200) });

export const setUpStateParamsSchema = z.object({});
/** `isOpen`: nobody has an account yet, so the server waits for its first set-up. */
export const setUpStateResultSchema = z.object({ isOpen: z.boolean() });

/** `code`: what the server printed at its start. */
export const firstSetUpParamsSchema = z.object({
  code: z.string().min(1).max(64),
  organisation: z.object({ name: bilingualSchema, tier: tierSchema }),
  administrator: z.object({ signInName: signInNameSchema, name: bilingualSchema, password: z.string().max(200) }),
});
export type FirstSetUpParams = z.infer<typeof firstSetUpParamsSchema>;
export const firstSetUpResultSchema = z.object({ organisationId: organisationIdSchema, personId: personIdSchema });

export const SESSION_ROUTES = {
  signIn: '/api/sign-in',
  enrolCart: '/api/carts/enrol',
  cartChallenge: '/api/carts/challenge',
  cartSignIn: '/api/carts/sign-in',
  setUpState: '/api/set-up/state',
  firstSetUp: '/api/set-up',
} as const;

/** What the socket's handshake carries in `auth`. */
export const handshakeSchema = z.object({ version: z.string().max(20), token: z.string().min(1).max(100) });
