import { hasPermission, type Permission } from '#shared/domain/roles';
import { AppError } from '#shared/protocol/errors';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Identity } from '../auth/sessions.ts';

/** The identity behind a token; rejects with `auth.sessionEnded` and the like. */
export type Authenticate = (token: string) => Promise<Identity>;

/** The session's token that a request carries. @throws AppError `auth.required` when it carries none */
export function tokenOf(request: FastifyRequest): string {
  const token = /^Bearer (\S{1,100})$/.exec(request.headers.authorization ?? '')?.[1];
  if (token === undefined) throw new AppError('auth.required', 'the request carries no session');
  return token;
}

/**
 * Lets only requests with a session's token (`authorization: Bearer …`) into the scope, before any of their body is read.
 * @returns gives who asks; throws AppError `auth.forbidden` when the role does not have the permission
 */
export function requireSession(scope: FastifyInstance, authenticate: Authenticate): (request: FastifyRequest, permission: Permission) => Identity {
  const identities = new WeakMap<FastifyRequest, Identity>();
  scope.addHook('onRequest', async (request) => {
    identities.set(request, await authenticate(tokenOf(request)));
  });
  return (request, permission) => {
    const identity = identities.get(request);
    if (identity === undefined) throw new AppError('auth.required', 'the request carries no session');
    if (!hasPermission(identity.party.role, permission)) throw new AppError('auth.forbidden', `this needs ${permission}`);
    return identity;
  };
}
