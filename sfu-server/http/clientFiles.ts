import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import { AppError } from '#shared/protocol/errors';
import type { FastifyInstance } from 'fastify';

const YEAR_S = 31_536_000;

/**
 * The built client from `folder`, when it is there. Files under `/assets/` have their content's hash in their name and are kept
 * for ever; every other address a person may have typed gets the page itself, which knows the rest.
 * @returns whether there is a client to serve
 */
export async function addClientFiles(app: FastifyInstance, folder: string | null): Promise<boolean> {
  const isPresent = folder !== null && existsSync(join(folder, 'index.html'));
  if (isPresent) {
    await app.register(fastifyStatic, {
      root: folder,
      cacheControl: false,
      setHeaders: (reply, path) => {
        const isHashed = path.startsWith(join(folder, 'assets'));
        reply.header('cache-control', isHashed ? `public, max-age=${YEAR_S}, immutable` : 'no-cache');
      },
    });
  }
  app.setNotFoundHandler(async (request, reply) => {
    const isPage = request.method === 'GET' && !/^\/(api|assets|dicomweb|fhir|metrics|socket\.io)(\/|$)/.test(request.url) && (request.headers.accept ?? '').includes('text/html');
    if (isPresent && isPage) return reply.sendFile('index.html');
    throw new AppError('input.unknownRequest', 'no such address');
  });
  return isPresent;
}
