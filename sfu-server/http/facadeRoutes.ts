import type { SystemScope } from '#shared/domain/hospitalSystem';
import { AppError } from '#shared/protocol/errors';
import type { HospitalSystem } from '#shared/protocol/systems';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Log } from '../observability/log.ts';
import { capabilityStatement } from '../facade/capability.ts';
import type { Facade } from '../facade/facade.ts';
import type { Orders } from '../facade/orders.ts';
import { operationOutcome } from '../facade/outcome.ts';
import { type FacadeType, isFacadeType } from '../facade/parameters.ts';
import type { HospitalSystems } from '../auth/hospitalSystems.ts';
import { tokenOf } from './bearer.ts';
import { fromHttpError, statusOf } from './errorReplies.ts';

export interface FacadeRoutesOptions {
  readonly systems: Pick<HospitalSystems, 'authenticate' | 'refuse'>;
  readonly facade: Facade;
  readonly orders: Orders;
  /** The facade's address, without a slash at its end. */
  readonly base: () => string;
  readonly version: string;
  /** When this server began to answer, Unix epoch ms. */
  readonly sinceMs: number;
  readonly log: Log;
}

/** Where the facade is. */
export const FACADE_PATH = '/fhir/R4';
const FHIR_JSON = 'application/fhir+json; charset=utf-8';
/** The largest order taken in, with its attachments, bytes. */
const ORDER_LIMIT = 16 * 1024 * 1024;
/** The longest form of a search, bytes: the link to its next page is an address, which has no room for more. */
const FORM_LIMIT = 8192;
const MINUTE_MS = 60_000;
/** [FHR9] For each address, before anybody is known; then for each system: everything, and orders. */
const PER_ADDRESS = 1200;
const PER_SYSTEM = 600;
const ORDERS_PER_SYSTEM = 60;

/** The FHIR R4 facade for hospitals' systems (`shared/protocol/spec/facade.md`). */
export async function addFacadeRoutes(app: FastifyInstance, options: FacadeRoutesOptions): Promise<void> {
  const { systems, facade, orders, base, version, sinceMs, log } = options;
  const identities = new WeakMap<FastifyRequest, HospitalSystem>();
  await app.register(
    async (scope) => {
      const answer = (reply: FastifyReply, resource: unknown, status = 200) => reply.code(status).type(FHIR_JSON).header('cache-control', 'no-store').send(JSON.stringify(resource));
      scope.addContentTypeParser('application/fhir+json', { parseAs: 'string', bodyLimit: ORDER_LIMIT }, scope.getDefaultJsonParser('error', 'ignore'));
      scope.setErrorHandler(async (thrown, request, reply) => {
        const error = fromHttpError(thrown);
        if (error.category === 'bug') log.error({ err: error, route: request.routeOptions.url ?? 'other' }, 'a FHIR request failed');
        if (error.retryAfterMs !== undefined) reply.header('retry-after', String(Math.ceil(error.retryAfterMs / 1000)));
        if (statusOf(error) === 401) reply.header('www-authenticate', 'Bearer realm="huizhen-fhir"');
        return answer(reply, operationOutcome(error), error.code === 'workflow.incomplete' ? 422 : statusOf(error));
      });
      scope.setNotFoundHandler(async () => {
        throw new AppError('input.unknownRequest', 'no such address of the facade');
      });

      /** Of the plugin's own hooks only one counts for a request; here several do. */
      const limit = (max: number, keyGenerator: (request: FastifyRequest) => string) => {
        const take = scope.createRateLimit({ max, timeWindow: MINUTE_MS, keyGenerator });
        return async (request: FastifyRequest): Promise<void> => {
          const taken = await take(request);
          if (!taken.isAllowed && taken.isExceeded) throw new AppError('input.rateLimited', 'too many requests', { retryAfterMs: taken.ttl });
        };
      };
      const systemOf = (request: FastifyRequest): HospitalSystem => {
        const system = identities.get(request);
        if (system === undefined) throw new AppError('auth.required', 'the request carries no token');
        return system;
      };
      scope.addHook('onRequest', limit(PER_ADDRESS, ({ ip }) => `address ${ip}`));
      scope.get('/metadata', async (request, reply) => {
        requireJson(request);
        return answer(reply, capabilityStatement(base(), version, sinceMs));
      });

      await scope.register(async (known) => {
        // Before any of a body is read.
        known.addHook('onRequest', async (request) => {
          identities.set(request, await systems.authenticate(tokenOf(request)));
        });
        known.addHook('onRequest', limit(PER_SYSTEM, (request) => `system ${systemOf(request).id}`));
        const require = async (request: FastifyRequest, wanted: SystemScope): Promise<HospitalSystem> => {
          const system = systemOf(request);
          if (!system.scopes.includes(wanted)) throw await systems.refuse(system, 'auth.forbidden', `this token has no scope ${wanted}`);
          return system;
        };

        known.get<{ Params: { id: string } }>('/Binary/:id', { exposeHeadRoute: false }, async (request, reply) => {
          const system = await require(request, 'read');
          if (!wantsJson(request) && !accepts(request, PDF_TYPES)) throw notAcceptable();
          const { stream, sizeBytes } = await facade.file(system, idOf(request.params.id));
          if (!wantsJson(request)) return reply.type('application/pdf').header('content-length', String(sizeBytes)).header('cache-control', 'no-store').send(stream);
          const bytes = Buffer.concat(await stream.toArray());
          return answer(reply, { resourceType: 'Binary', id: request.params.id, contentType: 'application/pdf', data: bytes.toString('base64') });
        });

        known.get<{ Params: { type: string } }>('/:type', async (request, reply) => {
          const system = await require(request, 'read');
          const type = typeOf(request.params.type);
          requireJson(request);
          return answer(reply, await facade.search(system, type, [...parametersOf(request)], isStrict(request)));
        });

        known.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string', bodyLimit: FORM_LIMIT }, (_request, body, done) => done(null, new URLSearchParams(String(body))));
        known.post<{ Params: { type: string } }>('/:type/_search', { bodyLimit: FORM_LIMIT }, async (request, reply) => {
          const system = await require(request, 'read');
          const type = typeOf(request.params.type);
          const form = request.body ?? new URLSearchParams();
          if (!(form instanceof URLSearchParams)) throw new AppError('input.malformed', 'a search is sent as application/x-www-form-urlencoded');
          requireJson(request, form);
          return answer(reply, await facade.search(system, type, [...parametersOf(request), ...form], isStrict(request)));
        });

        known.get<{ Params: { type: string; id: string } }>('/:type/:id', async (request, reply) => {
          const system = await require(request, 'read');
          const type = typeOf(request.params.type);
          requireJson(request);
          return answer(reply, await facade.read(system, type, idOf(request.params.id)));
        });

        const orderLimit = limit(ORDERS_PER_SYSTEM, (request) => `order ${systemOf(request).id}`);
        known.post('/ServiceRequest', { bodyLimit: ORDER_LIMIT, onRequest: [async (request) => void (await require(request, 'serviceRequest.create')), orderLimit] }, async (request, reply) => {
          const system = await require(request, 'serviceRequest.create');
          requireJson(request);
          const condition = request.headers['if-none-exist'];
          const { requestId, isNew } = await orders.create(system, request.body, typeof condition === 'string' ? condition : null);
          reply.header('location', `${base()}/ServiceRequest/${requestId}`);
          if (/\breturn=minimal\b/.test(String(request.headers.prefer ?? ''))) return reply.code(isNew ? 201 : 200).send();
          return answer(reply, await facade.read(system, 'ServiceRequest', requestId), isNew ? 201 : 200);
        });
      });
    },
    { prefix: FACADE_PATH },
  );
}

function typeOf(text: string): FacadeType {
  if (!isFacadeType(text)) throw new AppError('input.unknownRequest', 'no such type of resource here');
  return text;
}

/** @throws AppError `record.notFound` for what no id can be */
function idOf(text: string): string {
  if (!/^[A-Za-z0-9.-]{1,64}$/.test(text)) throw new AppError('record.notFound', 'no such resource');
  return text;
}

/** [FHR3] `Prefer: handling=strict` refuses a search parameter that is not known; otherwise it is left out, also of the answer's own link. */
function isStrict(request: FastifyRequest): boolean {
  return /\bhandling=strict\b/.test(String(request.headers.prefer ?? ''));
}

function parametersOf(request: FastifyRequest): URLSearchParams {
  return new URL(request.url, 'http://facade.invalid').searchParams;
}

const JSON_TYPES = ['application/fhir+json', 'application/json', 'text/json', 'application/*', '*/*'];
const PDF_TYPES = ['application/pdf', 'application/*', '*/*'];

/** Whether `Accept` has one of the types, and not with `q=0`; of FHIR's versions only ours. */
function accepts({ headers }: FastifyRequest, types: readonly string[]): boolean {
  return (headers.accept ?? '*/*').toLowerCase().split(',').some((range) => {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim());
    return types.includes(type) && !parameters.some((one) => /^q=0(\.0*)?$/.test(one) || (one.startsWith('fhirversion=') && !/^fhirversion="?4\.0"?$/.test(one)));
  });
}

/** A file's own bytes are what comes unless JSON is asked for by name. */
function wantsJson(request: FastifyRequest): boolean {
  return accepts(request, JSON_TYPES.filter((type) => !type.includes('*')));
}

/** [FHR13] Answers are JSON. @param form a search's own, which may say it too @throws AppError `input.notAcceptable` when the asker wants something else */
function requireJson(request: FastifyRequest, form = new URLSearchParams()): void {
  const format = form.get('_format') ?? parametersOf(request).get('_format');
  // A plus sign that was not escaped arrives as a space.
  const isJson = format === null ? accepts(request, JSON_TYPES) : ['json', ...JSON_TYPES].includes(format.toLowerCase().split(';', 1)[0]?.trim().replace(' ', '+') ?? '');
  if (!isJson) throw notAcceptable();
}

function notAcceptable(): AppError {
  return new AppError('input.notAcceptable', 'only JSON is spoken here');
}
