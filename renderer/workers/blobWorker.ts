import { createSHA256 } from 'hash-wasm';
import { AppError, toAppError } from '#shared/protocol/errors';
import { MAX_UPLOAD_PART_BYTES, uploadResultSchema } from '#shared/protocol/cases';
import { PROTOCOL_VERSION } from '#shared/protocol/version';
import { CHUNK_BYTES, chunkCount, chunkParameters, chunkPlace, HEADER_BYTES, type BlobHeader, readHeader, storedBytes, writeHeader } from './blobFormat.ts';
import type { BlobAnswer, BlobRequest } from './blobMessages.ts';

/** The folder of all objects. */
const FOLDER = 'case-objects';
/** Up to this size the browser's own hash over the whole is faster than one that is fed piece by piece. */
const WHOLE_HASH_BYTES = 8 * CHUNK_BYTES;
/** Progress is told at most this often, bytes. */
const PROGRESS_BYTES = 4 * CHUNK_BYTES;

const cancelled = new Map<number, AbortController>();

self.onmessage = (event: MessageEvent<{ id: number; request: BlobRequest }>) => {
  const { id, request } = event.data;
  if (request.type === 'cancel') {
    cancelled.get(request.id)?.abort();
    return;
  }
  const abort = new AbortController();
  cancelled.set(id, abort);
  const say = (answer: BlobAnswer) => self.postMessage(answer);
  let told = 0;
  const onProgress = (doneBytes: number) => {
    if (doneBytes - told < PROGRESS_BYTES) return;
    told = doneBytes;
    say({ type: 'progress', id, doneBytes });
  };
  handle(request, abort.signal, onProgress)
    .catch((error: unknown) => {
      root = null; // the browser or a person may have cleared the folder
      throw error;
    })
    .then(
      (value) => say({ type: 'done', id, value }),
      (error: unknown) => {
        const failure = translate(error, abort.signal);
        say({ type: 'failed', id, code: failure.code, message: failure.message });
      },
    )
    .finally(() => cancelled.delete(id));
};

function handle(request: Exclude<BlobRequest, { type: 'cancel' }>, signal: AbortSignal, onProgress: (doneBytes: number) => void): Promise<unknown> {
  switch (request.type) {
    case 'fetch':
      return fetchObject(request, signal, onProgress);
    case 'keep':
      return keep(request.name, request.key, request.blob);
    case 'read':
      return read(request.name, request.key, request.mediaType);
    case 'send':
      return send(request, signal, onProgress);
    case 'hash':
      return hashOf(request.blob);
    case 'remove':
      return remove(request.names);
    case 'list':
      return list();
  }
}

let root: Promise<FileSystemDirectoryHandle> | null = null;

function folder(): Promise<FileSystemDirectoryHandle> {
  root ??= navigator.storage.getDirectory().then((top) => top.getDirectoryHandle(FOLDER, { create: true }));
  return root;
}

async function fetchObject({ name, key, url, token, hash, sizeBytes }: Extract<BlobRequest, { type: 'fetch' }>, signal: AbortSignal, onProgress: (doneBytes: number) => void): Promise<void> {
  const file = await (await folder()).getFileHandle(name, { create: true });
  const access = await file.createSyncAccessHandle();
  try {
    const resumed = resumeAt(access, sizeBytes);
    const header: BlobHeader = resumed?.header ?? { prefix: crypto.getRandomValues(new Uint8Array(8)), sizeBytes };
    let index = resumed?.index ?? 0;
    if (!resumed && sizeBytes > WHOLE_HASH_BYTES) {
      access.truncate(0);
      writeAll(access, writeHeader(header), 0);
    }
    if (index < chunkCount(sizeBytes)) {
      const response = await ask(url, { headers: { authorization: `Bearer ${token}`, 'x-huizhen-protocol': PROTOCOL_VERSION, ...(index > 0 ? { range: `bytes=${index * CHUNK_BYTES}-` } : {}) }, signal });
      if (index > 0 && response.status !== 206) throw new AppError('storage.corrupt', 'the server does not go on from the middle');
      // One object of a scan is smaller than a chunk: hashing, sealing and writing then overlap with the next one's arrival.
      if (index === 0 && sizeBytes <= WHOLE_HASH_BYTES) return await keepWhole(access, name, key, header, hash, new Uint8Array(await response.arrayBuffer()));
      for await (const chunk of chunks(response, sizeBytes - index * CHUNK_BYTES)) {
        await writeChunk(access, name, key, header, index, chunk);
        index += 1;
        onProgress(Math.min(sizeBytes, index * CHUNK_BYTES));
      }
    }
    access.flush();
    await checkHash(access, name, key, header, hash);
  } finally {
    access.close();
  }
}

/** Checked first and written in one piece: the browser asks for room as often as a file grows, and what does not fit its hash never gets there. */
async function keepWhole(access: FileSystemSyncAccessHandle, name: string, key: CryptoKey, header: BlobHeader, hash: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  if (bytes.length !== header.sizeBytes) throw new AppError('network.offline', `the attachment ended after ${bytes.length} of ${header.sizeBytes} bytes`);
  const [digest, ...sealed] = await Promise.all([
    crypto.subtle.digest('SHA-256', bytes),
    ...Array.from({ length: chunkCount(bytes.length) }, (_, index) => crypto.subtle.encrypt(chunkParameters(name, header, index), key, bytes.subarray(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES))),
  ]);
  if (hex(digest) !== hash) throw new AppError('attachment.damaged', 'the attachment does not have the content it should');
  const file = new Uint8Array(storedBytes(header.sizeBytes));
  file.set(writeHeader(header));
  for (const [index, chunk] of sealed.entries()) file.set(new Uint8Array(chunk), chunkPlace(header.sizeBytes, index).at);
  access.truncate(0);
  writeAll(access, file, 0);
  access.flush();
}

/** How far an earlier try came, in whole chunks; null: begin anew. */
function resumeAt(access: FileSystemSyncAccessHandle, sizeBytes: number): { readonly header: BlobHeader; readonly index: number } | null {
  const size = access.getSize();
  if (size < HEADER_BYTES) return null;
  const bytes = new Uint8Array(HEADER_BYTES);
  access.read(bytes, { at: 0 });
  const header = readHeader(bytes);
  if (!header || header.sizeBytes !== sizeBytes || size > storedBytes(sizeBytes)) return null;
  let index = 0;
  while (index < chunkCount(sizeBytes) && chunkPlace(sizeBytes, index).at + chunkPlace(sizeBytes, index).length <= size) index += 1;
  return { header, index };
}

async function writeChunk(access: FileSystemSyncAccessHandle, name: string, key: CryptoKey, header: BlobHeader, index: number, plain: Uint8Array<ArrayBuffer>): Promise<void> {
  const sealed = new Uint8Array(await crypto.subtle.encrypt(chunkParameters(name, header, index), key, plain));
  writeAll(access, sealed, chunkPlace(header.sizeBytes, index).at);
}

/** A full disk takes a part and says so only by how much it took. */
function writeAll(access: FileSystemSyncAccessHandle, bytes: Uint8Array<ArrayBuffer>, at: number): void {
  if (access.write(bytes, { at }) !== bytes.length) throw new AppError('storage.full', 'no room left on this machine');
}

/** Reads what was written, which also shows that the disk gives it back. A file that fails is emptied: the next try begins anew. */
async function checkHash(access: FileSystemSyncAccessHandle, name: string, key: CryptoKey, header: BlobHeader, hash: string): Promise<void> {
  const hasher = await createSHA256();
  try {
    for (let index = 0; index < chunkCount(header.sizeBytes); index += 1) {
      const { at, length } = chunkPlace(header.sizeBytes, index);
      const sealed = new Uint8Array(length);
      access.read(sealed, { at });
      hasher.update(new Uint8Array(await crypto.subtle.decrypt(chunkParameters(name, header, index), key, sealed)));
    }
  } catch (error) {
    access.truncate(0);
    throw new AppError('storage.corrupt', 'what was written cannot be read again', { cause: error });
  }
  if (hasher.digest('hex') === hash) return;
  access.truncate(0);
  throw new AppError('attachment.damaged', 'the attachment does not have the content it should');
}

async function keep(name: string, key: CryptoKey, blob: Blob): Promise<void> {
  const file = await (await folder()).getFileHandle(name, { create: true });
  const access = await file.createSyncAccessHandle();
  try {
    const header: BlobHeader = { prefix: crypto.getRandomValues(new Uint8Array(8)), sizeBytes: blob.size };
    access.truncate(0);
    writeAll(access, writeHeader(header), 0);
    for (let index = 0; index < chunkCount(blob.size); index += 1) {
      await writeChunk(access, name, key, header, index, new Uint8Array(await blob.slice(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES).arrayBuffer()));
    }
    access.flush();
  } finally {
    access.close();
  }
}

/** Without a lock: several pages may read at once. */
async function readChunks(name: string, key: CryptoKey): Promise<{ readonly sizeBytes: number; readonly chunk: (index: number) => Promise<ArrayBuffer> }> {
  const handle = await (await folder()).getFileHandle(name).catch((error: unknown) => {
    throw new AppError('record.notFound', 'the attachment is not on this machine', { cause: error });
  });
  const file = await handle.getFile();
  const header = readHeader(new Uint8Array(await file.slice(0, HEADER_BYTES).arrayBuffer()));
  if (!header || file.size !== storedBytes(header.sizeBytes)) throw new AppError('attachment.cutOff', 'the attachment is cut off on this machine');
  return {
    sizeBytes: header.sizeBytes,
    async chunk(index) {
      const { at, length } = chunkPlace(header.sizeBytes, index);
      const sealed = await file.slice(at, at + length).arrayBuffer();
      return crypto.subtle.decrypt(chunkParameters(name, header, index), key, sealed).catch((error: unknown) => {
        throw new AppError('attachment.damaged', 'the attachment was changed on the disk', { cause: error });
      });
    },
  };
}

async function read(name: string, key: CryptoKey, mediaType: string): Promise<Blob> {
  const { sizeBytes, chunk } = await readChunks(name, key);
  const parts: ArrayBuffer[] = [];
  for (let index = 0; index < chunkCount(sizeBytes); index += 1) parts.push(await chunk(index));
  return new Blob(parts, { type: mediaType });
}

async function send({ name, key, url, token, mediaType }: Extract<BlobRequest, { type: 'send' }>, signal: AbortSignal, onProgress: (doneBytes: number) => void): Promise<void> {
  const { sizeBytes, chunk } = await readChunks(name, key);
  const headers = { authorization: `Bearer ${token}`, 'x-huizhen-protocol': PROTOCOL_VERSION };
  const begun = await ask(url, { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify({ sizeBytes, mediaType }), signal });
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
    const response = await ask(url, { method: 'PATCH', headers: { ...headers, 'content-type': 'application/octet-stream', 'upload-offset': String(offset) }, body: new Blob(parts), signal });
    const next = uploadResultSchema.parse(await response.json()).offset;
    offset = next;
    onProgress(offset);
  }
}

async function hashOf(blob: Blob): Promise<string> {
  const hasher = await createSHA256();
  for (let at = 0; at < blob.size; at += CHUNK_BYTES) hasher.update(new Uint8Array(await blob.slice(at, at + CHUNK_BYTES).arrayBuffer()));
  return hasher.digest('hex');
}

async function remove(names: readonly string[]): Promise<void> {
  const root = await folder();
  for (const name of names) {
    await root.removeEntry(name).catch((error: unknown) => {
      if (!(error instanceof DOMException && error.name === 'NotFoundError')) throw error;
    });
  }
}

async function list(): Promise<{ name: string; bytes: number }[]> {
  const found: { name: string; bytes: number }[] = [];
  for await (const handle of (await folder()).values()) {
    if (handle.kind === 'file') found.push({ name: handle.name, bytes: (await (handle as FileSystemFileHandle).getFile()).size }); // its kind says so
  }
  return found;
}

/** A response, or the server's own error. */
async function ask(url: string, init: RequestInit): Promise<Response> {
  const response = await fetch(url, { ...init, cache: 'no-store', credentials: 'omit' });
  if (response.ok) return response;
  const answer: unknown = await response.json().catch(() => null);
  throw serverError(answer, response.status);
}

function serverError(answer: unknown, status: number): AppError {
  if (typeof answer === 'object' && answer !== null && 'code' in answer && 'message' in answer) {
    // The server speaks of its own disk; here the words would be of this machine's.
    if (answer.code === 'storage.full') return new AppError('server.full', String(answer.message));
    return AppError.fromWire({ code: answer.code as AppError['code'], message: String(answer.message) }); // parsed again by the page, which knows all codes
  }
  return new AppError('network.offline', `status ${status} without a code`);
}

/** A body cut into whole chunks; the last may be shorter. */
async function* chunks(response: Response, expectedBytes: number): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const reader = response.body?.getReader();
  if (!reader) throw new AppError('network.offline', 'the answer has no body');
  let pending = new Uint8Array(CHUNK_BYTES);
  let filled = 0;
  let seen = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    seen += value.length;
    let at = 0;
    while (at < value.length) {
      const take = Math.min(CHUNK_BYTES - filled, value.length - at);
      pending.set(value.subarray(at, at + take), filled);
      filled += take;
      at += take;
      if (filled < CHUNK_BYTES) continue;
      yield pending;
      pending = new Uint8Array(CHUNK_BYTES);
      filled = 0;
    }
  }
  if (seen !== expectedBytes) throw new AppError('network.offline', `the attachment ended after ${seen} of ${expectedBytes} bytes`);
  if (filled > 0) yield pending.slice(0, filled);
}

function hex(digest: ArrayBuffer): string {
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function translate(error: unknown, signal: AbortSignal): AppError {
  if (signal.aborted) return new AppError('network.closed', 'stopped on request');
  if (error instanceof DOMException && error.name === 'QuotaExceededError') return new AppError('storage.full', 'no room left on this machine', { cause: error });
  if (error instanceof DOMException && error.name === 'NoModificationAllowedError') return new AppError('record.conflict', 'another window is working on the same attachment', { cause: error });
  if (error instanceof TypeError) return new AppError('network.offline', 'the server cannot be reached', { cause: error });
  return toAppError(error);
}
