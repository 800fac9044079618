import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { AsyncQueue } from '#shared/lib/asyncQueue';
import type { Clock } from '#shared/lib/clock';
import { AppError } from '#shared/protocol/errors';
import { z } from 'zod';
import { JsonFile, type SetAsideReport } from './jsonFile.ts';

const MAX_ENTRIES = 32;
const hostName = z.string().min(1).max(253).regex(/^[a-z0-9.:-]+$/);
const trustSchema = z.object({
  schemaVersion: z.literal(1),
  entries: z.array(z.object({ hostname: hostName, sha256Hex: z.string().regex(/^[0-9a-f]{64}$/) })).max(MAX_ENTRIES),
});
type TrustFile = z.infer<typeof trustSchema>;

/** A server's certificate that a person has compared with what the server printed when it made it. */
export interface TrustedCertificate {
  readonly hostname: string;
  readonly sha256Hex: string;
}

export interface TrustedCertificatesOptions {
  readonly folder: string;
  readonly clock: Clock;
  readonly onSetAside: (report: SetAsideReport) => void;
}

/** Self-signed LAN certificates this machine accepts: `trusted-certificates.json`. Written by the set-up, never by a page. */
export class TrustedCertificates {
  readonly #file: JsonFile<TrustFile>;
  readonly #queue = new AsyncQueue();

  constructor(options: TrustedCertificatesOptions) {
    this.#file = new JsonFile({ path: join(options.folder, 'trusted-certificates.json'), schema: trustSchema, schemaVersion: 1, clock: options.clock, onSetAside: options.onSetAside });
  }

  /** @throws AppError `storage.corrupt` when the file is there and cannot be read. */
  list(): Promise<readonly TrustedCertificate[]> {
    return this.#queue.push(() => this.#load());
  }

  /**
   * Trusts this one certificate for that host, in place of an earlier one.
   * @throws AppError `input.malformed` for a host or fingerprint that is none; `storage.full`, `storage.corrupt`.
   */
  trust(hostname: string, fingerprint: string): Promise<void> {
    const sha256Hex = parseSha256Fingerprint(fingerprint);
    const name = hostName.safeParse(hostname.toLowerCase());
    if (sha256Hex === null || !name.success) return Promise.reject(new AppError('input.malformed', 'a host name and a SHA-256 fingerprint of 64 hexadecimal digits are needed'));
    return this.#queue.push(async () => {
      const others = (await this.#load()).filter((entry) => entry.hostname !== name.data);
      if (others.length >= MAX_ENTRIES) throw new AppError('storage.full', `${MAX_ENTRIES} certificates are trusted`);
      await this.#file.write({ schemaVersion: 1, entries: [...others, { hostname: name.data, sha256Hex }] });
    });
  }

  async #load(): Promise<TrustFile['entries']> {
    const content = await this.#file.read();
    return content.type === 'value' ? content.value.entries : [];
  }
}

/** Lower-case hex of a fingerprint as servers and browsers print it (colons, blanks, `SHA256:` before it), or null. */
export function parseSha256Fingerprint(text: string): string | null {
  const digits = text.trim().replace(/^sha-?256(\s+fingerprint)?\s*[:=]?\s*/i, '').replace(/[:\s]/g, '').toLowerCase();
  return /^[0-9a-f]{64}$/.test(digits) ? digits : null;
}

/** What the browser engine thought of a certificate: Chromium's net error code, 0 = good. */
export interface CertificateVerdict {
  readonly hostname: string;
  readonly pem: string;
  readonly errorCode: number;
}

/** Chromium's net_error_list.h. A self-signed certificate fails by its issuer, on a bare address often by its name. */
const EXCUSABLE_ERRORS: ReadonlySet<number> = new Set([-200 /* ERR_CERT_COMMON_NAME_INVALID */, -202 /* ERR_CERT_AUTHORITY_INVALID */]);

/**
 * Whether a certificate the browser engine refuses is accepted all the same: only the very certificate a person configured for that
 * host, and only for reasons that are natural to a self-signed one. Expired, revoked and weak ones stay refused.
 */
export function isTrustedCertificate(verdict: CertificateVerdict, trusted: readonly TrustedCertificate[]): boolean {
  if (!EXCUSABLE_ERRORS.has(verdict.errorCode)) return false;
  const expected = trusted.find((entry) => entry.hostname === verdict.hostname.toLowerCase());
  if (!expected) return false;
  try {
    return parseSha256Fingerprint(new X509Certificate(verdict.pem).fingerprint256) === expected.sha256Hex;
  } catch {
    return false; // not a certificate
  }
}
