import { PDFArray, type PDFDocument, PDFHexString, PDFName, PDFNumber, type PDFPage, PDFString } from 'pdf-lib';

/** Room for the seal (CMS), bytes. */
export const SEAL_BYTES = 8192;
/** What stands for a number of `ByteRange` before it is known; ten digits reach past the largest file. */
const BYTE_RANGE_PLACE = '**********';

/**
 * Adds the signature field (ISO 32000-1 12.8) with room for the seal: a certification that allows no change whatever (DocMDP, P 1).
 * It has no appearance: what the pages show is the panel's signatures.
 */
export function addSealField(pdf: PDFDocument, page: PDFPage, sealedAt: Date): void {
  const { context } = pdf;
  const byteRange = PDFArray.withContext(context);
  byteRange.push(PDFNumber.of(0));
  for (let index = 0; index < 3; index += 1) byteRange.push(PDFName.of(BYTE_RANGE_PLACE));
  const seal = context.register(
    context.obj({
      Type: 'Sig',
      Filter: 'Adobe.PPKLite',
      SubFilter: 'adbe.pkcs7.detached',
      ByteRange: byteRange,
      Contents: PDFHexString.of('0'.repeat(2 * SEAL_BYTES)),
      M: PDFString.fromDate(sealedAt),
      Reference: [{ Type: 'SigRef', TransformMethod: 'DocMDP', TransformParams: { Type: 'TransformParams', P: 1, V: '1.2' } }],
    }),
  );
  const widget = context.register(
    context.obj({ Type: 'Annot', Subtype: 'Widget', FT: 'Sig', Rect: [0, 0, 0, 0], V: seal, T: PDFString.of('Seal'), F: 132, P: page.ref }),
  );
  page.node.addAnnot(widget);
  pdf.catalog.set(PDFName.of('AcroForm'), context.obj({ SigFlags: 3, Fields: [widget] }));
  pdf.catalog.set(PDFName.of('Perms'), context.obj({ DocMDP: seal }));
}

/** Where the seal stands in a file: `<` at `start`, the byte after `>` is `end`. */
export interface SealPlace {
  readonly byteRangeStart: number;
  readonly byteRangeEnd: number;
  readonly start: number;
  readonly end: number;
}

const BYTE_RANGE = /\/ByteRange \[ ?0 [^\]]{5,60}\]/g;

/** Finds the one place of the seal; null when there is none, or more than one. */
export function findSealPlace(pdf: Buffer): SealPlace | null {
  const text = pdf.toString('latin1');
  const ranges = [...text.matchAll(BYTE_RANGE)];
  const [range] = ranges;
  if (ranges.length !== 1 || range === undefined) return null;
  const marker = '/Contents <';
  const at = text.indexOf(marker, range.index);
  const start = at + marker.length - 1;
  const end = text.indexOf('>', start) + 1;
  if (at < 0 || end - start !== 2 * SEAL_BYTES + 2) return null;
  return { byteRangeStart: range.index, byteRangeEnd: range.index + range[0].length, start, end };
}

/** The text of `ByteRange` for a file of that length; always as long as the one it takes the place of. */
export function byteRangeText({ start, end, byteRangeStart, byteRangeEnd }: SealPlace, fileLength: number): string {
  return `/ByteRange [ 0 ${start} ${end} ${fileLength - end} ]`.padEnd(byteRangeEnd - byteRangeStart);
}

/** As it stands in a file that is not sealed yet. */
export function emptyByteRangeText(): string {
  return `/ByteRange [ 0 ${Array.from({ length: 3 }, () => `/${BYTE_RANGE_PLACE}`).join(' ')} ]`;
}
