import type { Server as HttpServer } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import { AppError } from '#shared/protocol/errors';
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import type { Config } from '../config.ts';
import type { Log } from '../observability/log.ts';
import type { Metrics } from '../observability/metrics.ts';
import { addAttachmentRoutes, type AttachmentRoutesOptions } from './attachmentRoutes.ts';
import { addCalendarRoutes, type CalendarRoutesOptions } from './calendarRoutes.ts';
import { addClientFiles } from './clientFiles.ts';
import { fromHttpError, replyOf, statusOf } from './errorReplies.ts';
import { addDicomwebRoutes, type DicomwebRoutesOptions } from './dicomwebRoutes.ts';
import { addFacadeRoutes, type FacadeRoutesOptions } from './facadeRoutes.ts';
import { addFhirRoutes, type FhirRoutesOptions } from './fhirRoutes.ts';
import { addInvitationRoutes } from './invitationRoutes.ts';
import { addOperationRoutes } from './operationRoutes.ts';
import { addOpinionRoutes, type OpinionRoutesOptions } from './opinionRoutes.ts';
import { isOriginAllowed } from './origins.ts';
import { addSessionRoutes } from './sessionRoutes.ts';
import type { SessionRoutesOptions } from './sessionRoutes.ts';
import type { TlsMaterial } from './tls.ts';

export interface HttpServerOptions {
  readonly config: Pick<Config, 'host' | 'port' | 'allowedOrigins' | 'trustProxy' | 'metricsToken' | 'authRequestsPerMinute'>;
  readonly tls: TlsMaterial | null;
  readonly signIn: SessionRoutesOptions['signIn'];
  readonly cartSignIn: SessionRoutesOptions['cartSignIn'];
  readonly firstSetUp: SessionRoutesOptions['firstSetUp'];
  readonly cases: AttachmentRoutesOptions & FhirRoutesOptions;
  readonly imaging: DicomwebRoutesOptions;
  readonly calendars: CalendarRoutesOptions['calendars'];
  readonly opinions: OpinionRoutesOptions;
  readonly facade: Omit<FacadeRoutesOptions, 'log'>;
  readonly invitations: Parameters<typeof addInvitationRoutes>[1];
  /** The folder of the built client; null: none is served. */
  readonly clientFolder: string | null;
  readonly isReady: () => Promise<boolean>;
  readonly metrics: Pick<Metrics, 'registry' | 'httpRequests'>;
  readonly log: Log;
}

export interface HuizhenHttpServer {
  /** For the signalling gateway to attach to, before `listen`. */
  readonly server: HttpServer | HttpsServer;
  /** Begins to listen; gives the address with the port that was got, without a slash at its end. */
  listen(): Promise<string>;
  /** Takes no more, ends idle connections, waits for answers under way. */
  close(): Promise<void>;
}

/** The largest body of a request before sign-in, in bytes. */
const BODY_LIMIT = 16_384;
/** How long a request may take to come in: a part of an upload over a slow line. What came of one that is cut stays. */
const REQUEST_TIMEOUT_MS = 60_000;

/** Everything that goes over HTTP: sign-in, the built client, and what operators ask for. */
export async function createHttpServer(options: HttpServerOptions): Promise<HuizhenHttpServer> {
  const { config, tls } = options;
  const common = { bodyLimit: BODY_LIMIT, trustProxy: config.trustProxy, logger: false as const, requestTimeout: REQUEST_TIMEOUT_MS, forceCloseConnections: 'idle' as const };
  // The type of the app differs by its server's; we use nothing in which the two differ.
  const app = (tls === null ? Fastify(common) : Fastify({ ...common, https: { cert: tls.certificate, key: tls.key, minVersion: 'TLSv1.2' } })) as FastifyInstance;
  let isClosing = false;
  // A connection that was still bringing a body when the stop began is idle afterwards, and nobody would look again for its 72 s.
  app.addHook('onRequest', async ({ raw }) => {
    raw.once('close', () => {
      if (isClosing) app.server.closeIdleConnections();
    });
  });
  addErrorReplies(app, options);
  await addProtection(app, options);
  addSessionRoutes(app, { signIn: options.signIn, cartSignIn: options.cartSignIn, firstSetUp: options.firstSetUp, requestsPerMinute: config.authRequestsPerMinute });
  addOperationRoutes(app, { isReady: options.isReady, registry: options.metrics.registry, metricsToken: config.metricsToken, trustProxy: config.trustProxy });
  await addAttachmentRoutes(app, options.cases);
  await addFhirRoutes(app, options.cases);
  await addDicomwebRoutes(app, options.imaging);
  await addCalendarRoutes(app, { authenticate: options.cases.authenticate, calendars: options.calendars });
  await addOpinionRoutes(app, options.opinions);
  await addFacadeRoutes(app, { ...options.facade, log: options.log });
  await addInvitationRoutes(app, options.invitations);
  await addClientFiles(app, options.clientFolder);
  await app.ready();
  return {
    server: app.server,
    listen: async () => {
      await app.listen({ host: config.host, port: config.port });
      const address = app.server.address();
      const port = typeof address === 'object' && address !== null ? address.port : config.port;
      const host = config.host.includes(':') ? `[${config.host}]` : config.host;
      return `${tls === null ? 'http' : 'https'}://${host}:${port}`;
    },
    close: async () => {
      isClosing = true;
      await app.close();
    },
  };
}

function addErrorReplies(app: FastifyInstance, { log, metrics }: HttpServerOptions): void {
  app.setErrorHandler(async (thrown, request, reply) => {
    const error = fromHttpError(thrown);
    if (error.category === 'bug') log.error({ err: error, route: routeOf(request) }, 'an HTTP request failed');
    const wire = replyOf(error);
    if (wire.retryAfterMs !== undefined) reply.header('retry-after', String(Math.ceil(wire.retryAfterMs / 1000)));
    return reply.code(statusOf(error)).header('cache-control', 'no-store').send(wire);
  });
  app.addHook('onResponse', async (request, reply) => {
    metrics.httpRequests.inc({ route: routeOf(request), status: String(reply.statusCode) });
  });
}

async function addProtection(app: FastifyInstance, { config, tls }: HttpServerOptions): Promise<void> {
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        'default-src': ["'none'"],
        // WebAssembly for hashing; it runs no text.
        'script-src': ["'self'", "'wasm-unsafe-eval'"],
        // Ant Design writes its styles at run time.
        'style-src': ["'self'", "'unsafe-inline'"],
        // Besides the server itself: the desktop host on the same machine.
        'connect-src': ["'self'", 'ws://127.0.0.1:*'],
        'img-src': ["'self'", 'blob:', 'data:'],
        'media-src': ["'self'", 'blob:'],
        'font-src': ["'self'", 'data:'],
        'worker-src': ["'self'", 'blob:'],
        'manifest-src': ["'self'"],
        'base-uri': ["'none'"],
        'form-action': ["'self'"],
        'frame-ancestors': ["'none'"],
        'object-src': ["'none'"],
      },
    },
    // With a certificate of our own making, remembering "only by TLS" would take away the browser's way past its warning.
    strictTransportSecurity: tls !== null && !tls.isSelfSigned ? { maxAge: 15_552_000 } : false,
    crossOriginResourcePolicy: { policy: 'same-origin' },
    referrerPolicy: { policy: 'no-referrer' },
  });
  app.addHook('onRequest', async (_request, reply) => {
    reply.header('permissions-policy', 'camera=(self), microphone=(self), display-capture=(self), fullscreen=(self), geolocation=(), payment=()');
  });
  await app.register(rateLimit, {
    global: false,
    errorResponseBuilder: (_request, context) => new AppError('input.rateLimited', 'too many requests from this address', { retryAfterMs: context.ttl }),
  });
  app.addHook('onRequest', async (request, reply) => {
    if (!request.url.startsWith('/api/') && !request.url.startsWith('/dicomweb/')) return;
    const { origin, host } = request.headers;
    reply.header('vary', 'origin');
    if (!isOriginAllowed(origin, host, config.allowedOrigins)) throw new AppError('auth.forbidden', 'pages of this origin may not ask');
    if (origin === undefined) return;
    reply.header('access-control-allow-origin', origin).header('cross-origin-resource-policy', 'cross-origin');
    if (request.method === 'OPTIONS') {
      // A preflight, answered for every address alike; nothing is done.
      return reply
        .header('access-control-allow-methods', 'GET, HEAD, POST, PATCH')
        .header('access-control-allow-headers', 'authorization, content-type, range, upload-offset, x-huizhen-protocol')
        .header('access-control-max-age', '600')
        .code(204)
        .send();
    }
  });
}

/** The route's pattern and not the address: addresses are many, and may hold anything. */
function routeOf(request: FastifyRequest): string {
  return request.routeOptions.url ?? 'other';
}
