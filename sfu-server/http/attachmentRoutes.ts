import { Readable } from 'node:stream';
import { attachmentSchema } from '#shared/domain/caseFile';
import { caseIdSchema } from '#shared/domain/ids';
import { ATTACHMENT_ROUTES, uploadParamsSchema, uploadResultSchema } from '#shared/protocol/cases';
import { AppError } from '#shared/protocol/errors';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { CaseFiles } from '../cases/caseFiles.ts';
import type { Downloads } from '../cases/downloads.ts';
import type { Uploads } from '../cases/uploads.ts';
import type { ObjectStore } from '../storage/objects.ts';
import { type Authenticate, requireSession, tokenOf } from './bearer.ts';
import { parseRange } from './byteRange.ts';

export interface AttachmentRoutesOptions {
  readonly authenticate: Authenticate;
  readonly caseFiles: CaseFiles;
  readonly uploads: Uploads;
  readonly downloads: Downloads;
  readonly objects: ObjectStore;
}

const addressSchema = z.object({ caseId: caseIdSchema, hash: attachmentSchema.shape.hash });
const offsetSchema = z.string().regex(/^\d{1,12}$/).transform(Number);
/** A page of another origin may read these of an answer. */
const EXPOSED = 'accept-ranges, content-length, content-range, etag';

/** Attachments of case files: uploads that go on from where they stopped, and downloads that do. */
export async function addAttachmentRoutes(app: FastifyInstance, { authenticate, caseFiles, uploads, downloads, objects }: AttachmentRoutesOptions): Promise<void> {
  const content = ATTACHMENT_ROUTES.content(':caseId', ':hash');
  const upload = ATTACHMENT_ROUTES.upload(':caseId', ':hash');

  const held = async (request: FastifyRequest, reply: FastifyReply) => {
    const token = tokenOf(request);
    const { caseId, hash } = parse(addressSchema, request.params, 'address');
    const record = await downloads.find(token, caseId, hash);
    reply.header('accept-ranges', 'bytes').header('etag', `"${hash}"`).header('cache-control', 'no-store').header('content-disposition', 'attachment').header('access-control-expose-headers', EXPOSED);
    return record;
  };

  app.head(content, async (request, reply) => {
    const record = await held(request, reply);
    return reply.type(record.mediaType).header('content-length', String(record.sizeBytes)).send();
  });

  app.get(content, { exposeHeadRoute: false }, async (request, reply) => {
    const { hash, sizeBytes, mediaType } = await held(request, reply);
    // Said before the first byte: a body that ends early looks like a network that went away.
    if ((await objects.size(hash)) !== sizeBytes) throw new AppError('attachment.cutOff', 'the stored content does not have its size');
    const range = parseRange(request.headers.range, sizeBytes);
    if (range.type === 'outside') return reply.code(416).header('content-range', `bytes */${sizeBytes}`).send();
    const [start, end] = range.type === 'part' ? [range.start, range.end] : [0, sizeBytes - 1];
    if (range.type === 'part') reply.code(206).header('content-range', `bytes ${start}-${end}/${sizeBytes}`);
    return reply.type(mediaType).header('content-length', String(end - start + 1)).send(objects.read(hash, start, end));
  });

  // No body limit or parser of its own: the bytes go to the disk as they come, and are counted there.
  await app.register(async (scope) => {
    scope.addContentTypeParser('application/octet-stream', async (_request: FastifyRequest, payload: Readable) => payload);
    const identityOf = requireSession(scope, authenticate);

    scope.post(upload, async (request, reply) => {
      const { caseId, hash } = parse(addressSchema, request.params, 'address');
      await caseFiles.openToWrite(identityOf(request, 'case.write'), caseId);
      const { sizeBytes, mediaType } = parse(uploadParamsSchema, request.body, 'body');
      return answer(reply, await uploads.begin(caseId, hash, sizeBytes, mediaType));
    });

    scope.patch(upload, async (request, reply) => {
      const { caseId, hash } = parse(addressSchema, request.params, 'address');
      await caseFiles.openToWrite(identityOf(request, 'case.write'), caseId);
      const offset = parse(offsetSchema, request.headers['upload-offset'], 'upload-offset');
      const body = parse(streamSchema, request.body, 'body');
      try {
        return answer(reply, await uploads.append(caseId, hash, offset, body.iterator({ destroyOnReturn: false })));
      } finally {
        body.resume(); // what was not wanted is read and dropped: cutting the connection would lose the answer
      }
    });
  });
}

/** What the parser above hands over; a body of another type is none. */
const streamSchema = z.instanceof(Readable);

function answer(reply: FastifyReply, offset: number): FastifyReply {
  return reply.header('cache-control', 'no-store').send(uploadResultSchema.parse({ offset }));
}

function parse<S extends z.ZodType>(schema: S, value: unknown, what: string): z.infer<S> {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new AppError('input.malformed', `${what}: does not fit`);
  return parsed.data;
}
