import { createHash } from 'node:crypto';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { chainedText, FIRST_HASH, readChainedLine, writeChainedLine } from '#shared/protocol/controlRecord/chain';
import { hasErrorCode } from '../jsonFile.ts';

/** A segment is turned over long before; a larger file is none of ours, bytes. */
const MAX_SEGMENT_BYTES = 64 * 1024 * 1024;

/** One line without its line end, and the hash that the next one hangs on. */
export function chainLine(previousHash: string, entry: object): { readonly line: string; readonly hash: string } {
  const text = JSON.stringify(entry);
  const hash = hashOf(previousHash, text);
  return { line: writeChainedLine(hash, text), hash };
}

const hashOf = (previousHash: string, text: string): string => createHash('sha256').update(chainedText(previousHash, text)).digest('hex');

/** Where a record is not what was written. */
export interface Break {
  readonly segment: string;
  /** From 1. */
  readonly line: number;
  readonly why: 'notALine' | 'hash' | 'sequence';
}

export interface SegmentReading {
  readonly lines: readonly string[];
  /** Of the last whole line. */
  readonly lastHash: string;
  readonly lastSequence: number;
  /** Bytes up to the end of the last whole line. */
  readonly wholeBytes: number;
  /** Bytes after it: a line that was cut off by a power cut. */
  readonly tornBytes: number;
  readonly broken: Break | null;
}

/** The record's files in their order. */
export async function listSegments(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => /^control-\d{10}\.jsonl$/.test(name)).sort();
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT')) return [];
    throw error;
  }
}

/** Whole lines of a file of the record; nothing is checked, so that the process beside a device that moves is not held up. */
export async function readLines(folder: string, segment: string): Promise<{ readonly bytes: Buffer; readonly end: number; readonly lines: string[] }> {
  const bytes = await readBounded(join(folder, segment));
  const end = bytes.lastIndexOf(0x0a) + 1;
  return { bytes, end, lines: end === 0 ? [] : bytes.subarray(0, end - 1).toString('utf8').split('\n') };
}

/** Reads a file of the record and follows its chain from `previous`; goes on behind a break with what the lines say of themselves. */
export async function readSegment(folder: string, segment: string, previous: { readonly lastHash: string; readonly lastSequence: number } | null): Promise<SegmentReading> {
  const { bytes, end, lines } = await readLines(folder, segment);
  let lastHash = previous?.lastHash ?? FIRST_HASH;
  let lastSequence = previous?.lastSequence ?? 0;
  let broken: Break | null = null;
  for (const [index, line] of lines.entries()) {
    const read = readChainedLine(line);
    if (read === null) {
      broken ??= { segment, line: index + 1, why: 'notALine' };
      continue;
    }
    const { hash, text, sequence } = read;
    if (hash !== hashOf(lastHash, text)) broken ??= { segment, line: index + 1, why: 'hash' };
    else if (sequence !== lastSequence + 1) broken ??= { segment, line: index + 1, why: 'sequence' };
    lastHash = hash;
    lastSequence = sequence;
  }
  return { lines, lastHash, lastSequence, wholeBytes: end, tornBytes: bytes.length - end, broken };
}

/** What is known of a whole record. */
export interface Verification {
  readonly entries: number;
  /** Null: every line is as it was written, and none is missing between the first and the last. */
  readonly broken: Break | null;
  /** To be kept elsewhere: lines taken off the end leave no other trace. */
  readonly lastHash: string;
}

/** [CTL46] Follows the chain through all of a record's files. */
export async function verifyRecord(folder: string): Promise<Verification> {
  let entries = 0;
  let broken: Break | null = null;
  let last: SegmentReading | null = null;
  for (const segment of await listSegments(folder)) {
    last = await readSegment(folder, segment, last);
    broken ??= last.broken;
    entries += last.lines.length;
  }
  return { entries, broken, lastHash: last?.lastHash ?? FIRST_HASH };
}

/** Not `readFile`: what stands in the place of a file may have no end. */
async function readBounded(path: string): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    if (size > MAX_SEGMENT_BYTES) throw new RangeError('a file of the record is too large to be ours');
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size), 0, size, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
