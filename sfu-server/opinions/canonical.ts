import { createHash } from 'node:crypto';
import type { OpinionDocument, OpinionSignature } from '#shared/domain/opinion';
import { canonicalJson } from '../storage/auditChain.ts';

/**
 * The canonical text of a document: RFC 8785 for what can be in one (its keys are words, its numbers whole, its texts without
 * halves of characters; the schema sees to all three).
 */
export function canonicalText(document: OpinionDocument): string {
  return canonicalJson(document);
}

/** SHA-256 of the text's UTF-8 bytes, hex. */
export function hashOfText(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

/** What a person's signature covers: the document, a line feed, and the statement that goes with the signature. */
export function signedBytes(documentText: string, statement: OpinionSignature['statement']): Uint8Array {
  return Buffer.from(`${documentText}\n${canonicalJson(statement)}`, 'utf8');
}
