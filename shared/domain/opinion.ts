import { z } from 'zod';
import { attachmentSchema, pictureRefSchema } from './caseFile.ts';
import { caseIdSchema, consultIdSchema, consultRequestIdSchema, opinionIdSchema, organisationIdSchema, type PersonId, personIdSchema } from './ids.ts';
import { bilingualSchema, partySchema } from './people.ts';

const epochMs = z.number().int().min(0).max(253_402_300_799_999);
const hash = z.string().regex(/^[0-9a-f]{64}$/);

/**
 * What a person wrote, as it is printed and signed: lines end in a line feed whatever they ended in where it was written; no other
 * control character and no half of a character, which two programs could print differently.
 */
const written = (max: number) => z.string().max(max).overwrite((text) => text.replace(/\r\n?/g, '\n')).refine((text) => !/(?![\n\t])\p{Cc}|\p{Surrogate}/u.test(text), 'holds characters that cannot be printed');
const prose = written(20_000);

/** Several people sign at most so many; a panel is no larger than a consult. */
const people = z.array(personIdSchema).max(60).refine((ids) => new Set(ids).size === ids.length, 'names somebody twice');

/** What the panel writes. May be incomplete while it is a draft; `judgeStep` says what a submission needs. */
export const opinionContentSchema = z.object({
  summary: prose,
  findings: prose,
  diagnosis: prose,
  recommendations: prose,
  /** Where the panel does not agree, in whose words. */
  disagreements: z.array(z.object({ personIds: people.min(1), text: written(4000) })).max(20),
  /** Held by the case. `source`: the picture of a study that it was taken of; left out where it is of none, as in opinions of before. */
  keyImages: z.array(z.object({ caption: written(200), attachment: attachmentSchema, source: pictureRefSchema.optional() })).max(24),
  /** Who signs, in the order in which they sign. */
  signerIds: people,
});
export type OpinionContent = z.infer<typeof opinionContentSchema>;

export const EMPTY_OPINION: OpinionContent = { summary: '', findings: '', diagnosis: '', recommendations: '', disagreements: [], keyImages: [], signerIds: [] };

/** `returned`: the version that was submitted was sent back; the next save makes the draft that follows it. */
export const opinionStatusSchema = z.enum(['draft', 'awaitingSignatures', 'returned', 'signed']);
export type OpinionStatus = z.infer<typeof opinionStatusSchema>;

export const languageSchema = z.enum(['zh', 'en']);
export type OpinionLanguage = z.infer<typeof languageSchema>;

/** How a signature is made: ECDSA on P-256 over SHA-256, or SM2 over SM3 (GB/T 32918 with the user id of GM/T 0009). */
export const signatureAlgorithmSchema = z.enum(['ecdsa-p256', 'sm2']);
export type SignatureAlgorithm = z.infer<typeof signatureAlgorithmSchema>;

/**
 * What is signed: one version with everything a reader needs to know whom and what it is about. Composed when the version is
 * submitted and never again; its canonical bytes (RFC 8785) are what every signature covers.
 */
export const opinionDocumentSchema = z.object({
  format: z.literal('huizhen-opinion-1'),
  opinionId: opinionIdSchema,
  version: z.number().int().positive(),
  /** The signed opinion this one adds to; `documentHash` is SHA-256 of that one's canonical bytes. */
  addendumTo: z.object({ opinionId: opinionIdSchema, version: z.number().int().positive(), documentHash: hash }).nullable(),
  caseId: caseIdSchema,
  consultId: consultIdSchema,
  /** Null: a session that nobody applied for, such as a weekly board. */
  requestId: consultRequestIdSchema.nullable(),
  consultedAtMs: epochMs,
  applying: z.object({ organisationId: organisationIdSchema, organisationName: bilingualSchema }),
  patient: z.object({
    name: z.string().max(80),
    sex: z.enum(['female', 'male', 'other', 'unknown']),
    birthDate: z.string().max(10).nullable(),
    ageYears: z.number().int().min(0).max(130).nullable(),
    recordNumber: z.string().max(40).nullable(),
    ward: z.string().max(100),
    bed: z.string().max(20),
  }),
  question: z.string().max(2000),
  applyingDiagnosis: z.string().max(1000),
  panel: z.array(partySchema).min(1).max(60),
  content: opinionContentSchema,
  submittedBy: partySchema,
  submittedAtMs: epochMs,
});
export type OpinionDocument = z.infer<typeof opinionDocumentSchema>;

/** One person's signature. Covered is the document's canonical text, a line feed, and the canonical text of `statement`. */
export const opinionSignatureSchema = z.object({
  statement: z.object({
    algorithm: signatureAlgorithmSchema,
    /** SHA-256 of the signer's certificate (DER), hex. */
    certificateFingerprint: hash,
    /** SHA-256 of the document's canonical bytes. */
    documentHash: hash,
    personId: personIdSchema,
    /** From 1. */
    position: z.number().int().min(1).max(60),
    signedAtMs: epochMs,
  }),
  /** r ‖ s, 64 bytes, base64. */
  signature: z.string().regex(/^[A-Za-z0-9+/]{86}==$/),
  /** X.509 by the installation's authority, DER, base64. */
  certificate: z.base64().max(8000),
});
export type OpinionSignature = z.infer<typeof opinionSignatureSchema>;

/** Where an opinion stands, as far as the rules ask. */
export interface OpinionStanding {
  readonly status: OpinionStatus;
  /** The newest version; 0: nothing was written. */
  readonly version: number;
  readonly panelIds: readonly string[];
  readonly content: OpinionContent;
  /** Null unless the newest version was submitted. */
  readonly submittedById: string | null;
  /** Of the newest version, in the order of signing. */
  readonly signedIds: readonly string[];
}

export type OpinionStep =
  | { readonly type: 'save' }
  | { readonly type: 'submit'; readonly version: number }
  | { readonly type: 'sign'; readonly version: number }
  | { readonly type: 'return'; readonly version: number; readonly reason: string }
  | { readonly type: 'addendum' };

/** Why a step is refused. `missing` names the parts that a submission lacks. */
export type OpinionRefusal =
  | { readonly reason: 'notOnPanel' | 'isSigned' | 'isAwaiting' | 'notAwaiting' | 'otherVersion' | 'notYourTurn' | 'notASigner' | 'notSigned' | 'noReason'; readonly rule: string }
  | { readonly reason: 'incomplete'; readonly rule: string; readonly missing: readonly MissingPart[] };
export type MissingPart = 'diagnosis' | 'recommendations' | 'signers' | 'signerNotOnPanel' | 'dissenterNotOnPanel' | 'dissenterDoesNotSign' | 'disagreementText';

/** What a submission of that content still lacks; the editor shows it before anybody presses the button. */
export function missingParts(content: OpinionContent, panelIds: readonly string[]): readonly MissingPart[] {
  const onPanel = (id: PersonId) => panelIds.includes(id);
  const dissenters = content.disagreements.flatMap(({ personIds }) => personIds);
  const checks: readonly (readonly [MissingPart, boolean])[] = [
    ['diagnosis', content.diagnosis.trim() === ''],
    ['recommendations', content.recommendations.trim() === ''],
    ['signers', content.signerIds.length === 0],
    ['signerNotOnPanel', !content.signerIds.every(onPanel)],
    ['dissenterNotOnPanel', !dissenters.every(onPanel)],
    ['dissenterDoesNotSign', dissenters.some((id) => onPanel(id) && !content.signerIds.includes(id))],
    ['disagreementText', content.disagreements.some(({ text }) => text.trim() === '')],
  ];
  return checks.flatMap(([part, isMissing]) => (isMissing ? [part] : []));
}

/** Who signs next; null: nobody, all have or none may yet. */
export function nextSigner({ status, content, signedIds }: Pick<OpinionStanding, 'status' | 'content' | 'signedIds'>): PersonId | null {
  return status === 'awaitingSignatures' ? (content.signerIds[signedIds.length] ?? null) : null;
}

/** Whether the person may take the step now; null: they may. The rules are in `shared/protocol/spec/opinions.md`. */
export function judgeStep(standing: OpinionStanding, step: OpinionStep, personId: string): OpinionRefusal | null {
  if (!standing.panelIds.includes(personId)) return { reason: 'notOnPanel', rule: 'OPN1' };
  if (step.type === 'addendum') return standing.status === 'signed' ? null : { reason: 'notSigned', rule: 'OPN9' };
  if (standing.status === 'signed') return { reason: 'isSigned', rule: 'OPN8' };
  switch (step.type) {
    case 'save':
      return standing.status === 'awaitingSignatures' ? { reason: 'isAwaiting', rule: 'OPN6' } : null;
    case 'submit':
      return judgeSubmission(standing, step.version);
    case 'sign':
      return judgeSigning(standing, step.version, personId);
    case 'return':
      return judgeReturn(standing, step.version, step.reason, personId);
  }
}

function judgeSubmission(standing: OpinionStanding, version: number): OpinionRefusal | null {
  // What was sent back is submitted again only after somebody changed it: the same words would come with the same objection.
  if (standing.status !== 'draft') return { reason: 'isAwaiting', rule: 'OPN6' };
  if (standing.version === 0 || standing.version !== version) return { reason: 'otherVersion', rule: 'OPN2' };
  const missing = missingParts(standing.content, standing.panelIds);
  return missing.length > 0 ? { reason: 'incomplete', rule: 'OPN3', missing } : null;
}

function judgeSigning(standing: OpinionStanding, version: number, personId: string): OpinionRefusal | null {
  if (standing.status !== 'awaitingSignatures') return { reason: 'notAwaiting', rule: 'OPN4' };
  if (standing.version !== version) return { reason: 'otherVersion', rule: 'OPN2' };
  return nextSigner(standing) === personId ? null : { reason: 'notYourTurn', rule: 'OPN4' };
}

function judgeReturn(standing: OpinionStanding, version: number, reason: string, personId: string): OpinionRefusal | null {
  if (standing.status !== 'awaitingSignatures') return { reason: 'notAwaiting', rule: 'OPN5' };
  if (standing.version !== version) return { reason: 'otherVersion', rule: 'OPN2' };
  const mayReturn = standing.submittedById === personId || standing.content.signerIds.some((id) => id === personId);
  if (!mayReturn) return { reason: 'notASigner', rule: 'OPN5' };
  return reason.trim() === '' ? { reason: 'noReason', rule: 'OPN5' } : null;
}

/** The status after a step that may be taken; a signature that is the last one ends it. */
export function statusAfter(standing: OpinionStanding, step: Exclude<OpinionStep, { type: 'addendum' }>): OpinionStatus {
  switch (step.type) {
    case 'save':
      return 'draft';
    case 'submit':
      return 'awaitingSignatures';
    case 'return':
      return 'returned';
    case 'sign':
      return standing.signedIds.length + 1 === standing.content.signerIds.length ? 'signed' : 'awaitingSignatures';
  }
}
