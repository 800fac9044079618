/**
 * `npm run verify-record -- FILE`: checks a record of remote control that was handed to a case. Exit code 0: every line is as it was
 * written, and none is missing; 1: not so, and the first place where it is not; 2: usage.
 */
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { parseRecordEntry } from '#shared/protocol/controlRecord/entries';
import { MAX_RECORD_BYTES, type RecordBreak, readRecordFile } from '#shared/protocol/controlRecord/recordFile';

const USAGE = `用法 / usage: npm run verify-record -- FILE.ndjson [--last-hash HASH]

  --last-hash  病历中为该文件保存的末行哈希
               the last line's hash, as the case keeps it beside the file

退出码 / exit code: 0 完整 as it was written · 1 不完整 not · 2 用法有误 usage
`;

const WHY: Readonly<Record<RecordBreak['why'], string>> = {
  header: '不是远程控制记录 / it is no record of remote control',
  notALine: '不是记录的一行 / not a line of a record',
  hash: '与前一行的哈希不符：此行或其前一行被改动、删除或调换 / its hash does not follow from the line before: altered, taken out, or exchanged',
  sequence: '序号不连续 / its number does not follow',
  end: '结尾缺失 / the end is missing',
};

async function main(argv: readonly string[]): Promise<number> {
  const usage = (problem: string) => {
    process.stderr.write(`${problem}\n\n${USAGE}`);
    return 2;
  };
  let parsed: { readonly values: { readonly 'last-hash'?: string | undefined }; readonly positionals: readonly string[] };
  try {
    parsed = parseArgs({ args: [...argv], options: { 'last-hash': { type: 'string' } }, allowPositionals: true });
  } catch (error) {
    return usage(error instanceof Error ? error.message : String(error));
  }
  const [path, ...more] = parsed.positionals;
  if (path === undefined || more.length > 0) return usage('请指定一个文件 / name one file');
  let text: string;
  try {
    if ((await stat(path)).size > MAX_RECORD_BYTES) return usage(`文件过大 / too large: ${path}`);
    text = await readFile(path, 'utf8');
  } catch {
    return usage(`无法读取 / cannot be read: ${path}`);
  }
  const { entries, broken, lastHash } = await readRecordFile(text, (one) => createHash('sha256').update(one).digest('hex'));
  if (broken !== null) {
    process.stdout.write(`✗ 第 ${broken.line} 行 / line ${broken.line}: ${WHY[broken.why]}\n`);
    return 1;
  }
  const wanted = parsed.values['last-hash']?.toLowerCase();
  if (wanted !== undefined && wanted !== lastHash) {
    process.stdout.write(`✗ 末行哈希不同 / another last hash: ${lastHash}\n`);
    return 1;
  }
  const [first, last] = [parseRecordEntry(entries[0] ?? {}), parseRecordEntry(entries.at(-1) ?? {})];
  process.stdout.write(`✓ ${entries.length} 条，与写入时一致 / entries, as they were written\n  ${first?.at ?? ''} – ${last?.at ?? ''}\n  末行哈希 / last hash ${lastHash}\n`);
  return 0;
}

process.exitCode = await main(process.argv.slice(2));
