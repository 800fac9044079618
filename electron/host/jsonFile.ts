import { randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Clock } from '#shared/lib/clock';
import { drop } from '#shared/lib/drop';
import { AppError } from '#shared/protocol/errors';
import { z } from 'zod';

/** Why a file was put aside and where it is now; its content is untouched there. */
export interface SetAsideReport {
  readonly path: string;
  readonly savedAs: string;
  readonly reason: string;
}

export type JsonFileContent<T> = { readonly type: 'missing' } | { readonly type: 'value'; readonly value: T } | { readonly type: 'setAside'; readonly report: SetAsideReport };

export interface JsonFileOptions<T> {
  readonly path: string;
  /** The current shape; must hold `schemaVersion` equal to the option of that name. */
  readonly schema: z.ZodType<T>;
  readonly schemaVersion: number;
  /** From version n (the key) to n + 1. A version without an entry is set aside. */
  readonly migrations?: Readonly<Record<number, (old: unknown) => unknown>>;
  /** A larger file is not read into memory but set aside, bytes. */
  readonly maxBytes?: number;
  readonly clock: Clock;
  readonly onSetAside: (report: SetAsideReport) => void;
}

const versioned = z.object({ schemaVersion: z.number().int().nonnegative() });

/**
 * One small versioned JSON document on disk, written whole. A reader sees the old document or the new one, never a part, also
 * after a power cut: a ward cart is switched off at the wall. Files are for their owner only (0600).
 */
export class JsonFile<T> {
  readonly #options: JsonFileOptions<T>;

  constructor(options: JsonFileOptions<T>) {
    this.#options = options;
  }

  /**
   * The document. What cannot be understood (not JSON, wrong shape, newer version, too large) is renamed beside its place and
   * reported, so that nothing a person configured is overwritten by defaults.
   * @throws AppError `storage.corrupt` when the file exists and cannot be read or put aside (rights, a failing disk).
   */
  async read(): Promise<JsonFileContent<T>> {
    const { path, maxBytes = 1_000_000 } = this.#options;
    let text: string;
    try {
      const { size } = await stat(path);
      if (size > maxBytes) return this.#setAside(`${size} bytes, the limit is ${maxBytes}`);
      const file = await open(path, 'r');
      try {
        text = await file.readFile('utf8');
      } finally {
        await file.close();
      }
    } catch (error) {
      if (hasErrorCode(error, 'ENOENT')) return { type: 'missing' };
      throw new AppError('storage.corrupt', `cannot read ${baseName(path)}`, { cause: error });
    }
    const parsed = this.#parse(text);
    return typeof parsed === 'string' ? this.#setAside(parsed) : { type: 'value', value: parsed.value };
  }

  /**
   * Replaces the document; when the promise resolves it is on the disk.
   * @throws AppError `storage.full` when there is no room, `storage.corrupt` when the disk refuses otherwise.
   */
  async write(value: T): Promise<void> {
    const { path } = this.#options;
    const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
    try {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      // 1. The whole new document under another name, forced to the disk: renaming first could leave an empty file after a power cut.
      const file = await open(temporary, 'wx', 0o600);
      try {
        await file.writeFile(`${JSON.stringify(value, null, 2)}\n`, 'utf8');
        await file.sync();
      } finally {
        await file.close();
      }
      // 2. One atomic step from old to new.
      await rename(temporary, path);
      // 3. The rename itself lives in the folder, which has a cache of its own.
      await syncFolder(dirname(path));
    } catch (error) {
      drop(rm(temporary, { force: true }), 'the write has failed already; a left-over temporary file is harmless and never read');
      throw new AppError(hasErrorCode(error, 'ENOSPC') ? 'storage.full' : 'storage.corrupt', `cannot write ${baseName(path)}`, { cause: error });
    }
  }

  /** The document in its current version, or the reason why it cannot be had. */
  #parse(text: string): { readonly value: T } | string {
    const { schema, schemaVersion, migrations = {} } = this.#options;
    let document: unknown;
    try {
      document = JSON.parse(text);
    } catch {
      return 'not JSON';
    }
    for (;;) {
      const version = versioned.safeParse(document);
      if (!version.success) return 'no schema version';
      const found = version.data.schemaVersion;
      if (found === schemaVersion) break;
      if (found > schemaVersion) return `written by a newer version (${found}, this one knows ${schemaVersion})`;
      const migrate = migrations[found];
      if (!migrate) return `no way from version ${found}`;
      document = migrate(document);
      const reached = versioned.safeParse(document);
      if (!reached.success || reached.data.schemaVersion !== found + 1) return `migration from version ${found} failed`;
    }
    const value = schema.safeParse(document);
    return value.success ? { value: value.data } : `wrong shape at ${value.error.issues.map((issue) => issue.path.join('.')).join(', ').slice(0, 200)}`;
  }

  async #setAside(reason: string): Promise<JsonFileContent<T>> {
    const { path, clock, onSetAside } = this.#options;
    const savedAs = `${path}.corrupt-${clock.wallMs()}-${randomBytes(3).toString('hex')}`;
    try {
      await rename(path, savedAs);
      await syncFolder(dirname(path));
    } catch (error) {
      throw new AppError('storage.corrupt', `${baseName(path)} is unusable (${reason}) and cannot be put aside`, { cause: error });
    }
    const report = { path, savedAs, reason };
    onSetAside(report);
    return { type: 'setAside', report };
  }
}

/** Whether `error` is a Node system error of that code (`ENOENT`, `ENOSPC` …). */
export function hasErrorCode(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}

function baseName(path: string): string {
  return path.split(/[\\/]/).at(-1) ?? 'file'; // the whole path would carry the account's name into logs
}

async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return; // Windows does not open folders for syncing; NTFS journals the rename
  let handle: FileHandle | null = null;
  try {
    handle = await open(folder, 'r');
    await handle.sync();
  } finally {
    await handle?.close();
  }
}
