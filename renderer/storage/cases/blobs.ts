import { z } from 'zod';
import { type Attachment, attachmentSchema } from '#shared/domain/caseFile';
import type { CaseId } from '#shared/domain/ids';
import type { Clock } from '#shared/lib/clock';
import { AppError, type ErrorCode, errorCodeSchema } from '#shared/protocol/errors';
import type { BlobAnswer, BlobRequest } from '../../workers/blobMessages.ts';
import { type BlobRow, type CaseDatabase, fullOr } from './caseDatabase.ts';
import type { Cipher } from './cipher.ts';
import type { Keyring } from './keyring.ts';

/** Where the server has an attachment, and the proof of who asks. */
export interface Remote {
  readonly url: string;
  readonly token: string;
}

/** The part of `Worker` that is used. */
export interface WorkerLike {
  postMessage(message: unknown): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
  terminate(): void;
}

export interface BlobsOptions {
  readonly database: CaseDatabase;
  readonly cipher: Cipher;
  readonly keyring: Keyring;
  readonly clock: Clock;
  readonly openWorker: () => WorkerLike;
}

/** How many bytes the worker holds for one object while it works on it, at most; only this many objects are fetched at a time. */
const AT_ONCE = 4;
/** Said of one attachment, and of no other. */
const DAMAGED: ReadonlySet<ErrorCode> = new Set(['attachment.cutOff', 'attachment.damaged', 'record.notFound']);

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: AppError) => void;
  readonly onProgress: (doneBytes: number) => void;
}

export type Blobs = ReturnType<typeof createBlobs>;

/** Large objects of the cases on this machine: their index in the database, their content sealed in the origin-private file system. */
export function createBlobs({ database, cipher, keyring, clock, openWorker }: BlobsOptions) {
  const waiting = new Map<number, Waiting>();
  const fetching = new Map<string, Promise<void>>();
  let worker: WorkerLike | null = null;
  let lastId = 0;

  function running(): WorkerLike {
    if (worker) return worker;
    worker = openWorker();
    worker.addEventListener('message', ({ data }) => {
      const answer = data as BlobAnswer; // our own worker's, of the same build
      const asked = waiting.get(answer.id);
      if (!asked) return;
      if (answer.type === 'progress') return asked.onProgress(answer.doneBytes);
      waiting.delete(answer.id);
      if (answer.type === 'done') return asked.resolve(answer.value);
      const code = errorCodeSchema.safeParse(answer.code);
      asked.reject(new AppError(code.success ? code.data : 'internal.bug', answer.message));
    });
    return worker;
  }

  function ask(request: BlobRequest, onProgress: (doneBytes: number) => void = () => undefined, signal?: AbortSignal): Promise<unknown> {
    if (signal?.aborted) return Promise.reject(new AppError('network.closed', 'stopped on request'));
    lastId += 1;
    const id = lastId;
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject, onProgress });
      signal?.addEventListener('abort', () => running().postMessage({ id: 0, request: { type: 'cancel', id } satisfies BlobRequest }), { once: true });
      running().postMessage({ id, request });
    });
  }

  /** One fetch of an object, however many want it: the list fetches ahead what somebody is just looking at. */
  function together(name: string, fetchIt: (name: string) => Promise<void>): Promise<void> {
    const present = fetching.get(name);
    if (present) return present;
    const begun = fetchIt(name).finally(() => fetching.delete(name));
    fetching.set(name, begun);
    return begun;
  }

  const nameOf = (caseId: CaseId, hash: string) => keyring.nameOf(`blob ${caseId} ${hash}`);
  const place = (name: string) => `blob ${name}`;

  const keyOf = (caseId: CaseId, under: BlobRow['under']) => (under === 'device' ? Promise.resolve(keyring.deviceKey) : keyring.caseKey(caseId, null));

  async function row(caseId: CaseId, attachment: Attachment, state: BlobRow['state'], name: string): Promise<BlobRow> {
    const under = state === 'local' ? 'device' : 'case';
    return { key: name, caseId, sizeBytes: attachment.sizeBytes, state, under, lastUsedMs: clock.wallMs(), sealed: await cipher.sealJson(await keyOf(caseId, under), place(name), attachment) };
  }

  async function has(caseId: CaseId, attachment: Attachment): Promise<BlobRow | null> {
    const found = await database.blobs.get(await nameOf(caseId, attachment.hash));
    return found && found.state !== 'partial' ? found : null;
  }

  return {
    /** The keyed name under which an attachment is kept; the outbox names what a change waits for by it. */
    nameOf,

    /** SHA-256 of a file that a person chose, lower-case hex. */
    async hash(blob: Blob): Promise<string> {
      return z.string().parse(await ask({ type: 'hash', blob }));
    },

    /**
     * Fetches attachments of a case that are not here yet, several at a time, going on from where an earlier try stopped.
     * `onProgress` hears the bytes of all together. One that is damaged holds up none of the others; a network or disk that fails
     * holds up all. Throws the first failure at the end.
     */
    async fetchAll(caseId: CaseId, attachments: readonly Attachment[], remote: (hash: string) => Remote, onProgress: (doneBytes: number) => void, signal?: AbortSignal): Promise<void> {
      const key = await keyring.caseKey(caseId, null);
      const distinct = [...new Map(attachments.map((attachment) => [attachment.hash, attachment])).values()];
      const done = new Map<string, number>();
      const tell = () => onProgress([...done.values()].reduce((sum, bytes) => sum + bytes, 0));
      let failed: unknown = null;
      let isStopped = false;
      let next = 0;
      const lane = async () => {
        while (next < distinct.length && !isStopped) {
          const attachment = distinct[next];
          next += 1;
          if (!attachment) break;
          try {
            await together(await nameOf(caseId, attachment.hash), async (name) => {
              if (await has(caseId, attachment)) return;
              await database.blobs.put(await row(caseId, attachment, 'partial', name));
              const { url, token } = remote(attachment.hash);
              await ask({ type: 'fetch', name, key, url, token, hash: attachment.hash, sizeBytes: attachment.sizeBytes }, (bytes) => {
                done.set(attachment.hash, bytes);
                tell();
              }, signal);
              // Its key may have gone meanwhile (wiped, signed out): then the object must not stay either.
              if (!(await database.keys.get(caseId))) {
                await ask({ type: 'remove', names: [name] });
                throw new AppError('case.leaseEnded', 'the key of this copy went while it was fetched');
              }
              await database.blobs.update(name, { state: 'whole' });
            });
            done.set(attachment.hash, attachment.sizeBytes);
            tell();
          } catch (error) {
            failed ??= error;
            isStopped ||= !(error instanceof AppError) || !DAMAGED.has(error.code);
          }
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, lane));
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
      await database.blobs.each(({ caseId, sizeBytes, state }) => {
        if (state !== 'partial') sums.set(caseId, (sums.get(caseId) ?? 0) + sizeBytes);
      });
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

    /** Files without a row in the index: left by a machine that was killed between the two. */
    async removeStrays(): Promise<number> {
      const files = z.array(z.object({ name: z.string(), bytes: z.number() })).parse(await ask({ type: 'list' }));
      const known = new Set(await database.blobs.toCollection().primaryKeys());
      const strays = files.filter(({ name }) => !known.has(name)).map(({ name }) => name);
      await ask({ type: 'remove', names: strays });
      return strays.length;
    },

    close(): void {
      worker?.terminate();
      worker = null;
      for (const { reject } of waiting.values()) reject(new AppError('network.closed', 'the store was closed'));
      waiting.clear();
    },
  };
}
