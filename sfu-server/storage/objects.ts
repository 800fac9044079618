import { createHash } from 'node:crypto';
import { createReadStream, type ReadStream } from 'node:fs';
import { type FileHandle, link, mkdir, open, readdir, rename, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { AsyncQueue } from '#shared/lib/asyncQueue';
import { AppError } from '#shared/protocol/errors';

/** What is left free for the database, which may share the disk. */
const RESERVE_BYTES = 256 * 1024 * 1024;
/** Read at once: a slice of a scan in one piece and not in eight. */
const READ_BYTES = 512 * 1024;
/** How many parts of one upload may wait for each other. */
const WAITING_PARTS = 8;

/** What the object store asks of the disk; tests put a small one in its place. */
export interface Disk {
  /** Bytes that may still be written at that folder. */
  freeBytes(folder: string): Promise<number>;
  /** Writes all of the bytes at that position. */
  write(file: FileHandle, bytes: Uint8Array, position: number): Promise<void>;
}

export const REAL_DISK: Disk = {
  async freeBytes(folder) {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  },
  async write(file, bytes, position) {
    for (let written = 0; written < bytes.byteLength; ) written += (await file.write(bytes, written, bytes.byteLength - written, position + written)).bytesWritten;
  },
};

/**
 * Content by its SHA-256 in a folder: `objects/ab/abcd…` what is whole, `uploads/KEY` what is still coming, where KEY names one upload.
 * What is said to be there is on the disk (file and directory), so that it is there after a power cut.
 */
export class ObjectStore {
  readonly #folder: string;
  readonly #disk: Disk;
  readonly #queues = new Map<string, AsyncQueue>();

  private constructor(folder: string, disk: Disk) {
    this.#folder = folder;
    this.#disk = disk;
  }

  /** Makes the folders where they are missing. @throws AppError `storage.corrupt` when they cannot be made */
  static async open(folder: string, disk: Disk = REAL_DISK): Promise<ObjectStore> {
    try {
      await mkdir(join(folder, 'objects'), { recursive: true, mode: 0o700 });
      await mkdir(join(folder, 'uploads'), { recursive: true, mode: 0o700 });
    } catch (error) {
      throw new AppError('storage.corrupt', 'the folder for attachments cannot be made', { cause: error });
    }
    return new ObjectStore(folder, disk);
  }

  /** How many bytes of an upload are on the disk. */
  async offset(key: string): Promise<number> {
    return (await sizeOf(this.#uploadPath(key))) ?? 0;
  }

  /** @throws AppError `storage.full` when the disk has no room for that many bytes more */
  async requireRoom(bytes: number): Promise<void> {
    if ((await this.#disk.freeBytes(this.#folder)) < bytes + RESERVE_BYTES) throw new AppError('storage.full', 'no room for an attachment');
  }

  /** Work on one upload, one after the other. @throws AppError `input.rateLimited` when too much waits */
  async exclusively<T>(key: string, work: () => Promise<T>): Promise<T> {
    const queue = this.#queues.get(key) ?? new AsyncQueue(WAITING_PARTS);
    if (queue.size >= WAITING_PARTS) throw new AppError('input.rateLimited', 'too many parts of one upload at once', { retryAfterMs: 1000 });
    this.#queues.set(key, queue);
    try {
      return await queue.push(work);
    } finally {
      if (queue.size === 0) this.#queues.delete(key);
    }
  }

  /**
   * Appends to an upload; of a part that breaks off, what came of it stays. Only within `exclusively`.
   * @returns the bytes that are on the disk afterwards
   * @throws AppError `storage.full`, `input.tooLarge` when more than `maxBytes` come; what the part itself throws
   */
  async append(key: string, part: AsyncIterable<Uint8Array>, maxBytes: number): Promise<number> {
    const file = await open(this.#uploadPath(key), 'a+', 0o600).catch(fullOr);
    try {
      const before = (await file.stat()).size;
      let position = before;
      try {
        for await (const bytes of part) {
          if (position + bytes.byteLength - before > maxBytes) throw new AppError('input.tooLarge', 'the part holds more than it may');
          await this.#disk.write(file, bytes, position).catch(fullOr);
          position += bytes.byteLength;
        }
      } finally {
        await file.sync().catch(fullOr);
      }
      return position;
    } finally {
      await file.close();
    }
  }

  /**
   * Takes a whole upload in under its hash. One that does not have it is thrown away. The upload itself stays until `drop`: a server
   * that ends before the case's record says so finds it whole and finishes again, where the hash alone would prove nothing. Only
   * within `exclusively`.
   * @throws AppError `record.hashMismatch`
   */
  async finish(key: string, hash: string): Promise<void> {
    const path = this.#uploadPath(key);
    const digest = createHash('sha256');
    await pipeline(createReadStream(path), digest);
    if (digest.digest('hex') !== hash) {
      await rm(path, { force: true });
      throw new AppError('record.hashMismatch', 'the bytes do not give the hash');
    }
    const target = this.#objectPath(hash);
    if ((await sizeOf(target)) !== null) return;
    const shelf = join(this.#folder, 'objects', hash.slice(0, 2));
    await mkdir(shelf, { recursive: true, mode: 0o700 }).catch(fullOr);
    // Another case's upload of the same content may be faster: it is the same.
    await link(path, target).catch((error: unknown) => (codeOf(error) === 'EEXIST' ? undefined : fullOr(error)));
    await syncFolder(shelf);
    await syncFolder(join(this.#folder, 'objects'));
  }

  /** The record says that the content is held: the upload is not needed any more. Only within `exclusively`. */
  async drop(key: string): Promise<void> {
    await rm(this.#uploadPath(key), { force: true });
  }

  /** Content that is at hand as a whole. @throws AppError `storage.full` */
  async put(hash: string, bytes: Uint8Array): Promise<void> {
    const key = `put-${hash}`;
    await this.exclusively(key, async () => {
      await rm(this.#uploadPath(key), { force: true });
      await this.append(key, (async function* () { yield bytes; })(), bytes.byteLength);
      await this.finish(key, hash);
      await this.drop(key);
    });
  }

  /**
   * Content whose hash is not known before, as it comes, under a key of its own that nobody else uses; `keep` takes it in, `drop` throws
   * it away.
   * @throws AppError `storage.full`, `input.tooLarge`; what the content itself throws. Nothing is left then
   */
  async receive(key: string, content: AsyncIterable<Uint8Array>, maxBytes: number): Promise<{ readonly hash: string; readonly sizeBytes: number }> {
    const digest = createHash('sha256');
    const hashed = async function* () {
      for await (const bytes of content) {
        digest.update(bytes);
        yield bytes;
      }
    };
    try {
      const sizeBytes = await this.exclusively(key, () => this.append(key, hashed(), maxBytes));
      return { hash: digest.digest('hex'), sizeBytes };
    } catch (error) {
      await this.drop(key);
      throw error;
    }
  }

  /** Takes in what was received. */
  async keep(key: string, hash: string): Promise<void> {
    await this.exclusively(key, async () => {
      await this.finish(key, hash);
      await this.drop(key);
    });
  }

  /** Where a thread that reads files by itself finds what was received, and what is held. */
  pathOf(place: { readonly key: string } | { readonly hash: string }): string {
    return 'key' in place ? this.#uploadPath(place.key) : this.#objectPath(place.hash);
  }

  /** The size of a content, bytes; null: it is not there. */
  async size(hash: string): Promise<number | null> {
    return sizeOf(this.#objectPath(hash));
  }

  /** From the byte `start` to the byte `end`, that one too. */
  read(hash: string, start: number, end: number): ReadStream {
    return createReadStream(this.#objectPath(hash), { start, end, highWaterMark: READ_BYTES });
  }

  /**
   * Removes a content that is held, if nobody wants it. It is put aside before that is asked: whoever takes the same content in
   * meanwhile, having said so before, finds it missing and writes it anew, or is heard by `isUnwanted` and gets it back.
   * @returns whether it was removed
   */
  async removeIf(hash: string, isUnwanted: () => Promise<boolean>): Promise<boolean> {
    const path = this.#objectPath(hash);
    const aside = `${path}.unwanted`;
    // Where it is missing, an earlier try ended after this step.
    await rename(path, aside).catch((error: unknown) => (codeOf(error) === 'ENOENT' ? undefined : Promise.reject(error)));
    let isGone = false;
    try {
      isGone = await isUnwanted();
    } finally {
      if (!isGone) await link(aside, path).catch((error: unknown) => (['ENOENT', 'EEXIST'].includes(String(codeOf(error))) ? undefined : Promise.reject(error)));
      await rm(aside, { force: true });
    }
    return isGone;
  }

  /** Removes uploads that nobody has gone on with since `beforeMs`. @returns their keys */
  async sweep(beforeMs: number): Promise<string[]> {
    const swept: string[] = [];
    for (const key of await readdir(join(this.#folder, 'uploads'))) {
      const found = await stat(this.#uploadPath(key)).catch(() => null);
      if (found === null || found.mtimeMs >= beforeMs) continue;
      await rm(this.#uploadPath(key), { force: true });
      swept.push(key);
    }
    return swept;
  }

  #uploadPath(key: string): string {
    return join(this.#folder, 'uploads', key);
  }

  #objectPath(hash: string): string {
    return join(this.#folder, 'objects', hash.slice(0, 2), hash);
  }
}

async function sizeOf(path: string): Promise<number | null> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function fullOr(error: unknown): never {
  const code = codeOf(error);
  if (code === 'ENOSPC' || code === 'EDQUOT') throw new AppError('storage.full', 'the disk for attachments is full', { cause: error });
  throw error;
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
