import { dicomwebPath } from '#shared/protocol/imaging';
import { boundaryOf } from '../../../sfu-server/imaging/multipart.ts';
import type { JsonDataSet } from '../../../sfu-server/imaging/dicom/json.ts';

/** One part of a multipart answer. */
export interface Part {
  readonly type: string;
  readonly bytes: Buffer;
}

/** What a DICOMweb client sends and reads, by nothing but `fetch`. */
export class DicomwebClient {
  readonly #base: string;
  readonly #token: string;

  constructor(url: string, caseId: string, token: string) {
    this.#base = `${url}${dicomwebPath(caseId)}`;
    this.#token = token;
  }

  ask(path: string, accept = '*/*'): Promise<Response> {
    return fetch(path.startsWith('http') ? path : `${this.#base}${path}`, { headers: { authorization: `Bearer ${this.#token}`, accept } });
  }

  /** @throws Error with the status and the server's words when it is not 200 */
  async json(path: string): Promise<JsonDataSet[]> {
    const response = await this.ask(path, 'application/dicom+json');
    if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
    return (await response.json()) as JsonDataSet[]; // what the tests look into
  }

  async parts(path: string, accept = 'multipart/related'): Promise<Part[]> {
    const response = await this.ask(path, accept);
    if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
    return splitParts(Buffer.from(await response.arrayBuffer()), boundaryOf(response.headers.get('content-type') ?? ''));
  }

  /** Stores files in one request. */
  async store(files: readonly Uint8Array[], path = '/studies'): Promise<{ readonly status: number; readonly body: JsonDataSet }> {
    const boundary = 'a-boundary-that-no-file-holds';
    const body = Buffer.concat([...files.flatMap((file) => [Buffer.from(`--${boundary}\r\nContent-Type: application/dicom\r\n\r\n`), file, Buffer.from('\r\n')]), Buffer.from(`--${boundary}--\r\n`)]);
    return this.storeBody(body, `multipart/related; type="application/dicom"; boundary=${boundary}`, path);
  }

  /** Stores one file as the body itself. */
  async storeOne(file: Uint8Array): Promise<{ readonly status: number; readonly body: JsonDataSet }> {
    return this.storeBody(file, 'application/dicom');
  }

  /** Stores whatever that body is. */
  async storeBody(body: Uint8Array, type: string, path = '/studies'): Promise<{ readonly status: number; readonly body: JsonDataSet }> {
    const response = await fetch(`${this.#base}${path}`, { method: 'POST', headers: { authorization: `Bearer ${this.#token}`, 'content-type': type }, body: Buffer.from(body) });
    return { status: response.status, body: (await response.json()) as JsonDataSet }; // what the tests look into
  }
}

function splitParts(body: Buffer, boundary: string): Part[] {
  const mark = Buffer.from(`--${boundary}`);
  const parts: Part[] = [];
  for (let at = body.indexOf(mark); ; ) {
    const next = body.indexOf(mark, at + mark.byteLength);
    if (next < 0) return parts;
    const head = body.indexOf('\r\n\r\n', at);
    parts.push({ type: /content-type: ([^\r]*)/i.exec(body.subarray(at, head).toString())?.[1] ?? '', bytes: body.subarray(head + 4, next - 2) });
    at = next;
  }
}

/** The codes and words of what was refused, or stored with a warning. */
export function reasonsOf(body: JsonDataSet): string[] {
  return ['00081198', '0008119A', '00081199'].flatMap((tag) => ((body[tag]?.Value ?? []) as JsonDataSet[]).flatMap((item) => (item['00091001'] === undefined ? [] : [`${item['00091001'].Value?.[0]}: ${item['00091002']?.Value?.[0]}`]))); // sequences hold data sets
}
