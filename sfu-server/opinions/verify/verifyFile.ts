import { createHash } from 'node:crypto';
import type { OpinionDocument, OpinionSignature } from '#shared/domain/opinion';
import { canonicalText, hashOfText, signedBytes } from '../canonical.ts';
import { digestOf, isSeal } from '../pdf/cms.ts';
import { LAYOUT, type OpinionFile } from '../pdf/rendering.ts';
import { renderOpinion } from '../pdf/renderOpinion.ts';
import { byteRangeText, emptyByteRangeText, findSealPlace, SEAL_BYTES, type SealPlace } from '../pdf/sealField.ts';
import { authorityFingerprint } from '../signing/authority.ts';
import { type CertificateFacts, fingerprintOf, isIssuedBy, readCertificate } from '../signing/certificates.ts';
import { isSignatureOf } from '../signing/providers.ts';
import { readOpinionFile } from './readFile.ts';

/** What is checked of a file, in this order. */
export type CheckName = 'seal' | 'content' | 'authority' | 'signature' | 'images' | 'pages';

/** `unknown`: not asked, because the seal is broken or the pages are of another layout; the file is not refused for it alone. */
export interface Finding {
  readonly check: CheckName;
  readonly outcome: 'right' | 'wrong' | 'unknown';
  /** `signature`: whose. */
  readonly signature: OpinionSignature | null;
}

export interface Verdict {
  /** No finding is wrong, and everything that makes a file whole was found. */
  readonly isIntact: boolean;
  /** Whether the authority is the named one; null: none was named. */
  readonly isTrusted: boolean | null;
  readonly findings: readonly Finding[];
  /** Null when the file does not even say. */
  readonly document: OpinionDocument | null;
  readonly signatures: readonly OpinionSignature[];
  readonly authorityFingerprint: string | null;
}

/**
 * Checks a signed file, without a network.
 * @param trusted the fingerprint (SHA-256 of the public key, hex) of the authority that the reader trusts; null: none named
 */
export async function verifyFile(bytes: Uint8Array, trusted: string | null): Promise<Verdict> {
  const pdf = Buffer.from(bytes);
  const file = await readOpinionFile(pdf);
  if (file === null) return { isIntact: false, isTrusted: null, findings: [finding('content', false)], document: null, signatures: [], authorityFingerprint: null };
  const fingerprint = fingerprintOrNull(file.authorityCertificate);
  const place = findSealPlace(pdf);
  const isAuthorityOwn = fingerprint !== null && fingerprint === file.rendering.authorityFingerprint && isIssuedBy(file.authorityCertificate, file.authorityCertificate);
  const isTrusted = trusted === null ? null : trusted === fingerprint;
  const isWhole = place !== null && isSealed(pdf, place, file);
  const findings: Finding[] = [
    finding('seal', isWhole),
    finding('content', isComplete(file)),
    finding('authority', isAuthorityOwn && isTrusted !== false),
    ...file.signatures.map((signature, index) => ({ ...finding('signature', isSignedBy(file, signature, index)), signature })),
    finding('images', file.images.every((image) => isKeyImage(file.document, image))),
    isWhole ? await checkPages(pdf, place, file) : { check: 'pages', outcome: 'unknown', signature: null },
  ];
  return { isIntact: findings.every(({ outcome }) => outcome !== 'wrong'), isTrusted, findings, document: file.document, signatures: file.signatures, authorityFingerprint: fingerprint };
}

function finding(check: CheckName, isRight: boolean): Finding {
  return { check, outcome: isRight ? 'right' : 'wrong', signature: null };
}

/** The seal is over every byte but its own, and its own can be no others (`isSeal`); what is left of its room is zeros. */
function isSealed(pdf: Buffer, place: SealPlace, { rendering, authorityCertificate, sealCertificate }: OpinionFile): boolean {
  const isWholeFile = pdf.toString('latin1', place.byteRangeStart, place.byteRangeEnd) === byteRangeText(place, pdf.byteLength);
  const hex = pdf.toString('latin1', place.start + 1, place.end - 1);
  const cms = derAtStart(Buffer.from(hex, 'hex'));
  if (!isWholeFile || cms === null || cms.toString('hex').padEnd(2 * SEAL_BYTES, '0') !== hex) return false;
  const parts = { digest: digestOf([pdf.subarray(0, place.start), pdf.subarray(place.end)]), atMs: rendering.sealedAtMs, sealCertificate, authorityCertificate };
  return isSeal(cms, parts) && isIssuedBy(sealCertificate, authorityCertificate) && isValidAt(sealCertificate, rendering.sealedAtMs);
}

/** One DER value with a length of two bytes, as every seal has. */
function derAtStart(bytes: Buffer): Buffer | null {
  if (bytes.byteLength !== SEAL_BYTES || bytes[0] !== 0x30 || bytes[1] !== 0x82) return null;
  const end = 4 + bytes.readUInt16BE(2);
  return end <= bytes.byteLength ? bytes.subarray(0, end) : null;
}

/** Everybody who was to sign has, each in their place, and over this document. */
function isComplete({ document, signatures }: OpinionFile): boolean {
  const { signerIds } = document.content;
  const documentHash = hashOfText(canonicalText(document));
  return signerIds.length > 0 && signatures.length === signerIds.length && signatures.every(({ statement }, index) => statement.personId === signerIds[index] && statement.position === index + 1 && statement.documentHash === documentHash);
}

function isSignedBy({ document, authorityCertificate }: OpinionFile, { statement, signature, certificate }: OpinionSignature, index: number): boolean {
  const der = Buffer.from(certificate, 'base64');
  const facts = factsOrNull(der);
  const person = document.panel.find(({ id }) => id === statement.personId);
  if (facts === null || person === undefined) return false;
  const isOwn = facts.personId === statement.personId && facts.commonName === person.name.zh && facts.organisationId === person.organisationId && statement.personId === document.content.signerIds[index];
  const isCertified = fingerprintOf(der) === statement.certificateFingerprint && isIssuedBy(der, authorityCertificate) && isValidAt(der, statement.signedAtMs);
  return isOwn && isCertified && isSignatureOf(statement.algorithm, facts.publicKey, signedBytes(canonicalText(document), statement), Buffer.from(signature, 'base64'));
}

function isKeyImage({ content }: OpinionDocument, { hash, bytes }: OpinionFile['images'][number]): boolean {
  return content.keyImages.some(({ attachment }) => attachment.hash === hash) && createHash('sha256').update(bytes).digest('hex') === hash;
}

/** Makes the file again from what is within, up to the seal. Pages of another layout than this program's cannot be made again. */
async function checkPages(pdf: Buffer, place: SealPlace, file: OpinionFile): Promise<Finding> {
  if (file.rendering.layout !== LAYOUT) return { check: 'pages', outcome: 'unknown', signature: null };
  const unsealed = Buffer.from(pdf);
  unsealed.write(emptyByteRangeText(), place.byteRangeStart, 'latin1');
  unsealed.fill('0', place.start + 1, place.end - 1);
  try {
    return finding('pages', unsealed.equals(await renderOpinion(file)));
  } catch {
    return finding('pages', false); // an image that is none
  }
}

function isValidAt(der: Uint8Array, atMs: number): boolean {
  const facts = factsOrNull(der);
  return facts !== null && facts.notBeforeMs <= atMs && atMs <= facts.notAfterMs;
}

function factsOrNull(der: Uint8Array): CertificateFacts | null {
  try {
    return readCertificate(der);
  } catch {
    return null;
  }
}

function fingerprintOrNull(der: Uint8Array): string | null {
  try {
    return authorityFingerprint(der);
  } catch {
    return null;
  }
}
