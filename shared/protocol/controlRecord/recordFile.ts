import { z } from 'zod';
import { chainedText, FIRST_HASH, readChainedLine } from './chain.ts';

/** Of a record that was handed to a case. */
export const RECORD_MEDIA_TYPE = 'application/x-ndjson';
const FORMAT = 'huizhen-control-record';
/** A longer one is not read: two hours of motion take a third of it, bytes. */
export const MAX_RECORD_BYTES = 96 * 1024 * 1024;

const headerSchema = z.object({
  format: z.literal(FORMAT),
  version: z.literal(1),
  /** Number of the first entry in the machine's own record. */
  from: z.number().int().min(1).max(Number.MAX_SAFE_INTEGER),
  /** What the first entry hangs on: the hash of the entry before it, which stays on the machine. */
  previousHash: z.string().regex(/^[0-9a-f]{64}$/),
});

/** Where a file is not what was written. `end`: the lines are good and the last of them is missing. */
export interface RecordBreak {
  /** From 1; the header is line 1. */
  readonly line: number;
  readonly why: 'header' | 'notALine' | 'hash' | 'sequence' | 'end';
}

export interface RecordReading {
  /** Entries as they stand in the file, up to the first break and behind it: what is shown says so. */
  readonly entries: readonly object[];
  /** Null: every line is as it was written, none is missing between the first and the last, and the last says that it is. */
  readonly broken: RecordBreak | null;
  /** Of the last line that could be read. */
  readonly lastHash: string;
}

/** [CTL110] The file of a part of the record. @param lines as they stand in the machine's record, without line ends; at least one */
export function writeRecordFile(from: number, previousHash: string, lines: readonly string[]): string {
  const header: z.infer<typeof headerSchema> = { format: FORMAT, version: 1, from, previousHash };
  return `${[JSON.stringify(header), ...lines].join('\n')}\n`;
}

/**
 * [CTL111] Follows the chain through a file, and finds the first line that is not as it was written. What this proves: nothing was
 * altered, taken out, put in or exchanged by anybody who did not also write all hashes after it anew; against that the case keeps the last
 * hash, and the file's own.
 * @param sha256Hex of a text as UTF-8, lower-case hex
 */
export async function readRecordFile(text: string, sha256Hex: (text: string) => string | Promise<string>): Promise<RecordReading> {
  const lines = text.split('\n');
  const isWhole = lines.pop() === '';
  const header = headerSchema.safeParse(parseJson(lines[0]));
  if (!header.success) return { entries: [], broken: { line: 1, why: 'header' }, lastHash: FIRST_HASH };
  const entries: object[] = [];
  let broken: RecordBreak | null = null;
  let lastHash = header.data.previousHash;
  let sequence = header.data.from - 1;
  let lastType: unknown = null;
  for (const [index, line] of lines.entries()) {
    if (index === 0) continue;
    const read = readChainedLine(line);
    if (read === null) {
      broken ??= { line: index + 1, why: 'notALine' };
      continue;
    }
    if (broken === null && (await sha256Hex(chainedText(lastHash, read.text))) !== read.hash) broken = { line: index + 1, why: 'hash' };
    if (read.sequence !== sequence + 1) broken ??= { line: index + 1, why: 'sequence' };
    ({ hash: lastHash, sequence } = read);
    entries.push(read.entry);
    lastType = 'type' in read.entry ? read.entry.type : null;
  }
  if (!isWhole || lastType !== 'partEnded') broken ??= { line: lines.length + 1, why: 'end' };
  return { entries, broken, lastHash };
}

function parseJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return null;
  }
}
