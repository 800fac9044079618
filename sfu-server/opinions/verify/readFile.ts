import { opinionDocumentSchema, opinionSignatureSchema } from '#shared/domain/opinion';
import { decodePDFRawStream, PDFArray, PDFDict, PDFDocument, PDFHexString, PDFName, PDFRawStream, PDFString } from 'pdf-lib';
import { z } from 'zod';
import { canonicalJson } from '../../storage/auditChain.ts';
import { EMBEDDED, type KeyImageBytes, type OpinionFile, renderingSchema } from '../pdf/rendering.ts';

const signaturesSchema = z.array(opinionSignatureSchema).max(60);
const IMAGE_NAME = /^([0-9a-f]{64})\.(jpg|png)$/;

/**
 * What a file says it was made of, from what is embedded in it; null when that is not all there, or not in its canonical form (two
 * texts that a program reads alike and a person does not are one too many).
 */
export async function readOpinionFile(bytes: Uint8Array): Promise<OpinionFile | null> {
  try {
    const embedded = await readEmbedded(bytes);
    const document = readJson(embedded, EMBEDDED.document, opinionDocumentSchema);
    const signatures = readJson(embedded, EMBEDDED.signatures, signaturesSchema);
    const rendering = readJson(embedded, EMBEDDED.rendering, renderingSchema);
    const authorityCertificate = embedded.get(EMBEDDED.authority);
    const sealCertificate = embedded.get(EMBEDDED.seal);
    if (document === null || signatures === null || rendering === null || authorityCertificate === undefined || sealCertificate === undefined) return null;
    return { document, signatures, rendering, authorityCertificate, sealCertificate, images: imagesOf(embedded) };
  } catch {
    return null; // not a PDF, or one that is damaged
  }
}

function readJson<S extends z.ZodType>(embedded: ReadonlyMap<string, Uint8Array>, name: string, schema: S): z.infer<S> | null {
  const bytes = embedded.get(name);
  if (bytes === undefined) return null;
  const parsed = schema.safeParse(JSON.parse(Buffer.from(bytes).toString('utf8')));
  return parsed.success && Buffer.from(canonicalJson(parsed.data), 'utf8').equals(bytes) ? parsed.data : null;
}

function imagesOf(embedded: ReadonlyMap<string, Uint8Array>): KeyImageBytes[] {
  return [...embedded].flatMap(([name, bytes]): KeyImageBytes[] => {
    const [, hash, extension] = IMAGE_NAME.exec(name) ?? [];
    return hash === undefined ? [] : [{ hash, mediaType: extension === 'png' ? 'image/png' : 'image/jpeg', bytes }];
  });
}

/** The embedded files by name, in the order of the file. */
async function readEmbedded(bytes: Uint8Array): Promise<Map<string, Uint8Array>> {
  const pdf = await PDFDocument.load(bytes, { updateMetadata: false, throwOnInvalidObject: true });
  const names = pdf.catalog.lookup(PDFName.of('Names'), PDFDict).lookup(PDFName.of('EmbeddedFiles'), PDFDict).lookup(PDFName.of('Names'), PDFArray);
  const embedded = new Map<string, Uint8Array>();
  for (let index = 0; index + 1 < names.size(); index += 2) {
    const name = names.lookup(index);
    const stream = names.lookup(index + 1, PDFDict).lookup(PDFName.of('EF'), PDFDict).lookup(PDFName.of('F'));
    if (!(name instanceof PDFHexString || name instanceof PDFString) || !(stream instanceof PDFRawStream)) throw new Error('not an embedded file');
    embedded.set(name.decodeText(), decodePDFRawStream(stream).decode());
  }
  return embedded;
}
