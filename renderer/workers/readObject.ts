import { MAX_UPLOAD_PART_BYTES, uploadResultSchema } from '#shared/protocol/cases';
import { AppError } from '#shared/protocol/errors';
import { PROTOCOL_VERSION } from '#shared/protocol/version';
import { CHUNK_BYTES, chunkCount, chunkParameters, chunkPlace, HEADER_BYTES, readHeader, storedBytes } from './blobFormat.ts';
import { askServer, type Fetch, freeBuffer } from './blobHttp.ts';
import type { BlobRequest } from './blobMessages.ts';

/** The file in which an object lies. */
export interface Stored {
  readonly bytes: number;
  /** @returns as many as there are */
  read(at: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
}

/** @throws AppError `attachment.cutOff` when it is not there as long as it should be; the chunks throw `attachment.damaged` */
async function openChunks({ name, key, sizeBytes, pack }: Pick<Extract<BlobRequest, { type: 'read' }>, 'name' | 'key' | 'sizeBytes' | 'pack'>, stored: Stored): Promise<(index: number) => Promise<ArrayBuffer>> {
  const first = pack?.at ?? 0;
  const header = readHeader(await stored.read(first, HEADER_BYTES));
  const end = first + storedBytes(sizeBytes);
  if (header?.sizeBytes !== sizeBytes || (pack === null ? stored.bytes !== end : stored.bytes < end)) throw new AppError('attachment.cutOff', 'the attachment is cut off on this machine');
  return async (index) => {
    const { at, length } = chunkPlace(sizeBytes, index);
    const sealed = await stored.read(first + at, length);
    return crypto.subtle.decrypt(chunkParameters(name, header, index), key, sealed).catch((error: unknown) => {
      throw new AppError('attachment.damaged', 'the attachment was changed on the disk', { cause: error });
    });
  };
}

/** An object, or the part of it that is asked for; only the chunks in which that lies are opened. */
export async function readObject(request: Extract<BlobRequest, { type: 'read' }>, stored: Stored): Promise<Blob> {
  const { sizeBytes, part, mediaType } = request;
  const [from, length] = part === null ? [0, sizeBytes] : [part.from, part.length];
  if (from < 0 || length < 0 || from + length > sizeBytes) throw new AppError('attachment.cutOff', 'the attachment has no such part');
  const chunk = await openChunks(request, stored);
  const first = Math.floor(from / CHUNK_BYTES);
  const last = part === null ? chunkCount(sizeBytes) - 1 : Math.floor(Math.max(from, from + length - 1) / CHUNK_BYTES);
  const parts: ArrayBuffer[] = [];
  for (let index = first; index <= last; index += 1) parts.push(await chunk(index));
  const blob = new Blob(parts, { type: mediaType }).slice(from - first * CHUNK_BYTES, from - first * CHUNK_BYTES + length, mediaType); // a copy of them
  parts.forEach(freeBuffer);
  return blob;
}

/** Sends a kept object to the server, from where the server says. */
export async function sendObject({ name, key, url, token, mediaType, sizeBytes }: Extract<BlobRequest, { type: 'send' }>, stored: Stored, fetch: Fetch, signal: AbortSignal, onProgress: (doneBytes: number) => void): Promise<void> {
  const chunk = await openChunks({ name, key, sizeBytes, pack: null }, stored);
  const headers = { authorization: `Bearer ${token}`, 'x-huizhen-protocol': PROTOCOL_VERSION };
  const begun = await askServer(fetch, url, { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify({ sizeBytes, mediaType }), signal });
  let { offset } = uploadResultSchema.parse(await begun.json());
  while (offset < sizeBytes) {
    const first = Math.floor(offset / CHUNK_BYTES);
    const parts: Uint8Array<ArrayBuffer>[] = [];
    let length = 0;
    for (let index = first; index < chunkCount(sizeBytes) && length + CHUNK_BYTES <= MAX_UPLOAD_PART_BYTES; index += 1) {
      const whole = new Uint8Array(await chunk(index));
      const part = index === first ? whole.subarray(offset - first * CHUNK_BYTES) : whole;
      parts.push(part);
      length += part.length;
    }
    const body = new Blob(parts); // a copy of them
    for (const { buffer } of parts) freeBuffer(buffer);
    const response = await askServer(fetch, url, { method: 'PATCH', headers: { ...headers, 'content-type': 'application/octet-stream', 'upload-offset': String(offset) }, body, signal });
    const next = uploadResultSchema.parse(await response.json()).offset;
    offset = next;
    onProgress(offset);
  }
}
