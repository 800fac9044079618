import { opinionIdSchema } from '#shared/domain/ids';
import { AppError } from '#shared/protocol/errors';
import { checkAddressSchema, OPINION_ROUTES, pdfQuerySchema } from '#shared/protocol/opinions';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { OpinionDesk } from '../opinions/opinionDesk.ts';
import type { OpinionFiles } from '../opinions/opinionFiles.ts';
import { type AuditWriter, auditActor } from '../storage/audit.ts';
import { type Authenticate, requireSession } from './bearer.ts';

export interface OpinionRoutesOptions {
  readonly authenticate: Authenticate;
  readonly desk: OpinionDesk;
  readonly files: OpinionFiles;
  readonly audit: AuditWriter;
  /** PEM. */
  readonly authorityCertificate: string;
  /** SHA-256 of the authority's public key, hex. */
  readonly authorityFingerprint: string;
}

/** For each address: making a file is much work, and a check asks the database. */
const REQUESTS_PER_MINUTE = 60;

/** The files of signed opinions, and what whoever holds a print of one may ask. */
export async function addOpinionRoutes(app: FastifyInstance, { authenticate, desk, files, audit, authorityCertificate, authorityFingerprint }: OpinionRoutesOptions): Promise<void> {
  const limited = { config: { rateLimit: { max: REQUESTS_PER_MINUTE, timeWindow: 60_000 } } };

  await app.register(async (scope) => {
    const identityOf = requireSession(scope, authenticate);
    scope.get(OPINION_ROUTES.pdf(':opinionId'), { ...limited, exposeHeadRoute: false }, async (request, reply) => {
      const identity = identityOf(request, 'case.read');
      const address = z.object({ opinionId: opinionIdSchema }).safeParse(request.params);
      const query = pdfQuerySchema.safeParse(request.query);
      if (!address.success || !query.success) throw new AppError('input.malformed', 'address: does not fit');
      const { document, signatures } = await desk.signed(identity, address.data.opinionId);
      const { stream, sizeBytes, hash } = await files.open(document, signatures, query.data.language);
      await audit.append({ ...auditActor(identity.party), action: 'opinion.download', subject: address.data.opinionId, outcome: 'done', code: null });
      return reply
        .type('application/pdf')
        .header('content-length', String(sizeBytes))
        .header('content-disposition', `attachment; filename="opinion-${document.opinionId}-v${document.version}-${query.data.language}.pdf"`)
        .header('etag', `"${hash}"`)
        .header('cache-control', 'no-store')
        .header('access-control-expose-headers', 'content-disposition, content-length, etag')
        .send(stream);
    });
  });

  app.get(OPINION_ROUTES.check(':opinionId', ':version', ':documentHash'), limited, async (request, reply) => {
    const address = checkAddressSchema.safeParse(request.params);
    const isSigned = address.success && (await desk.isSigned(address.data.opinionId, address.data.version, address.data.documentHash));
    return reply.code(isSigned ? 200 : 404).type('text/plain; charset=utf-8').header('cache-control', 'no-store').send(isSigned ? signedText(authorityFingerprint) : UNKNOWN_TEXT);
  });

  app.get(OPINION_ROUTES.authority, limited, async (_request, reply) => reply.type('application/x-pem-file').header('cache-control', 'no-cache').send(authorityCertificate));
}

/** Says nothing of the patient: whoever has the address may have found the paper. */
function signedText(fingerprint: string): string {
  return `本系统签发过该编号、版本与指纹的会诊意见书，全部签名齐全。请将纸面上的规范文本指纹与本地址末尾的指纹比对；电子文件请用核验工具核验。
An opinion of this number, version and fingerprint was signed here by everybody who had to. Compare the fingerprint of the canonical text in print with the one at the end of this address; check files with the checking tool.

签发机构公钥指纹 / Authority's public key (SHA-256): ${fingerprint}
`;
}

const UNKNOWN_TEXT = `本系统没有该编号、版本与指纹的已签名会诊意见书。
No signed opinion of this number, version and fingerprint is known here.
`;
