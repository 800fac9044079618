import { X509Certificate } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { assertNever } from '#shared/lib/assert';
import type { Clock } from '#shared/lib/clock';
import { generate } from 'selfsigned';
import { ConfigError, type TlsConfig } from '../config.ts';

export interface TlsMaterial {
  readonly certificate: string;
  readonly key: string;
  /** SHA-256 of the certificate, `AA:BB:…`: what a person compares when a browser warns. */
  readonly fingerprint: string;
  readonly isSelfSigned: boolean;
}

/** A self-signed certificate is good for ten years and made anew in its last month. */
const LIFETIME_MS = 3650 * 86_400_000;
const RENEW_MS = 30 * 86_400_000;

/**
 * The certificate and key to serve with; null for plain HTTP. A self-signed pair is generated once into `<dataFolder>/tls` for
 * the names in `hosts` and kept, so that its fingerprint stays the same.
 * @throws ConfigError when the files cannot be read or do not belong together
 */
export async function loadTls(tls: TlsConfig, dataFolder: string, hosts: readonly string[], clock: Clock): Promise<TlsMaterial | null> {
  switch (tls.type) {
    case 'off':
      return null;
    case 'files':
      return checked(toMaterial(await readSetting('HUIZHEN_TLS_CERT', tls.certificateFile), await readSetting('HUIZHEN_TLS_KEY', tls.keyFile), false));
    case 'selfSigned':
      return selfSigned(join(dataFolder, 'tls'), hosts, clock);
    default:
      return assertNever(tls);
  }
}

async function readSetting(setting: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    throw new ConfigError(setting, 'the file cannot be read');
  }
}

function toMaterial(certificate: string, key: string, isSelfSigned: boolean): TlsMaterial {
  try {
    return { certificate, key, fingerprint: new X509Certificate(certificate).fingerprint256, isSelfSigned };
  } catch {
    throw new ConfigError('HUIZHEN_TLS_CERT', 'the file holds no PEM certificate');
  }
}

function checked(material: TlsMaterial): TlsMaterial {
  try {
    createSecureContext({ cert: material.certificate, key: material.key });
    return material;
  } catch (error) {
    throw new ConfigError('HUIZHEN_TLS_KEY', 'the file holds no PEM key, or that of another certificate', { cause: error });
  }
}

async function selfSigned(folder: string, hosts: readonly string[], clock: Clock): Promise<TlsMaterial> {
  // One file for both halves: they cannot come apart when the machine stops between two writes.
  const path = join(folder, 'self-signed.pem');
  const kept = await readKept(path);
  if (kept !== null && Date.parse(new X509Certificate(kept.certificate).validTo) - clock.wallMs() > RENEW_MS) return kept;
  const names = [...new Set(['localhost', '127.0.0.1', '::1', ...hosts])].filter((host) => host !== '0.0.0.0' && host !== '::');
  const made = await generate([{ name: 'commonName', value: 'Huizhen' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notBeforeDate: new Date(clock.wallMs() - 3_600_000),
    notAfterDate: new Date(clock.wallMs() + LIFETIME_MS),
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      { name: 'subjectAltName', altNames: names.map((host) => (isIP(host) === 0 ? { type: 2 as const, value: host } : { type: 7 as const, ip: host })) },
    ],
  });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(`${path}.new`, `${made.cert.trim()}\n${made.private.trim()}\n`, { mode: 0o600 });
  await rename(`${path}.new`, path);
  return toMaterial(made.cert, made.private, true);
}

async function readKept(path: string): Promise<TlsMaterial | null> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    return null;
  }
  const blocks = text.match(/-----BEGIN [A-Z ]+-----[\s\S]+?-----END [A-Z ]+-----/g) ?? [];
  const certificate = blocks.find((block) => block.includes('BEGIN CERTIFICATE'));
  const key = blocks.find((block) => block.includes('PRIVATE KEY'));
  return certificate === undefined || key === undefined ? null : toMaterial(certificate, key, true);
}
