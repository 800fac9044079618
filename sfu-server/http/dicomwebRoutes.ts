import { Readable } from 'node:stream';
import { type CaseId, caseIdSchema } from '#shared/domain/ids';
import { TRANSFER_SYNTAXES } from '#shared/domain/imaging/transferSyntaxes';
import { COPY_PATH, dicomUidSchema, dicomwebPath, HELD_PATH, type HeldInstances } from '#shared/protocol/imaging';
import { AppError } from '#shared/protocol/errors';
import type { Party } from '#shared/domain/people';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { ReadGrants } from '../cases/readGrants.ts';
import type { DeidentifiedCopies } from '../imaging/deidentify/deidentifiedCopies.ts';
import type { ImageReader, InstanceAddress } from '../imaging/imageReader.ts';
import type { ImageStore } from '../imaging/imageStore.ts';
import { parseQuery, type QidoLevel } from '../imaging/qido.ts';
import type { Rendering } from '../imaging/worker/jobs.ts';
import type { ImageVariant, InstanceScope } from '../storage/imaging.ts';
import { type Authenticate, requireSession, tokenOf } from './bearer.ts';
import { parseRange } from './byteRange.ts';
import { boundaryOf, readParts, wholeOf, writeParts } from '../imaging/multipart.ts';
import { storeAnswer } from './storeAnswer.ts';

export interface DicomwebRoutesOptions {
  readonly authenticate: Authenticate;
  /** Who may read the images of which case. */
  readonly grants: ReadGrants<Party>;
  readonly copies: DeidentifiedCopies;
  readonly reader: ImageReader;
  readonly store: ImageStore;
}

const DICOM_JSON = 'application/dicom+json';
const scopeSchema = z.object({ caseId: caseIdSchema, studyUid: dicomUidSchema.optional(), seriesUid: dicomUidSchema.optional(), sopUid: dicomUidSchema.optional() });
/** Where the copies without names are, below a case's services. */
const COPIES = '/deidentified';
const THUMBNAIL_SIDE = 256;
const STUDY = '/studies/:studyUid';
const SERIES = `${STUDY}/series/:seriesUid`;
const INSTANCE = `${SERIES}/instances/:sopUid`;

/** The DICOMweb services of cases (PS3.18): `shared/protocol/spec/imaging.md`. */
export async function addDicomwebRoutes(app: FastifyInstance, options: DicomwebRoutesOptions): Promise<void> {
  await app.register((scope) => addReading(scope, options, 'original'), { prefix: dicomwebPath(':caseId') });
  await app.register((scope) => addReading(scope, options, 'deidentified'), { prefix: `${dicomwebPath(':caseId')}${COPIES}` });
  await app.register((scope) => addStoring(scope, options), { prefix: dicomwebPath(':caseId') });
}

async function addReading(scope: FastifyInstance, { grants, reader, copies }: DicomwebRoutesOptions, variant: ImageVariant): Promise<void> {
  /** What a request asks for, once its bearer is known to be one who may read the case. */
  const asked = async (request: FastifyRequest, reply: FastifyReply): Promise<{ readonly caseId: CaseId; readonly wanted: InstanceScope }> => {
    const token = tokenOf(request);
    const { caseId, ...wanted } = parse(scopeSchema, request.params, 'address');
    const party = await grants.of(token, caseId);
    // [IMG14] An observer has the copies and nothing else.
    if (variant === 'original' && party.role === 'observer') throw new AppError('auth.forbidden', 'an observer reads copies without names');
    // What is asked for by its own UID was listed before.
    if (variant === 'deidentified' && wanted.sopUid === undefined) await copies.make(party, caseId);
    reply.header('cache-control', 'no-store');
    return { caseId, wanted: { ...wanted, variant } };
  };
  const one = async (request: FastifyRequest, reply: FastifyReply): Promise<{ readonly caseId: CaseId; readonly address: InstanceAddress }> => {
    const { caseId, wanted } = await asked(request, reply);
    const { studyUid, seriesUid, sopUid } = wanted;
    if (studyUid === undefined || seriesUid === undefined || sopUid === undefined) throw new AppError('internal.bug', 'the route names an instance');
    return { caseId, address: { variant, studyUid, seriesUid, sopUid } };
  };

  if (variant === 'deidentified') {
    scope.get('/report', async (request, reply) => {
      const { caseId } = await asked(request, reply);
      return copies.report(caseId);
    });
  }
  if (variant === 'original') {
    scope.get(`${STUDY}${HELD_PATH}`, async (request, reply) => {
      const { caseId, wanted } = await asked(request, reply);
      return { instances: await reader.held(caseId, wanted.studyUid ?? '') } satisfies HeldInstances;
    });
    scope.get(`${SERIES}${COPY_PATH}`, async (request, reply) => {
      const { caseId, wanted: { studyUid, seriesUid } } = await asked(request, reply);
      if (studyUid === undefined || seriesUid === undefined) throw new AppError('internal.bug', 'the route names a series');
      return reader.copyOf(caseId, { studyUid, seriesUid });
    });
    scope.get(`${INSTANCE}${COPY_PATH}`, async (request, reply) => {
      const { caseId, address } = await one(request, reply);
      const { sizeBytes, read } = await reader.copyContent(caseId, address);
      const range = parseRange(request.headers.range, sizeBytes);
      if (range.type === 'outside') return reply.code(416).header('content-range', `bytes */${sizeBytes}`).send();
      const [start, end] = range.type === 'part' ? [range.start, range.end] : [0, sizeBytes - 1];
      if (range.type === 'part') reply.code(206).header('content-range', `bytes ${start}-${end}/${sizeBytes}`);
      return reply.type('application/octet-stream').header('accept-ranges', 'bytes').header('content-length', String(end - start + 1)).send(Readable.from(read(start, end), { objectMode: false }));
    });
  }
  const baseOf = (request: FastifyRequest, caseId: CaseId) => `${servicesOf(request, caseId)}${variant === 'original' ? '' : COPIES}`;
  const search = (path: string, level: QidoLevel) =>
    scope.get(path, async (request, reply) => {
      const { caseId, wanted } = await asked(request, reply);
      const query = parseQuery(new URL(request.url, 'http://dicomweb.invalid').searchParams);
      return reply.type(DICOM_JSON).send(await reader.search(caseId, level, wanted, query, baseOf(request, caseId)));
    });
  search('/studies', 'studies');
  search('/series', 'series');
  search('/instances', 'instances');
  search(`${STUDY}/series`, 'series');
  search(`${STUDY}/instances`, 'instances');
  search(`${SERIES}/instances`, 'instances');

  for (const path of [STUDY, SERIES, INSTANCE]) {
    scope.get(`${path}/metadata`, async (request, reply) => {
      const { caseId, wanted } = await asked(request, reply);
      return reply.type(DICOM_JSON).send(Readable.from(await reader.metadata(caseId, wanted, baseOf(request, caseId))));
    });
    scope.get(path, async (request, reply) => {
      const { caseId, wanted } = await asked(request, reply);
      const instances = await reader.instances(caseId, wanted);
      if (path === INSTANCE && /^\s*application\/dicom\b/.test(request.headers.accept ?? '')) {
        for await (const { content, record, syntax } of instances) return reply.type(`application/dicom; transfer-syntax=${syntax}`).header('content-length', String(record.sizeBytes)).send(content);
      }
      const parts = async function* () {
        for await (const { content, syntax } of instances) yield { type: `application/dicom; transfer-syntax=${syntax}`, content };
      };
      return sendParts(reply, 'application/dicom', parts());
    });
    scope.get(`${path}/rendered`, async (request, reply) => {
      const { caseId, wanted } = await asked(request, reply);
      return reply.type('image/png').send(Buffer.from(await reader.render(caseId, wanted, null, renderingOf(request, null))));
    });
    scope.get(`${path}/thumbnail`, async (request, reply) => {
      const { caseId, wanted } = await asked(request, reply);
      return reply.type('image/png').send(Buffer.from(await reader.render(caseId, wanted, null, renderingOf(request, THUMBNAIL_SIDE))));
    });
  }

  scope.get<{ Params: { frames: string } }>(`${INSTANCE}/frames/:frames`, async (request, reply) => {
    const { caseId, address } = await one(request, reply);
    const accept = request.headers.accept ?? '*/*';
    const wish = /transfer-syntax="?([0-9.*]+)/.exec(accept)?.[1] ?? '*';
    const served = await reader.frames(caseId, address, framesOf(request.params.frames), wish === TRANSFER_SYNTAXES.explicitLittle);
    if (wish !== '*' && wish !== served.syntax) throw new AppError('imaging.notDisplayable', `frames of this instance go out as ${served.syntax}, or uncompressed`);
    const type = `application/octet-stream; transfer-syntax=${served.syntax}`;
    if (served.count === 1 && /^\s*application\/octet-stream\b/.test(accept)) {
      for await (const frame of served.frames()) return reply.type(type).send(Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength));
    }
    const parts = async function* () {
      for await (const content of served.frames()) yield { type, content };
    };
    return sendParts(reply, 'application/octet-stream', parts(), served.syntax);
  });
  scope.get<{ Params: { frames: string } }>(`${INSTANCE}/frames/:frames/rendered`, async (request, reply) => {
    const { caseId, address } = await one(request, reply);
    return reply.type('image/png').send(Buffer.from(await reader.render(caseId, address, framesOf(request.params.frames)[0] ?? 1, renderingOf(request, null))));
  });
  scope.get<{ Params: { '*': string } }>(`${INSTANCE}/bulkdata/*`, async (request, reply) => {
    const { caseId, address } = await one(request, reply);
    const place = request.params['*'].split('/');
    if (place.length > 65 || place.length % 2 === 0 || !place.every((part, index) => (index % 2 === 0 ? /^[0-9A-Fa-f]{8}$/ : /^[1-9]\d{0,5}$/).test(part))) throw new AppError('input.malformed', 'address: names no element');
    const content = Buffer.from(await reader.bulk(caseId, address, place));
    if (/^\s*application\/octet-stream\b/.test(request.headers.accept ?? '')) return reply.type('application/octet-stream').send(content);
    const parts = async function* () {
      yield { type: 'application/octet-stream', content };
    };
    return sendParts(reply, 'application/octet-stream', parts());
  });
}

/** No body limit or parser of its own: files go to the disk as they come, and are counted there. */
async function addStoring(scope: FastifyInstance, { authenticate, store }: DicomwebRoutesOptions): Promise<void> {
  const asItComes = async (_request: FastifyRequest, payload: Readable) => payload;
  scope.addContentTypeParser(/^multipart\/related\b/, asItComes);
  scope.addContentTypeParser('application/dicom', asItComes);
  const identityOf = requireSession(scope, authenticate);
  for (const path of ['/studies', STUDY]) {
    scope.post(path, async (request, reply) => {
      const { caseId, studyUid } = parse(scopeSchema, request.params, 'address');
      const identity = identityOf(request, 'case.write');
      const body = parse(bodySchema, request.body, 'body');
      const type = request.headers['content-type'] ?? '';
      const files = type.startsWith('application/dicom') ? onlyFile(body) : readParts(body, boundaryOf(type));
      try {
        const { status, dataSet } = storeAnswer(await store.store(identity, caseId, studyUid ?? null, files), servicesOf(request, caseId));
        return reply.code(status).type(DICOM_JSON).header('cache-control', 'no-store').send(JSON.stringify(dataSet));
      } finally {
        body.resume(); // what was not wanted is read and dropped: cutting the connection would lose the answer
      }
    });
  }
}

/** What the parser above hands over; a body of another type is none. */
const bodySchema = z.instanceof(Readable);

async function* onlyFile(body: Readable): AsyncGenerator<AsyncIterable<Uint8Array>, void> {
  yield wholeOf(body);
}

function sendParts(reply: FastifyReply, type: string, parts: Parameters<typeof writeParts>[0], syntax: string | null = null): FastifyReply {
  const { boundary, body } = writeParts(parts);
  return reply.header('content-type', `multipart/related; type="${type}"; boundary=${boundary}${syntax === null ? '' : `; transfer-syntax=${syntax}`}`).send(body);
}

/** The services' address as the asker reaches them. */
function servicesOf(request: FastifyRequest, caseId: CaseId): string {
  return `${request.protocol}://${request.host}${dicomwebPath(caseId)}`;
}

function framesOf(list: string): number[] {
  if (!/^\d{1,6}(,\d{1,6}){0,999}$/.test(list)) throw new AppError('input.malformed', 'address: no list of frames');
  return list.split(',').map(Number);
}

function renderingOf(request: FastifyRequest, longestSide: number | null): Rendering {
  const query = new URL(request.url, 'http://dicomweb.invalid').searchParams;
  const [centre, width] = (query.get('window') ?? '').split(',').map(Number);
  const [columns, rows] = (query.get('viewport') ?? '').split(',').map(Number);
  const side = Math.max(columns ?? 0, rows ?? 0);
  return {
    window: centre !== undefined && width !== undefined && Number.isFinite(centre) && Number.isFinite(width) && width >= 1 ? { centre, width } : null,
    longestSide: Number.isInteger(side) && side >= 1 ? side : longestSide,
  };
}

function parse<S extends z.ZodType>(schema: S, value: unknown, what: string): z.infer<S> {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new AppError('input.malformed', `${what}: does not fit`);
  return parsed.data;
}
