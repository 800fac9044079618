import { z } from 'zod';
import { caseIdSchema, consultIdSchema, consultRequestIdSchema, opinionIdSchema, personIdSchema } from '../domain/ids.ts';
import { languageSchema, opinionContentSchema, opinionDocumentSchema, opinionStatusSchema, signatureAlgorithmSchema } from '../domain/opinion.ts';
import { partySchema } from '../domain/people.ts';

const atMs = z.number().int().nonnegative();
const version = z.number().int().nonnegative();
const opinionRef = z.object({ opinionId: opinionIdSchema });
const versionRef = opinionRef.extend({ version: z.number().int().min(1) });

/** How many versions of one opinion are kept; a save beyond is refused. */
export const MAX_OPINION_VERSIONS = 1000;

/** One version without what it says. */
const versionInfoSchema = z.object({
  number: z.number().int().min(1),
  author: partySchema,
  atMs,
  submitted: z.object({ by: partySchema, atMs }).nullable(),
  returned: z.object({ by: partySchema, atMs, reason: z.string().max(2000) }).nullable(),
});

/** An opinion as a list shows it. `version` 0: nothing was written yet. */
export const opinionSummarySchema = z.object({
  id: opinionIdSchema,
  caseId: caseIdSchema,
  consultId: consultIdSchema,
  requestId: consultRequestIdSchema.nullable(),
  addendumTo: opinionDocumentSchema.shape.addendumTo,
  status: opinionStatusSchema,
  version,
  panel: z.array(partySchema).max(60),
  /** Whose signature is awaited now. */
  nextSignerId: personIdSchema.nullable(),
  changedAtMs: atMs,
});
export type OpinionSummary = z.infer<typeof opinionSummarySchema>;

/** An opinion with its newest version. */
export const opinionSchema = opinionSummarySchema.extend({
  content: opinionContentSchema,
  /** The newest last. */
  versions: z.array(versionInfoSchema).max(MAX_OPINION_VERSIONS),
  /** Of the newest version, in the order of signing. */
  signatures: z.array(z.object({ personId: personIdSchema, position: z.number().int().min(1), signedAtMs: atMs, algorithm: signatureAlgorithmSchema, certificateFingerprint: z.string().max(64) })).max(60),
  /** SHA-256 of the canonical text of the newest version; null until it is submitted. */
  documentHash: z.string().max(64).nullable(),
});
export type Opinion = z.infer<typeof opinionSchema>;

const versionSchema = versionInfoSchema.extend({ content: opinionContentSchema });

/** Parameters and results of the requests of this topic; `requests.ts` gives them permission, scope and burst. */
export const OPINION_REQUESTS = {
  'opinion.list': { params: z.object({ caseId: caseIdSchema }), result: z.object({ opinions: z.array(opinionSummarySchema).max(500) }) },
  /** Begins the opinion of a consult that is or was in session, or finds the one begun. */
  'opinion.begin': { params: z.object({ consultId: consultIdSchema }), result: opinionRef },
  /** Begins an addendum to a signed opinion. */
  'opinion.beginAddendum': { params: opinionRef, result: opinionRef },
  'opinion.get': { params: opinionRef, result: z.object({ opinion: opinionSchema }) },
  'opinion.version': { params: versionRef, result: z.object({ version: versionSchema }) },
  /** [OPN2] `baseVersion`: what the writer saw, 0 for nothing. `conflict`: nothing was saved, and this is what is there. */
  'opinion.save': {
    params: opinionRef.extend({ baseVersion: version, content: opinionContentSchema }),
    result: z.discriminatedUnion('status', [z.object({ status: z.literal('saved'), version }), z.object({ status: z.literal('conflict'), current: versionSchema })]),
  },
  'opinion.submit': { params: versionRef, result: z.object({}) },
  /** `isNewKey`: the person's first signature, or the first since an administrator's reset. */
  'opinion.sign': { params: versionRef.extend({ password: z.string().max(200) }), result: z.object({ status: opinionStatusSchema, isNewKey: z.boolean() }) },
  'opinion.return': { params: versionRef.extend({ reason: z.string().max(2000) }), result: z.object({}) },
} as const;

/** Said to everybody connected who may read the case. */
export const opinionChangedSchema = z.object({ caseId: caseIdSchema, opinionId: opinionIdSchema, status: opinionStatusSchema, version });

/**
 * `pdf`: the sealed file of a signed opinion, with the session's token as bearer and `?language=zh` or `en`. `check`: where the code
 * in print leads, without a session: says whether a document of that hash was signed here. `authority`: the certificate, PEM.
 */
export const OPINION_ROUTES = {
  pdf: (opinionId: string) => `/api/opinions/${opinionId}/pdf`,
  check: (opinionId: string, version: string, documentHash: string) => `/check/opinions/${opinionId}/${version}/${documentHash}`,
  authority: '/check/authority.pem',
} as const;
export const pdfQuerySchema = z.object({ language: languageSchema.default('zh') });
export const checkAddressSchema = z.object({ opinionId: opinionIdSchema, version: z.coerce.number().int().min(1).max(MAX_OPINION_VERSIONS), documentHash: z.string().regex(/^[0-9a-f]{64}$/) });
