import { languageSchema, type OpinionDocument, type OpinionSignature } from '#shared/domain/opinion';
import { z } from 'zod';

/** Raised with every change of what the same document looks like: pages of another layout cannot be made again to be compared. */
export const LAYOUT = 1;

/** What the pages depend on besides the document and its signatures; embedded in the file. */
export const renderingSchema = z.object({
  layout: z.number().int().positive(),
  language: languageSchema,
  /** IANA. */
  timeZone: z.string().max(60),
  /** Where the code on the first page leads. */
  checkAddress: z.string().max(400),
  /** SHA-256 of the authority's public key, hex. */
  authorityFingerprint: z.string().regex(/^[0-9a-f]{64}$/),
  sealedAtMs: z.number().int().min(0),
});
export type Rendering = z.infer<typeof renderingSchema>;

/** A key image as it is printed; the others are only listed. */
export interface KeyImageBytes {
  readonly hash: string;
  readonly mediaType: 'image/jpeg' | 'image/png';
  readonly bytes: Uint8Array;
}

/** Everything a file is made of. The same input gives the same bytes, on any machine. */
export interface OpinionFile {
  readonly document: OpinionDocument;
  readonly signatures: readonly OpinionSignature[];
  readonly images: readonly KeyImageBytes[];
  readonly rendering: Rendering;
  /** DER. */
  readonly authorityCertificate: Uint8Array;
  readonly sealCertificate: Uint8Array;
}

/** Names of what is embedded. */
export const EMBEDDED = {
  document: 'opinion.json',
  signatures: 'signatures.json',
  rendering: 'rendering.json',
  authority: 'authority.cer',
  seal: 'seal.cer',
  image: (hash: string, mediaType: KeyImageBytes['mediaType']) => `${hash}.${mediaType === 'image/jpeg' ? 'jpg' : 'png'}`,
} as const;
