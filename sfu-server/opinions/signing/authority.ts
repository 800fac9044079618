import { createPrivateKey, X509Certificate } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Clock } from '#shared/lib/clock';
import { AppError } from '#shared/protocol/errors';
import { newId } from '../../auth/random.ts';
import { type CertifiedKey, createAuthority, createSealKey, derOf, fingerprintOf } from './certificates.ts';

/** What makes this installation's signatures its own: who certifies persons' keys, and with what files are sealed. */
export interface Authority {
  readonly authority: CertifiedKey;
  readonly seal: CertifiedKey;
  /** SHA-256 of the authority's public key (SubjectPublicKeyInfo), hex: what a person compares. */
  readonly fingerprint: string;
}

/**
 * Reads the authority's file, or makes one where there is none. One PEM file for both keys and their certificates, readable by the
 * server's user alone: halves cannot come apart. Of several processes that start at once one makes it, and the others read that.
 * @throws AppError `storage.corrupt` when the file cannot be read or made, or holds something else
 */
export async function openAuthority(path: string, clock: Clock): Promise<Authority> {
  const kept = (await readKept(path)) ?? (await make(path, clock));
  const { authority, seal } = kept;
  const belongs = [authority, seal].every(({ certificate, key }) => new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key)));
  if (!belongs) throw corrupt();
  return { authority, seal, fingerprint: authorityFingerprint(derOf(authority.certificate)) };
}

/** @param der the authority's certificate */
export function authorityFingerprint(der: Uint8Array): string {
  return fingerprintOf(new X509Certificate(der).publicKey.export({ type: 'spki', format: 'der' }));
}

async function readKept(path: string): Promise<Omit<Authority, 'fingerprint'> | null> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw corrupt(error);
  }
  const blocks = text.match(/-----BEGIN [A-Z ]+-----[\s\S]+?-----END [A-Z ]+-----/g) ?? [];
  const [authorityKey, sealKey] = blocks.filter((block) => block.includes('BEGIN PRIVATE KEY'));
  const [authorityCertificate, sealCertificate] = blocks.filter((block) => block.includes('BEGIN CERTIFICATE'));
  if (authorityKey === undefined || sealKey === undefined || authorityCertificate === undefined || sealCertificate === undefined) throw corrupt();
  return { authority: { certificate: authorityCertificate, key: authorityKey }, seal: { certificate: sealCertificate, key: sealKey } };
}

async function make(path: string, clock: Clock): Promise<Omit<Authority, 'fingerprint'>> {
  const name = `Huizhen ${newId().slice(0, 8)}`;
  const authority = await createAuthority(name, clock.wallMs());
  const seal = await createSealKey(authority, `${name} seal`, clock.wallMs());
  const fresh = `${path}.${newId()}`;
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFile(fresh, [authority.key, authority.certificate, seal.key, seal.certificate, ''].join('\n'), { mode: 0o600, flush: true });
    // A link fails where the file is by now, which a renaming would replace; and the file is whole from its first moment.
    await link(fresh, path).catch((error: unknown) => {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    });
  } catch (error) {
    throw new AppError('storage.corrupt', 'the authority of signatures cannot be kept', { cause: error });
  } finally {
    await rm(fresh, { force: true });
  }
  const kept = await readKept(path);
  if (kept === null) throw corrupt();
  return kept;
}

function corrupt(cause?: unknown): AppError {
  return new AppError('storage.corrupt', "the file of the signatures' authority cannot be read or holds something else", { cause });
}
