import type { Readable } from 'node:stream';
import { AppError } from '#shared/protocol/errors';
import type { ComposedHost } from './composeHost.ts';

/** What a technician sets from a terminal, outside any page: a page that is taken over must not be able to change it. */
export type SetupCommand =
  | { readonly type: 'setKioskCode' }
  | { readonly type: 'trustCertificate'; readonly hostname: string; readonly fingerprint: string }
  | { readonly type: 'verifyControlRecord' };

/**
 * `--set-kiosk-code` (the code is the first line on standard input: on the command line every account could read it) or
 * `--trust-certificate=HOST=SHA256` or `--verify-control-record`; null when the arguments hold none.
 * @throws AppError `input.malformed`.
 */
export function parseSetupCommand(argv: readonly string[]): SetupCommand | null {
  if (argv.includes('--set-kiosk-code')) return { type: 'setKioskCode' };
  if (argv.includes('--verify-control-record')) return { type: 'verifyControlRecord' };
  const trust = argv.find((argument) => argument.startsWith('--trust-certificate='));
  if (trust === undefined) return null;
  const [, hostname = '', fingerprint = ''] = /^--trust-certificate=([^=]+)=(.+)$/.exec(trust) ?? [];
  if (hostname === '') throw new AppError('input.malformed', 'usage: --trust-certificate=HOST=SHA256');
  return { type: 'trustCertificate', hostname, fingerprint };
}

/** Carries the command out; the text says what was done. @throws what the store refuses. */
export async function runSetup(command: SetupCommand, parts: Pick<ComposedHost, 'kiosk' | 'trustedCertificates' | 'control'>, input: Readable): Promise<string> {
  if (command.type === 'setKioskCode') {
    await parts.kiosk.setCode(await firstLine(input));
    return 'the kiosk exit code is set';
  }
  if (command.type === 'verifyControlRecord') {
    const { entries, broken, lastHash } = await parts.control.verifyRecord();
    if (broken !== null) throw new AppError('storage.corrupt', `the record of control is not as it was written: ${broken.segment}, line ${broken.line}: ${broken.why}`);
    return `${entries} entries, as they were written; the last hash is ${lastHash}`;
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
