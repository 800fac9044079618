import type { CaseId } from '#shared/domain/ids';
import { Emitter } from '#shared/lib/emitter';
import { type CopiedInstance, COPY_PATH, dicomwebPath, type SeriesCopy, seriesCopySchema } from '#shared/protocol/imaging';
import { AppError, toAppError } from '#shared/protocol/errors';
import { fromBase64, toBase64 } from '../../../storage/base64.ts';
import type { Blobs } from '../../../storage/cases/blobs.ts';
import { objectOf, type SeriesHead, type SeriesStore } from '../../../storage/cases/seriesStore.ts';
import { DAMAGED } from '../../../workers/blobMessages.ts';
import type { HttpClient } from '../../http.ts';
import { type DataSet, dataSetSchema, dataSetsSchema, text } from '../dicomJson.ts';
import { type Series, seriesOf, type SeriesSummary, seriesSummaryOf, type StudySummary, studyOf } from '../series.ts';

export interface SeriesCopiesOptions {
  readonly http: HttpClient;
  readonly token: () => Promise<string | null>;
  readonly serverUrl: () => string;
  readonly store: SeriesStore;
  readonly blobs: Pick<Blobs, 'missing' | 'fetchAll' | 'readPart' | 'remove'>;
}

/** A series by its UIDs. */
export interface SeriesName {
  readonly studyUid: string;
  readonly seriesUid: string;
}

export interface KeepOptions {
  /** All of them together, bytes: one that does not fit any more is left for a person to ask for. Null: no bound. */
  readonly maxBytes: number | null;
  /** Rejects when there is none. */
  readonly makeRoom: (bytes: number) => Promise<void>;
  readonly onProgress: (doneBytes: number, totalBytes: number) => void;
  readonly signal: AbortSignal;
}

/** A frame as the decoder gets it. */
export interface KeptFrame {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly syntax: string;
}

interface CopiesEvents {
  /** What a machine's disk gave back was not what was kept; it is gone, and is to be fetched anew. */
  damaged: CaseId;
}

/** A large series that goes out decoded is decoded once for its hashes. */
const MADE_OF_TIMEOUT_MS = 600_000;
const SETS_TIMEOUT_MS = 120_000;

/**
 * Chosen series of cases on this machine: fetched with the case's copy, sealed and swept as its attachments are, and read without a
 * network in place of the server.
 */
export class SeriesCopies {
  readonly #o: SeriesCopiesOptions;
  readonly #events = new Emitter<CopiesEvents>();
  /** Keys of series about which the server was asked since the program started, and nothing was heard since. */
  readonly #fresh = new Map<CaseId, Set<string>>();
  /** Instances of series that are read now; nothing but UIDs, hashes and places. */
  readonly #places = new Map<string, ReadonlyMap<string, CopiedInstance>>();

  constructor(options: SeriesCopiesOptions) {
    this.#o = options;
  }

  on<K extends keyof CopiesEvents>(name: K, listener: (payload: CopiesEvents[K]) => void): () => void {
    return this.#events.on(name, listener);
  }

  /** The server says that the case's images changed: what series are made of is asked anew. */
  handleChanged(caseId: CaseId): void {
    this.#fresh.delete(caseId);
  }

  /** These are the case's chosen series; what is here of others goes. */
  async choose(caseId: CaseId, chosen: readonly SeriesName[]): Promise<void> {
    const { store, blobs } = this.#o;
    const gone = await store.choose(caseId, chosen.map(({ seriesUid }) => seriesUid));
    if (gone.length > 0) {
      this.#places.clear();
      await blobs.remove(gone);
    }
  }

  /**
   * Fetches what is missing of the chosen series. One that cannot be had holds up none of the others, a network or disk that fails
   * holds up all. Throws the first failure at the end; what came before it stays.
   */
  async keep(caseId: CaseId, chosen: readonly SeriesName[], { maxBytes, makeRoom, onProgress, signal }: KeepOptions): Promise<void> {
    await this.choose(caseId, chosen);
    const { store, blobs, serverUrl, token } = this.#o;
    const heads = new Map((await store.list(caseId)).map((head) => [head.seriesUid, head]));
    let left = maxBytes;
    let failed: AppError | null = null;
    for (const one of chosen) {
      try {
        const head = await this.#head(caseId, one, heads.get(one.seriesUid) ?? null);
        const objects = head.instances.map(objectOf);
        const bytes = objects.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
        if (left !== null && bytes > left) continue;
        if (left !== null) left -= bytes;
        const missing = await blobs.missing(caseId, objects);
        if (missing.length === 0) continue;
        const missingBytes = missing.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
        await makeRoom(missingBytes);
        const urls = new Map(head.instances.map(({ hash, sopUid }) => [hash, `${serverUrl()}${seriesPath(caseId, one)}/instances/${sopUid}${COPY_PATH}`]));
        const held = await token();
        if (held === null) throw new AppError('auth.required', 'nobody is signed in');
        await blobs.fetchAll(caseId, missing, (hash) => ({ url: urls.get(hash) ?? '', token: held }), (done) => onProgress(done, missingBytes), signal, await store.nameOf(caseId, one.seriesUid));
      } catch (error) {
        const failure = toAppError(error);
        if (!DAMAGED.has(failure.code)) throw failure;
        // A series whose images are gone from the case is no failure: there is nothing to be had.
        if (failure.code !== 'record.notFound') failed ??= failure;
      }
    }
    if (failed !== null) throw failed;
  }

  /** What the server says a series is made of, asked once for each time it may have changed. */
  async #head(caseId: CaseId, one: SeriesName, known: SeriesHead | null): Promise<SeriesHead> {
    const { http, store } = this.#o;
    const fresh = this.#fresh.get(caseId) ?? new Set<string>();
    if (known !== null && fresh.has(one.seriesUid)) return known;
    const path = seriesPath(caseId, one);
    const base = dicomwebPath(encodeURIComponent(caseId));
    const auth = await this.#bearer();
    const json = { ...auth, timeoutMs: SETS_TIMEOUT_MS, headers: { accept: 'application/dicom+json' } };
    const made: SeriesCopy = await http.get(`${path}${COPY_PATH}`, seriesCopySchema, { ...auth, timeoutMs: MADE_OF_TIMEOUT_MS });
    const isSame = known !== null && JSON.stringify(known.instances) === JSON.stringify(made.instances);
    if (!isSame) {
      const [sets, [studySet], [seriesSet], thumbnail] = await Promise.all([
        http.get(`${path}/metadata`, dataSetsSchema, json),
        http.get(`${base}/studies?StudyInstanceUID=${one.studyUid}`, dataSetsSchema, json),
        http.get(`${base}/series?SeriesInstanceUID=${one.seriesUid}`, dataSetsSchema, json),
        http.download(`${path}/thumbnail`, { ...auth, timeoutMs: SETS_TIMEOUT_MS }).then(async (blob) => toBase64(new Uint8Array(await blob.arrayBuffer())), () => null), // a series without its little picture is still named
      ]);
      await store.keep(caseId, { seriesUid: one.seriesUid, studySet, seriesSet, instances: made.instances, thumbnail }, sets);
      this.#places.delete(placesKey(caseId, one.seriesUid));
    }
    this.#fresh.set(caseId, fresh.add(one.seriesUid));
    return isSame ? known : { seriesUid: one.seriesUid, studySet: null, seriesSet: null, instances: made.instances, thumbnail: null };
  }

  // ---- read in place of the server ----

  /** Studies with the series of them that were kept here, whole or in part. */
  async studies(caseId: CaseId): Promise<StudySummary[]> {
    const byStudy = new Map<string, { readonly set: DataSet; readonly series: SeriesSummary[] }>();
    for (const { studySet, seriesSet } of await this.#o.store.list(caseId)) {
      const [study, series] = [dataSetSchema.safeParse(studySet), dataSetSchema.safeParse(seriesSet)];
      if (!study.success || !series.success) continue;
      const studyUid = text(study.data, '0020000D');
      const entry = byStudy.get(studyUid) ?? { set: study.data, series: [] };
      entry.series.push(seriesSummaryOf(studyUid, series.data));
      byStudy.set(studyUid, entry);
    }
    return [...byStudy.values()].map(({ set, series }) => studyOf(set, series));
  }

  /** A kept series with its data sets; null: it is not here. */
  async series(caseId: CaseId, summary: SeriesSummary): Promise<Series | null> {
    const sets = dataSetsSchema.safeParse(await this.#o.store.sets(caseId, summary.seriesUid));
    return sets.success ? seriesOf(summary, sets.data) : null;
  }

  async sets(caseId: CaseId, seriesUid: string): Promise<DataSet[] | null> {
    const sets = dataSetsSchema.safeParse(await this.#o.store.sets(caseId, seriesUid));
    return sets.success ? sets.data : null;
  }

  async thumbnail(caseId: CaseId, seriesUid: string): Promise<Blob | null> {
    const head = await this.#o.store.one(caseId, seriesUid);
    return head?.thumbnail ? new Blob([fromBase64(head.thumbnail)], { type: 'image/png' }) : null;
  }

  /**
   * A frame (from 1) as it was kept; null: it is not here, or not any more.
   * @throws AppError `imaging.notDisplayable` with the reason that the server gave
   */
  async frame(caseId: CaseId, { seriesUid }: Pick<SeriesName, 'seriesUid'>, sopUid: string, frame: number): Promise<KeptFrame | null> {
    const instance = (await this.#placesOf(caseId, seriesUid)).get(sopUid);
    if (instance === undefined) return null;
    if (instance.refusal !== '') throw new AppError('imaging.notDisplayable', instance.refusal);
    const pieces = piecesOf(instance, frame);
    if (pieces === null || instance.syntax === null) return null;
    try {
      const parts = await Promise.all(pieces.map(([from, length]) => this.#o.blobs.readPart(caseId, objectOf(instance), { from, length })));
      return { bytes: joined(parts), syntax: instance.syntax };
    } catch (error) {
      const { code } = toAppError(error);
      if (!DAMAGED.has(code)) throw error;
      if (code !== 'record.notFound') this.#events.emit('damaged', caseId);
      return null;
    }
  }

  async #placesOf(caseId: CaseId, seriesUid: string): Promise<ReadonlyMap<string, CopiedInstance>> {
    const key = placesKey(caseId, seriesUid);
    const known = this.#places.get(key);
    if (known !== undefined) return known;
    const head = await this.#o.store.one(caseId, seriesUid);
    const places = new Map((head?.instances ?? []).map((instance) => [instance.sopUid, instance]));
    if (head !== null) this.#places.set(key, places);
    return places;
  }

  async #bearer(): Promise<{ readonly token?: string }> {
    const held = await this.#o.token();
    return held === null ? {} : { token: held };
  }
}

const seriesPath = (caseId: CaseId, { studyUid, seriesUid }: SeriesName): string => `${dicomwebPath(encodeURIComponent(caseId))}/studies/${studyUid}/series/${seriesUid}`;
const placesKey = (caseId: CaseId, seriesUid: string): string => `${caseId} ${seriesUid}`;

/** Where a frame lies in an instance's content; null: it has no such. */
export function piecesOf({ frames }: Pick<CopiedInstance, 'frames'>, frame: number): readonly (readonly [number, number])[] | null {
  if (frames === null || frame < 1) return null;
  if (frames.type === 'even') return frame > frames.count ? null : [[frames.offset + (frame - 1) * frames.length, frames.length]];
  return frames.places[frame - 1] ?? null;
}

function joined(parts: readonly Uint8Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer> {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  const all = new Uint8Array(parts.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.byteLength;
  }
  return all;
}
