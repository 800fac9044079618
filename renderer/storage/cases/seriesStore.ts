import { z } from 'zod';
import type { Attachment } from '#shared/domain/caseFile';
import type { CaseId } from '#shared/domain/ids';
import { type CopiedInstance, seriesCopySchema } from '#shared/protocol/imaging';
import { AppError } from '#shared/protocol/errors';
import { type CaseDatabase, type SeriesRow, translated } from './caseDatabase.ts';
import { type Cipher, nothingIfUnreadable } from './cipher.ts';
import type { Keyring } from './keyring.ts';

/** What is kept of a series besides its pixels. The data sets are as DICOMweb's searches and metadata give them. */
export interface SeriesHead {
  readonly seriesUid: string;
  readonly studySet: unknown;
  readonly seriesSet: unknown;
  readonly instances: readonly CopiedInstance[];
  /** base64; null: it has none. */
  readonly thumbnail: string | null;
}

/** How much of a case's chosen series is on this machine. */
export interface SeriesBytes {
  readonly hereBytes: number;
  /** Of those whose size is known. */
  readonly totalBytes: number;
  /** Each is here, to the last instance. */
  readonly isWhole: boolean;
}

const headSchema = z.object({ seriesUid: z.string(), studySet: z.unknown(), seriesSet: z.unknown(), instances: seriesCopySchema.shape.instances, thumbnail: z.string().nullable() });

export type SeriesStore = ReturnType<typeof createSeriesStore>;

/** An instance of a copy as the store of large objects knows it. */
export const objectOf = ({ hash, sizeBytes, sopUid }: CopiedInstance): Attachment => ({ hash, sizeBytes, mediaType: 'application/dicom', fileName: sopUid });

/** Series that belong to the copies of cases on this machine: what they are made of, sealed with their case's key as its items are. */
export function createSeriesStore({ database, cipher, keyring }: { readonly database: CaseDatabase; readonly cipher: Cipher; readonly keyring: Keyring }) {
  const nameOf = (caseId: CaseId, seriesUid: string) => keyring.nameOf(`series ${caseId} ${seriesUid}`);
  const place = (part: 'head' | 'sets', key: string) => `series ${part} ${key}`;

  async function openHead(caseId: CaseId, row: SeriesRow): Promise<SeriesHead | null> {
    if (row.head === null) return null;
    const parsed = headSchema.safeParse(await cipher.openJson(await keyring.caseKey(caseId, null), place('head', row.key), row.head));
    if (!parsed.success) throw new AppError('case.newerRecord', 'a kept series does not fit this version');
    return parsed.data;
  }

  /** Takes rows away with their objects' rows; gives the names of these, whose files are the caller's business. */
  async function forget(keys: readonly string[]): Promise<string[]> {
    return database.transaction('rw', database.series, database.blobs, async () => {
      const meant = new Set(keys);
      await database.series.bulkDelete([...keys]);
      return database.blobs.filter(({ series }) => series !== undefined && meant.has(series)).primaryKeys();
    });
  }

  return translated(database, {
    /** The key of a series' row. */
    nameOf,

    /**
     * These series are the case's chosen ones, and no others are.
     * @returns names of objects that belong to none any more
     */
    async choose(caseId: CaseId, seriesUids: readonly string[]): Promise<string[]> {
      const names = await Promise.all([...new Set(seriesUids)].map((uid) => nameOf(caseId, uid)));
      const wanted = new Set(names);
      const gone = await database.transaction('rw', database.series, database.keys, async () => {
        const present = await database.series.where('caseId').equals(caseId).toArray();
        const known = new Set(present.map(({ key }) => key));
        if (await database.keys.get(caseId)) await database.series.bulkAdd(names.filter((key) => !known.has(key)).map((key) => ({ key, caseId, totalBytes: 0, head: null, sets: null })));
        return present.map(({ key }) => key).filter((key) => !wanted.has(key));
      });
      return gone.length === 0 ? [] : forget(gone);
    },

    /** Keeps what a chosen series is made of; what is chosen no more is not kept. */
    async keep(caseId: CaseId, head: SeriesHead, sets: readonly unknown[]): Promise<void> {
      const caseKey = await keyring.caseKey(caseId, null);
      const key = await nameOf(caseId, head.seriesUid);
      const row: SeriesRow = {
        key, caseId, totalBytes: [...new Map(head.instances.map(({ hash, sizeBytes }) => [hash, sizeBytes])).values()].reduce((sum, bytes) => sum + bytes, 0),
        head: await cipher.sealJson(caseKey, place('head', key), head), sets: await cipher.sealJson(caseKey, place('sets', key), sets),
      };
      await database.transaction('rw', database.series, database.keys, async () => {
        if (!(await database.keys.get(caseId))) throw new AppError('case.leaseEnded', 'the key of this copy went while it was fetched');
        if (await database.series.get(key)) await database.series.put(row);
      });
    },

    /** Those of a case of which it is known what they are made of. One that does not open hides none of the others [OFF8]. */
    async list(caseId: CaseId): Promise<SeriesHead[]> {
      const rows = await database.series.where('caseId').equals(caseId).toArray();
      return (await Promise.all(rows.map((row) => openHead(caseId, row).catch(nothingIfUnreadable)))).filter((head) => head !== null);
    },

    async one(caseId: CaseId, seriesUid: string): Promise<SeriesHead | null> {
      const row = await database.series.get(await nameOf(caseId, seriesUid));
      return row === undefined ? null : openHead(caseId, row);
    },

    /** The instances' data sets; null: none are kept. @throws AppError `storage.corrupt` */
    async sets(caseId: CaseId, seriesUid: string): Promise<unknown> {
      const row = await database.series.get(await nameOf(caseId, seriesUid));
      return row?.sets ? cipher.openJson(await keyring.caseKey(caseId, null), place('sets', row.key), row.sets) : null;
    },

    /** Bytes of one series that are here. */
    async bytesOf(caseId: CaseId, seriesUid: string): Promise<SeriesBytes> {
      const row = await database.series.get(await nameOf(caseId, seriesUid));
      if (row === undefined) return { hereBytes: 0, totalBytes: 0, isWhole: false };
      return sum([row], await hereBySeries());
    },

    /** By case; cases without a chosen series are left out. */
    async bytesByCase(): Promise<ReadonlyMap<string, SeriesBytes>> {
      const [rows, here] = [await database.series.toArray(), await hereBySeries()];
      const byCase = new Map<string, SeriesRow[]>();
      for (const row of rows) byCase.set(row.caseId, [...(byCase.get(row.caseId) ?? []), row]);
      return new Map([...byCase].map(([caseId, some]) => [caseId, sum(some, here)]));
    },
  });

  async function hereBySeries(): Promise<ReadonlyMap<string, number>> {
    const here = new Map<string, number>();
    for (const { series, state, sizeBytes } of await database.blobs.toArray()) if (series !== undefined && state === 'whole') here.set(series, (here.get(series) ?? 0) + sizeBytes);
    return here;
  }
}

function sum(rows: readonly SeriesRow[], here: ReadonlyMap<string, number>): SeriesBytes {
  let [hereBytes, totalBytes, isWhole] = [0, 0, true];
  for (const { key, totalBytes: bytes, head } of rows) {
    const own = Math.min(bytes, here.get(key) ?? 0);
    hereBytes += own;
    totalBytes += bytes;
    isWhole &&= head !== null && own >= bytes;
  }
  return { hereBytes, totalBytes, isWhole };
}
