import type { Session } from 'electron';
import type { HostLog } from '../host/logFile.ts';
import { isTrustedCertificate, type TrustedCertificate } from '../host/trustedCertificates.ts';

const ACCEPT = 0;
/** Chromium's own verdict stands, whatever it was. */
const AS_VERIFIED = -3;

/**
 * Lets the configured self-signed certificates through and leaves every other verdict as it is. Read once, before the first
 * connection: the network service remembers verdicts.
 */
export function installCertificateTrust(session: Session, trusted: readonly TrustedCertificate[], log: HostLog): void {
  if (trusted.length === 0) return;
  session.setCertificateVerifyProc(({ hostname, certificate, errorCode }, callback) => {
    const isTrusted = isTrustedCertificate({ hostname, pem: certificate.data, errorCode }, trusted);
    if (errorCode !== 0 && !isTrusted) log.write('warn', 'certificate', `a server certificate was refused (${errorCode})`);
    callback(isTrusted ? ACCEPT : AS_VERIFIED);
  });
}
