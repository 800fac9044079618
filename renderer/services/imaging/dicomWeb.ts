import type { CaseId } from '#shared/domain/ids';
import type { HttpClient } from '../http.ts';
import { type ErrorCategory, toAppError } from '#shared/protocol/errors';
import type { KeptFrame, SeriesCopies } from './copies/seriesCopies.ts';
import { type DataSet, dataSetsSchema } from './dicomJson.ts';
import { hasPictures, type Series, type SeriesSummary, seriesOf, seriesSummaryOf, type StudySummary, studyOf } from './series.ts';

export interface DicomWebOptions {
  /** They read copies without names, under UIDs of their own, and nothing else [IMG14]. */
  readonly isObserver: () => boolean;
  readonly http: HttpClient;
  readonly token: () => Promise<string | null>;
  readonly serverUrl: () => string;
  /** The server is known to be out of reach: what is kept here does not wait for a line that says nothing. */
  readonly isAway: () => boolean;
  /** Chosen series on this machine: read where the server is away, and before it is asked for their pixels. */
  readonly copies: Pick<SeriesCopies, 'studies' | 'series' | 'sets' | 'thumbnail' | 'frame'>;
}

/** A series of a thousand instances has several MB of metadata. */
const METADATA_TIMEOUT_MS = 60_000;
/** Errors after which the copy on this machine is as good as the answer can be. */
const AWAY: ReadonlySet<ErrorCategory> = new Set(['network']);

/** Studies of one case over DICOMweb (PS3.18), as the session's holder. All reject with the server's AppError. */
export interface DicomWeb {
  studies(caseId: CaseId): Promise<StudySummary[]>;
  series(caseId: CaseId, summary: SeriesSummary): Promise<Series>;
  /** Where a picture's pixels are. */
  frameUrl(caseId: CaseId, series: SeriesSummary, sopUid: string, frame: number): string;
  thumbnail(caseId: CaseId, series: SeriesSummary): Promise<Blob>;
  /** Writes one object to the case (STOW-RS). */
  store(caseId: CaseId, studyUid: string, part10: ArrayBuffer): Promise<void>;
  /** One stored object, Part 10. */
  instance(caseId: CaseId, series: SeriesSummary, sopUid: string): Promise<ArrayBuffer>;
  /** The instances' data sets, for objects without pictures. */
  metadata(caseId: CaseId, series: SeriesSummary): Promise<DataSet[]>;
  /** A frame (from 1) of the copy on this machine; null: it has to be asked for. @throws AppError `imaging.notDisplayable` */
  keptFrame(caseId: CaseId, series: SeriesSummary, sopUid: string, frame: number): Promise<KeptFrame | null>;
  /** The present token, for requests that the decoder makes by itself. */
  readonly token: () => Promise<string | null>;
}

export function createDicomWeb({ http, token, serverUrl, isObserver, isAway, copies }: DicomWebOptions): DicomWeb {
  const base = (caseId: CaseId) => `/dicomweb/cases/${encodeURIComponent(caseId)}${isObserver() ? '/deidentified' : ''}`;
  const seriesPath = (caseId: CaseId, { studyUid, seriesUid }: SeriesSummary) => `${base(caseId)}/studies/${studyUid}/series/${seriesUid}`;
  const read = async (path: string) => {
    const held = await token();
    return http.get(path, dataSetsSchema, { timeoutMs: METADATA_TIMEOUT_MS, headers: { accept: 'application/dicom+json' }, ...(held === null ? {} : { token: held }) });
  };
  /** What the server says; where it cannot be reached, what is kept here, and where nothing is, that it cannot be reached. */
  const orKept = async <T>(asked: () => Promise<T>, kept: () => Promise<T | null>): Promise<T> => {
    const own = isAway() && !isObserver() ? await kept().catch(() => null) : null;
    if (own !== null) return own;
    try {
      return await asked();
    } catch (error) {
      // Who was signed out for lack of a network still has the copies; an observer has none.
      if (isObserver() || !AWAY.has(toAppError(error).category)) throw error;
      const instead = await kept().catch(() => null); // locked, ended or damaged: then the server's absence is what counts
      if (instead === null) throw error;
      return instead;
    }
  };
  const load = async (path: string, accept: string) => {
    const held = await token();
    return http.download(path, { timeoutMs: METADATA_TIMEOUT_MS, headers: { accept }, ...(held === null ? {} : { token: held }) });
  };
  const askStudies = async (caseId: CaseId): Promise<StudySummary[]> => {
    const sets = await read(`${base(caseId)}/studies`);
    const studies = await Promise.all(sets.map(async (set) => {
      const { studyUid } = studyOf(set, []);
      const series = (await read(`${base(caseId)}/studies/${studyUid}/series`)).map((one) => seriesSummaryOf(studyUid, one));
      return studyOf(set, series.sort((a, b) => (a.number ?? 0) - (b.number ?? 0)));
    }));
    return studies.sort(newestFirst);
  };
  return {
    token,
    async keptFrame(caseId, summary, sopUid, frame) {
      if (isObserver()) return null;
      return copies.frame(caseId, summary, sopUid, frame).catch((error: unknown) => {
        if (toAppError(error).code === 'imaging.notDisplayable') throw error;
        return null; // locked or ended: the server has the word
      });
    },
    studies: (caseId) => orKept(() => askStudies(caseId), async () => {
      const kept = await copies.studies(caseId);
      return kept.length === 0 ? null : kept.sort(newestFirst);
    }),
    series: (caseId, summary) => orKept(async () => seriesOf(summary, await read(`${seriesPath(caseId, summary)}/metadata`)), () => copies.series(caseId, summary)),
    metadata: (caseId, summary) => orKept(() => read(`${seriesPath(caseId, summary)}/metadata`), () => copies.sets(caseId, summary.seriesUid)),
    frameUrl: (caseId, summary, sopUid, frame) => `${serverUrl()}${seriesPath(caseId, summary)}/instances/${sopUid}/frames/${frame}`,
    thumbnail: (caseId, summary) => orKept(() => load(hasPictures(summary.modality) ? `${seriesPath(caseId, summary)}/thumbnail` : `${base(caseId)}/studies/${summary.studyUid}/thumbnail`, 'image/jpeg, image/png'), () => copies.thumbnail(caseId, summary.seriesUid)),
    async instance(caseId, summary, sopUid) {
      const blob = await load(`${seriesPath(caseId, summary)}/instances/${sopUid}`, 'multipart/related; type="application/dicom"');
      return onlyPart(await blob.arrayBuffer());
    },
    async store(caseId, studyUid, part10) {
      const held = await token();
      const boundary = `huizhen${studyUid.replaceAll('.', '')}`;
      const body = new Blob([`--${boundary}\r\nContent-Type: application/dicom\r\n\r\n`, part10, `\r\n--${boundary}--\r\n`]);
      await http.upload(`${base(caseId)}/studies/${studyUid}`, body, `multipart/related; type="application/dicom"; boundary=${boundary}`, { timeoutMs: METADATA_TIMEOUT_MS, headers: { accept: 'application/dicom+json' }, ...(held === null ? {} : { token: held }) });
    },
  };
}

/** Newest first; of the same moment, by their UIDs: a list that is asked for again has the same order. */
function newestFirst(a: StudySummary, b: StudySummary): number {
  return (b.takenAtMs ?? 0) - (a.takenAtMs ?? 0) || (a.studyUid < b.studyUid ? -1 : 1);
}

/** The body of a multipart answer with one part: between the first blank line and the closing boundary. */
function onlyPart(buffer: ArrayBuffer): ArrayBuffer {
  const bytes = new Uint8Array(buffer);
  if (bytes[0] !== 0x2d || bytes[1] !== 0x2d) return buffer;
  const lineEnd = bytes.indexOf(0x0d);
  const boundary = new TextDecoder('latin1').decode(bytes.subarray(0, lineEnd));
  const all = new TextDecoder('latin1').decode(bytes);
  const start = all.indexOf('\r\n\r\n') + 4;
  const end = all.indexOf(`\r\n${boundary}`, start);
  return buffer.slice(start, end < 0 ? buffer.byteLength : end);
}
