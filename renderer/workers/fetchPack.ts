import { AppError, type ErrorCode } from '#shared/protocol/errors';
import { PROTOCOL_VERSION } from '#shared/protocol/version';
import { askServer, type Fetch, freeBuffer, translate, wholeBody } from './blobHttp.ts';
import { chunkCount, chunkParameters, chunkPlace, HEADER_BYTES, readHeader, storedBytes, writeHeader } from './blobFormat.ts';
import { type BlobRequest, DAMAGED, type PackedObject, type PackResult } from './blobMessages.ts';
import type { SharedFile } from './objectFiles.ts';
import { hexOf, writeAll } from './sealedFile.ts';

type PackRequest = Extract<BlobRequest, { type: 'fetchPack' }>;

/** Objects on their way at a time. Two packs at once keep four of the six connections that HTTP/1.1 has to a server. */
const LANES = 2;

/**
 * Fetches objects to their places in a pack that is open. Each is checked before it is written, so what does not fit its hash never
 * gets there; the disk confirms all together. Nothing is thrown for what a server or a line does: the result says what became of them.
 */
export async function fetchPack({ key, token, objects }: PackRequest, { file, wasThere, doing }: SharedFile, fetch: Fetch, signal: AbortSignal, onProgress: (doneBytes: number) => void): Promise<PackResult> {
  const kept: string[] = [];
  const damaged: AppError[] = [];
  const held: { by: AppError | null } = { by: null };
  let doneBytes = 0;
  let next = 0;
  // Room for all at once: the browser is asked for it as often as a file grows.
  const end = objects.reduce((most, { at, sizeBytes }) => Math.max(most, at + storedBytes(sizeBytes)), 0);
  if (file.getSize() < end) file.truncate(end);

  async function fetchOne(object: PackedObject): Promise<void> {
    const { name, url, hash, sizeBytes, at } = object;
    if (chunkCount(sizeBytes) !== 1) throw new AppError('internal.bug', 'only objects of one chunk are packed');
    if (wasThere && (await isThere(object))) return;
    const response = await askServer(fetch, url, { headers: { authorization: `Bearer ${token}`, 'x-huizhen-protocol': PROTOCOL_VERSION }, signal });
    const bytes = await wholeBody(response, sizeBytes);
    const header = { prefix: crypto.getRandomValues(new Uint8Array(8)), sizeBytes };
    const [digest, sealed] = await Promise.all([crypto.subtle.digest('SHA-256', bytes), crypto.subtle.encrypt(chunkParameters(name, header, 0), key, bytes)]);
    freeBuffer(bytes);
    if (hexOf(digest) !== hash) throw new AppError('attachment.damaged', 'the attachment does not have the content it should');
    writeAll(file, new Uint8Array(sealed), at + chunkPlace(sizeBytes, 0).at);
    writeAll(file, writeHeader(header), at);
    freeBuffer(sealed);
  }

  /** An earlier try may have come this far: what opens with its key had its hash before it was sealed. */
  async function isThere({ name, sizeBytes, at }: PackedObject): Promise<boolean> {
    const bytes = new Uint8Array(storedBytes(sizeBytes));
    if (file.read(bytes, { at }) !== bytes.length) return false;
    const header = readHeader(bytes);
    if (header?.sizeBytes !== sizeBytes) return false;
    return crypto.subtle.decrypt(chunkParameters(name, header, 0), key, bytes.subarray(HEADER_BYTES)).then(() => true, () => false);
  }

  const lane = async () => {
    for (let object = objects[next++]; object && held.by === null && !signal.aborted; object = objects[next++]) {
      const { name, sizeBytes } = object;
      try {
        // Somebody who wants one of them now asks for it beside the rest of its pack: whoever comes second waits for the first.
        const work = doing.get(name) ?? fetchOne(object);
        doing.set(name, work);
        await work;
        kept.push(name);
        doneBytes += sizeBytes;
        onProgress(doneBytes);
      } catch (error) {
        doing.delete(name);
        const failure = translate(error, signal);
        if (DAMAGED.has(failure.code)) damaged.push(failure);
        else held.by ??= failure;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(LANES, objects.length) }, lane));
  if (signal.aborted) held.by ??= new AppError('network.closed', 'stopped on request');
  if (kept.length > 0) file.flush();
  const plain = ({ code, message }: { readonly code: ErrorCode; readonly message: string }) => ({ code, message });
  return { kept, damaged: damaged.map(plain), stopped: held.by === null ? null : plain(held.by) };
}
