import type { PixelLayout, TransferSyntaxName } from '#shared/domain/imaging/transferSyntaxes';

/** What a compressed frame says of itself. */
export interface CodestreamFacts {
  readonly precision: number;
  readonly isSigned: boolean;
  readonly components: number;
  readonly rows: number;
  readonly columns: number;
}

/** From the SIZ segment of a JPEG 2000 or HTJ2K codestream (ISO/IEC 15444-1, A.5.1); null: the bytes do not begin with one. */
export function readJ2kFacts(bytes: Uint8Array): CodestreamFacts | null {
  if (bytes.byteLength < 43 || bytes[0] !== 0xff || bytes[1] !== 0x4f || bytes[2] !== 0xff || bytes[3] !== 0x51) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const depth = view.getUint8(42);
  return { columns: view.getUint32(8) - view.getUint32(16), rows: view.getUint32(12) - view.getUint32(20), components: view.getUint16(40), precision: (depth & 0x7f) + 1, isSigned: (depth & 0x80) !== 0 };
}

/** From the frame header of a JPEG or JPEG-LS (ISO/IEC 10918-1, B.2.2); null: there is none. `process` is the marker's second byte. */
export function readJpegFacts(bytes: Uint8Array): (CodestreamFacts & { readonly process: number }) | null {
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 2; at + 9 < bytes.byteLength; ) {
    if (bytes[at] !== 0xff) return null;
    const marker = bytes[at + 1] ?? 0;
    if (marker === 0xff) {
      at += 1; // a fill byte
      continue;
    }
    const isFrame = (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc) || marker === 0xf7;
    if (isFrame) return { process: marker, precision: view.getUint8(at + 4), rows: view.getUint16(at + 5), columns: view.getUint16(at + 7), components: view.getUint8(at + 9), isSigned: false };
    if (marker === 0xda || marker === 0xd9) return null;
    at += 2 + view.getUint16(at + 2);
  }
  return null;
}

/**
 * A colour JPEG with a word on its colours that no decoder can take another way: its components come out as they are, unless `mayTrust`
 * and an Adobe marker of its own says that they are to be turned into RGB. Without one, decoders guess, also by a JFIF marker; DICOM
 * says it by the photometric interpretation.
 */
export function withPlainColours(bytes: Uint8Array, mayTrust: boolean): Uint8Array {
  const kept: Uint8Array[] = [];
  let at = 2;
  for (; at + 3 < bytes.byteLength && bytes[at] === 0xff; ) {
    const marker = bytes[at + 1] ?? 0;
    if (marker < 0xe0 || marker > 0xef) break;
    const end = at + 2 + ((bytes[at + 2] ?? 0) << 8) + (bytes[at + 3] ?? 0);
    const segment = bytes.subarray(at, end);
    const isAdobe = marker === 0xee && String.fromCharCode(...segment.subarray(4, 9)) === 'Adobe';
    if (isAdobe && mayTrust) return bytes;
    if (marker !== 0xe0 && !isAdobe) kept.push(segment);
    at = end;
  }
  const adobe = Uint8Array.from([0xff, 0xee, 0, 14, 0x41, 0x64, 0x6f, 0x62, 0x65, 0, 100, 0, 0, 0, 0, 0]);
  return Buffer.concat([bytes.subarray(0, 2), ...kept, adobe, bytes.subarray(at)]);
}

/**
 * Whether a compressed frame is what the header says of it, so that a client that trusts the header decodes it right.
 * @returns null when it is; otherwise what is different
 */
export function differsFromHeader(syntax: TransferSyntaxName, compressed: Uint8Array, layout: PixelLayout): string | null {
  if (syntax === 'rle') return null;
  const isJ2k = syntax.startsWith('jpeg2000') || syntax.startsWith('htj2k');
  const facts = isJ2k ? readJ2kFacts(compressed) : readJpegFacts(compressed);
  if (facts === null) return 'the frame does not begin as its transfer syntax says';
  if (facts.rows !== layout.rows || facts.columns !== layout.columns) return `the frame is ${facts.columns}×${facts.rows}`;
  if (facts.components !== layout.samplesPerPixel) return `the frame has ${facts.components} components`;
  if (facts.precision !== layout.bitsStored) return `the frame has ${facts.precision} bits`;
  if (isJ2k && facts.isSigned !== layout.isSigned) return 'the frame has the other sign';
  return null;
}
