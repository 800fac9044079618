import type { Readable } from 'node:stream';
import { AppError } from '#shared/protocol/errors';
import type { ComposedHost } from './composeHost.ts';

/** What a technician sets from a terminal, outside any page: a page that is taken over must not be able to change it. */
export type SetupCommand =
  | { readonly type: 'setKioskCode' }
  | { readonly type: 'trustCertificate'; readonly hostname: string; readonly fingerprint: string };

/**
 * `--set-kiosk-code` (the code is the first line on standard input: on the command line every account could read it) or
 * `--trust-certificate=HOST=SHA256`; null when the arguments hold neither.
 * @throws AppError `input.malformed`.
 */
export function parseSetupCommand(argv: readonly string[]): SetupCommand | null {
  if (argv.includes('--set-kiosk-code')) return { type: 'setKioskCode' };
  const trust = argv.find((argument) => argument.startsWith('--trust-certificate='));
  if (trust === undefined) return null;
  const [, hostname = '', fingerprint = ''] = /^--trust-certificate=([^=]+)=(.+)$/.exec(trust) ?? [];
  if (hostname === '') throw new AppError('input.malformed', 'usage: --trust-certificate=HOST=SHA256');
  return { type: 'trustCertificate', hostname, fingerprint };
}

/** Carries the command out; the text says what was done. @throws what the store refuses. */
export async function runSetup(command: SetupCommand, parts: Pick<ComposedHost, 'kiosk' | 'trustedCertificates'>, input: Readable): Promise<string> {
  if (command.type === 'setKioskCode') {
    await parts.kiosk.setCode(await firstLine(input));
    return 'the kiosk exit code is set';
  }
  await parts.trustedCertificates.trust(command.hostname, command.fingerprint);
  return `the certificate is trusted for ${command.hostname}`;
}

async function firstLine(input: Readable): Promise<string> {
  let text = '';
  for await (const chunk of input) {
    text += String(chunk);
    if (text.includes('\n') || text.length > 1000) break;
  }
  return (text.split('\n')[0] ?? '').trim();
}
