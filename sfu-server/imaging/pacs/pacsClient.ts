import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { AppError } from '#shared/protocol/errors';
import type { JsonDataSet } from '../dicom/json.ts';
import { boundaryOf, readParts, writeParts } from '../multipart.ts';

export interface PacsClientOptions {
  readonly url: string;
  readonly authorization: string | null;
}

/** How archives say that they have no such service or entry. */
const NOT_THERE: readonly number[] = [400, 404, 405];
/** How long an archive may take to begin an answer to a question, ms; a study's files come after that. */
const PATIENCE_MS = 30_000;
/** Instances asked of an archive at a time, and at most: as many as a case may have. */
const LIST_PAGE = 2000;
const MOST_INSTANCES = 100_000;
/** The largest list it may answer a search with, bytes. */
const ANSWER_LIMIT = 32 * 1024 * 1024;

/** An image archive as a DICOMweb client sees it, with our credentials. Everything that goes wrong there is `imaging.pacsFailed`. */
export class PacsClient {
  readonly #options: PacsClientOptions;
  readonly #closing = new AbortController();

  constructor(options: PacsClientOptions) {
    this.#options = options;
  }

  /** QIDO-RS; an empty list where it answers that there is nothing. @param fields beyond what it gives anyway */
  async search(path: string, query: Readonly<Record<string, string>>, fields: readonly string[] = []): Promise<JsonDataSet[]> {
    // One by one: not every archive takes them as a list.
    const asked = new URLSearchParams([...Object.entries(query), ...fields.map((field): [string, string] => ['includefield', field])]);
    const response = await this.#ask(`${this.#options.url}${path}?${asked}`, { headers: { accept: 'application/dicom+json' } });
    if (response.status === 204) return [];
    const answer: unknown = await this.#json(response);
    if (!Array.isArray(answer)) throw new AppError('imaging.pacsFailed', 'the archive answers a search with something else');
    return answer.filter((one): one is JsonDataSet => typeof one === 'object' && one !== null);
  }

  /** UIDs of the instances that it has of a study; none where it has no such study. */
  async instances(studyUid: string): Promise<ReadonlySet<string>> {
    const known = new Set<string>();
    for (;;) {
      const response = await this.#ask(`${this.#options.url}/studies/${studyUid}/instances?limit=${LIST_PAGE}&offset=${known.size}`, { headers: { accept: 'application/dicom+json' } }, [404]);
      const answer: unknown = response.status === 204 || response.status === 404 ? [] : await this.#json(response);
      if (response.status === 404) await response.body?.cancel();
      if (!Array.isArray(answer)) throw new AppError('imaging.pacsFailed', 'the archive answers a search with something else');
      const before = known.size;
      for (const one of answer as JsonDataSet[]) { // read as far as one value
        const uid = one['00080018']?.Value?.[0];
        if (typeof uid === 'string') known.add(uid);
      }
      // One that gives all at once, whatever is asked, says nothing new the second time.
      if (known.size === before || known.size >= MOST_INSTANCES) return known;
    }
  }

  /** The files of a series as they come (WADO-RS), in the syntax in which the archive has them. */
  async *series(studyUid: string, seriesUid: string): AsyncGenerator<AsyncIterable<Uint8Array>, void> {
    const response = await this.#ask(`${this.#options.url}/studies/${studyUid}/series/${seriesUid}`, { headers: { accept: 'multipart/related; type="application/dicom"; transfer-syntax=*' } });
    if (response.body === null) throw new AppError('imaging.pacsFailed', 'the archive answers without a body');
    yield* readParts(Readable.fromWeb(response.body as ReadableStream), boundaryOf(response.headers.get('content-type') ?? '')); // Node's own type of the same stream
  }

  /** STOW-RS. @returns how many the archive refused */
  async store(files: AsyncIterable<AsyncIterable<Uint8Array>>): Promise<number> {
    const parts = async function* () {
      for await (const content of files) yield { type: 'application/dicom', content };
    };
    const { boundary, body } = writeParts(parts());
    const response = await this.#ask(
      `${this.#options.url}/studies`,
      // A body that is a stream has to say that the answer is not waited for before its end.
      { method: 'POST', headers: { 'content-type': `multipart/related; type="application/dicom"; boundary=${boundary}`, accept: 'application/dicom+json' }, body: Readable.toWeb(body) as NonNullable<RequestInit['body']>, duplex: 'half' },
      [409],
    );
    const answer = (await this.#json(response)) as JsonDataSet; // read as far as one list
    return answer['00081198']?.Value?.length ?? 0;
  }

  /** The newest changes of an Orthanc (its REST API lies beside its DICOMweb services), as study UIDs, the latest first; null: it is no Orthanc. */
  async newestStudies(limit: number): Promise<readonly string[] | null> {
    const root = this.#options.url.replace(/\/[^/]+$/, '');
    // What is not there is told from an archive that cannot be reached, or that refuses us: those are failures.
    const get = async (path: string): Promise<unknown> => {
      const response = await this.#ask(`${root}${path}`, {}, NOT_THERE);
      if (response.ok) return this.#json(response);
      await response.body?.cancel();
      return null;
    };
    const last = await get('/changes?last');
    const lastSequence = lastOf(last);
    if (lastSequence === null) return null;
    const uids: string[] = [];
    // Pages from the end, as many as it takes to gather some; a change is of a study, a series or an instance.
    for (let end = lastSequence; end > 0 && uids.length < limit; end -= 500) {
      const since = Math.max(0, end - 500);
      const page = (await get(`/changes?since=${since}&limit=${end - since}`)) as { Changes?: { ChangeType?: string; Path?: string }[] } | null; // Orthanc's own, read as far as needed
      for (const { Path: path } of (page?.Changes ?? []).filter(({ ChangeType: type }) => type === 'NewStudy').reverse()) {
        if (path === undefined || !/^\/studies\/[0-9a-f-]+$/.test(path)) continue;
        const study = (await get(path)) as { MainDicomTags?: { StudyInstanceUID?: string } } | null; // as above; removed meanwhile: null
        const uid = study?.MainDicomTags?.StudyInstanceUID;
        if (uid !== undefined && !uids.includes(uid)) uids.push(uid);
      }
    }
    return uids.slice(0, limit);
  }

  close(): void {
    this.#closing.abort();
  }

  async #ask(url: string, init: RequestInit & { readonly duplex?: 'half' }, alsoTaken: readonly number[] = []): Promise<Response> {
    const { authorization } = this.#options;
    const patience = new AbortController();
    const timer = AbortSignal.timeout(PATIENCE_MS);
    const giveUp = () => patience.abort(timer.reason);
    // A body that is sent takes as long as the line does; one that stands still is given up by the library.
    if (init.method !== 'POST') timer.addEventListener('abort', giveUp);
    let response: Response;
    try {
      response = await fetch(url, { ...init, headers: { ...init.headers, ...(authorization === null ? {} : { authorization }) }, redirect: 'manual', signal: AbortSignal.any([this.#closing.signal, patience.signal]) });
    } catch (error) {
      throw new AppError('imaging.pacsFailed', 'the archive cannot be reached', { cause: error });
    } finally {
      // What comes after the answer has begun may take its time.
      timer.removeEventListener('abort', giveUp);
    }
    if (response.ok || alsoTaken.includes(response.status)) return response;
    await response.body?.cancel();
    throw new AppError('imaging.pacsFailed', response.status === 401 || response.status === 403 ? 'the archive does not take our credentials' : `the archive answers ${response.status}`);
  }

  async #json(response: Response): Promise<unknown> {
    const bytes: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of response.body ?? []) {
      size += chunk.byteLength;
      if (size > ANSWER_LIMIT) throw new AppError('imaging.pacsFailed', 'the archive answers with more than can be meant');
      bytes.push(chunk);
    }
    try {
      return JSON.parse(Buffer.concat(bytes).toString());
    } catch (error) {
      throw new AppError('imaging.pacsFailed', 'the archive answers with what is no JSON', { cause: error });
    }
  }
}

function lastOf(value: unknown): number | null {
  const last = typeof value === 'object' && value !== null && 'Last' in value ? value.Last : null;
  return typeof last === 'number' ? last : null;
}
