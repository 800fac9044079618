import { createHash, X509Certificate, webcrypto } from 'node:crypto';
import type { Party } from '#shared/domain/people';
import * as x509 from '@peculiar/x509';

const ECDSA_P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const YEAR_MS = 365 * 86_400_000;
/** Past the retention of any record it signs. */
const AUTHORITY_LIFETIME_MS = 30 * YEAR_MS;
const PERSON_LIFETIME_MS = 5 * YEAR_MS;
/** userId, RFC 4519 2.39. */
const UID = '0.9.2342.19200300.100.1.1';

/** A certificate and its private key, both PEM (PKCS #8). */
export interface CertifiedKey {
  readonly certificate: string;
  readonly key: string;
}

/** A new authority: a self-signed certificate that may sign certificates. */
export async function createAuthority(name: string, nowMs: number): Promise<CertifiedKey> {
  const keys = await webcrypto.subtle.generateKey(ECDSA_P256, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      name: [{ CN: [name] }],
      keys,
      signingAlgorithm: ECDSA_P256,
      ...validity(nowMs, AUTHORITY_LIFETIME_MS),
      extensions: [new x509.BasicConstraintsExtension(true, 1, true), new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true), await x509.SubjectKeyIdentifierExtension.create(keys.publicKey)],
    },
  );
  return { certificate: certificate.toString('pem'), key: await privatePem(keys.privateKey) };
}

/** A key with which the installation seals files, certified by its authority. */
export async function createSealKey(authority: CertifiedKey, name: string, nowMs: number): Promise<CertifiedKey> {
  const keys = await webcrypto.subtle.generateKey(ECDSA_P256, true, ['sign', 'verify']);
  const spki = new Uint8Array(await webcrypto.subtle.exportKey('spki', keys.publicKey));
  const certificate = await issue(authority, [{ CN: [name] }], spki, nowMs, AUTHORITY_LIFETIME_MS);
  return { certificate: new x509.X509Certificate(certificate as Uint8Array<ArrayBuffer>).toString('pem'), key: await privatePem(keys.privateKey) };
}

/** Binds a person's public key (SubjectPublicKeyInfo, of any algorithm) to who they are. @returns DER */
export async function certifyPerson(authority: CertifiedKey, person: Party, publicKey: Uint8Array, nowMs: number): Promise<Uint8Array> {
  return issue(authority, [{ CN: [person.name.zh] }, { [UID]: [person.id] }, { O: [person.organisationName.zh] }, { OU: [person.organisationId] }], publicKey, nowMs, PERSON_LIFETIME_MS);
}

async function issue(authority: CertifiedKey, subject: x509.JsonName, publicKey: Uint8Array, nowMs: number, lifetimeMs: number): Promise<Uint8Array> {
  const issuer = new x509.X509Certificate(authority.certificate);
  const signingKey = await webcrypto.subtle.importKey('pkcs8', x509.PemConverter.decodeFirst(authority.key), ECDSA_P256, false, ['sign']);
  const subjectKey = new x509.PublicKey(new Uint8Array(publicKey));
  const certificate = await x509.X509CertificateGenerator.create(
    {
      subject,
      issuer: issuer.subjectName,
      publicKey: subjectKey,
      signingKey,
      signingAlgorithm: ECDSA_P256,
      // Never past its issuer's own end.
      ...validity(nowMs, Math.min(lifetimeMs, issuer.notAfter.getTime() - nowMs)),
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.nonRepudiation, true),
        await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey, false),
      ],
    },
  );
  return new Uint8Array(certificate.rawData);
}

/** What a certificate says; times in Unix epoch ms. */
export interface CertificateFacts {
  readonly commonName: string;
  /** Null: no person's certificate. */
  readonly personId: string | null;
  readonly organisation: string | null;
  readonly organisationId: string | null;
  readonly publicKey: Uint8Array;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

/** @throws Error when the bytes are no certificate */
export function readCertificate(der: Uint8Array): CertificateFacts {
  const certificate = new x509.X509Certificate(new Uint8Array(der));
  const [commonName, personId, organisation, organisationId] = ['CN', UID, 'O', 'OU'].map((field) => certificate.subjectName.getField(field)[0] ?? null);
  return {
    commonName: commonName ?? '',
    personId: personId ?? null,
    organisation: organisation ?? null,
    organisationId: organisationId ?? null,
    publicKey: new Uint8Array(certificate.publicKey.rawData),
    notBeforeMs: certificate.notBefore.getTime(),
    notAfterMs: certificate.notAfter.getTime(),
  };
}

/** Whether that authority issued the certificate (for its own: whether it is self-signed). Both DER; bytes that are no certificate give false. */
export function isIssuedBy(der: Uint8Array, authority: Uint8Array): boolean {
  try {
    const certificate = new X509Certificate(der);
    const issuer = new X509Certificate(authority);
    return issuer.ca && certificate.issuer === issuer.subject && certificate.verify(issuer.publicKey);
  } catch {
    return false;
  }
}

/** SHA-256 of bytes, hex; of a certificate's DER its fingerprint. */
export function fingerprintOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export function derOf(pem: string): Uint8Array {
  return new Uint8Array(x509.PemConverter.decodeFirst(pem));
}

function validity(nowMs: number, lifetimeMs: number) {
  // Whole seconds, as certificates have them, and not after the signature that follows within the same second.
  const fromMs = Math.floor(nowMs / 1000) * 1000;
  return { notBefore: new Date(fromMs), notAfter: new Date(fromMs + lifetimeMs), serialNumber: serialNumber() };
}

/** 16 random bytes, positive and without a leading zero (RFC 5280 4.1.2.2). */
function serialNumber(): string {
  const bytes = webcrypto.getRandomValues(new Uint8Array(16));
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return Buffer.from(bytes).toString('hex');
}

async function privatePem(key: webcrypto.CryptoKey): Promise<string> {
  return x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY');
}
