import { createHash, createPrivateKey, sign, verify, X509Certificate } from 'node:crypto';
import { Integer, type AsnType, ObjectIdentifier, OctetString, UTCTime } from 'asn1js';
import * as pkijs from 'pkijs';
import type { CertifiedKey } from '../signing/certificates.ts';

const OID = { data: '1.2.840.113549.1.7.1', signedData: '1.2.840.113549.1.7.2', contentType: '1.2.840.113549.1.9.3', messageDigest: '1.2.840.113549.1.9.4', signingTime: '1.2.840.113549.1.9.5', sha256: '2.16.840.1.101.3.4.2.1', ecdsaWithSha256: '1.2.840.10045.4.3.2' } as const;

/** All that varies in a seal; the rest of its bytes follows from it. */
interface SealParts {
  /** SHA-256 of what is sealed. */
  readonly digest: Uint8Array;
  readonly atMs: number;
  /** DER. */
  readonly sealCertificate: Uint8Array;
  readonly authorityCertificate: Uint8Array;
}

/**
 * A detached CMS signature (RFC 5652) over what the digest is of, as a PDF holds one (ISO 32000-1 12.8.3.3): ECDSA on P-256, with
 * the signed attributes content type, signing time and message digest.
 * @returns DER
 */
export function createSeal(parts: SealParts, seal: CertifiedKey): Uint8Array {
  const attributes = signedAttributes(parts);
  return assemble(parts, attributes, sign('sha256', attributes.toBeSigned, createPrivateKey(seal.key)));
}

/**
 * Whether the bytes are exactly the seal that `createSeal` makes of those parts, with a signature that holds: every byte of it
 * follows from the parts or is part of the signature, so none can be another.
 */
export function isSeal(bytes: Uint8Array, parts: SealParts): boolean {
  try {
    const content = pkijs.ContentInfo.fromBER(new Uint8Array(bytes));
    const signature = new pkijs.SignedData({ schema: content.content }).signerInfos[0]?.signature.valueBlock.valueHexView;
    if (signature === undefined) return false;
    const attributes = signedAttributes(parts);
    const isRight = verify('sha256', attributes.toBeSigned, new X509Certificate(parts.sealCertificate).publicKey, signature);
    return isRight && Buffer.from(assemble(parts, attributes, signature)).equals(bytes);
  } catch {
    return false; // no CMS
  }
}

interface Attributes {
  readonly list: pkijs.SignedAndUnsignedAttributes;
  /** DER of the set, which is what the signature covers (RFC 5652 5.4). */
  readonly toBeSigned: Uint8Array;
}

function signedAttributes({ digest, atMs }: SealParts): Attributes {
  const attribute = (type: string, value: AsnType) => new pkijs.Attribute({ type, values: [value] });
  // In the order that DER wants of a set: by length here, as all three begin alike.
  const list = new pkijs.SignedAndUnsignedAttributes({
    type: 0,
    attributes: [
      attribute(OID.contentType, new ObjectIdentifier({ value: OID.data })),
      attribute(OID.signingTime, new UTCTime({ valueDate: new Date(Math.floor(atMs / 1000) * 1000) })),
      attribute(OID.messageDigest, new OctetString({ valueHex: new Uint8Array(digest) })),
    ],
  });
  const toBeSigned = new Uint8Array(list.toSchema().toBER());
  toBeSigned[0] = 0x31; // as a SET, and not with the tag it has within SignerInfo
  return { list, toBeSigned };
}

function assemble({ sealCertificate, authorityCertificate }: SealParts, { list }: Attributes, signature: Uint8Array): Uint8Array {
  const certificates = [sealCertificate, authorityCertificate].map((der) => pkijs.Certificate.fromBER(new Uint8Array(der)));
  const [own] = certificates;
  if (own === undefined) throw new Error('a seal has a certificate');
  const sha256 = new pkijs.AlgorithmIdentifier({ algorithmId: OID.sha256 });
  const signed = new pkijs.SignedData({
    version: 1,
    digestAlgorithms: [sha256],
    encapContentInfo: new pkijs.EncapsulatedContentInfo({ eContentType: OID.data }),
    certificates,
    signerInfos: [
      new pkijs.SignerInfo({
        version: 1,
        sid: new pkijs.IssuerAndSerialNumber({ issuer: own.issuer, serialNumber: new Integer({ valueHex: own.serialNumber.valueBlock.valueHexView }) }),
        digestAlgorithm: sha256,
        signedAttrs: list,
        signatureAlgorithm: new pkijs.AlgorithmIdentifier({ algorithmId: OID.ecdsaWithSha256 }),
        signature: new OctetString({ valueHex: new Uint8Array(signature) }),
      }),
    ],
  });
  const content = new pkijs.ContentInfo({ contentType: OID.signedData, content: signed.toSchema(true) });
  return new Uint8Array(content.toSchema().toBER());
}

/** SHA-256 over the pieces in order. */
export function digestOf(pieces: readonly Uint8Array[]): Uint8Array {
  const digest = createHash('sha256');
  for (const piece of pieces) digest.update(piece);
  return digest.digest();
}
