import { type FileHandle, mkdir, open, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '#shared/lib/clock';
import type { Undo } from '#shared/lib/disposable';
import { drop } from '#shared/lib/drop';
import { AppError } from '#shared/protocol/errors';
import { hasErrorCode } from '../jsonFile.ts';
import { FIRST_HASH } from '#shared/protocol/controlRecord/chain';
import { chainLine, listSegments, readLines, readSegment } from './recordChain.ts';

/** The disk is asked again this often after it refused, ms. */
const RETRY_EVERY_MS = 1000;
/** What is not urgent reaches the platter at the latest with the next line after this long, ms. */
const SYNC_EVERY_MS = 1000;
/** [CTL47] Lines that wait longer than this were not written, whatever the disk says of itself, ms. */
const MAX_BEHIND_MS = 2000;
const MAX_WAITING = 1000;

export interface ControlRecordOptions {
  /** A folder of its own; created when first written. */
  readonly folder: string;
  readonly clock: Clock;
  /** A file is turned over at this length, bytes. */
  readonly maxSegmentBytes?: number;
}

interface Waiting {
  readonly bytes: Buffer;
  readonly isUrgent: boolean;
  readonly sinceMs: number;
  readonly sequence: number;
}

/**
 * [CTL45] [CTL46] What was granted, refused, stopped, set and moved: JSON lines that hang on each other by SHA-256, in files that only
 * grow. Each line has its number, the civil clock (ISO 8601) and the machine's monotonic clock (ms since an arbitrary moment of this
 * process; `opened` begins it anew). Urgent lines are on the platter when `flush` resolves. Nothing is ever taken away here: how long a
 * record is kept is the site's to say.
 */
export class ControlRecord {
  /** [CTL31] Who stopped what nobody has reset since, before this process; null: nothing was. */
  readonly stoppedBefore: string | null;
  readonly #options: ControlRecordOptions;
  readonly #maxSegmentBytes: number;
  #lastHash: string;
  #sequence: number;
  /** The file that is written, and how long what is good of it is. */
  #segment: string | null;
  #sizeBytes: number;
  #file: FileHandle | null = null;
  #waiting: Waiting[] = [];
  #lost = 0;
  #syncedAtMs = Number.NEGATIVE_INFINITY;
  #writing: Promise<void> | null = null;
  #failure: AppError | null = null;
  #cancelRetry: Undo = () => undefined;
  #isClosed = false;

  private constructor(options: ControlRecordOptions, start: { segment: string | null; sizeBytes: number; lastHash: string; sequence: number; lines: readonly string[] }) {
    this.stoppedBefore = stoppedBy(start.lines);
    this.#options = options;
    this.#maxSegmentBytes = options.maxSegmentBytes ?? 4_000_000;
    this.#segment = start.segment;
    this.#sizeBytes = start.sizeBytes;
    this.#lastHash = start.lastHash;
    this.#sequence = start.sequence;
  }

  /**
   * Goes on where the record ends. A line that a power cut tore is cut off, and the next line says so; a file whose chain is broken is left
   * as it is, and the next one says so.
   * @throws AppError `storage.corrupt` when the record cannot be read
   */
  static async open(options: ControlRecordOptions): Promise<ControlRecord> {
    try {
      const { folder } = options;
      const segments = await listSegments(folder);
      const segment = segments.at(-1);
      const before = segments.at(-2);
      if (segment === undefined) return new ControlRecord(options, { segment: null, sizeBytes: 0, lastHash: FIRST_HASH, sequence: 0, lines: [] });
      const previous = before === undefined ? null : await readSegment(folder, before, null); // its own end is good whatever it hangs on
      const { lines, lastHash, lastSequence, wholeBytes, tornBytes, broken } = await readSegment(folder, segment, previous);
      if (tornBytes > 0) await truncate(join(folder, segment), wholeBytes);
      const record = new ControlRecord(options, { segment: broken === null ? segment : null, sizeBytes: wholeBytes, lastHash, sequence: lastSequence, lines: [...(previous?.lines ?? []), ...lines] });
      if (tornBytes > 0) record.append('torn', { segment, bytes: tornBytes });
      if (broken !== null) record.append('broken', { ...broken });
      return record;
    } catch (error) {
      throw error instanceof AppError ? error : new AppError('storage.corrupt', 'the record of control cannot be read', { cause: error });
    }
  }

  /** Number of the newest entry. */
  get sequence(): number {
    return this.#sequence;
  }

  /** [CTL47] Why what happens now is not being written; null: it is. */
  get failure(): AppError | null {
    if (this.#failure !== null) return this.#failure;
    const oldest = this.#waiting[0];
    return oldest !== undefined && this.#options.clock.monotonicMs() - oldest.sinceMs > MAX_BEHIND_MS ? new AppError('storage.unavailable', 'the disk does not keep up with the record of control') : null;
  }

  /** Never fails and never waits; see `failure` and `flush`. */
  append(type: string, details: object, isUrgent = true): void {
    if (this.#isClosed) return;
    if (this.#waiting.length >= MAX_WAITING) {
      this.#lost += 1;
      return;
    }
    if (this.#lost > 0) {
      const entries = this.#lost;
      this.#lost = 0;
      this.#push('lost', { entries }, true);
    }
    this.#push(type, details, isUrgent);
    if (this.#failure === null) drop(this.#write(), 'a failure is kept, and `failure` says it');
  }

  /** Resolves when all that was appended is on the platter. @throws AppError `storage.full`, `storage.unavailable` when it is not */
  async flush(): Promise<void> {
    const { sequence } = this;
    while (this.#waiting.some((one) => one.sequence <= sequence)) {
      await (this.#writing ?? this.#write());
      if (this.#failure !== null) throw this.#failure;
    }
    if (this.#failure !== null) throw this.#failure;
    await this.#file?.datasync();
  }

  /** [CTL46] Whole lines from the entry with number `from` on, at most `limit` of them, and the number to ask for next; null: that was all. */
  async read(from: number, limit: number): Promise<{ readonly lines: string[]; readonly next: number | null }> {
    await this.flush();
    const { folder } = this.#options;
    const segments = await listSegments(folder);
    const lines: string[] = [];
    let first = Math.max(1, from);
    for (const [index, segment] of segments.entries()) {
      const nextFirst = firstOf(segments[index + 1]);
      if (nextFirst !== null && nextFirst <= first) continue;
      const reading = await readLines(folder, segment);
      const skipped = Math.max(0, first - (firstOf(segment) ?? 0));
      const taken = reading.lines.slice(skipped, skipped + limit - lines.length);
      lines.push(...taken);
      first += taken.length;
      if (lines.length >= limit) break;
    }
    return { lines, next: lines.length === 0 || first > this.#sequence ? null : first };
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#cancelRetry();
    await this.flush().catch((error: unknown) => {
      if (!(error instanceof AppError)) throw error; // told already
    });
    await this.#file?.close();
    this.#file = null;
  }

  #push(type: string, details: object, isUrgent: boolean): void {
    const { clock } = this.#options;
    this.#sequence += 1;
    const { line, hash } = chainLine(this.#lastHash, { sequence: this.#sequence, at: new Date(clock.wallMs()).toISOString(), monotonicMs: Math.round(clock.monotonicMs() * 1000) / 1000, type, ...details });
    this.#lastHash = hash;
    this.#waiting.push({ bytes: Buffer.from(`${line}\n`), isUrgent, sinceMs: clock.monotonicMs(), sequence: this.#sequence });
  }

  /** One writer at a time, until nothing waits or the disk refuses. */
  #write(): Promise<void> {
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = null;
    });
    return this.#writing;
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.slice();
      try {
        await this.#writeBatch(batch);
        this.#waiting.splice(0, batch.length);
        this.#failure = null;
      } catch (error) {
        await this.#fail(error);
        return;
      }
    }
  }

  async #writeBatch(batch: readonly Waiting[]): Promise<void> {
    const { folder, clock } = this.#options;
    if (this.#segment === null || this.#sizeBytes >= this.#maxSegmentBytes) {
      await this.#file?.close();
      this.#file = null;
      this.#segment = `control-${String(batch[0]?.sequence ?? 0).padStart(10, '0')}.jsonl`;
      this.#sizeBytes = 0;
    }
    if (this.#file === null) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      this.#file = await open(join(folder, this.#segment), 'a', 0o600);
      const { size } = await this.#file.stat();
      if (size > this.#sizeBytes) await this.#file.truncate(this.#sizeBytes); // half a line of the try before
    }
    const bytes = Buffer.concat(batch.map((one) => one.bytes));
    await this.#file.appendFile(bytes);
    const nowMs = clock.monotonicMs();
    if (batch.some(({ isUrgent }) => isUrgent) || nowMs - this.#syncedAtMs >= SYNC_EVERY_MS) {
      await this.#file.datasync();
      this.#syncedAtMs = nowMs;
    }
    this.#sizeBytes += bytes.length;
  }

  /** What was written of the batch is taken off again: the next try writes all of it. */
  async #fail(error: unknown): Promise<void> {
    this.#failure = hasErrorCode(error, 'ENOSPC') || hasErrorCode(error, 'EDQUOT') ? new AppError('storage.full', 'no room for the record of control', { cause: error }) : new AppError('storage.unavailable', 'the record of control cannot be written', { cause: error });
    const file = this.#file;
    this.#file = null;
    if (file !== null) {
      await file.truncate(this.#sizeBytes).catch(() => undefined); // the next try does it again before it writes
      await file.close().catch(() => undefined);
    }
    this.#cancelRetry();
    if (!this.#isClosed) this.#cancelRetry = this.#options.clock.after(RETRY_EVERY_MS, () => drop(this.#write(), 'a failure is kept, and `failure` says it'));
  }
}

/** Files are named by the number of their first entry. */
const firstOf = (segment: string | undefined): number | null => (segment === undefined ? null : Number(segment.slice(8, 18)));

/** By the last stop or reset of the record's end; nothing moves while stopped, so that little is written after one. */
function stoppedBy(lines: readonly string[]): string | null {
  const last = lines.findLast((line) => /"type":"(emergency|reset)"/.test(line)); // within a text the quotes are escaped
  return last?.includes('"type":"emergency"') ? (/"by":"([!-~]+?)"/.exec(last)?.[1] ?? 'host') : null;
}
