import { AppError } from '#shared/protocol/errors';
import {
  cartChallengeParamsSchema, cartChallengeResultSchema, cartSignInParamsSchema, enrolCartParamsSchema, enrolCartResultSchema, firstSetUpParamsSchema, firstSetUpResultSchema, SESSION_ROUTES, setUpStateParamsSchema, setUpStateResultSchema,
  signInParamsSchema, signInResultSchema,
} from '#shared/protocol/session';
import { isCompatibleVersion, PROTOCOL_VERSION } from '#shared/protocol/version';
import type { FastifyInstance } from 'fastify';
import type { z } from 'zod';
import type { CartSignIn } from '../auth/carts.ts';
import type { FirstSetUp } from '../auth/firstSetUp.ts';
import type { SignIn } from '../auth/signIn.ts';

export interface SessionRoutesOptions {
  readonly signIn: SignIn;
  readonly cartSignIn: CartSignIn;
  readonly firstSetUp: FirstSetUp;
  /** For each address and each route. */
  readonly requestsPerMinute: number;
}

/** The requests that are made before there is a session. */
export function addSessionRoutes(app: FastifyInstance, { signIn, cartSignIn, firstSetUp, requestsPerMinute }: SessionRoutesOptions): void {
  const post = <P extends z.ZodType, R extends z.ZodType>(path: string, params: P, result: R, handle: (params: z.infer<P>) => Promise<z.infer<R>>) => {
    app.post(path, { config: { rateLimit: { max: requestsPerMinute, timeWindow: 60_000 } } }, async (request, reply) => {
      const version = request.headers['x-huizhen-protocol'];
      if (typeof version !== 'string' || !isCompatibleVersion(version)) throw new AppError('input.unsupportedVersion', `this server speaks protocol ${PROTOCOL_VERSION}`);
      const parsed = params.safeParse(request.body);
      if (!parsed.success) {
        const [issue] = parsed.error.issues;
        throw new AppError('input.malformed', `${issue?.path.join('.') || 'body'}: does not fit`);
      }
      return reply.header('cache-control', 'no-store').send(result.parse(await handle(parsed.data)));
    });
  };
  post(SESSION_ROUTES.signIn, signInParamsSchema, signInResultSchema, ({ signInName, password, client }) => signIn.signIn(signInName, password, client));
  post(SESSION_ROUTES.enrolCart, enrolCartParamsSchema, enrolCartResultSchema, ({ code, publicKey }) => cartSignIn.enrol(code, publicKey));
  post(SESSION_ROUTES.cartChallenge, cartChallengeParamsSchema, cartChallengeResultSchema, async ({ cartId }) => cartSignIn.challenge(cartId));
  post(SESSION_ROUTES.cartSignIn, cartSignInParamsSchema, signInResultSchema, ({ cartId, nonce, signature, client }) => cartSignIn.signIn(cartId, nonce, signature, client));
  post(SESSION_ROUTES.setUpState, setUpStateParamsSchema, setUpStateResultSchema, async () => ({ isOpen: await firstSetUp.isOpen() }));
  post(SESSION_ROUTES.firstSetUp, firstSetUpParamsSchema, firstSetUpResultSchema, (params) => firstSetUp.complete(params));
}
