import { AppError } from '#shared/protocol/errors';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Registry } from 'prom-client';
import { isSameSecret } from '../auth/digest.ts';

export interface OperationRoutesOptions {
  /** Whether requests can be served now: false while starting, stopping, or cut off from the database or the workers. */
  readonly isReady: () => Promise<boolean>;
  readonly registry: Registry;
  readonly metricsToken: string | null;
  /** Behind a proxy on the same machine everybody comes from loopback, so loopback proves nothing. */
  readonly trustProxy: boolean;
}

/** For those who run the server: `/healthz` (the process answers), `/readyz` (it can serve), `/metrics` (Prometheus). */
export function addOperationRoutes(app: FastifyInstance, options: OperationRoutesOptions): void {
  app.get('/healthz', async (_request, reply) => reply.header('cache-control', 'no-store').send({ status: 'ok' }));

  app.get('/readyz', async (_request, reply) => {
    const isReady = await options.isReady();
    return reply.code(isReady ? 200 : 503).header('cache-control', 'no-store').send({ status: isReady ? 'ready' : 'notReady' });
  });

  app.get('/metrics', async (request, reply) => {
    if (!mayReadMetrics(request, options)) throw new AppError('auth.forbidden', 'metrics need the token, or loopback');
    return reply.header('cache-control', 'no-store').type(options.registry.contentType).send(await options.registry.metrics());
  });
}

function mayReadMetrics(request: FastifyRequest, { metricsToken, trustProxy }: OperationRoutesOptions): boolean {
  const bearer = /^Bearer (.{1,200})$/.exec(request.headers.authorization ?? '')?.[1];
  if (metricsToken !== null && bearer !== undefined) return isSameSecret(bearer, metricsToken);
  const address = request.socket.remoteAddress ?? '';
  return !trustProxy && /^(::ffff:)?127\.|^::1$/.test(address);
}
