import { z } from 'zod';
import { type Attachment, attachmentSchema } from '#shared/domain/caseFile';
import type { CaseId } from '#shared/domain/ids';
import type { Clock } from '#shared/lib/clock';
import { AppError, type ErrorCode } from '#shared/protocol/errors';
import { createBlobWorkers, type WorkerLike } from './blobWorkers.ts';
import { type BlobRow, type CaseDatabase, fullOr } from './caseDatabase.ts';
import type { Cipher } from './cipher.ts';
import type { Keyring } from './keyring.ts';

/** Where the server has an attachment, and the proof of who asks. */
export interface Remote {
  readonly url: string;
  readonly token: string;
}

export interface BlobsOptions {
  readonly database: CaseDatabase;
  readonly cipher: Cipher;
  readonly keyring: Keyring;
  readonly clock: Clock;
  readonly openWorker: () => WorkerLike;
}

/** Objects that are fetched at a time, each by a worker, which holds one of them in memory. */
const AT_ONCE = 4;
/** So many fetched objects are marked as here together: each mark waits for the disk. */
const MARKED_TOGETHER = 64;
/** How long what was made here may be without a change that needs it, ms. */
const UNCLAIMED_MS = 3_600_000;
/** Said of one attachment, and of no other. */
const DAMAGED: ReadonlySet<ErrorCode> = new Set(['attachment.cutOff', 'attachment.damaged', 'record.notFound']);

export type Blobs = ReturnType<typeof createBlobs>;

/** Large objects of the cases on this machine: their index in the database, their content sealed in the origin-private file system. */
export function createBlobs({ database, cipher, keyring, clock, openWorker }: BlobsOptions) {
  const workers = createBlobWorkers(openWorker, AT_ONCE);
  const { ask } = workers;
  /** What is being fetched, by name: who asks for the same meanwhile waits for it. */
  const fetching = new Map<string, Promise<void>>();

  const nameOf = (caseId: CaseId, hash: string) => keyring.nameOf(`blob ${caseId} ${hash}`);
  const place = (name: string) => `blob ${name}`;

  const keyOf = (caseId: CaseId, under: BlobRow['under']) => (under === 'device' ? Promise.resolve(keyring.deviceKey) : keyring.caseKey(caseId, null));

  async function row(caseId: CaseId, attachment: Attachment, state: BlobRow['state'], name: string): Promise<BlobRow> {
    const under = state === 'local' ? 'device' : 'case';
    return { key: name, caseId, sizeBytes: attachment.sizeBytes, state, under, lastUsedMs: clock.wallMs(), sealed: await cipher.sealJson(await keyOf(caseId, under), place(name), attachment) };
  }

  /** Each attachment once, with its name and what is in the index under it. */
  async function named(caseId: CaseId, attachments: readonly Attachment[]) {
    const distinct = [...new Map(attachments.map((attachment) => [attachment.hash, attachment])).values()];
    const names = await Promise.all(distinct.map(({ hash }) => nameOf(caseId, hash)));
    const rows = await database.blobs.bulkGet(names);
    return distinct.map((attachment, index) => ({ attachment, name: names[index] ?? '', found: rows[index] }));
  }

  async function has(caseId: CaseId, attachment: Attachment): Promise<BlobRow | null> {
    const found = await database.blobs.get(await nameOf(caseId, attachment.hash));
    return found && found.state !== 'partial' ? found : null;
  }

  /** Takes rows out of the index which no change that is on its way needs. @returns the names of their files */
  async function forgetUnneeded(isMeant: (row: BlobRow) => boolean): Promise<string[]> {
    return database.transaction('rw', database.blobs, database.outbox, async () => {
      const needed = new Set((await database.outbox.filter(({ state }) => state !== 'held').toArray()).flatMap(({ needs }) => needs));
      const gone = await database.blobs.filter((row) => isMeant(row) && !needed.has(row.key)).primaryKeys();
      await database.blobs.bulkDelete(gone);
      return gone;
    });
  }

  return {
    /** The keyed name under which an attachment is kept; the outbox names what a change waits for by it. */
    nameOf,

    /** SHA-256 of a file that a person chose, lower-case hex. */
    async hash(blob: Blob): Promise<string> {
      return z.string().parse(await ask({ type: 'hash', blob }));
    },

    /** Those that are not here yet, each once. */
    async missing(caseId: CaseId, attachments: readonly Attachment[]): Promise<Attachment[]> {
      return (await named(caseId, attachments)).filter(({ found }) => found === undefined || found.state === 'partial').map(({ attachment }) => attachment);
    },

    /**
     * Fetches attachments of a case that are not here yet, several at a time, going on from where an earlier try stopped.
     * `onProgress` hears the bytes of all together. One that is damaged holds up none of the others; a network or disk that fails
     * holds up all. Throws the first failure at the end; what came before it stays.
     */
    async fetchAll(caseId: CaseId, attachments: readonly Attachment[], remote: (hash: string) => Remote, onProgress: (doneBytes: number) => void, signal?: AbortSignal): Promise<void> {
      const key = await keyring.caseKey(caseId, null);
      const all = await named(caseId, attachments);
      const wanted = all.filter(({ found }) => found === undefined || found.state === 'partial');
      let doneBytes = all.reduce((sum, { attachment }) => sum + attachment.sizeBytes, 0) - wanted.reduce((sum, { attachment }) => sum + attachment.sizeBytes, 0);
      onProgress(doneBytes);
      // Their rows go first, all together: a file without one would be removed as left over.
      await database.blobs.bulkPut(await Promise.all(wanted.map(({ attachment, name }) => row(caseId, attachment, 'partial', name))));
      let here: string[] = [];
      const mark = async () => {
        const names = here;
        here = [];
        if (names.length === 0) return;
        const isKept = await database.transaction('rw', database.blobs, database.keys, async () => {
          if (!(await database.keys.get(caseId))) return false;
          await database.blobs.where('key').anyOf(names).modify({ state: 'whole' });
          return true;
        });
        if (isKept) return;
        // Its key has gone meanwhile (wiped, signed out): then the objects must not stay either.
        await ask({ type: 'remove', names });
        throw new AppError('case.leaseEnded', 'the key of this copy went while it was fetched');
      };
      const fetchOne = async ({ attachment, name }: (typeof wanted)[number]) => {
        const { url, token } = remote(attachment.hash);
        let told = 0;
        const tell = (bytes: number) => {
          doneBytes += bytes - told;
          told = bytes;
          onProgress(doneBytes);
        };
        await ask({ type: 'fetch', name, key, url, token, hash: attachment.hash, sizeBytes: attachment.sizeBytes }, tell, signal);
        tell(attachment.sizeBytes);
      };
      let failed: unknown = null;
      let isStopped = false;
      let next = 0;
      const lane = async () => {
        for (let one = wanted[next++]; one && !isStopped; one = wanted[next++]) {
          const { name } = one;
          try {
            const work = fetching.get(name) ?? fetchOne(one).finally(() => fetching.delete(name));
            fetching.set(name, work);
            await work;
            here.push(name);
            if (here.length >= MARKED_TOGETHER) await mark();
          } catch (error) {
            failed ??= error;
            isStopped ||= !(error instanceof AppError) || !DAMAGED.has(error.code);
          }
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, lane));
      await mark();
      if (failed !== null) throw failed;
    },

    /** Keeps what was made here; it is never evicted before the server has it. */
    async keepLocal(caseId: CaseId, attachment: Attachment, blob: Blob): Promise<void> {
      if (await has(caseId, attachment)) return;
      const name = await nameOf(caseId, attachment.hash);
      await ask({ type: 'keep', name, key: keyring.deviceKey, blob });
      await database.blobs.put(await row(caseId, attachment, 'local', name)).catch(fullOr);
    },

    /** Sends what was made here; nothing is done when the server has it already. */
    async send(caseId: CaseId, name: string, remote: (hash: string) => Remote, signal?: AbortSignal): Promise<void> {
      const found = await database.blobs.get(name);
      if (!found) throw new AppError('attachment.damaged', 'the attachment to be sent is not on this machine');
      if (found.state === 'whole') return;
      const key = await keyOf(caseId, found.under);
      const attachment = attachmentSchema.parse(await cipher.openJson(key, place(name), found.sealed));
      const { url, token } = remote(attachment.hash);
      await ask({ type: 'send', name, key, url, token, mediaType: attachment.mediaType }, undefined, signal);
      await database.blobs.update(name, { state: 'whole' });
    },

    /**
     * What the server has too and the disk gives back damaged is thrown away, so that it is fetched anew when it is next wanted.
     * @throws AppError `record.notFound` when it is not on this machine, `attachment.cutOff` and `attachment.damaged`
     */
    async read(caseId: CaseId, attachment: Attachment): Promise<Blob> {
      const found = await has(caseId, attachment);
      if (!found) throw new AppError('record.notFound', 'the attachment is not on this machine');
      const name = found.key;
      const key = await keyOf(caseId, found.under);
      const blob = await ask({ type: 'read', name, key, mediaType: attachment.mediaType }).catch(async (error: unknown) => {
        if (found.state === 'whole' && error instanceof AppError && DAMAGED.has(error.code)) await this.remove([name]);
        throw error;
      });
      if (!(blob instanceof Blob)) throw new AppError('internal.bug', 'the worker gave no blob');
      await database.blobs.update(name, { lastUsedMs: clock.wallMs() });
      return blob;
    },

    async isHere(caseId: CaseId, attachment: Attachment): Promise<boolean> {
      return (await has(caseId, attachment)) !== null;
    },

    /** Bytes on this machine, by case. */
    async bytesByCase(): Promise<ReadonlyMap<string, number>> {
      const sums = new Map<string, number>();
      for (const { caseId, sizeBytes, state } of await database.blobs.toArray()) if (state !== 'partial') sums.set(caseId, (sums.get(caseId) ?? 0) + sizeBytes);
      return sums;
    },

    /** What may go when room is needed, the longest unused first; never what the server has not. */
    async evictable(): Promise<readonly BlobRow[]> {
      return (await database.blobs.orderBy('lastUsedMs').toArray()).filter(({ state }) => state !== 'local');
    },

    async remove(names: readonly string[]): Promise<void> {
      await database.blobs.bulkDelete([...names]);
      await ask({ type: 'remove', names });
    },

    /** Everything of these cases but what is still to be sent. */
    async removeCases(caseIds: readonly string[]): Promise<void> {
      const rows = await database.blobs.where('caseId').anyOf([...caseIds]).toArray();
      await this.remove(rows.filter(({ state }) => state !== 'local').map(({ key }) => key));
    },

    async removeAll(): Promise<void> {
      await this.remove(await database.blobs.toCollection().primaryKeys());
    },

    /** Objects of a change that was thrown away, unless another one that is not held needs them. */
    async removeUnneeded(names: readonly string[]): Promise<void> {
      const gone = await forgetUnneeded((row) => names.includes(row.key));
      if (gone.length > 0) await ask({ type: 'remove', names: gone });
    },

    /**
     * Files without a row in the index: left by a machine that was killed between the two. And what was made here for a change that
     * was never kept; its hour is for another tab that is between the two now.
     */
    async removeStrays(): Promise<number> {
      const beforeMs = clock.wallMs() - UNCLAIMED_MS;
      await forgetUnneeded((row) => row.state === 'local' && row.lastUsedMs < beforeMs);
      const files = z.array(z.object({ name: z.string(), bytes: z.number() })).parse(await ask({ type: 'list' }));
      const known = new Set(await database.blobs.toCollection().primaryKeys());
      const strays = files.filter(({ name }) => !known.has(name)).map(({ name }) => name);
      await ask({ type: 'remove', names: strays });
      return strays.length;
    },

    close: () => workers.close(),
  };
}
