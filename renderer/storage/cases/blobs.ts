import { z } from 'zod';
import { type Attachment, attachmentSchema } from '#shared/domain/caseFile';
import type { CaseId } from '#shared/domain/ids';
import type { Clock } from '#shared/lib/clock';
import { AppError, errorCodeSchema } from '#shared/protocol/errors';
import { DAMAGED, type PackPlace } from '../../workers/blobMessages.ts';
import { createBlobWorkers, type WorkerLike } from './blobWorkers.ts';
import { type BlobRow, type CaseDatabase, isOnlyHere, translated } from './caseDatabase.ts';
import type { Cipher } from './cipher.ts';
import type { Journal } from './journal.ts';
import type { Keyring } from './keyring.ts';
import { byFile, type Evictable, groupBy, planPacks } from './packs.ts';

/** Where the server has an attachment, and the proof of who asks. */
export interface Remote {
  readonly url: string;
  readonly token: string;
}

export interface BlobsOptions {
  readonly database: CaseDatabase;
  readonly journal: Journal;
  readonly cipher: Cipher;
  readonly keyring: Keyring;
  readonly clock: Clock;
  readonly openWorker: () => WorkerLike;
}

/** How long what was made here may be without a change that needs it, ms. */
const UNCLAIMED_MS = 3_600_000;
/** Files that are written in at a time, each by a worker. */
const AT_ONCE = 2;
/** Workers; one more than write, so that somebody who reads does not wait for the disk to confirm what is written. */
const WORKERS = AT_ONCE + 1;
/** How exactly it is known when a part of an object was read last, ms. */
const USED_MS = 60_000;
/** How often at most progress is told, ms: each telling draws the list anew. */
const TOLD_EVERY_MS = 250;

const failureSchema = z.object({ code: errorCodeSchema, message: z.string() });
const packResultSchema = z.object({ kept: z.array(z.string()), damaged: z.array(failureSchema), stopped: failureSchema.nullable() });

/** What is fetched into one file. */
interface Piece {
  readonly file: string;
  readonly pack: string | null;
  readonly parts: readonly { readonly row: BlobRow; readonly attachment: Attachment }[];
}

export type Blobs = ReturnType<typeof createBlobs>;

/** Large objects of the cases on this machine: their index in the database, their content sealed in the origin-private file system. */
export function createBlobs({ database, journal, cipher, keyring, clock, openWorker }: BlobsOptions) {
  const workers = createBlobWorkers(openWorker, WORKERS);
  const { ask } = workers;
  /** Large ones being fetched, by name: who asks for the same meanwhile waits for it. (Of packs the worker knows.) */
  const fetching = new Map<string, Promise<void>>();

  const nameOf = (caseId: CaseId, hash: string) => keyring.nameOf(`blob ${caseId} ${hash}`);
  const place = (name: string) => `blob ${name}`;

  const keyOf = (caseId: CaseId, under: BlobRow['under']) => (under === 'device' ? Promise.resolve(keyring.deviceKey) : keyring.caseKey(caseId, null));

  /** It is not here yet. */
  async function row(caseId: CaseId, attachment: Attachment, under: BlobRow['under'], name: string, pack: PackPlace | null, series: string | null = null): Promise<BlobRow> {
    return { ...(series === null ? {} : { series }), key: name, caseId, sizeBytes: attachment.sizeBytes, state: 'partial', under, pack, lastUsedMs: clock.wallMs(), sealed: await cipher.sealJson(await keyOf(caseId, under), place(name), attachment) };
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
    const forgotten = await database.transaction('rw', database.blobs, database.outbox, async () => {
      const needed = new Set((await database.outbox.filter(({ state }) => state !== 'held').toArray()).flatMap(({ needs }) => needs));
      const gone = await database.blobs.filter((row) => isMeant(row) && !needed.has(row.key)).primaryKeys();
      await database.blobs.bulkDelete(gone);
      return gone;
    });
    if (forgotten.length > 0) await journal.removeBlobs(forgotten);
    return forgotten;
  }

  const newPackName = () => `pack-${Array.from(cipher.randomBytes(16), (byte) => byte.toString(16).padStart(2, '0')).join('')}`;

  /** Their rows, written before there is a file, all together: a file without a row would be removed as left over. Places of an earlier try stay. */
  async function begin(caseId: CaseId, wanted: readonly { readonly attachment: Attachment; readonly name: string }[], series: string | null): Promise<Piece[]> {
    const places = planPacks(wanted.map(({ attachment }) => attachment), newPackName);
    const fresh = await Promise.all(wanted.map(({ attachment, name }, index) => row(caseId, attachment, 'case', name, places[index] ?? null, series)));
    const rows = await database.transaction('rw', database.blobs, database.keys, async () => {
      if (!(await database.keys.get(caseId))) throw keyGone();
      const present = await database.blobs.bulkGet(fresh.map(({ key }) => key));
      // An older version's half-fetched file is left to `removeStrays`.
      const stays = (found: BlobRow | undefined, planned: BlobRow) => found !== undefined && (found.state !== 'partial' || found.under === 'device' || (found.pack === null) === (planned.pack === null));
      await database.blobs.bulkPut(fresh.filter((planned, index) => !stays(present[index], planned)));
      return fresh.map((planned, index) => (stays(present[index], planned) ? (present[index] ?? planned) : planned));
    });
    const parts = wanted.flatMap(({ attachment }, index) => {
      const own = rows[index];
      return own?.state === 'partial' && own.under === 'case' ? [{ row: own, attachment }] : []; // the rest has come meanwhile, or is being written
    });
    return [...groupBy(parts, ({ row: { key, pack } }) => pack?.name ?? key)].map(([file, some]) => ({ file, pack: some[0]?.row.pack?.name ?? null, parts: some }));
  }

  /** Says that objects are here now. A file that nobody wants any more does not stay. */
  async function mark(caseId: CaseId, { file, pack }: Piece, names: readonly string[]): Promise<void> {
    const { hasKey, isWanted } = await database.transaction('rw', database.blobs, database.keys, async () => {
      const hasCaseKey = (await database.keys.get(caseId)) !== undefined;
      const here = (await database.blobs.bulkGet([...names])).flatMap((one) => (one?.state === 'partial' && (one.pack?.name ?? null) === pack ? [one] : []));
      if (hasCaseKey) await database.blobs.bulkPut(here.map((one) => ({ ...one, state: 'whole' as const })));
      const rows = pack === null ? await database.blobs.where('key').equals(file).count() : await database.blobs.where('pack.name').equals(pack).count();
      return { hasKey: hasCaseKey, isWanted: rows > 0 };
    });
    if (hasKey && isWanted) return;
    await workers.remove([file]);
    if (!hasKey) throw keyGone();
  }

  /** A pack goes with the last of what is in it. */
  async function remove(names: readonly string[]): Promise<void> {
    await journal.removeBlobs(names);
    const files = await database.transaction('rw', database.blobs, async () => {
      const rows = (await database.blobs.bulkGet([...names])).filter((one) => one !== undefined);
      await database.blobs.bulkDelete([...names]);
      const packs = [...new Set(rows.flatMap(({ pack }) => (pack === null ? [] : [pack.name])))];
      const left = await Promise.all(packs.map((pack) => database.blobs.where('pack.name').equals(pack).count()));
      return [...rows.filter(({ pack }) => pack === null).map(({ key }) => key), ...packs.filter((_, index) => left[index] === 0)];
    });
    await workers.remove(files);
  }

  /** @param part of its bytes; null: all of them */
  async function open(caseId: CaseId, attachment: Attachment, part: { readonly from: number; readonly length: number } | null): Promise<Blob> {
    const found = await has(caseId, attachment);
    if (!found) throw new AppError('record.notFound', 'the attachment is not on this machine');
    const name = found.key;
    const key = await keyOf(caseId, found.under);
    const blob = await ask({ type: 'read', name, pack: found.pack, key, sizeBytes: attachment.sizeBytes, mediaType: attachment.mediaType, part }).catch(async (error: unknown) => {
      if (found.state === 'whole' && error instanceof AppError && DAMAGED.has(error.code)) await remove([name]);
      throw error;
    });
    if (!(blob instanceof Blob)) throw new AppError('internal.bug', 'the worker gave no blob');
    const nowMs = clock.wallMs();
    // A series is read a hundred times a second; when it was used does not have to be known better than this.
    if (part === null || nowMs - found.lastUsedMs > USED_MS) await database.blobs.update(name, { lastUsedMs: nowMs });
    return blob;
  }

  return translated(database, {
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
     * Fetches attachments of a case that are not here yet, small ones many into one file, going on from where an earlier try stopped.
     * `onProgress` hears the bytes of all together. One that is damaged holds up none of the others; a network or disk that fails
     * holds up all. Throws the first failure at the end; what came before it stays.
     * @param series of images: the key of the series they belong to
     */
    async fetchAll(caseId: CaseId, attachments: readonly Attachment[], remote: (hash: string) => Remote, onProgress: (doneBytes: number) => void, signal?: AbortSignal, series: string | null = null): Promise<void> {
      const key = await keyring.caseKey(caseId, null);
      const all = await named(caseId, attachments);
      const wanted = all.filter(({ found }) => found === undefined || found.state === 'partial');
      const bytesOf = (some: readonly { readonly attachment: Attachment }[]) => some.reduce((sum, { attachment }) => sum + attachment.sizeBytes, 0);
      const pieces = await begin(caseId, wanted, series);
      const totalBytes = bytesOf(all);
      let doneBytes = totalBytes - pieces.reduce((sum, { parts }) => sum + bytesOf(parts), 0);
      let toldAtMs = Number.NEGATIVE_INFINITY;
      const tell = () => {
        const nowMs = clock.monotonicMs();
        if (nowMs - toldAtMs < TOLD_EVERY_MS && doneBytes < totalBytes) return;
        toldAtMs = nowMs;
        onProgress(doneBytes);
      };
      tell();
      let failed: unknown = null;
      let isStopped = false;
      const fail = (error: unknown) => {
        failed ??= error;
        isStopped ||= !(error instanceof AppError) || !DAMAGED.has(error.code);
      };
      const fetchPiece = async (piece: Piece): Promise<void> => {
        let told = 0;
        const tellBytes = (bytes: number) => {
          doneBytes += bytes - told;
          told = bytes;
          tell();
        };
        if (piece.pack === null) {
          const [one] = piece.parts;
          if (!one) return;
          const { attachment, row: { key: name } } = one;
          const begun = fetching.get(name) ?? ask({ type: 'fetch', name, key, ...remote(attachment.hash), hash: attachment.hash, sizeBytes: attachment.sizeBytes }, tellBytes, signal).then(() => undefined).finally(() => fetching.delete(name));
          fetching.set(name, begun);
          await begun;
          await mark(caseId, piece, [name]);
          return tellBytes(attachment.sizeBytes);
        }
        const objects = piece.parts.map(({ attachment: { hash, sizeBytes }, row: { key: name, pack } }) => ({ name, url: remote(hash).url, hash, sizeBytes, at: pack?.at ?? 0 }));
        const { token } = remote(objects[0]?.hash ?? '');
        const { kept, damaged, stopped } = packResultSchema.parse(await ask({ type: 'fetchPack', pack: piece.pack, key, token, objects }, tellBytes, signal));
        for (const { code, message } of [...damaged, ...(stopped === null ? [] : [stopped])]) fail(new AppError(code, message));
        await mark(caseId, piece, kept);
        const keptNames = new Set(kept);
        tellBytes(bytesOf(piece.parts.filter(({ row: { key: name } }) => keptNames.has(name))));
      };
      let next = 0;
      const lane = async () => {
        for (let piece = pieces[next++]; piece && !isStopped; piece = pieces[next++]) await fetchPiece(piece).catch(fail);
      };
      await Promise.all(Array.from({ length: AT_ONCE }, lane));
      if (failed !== null) throw failed;
    },

    /**
     * Keeps what was made here; it is never evicted before the server has it. The row comes before the file, since a file without a
     * row is removed as left over, also by another tab that is opened just now. What fails half-way is swept up as never needed.
     */
    async keepLocal(caseId: CaseId, attachment: Attachment, blob: Blob): Promise<void> {
      if (await has(caseId, attachment)) return;
      const name = await nameOf(caseId, attachment.hash);
      const fresh = await row(caseId, attachment, 'device', name, null);
      /** Whoever keeps the same at the same time may have been faster: then it stays as it is. */
      const set = (before: 'absent' | 'written', state: BlobRow['state']) =>
        database.transaction('rw', database.blobs, async () => {
          const present = await database.blobs.get(name);
          if (present === undefined && before === 'written') throw new AppError('case.wiped', 'the copies were destroyed while this was written');
          if (present === undefined || present.state === 'partial') await database.blobs.put({ ...fresh, state });
        });
      await set('absent', 'partial');
      await ask({ type: 'keep', name, key: keyring.deviceKey, blob });
      await journal.put({ blobs: [{ ...fresh, state: 'local' }] });
      await set('written', 'local');
    },

    /** Sends what was made here; nothing is done when the server has it already. */
    async send(caseId: CaseId, name: string, remote: (hash: string) => Remote, signal?: AbortSignal): Promise<void> {
      const found = await database.blobs.get(name);
      if (!found) throw new AppError('attachment.damaged', 'the attachment to be sent is not on this machine');
      if (found.state === 'whole') return;
      const key = await keyOf(caseId, found.under);
      const attachment = attachmentSchema.parse(await cipher.openJson(key, place(name), found.sealed));
      const { url, token } = remote(attachment.hash);
      await ask({ type: 'send', name, key, url, token, sizeBytes: attachment.sizeBytes, mediaType: attachment.mediaType }, undefined, signal);
      await database.blobs.update(name, { state: 'whole' });
      await journal.removeBlobs([name]);
    },

    /**
     * What the server has too and the disk gives back damaged is thrown away, so that it is fetched anew when it is next wanted.
     * @throws AppError `record.notFound` when it is not on this machine, `attachment.cutOff` and `attachment.damaged`
     */
    read: (caseId: CaseId, attachment: Attachment): Promise<Blob> => open(caseId, attachment, null),

    /**
     * Some bytes of it, without the rest being read; otherwise as `read`.
     * @throws AppError as `read`
     */
    async readPart(caseId: CaseId, attachment: Attachment, part: { readonly from: number; readonly length: number }): Promise<Uint8Array<ArrayBuffer>> {
      const blob = await open(caseId, attachment, part);
      return new Uint8Array(await blob.arrayBuffer());
    },

    async isHere(caseId: CaseId, attachment: Attachment): Promise<boolean> {
      return (await has(caseId, attachment)) !== null;
    },

    /** Bytes of attachments on this machine, by case. */
    async bytesByCase(): Promise<ReadonlyMap<string, number>> {
      const sums = new Map<string, number>();
      for (const { caseId, sizeBytes, state, series } of await database.blobs.toArray()) if (state !== 'partial' && series === undefined) sums.set(caseId, (sums.get(caseId) ?? 0) + sizeBytes);
      return sums;
    },

    /** What may go when room is needed, the longest unused first; never what the server has not. */
    async evictable(): Promise<readonly Evictable[]> {
      return byFile((await database.blobs.toArray()).filter((one) => !isOnlyHere(one)));
    },

    remove,

    /** Everything of these cases but what is still to be sent. */
    async removeCases(caseIds: readonly string[]): Promise<void> {
      await database.series.where('caseId').anyOf([...caseIds]).modify({ head: null, sets: null }); // still chosen, and not here any more
      const rows = await database.blobs.where('caseId').anyOf([...caseIds]).toArray();
      await remove(rows.filter((one) => !isOnlyHere(one)).map(({ key }) => key));
    },

    async removeAll(): Promise<void> {
      await remove(await database.blobs.toCollection().primaryKeys());
    },

    /** Objects of a change that was thrown away, unless another one that is not held needs them. */
    async removeUnneeded(names: readonly string[]): Promise<void> {
      const gone = await forgetUnneeded((row) => names.includes(row.key));
      if (gone.length > 0) await workers.remove(gone);
    },

    /**
     * Files without a row in the index: left by a machine that was killed between the two. And what was made here for a change that
     * was never kept; its hour is for another tab that is between the two now.
     */
    async removeStrays(): Promise<number> {
      const beforeMs = clock.wallMs() - UNCLAIMED_MS;
      await forgetUnneeded((row) => isOnlyHere(row) && row.lastUsedMs < beforeMs);
      const files = z.array(z.object({ name: z.string(), bytes: z.number() })).parse(await ask({ type: 'list' }));
      const known = new Set((await database.blobs.toArray()).map(({ key, pack }) => pack?.name ?? key));
      const strays = files.filter(({ name }) => !known.has(name)).map(({ name }) => name);
      await workers.remove(strays);
      return strays.length;
    },

    close: () => workers.close(),
  });
}

function keyGone(): AppError {
  return new AppError('case.leaseEnded', 'the key of this copy went while it was fetched');
}
