import { appendFile, mkdir, open, rename, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { AsyncQueue } from '#shared/lib/asyncQueue';
import type { Clock } from '#shared/lib/clock';
import { redact } from '#shared/lib/redact';
import { hasErrorCode } from './jsonFile.ts';

export type LogLevel = 'error' | 'warn' | 'info';

/** Where lines for support go. `at` names the place in the program that speaks; `details` are redacted. Never fails, never waits. */
export interface HostLog {
  write(level: LogLevel, at: string, message: string, details?: unknown): void;
}

export interface LogFileOptions {
  readonly folder: string;
  readonly clock: Clock;
  /** A file that would grow past this is turned over, bytes. */
  readonly maxBytes?: number;
  /** How many files are kept in all, the current one included; at least 2. */
  readonly maxFiles?: number;
  /** Lines that may wait for a slow disk; more are counted and dropped. */
  readonly maxWaiting?: number;
}

/**
 * `host.log` as JSON lines (UTC times), turned over into `host.log.1` … and bounded: a page that logs in a loop can fill neither
 * disk nor memory. A failing disk costs lines, never the consult.
 */
export class LogFile implements HostLog {
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #maxBytes: number;
  readonly #maxFiles: number;
  readonly #maxWaiting: number;
  readonly #queue: AsyncQueue;
  /** The last line taken. */
  #written: Promise<void> = Promise.resolve();
  #sizeBytes: number | null = null;
  #droppedLines = 0;

  constructor(options: LogFileOptions) {
    this.#folder = options.folder;
    this.#clock = options.clock;
    this.#maxBytes = options.maxBytes ?? 1_000_000;
    this.#maxFiles = options.maxFiles ?? 5;
    this.#maxWaiting = options.maxWaiting ?? 1000;
    this.#queue = new AsyncQueue(this.#maxWaiting);
  }

  write(level: LogLevel, at: string, message: string, details?: unknown): void {
    const time = new Date(this.#clock.wallMs()).toISOString();
    const entry = { time, level, at: scrubText(at).slice(0, 200), message: scrubText(message).slice(0, 2000), ...(details === undefined ? {} : { details: scrubValue(redact(details)) }) };
    if (this.#queue.size >= this.#maxWaiting) {
      this.#droppedLines += 1;
      return;
    }
    this.#written = this.#queue
      .push(async () => {
        if (this.#droppedLines > 0) {
          await this.#append({ time, level: 'warn', at: 'logFile', message: `${this.#droppedLines} lines were dropped` });
          this.#droppedLines = 0;
        }
        await this.#append(entry);
      })
      .catch(() => {
        this.#droppedLines += 1; // a failing disk costs the line; the next one written says how many
      });
  }

  /** The newest lines, oldest first, at most `maxChars` characters; for support. */
  async tail(maxChars: number): Promise<string> {
    await this.flush();
    const older = await readEnd(this.#path(1), maxChars);
    const newest = await readEnd(this.#path(0), maxChars);
    const text = (older + newest).slice(-maxChars);
    // The first line may have been cut in two.
    return older.length + newest.length > maxChars ? text.slice(text.indexOf('\n') + 1) : text;
  }

  /** Resolves when every line taken so far is in the file or lost. */
  flush(): Promise<void> {
    return this.#written;
  }

  async #append(entry: object): Promise<void> {
    const line = `${JSON.stringify(entry)}\n`;
    const bytes = Buffer.byteLength(line);
    if (this.#sizeBytes === null) {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      this.#sizeBytes = await sizeOf(this.#path(0));
    }
    if (this.#sizeBytes > 0 && this.#sizeBytes + bytes > this.#maxBytes) await this.#turnOver();
    await appendFile(this.#path(0), line, { mode: 0o600 });
    this.#sizeBytes += bytes;
  }

  async #turnOver(): Promise<void> {
    for (let index = this.#maxFiles - 2; index >= 0; index -= 1) {
      await rename(this.#path(index), this.#path(index + 1)).catch((error: unknown) => {
        if (!hasErrorCode(error, 'ENOENT')) throw error;
      });
    }
    this.#sizeBytes = 0;
  }

  #path(index: number): string {
    return join(this.#folder, index === 0 ? 'host.log' : `host.log.${index}`);
  }
}

/** Free text may carry what `redact` finds by key in objects: credentials in addresses, key material, SDP, the account's folder. */
export function scrubText(text: string): string {
  return text
    .slice(0, 4000)
    .replaceAll(homedir(), '~')
    .replace(/\b(token|password|secret|code|key|authorization|cookie|ice-pwd|ice-ufrag|fingerprint)\b(["']?\s*[:=]\s*["']?)[^\s&"',;]+/gi, '$1$2[redacted]')
    .replace(/\bBearer\s+\S+/gi, 'Bearer [redacted]')
    .replace(/\/\/[^\s/@]{1,200}@/g, '//[redacted]@')
    .replace(/\bv=0\r?\n[\s\S]*/g, '[redacted SDP]')
    .replace(/[A-Za-z0-9+/_-]{32,}={0,2}/g, (run) => (/\d/.test(run) && /[A-Za-z]/.test(run) && !run.includes('/') ? `[redacted ${run.length}]` : run));
}

/** `scrubText` on every string of an already redacted (so: shallow and narrow) value. */
function scrubValue(value: unknown): unknown {
  if (typeof value === 'string') return scrubText(value);
  if (Array.isArray(value)) return value.map(scrubValue);
  if (typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, scrubValue(item)]));
  return value;
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT')) return 0;
    throw error;
  }
}

/** The last characters of a file that may be missing; reads no more than it returns. */
async function readEnd(path: string, maxBytes: number): Promise<string> {
  try {
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      const length = Math.min(size, maxBytes);
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length);
      return buffer.subarray(0, bytesRead).toString('utf8');
    } finally {
      await file.close();
    }
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT')) return '';
    throw error;
  }
}
