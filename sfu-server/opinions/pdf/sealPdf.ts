import { derOf } from '../signing/certificates.ts';
import type { Authority } from '../signing/authority.ts';
import { createSeal, digestOf } from './cms.ts';
import type { OpinionFile } from './rendering.ts';
import { renderOpinion } from './renderOpinion.ts';
import { byteRangeText, findSealPlace, SEAL_BYTES } from './sealField.ts';

/** The signed file: the opinion's pages, sealed by the installation. */
export async function createSignedPdf(content: Omit<OpinionFile, 'authorityCertificate' | 'sealCertificate'>, { authority, seal }: Authority): Promise<Uint8Array> {
  const certificates = { authorityCertificate: derOf(authority.certificate), sealCertificate: derOf(seal.certificate) };
  const pdf = Buffer.from(await renderOpinion({ ...content, ...certificates }));
  const place = findSealPlace(pdf);
  if (place === null) throw new Error('the file has no place for its seal');
  pdf.write(byteRangeText(place, pdf.byteLength), place.byteRangeStart, 'latin1');
  const digest = digestOf([pdf.subarray(0, place.start), pdf.subarray(place.end)]);
  const cms = createSeal({ digest, atMs: content.rendering.sealedAtMs, ...certificates }, seal);
  if (cms.byteLength > SEAL_BYTES) throw new Error('the seal is larger than its place');
  pdf.write(Buffer.from(cms).toString('hex').padEnd(2 * SEAL_BYTES, '0'), place.start + 1, 'latin1');
  return pdf;
}
