import { caseIdSchema } from '#shared/domain/ids';
import { FHIR_ROUTES, fhirImportResultSchema } from '#shared/protocol/cases';
import { AppError } from '#shared/protocol/errors';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { CaseExchange } from '../cases/fhir/caseExchange.ts';
import { type Authenticate, requireSession } from './bearer.ts';

export interface FhirRoutesOptions {
  readonly authenticate: Authenticate;
  readonly exchange: CaseExchange;
}

/** The largest Bundle taken in, bytes. */
const BUNDLE_LIMIT = 16 * 1024 * 1024;
/** For each address; a whole case is much work for one request. */
const REQUESTS_PER_MINUTE = 60;
const FHIR_JSON = 'application/fhir+json';

/** Case files as FHIR R4 Bundles. */
export async function addFhirRoutes(app: FastifyInstance, { authenticate, exchange }: FhirRoutesOptions): Promise<void> {
  await app.register(async (scope) => {
    const identityOf = requireSession(scope, authenticate);
    scope.addContentTypeParser(FHIR_JSON, { parseAs: 'string', bodyLimit: BUNDLE_LIMIT }, scope.getDefaultJsonParser('error', 'ignore'));

    const limited = { config: { rateLimit: { max: REQUESTS_PER_MINUTE, timeWindow: 60_000 } } };
    scope.get(FHIR_ROUTES.exportCase(':caseId'), limited, async (request, reply) => {
      const identity = identityOf(request, 'case.read');
      const address = z.object({ caseId: caseIdSchema }).safeParse(request.params);
      if (!address.success) throw new AppError('input.malformed', 'address: does not fit');
      return reply.type(FHIR_JSON).header('cache-control', 'no-store').send(await exchange.export(identity, address.data.caseId));
    });

    scope.post(FHIR_ROUTES.importCase, { ...limited, bodyLimit: BUNDLE_LIMIT }, async (request, reply) => {
      const identity = identityOf(request, 'case.import');
      return reply.header('cache-control', 'no-store').send(fhirImportResultSchema.parse(await exchange.import(identity, request.body)));
    });
  });
}
