import { createPublicKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { fingerprintOf } from '../signing/certificates.ts';
import { EXIT, exitCodeOf, reportOf } from './report.ts';
import { verifyFile } from './verifyFile.ts';

const USAGE = `用法 / usage: npm run verify -- FILE.pdf [--authority FILE|FINGERPRINT]

  --authority  签发机构的证书或公钥文件（PEM），或其公钥指纹
               the authority's certificate or public key (PEM), or the fingerprint of that key

退出码 / exit code: 0 有效 valid · 1 无效 not valid · 2 用法有误 usage · 3 完整，签发机构未指定 intact, authority not named
`;

/** Checks one file; prints what it found. @returns the exit code */
async function main(argv: readonly string[]): Promise<number> {
  const usage = (problem: string) => {
    process.stderr.write(`${problem}\n\n${USAGE}`);
    return EXIT.usage;
  };
  let parsed: { readonly values: { readonly authority?: string | undefined; readonly help?: boolean | undefined }; readonly positionals: readonly string[] };
  try {
    parsed = parseArgs({ args: [...argv], options: { authority: { type: 'string' }, help: { type: 'boolean' } }, allowPositionals: true });
  } catch (error) {
    return usage(error instanceof Error ? error.message : String(error));
  }
  if (parsed.values.help === true) {
    process.stdout.write(USAGE);
    return 0;
  }
  const [path, ...more] = parsed.positionals;
  if (path === undefined || more.length > 0) return usage('请指定一个文件 / name one file');
  const trusted = parsed.values.authority === undefined ? null : await fingerprintNamed(parsed.values.authority);
  if (trusted === 'unreadable') return usage(`--authority: 无法读取，也不是指纹 / cannot be read, and is no fingerprint: ${parsed.values.authority}`);
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch {
    return usage(`无法读取 / cannot be read: ${path}`);
  }
  const verdict = await verifyFile(bytes, trusted);
  process.stdout.write(reportOf(verdict));
  return exitCodeOf(verdict);
}

/** The fingerprint itself, however it is grouped, or that of the first certificate or key in a file. */
async function fingerprintNamed(named: string): Promise<string> {
  const digits = named.replace(/[\s:]/g, '').toLowerCase();
  if (/^[0-9a-f]{64}$/.test(digits)) return digits;
  try {
    const text = await readFile(named, 'utf8');
    // The installation's own file begins with a private key, whose public half is the same.
    return fingerprintOf(createPublicKey(text).export({ type: 'spki', format: 'der' }));
  } catch {
    return 'unreadable';
  }
}

process.exitCode = await main(process.argv.slice(2));
