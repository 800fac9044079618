import { createSHA256 } from 'hash-wasm';
import { AppError } from '#shared/protocol/errors';
import { PROTOCOL_VERSION } from '#shared/protocol/version';
import { type BlobHeader, CHUNK_BYTES, chunkCount, chunkParameters, chunkPlace, HEADER_BYTES, readHeader, storedBytes, writeHeader } from './blobFormat.ts';
import { askServer, chunksOf, type Fetch, freeBuffer } from './blobHttp.ts';
import type { BlobRequest } from './blobMessages.ts';
import type { OpenObject } from './objectFiles.ts';

/** Up to this size the browser's own hash over the whole is faster than one that is fed piece by piece. */
const WHOLE_HASH_BYTES = 8 * CHUNK_BYTES;

/** Fetches a large object into a file of its own that is open, from where an earlier try stopped. */
export async function fetchObject({ name, key, url, token, hash, sizeBytes }: Extract<BlobRequest, { type: 'fetch' }>, access: OpenObject, fetch: Fetch, signal: AbortSignal, onProgress: (doneBytes: number) => void): Promise<void> {
  const resumed = resumeAt(access, sizeBytes);
  const header: BlobHeader = resumed?.header ?? { prefix: crypto.getRandomValues(new Uint8Array(8)), sizeBytes };
  let index = resumed?.index ?? 0;
  if (!resumed && sizeBytes > WHOLE_HASH_BYTES) {
    access.truncate(0);
    writeAll(access, writeHeader(header), 0);
  }
  if (index < chunkCount(sizeBytes)) {
    const response = await askServer(fetch, url, { headers: { authorization: `Bearer ${token}`, 'x-huizhen-protocol': PROTOCOL_VERSION, ...(index > 0 ? { range: `bytes=${index * CHUNK_BYTES}-` } : {}) }, signal });
    if (index > 0 && response.status !== 206) throw new AppError('storage.corrupt', 'the server does not go on from the middle');
    // Hashing, sealing and writing overlap with the next one's arrival.
    if (index === 0 && sizeBytes <= WHOLE_HASH_BYTES) return await keepWhole(access, name, key, header, hash, new Uint8Array(await response.arrayBuffer()));
    for await (const chunk of chunksOf(response, CHUNK_BYTES, sizeBytes - index * CHUNK_BYTES)) {
      await writeChunk(access, name, key, header, index, chunk);
      index += 1;
      onProgress(Math.min(sizeBytes, index * CHUNK_BYTES));
    }
  }
  access.flush();
  await checkHash(access, name, key, header, hash);
}

/** Checked first and written in one piece: the browser asks for room as often as a file grows, and what does not fit its hash never gets there. */
async function keepWhole(access: OpenObject, name: string, key: CryptoKey, header: BlobHeader, hash: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  if (bytes.length !== header.sizeBytes) throw new AppError('network.offline', `the attachment ended after ${bytes.length} of ${header.sizeBytes} bytes`);
  const [digest, ...sealed] = await Promise.all([
    crypto.subtle.digest('SHA-256', bytes),
    ...Array.from({ length: chunkCount(bytes.length) }, (_, index) => crypto.subtle.encrypt(chunkParameters(name, header, index), key, bytes.subarray(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES))),
  ]);
  if (hexOf(digest) !== hash) throw new AppError('attachment.damaged', 'the attachment does not have the content it should');
  const file = new Uint8Array(storedBytes(header.sizeBytes));
  file.set(writeHeader(header));
  for (const [index, chunk] of sealed.entries()) {
    file.set(new Uint8Array(chunk), chunkPlace(header.sizeBytes, index).at);
    freeBuffer(chunk);
  }
  access.truncate(0);
  writeAll(access, file, 0);
  access.flush();
}

/** How far an earlier try came, in whole chunks; null: begin anew. */
function resumeAt(access: OpenObject, sizeBytes: number): { readonly header: BlobHeader; readonly index: number } | null {
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

async function writeChunk(access: OpenObject, name: string, key: CryptoKey, header: BlobHeader, index: number, plain: Uint8Array<ArrayBuffer>): Promise<void> {
  const sealed = new Uint8Array(await crypto.subtle.encrypt(chunkParameters(name, header, index), key, plain));
  writeAll(access, sealed, chunkPlace(header.sizeBytes, index).at);
  freeBuffer(sealed.buffer);
}

/** A full disk takes a part and says so only by how much it took. */
export function writeAll(access: OpenObject, bytes: Uint8Array<ArrayBuffer>, at: number): void {
  if (access.write(bytes, { at }) !== bytes.length) throw new AppError('storage.full', 'no room left on this machine');
}

/** Reads what was written, which also shows that the disk gives it back. A file that fails is emptied: the next try begins anew. */
async function checkHash(access: OpenObject, name: string, key: CryptoKey, header: BlobHeader, hash: string): Promise<void> {
  const hasher = await createSHA256();
  try {
    for (let index = 0; index < chunkCount(header.sizeBytes); index += 1) {
      const { at, length } = chunkPlace(header.sizeBytes, index);
      const sealed = new Uint8Array(length);
      access.read(sealed, { at });
      const plain = await crypto.subtle.decrypt(chunkParameters(name, header, index), key, sealed);
      hasher.update(new Uint8Array(plain));
      freeBuffer(plain);
    }
  } catch (error) {
    access.truncate(0);
    throw new AppError('storage.corrupt', 'what was written cannot be read again', { cause: error });
  }
  if (hasher.digest('hex') === hash) return;
  access.truncate(0);
  throw new AppError('attachment.damaged', 'the attachment does not have the content it should');
}

/** Keeps what was made here, in a file of its own that is open. */
export async function keepObject({ name, key, blob }: Extract<BlobRequest, { type: 'keep' }>, access: OpenObject): Promise<void> {
  const header: BlobHeader = { prefix: crypto.getRandomValues(new Uint8Array(8)), sizeBytes: blob.size };
  access.truncate(0);
  writeAll(access, writeHeader(header), 0);
  for (let index = 0; index < chunkCount(blob.size); index += 1) {
    await writeChunk(access, name, key, header, index, new Uint8Array(await blob.slice(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES).arrayBuffer()));
  }
  access.flush();
}

/** SHA-256, lower-case hex. */
export async function hashOf(blob: Blob): Promise<string> {
  const hasher = await createSHA256();
  for (let at = 0; at < blob.size; at += CHUNK_BYTES) hasher.update(new Uint8Array(await blob.slice(at, at + CHUNK_BYTES).arrayBuffer()));
  return hasher.digest('hex');
}

export function hexOf(digest: ArrayBuffer): string {
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
